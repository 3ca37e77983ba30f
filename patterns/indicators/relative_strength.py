"""Strength of a symbol against all others: the rank of its rise."""

from patterns.definitions import Indicator
from patterns.views import BarView, Floats


def _rise(view: BarView, bars: int) -> Floats:
    return 100.0 * (view.close[0] / view.close[bars] - 1.0)


def rise(bars: int) -> Indicator:
    """The close's change over `bars` bars, in percent."""
    return Indicator(
        outputs=(f"STRENGTH_ROC_{bars}",),
        title="Rise that is ranked",
        family="strength",
        formula=f"100 * (close / close[{bars}] - 1)",
        source="TA-Lib ROC",
        parameters={"bars": bars},
        warm_up=bars,
        lookback=bars + 1,
        gaps="counts bars, not minutes; the change over a gap or a night is part of it",
        compute=lambda view: (_rise(view, bars),),
        internal=True,
    )


RANK = Indicator(
    outputs=("RELATIVE_STRENGTH",),
    title="Relative strength",
    family="strength",
    formula="percentile rank, 0-100, of the change over 20 bars among all symbols that have a bar "
    "at the same time; those that are equal share their mean rank",
    source="after Robert A. Levy, Relative Strength as a Criterion for Investment Selection, 1967",
    warm_up=20,
    lookback=21,
    gaps="a symbol without a bar at that time has no rank and is not counted; a bar "
    "that a late trade revises is ranked anew among what the others had, and they keep theirs",
    rank_of="STRENGTH_ROC_20",
)


DEFINITIONS = (rise(20), RANK)
