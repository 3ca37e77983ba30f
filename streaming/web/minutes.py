"""Bars and indicators of one minute, shared by all readers and encoded symbol by symbol."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from streaming.web.frames import event, utc_iso


class MinuteFrames:
    """One message about many symbols; each symbol's frame is encoded when first asked for."""

    def __init__(self, rows: dict[str, Any], build: Callable[[str, Any], str]) -> None:
        self._rows = rows
        self._build = build
        self._frames: dict[str, str] = {}

    def frames(self, symbols: Iterable[str]) -> Iterator[str]:
        """The frames of those of `symbols` that this minute has."""
        for symbol in symbols:
            if symbol in self._rows:
                if symbol not in self._frames:
                    self._frames[symbol] = self._build(symbol, self._rows[symbol])
                yield self._frames[symbol]


def bar_frames(message: dict[str, Any], now_ms: float) -> MinuteFrames:
    """The `bar` or `bar_revised` frames of a message `{minute_ms, timeframe, bars: {SYM: …}}`."""
    kind = "bar_revised" if message["type"] == "bars_revised" else "bar"
    minute_ms, timeframe = message["minute_ms"], message.get("timeframe", "1m")

    def build(symbol: str, row: list[float]) -> str:
        bar: dict[str, Any] = dict(
            zip(("open", "high", "low", "close", "volume"), row, strict=False)
        )
        bar |= {"symbol": symbol, "timeframe": timeframe, "bar_timestamp": utc_iso(minute_ms)}
        return event(kind, now_ms, minute_ms=minute_ms, bar=bar)

    return MinuteFrames(message["bars"], build)


def indicator_frames(message: dict[str, Any], now_ms: float) -> MinuteFrames:
    """The `indicators` frames of a message `{minute_ms, names: […], values: {SYM: […]}}`."""
    minute_ms, names = message["minute_ms"], message["names"]

    def build(symbol: str, row: list[float | None]) -> str:
        values = {n: v for n, v in zip(names, row, strict=False) if v is not None}
        payload = {"symbol": symbol, "timeframe": message.get("timeframe", "1m")}
        payload |= {"bar_timestamp": utc_iso(minute_ms), "values": values}
        return event("indicators", now_ms, minute_ms=minute_ms, indicators=payload)

    return MinuteFrames(message["values"], build)
