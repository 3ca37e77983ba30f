"""Points and lines, as they are reckoned while a detector runs and as they are stored."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.geometry import Geometry, described, line_at, line_slope
from patterns.history import HistoryView
from tests.patterns.bars import MINUTE, START, as_matrix, minute

BARS = [
    minute(START + n * MINUTE, {0: (n, n + 1, n - 1, n, 5), 1: (9, 9, 9, 9, 5)}) for n in range(6)
]
NOWHERE = np.array([np.nan, np.nan])


def anchor(ago: float, price: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([ago]), np.array([price])


@pytest.mark.parametrize(
    ("first", "second", "ago", "price"),
    [
        ((10, 50.0), (5, 55.0), 0, 60.0),
        ((10, 50.0), (5, 55.0), 7, 53.0),
        ((10, 50.0), (5, 55.0), 12, 48.0),
        ((8, 40.0), (0, 36.0), 4, 38.0),
        ((3, 40.0), (3, 41.0), 0, 41.0),
    ],
)
def test_a_line_goes_through_its_anchors_and_on(first, second, ago, price):
    assert line_at(anchor(*first), anchor(*second), ago).tolist() == [price]


def test_the_slope_of_a_line_is_what_it_rises_a_bar():
    assert line_slope(anchor(10, 50.0), anchor(5, 55.0)).tolist() == [1.0]
    assert line_slope(anchor(8, 40.0), anchor(0, 36.0)).tolist() == [-0.5]
    assert line_slope(anchor(3, 40.0), anchor(3, 41.0)).tolist() == [0.0]


@pytest.fixture
def points():
    view = HistoryView(as_matrix(BARS, ["A", "B"]))
    return view.points(view.count == 6)


def test_points_are_stored_with_the_time_of_their_bar(points):
    made = Geometry(
        pivots={"top": (np.array([4.0, 1.0]), np.array([7.1234567, 9.0]))},
        lines={"neck": ((np.array([4.0, 5.0]), np.array([1.0, 2.0])), (np.zeros(2), np.ones(2)))},
    )
    now = START + 5 * MINUTE
    assert described(points, made) == [
        {
            "pivots": {"top": [START + MINUTE, 7.123457]},
            "lines": {"neck": [[START + MINUTE, 1.0], [now, 1.0]]},
        },
        {
            "pivots": {"top": [START + 4 * MINUTE, 9.0]},
            "lines": {"neck": [[START, 2.0], [now, 1.0]]},
        },
    ]


def test_a_point_that_a_hit_does_not_have_is_left_out_and_lines_to_it_are(points):
    here = np.array([0.0, np.nan]), np.array([5.0, 5.0])
    made = Geometry(pivots={"top": here, "none": (NOWHERE, NOWHERE)}, lines={"l": (here, here)})
    first, second = described(points, made)
    assert first == {
        "pivots": {"top": [START + 5 * MINUTE, 5.0]},
        "lines": {"l": [[START + 5 * MINUTE, 5.0]] * 2},
    }
    assert second == {"pivots": {}, "lines": {}}


def test_one_price_serves_all_hits(points):
    made = Geometry(pivots={"floor": (0.0, 4.0)})
    assert [item["pivots"]["floor"][1] for item in described(points, made)] == [4.0, 4.0]
