"""What a session knows of the days before it, against the real database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection

from market.calendar import calendar
from market.models import DailyBar, RolledBar, Split
from patterns.daily_context import daily_trend, usual_sessions, volume_profile

pytestmark = pytest.mark.django_db

MINUTE_MS = 60_000
OPENS = datetime(2026, 3, 4, 14, 30, tzinfo=UTC)
"""A Wednesday's open in New York, before the clocks change."""
OPENS_MS = int(OPENS.timestamp() * 1000)


def store_days(symbol: str, closes: Sequence[float], last: date = date(2026, 3, 3)) -> None:
    days = [last - timedelta(days=ago) for ago in range(len(closes) - 1, -1, -1)]
    DailyBar.objects.bulk_create(
        DailyBar(
            symbol=symbol,
            timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
            open=close,
            high=close,
            low=close,
            close=close,
            volume=1.0,
        )
        for day, close in zip(days, closes, strict=True)
    )


def trend(*symbols: str) -> list[float]:
    with connection.cursor() as cursor:
        return daily_trend(cursor, symbols, OPENS_MS).tolist()


def test_a_trend_is_the_net_of_the_last_20_changes_over_their_sum() -> None:
    store_days("UP", [10.0 + day for day in range(25)])
    store_days("DOWN", [90.0 - day for day in range(25)])
    store_days("ZIGZAG", [10.0 + day % 2 for day in range(25)])
    bumpy = [100.0 + 3.0 * day - 7.0 * (day % 3) for day in range(21)]
    store_days("BUMPY", bumpy)
    changes = np.diff(bumpy)
    assert trend("DOWN", "UP", "ZIGZAG", "BUMPY") == [
        -1.0,
        1.0,
        0.0,
        pytest.approx(changes.sum() / np.abs(changes).sum()),
    ]


def test_a_trend_of_too_few_or_old_days_is_unknown() -> None:
    store_days("NEW", [10.0 + day for day in range(20)])
    store_days("OLD", [10.0 + day for day in range(25)], last=date(2025, 12, 1))
    store_days("UP", [10.0 + day for day in range(25)])
    known = trend("NEW", "OLD", "NONE", "UP")
    assert np.isnan(known[:3]).all()
    assert known[3] == 1.0


def test_nothing_stored_is_nothing_known() -> None:
    assert np.isnan(trend("NONE", "NEITHER")).all()


def test_the_day_of_the_session_is_not_among_the_days_before_it() -> None:
    store_days("UP", [10.0 + day for day in range(21)])
    store_days("UP", [1.0], last=date(2026, 3, 4))
    assert trend("UP") == [1.0]


def test_a_split_is_no_fall() -> None:
    store_days("UP", [100.0 + day for day in range(20)])
    DailyBar.objects.filter(symbol="UP", timestamp__lt="2026-02-20T00:00Z").update(
        open=400.0, high=440.0, low=400.0, close=400.0
    )
    store_days("UP", [99.0], last=date(2026, 2, 11))
    DailyBar.objects.filter(symbol="UP", timestamp="2026-02-11T00:00Z").update(
        high=396.0, low=396.0, open=396.0, close=396.0
    )
    assert trend("UP")[0] < -0.8
    Split.objects.create(symbol="UP", execution_date=date(2026, 2, 20), split_from=1, split_to=4)
    assert trend("UP")[0] == pytest.approx(1.0)


# --- usual volumes ------------------------------------------------------------------------------

SESSION_MS = 395 * MINUTE_MS
SESSIONS = [
    (OPENS_MS - ago * 86_400_000, OPENS_MS - ago * 86_400_000 + SESSION_MS) for ago in (5, 2, 1)
]


def store_slot(symbol: str, session: int, slot: int, volume: float, timeframe: str = "15m") -> None:
    moment = SESSIONS[session][0] + slot * 15 * MINUTE_MS
    RolledBar.objects.create(
        symbol=symbol,
        timeframe=timeframe,
        timestamp=datetime.fromtimestamp(moment / 1000, UTC),
        open=1.0,
        high=1.0,
        low=1.0,
        close=1.0,
        volume=volume,
    )


