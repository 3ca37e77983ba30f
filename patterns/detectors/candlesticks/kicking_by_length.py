"""Kicking by length: a kick that points where the longer of the two candles points."""

from patterns.candles import as_strength, body, colour
from patterns.definitions import Detector, Strength
from patterns.detectors.candlesticks.kicking import SPAN, keep, kick_down, kick_up, parts
from patterns.evidence import LOOKBACK
from patterns.examples import falling
from patterns.views import BarView


def find(view: BarView) -> Strength:
    """TA-Lib's CDLKICKINGBYLENGTH: ±100, the longer candle's colour, the first's if equal."""
    later = body(view, 0) > body(view, 1)
    kicked = as_strength(kick_up(view) | kick_down(view))
    return kicked * (later * colour(view, 0) + ~later * colour(view, 1))


DEFINITIONS = (
    Detector(
        pattern_type="kicking_by_length",
        title="Kicking by length",
        family="candlestick",
        formula="two marubozu of opposite colours with a gap between them, as in kicking; it "
        "points where the one with the longer body points",
        source="TA-Lib CDLKICKINGBYLENGTH; Gregory Morris, Candlestick Charting Explained",
        warm_up=11,
        lookback=LOOKBACK,
        span=SPAN,
        gaps="the bar before is the one before, however long ago: between sessions a gap is common",
        find=find,
        keep=keep,
        parts=parts,
        weights={"fit": 0.6, "volume": 0.4},
        example=(*falling(), (40.0, 40.05, 37.95, 38.0, 100.0), (41.0, 44.05, 40.95, 44.0, 300.0)),
        cool_down=5,
    ),
)
