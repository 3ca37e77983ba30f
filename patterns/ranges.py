"""True ranges over a finite window: what detectors measure sizes in."""

from patterns.indicators.atr import true_range
from patterns.sums import sum_of
from patterns.views import BarView, Floats


def mean_true_range(view: BarView, bars: int, ago: int = 0) -> Floats:
    """Plain mean of true ranges over `bars` bars that end `ago` bars back: a finite ATR."""
    return view.derived(
        ("mean_true_range", bars),
        lambda view, ago: sum_of(view, "true_range", true_range, bars, ago) / bars,
        ago,
    )
