"""Differences written by hand: one own bar and one of the provider's, and what is known beside."""

from __future__ import annotations

from typing import Any

import numpy as np

from admin_processing.fidelity.rules import RULES, UNEXPLAINED, Differences, Side, explain

# open, high, low, close, volume, vwap, trades
BAR = (10.0, 10.4, 9.8, 10.2, 1200.0, 10.1, 8.0)
NONE = (np.nan,) * 7


def bar(**changed: float) -> tuple[float, ...]:
    """`BAR` but for these values."""
    names = ("open", "high", "low", "close", "volume", "vwap", "trade_count")
    return tuple({**dict(zip(names, BAR, strict=True)), **changed}.values())


def differences(*pairs: tuple[Any, Any], dropped: int = 0, **known: bool) -> Differences:
    """Pairs of (ours, theirs); `known` holds for all of them."""
    count = len(pairs)
    usual = {"partial": False, "in_gap": False, "streamed": True, "in_hours": True}
    usual |= {"auction": False, "after_auction": False, "was_equal": False, **known}
    ours, theirs = zip(*pairs, strict=True)
    return Differences(
        np.zeros(count, np.int64),
        np.arange(count),
        Side(*np.array(ours).T),
        Side(*np.array(theirs).T),
        **{name: np.full(count, value) for name, value in usual.items()},
        dropped=dropped,
    )


def rule_of(ours: Any, theirs: Any, dropped: int = 0, **known: bool) -> str:
    """The name of the rule that explains one difference; empty where none does."""
    (found,) = explain(differences((ours, theirs), dropped=dropped, **known)).tolist()
    return "" if found == UNEXPLAINED else RULES[found].name
