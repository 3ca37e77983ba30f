"""Splits: old bars in the shares of today."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from django.db import connection

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
