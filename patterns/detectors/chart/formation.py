"""What formations made of swing pivots share: tops and bottoms read alike, evidence, defaults.

Sizes are counted in units: the mean true range of the last 20 bars (`patterns.pivots.unit`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np

from patterns.definitions import Detector, Direction
from patterns.evidence import or_unknown, ratio
from patterns.geometry import Anchor
from patterns.indicators.pivots import PIVOTS, REACH
from patterns.levels import Levels, levels
from patterns.pivots import MAX_AGE, PIVOT_INPUTS, UNIT_BARS, pivots, unit
from patterns.views import BarView, Bools, Floats, Ints

LOOKBACK = MAX_AGE + 2
WARM_UP = max(UNIT_BARS, 2 * REACH)

SWINGS = (
    f" Swings: highs and lows that stand out from {REACH} bars on either side, known then; "
    f"the last {PIVOTS}, not older than {MAX_AGE} bars."
)

Side = int | Direction


class Swings:
    """Pivots as a top sees them: for `side` -1 upside down, so that a bottom reads as a top.

    Prices times `side` are called levels here. `side` may differ from hit to hit.
    """

    def __init__(self, view: BarView, side: Side) -> None:
        self.view = view
        self.side = side
        self.pivots = pivots(view)
        self.unit = unit(view)
        self.ago = self.pivots.ago
        self.anchor = self.pivots.anchor
        self.close: Floats = side * view.close[0]
        self._levels: dict[int, Floats] = {}

    def level(self, i: int) -> Floats:
        """Of pivot `i`."""
        if isinstance(self.side, int):
            return self.view.memo(("level", self.side, i), lambda: self._level(i))
        if i not in self._levels:
            self._levels[i] = self._level(i)
        return self._levels[i]

    def _level(self, i: int) -> Floats:
        return self.side * self.pivots.price(i)

    def lowest(self, numbers: Iterable[int]) -> tuple[Floats, Floats]:
        """(bars ago, level) of the lowest of these pivots; the missing do not count."""
        first, *others = numbers
        ago, level = self.ago(first), self.level(first)
        for i in others:
            lower = ~(self.level(i) >= level) & np.isfinite(self.level(i))
            ago = np.where(lower, self.ago(i), ago)
            level = np.where(lower, self.level(i), level)
        return ago, level

    def highest(self, numbers: Iterable[int]) -> Floats:
        """Level of the highest of these pivots; NaN where none is there."""
        level = np.full_like(self.close, np.nan)
        for i in numbers:
            level = np.fmax(level, self.level(i))
        return level

    def bottom_before(self, i: int) -> Floats:
        """The lowest level before pivot `i`, a top: where the advance to it began."""
        numbers = range(i + 1, PIVOTS, 2)
        return self.lowest(numbers)[1] if numbers else np.full_like(self.close, np.nan)

    def levels(self, trigger: Floats, stop: Floats, target: Floats, slope: Any = 0.0) -> Levels:
        """Prices of these levels."""
        side = self.side
        return levels(side * trigger, side * stop, side * target, side * slope)


def formed(view: BarView, kind: int, found: Callable[[BarView], Bools]) -> Bools:
    """What `found` says of the bars on which a high (`kind` 1) or a low (-1) became known.

    No formation is complete on another bar, and these are one in ten.
    """
    swings = pivots(view)
    newest = swings.newest_is_high if kind > 0 else swings.newest_is_low
    mask = swings.just_confirmed & newest
    if not mask.any():
        return mask
    shared: Any = view.memo(("formed", kind), lambda: cast(Any, view.points(mask)))
    return put_back(mask, found(shared))


def put_back(mask: Bools, found: Bools) -> Bools:
    """What was found at the points of `mask`, in the shape of the whole."""
    whole = np.zeros(mask.shape, np.bool_)
    whole.T[mask.T] = found
    return whole


def real(side: Side, point: tuple[Floats, Floats]) -> Anchor:
    """(bars ago, level) as (bars ago, price)."""
    return point[0], side * point[1]


def here(price: Floats) -> Anchor:
    """A price at the current bar."""
    return np.zeros_like(price), price


def closeness(distance: Floats, most: Floats) -> Floats:
    """1 at no distance, 0 at `most`."""
    return or_unknown(np.maximum(1.0 - ratio(np.abs(distance), most), 0.0))


def share(part: Floats, other: Floats) -> Floats:
    """part / (part + other): 0.5 where they are equal or unknown."""
    return or_unknown(ratio(np.maximum(part, 0.0), np.maximum(part, 0.0) + other))


def volume_round(view: BarView, ago: Floats) -> Floats:
    """Mean volume of a pivot's bar and its two neighbours."""
    known = np.isfinite(ago)
    at: Ints = np.where(known, ago, 1).astype(np.int64)
    near = [view.gather("volume", at + step) for step in (1, 0, -1)]
    return np.where(known, (near[0] + near[1] + near[2]) / 3.0, np.nan)


def lighter(view: BarView, earlier: Floats, later: Floats) -> Floats:
    """Part of volume: above 0.5 where there was more of it at the earlier pivot."""
    return share(volume_round(view, earlier), volume_round(view, later))


def formation(**fields: Any) -> Detector:
    """A detector of swing pivots, with what all of them have in common."""
    common: dict[str, Any] = {
        "warm_up": WARM_UP,
        "lookback": LOOKBACK,
        "span": 1,
        "gaps": "counts bars, not minutes",
        "inputs": PIVOT_INPUTS,
        "weights": {"fit": 0.5, "volume": 0.2, "trend": 0.3},
        "min_confidence": 0.45,
        "cool_down": 5,
        "expires": 40,
    }
    fields["formula"] += SWINGS
    return Detector(**{**common, **fields})
