"""Advance block: three white candles that rise with less and less conviction."""

from patterns.candles import (
    FAR,
    NEAR,
    SHADOW_LONG,
    SHADOW_SHORT,
    as_strength,
    average,
    body,
    long_body,
    upper_shadow,
    white,
)
from patterns.candlestick import reversal
from patterns.definitions import Strength
from patterns.detectors.candlesticks.three_white_soldiers import advances
from patterns.evidence import ratio
from patterns.examples import rising
from patterns.views import BarView, Bools, Floats


def _blocked(view: BarView) -> Bools:
    """The four ways in which the advance weakens."""
    first, second, third = body(view, 2), body(view, 1), body(view, 0)
    shadow, shadow_before = upper_shadow(view, 0), upper_shadow(view, 1)
    shrinks = third < second
    second_far_smaller = (second < first - average(view, FAR, 2)) & (
        third < second + average(view, NEAR, 1)
    )
    third_far_smaller = third < second - average(view, FAR, 1)
    shadowed = (shadow > average(view, SHADOW_SHORT, 0)) | (
        shadow_before > average(view, SHADOW_SHORT, 1)
    )
    ever_smaller = shrinks & (second < first) & shadowed
    turned_back = shrinks & (shadow > average(view, SHADOW_LONG, 0))
    result: Bools = second_far_smaller | third_far_smaller | ever_smaller | turned_back
    return result


def find(view: BarView) -> Strength:
    """TA-Lib's CDLADVANCEBLOCK: -100."""
    found = white(view, 2) & white(view, 1) & white(view, 0)
    found &= advances(view, 1) & advances(view, 0)
    found &= long_body(view, 2) & (upper_shadow(view, 2) < average(view, SHADOW_SHORT, 2))
    return as_strength(found & _blocked(view), -100)


def fit(view: BarView) -> Floats:
    """How much shorter the last body is than the first."""
    return 1.0 - ratio(body(view, 0), body(view, 2))


DEFINITIONS = (
    reversal(
        pattern_type="advance_block",
        title="Advance block",
        formula="three white candles, each closing higher and opening above the open before, at "
        "or near its body, the first long with a short upper shadow; then the bodies shrink, far "
        "or with upper shadows that are not short, or the last has one longer than its body",
        source="TA-Lib CDLADVANCEBLOCK; Steve Nison, Japanese Candlestick Charting Techniques",
        warm_up=12,
        span=3,
        side=-1,
        find=find,
        fit=fit,
        example=(
            *rising(),
            (60.0, 61.75, 59.9, 61.7, 100.0),
            (61.2, 62.6, 61.1, 62.2, 100.0),
            (62.0, 62.9, 61.9, 62.4, 300.0),
        ),
    ),
)
