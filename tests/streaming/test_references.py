"""What changes are told against."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from market.calendar import calendar, to_ms
from market.models import DailyBar, Dividend, Split
from streaming.references import previous_closes

pytestmark = pytest.mark.django_db

MONDAY = date(2025, 6, 2)
MORNING = to_ms(datetime(2025, 6, 2, 13, 30, tzinfo=UTC))  # 09:30 in New York


def closed(symbol: str, day: int, close: float) -> None:
    sides = dict.fromkeys(("open", "high", "low", "close"), close)
    moment = datetime(2025, 5, day, tzinfo=UTC)
    DailyBar.objects.create(symbol=symbol, timestamp=moment, volume=1.0, **sides)


def test_the_close_before_is_in_the_shares_of_the_session():
    for symbol in ("PLAIN", "SPLIT", "PAID", "OLD"):
        closed(symbol, 29, 300.0)
        closed(symbol, 30, 400.0)
    for symbol, day in (("SPLIT", MONDAY), ("OLD", date(2025, 5, 30))):
        Split.objects.create(symbol=symbol, execution_date=day, split_from=1, split_to=4)
    Dividend.objects.create(symbol="PAID", ex_date=MONDAY, cash_amount=2.0)
    Dividend.objects.create(symbol="PLAIN", ex_date=date(2025, 6, 3), cash_amount=2.0)
    assert previous_closes(calendar("XNYS"), MORNING) == {
        "PLAIN": 400.0,
        "SPLIT": 100.0,
        "PAID": 398.0,
        "OLD": 400.0,
    }
