"""Indicators of one symbol over HTTP: stored ones, and those that are computed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from market.models import DailyBar, Dividend, Split
from patterns.models import DailyIndicatorValues, IndicatorSet, IndicatorValues
from patterns.registry import standard
from tests.streaming.web.market import OPEN, bar, store

pytestmark = pytest.mark.django_db

NAMES = ["RSI_14", "RELATIVE_STRENGTH", "SMA_200"]


@pytest.fixture
def names(db):
    """The id of a set of three, the last of which is warming up."""
    return IndicatorSet.objects.create(names=NAMES).pk


def keep(set_id, moment, timeframe="1m", rsi=50.0, model=IndicatorValues):
    model.objects.create(
        symbol="AAPL",
        timeframe=timeframe,
        timestamp=moment,
        set_id=set_id,
        values=[rsi, 88.0, float("nan")],
        calculation_timestamp=OPEN,
    )


def ask(trader, query):
    return trader.get(f"/indicators/AAPL?{query}").json()["indicators"]


def waves(count):
    """Closes that rise and fall, and the bars that close there."""
    closes = 100 + 5 * np.sin(np.arange(count) / 9) + 3 * np.sin(np.arange(count) / 31)
    return pd.Series(closes), [
        bar(n, close - 0.5, high=close + 0.25, low=close - 0.75) for n, close in enumerate(closes)
    ]


def test_stored_values_come_without_those_that_are_warming_up(trader, apple, names):
    store(bar(0, 10))
    keep(names, OPEN)
    (found,) = ask(trader, "timeframe=1m")
    assert found["values"] == {"RSI_14": 50.0, "RELATIVE_STRENGTH": 88.0}


def test_bars_before_and_after_the_stored_ones_are_computed(trader, apple, names):
    _, bars = waves(40)
    store(*bars)
    keep(names, OPEN + timedelta(minutes=30), rsi=12.5)
    found = ask(trader, "timeframe=1m")
    assert [item["bar_timestamp"][14:16] for item in found[:3]] == ["09", "08", "07"]
    assert len(found) == 40
    assert found[9]["values"]["RSI_14"] == 12.5
    assert {"RSI_14", "SMA_20", "VWAP"} <= set(found[8]["values"])
    assert {"RSI_14", "SMA_20", "VWAP"} <= set(found[10]["values"])


def test_without_a_timeframe_what_is_stored_of_all_comes_mixed_by_time(trader, apple, names):
    keep(names, OPEN)
    keep(names, OPEN, "5m")
    keep(names, OPEN + timedelta(minutes=1))
    keep(names, datetime(2025, 5, 30, tzinfo=UTC), "1d", model=DailyIndicatorValues)
    assert [item["timeframe"] for item in ask(trader, "limit=9")] == ["1m", "5m", "1m", "1d"]
    assert [item["timeframe"] for item in ask(trader, "tier=daily")] == ["1d"]
    assert len(ask(trader, "tier=intraday")) == 3
    first = trader.get("/indicators/AAPL?limit=2").json()
    rest = ask(trader, f"limit=2&cursor={first['next_cursor']}")
    assert [item["timeframe"] for item in rest] == ["1m", "1d"]


def test_names_are_computed_and_ranks_are_those_that_are_stored(trader, apple, names):
    _, bars = waves(60)
    store(*bars)
    keep(names, OPEN + timedelta(minutes=59))
    newest, before = ask(trader, "names=WILLR_14,RELATIVE_STRENGTH&limit=2")
    assert newest["values"]["RELATIVE_STRENGTH"] == 88.0
    assert set(before["values"]) == {"WILLR_14"}
    last = bars[-14:]
    high, low = max(one.high for one in last), min(one.low for one in last)
    expected = -100 * (high - bars[-1].close) / (high - low)
    assert newest["values"]["WILLR_14"] == pytest.approx(expected)


def test_all_names_of_many_bars_are_those_of_pandas(trader, apple):
    closes, bars = waves(700)
    store(*bars)
    found = ask(trader, "names=all&limit=150")
    assert len(found) == 150
    assert set(found[0]["values"]) <= set(standard().for_timeframe("1m").shown)
    ema = closes.ewm(span=20, adjust=False).mean()
    for name, series in (("SMA_50", closes.rolling(50).mean()), ("EMA_20", ema)):
        values = [item["values"][name] for item in reversed(found)]
        assert values == pytest.approx(series.tail(150).tolist(), rel=1e-8)


def test_a_split_makes_no_jump_and_each_bar_is_in_the_shares_of_its_day(trader, apple):
    days = [datetime(2025, 3, 3, tzinfo=UTC) + timedelta(days=n) for n in range(40)]
    Split.objects.create(symbol="AAPL", execution_date=days[20].date(), split_from=1, split_to=4)
    plain = {"open": 100, "high": 100, "low": 100, "close": 100, "volume": 5}
    quarter = {"open": 25, "high": 25, "low": 25, "close": 25, "volume": 20}
    DailyBar.objects.bulk_create(
        DailyBar(symbol="AAPL", timestamp=day, **(plain if n < 20 else quarter))
        for n, day in enumerate(days)
    )
    store(bar(0, 10))  # the clock has gone on since
    found = {item["bar_timestamp"][:10]: item["values"] for item in ask(trader, "timeframe=1d")}
    assert found["2025-03-22"]["SMA_20"] == 100.0
    assert found["2025-03-23"]["SMA_20"] == 25.0
    assert found["2025-03-24"]["SMA_20"] == 25.0


def test_a_dividend_makes_no_jump_in_what_is_computed(trader, apple):
    """Two of 100 are paid with the 21st day: from there on 98 a share is as much as 100 before."""
    days = [datetime(2025, 3, 3, tzinfo=UTC) + timedelta(days=n) for n in range(40)]
    Dividend.objects.create(symbol="AAPL", ex_date=days[20].date(), cash_amount=2.0)
    DailyBar.objects.bulk_create(
        DailyBar(symbol="AAPL", timestamp=day, open=at, high=at, low=at, close=at, volume=5)
        for n, day in enumerate(days)
        for at in [100.0 if n < 20 else 98.0]
    )
    store(bar(0, 10))  # the clock has gone on since
    found = {item["bar_timestamp"][:10]: item["values"] for item in ask(trader, "timeframe=1d")}
    assert found["2025-03-22"]["SMA_20"] == 100.0
    assert found["2025-03-23"]["SMA_20"] == pytest.approx(98.0, rel=1e-12)
    assert found["2025-04-11"]["SMA_20"] == pytest.approx(98.0, rel=1e-12)
    assert found["2025-03-23"]["GAP_PERCENT"] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("names=RSI14", "Did you mean 'RSI_14'?"),
        ("names=RSI_14,VWAP&timeframe=1d", "VWAP has no meaning in 1d"),
        ("names=VWAP&tier=daily", "VWAP has no meaning in 1d"),
        ("names=SESSION_BARS", "Unknown indicator 'SESSION_BARS'"),
        ("timeframe=2m", "timeframe"),
    ],
)
def test_what_can_not_be_computed_is_refused_by_name(trader, apple, query, said):
    answer = trader.get(f"/indicators/AAPL?{query}")
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_longer_indicators_are_computed_from_longer_bars(trader, apple):
    store(*(bar(n, 10 + n / 10) for n in range(120)))
    closes = [item["close"] for item in trader.get("/bars/AAPL?timeframe=5m").json()["bars"]]
    found = trader.get("/indicators/AAPL?timeframe=5m").json()["indicators"]
    assert [item["timeframe"] for item in found] == ["5m"] * 24
    assert found[0]["bar_timestamp"] == "2025-06-02T15:25:00.000Z"
    # By hand: the mean of the last twenty closes.
    assert found[0]["values"]["SMA_20"] == pytest.approx(sum(closes[-20:]) / 20)
    assert "SMA_20" not in found[-1]["values"]


def test_a_longer_bar_that_still_grows_has_no_indicators_yet(trader, apple):
    store(*(bar(n, 10) for n in range(13)))  # 13:42 is the newest minute, of 13:40 to 13:45
    found = trader.get("/indicators/AAPL?timeframe=5m").json()["indicators"]
    assert found[0]["bar_timestamp"] == "2025-06-02T13:35:00.000Z"


def test_the_session_vwap_of_longer_bars_is_that_of_their_minutes(trader, apple):
    store(bar(0, 10, volume=100.0), bar(1, 20, volume=300.0), bar(9, 40, volume=100.0))
    (last, first) = trader.get("/indicators/AAPL?timeframe=5m").json()["indicators"]
    assert first["values"]["VWAP"] == pytest.approx((10 * 100 + 20 * 300) / 400)
    assert last["values"]["VWAP"] == pytest.approx((10 * 100 + 20 * 300 + 40 * 100) / 500)


def test_daily_indicators_are_of_the_daily_tier(trader, apple):
    values = {"open": 1, "high": 2, "low": 1, "volume": 5}
    days = [datetime(2025, 3, 3, tzinfo=UTC) + timedelta(days=n) for n in range(30)]
    DailyBar.objects.bulk_create(
        DailyBar(symbol="AAPL", timestamp=day, close=1 + n / 30, **values)
        for n, day in enumerate(days)
    )
    store(bar(0, 10))  # the clock has gone on since
    found = trader.get("/indicators/AAPL?timeframe=1d&tier=daily").json()["indicators"]
    assert len(found) == 30
    assert found[0]["values"]["SMA_20"] == pytest.approx(
        sum(1 + n / 30 for n in range(10, 30)) / 20
    )
    assert trader.get("/indicators/AAPL?timeframe=1d&tier=intraday").json()["indicators"] == []


def test_computed_indicators_are_paged_without_gap_or_repetition(trader, apple):
    store(*(bar(n, 10 + n % 7) for n in range(60)))
    whole = trader.get("/indicators/AAPL?timeframe=5m").json()["indicators"]
    paged, cursor = [], ""
    while cursor is not None:
        query = f"&limit=5{f'&cursor={cursor}' if cursor else ''}"
        page = trader.get(f"/indicators/AAPL?timeframe=5m{query}").json()
        paged += page["indicators"]
        cursor = page["next_cursor"]
    assert [item["bar_timestamp"] for item in paged] == [item["bar_timestamp"] for item in whole]
    since = whole[3]["bar_timestamp"]
    late = trader.get("/indicators/AAPL", {"timeframe": "5m", "from": since}).json()["indicators"]
    assert late == whole[:4]


@pytest.mark.parametrize("timeframe", ["5m", "1d"])
def test_a_symbol_without_bars_has_no_computed_indicators(trader, apple, timeframe):
    answer = trader.get(f"/indicators/AAPL?timeframe={timeframe}")
    assert answer.json() == {"symbol": "AAPL", "indicators": [], "next_cursor": None}
