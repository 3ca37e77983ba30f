"""Rows of eras: which there are, and what dividends do to them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from patterns.adjustments import Adjustment
from patterns.eras import ALWAYS, in_eras
from patterns.matrix import BarMatrix, align_right

DAYS = [date(2020, 1, day) for day in range(6, 16)]


def ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def bars(price: float = 100.0) -> BarMatrix:
    """Ten daily bars of A, the last five days of B."""
    times = [*map(ms, DAYS), *map(ms, DAYS[5:])]
    columns = dict.fromkeys(("open", "high", "low", "close", "vwap"), np.full(15, price))
    columns |= {"volume": np.full(15, 8.0), "time_ms": np.array(times)}
    row = np.repeat([0, 1], [10, 5])
    return align_right(["A", "B"], row, columns, lambda time_ms: time_ms)


FIRST = Adjustment.split("A", DAYS[2], 0.5)
SECOND = Adjustment.split("A", DAYS[6], 0.5)
PAID = Adjustment.dividend("A", DAYS[4], 20.0, 100.0)


def test_dividends_make_no_rows():
    assert in_eras(bars(), [PAID]).symbol.tolist() == [0, 1]
    assert in_eras(bars(), [FIRST, PAID, SECOND]).symbol.tolist() == [0, 0, 0, 1]


def test_from_an_ex_date_on_prices_are_raised_by_what_was_paid():
    """0.8 of the close remained, so that 100 then is as much as 125 before."""
    made = in_eras(bars(), [PAID])
    assert made.matrix.close[0].tolist() == [100.0] * 4 + [125.0] * 6
    assert made.matrix.close[1, 5:].tolist() == [100.0] * 5
    assert made.matrix.volume[0].tolist() == [8.0] * 10
    assert made.gain is not None
    assert made.gain[0].tolist() == [1.0] * 4 + [1.25] * 6
    assert made.traded.close[0].tolist() == [100.0] * 10


def test_splits_keep_their_rows_and_dividends_run_through_them():
    made = in_eras(bars(), [FIRST, PAID])
    assert made.matrix.close[0].tolist() == [100.0] * 2 + [200.0] * 2 + [250.0] * 6
    assert made.matrix.close[1].tolist() == [50.0] * 2 + [100.0] * 2 + [125.0] * 6
    assert made.matrix.volume[1].tolist() == [16.0] * 2 + [8.0] * 8
    assert made.own[:2].sum(axis=1).tolist() == [2, 8]


def test_what_was_paid_before_the_first_bar_counts_so_that_any_stretch_gives_the_same():
    old = Adjustment.dividend("A", date(2019, 12, 2), 3.0, 70.0)
    whole = in_eras(bars(), [old, PAID]).matrix.close[0, 3:]
    part = in_eras(bars().take([0]), [old, PAID]).matrix.close[0, 3:]
    np.testing.assert_array_equal(whole, part)
    assert whole[0] == pytest.approx(100.0 * 70 / 67, rel=1e-15)


OLD, MIDDLE, NEW = (
    (ALWAYS[0], ms(DAYS[2])),
    (ms(DAYS[2]), ms(DAYS[6])),
    (ms(DAYS[6]), ALWAYS[1]),
)


@pytest.mark.parametrize(
    ("since", "followed", "eras"),
    [
        (DAYS[0], 0, [OLD, MIDDLE, NEW]),
        (DAYS[8], 9, [OLD, MIDDLE, NEW]),
        (DAYS[8], 6, [MIDDLE, NEW]),
        (DAYS[8], 3, [MIDDLE, NEW]),
        (DAYS[8], 2, [NEW]),
        (date(2020, 3, 1), 0, [NEW]),
    ],
)
def test_an_era_is_left_out_once_no_detection_of_it_is_followed(since, followed, eras):
    made = in_eras(bars(), [FIRST, SECOND], ms(since), followed)
    spans = zip(made.since_ms.tolist(), made.until_ms.tolist(), strict=True)
    assert list(spans) == [*eras, ALWAYS]
    assert made.symbol.tolist() == [0] * len(eras) + [1]
