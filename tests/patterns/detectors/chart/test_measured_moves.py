"""Trigger, stop and target of the real cases, worked out from their pivots as the textbooks say.

The pivots are prices of the recording; the arithmetic here is its own. Prices are turned so that
every pattern is bullish: `side` is -1 where it is bearish.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from patterns.matrix import BarMatrix

DATA = Path(__file__).parents[2] / "data"


class Case:
    """A real case: its pivots in order, and how many bars lie between dates."""

    def __init__(self, daily: BarMatrix, name: str) -> None:
        self.case: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text())
        self.side = 1 if self.case["direction"] == "bullish" else -1
        self.days = daily.time_ms[daily.symbols.index(self.case["symbol"])]
        self.prices = [self.side * price for _, price in self.case["pivots"].values()]
        self.bars = [self.bar(date) for date, _ in self.case["pivots"].values()]
        self.formed = self.bar(self.case["formed"])

    def bar(self, date: str) -> int:
        moment = int(np.datetime64(date, "ms").astype(np.int64))
        return int(np.flatnonzero(self.days == moment)[0])

    def line(self, first: int, second: int, at: int) -> float:
        """The price at a bar of the line through two pivots."""
        run = self.bars[second] - self.bars[first]
        slope = (self.prices[second] - self.prices[first]) / run
        return self.prices[first] + slope * (at - self.bars[first])

    def expect(self, trigger: float, stop: float, target: float) -> None:
        levels = self.case["levels"]
        got = [self.side * levels[name] for name in ("trigger", "stop", "target")]
        assert got == pytest.approx([trigger, stop, target], abs=2e-4)


@pytest.mark.parametrize("name", ["double_top", "double_bottom", "triple_top", "triple_bottom"])
def test_tops_and_bottoms_carry_as_far_as_they_are_deep(daily: BarMatrix, name: str):
    case = Case(daily, name)
    bottom, neck = min(case.prices[::2]), max(case.prices[1::2])
    case.expect(neck, bottom, neck + (neck - bottom))


@pytest.mark.parametrize("name", ["head_and_shoulders", "inverse_head_and_shoulders"])
def test_a_head_carries_as_far_as_it_lies_from_the_neckline(daily: BarMatrix, name: str):
    case = Case(daily, name)
    _, _, head, _, right = case.prices
    trigger = case.line(1, 3, case.formed)
    case.expect(trigger, right, trigger + case.line(1, 3, case.bars[2]) - head)


@pytest.mark.parametrize("name", ["flag", "pennant"])
def test_a_rest_carries_on_as_far_as_its_pole_is_long(daily: BarMatrix, name: str):
    case = Case(daily, name)
    foot, tip, first = case.prices[:3]
    case.expect(case.line(1, 3, case.formed), first, first + (tip - foot))


def test_a_rectangle_carries_as_far_as_it_is_high(daily: BarMatrix):
    case = Case(daily, "rectangle")
    low, high = min(case.prices), max(case.prices)
    case.expect(high, low, high + (high - low))
