"""Linearly weighted moving averages of closes: the plain one, and Hull's."""

from math import isqrt

from patterns.definitions import Indicator, Outputs
from patterns.sums import weighted_sum
from patterns.views import BarView

Weights = tuple[float, ...]


def linear_weights(bars: int) -> Weights:
    """What each close counts, the newest first: bars, …, 2, 1, divided by their sum."""
    total = bars * (bars + 1) / 2
    return tuple((bars - ago) / total for ago in range(bars))


def hull_weights(bars: int) -> Weights:
    """What each close counts in Hull's average, the newest first: a sum of sums, written out."""
    once = [-weight for weight in linear_weights(bars)]
    for ago, weight in enumerate(linear_weights(bars // 2)):
        once[ago] += 2.0 * weight
    outer = linear_weights(isqrt(bars))
    weights = [0.0] * (bars + len(outer) - 1)
    for shift, factor in enumerate(outer):
        for ago, weight in enumerate(once):
            weights[shift + ago] += factor * weight
    return tuple(weights)


def wma(bars: int) -> Indicator:
    """The mean of closes, the newest weighted `bars` times, the oldest once."""
    weights = linear_weights(bars)

    def compute(view: BarView) -> Outputs:
        return (weighted_sum(view, "close", weights),)

    return Indicator(
        outputs=(f"WMA_{bars}",),
        prices=(f"WMA_{bars}",),
        title=f"Weighted moving average, {bars} bars",
        family="trend",
        formula=f"sum of weight * close over {bars} bars / sum of weights; weights 1 (oldest) to "
        f"{bars} (newest)",
        source="TA-Lib WMA",
        parameters={"bars": bars},
        warm_up=bars - 1,
        lookback=bars,
        gaps=f"counts bars, not minutes: {bars} bars, across gaps and sessions",
        compute=compute,
    )


def hma(bars: int) -> Indicator:
    """Hull's moving average: little lag, and smooth."""
    weights = hull_weights(bars)

    def compute(view: BarView) -> Outputs:
        return (weighted_sum(view, "close", weights),)

    return Indicator(
        outputs=(f"HMA_{bars}",),
        prices=(f"HMA_{bars}",),
        title=f"Hull moving average, {bars} bars",
        family="trend",
        formula=f"WMA over {isqrt(bars)} bars of (2 * WMA {bars // 2} - WMA {bars}) of closes",
        source="Alan Hull, Hull Moving Average, alanhull.com, 2005",
        parameters={"bars": bars},
        warm_up=len(weights) - 1,
        lookback=len(weights),
        gaps=f"counts bars, not minutes: {len(weights)} bars, across gaps and sessions",
        compute=compute,
    )


DEFINITIONS = (wma(20), hma(20))
