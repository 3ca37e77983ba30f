"""New highs and lows, of some bars and of a year, after the old one has stood for a while."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from patterns.candles import as_strength
from patterns.definitions import DAILY, TIMEFRAMES, Detector, Direction, Parts, Strength
from patterns.detectors.events.measures import UNIT_BARS, closing_place, in_units
from patterns.evidence import LOOKBACK, volume_part
from patterns.examples import Chart, path
from patterns.geometry import Geometry
from patterns.levels import Levels, risked
from patterns.sums import highest, lowest
from patterns.views import BarView, Bools, Floats

YEAR = 252


@dataclass(frozen=True, slots=True)
class Side:
    """What differs between a high and a low: `sign` turns one into the other."""

    sign: int
    field: str

    def reached(self, view: BarView, ago: int = 0) -> Floats:
        """The bar's high, or its low."""
        return view.column(self.field, ago)

    def extreme(self, view: BarView, bars: int, ago: int) -> Floats:
        """The highest high, or lowest low, of `bars` bars that end `ago` bars back."""
        return (highest if self.sign > 0 else lowest)(view, self.field, bars, ago)

    def stood(self, view: BarView, bars: int, rest: int) -> Bools:
        """Whether the extreme of the `bars` bars before was not first made by the last `rest`."""
        recent, older = self.extreme(view, rest, 1), self.extreme(view, bars - rest, rest + 1)
        return self.sign * (older - recent) >= 0

    def old_extreme_ago(self, view: BarView, bars: int) -> Floats:
        """How many bars ago the old extreme was first made."""
        extreme = self.extreme(view, bars, 1)
        ago = np.ones(extreme.shape)
        for back in range(2, bars + 1):
            ago = np.where(self.reached(view, back) == extreme, float(back), ago)
        return ago


@dataclass(frozen=True, slots=True)
class Extreme:
    """One of the four patterns."""

    pattern_type: str
    title: str
    side: Side
    formula: str
    timeframes: tuple[str, ...]
    most: int
    min_confidence: float
    example: Chart


def new_extreme(kind: Extreme, bars: int, rest: int) -> Detector:
    """A bar beyond all of the `bars` before it, none of the last `rest` of which was so itself."""
    side, sign = kind.side, kind.side.sign
    least = min(rest, bars - 1)

    def find(view: BarView) -> Strength:
        beyond = sign * (side.reached(view) - side.extreme(view, bars, 1)) > 0
        return as_strength(beyond, sign * 100)

    def keep(view: BarView) -> Bools:
        return side.stood(view, bars, least)

    def parts(view: BarView, direction: Direction) -> Parts:
        """margin: how far beyond it closed; stood: how long the old one did; close; volume."""
        beyond = sign * (view.close[0] - side.extreme(view, bars, 1))
        return {
            "margin": in_units(view, beyond),
            "stood": side.old_extreme_ago(view, bars) / bars,
            "close": closing_place(view, direction),
            "volume": volume_part(view),
        }

    def geometry(view: BarView, direction: Direction) -> Geometry:
        price = side.extreme(view, bars, 1)
        old = side.old_extreme_ago(view, bars), price
        return Geometry(pivots={"old": old}, lines={"level": (old, (np.zeros(price.shape), price))})

    def break_levels(view: BarView, direction: Direction, span: int) -> Levels:
        """Its own end confirms; the far end of the last five bars fails."""
        far = (lowest if sign > 0 else highest)(view, "low" if sign > 0 else "high", 5)
        return risked(direction, side.reached(view), far)

    return Detector(
        pattern_type=kind.pattern_type,
        title=kind.title,
        family="breakout",
        formula=f"{kind.formula} of the {bars} bars before; detected where that extreme was "
        f"made more than {least} bars ago, so that a trend is one detection until it rests",
        source="Richard Donchian's channel rule of the 1960s; the rest is of TickStock",
        timeframes=kind.timeframes,
        parameters={"bars": bars, "rest": rest},
        bounds={"bars": (5, kind.most), "rest": (1, 120)},
        make=partial(new_extreme, kind),
        warm_up=bars,
        lookback=max(bars + 1, LOOKBACK, UNIT_BARS + 2),
        span=1,
        gaps="counts bars, not minutes, across sessions",
        find=find,
        keep=keep,
        parts=parts,
        weights={"margin": 0.3, "stood": 0.2, "close": 0.2, "volume": 0.3},
        geometry=geometry,
        levels=break_levels,
        example=kind.example,
        min_confidence=kind.min_confidence,
        cool_down=5,
    )


def ends(bars: int, sign: int) -> Chart:
    """A turn three quarters of `bars` ago, and a bar now beyond it."""
    far, near, last = 50.0 + 4.0 * sign, 50.0 - 4.0 * sign, bars + 4
    turn = last - bars * 3 // 4
    before = path(
        [(0, 50.0), (turn, far), ((turn + last) // 2, near), (last, far - 0.6 * sign)], wick=0.2
    )
    opened, closed = before[-1][3], far + 1.6 * sign
    low, high = sorted((opened - 0.1 * sign, closed + 0.1 * sign))
    return (*before, (opened, high, low, closed, 300.0))


HIGH, LOW = Side(1, "high"), Side(-1, "low")
NEW_HIGH = Extreme(
    "new_high", "New high", HIGH, "high > the highest high", TIMEFRAMES, 200, 0.6, ends(20, 1)
)
NEW_LOW = Extreme(
    "new_low", "New low", LOW, "low < the lowest low", TIMEFRAMES, 200, 0.6, ends(20, -1)
)
YEAR_HIGH = Extreme(
    "year_high", "52-week high", HIGH, "high > the highest high", DAILY, YEAR, 0.55, ends(YEAR, 1)
)
YEAR_LOW = Extreme(
    "year_low", "52-week low", LOW, "low < the lowest low", DAILY, YEAR, 0.55, ends(YEAR, -1)
)
DEFINITIONS = (
    new_extreme(NEW_HIGH, 20, 10),
    new_extreme(NEW_LOW, 20, 10),
    new_extreme(YEAR_HIGH, YEAR, 20),
    new_extreme(YEAR_LOW, YEAR, 20),
)
