"""How one streaming process runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """What is streamed, and which part of it this process does.

    role: `all`; or `feed` (feed → journal) and `bars` (journal → database), in processes of their
    own. Shard `shard` of `shards`, counted from 0. once: end when the feed does, as a tape.
    """

    universe: str
    symbols: list[str]
    ignore_market_hours: bool = False
    role: str = "all"
    shard: int = 0
    shards: int = 1
    once: bool = False

    @property
    def feeds(self) -> bool:
        """Whether this process runs the feed."""
        return self.role in ("all", "feed")

    @property
    def makes_bars(self) -> bool:
        """Whether this process makes bars."""
        return self.role in ("all", "bars")
