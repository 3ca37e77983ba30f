"""The words that pictures are made of."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from streaming.pictures.svg import Pane, apart, element, path, picture, spread, text, ticks


def test_content_of_the_outside_is_escaped():
    made = picture([text('<&"', 1, 2)], 10, 10, "n", "A <title>", "Fish & chips")
    root = ElementTree.fromstring(made)
    assert [child.text for child in root] == ["A <title>", "Fish & chips", '<&"']
    assert element("a", title='"><b>') == '<a title="&quot;&gt;&lt;b&gt;"/>'


def test_coordinates_have_a_tenth_at_most():
    assert element("circle", cx=1.0, cy=2.26, stroke_width=3) == (
        '<circle cx="1" cy="2.3" stroke-width="3"/>'
    )


def test_a_line_breaks_where_a_value_is_missing():
    points = [(0, 1.0), (1, 2.0), (2, math.nan), (3, 4.0)]
    assert path(points) == "M0 1L1 2M3 4"


def test_a_pane_puts_bars_side_by_side_and_the_highest_value_on_top():
    pane = Pane(10, 110, 20, 70, 10, 0.0, 5.0)
    assert [pane.x(0), pane.x(9), pane.y(5.0), pane.y(0.0), pane.y(2.5)] == [15, 105, 20, 70, 45]


def test_a_pane_of_one_value_has_it_in_the_middle():
    assert Pane(0, 10, 0, 10, 1, 3.0, 3.0).y(3.0) == 5.0


def test_spread_has_room_even_for_one_value_and_for_none():
    assert spread([1.0, 3.0, math.nan], 0.5) == (0.0, 4.0)
    for values in ([0.0], [7.0], [], [math.nan]):
        low, high = spread(values)
        assert low < high


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [(0, 100, [0, 50, 100]), (1943.2, 2071.0, [1950, 2000, 2050]), (-0.14, 1.07, [0, 0.5, 1])],
)
def test_ticks_are_round_numbers(low, high, wanted):
    assert ticks(low, high) == pytest.approx(wanted)


def test_labels_keep_their_distance_and_their_order():
    assert apart([10, 12, 100, 11], 5) == [10, 20, 100, 15]
