"""Made-up detections and rules, on the sessions of XNYS, for the tests of combos."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from market.calendar import calendar
from patterns.analysis import Detection, StoredLife
from patterns.bar_ends import bar_ends
from patterns.combo_rules import Rule, parse
from patterns.identity import detection_id
from patterns.registry import standard

END = bar_ends(calendar("XNYS"))
MINUTE = 60_000
LEVELS = {"trigger": 11.0, "stop": 9.0, "target": 13.0}

ROW: dict[str, Any] = {
    "key": "breakout-vwap",
    "title": "Breakout, then VWAP",
    "direction": "bullish",
    "legs": [
        {
            "timeframe": "1d",
            "pattern_types": ["resistance_break", "new_high"],
            "direction": "bullish",
            "within_minutes": 5 * 1440,
        },
        {"timeframe": "5m", "pattern_types": ["vwap_reclaim"], "direction": "bullish"},
    ],
    "cool_down_minutes": 60,
    "min_confidence": 0.0,
}


def rule(**changed: Any) -> Rule:
    return parse(ROW | changed, standard())


def legs(**first: Any) -> list[dict[str, Any]]:
    """The rule's legs, the first one changed."""
    return [ROW["legs"][0] | first, ROW["legs"][1]]


def at(clock: str, day: int = 6) -> int:
    """A time of New York in January 2026: the 6th is a Tuesday, the 9th a Friday."""
    hour, minute = map(int, clock.split(":"))
    moment = datetime(2026, 1, day, hour, minute, tzinfo=ZoneInfo("America/New_York"))
    return int(moment.timestamp() * 1000)


def day_ms(day: int) -> int:
    moment = date(2026, 1, day)
    return int(datetime(moment.year, moment.month, moment.day, tzinfo=UTC).timestamp() * 1000)


def found(
    pattern_type: str,
    timeframe: str,
    bar_time_ms: int,
    direction: str = "bullish",
    confidence: float = 0.8,
    symbol: str = "AAPL",
    **data: Any,
) -> Detection:
    key = f"{pattern_type}:{timeframe}"
    return Detection(
        detection_id=detection_id(symbol, key, bar_time_ms),
        detection_key=key,
        symbol=symbol,
        pattern_type=pattern_type,
        timeframe=timeframe,
        tier="daily" if timeframe == "1d" else "intraday",
        direction=direction,
        confidence=confidence,
        price=10.5,
        bar_time_ms=bar_time_ms,
        state="formed",
        pattern_data={"price": 10.5, "bars": [bar_time_ms], "holds": True, "levels": LEVELS} | data,
    )


def breakout(day: int = 5, *life: list[str | int], **changed: Any) -> StoredLife:
    """A daily breakout; the 5th is the Monday before the Tuesday that triggers are on."""
    return StoredLife(replace(found("resistance_break", "1d", day_ms(day)), **changed), list(life))


def reclaim(clock: str = "10:00", day: int = 6, **changed: Any) -> Detection:
    return replace(found("vwap_reclaim", "5m", at(clock, day)), **changed)


def of(symbol: str, item: Any) -> Any:
    """The same detection of another symbol."""
    if isinstance(item, StoredLife):
        return StoredLife(of(symbol, item.detection), item.life)
    identity = detection_id(symbol, item.detection_key, item.bar_time_ms)
    return replace(item, symbol=symbol, detection_id=identity)
