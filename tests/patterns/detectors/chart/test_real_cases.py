"""Formations of swings in real charts: cases that were looked at, rates, live and history.

A case is `tests/patterns/data/<pattern>.json`, drawn in the picture beside it.
"""

from __future__ import annotations

import json
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from patterns.engine import LiveEngine
from patterns.evaluate import analyse_history
from patterns.matrix import BarMatrix
from patterns.registry import standard
from tests.patterns.bars import as_matrix, session_start, walk

DATA = Path(__file__).parents[2] / "data"
NAMES = (
    "double_top",
    "double_bottom",
    "triple_top",
    "triple_bottom",
    "head_and_shoulders",
    "inverse_head_and_shoulders",
    "rectangle",
    "channel",
    "support_break",
    "resistance_break",
)


def case_of(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text())
    return case


def day_ms(date: str) -> int:
    return int(np.datetime64(date, "ms").astype(np.int64))


@pytest.mark.parametrize("name", NAMES)
def test_the_case_is_found_with_its_pivots_lines_and_levels(daily: BarMatrix, name: str):
    case = case_of(name)
    matrix = daily.take([daily.symbols.index(case["symbol"])])
    (hits,) = analyse_history(matrix, standard().only([], [name]))[1]
    detections = list(hits.detections(matrix.symbols, "1d"))
    (found,) = [d for d in detections if d.bar_time_ms == day_ms(case["formed"])]
    assert found.direction == case["direction"]
    assert found.pattern_data["levels"] == pytest.approx(case["levels"], abs=1e-4)
    geometry = found.pattern_data["geometry"]
    assert set(geometry["pivots"]) == set(case["pivots"])
    for pivot, (date, price) in case["pivots"].items():
        assert geometry["pivots"][pivot] == [day_ms(date), pytest.approx(price, abs=1e-4)], pivot
    for line, ends in case["lines"].items():
        for got, (date, price) in zip(geometry["lines"][line], ends, strict=True):
            assert got == [day_ms(date), pytest.approx(price, abs=1e-4)], line


@pytest.mark.parametrize("name", NAMES)
def test_the_cases_pivots_are_swings_of_the_recorded_bars(daily: BarMatrix, name: str):
    case = case_of(name)
    row = daily.symbols.index(case["symbol"])
    for date, price in case["pivots"].values():
        at = int(np.flatnonzero(daily.time_ms[row] == day_ms(date))[0])
        around = slice(at - 3, at + 4)
        extremes = (daily.high[row, around].max(), daily.low[row, around].min())
        assert any(price == pytest.approx(extreme, abs=1e-4) for extreme in extremes)


@pytest.mark.parametrize("name", NAMES)
def test_formations_are_rare(daily: BarMatrix, name: str):
    matrix = daily.take(range(0, 505, 8))
    (hits,) = analyse_history(matrix, standard().only([], [name]))[1]
    assert 0 < len(hits) < 0.004 * matrix.count.sum()
    assert (hits.confidence >= hits.detector.min_confidence).all()
    assert (hits.direction * (hits.levels.target - hits.levels.trigger) > 0).all()
    assert (hits.direction * (hits.levels.trigger - hits.levels.stop) > 0).all()


def test_live_finds_what_history_finds():
    symbols = [f"S{n}" for n in range(80)]
    minutes = walk(len(symbols), 150, seed=5, traded=0.9)
    registry = standard().only([], NAMES)
    matrix = as_matrix(minutes, symbols)
    hits = analyse_history(matrix, registry)[1]
    history = [d for found in hits for d in found.detections(symbols, "1m")]
    live = LiveEngine(symbols, registry, session_start)
    lived = [d for one in minutes for d in live.close(one).found]
    assert len({d.pattern_type for d in lived}) >= 8
    key = attrgetter("pattern_type", "symbol", "bar_time_ms")
    assert sorted(lived, key=key) == sorted(history, key=key)
