"""The swing pivots as detectors read them: number 0 is the newest, 1 the one before, …

Highs and lows alternate: where `newest_is_high`, pivots 0, 2, 4, 6 are highs and 1, 3, 5, 7 lows.
A detector that reads them names `PIVOT_INPUTS` as its `inputs`. A pattern is there on the bar on
which its last pivot becomes known (`just_confirmed`): then `ago(0)` is 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from patterns.geometry import Anchor
from patterns.indicators import pivots as swings
from patterns.views import BarView, Bools, Floats

PIVOT_INPUTS = (
    *swings.PRICE,
    *swings.AGO,
    swings.KIND,
    swings.NEW,
    swings.UNIT,
    swings.UNIT_BEFORE,
)
PIVOT_WARM_UP = 2 * swings.REACH
MAX_AGE = swings.MAX_AGE
UNIT_BARS = swings.UNIT_BARS


@dataclass(frozen=True, slots=True)
class Pivots:
    """The last pivots at the current bar; NaN (False) where there are fewer."""

    view: BarView

    def price(self, i: int) -> Floats:
        """The high of a high, the low of a low."""
        return self.view.values[swings.PRICE[i]]

    def ago(self, i: int) -> Floats:
        """How many bars ago it was."""
        return self.view.values[swings.AGO[i]]

    def anchor(self, i: int) -> Anchor:
        """Where it is drawn, and what a line goes through."""
        return self.ago(i), self.price(i)

    @property
    def newest_is_high(self) -> Bools:
        """Whether pivot 0 is a high."""
        found: Any = self.view.memo("newest_is_high", lambda: self.view.values[swings.KIND] > 0)
        return cast(Bools, found)

    @property
    def newest_is_low(self) -> Bools:
        """Whether pivot 0 is a low."""
        found: Any = self.view.memo("newest_is_low", lambda: self.view.values[swings.KIND] < 0)
        return cast(Bools, found)

    @property
    def just_confirmed(self) -> Bools:
        """Whether pivot 0 became known on this bar, or took the place of a lesser one."""
        found: Any = self.view.memo("just_confirmed", lambda: self.view.values[swings.NEW] > 0)
        return cast(Bools, found)


def pivots(view: BarView) -> Pivots:
    """The pivots of a view."""
    return Pivots(view)


def unit(view: BarView) -> Floats:
    """What sizes are measured in: the mean true range of the last 20 bars."""
    return view.values[swings.UNIT]


def unit_before(view: BarView) -> Floats:
    """The unit a bar earlier: for a bar that is itself out of the ordinary."""
    return view.values[swings.UNIT_BEFORE]
