"""The times and sizes of the Massive client, in one place. Tests shrink them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MassiveTuning:
    """Seconds, unless the name says otherwise.

    ping_secs: a silent connection is asked for a sign of life after so long; the feed's clock goes
        no further than the last one. pong_secs: none within this time, and it is dead.
    stall_secs: no frame for so long, while the market is open, ends the connection.
    stable_secs: so long a stretch with data, and the back-off starts from its beginning.
    conflict_secs: the least wait after max_connections or 1008, doubled each time.
    silent_secs: a symbol that has not traded for so long is reported.
    lease_hold_secs: how long the connection outlives Redis, which nobody can take the lease in.
    batch_*: how much of what waits is decoded at once. subscribe_chars: of one request's params.
    """

    channels: tuple[str, ...] = ("T",)
    connect_secs: float = 10.0
    handshake_secs: float = 15.0
    confirm_secs: float = 10.0
    ping_secs: float = 2.0
    pong_secs: float = 15.0
    stall_secs: float = 30.0
    stable_secs: float = 60.0
    backoff_secs: float = 1.0
    backoff_max_secs: float = 60.0
    conflict_secs: float = 15.0
    conflict_max_secs: float = 600.0
    silent_secs: float = 300.0
    silent_check_secs: float = 30.0
    clock_secs: float = 1.0
    wait_secs: float = 0.25
    lease_secs: float = 15.0
    lease_poll_secs: float = 2.0
    lease_hold_secs: float = 120.0
    batch_frames: int = 512
    batch_bytes: int = 2 << 20
    message_bytes: int = 64 << 20
    subscribe_chars: int = 4_000
