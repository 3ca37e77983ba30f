"""Prices made of a bar's sides, and when two of them are equal."""

import numpy as np

from patterns.views import BarView, Bools, Floats

ROUNDING = 1e-14
"""A difference within this part of its operands is no difference, as in TA-Lib."""


def typical_price(view: BarView, ago: int) -> Floats:
    """(high + low + close) / 3."""
    return view.derived(("typical_price",), _typical, ago)


def _typical(view: BarView, ago: int) -> Floats:
    return (view.high[ago] + view.low[ago] + view.close[ago]) / 3.0


def equal(one: Floats, other: Floats) -> Bools:
    """Whether two prices differ by rounding at most; false where one is NaN."""
    same: Bools = np.abs(one - other) <= ROUNDING * (np.abs(one) + np.abs(other))
    return same
