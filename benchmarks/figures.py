"""What a benchmark says: a figure, its reference from the same run, and the ratio of the two."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

MARKS = {True: "met", False: "MISSED", None: ""}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    value: median of the rounds, in `unit`; spread: lowest and highest round. goal: the bound in
    the same unit, None where there is none; `higher_is_better` tells on which side it lies.
    reference: something simpler or idealised, measured in the same run, so that a ratio means the
    same on another machine. detail: parts or percentiles worth showing.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    higher_is_better: bool = False
    reference: float = math.nan
    reference_name: str = ""
    spread: tuple[float, float] | None = None
    detail: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Figure by reference."""
        return self.value / self.reference if self.reference else math.nan

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.higher_is_better else self.value <= self.goal

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}

    @classmethod
    def from_dict(cls, made: Mapping[str, Any]) -> Figure:
        """The inverse of `as_dict`, from JSON too, where NaN is null."""
        chosen = {name: made[name] for name in cls.__slots__}
        if chosen["reference"] is None:
            chosen["reference"] = math.nan
        if chosen["spread"] is not None:
            chosen["spread"] = tuple(chosen["spread"])
        return cls(**chosen)


def number(value: float) -> str:
    """Three significant digits and thousands apart: 1,230,000 or 0.0123."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    places = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, places):,.{max(places, 0)}f}"


def goal_text(figure: Figure) -> str:
    """The goal with its side and unit, or nothing."""
    if figure.goal is None:
        return ""
    side = "at least" if figure.higher_is_better else "under"
    return f"{side} {number(figure.goal)} {figure.unit}"


def lines(figure: Figure) -> list[str]:
    """The figure for people: what it is, its reference, the ratio, and its parts."""
    head = f"  {figure.name:<46} {number(figure.value):>12} {figure.unit}"
    if figure.spread is not None:
        low, high = figure.spread
        head += f"  (rounds: {number(low)} to {number(high)})"
    made = [head]
    if figure.goal is not None:
        made.append(f"    goal       {goal_text(figure)}: {MARKS[figure.met]}")
    if figure.reference_name:
        text = f"{number(figure.reference)} {figure.unit}"
        made.append(f"    reference  {text}  ({figure.reference_name})")
        made.append(f"    ratio      {number(figure.ratio)}")
    made += [f"      {name:<42} {number(part):>12}" for name, part in figure.detail.items()]
    return made
