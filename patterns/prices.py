"""Prices made of a bar's sides, shared by several definitions."""

from patterns.views import BarView, Floats


def typical_price(view: BarView, ago: int) -> Floats:
    """(high + low + close) / 3."""
    return view.derived(("typical_price",), _typical, ago)


def _typical(view: BarView, ago: int) -> Floats:
    return (view.high[ago] + view.low[ago] + view.close[ago]) / 3.0
