"""Concealing baby swallow: two black marubozus, then a black candle that swallows the third."""

from patterns.candles import (
    SHADOW_VERY_SHORT,
    as_strength,
    average,
    bare_bottom,
    bare_top,
    black,
    body,
    body_gap_down,
    high_low,
    upper_shadow,
)
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.evidence import ratio
from patterns.examples import falling
from patterns.views import BarView, Bools, Floats


def _third(view: BarView) -> Bools:
    """Opens gapping down, with an upper shadow back into the body before."""
    shadow = upper_shadow(view, 1) > average(view, SHADOW_VERY_SHORT, 1)
    return body_gap_down(view, 1, 2) & shadow & (view.high[1] > view.close[2])


def find(view: BarView) -> Strength:
    """TA-Lib's CDLCONCEALBABYSWALL: 100."""
    found = black(view, 3) & black(view, 2) & black(view, 1) & black(view, 0)
    for ago in (3, 2):
        found &= bare_top(view, ago) & bare_bottom(view, ago)
    engulfs = (view.high[0] > view.high[1]) & (view.low[0] < view.low[1])
    return as_strength(found & _third(view) & engulfs)


def fit(view: BarView) -> Floats:
    """How much of the first two candles is body."""
    return ratio(body(view, 3) + body(view, 2), high_low(view, 3) + high_low(view, 2))


DEFINITIONS = (
    reversal(
        pattern_type="concealing_baby_swallow",
        title="Concealing baby swallow",
        formula="two black candles with shadows below a tenth of the mean range of 10; a black "
        "one gapped down whose upper shadow reaches into the body before; a black one that "
        "engulfs the third, shadows included",
        source="TA-Lib CDLCONCEALBABYSWALL; Greg Morris, Candlestick Charting Explained",
        warm_up=13,
        span=4,
        side=1,
        trend=0.5,
        min_confidence=0.5,
        find=find,
        fit=fit,
        example=(
            *falling(),
            (40.0, 40.05, 37.95, 38.0, 100.0),
            (38.0, 38.05, 35.95, 36.0, 100.0),
            (35.5, 36.4, 34.6, 34.8, 100.0),
            (36.6, 36.7, 34.2, 34.3, 300.0),
        ),
    ),
)
