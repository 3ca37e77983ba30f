"""Hand-checked shapes of real shares: looked at in the pictures beside the numbers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from patterns.analysis import Detection
from patterns.evaluate import analyse_history
from patterns.matrix import BarMatrix
from patterns.registry import standard

DATA = Path(__file__).parents[2] / "data"
PATTERNS = (
    "ascending_triangle",
    "descending_triangle",
    "symmetrical_triangle",
    "rising_wedge",
    "falling_wedge",
    "flag",
    "pennant",
    "cup_and_handle",
    "rounding_bottom",
    "trend_line_break",
)
RAREST, COMMONEST = 0.0001, 0.0035
"""Detections a bar."""


def ms(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


def case(pattern: str) -> dict:
    return json.loads((DATA / f"{pattern}.json").read_text())


def found(matrix: BarMatrix, pattern: str) -> list[Detection]:
    _, blocks = analyse_history(matrix, standard().only(pattern_types=[pattern]))
    return [d for hits in blocks for d in hits.detections(matrix.symbols, "1d")]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_shape_that_was_looked_at_is_found_with_its_points_and_levels(
    daily: BarMatrix, pattern: str
):
    known = case(pattern)
    matrix = daily.take([daily.symbols.index(known["symbol"])])
    (detection,) = (d for d in found(matrix, pattern) if d.bar_time_ms == ms(known["formed"]))
    geometry = detection.pattern_data["geometry"]
    assert detection.direction == known["direction"]
    assert geometry["pivots"] == {
        name: [ms(day), price] for name, (day, price) in known["pivots"].items()
    }
    assert geometry["lines"] == {
        name: [[ms(day), price] for day, price in ends] for name, ends in known["lines"].items()
    }
    assert detection.pattern_data["levels"] == known["levels"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_points_of_a_known_shape_are_highs_and_lows_of_its_bars(daily: BarMatrix, pattern: str):
    known = case(pattern)
    row = daily.symbols.index(known["symbol"])
    for day, price in known["pivots"].values():
        (at,) = np.flatnonzero(daily.time_ms[row] == ms(day))
        ends = np.round([daily.high[row, at], daily.low[row, at]], 6)
        assert price in ends.tolist()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_shape_is_rare(daily: BarMatrix, pattern: str):
    matrix = daily.take(range(0, 505, 5))
    rate = len(found(matrix, pattern)) / matrix.count.sum()
    assert RAREST / 2 <= rate <= COMMONEST
