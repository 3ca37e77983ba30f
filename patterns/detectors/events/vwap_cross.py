"""VWAP reclaim and loss: a close back across the session VWAP after a while on its other side."""

from dataclasses import dataclass
from functools import partial

from patterns.candles import as_strength
from patterns.definitions import INTRADAY, Detector, Direction, Parts, Strength
from patterns.detectors.events.measures import UNIT_BARS, closing_place, in_units
from patterns.evidence import LOOKBACK, or_unknown, saturating, volume_part
from patterns.examples import Chart, falling, rising
from patterns.indicators.vwap_run import LEVEL, RUN
from patterns.views import BarView


@dataclass(frozen=True, slots=True)
class Side:
    """What differs between a reclaim and a loss: `sign` turns one into the other."""

    pattern_type: str
    title: str
    sign: int
    formula: str
    example: Chart


RECLAIM = Side(
    "vwap_reclaim",
    "VWAP reclaim",
    1,
    "close > the session VWAP, after {0} closes or more in a row below it",
    (*falling(), (40.2, 54.2, 40.0, 54.0, 800.0)),
)
LOSS = Side(
    "vwap_loss",
    "VWAP loss",
    -1,
    "close < the session VWAP, after {0} closes or more in a row above it",
    (*rising(), (59.8, 60.0, 45.8, 46.0, 800.0)),
)


def vwap_cross(side: Side, bars: int = 15) -> Detector:
    """A close across VWAP after at least `bars` closes on the other side."""

    def find(view: BarView) -> Strength:
        crossed = side.sign * (view.close[0] - view.values[LEVEL]) > 0
        return as_strength(crossed & (-side.sign * view.values[RUN] >= bars), side.sign * 100)

    def parts(view: BarView, direction: Direction) -> Parts:
        """margin beyond VWAP; stood: how long on the other side; close; volume."""
        beyond = side.sign * (view.close[0] - view.values[LEVEL])
        return {
            "margin": in_units(view, beyond),
            "stood": or_unknown(saturating(-side.sign * view.values[RUN] / (2.0 * bars))),
            "close": closing_place(view, direction),
            "volume": volume_part(view),
        }

    return Detector(
        pattern_type=side.pattern_type,
        title=side.title,
        family="session",
        formula=f"{side.formula.format(bars)}, within the session",
        source="definition of TickStock, on the VWAP of Berkowitz, Logue, Noser, 1988",
        timeframes=INTRADAY,
        parameters={"bars": bars},
        bounds={"bars": (1, 240)},
        make=partial(vwap_cross, side),
        warm_up=1,
        lookback=max(LOOKBACK, UNIT_BARS + 2),
        span=3,
        gaps="counts the symbol's bars; minutes without a trade do not make the row longer",
        find=find,
        parts=parts,
        weights={"margin": 0.25, "stood": 0.25, "close": 0.2, "volume": 0.3},
        inputs=(RUN, LEVEL),
        example=side.example,
        min_confidence=0.5,
        cool_down=15,
        expires=30,
    )


DEFINITIONS = (vwap_cross(RECLAIM), vwap_cross(LOSS))
