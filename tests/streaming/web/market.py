"""A symbol's bars and detections, to put into the tests' database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from market.models import MinuteBar
from patterns.models import IntradayPattern, StoredDetection

OPEN = datetime(2025, 6, 2, 13, 30, tzinfo=UTC)  # 09:30 in New York, a Monday


def bar(minute: int, price: float, **fields: Any) -> MinuteBar:
    """The bar that begins `minute` minutes after the open."""
    values = {"open": price, "high": price + 1, "low": price - 1, "close": price + 0.5}
    values |= {"volume": 100.0, "vwap": price, "trade_count": 2} | fields
    moment = OPEN + timedelta(minutes=minute)
    return MinuteBar(symbol="AAPL", timestamp=moment, **values)


def store(*bars: MinuteBar) -> None:
    """Into the database."""
    MinuteBar.objects.bulk_create(bars)


def detection(
    n: int, model: type[StoredDetection] = IntradayPattern, **fields: Any
) -> StoredDetection:
    """Number `n`, on the minute after the open that has this number, or on `timestamp`."""
    values = {"pattern_type": "doji", "timeframe": "1m", "direction": "neutral", "confidence": 0.5}
    values |= {"price": 10.0, "state": "formed", "seq": n} | fields
    values.setdefault("timestamp", OPEN + timedelta(minutes=n))
    key = {"symbol": "AAPL", "detection_key": f"{values['pattern_type']}:{values['timeframe']}"}
    identity = f"00000000-0000-0000-0000-{n:012d}"
    return model(**key, detection_id=identity, detection_timestamp=OPEN, **values)
