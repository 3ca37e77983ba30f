"""Splits and dividends: old bars in the shares of today."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from django.db import connection

from market.models import AdjustedHistory, DailyBar, Dividend, Split
from patterns import adjustments
from patterns.adjustments import Adjustment, adjusted, factors
from patterns.matrix import BarMatrix, align_right

DAY = date(2020, 8, 31)  # Apple's four for one
FOUR_FOR_ONE = Adjustment.split("AAPL", DAY, 0.25)
ONE_FOR_TEN = Adjustment.split("XYZ", date(2020, 9, 1), 10.0)


def ms(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1000)


def bars(symbols: dict[str, list[int]], price: float = 400.0) -> BarMatrix:
    """A bar of one price and 100 shares at each of these times."""
    row = np.repeat(np.arange(len(symbols)), [len(times) for times in symbols.values()])
    times = np.concatenate([np.array(times, np.int64) for times in symbols.values()])
    sides = {name: np.full(len(times), price) for name in ("open", "high", "low", "close", "vwap")}
    columns = {**sides, "volume": np.full(len(times), 100.0), "time_ms": times}
    return align_right(list(symbols), row, columns, lambda time_ms: time_ms)


EVENING, MORNING = ms(2020, 8, 31, 0, 4), ms(2020, 8, 31, 8)  # 20:04 and 04:00 in New York


def test_minutes_of_the_evening_before_are_old_shares_and_the_next_morning_new_ones():
    made, _ = factors(bars({"AAPL": [EVENING, MORNING]}), [FOUR_FOR_ONE])
    assert made.tolist() == [[0.25, 1.0]]


def test_a_daily_bar_of_the_execution_date_is_in_new_shares():
    days = [ms(2020, 8, 28), ms(2020, 8, 31), ms(2020, 9, 1)]
    made, _ = factors(bars({"AAPL": days}), [FOUR_FOR_ONE], daily=True)
    assert made.tolist() == [[0.25, 1.0, 1.0]]


def test_prices_and_volumes_move_against_each_other():
    made = adjusted(bars({"AAPL": [EVENING, MORNING]}), [FOUR_FOR_ONE])
    for name in ("open", "high", "low", "close", "vwap"):
        assert getattr(made, name).tolist() == [[100.0, 400.0]]
    assert made.volume.tolist() == [[400.0, 100.0]]
    assert made.time_ms.tolist() == [[EVENING, MORNING]]


def test_splits_of_one_symbol_are_multiplied_and_those_of_others_leave_it_alone():
    later = Adjustment.split("AAPL", date(2021, 1, 4), 0.5)
    matrix = bars({"AAPL": [EVENING, MORNING, ms(2021, 1, 5)], "XYZ": [EVENING]})
    made, _ = factors(
        matrix, [FOUR_FOR_ONE, later, ONE_FOR_TEN, Adjustment.split("NONE", DAY, 9.0)]
    )
    assert made[0].tolist() == [0.125, 0.5, 1.0]
    assert made[1, -1] == 10.0


def test_without_splits_nothing_is_copied():
    matrix = bars({"AAPL": [EVENING]})
    assert adjusted(matrix, []) is matrix


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("until", "known"),
    [
        (ms(2020, 8, 31, 5, 59), []),  # still the evening of the 30th
        (ms(2020, 8, 31, 6), [FOUR_FOR_ONE]),
        (ms(2020, 9, 2), [FOUR_FOR_ONE, ONE_FOR_TEN]),
    ],
)
def test_only_splits_that_have_been_executed_by_then_are_known(until, known):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO splits (symbol, execution_date, split_from, split_to) VALUES"
            " ('AAPL', '2020-08-31', 1, 4), ('XYZ', '2020-09-01', 10, 1),"
            " ('OFF', '2020-08-01', 1, 2)"
        )
        assert adjustments.load(cursor, ["AAPL", "XYZ"], until) == known


# --- dividends ----------------------------------------------------------------------------------

HALF_A_DOLLAR = Adjustment.dividend("AAPL", DAY, 0.5, 100.0)


def test_half_a_dollar_after_a_close_of_100_takes_half_a_percent_from_prices_and_leaves_volume():
    assert (HALF_A_DOLLAR.price, HALF_A_DOLLAR.volume) == (0.995, 1.0)
    made = adjusted(bars({"AAPL": [EVENING, MORNING]}, 100.0), [HALF_A_DOLLAR])
    for name in ("open", "high", "low", "close", "vwap"):
        assert getattr(made, name).tolist() == [[99.5, 100.0]]
    assert made.volume.tolist() == [[100.0, 100.0]]


def test_a_split_after_a_dividend_counts_for_the_bars_before_both():
    """100.00 * 0.995 * 0.25 = 24.875, and four times the shares."""
    split = Adjustment.split("AAPL", date(2020, 9, 14), 0.25)
    times = [EVENING, MORNING, ms(2020, 9, 14, 8)]
    made = adjusted(bars({"AAPL": times}, 100.0), [HALF_A_DOLLAR, split])
    assert made.close.tolist() == [[24.875, 25.0, 100.0]]
    assert made.volume.tolist() == [[400.0, 400.0, 100.0]]


@pytest.mark.parametrize("close", [None, 0.5, 0.25])
def test_a_dividend_without_a_greater_close_before_it_is_refused(close: float | None):
    with pytest.raises(ValueError, match=r"AAPL 2020-08-31: 0\.5 after a close of"):
        Adjustment.dividend("AAPL", DAY, 0.5, close)


def day(text: str) -> date:
    return date.fromisoformat(text)


def traded(symbol: str, **closes: float) -> None:
    """Daily bars of 2020, by `aug28=100.0`."""
    for name, close in closes.items():
        moment = datetime.strptime(f"2020{name}", "%Y%b%d").replace(tzinfo=UTC)
        sides = dict.fromkeys(("open", "high", "low", "close"), close)
        DailyBar.objects.create(symbol=symbol, timestamp=moment, volume=1.0, **sides)


def paid(symbol: str, ex_date: str, *amounts: float) -> None:
    for number, amount in enumerate(amounts):
        Dividend.objects.create(
            symbol=symbol, ex_date=day(ex_date), cash_amount=amount, kind=f"kind {number}"
        )


def known(*symbols: str, timeframe: str = "1d", until: int = ms(2021, 1, 1), **options: Any):
    with connection.cursor() as cursor:
        found = adjustments.load(cursor, symbols, until, timeframe, **options)
    return [(item.symbol, item.day.isoformat(), item.price, item.volume) for item in found]


@pytest.mark.django_db
def test_the_close_before_the_ex_date_is_that_of_the_last_bar_however_long_the_weekend():
    traded("AAPL", aug26=90.0, aug28=100.0, aug31=50.0)
    paid("AAPL", "2020-08-31", 0.5)
    assert known("AAPL") == known("AAPL", timeframe="1m") == [("AAPL", "2020-08-31", 0.995, 1.0)]


@pytest.mark.django_db
def test_all_that_is_paid_on_one_day_is_one_dividend():
    traded("AAPL", aug28=100.0)
    paid("AAPL", "2020-08-31", 0.5, 2.0)  # a regular and a special one
    assert known("AAPL") == [("AAPL", "2020-08-31", 0.975, 1.0)]


@pytest.mark.django_db
def test_cash_on_the_day_of_a_split_is_paid_on_new_shares():
    """A close of 400.00 is 100.00 in new shares, of which 0.50 is half a percent."""
    traded("AAPL", aug28=400.0)
    Split.objects.create(symbol="AAPL", execution_date=DAY, split_from=1, split_to=4)
    paid("AAPL", "2020-08-31", 0.5)
    assert known("AAPL") == [
        ("AAPL", "2020-08-31", 0.25, 4.0),
        ("AAPL", "2020-08-31", pytest.approx(0.995, abs=1e-15), 1.0),
    ]


@pytest.mark.django_db
def test_unusable_dividends_change_nothing_and_are_logged(caplog: pytest.LogCaptureFixture):
    traded("AAPL", aug28=100.0)
    traded("DEAR", aug28=2.0)
    traded("OLD", jun01=50.0)
    for symbol in ("AAPL", "DEAR", "OLD", "NONE"):
        paid(symbol, "2020-08-31", 2.0)
    with caplog.at_level(logging.INFO, "patterns.adjustments"):
        assert known("AAPL", "DEAR", "NONE", "OLD") == [("AAPL", "2020-08-31", 0.98, 1.0)]
    assert "Dividends that change nothing: 3" in caplog.text
    assert "DEAR 2020-08-31: 2 after a close of 2" in caplog.text


@pytest.mark.django_db
def test_dividends_count_only_where_the_setting_says_so(settings: Any):
    traded("AAPL", aug28=100.0)
    paid("AAPL", "2020-08-31", 0.5)
    Split.objects.create(symbol="AAPL", execution_date=DAY, split_from=1, split_to=4)
    settings.ADJUST_DIVIDENDS = False
    assert known("AAPL") == [("AAPL", "2020-08-31", 0.25, 4.0)]


@pytest.mark.django_db
def test_one_statement_loads_what_is_known_of_all_symbols(django_assert_num_queries: Any):
    for symbol in ("A", "B", "C"):
        traded(symbol, aug28=100.0)
        paid(symbol, "2020-08-31", 1.0)
    with django_assert_num_queries(1):
        assert len(known("A", "B", "C")) == 3


@pytest.mark.django_db
def test_what_no_bar_is_adjusted_for_is_not_loaded():
    traded("AAPL", jun01=100.0, aug28=100.0)
    paid("AAPL", "2020-06-02", 1.0)
    paid("AAPL", "2020-08-31", 1.0)
    [late] = known("AAPL", after_ms=ms(2020, 6, 2))[1:]
    assert late[1] == "2020-08-31"
    # The evening of August 30 in New York is the 31st already, by UTC.
    assert known("AAPL", timeframe="1m", after_ms=ms(2020, 8, 31, 0, 4))[0][1] == "2020-08-31"
    assert known("AAPL", after_ms=ms(2020, 9, 2)) == []


# --- bars that came adjusted --------------------------------------------------------------------


def came_adjusted(symbol: str, timeframe: str, first: str, last: str) -> None:
    AdjustedHistory.objects.create(
        symbol=symbol,
        timeframe=timeframe,
        first_day=day(first),
        last_day=day(last),
        source="a file",
    )


DAYS = ["2020-06-01", "2020-07-01", "2020-08-03", "2020-09-01", "2020-10-01"]


def prices(timeframe: str = "1d", first: int = 0) -> list[float]:
    """100.00 on each of the days, adjusted for a split on August 3 and one on October 1."""
    for name in ("2020-08-03", "2020-10-01"):
        Split.objects.get_or_create(
            symbol="AAPL", execution_date=day(name), split_from=1, split_to=2
        )
    times = [ms(*map(int, name.split("-"))) + 15 * 3_600_000 * (timeframe != "1d") for name in DAYS]
    with connection.cursor() as cursor:
        loaded = adjustments.load(cursor, ["AAPL"], ms(2021, 1, 1), timeframe)
    matrix = bars({"AAPL": times[first:]}, 100.0)
    return adjusted(matrix, loaded, daily=timeframe == "1d").close[0].tolist()


@pytest.mark.django_db
def test_bars_that_came_adjusted_are_adjusted_only_for_what_came_after_their_range():
    assert prices() == [25.0, 25.0, 50.0, 50.0, 100.0]
    came_adjusted("AAPL", "1d", "2020-06-01", "2020-09-15")
    assert prices() == [50.0, 50.0, 50.0, 50.0, 100.0]


@pytest.mark.django_db
def test_bars_before_the_range_came_as_traded_and_are_adjusted_for_all_that_it_holds():
    came_adjusted("AAPL", "1d", "2020-07-01", "2020-09-15")
    assert prices() == [25.0, 50.0, 50.0, 50.0, 100.0]


@pytest.mark.django_db
def test_an_event_on_the_ranges_last_day_is_held_by_it_and_one_on_the_next_is_not():
    came_adjusted("AAPL", "1d", "2020-06-01", "2020-10-01")
    assert prices() == [100.0] * 5
    AdjustedHistory.objects.update(last_day=day("2020-09-30"))
    assert prices() == [50.0, 50.0, 50.0, 50.0, 100.0]


@pytest.mark.django_db
def test_a_range_is_of_one_timeframe_and_longer_intraday_bars_follow_the_minutes():
    came_adjusted("AAPL", "1m", "2020-06-01", "2020-10-01")
    assert prices() == [25.0, 25.0, 50.0, 50.0, 100.0]
    for timeframe in ("1m", "5m", "15m", "1h"):
        assert prices(timeframe) == [100.0] * 5


@pytest.mark.django_db
def test_a_dividend_inside_the_range_is_held_by_it_too():
    traded("AAPL", aug28=100.0, sep18=100.0)
    paid("AAPL", "2020-08-31", 1.0)
    paid("AAPL", "2020-09-21", 2.0)
    came_adjusted("AAPL", "1d", "2020-06-01", "2020-09-15")
    with connection.cursor() as cursor:
        loaded = adjustments.load(cursor, ["AAPL"], ms(2021, 1, 1), "1d")
    matrix = bars({"AAPL": [ms(2020, 6, 1), ms(2020, 9, 1), ms(2020, 9, 22)]}, 100.0)
    assert adjusted(matrix, loaded, daily=True).close.tolist() == [[98.0, 98.0, 100.0]]
