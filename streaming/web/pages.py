"""One page of a symbol's history, newest first, and the place where the next one begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from streaming.web.bars import EARLIEST, LATEST
from streaming.web.cursors import Place, decode_cursor, encode_cursor

Found = tuple[list[dict[str, Any]], str | None]


@dataclass(frozen=True, slots=True)
class Page:
    """Which history: `[start, end)` of one symbol, and the place after which the page begins."""

    symbol: str
    tier: str | None = None
    timeframe: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    limit: int = 100
    cursor: str | None = None

    def parameters(self) -> dict[str, Any]:
        """For a query of one row more than the page has; `BadCursor` for one that is not ours."""
        before, key = self.place()
        return {
            "symbol": self.symbol,
            "timeframe": self.timeframe,
            "start": self.start or EARLIEST,
            "end": self.end or LATEST,
            "before": before,
            "key": key,
            "limit": self.limit + 1,
        }

    def place(self) -> Place:
        """Where the page begins; `BadCursor` for a cursor that is none of ours."""
        return decode_cursor(self.cursor) if self.cursor else (LATEST, "")

    def cut(
        self, found: list[dict[str, Any]], place_of: Callable[[dict[str, Any]], Place]
    ) -> Found:
        """The page without the row too many that tells whether there is another page."""
        if len(found) <= self.limit:
            return found, None
        return found[: self.limit], encode_cursor(place_of(found[self.limit - 1]))
