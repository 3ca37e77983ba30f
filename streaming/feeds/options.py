"""What a feed can be asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streaming.feeds.massive.lease import Lease
    from streaming.feeds.massive.tuning import MassiveTuning


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """Options of every feed; each takes what it understands.

    symbols: the universe; `["*"]` asks Massive for all symbols. A tape is taken whole.
    tapes, symbol, speed, once: replay. `symbol` names the trades of a tape without a symbol
        column; `speed` is a multiple of real time, None as fast as it goes; without `once` a
        tape that has ended is told in the log, and the feed ends all the same.
    api_key, ws_url, redis_url, lease, quiet, tuning: Massive. `lease` replaces the one in Redis;
        `quiet(now_ms)` tells when silence is no fault, such as outside market hours.
    seed, synthetic_*, history_minutes, tick_budget: the synthetic market. `synthetic_interval` is
        in seconds between ticks of a symbol; shares are of all ticks. `history_minutes` of
        trades are made at full speed before the live ones, no more than `tick_budget` ticks.
    """

    symbols: Sequence[str] = ()

    tapes: Sequence[str | Path] = ()
    symbol: str | None = None
    speed: float | None = None
    once: bool = False

    api_key: str = field(default="", repr=False)
    ws_url: str = "wss://socket.massive.com/stocks"
    redis_url: str = field(default="", repr=False)
    lease: Lease | None = field(default=None, repr=False)
    quiet: Callable[[int], bool] | None = None
    tuning: MassiveTuning | None = None

    seed: int = 1
    synthetic_interval: float = 1.0
    synthetic_late_share: float = 0.001
    synthetic_duplicate_share: float = 0.0
    synthetic_halts: bool = False
    synthetic_gaps: bool = False
    history_minutes: int = 60
    tick_budget: int = 1_000_000