def expected(symbols: Sequence[str], minute: int, minutes: int, **options: Any) -> list[float]:
    with connection.cursor() as cursor:
        profile = volume_profile(cursor, symbols, OPENS_MS, SESSIONS, **options)
    return profile.expected(np.arange(len(symbols)), minute, minutes).tolist()


def test_the_usual_volume_is_the_mean_over_the_sessions() -> None:
    for session, volume in enumerate((300.0, 600.0, 1500.0)):
        store_slot("A", session, 0, volume)
        store_slot("B", session, 0, 30.0)
    assert expected(["B", "A"], 0, 15) == pytest.approx([30.0, 800.0])
    assert expected(["B", "A"], 3, 1) == pytest.approx([2.0, 800.0 / 15])


def test_a_slot_without_a_trade_is_a_volume_of_nothing() -> None:
    for session in range(3):
        store_slot("A", session, 0, 300.0)
        store_slot("A", session, 1, 300.0)
    store_slot("B", 0, 0, 90.0)
    store_slot("B", 1, 0, 90.0)
    store_slot("B", 1, 1, 60.0)
    assert expected(["A", "B"], 0, 15) == [300.0, 90.0]
    assert expected(["A", "B"], 15, 15) == [300.0, 30.0]
    assert expected(["A", "B"], 0, 30) == [600.0, 120.0]


def test_a_slot_that_the_stream_missed_says_nothing() -> None:
    for session in range(3):
        store_slot("A", session, 0, 300.0)
    store_slot("A", 2, 1, 150.0)
    assert expected(["A"], 15, 15) == [150.0]
    assert np.isnan(expected(["A", "NONE"], 30, 15)).all()
    assert np.isnan(expected(["A", "NONE"], 0, 15)).tolist() == [False, True]


def test_the_closing_auctions_slot_has_five_minutes() -> None:
    store_slot("A", 0, 26, 5000.0)
    store_slot("A", 0, 25, 150.0)
    assert expected(["A"], 390, 1) == [1000.0]
    assert expected(["A"], 389, 2) == [1010.0]


def test_other_timeframes_and_other_times_do_not_count() -> None:
    store_slot("A", 0, 0, 150.0)
    store_slot("A", 0, 0, 9999.0, timeframe="1h")
    store_slot("A", 0, 27, 9999.0)
    assert expected(["A"], 0, 15) == [150.0]


def test_volumes_before_a_split_are_in_the_shares_of_today() -> None:
    for session in range(3):
        store_slot("A", session, 0, 100.0 if session < 2 else 400.0)
    Split.objects.create(symbol="A", execution_date=date(2026, 3, 3), split_from=1, split_to=4)
    assert expected(["A"], 0, 15) == pytest.approx([400.0])


def test_sessions_are_the_last_ten_of_the_usual_length() -> None:
    market = calendar("XNYS")
    monday = int(datetime(2025, 12, 1, 14, 30, tzinfo=UTC).timestamp() * 1000)
    sessions = usual_sessions(market, monday)
    days = [datetime.fromtimestamp(start / 1000, UTC) for start, _ in sessions]
    assert len(days) == 10
    # Thanksgiving was the 27th, and the 28th closed early.
    assert days[-1] == datetime(2025, 11, 26, 14, 30, tzinfo=UTC)
    assert days[0] == datetime(2025, 11, 13, 14, 30, tzinfo=UTC)
    assert {end - start for start, end in sessions} == {SESSION_MS}


def test_a_session_under_way_is_not_among_them() -> None:
    market = calendar("XNYS")
    noon = int(datetime(2026, 3, 4, 17, 0, tzinfo=UTC).timestamp() * 1000)
    assert usual_sessions(market, noon)[-1][0] == OPENS_MS - 86_400_000


def test_no_sessions_are_no_profile() -> None:
    with connection.cursor() as cursor:
        profile = volume_profile(cursor, ["A"], OPENS_MS, [])
        assert np.isnan(profile.expected(np.arange(1), 0, 15)).all()
        profile = volume_profile(cursor, ["A"], OPENS_MS)
        assert np.isnan(profile.expected(np.arange(1), 0, 15)).all()
