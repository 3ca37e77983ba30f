"""What an indicator and a detector are: frozen definitions that one registry holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterns.examples import Chart
from patterns.geometry import Geometry
from patterns.levels import Levels, bar_levels
from patterns.views import BarView, Bools, Floats

Outputs = tuple[Floats, ...]
Strength = NDArray[np.int16]
Direction = NDArray[np.int8]
Parts = dict[str, Floats]
Bounds = Mapping[str, tuple[float, float]]

DIRECTION_NAMES = {1: "bullish", -1: "bearish", 0: "neutral"}

INTRADAY = ("1m", "5m", "15m", "1h")
DAILY = ("1d",)
TIMEFRAMES = (*INTRADAY, *DAILY)

COMMON_BOUNDS: Bounds = {
    "min_confidence": (0.0, 1.0),
    "cool_down": (0, 100),
    "expires": (1, 120),
}
"""Parameters that every detector has, and what they may be."""


class BadParameter(ValueError):
    """A parameter that a definition does not have, or a value out of its bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One formula and its outputs, in one of three forms.

    compute(view) -> outputs: a finite window of bars, for any view.
    step(view, before) -> (outputs, after): a recursion, one bar at a time for many symbols.
        `before` has shape (states, symbols) and is NaN before a symbol's first bar.
    rank_of: the percentile rank (0–100) of another indicator's output among the symbols that
        have a bar at the same time. Detectors can not read it.

    prices: those of the outputs that are prices, or differences of prices: they double where all
        prices do, and the others stay.
    title, family: for people; the catalogue groups by family.
    warm_up: bars before the first output; outputs are NaN until there are more.
    lookback: how many bars, the current one included, the formula reads.
    internal: an input of detectors; neither stored nor shown.
    gaps: what a minute without a bar does to it.
    timeframes: those that it has a meaning in.
    """

    outputs: tuple[str, ...]
    formula: str
    source: str
    warm_up: int
    lookback: int
    gaps: str
    prices: tuple[str, ...] = ()
    title: str = ""
    family: str = "other"
    timeframes: tuple[str, ...] = TIMEFRAMES
    parameters: Mapping[str, float] = field(default_factory=dict)
    compute: Callable[[BarView], Outputs] | None = None
    step: Callable[[BarView, Floats], tuple[Outputs, Floats]] | None = None
    rank_of: str | None = None
    states: int = 0
    internal: bool = False

    def __post_init__(self) -> None:
        if sum(form is not None for form in (self.compute, self.step, self.rank_of)) != 1:
            raise ValueError(f"Indicator {self.outputs}: give one of compute, step and rank_of")
        if (self.step is None) != (self.states == 0):
            raise ValueError(
                f"Indicator {self.outputs}: states belong to step, and step needs them"
            )

    @property
    def name(self) -> str:
        """The first output's name."""
        return self.outputs[0]


def by_sign(view: BarView, strength: Strength) -> Direction:
    """Bullish where the strength is positive, bearish where it is negative."""
    return np.sign(strength).astype(np.int8)


