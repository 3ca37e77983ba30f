"""Trigger, stop and target, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.history import HistoryView
from patterns.levels import Levels, bar_levels, levels, risked
from tests.patterns.last_bar import chart_matrix

CHART = (
    (10.0, 12.0, 9.0, 11.0, 1.0),
    (11.0, 11.5, 8.0, 9.0, 1.0),
    (9.0, 10.5, 8.5, 10.0, 1.0),
)


def last(direction: int, span: int) -> tuple[float, ...]:
    view = HistoryView(chart_matrix(CHART))
    points = view.points(view.count == len(CHART))
    return sides(bar_levels(points, np.array([direction], np.int8), span))


def sides(made: Levels) -> tuple[float, ...]:
    return tuple(float(side[0]) for side in (made.trigger, made.stop, made.target, made.slope))


@pytest.mark.parametrize(
    ("direction", "span", "expected"),
    [
        (1, 1, (10.5, 8.5, 13.5, 0.0)),  # 10.5 + 1.5 * 2
        (-1, 1, (8.5, 10.5, 5.5, 0.0)),
        (1, 2, (11.5, 8.0, 16.75, 0.0)),
        (-1, 3, (8.0, 12.0, 2.0, 0.0)),
    ],
)
def test_the_patterns_own_bars_give_its_levels(direction, span, expected):
    assert last(direction, span) == expected


def test_a_neutral_pattern_has_no_levels():
    assert np.isnan(last(0, 2)[:3]).all()


def test_what_is_risked_gives_the_target():
    made = risked(np.array([1, -1, 0]), np.array([10.0] * 3), np.array([9.0, 12.0, 9.0]))
    assert made.trigger[:2].tolist() == [10.0, 10.0]
    assert made.target[:2].tolist() == [11.5, 7.0]
    assert np.isnan([made.trigger[2], made.stop[2], made.target[2]]).all()


def test_levels_are_given_one_shape():
    made = levels(np.array([1.0, 2.0]), 0.5, np.array([3.0, 4.0]))
    assert made.stop.tolist() == [0.5, 0.5]
    assert made.slope.tolist() == [0.0, 0.0]


def test_levels_are_rounded_as_they_are_stored():
    made = levels(np.array([51.30000000000001]), 48.1234567, np.nan, 0.1 + 0.2).rounded()
    assert sides(made)[:2] == (51.3, 48.123457)
    assert np.isnan(made.target[0])
    assert made.slope[0] == 0.3
