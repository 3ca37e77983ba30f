"""Detections of one symbol over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from patterns.models import ComboPattern, DailyPattern, IntradayPattern
from tests.streaming.web.market import OPEN, detection

pytestmark = pytest.mark.django_db

DAY = datetime(2025, 6, 2, tzinfo=UTC)
LEG = {
    "detection_id": "00000000-0000-0000-0000-000000000003",
    "pattern_type": "squeeze",
    "timeframe": "1d",
    "direction": "bullish",
    "confidence": 0.6,
    "bar_time_ms": 1_748_822_400_000,
    "state": "confirmed",
}


@pytest.fixture
def all_tiers(apple):
    """A minute's, one of five minutes, one of a day, and a combo."""
    detection(1, state="confirmed", life=[["confirmed", 1_748_871_120_000]]).save(force_insert=True)
    detection(2, timeframe="5m", pattern_type="flag").save(force_insert=True)
    day = {"timeframe": "1d", "tier": "daily", "pattern_type": "squeeze", "timestamp": DAY}
    detection(3, DailyPattern, **day).save(force_insert=True)
    combo = {"timeframe": "5m", "tier": "combo", "pattern_type": "daily_top_hourly_turn"}
    data = {"title": "Daily top", "legs": [LEG], "holds": True}
    detection(4, ComboPattern, **combo, pattern_data=data).save(force_insert=True)


def seqs(answer):
    return [pattern["seq"] for pattern in answer.json()["patterns"]]


def test_detections_are_paged_without_gap_or_repetition(trader, apple):
    IntradayPattern.objects.bulk_create([detection(n) for n in range(1, 6)])
    seqs, cursor = [], ""
    while cursor is not None:
        query = f"?limit=2{f'&cursor={cursor}' if cursor else ''}"
        page = trader.get(f"/patterns/AAPL{query}").json()
        seqs += [pattern["seq"] for pattern in page["patterns"]]
        cursor = page["next_cursor"]
    assert seqs == [5, 4, 3, 2, 1]


def test_a_detection_comes_with_what_a_chart_draws_of_it(trader, apple):
    data = {
        "levels": {"trigger": 11.0, "stop": 9.0, "target": 14.0},
        "geometry": {"pivots": {"low": [1748871000000, 9.0]}, "lines": {}},
        "parts": {"fit": 0.5},
    }
    kept = data | {"holds": True, "bars": [1]}
    IntradayPattern.objects.bulk_create([detection(1, pattern_data=kept), detection(2)])
    plain, drawn = trader.get("/patterns/AAPL").json()["patterns"]
    assert {name: drawn[name] for name in data} == data
    assert not set(data) & set(plain)


def test_detections_of_all_tiers_come_by_the_time_of_their_bars(trader, all_tiers):
    assert seqs(trader.get("/patterns/AAPL")) == [4, 2, 1, 3]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tier=intraday", [2, 1]),
        ("tier=daily", [3]),
        ("tier=combo", [4]),
        ("timeframe=5m", [4, 2]),
        ("tier=intraday&timeframe=5m", [2]),
        ("timeframe=1d", [3]),
        ("state=confirmed", [1]),
        ("pattern=squeeze", [3]),
        ("pattern=daily_top_hourly_turn", [4]),
        ("from=2025-06-02T13:32:00Z", [4, 2]),
        ("to=2025-06-02T13:32:00Z", [1, 3]),
    ],
)
def test_each_filter_keeps_what_it_names(trader, all_tiers, query, found):
    assert seqs(trader.get(f"/patterns/AAPL?{query}")) == found


def test_pages_go_through_all_tiers(trader, all_tiers):
    first = trader.get("/patterns/AAPL?limit=3")
    cursor = first.json()["next_cursor"]
    assert seqs(first) + seqs(trader.get(f"/patterns/AAPL?cursor={cursor}")) == [4, 2, 1, 3]


def test_a_life_is_told_in_order_with_the_bars_that_made_it(trader, all_tiers):
    (confirmed,) = trader.get("/patterns/AAPL?state=confirmed").json()["patterns"]
    step = {"state": "confirmed", "bar_timestamp": "2025-06-02T13:32:00.000Z"}
    assert confirmed["life"] == [step]
    (formed,) = trader.get("/patterns/AAPL?timeframe=1d").json()["patterns"]
    assert formed["life"] == []


def test_a_combo_comes_with_its_title_and_its_legs(trader, all_tiers):
    (combo,) = trader.get("/patterns/AAPL?tier=combo").json()["patterns"]
    assert combo["title"] == "Daily top"
    without_time = {name: value for name, value in LEG.items() if name != "bar_time_ms"}
    assert combo["legs"] == [without_time | {"bar_timestamp": "2025-06-02T00:00:00+00:00"}]


def test_an_unknown_pattern_is_refused_with_a_near_match(trader, apple):
    answer = trader.get("/patterns/AAPL?pattern=doubletop")
    assert answer.status_code == 422
    assert "Did you mean 'double_top'?" in answer.json()["detail"]


@pytest.mark.parametrize("query", ["tier=weekly", "timeframe=2m", "state=open"])
def test_a_filter_that_there_is_not_is_named(trader, apple, query):
    answer = trader.get(f"/patterns/AAPL?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.json()["detail"]


def test_bars_of_one_moment_are_told_apart_by_their_keys(trader, apple):
    moment = OPEN + timedelta(minutes=5)
    names = ("doji", "flag", "squeeze")
    for number, name in enumerate(names):
        detection(number, pattern_type=name, timestamp=moment).save(force_insert=True)
    first = trader.get("/patterns/AAPL?limit=2").json()
    rest = trader.get(f"/patterns/AAPL?limit=2&cursor={first['next_cursor']}").json()
    found = [pattern["pattern_type"] for pattern in first["patterns"] + rest["patterns"]]
    assert found == ["squeeze", "flag", "doji"]