def neutral(view: BarView, strength: Strength) -> Direction:
    """Neither bullish nor bearish."""
    return np.zeros(strength.shape, np.int8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One pattern: where it is, what it points to, and how well it is made.

    find(view) -> int16: 0 where it is not; for candlesticks TA-Lib's number (±100, ±80, ±200).
    keep(view) -> bool: which of those are worth a detection (None: all).
    direction(view, strength) -> int8: 1 bullish, -1 bearish, 0 neutral.
    parts(view, direction) -> name: array in [0, 1]: the evidence, computed for hits alone.
    weights: part name to weight; they add up to 1, and confidence is the weighted sum.
    geometry(view, direction): its pivots and lines, so that a chart can draw it.
    levels(view, direction, span): trigger, stop and target, from which its life follows.

    warm_up: bars before the first possible detection. lookback: bars that `find`, `keep`,
    `direction` and `parts` read. span: bars that make the pattern, whose times are stored.
    inputs: outputs of indicators that it reads through `view.values`.
    timeframes: those that it has a meaning in.
    example: bars on the last of which it is detected, for pictures and tests.

    min_confidence: a hit below it is no detection. cool_down: bars of a symbol after a detection
    in which the same pattern is not detected again. expires: bars after which a detection that
    has neither failed nor reached its target is over.

    make: builds the detector anew from its parameters; bounds: what each of them may be.

    It must depend on a finite window of bars and on sums over the session alone, so that a
    restart, which reads those from the database, gives the same bits.
    """

    pattern_type: str
    formula: str
    source: str
    warm_up: int
    lookback: int
    span: int
    gaps: str
    find: Callable[[BarView], Strength]
    parts: Callable[[BarView, Direction], Parts]
    weights: Mapping[str, float]
    title: str = ""
    family: str = "other"
    timeframes: tuple[str, ...] = TIMEFRAMES
    parameters: Mapping[str, float] = field(default_factory=dict)
    bounds: Bounds = field(default_factory=dict)
    make: Callable[..., Detector] | None = None
    direction: Callable[[BarView, Strength], Direction] = by_sign
    keep: Callable[[BarView], Bools] | None = None
    geometry: Callable[[BarView, Direction], Geometry] | None = None
    levels: Callable[[BarView, Direction, int], Levels] = bar_levels
    inputs: tuple[str, ...] = ()
    example: Chart = ()
    min_confidence: float = 0.0
    cool_down: int = 0
    expires: int = 20

    def __post_init__(self) -> None:
        if abs(sum(self.weights.values()) - 1.0) > 1e-12:
            raise ValueError(f"Detector {self.pattern_type}: weights must add up to 1")
        if self.span > self.lookback:
            raise ValueError(f"Detector {self.pattern_type}: span exceeds lookback")
        if set(self.bounds) != set(self.parameters):
            raise ValueError(f"Detector {self.pattern_type}: each parameter needs its bounds")
        if self.parameters and self.make is None:
            raise ValueError(f"Detector {self.pattern_type}: parameters need `make`")

    @property
    def adjustable(self) -> dict[str, float]:
        """Every parameter that can be set, with its present value."""
        common = {name: getattr(self, name) for name in COMMON_BOUNDS}
        return {**self.parameters, **common}

    def bound(self, name: str) -> tuple[float, float]:
        """The lowest and highest value of a parameter; raises BadParameter for an unknown one."""
        found = self.bounds.get(name) or COMMON_BOUNDS.get(name)
        if found is None:
            known = ", ".join(self.adjustable)
            raise BadParameter(f"{self.pattern_type} has no parameter {name!r}. It has: {known}.")
        return found

    def with_parameters(self, values: Mapping[str, float]) -> Detector:
        """The same detector with other parameters.

        Raises BadParameter with the name, the value and the bound.
        """
        for name, value in values.items():
            self._refuse_bad(name, value)
        own = {name: type(old)(values.get(name, old)) for name, old in self.parameters.items()}
        made = self
        if own != dict(self.parameters):
            assert self.make is not None
            made = self.make(**own)
        common = {
            name: type(getattr(self, name))(values.get(name, getattr(self, name)))
            for name in COMMON_BOUNDS
        }
        return replace(made, **common)

    def _refuse_bad(self, name: str, value: Any) -> None:
        low, high = self.bound(name)
        whole = isinstance(self.adjustable[name], int)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadParameter(f"{self.pattern_type}: {name} must be a number, not {value!r}")
        if whole and value != int(value):
            raise BadParameter(f"{self.pattern_type}: {name} must be a whole number, not {value}")
        if not low <= value <= high:
            raise BadParameter(
                f"{self.pattern_type}: {name} is {value}; it must lie between {low} and {high}"
            )

    def strength(self, view: BarView) -> Strength:
        """What `find` says, 0 during the warm-up."""
        if view.fewest > self.warm_up:
            return self.find(view).astype(np.int16, copy=False)
        warm = view.warm(self.warm_up)
        if not warm.any():
            return np.zeros(warm.shape, np.int16)
        return np.where(warm, self.find(view), 0).astype(np.int16, copy=False)

    def key(self, timeframe: str) -> str:
        """What makes it one detection a bar: `engulfing:1m`."""
        return f"{self.pattern_type}:{timeframe}"

    def confidence(self, parts: Parts) -> Floats:
        """The weighted sum of the parts, in the order of `weights`, rounded to 6 digits."""
        total: Any = 0.0
        for name, weight in self.weights.items():
            total = total + weight * parts[name]
        return np.clip(np.round(total, 6), 0.0, 1.0)
