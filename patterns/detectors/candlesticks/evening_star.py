"""Evening star: a long white body, a small one gapped above it, a black one back into the first."""

from patterns.candles import as_strength, black, body, body_bottom, body_top, moved, white
from patterns.definitions import Detector, Strength
from patterns.detectors.candlesticks.morning_star import SPAN, star_bodies, star_parts
from patterns.evidence import trend_lookback
from patterns.views import BarView


def evening_star(penetration: float = 0.3) -> Detector:
    """The last close must go back by more than `penetration` of the first body."""

    def find(view: BarView) -> Strength:
        gapped = body_bottom(view, 1) > body_top(view, 2)
        back = view.close[0] < view.close[2] - body(view, 2) * penetration
        return as_strength(
            star_bodies(view) & white(view, 2) & gapped & black(view, 0) & back, -100
        )

    return Detector(
        pattern_type="evening_star",
        formula="a long white body; a short body wholly above it; a black body, not short, that "
        f"closes more than {penetration:g} of the first body below the first close",
        source="TA-Lib CDLEVENINGSTAR; Steve Nison, Japanese Candlestick Charting Techniques",
        parameters={"penetration": penetration},
        bounds={"penetration": (0.0, 1.0)},
        make=evening_star,
        warm_up=12,
        lookback=trend_lookback(SPAN),
        span=SPAN,
        gaps="the bars before are the ones before, however long ago",
        find=find,
        keep=moved,
        parts=star_parts,
        weights={"fit": 0.4, "volume": 0.3, "trend": 0.3},
    )


DEFINITIONS = (evening_star(),)
