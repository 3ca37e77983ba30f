"""What an indicator and a detector are: frozen definitions that one registry holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterns.views import BarView, Bools, Floats

Outputs = tuple[Floats, ...]
Strength = NDArray[np.int16]
Direction = NDArray[np.int8]
Parts = dict[str, Floats]

DIRECTION_NAMES = {1: "bullish", -1: "bearish", 0: "neutral"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One formula and its outputs, in one of two forms.

    compute(view) -> outputs: a finite window of bars, for any view.
    step(view, before) -> (outputs, after): a recursion, one bar at a time for many symbols.
        `before` has shape (states, symbols) and is NaN before a symbol's first bar.

    warm_up: bars before the first output; outputs are NaN until there are more.
    lookback: how many bars, the current one included, the formula reads.
    internal: an input of detectors; neither stored nor shown.
    gaps: what a minute without a bar does to it.
    """

    outputs: tuple[str, ...]
    formula: str
    source: str
    warm_up: int
    lookback: int
    gaps: str
    parameters: Mapping[str, float] = field(default_factory=dict)
    compute: Callable[[BarView], Outputs] | None = None
    step: Callable[[BarView, Floats], tuple[Outputs, Floats]] | None = None
    states: int = 0
    internal: bool = False

    def __post_init__(self) -> None:
        if (self.compute is None) == (self.step is None):
            raise ValueError(f"Indicator {self.outputs}: give either compute or step")
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

    find(view) -> int16: 0 where it is not; for candlesticks TA-Lib's number (±100, ±80).
    keep(view) -> bool: which of those are worth a detection (None: all).
    direction(view, strength) -> int8: 1 bullish, -1 bearish, 0 neutral.
    parts(view, direction) -> name: array in [0, 1]: the evidence, computed for hits alone.
    weights: part name to weight; they add up to 1, and confidence is the weighted sum.

    warm_up: bars before the first possible detection. lookback: bars that `find`, `keep`,
    `direction` and `parts` read. span: bars that make the pattern, whose times are stored.
    inputs: outputs of indicators that it reads through `view.values`.

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
    parameters: Mapping[str, float] = field(default_factory=dict)
    direction: Callable[[BarView, Strength], Direction] = by_sign
    keep: Callable[[BarView], Bools] | None = None
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if abs(sum(self.weights.values()) - 1.0) > 1e-12:
            raise ValueError(f"Detector {self.pattern_type}: weights must add up to 1")
        if self.span > self.lookback:
            raise ValueError(f"Detector {self.pattern_type}: span exceeds lookback")

    def strength(self, view: BarView) -> Strength:
        """What `find` says, 0 during the warm-up."""
        return np.where(view.count > self.warm_up, self.find(view), 0).astype(np.int16)

    def key(self, timeframe: str) -> str:
        """What makes it one detection a bar: `engulfing:1m`."""
        return f"{self.pattern_type}:{timeframe}"

    def confidence(self, parts: Parts) -> Floats:
        """The weighted sum of the parts, in the order of `weights`, rounded to 6 digits."""
        total: Any = 0.0
        for name, weight in self.weights.items():
            total = total + weight * parts[name]
        return np.clip(np.round(total, 6), 0.0, 1.0)
