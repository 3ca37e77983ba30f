"""Each rule on a case made by hand, and the faults that none of them may explain."""

from __future__ import annotations

from typing import Any

import pytest

from admin_processing.fidelity.rules import RULES, explain
from tests.admin_processing.fidelity.cases import BAR, NONE, bar, differences, rule_of

# Beside BAR: one more trade of 300 shares at 10.00, inside the bar's range:
# (1200 × 10.1 + 300 × 10) / 1500 = 10.08.
ONE_MORE = bar(volume=1500.0, vwap=10.08, trade_count=9.0)

EXPLAINED: dict[str, list[tuple[Any, Any, dict[str, Any]]]] = {
    "outside_session": [(BAR, NONE, {"in_hours": False})],
    "partial_bar": [(bar(volume=700.0, trade_count=5.0), BAR, {"partial": True})],
    "gap": [(NONE, BAR, {"in_gap": True}), (bar(close=10.0), BAR, {"in_gap": True})],
    "not_streamed": [(NONE, BAR, {"streamed": False})],
    # 7 trades of odd lots, 60 shares in all: no price, so no bar of ours.
    "odd_lots_only": [(NONE, bar(volume=60.0, trade_count=7.0), {})],
    # The auction at 16:00:00 closed at 10.2; Form T trades after it went up to 10.6.
    "closing_auction": [
        (BAR, bar(high=10.6, close=10.6), {"auction": True}),
        (NONE, BAR, {"auction": True, "after_auction": True}),
    ],
    # 1200.4 shares, of which the provider tells 1200.
    "fractional_sizes": [(bar(volume=1200.4), BAR, {})],
    "vwap_tolerance": [(bar(vwap=10.1005), BAR, {})],
    # A cancel took the trade at 10.4 away after the first comparison.
    "correction": [(BAR, bar(high=10.3, volume=1100.0, trade_count=7.0), {"was_equal": True})],
    "late_trade": [(BAR, ONE_MORE, {"dropped": 1})],
}


def test_every_rule_has_a_case() -> None:
    assert list(EXPLAINED) == [rule.name for rule in RULES]


@pytest.mark.parametrize("name", EXPLAINED)
def test_a_rule_explains_its_case(name: str) -> None:
    for ours, theirs, known in EXPLAINED[name]:
        assert rule_of(ours, theirs, **known) == name


@pytest.mark.parametrize("name", EXPLAINED)
def test_without_its_evidence_nothing_explains_the_case(name: str) -> None:
    """Those that rest on the bars' values alone have their opposite below."""
    for ours, theirs, known in EXPLAINED[name]:
        if known:
            assert rule_of(ours, theirs) == ""


FAULTS: dict[str, tuple[Any, Any]] = {
    "a dropped trade": (BAR, ONE_MORE),
    "a doubled trade": (ONE_MORE, BAR),
    "a dropped trade that made the high": (bar(high=10.3, volume=1100.0, trade_count=7.0), BAR),
    "a wrong close": (bar(close=10.1), BAR),
    "a wrong open": (bar(open=10.1), BAR),
    "a minute too many": (BAR, NONE),
    "a minute too few": (NONE, BAR),
    "a fraction of a share that was dropped": (bar(volume=1199.6, trade_count=7.0), BAR),
    "a whole share too few": (bar(volume=1199.0), BAR),
    "a wrong vwap": (bar(vwap=10.11), BAR),
    "a round lot that has no bar": (NONE, bar(volume=100.0, trade_count=1.0)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_explained_by_nothing(fault: str) -> None:
    assert rule_of(*FAULTS[fault]) == ""


@pytest.mark.parametrize("fault", ["a wrong close", "a doubled trade", "a minute too many"])
def test_dropped_ticks_explain_no_fault_of_another_kind(fault: str) -> None:
    assert rule_of(*FAULTS[fault], dropped=1000) == ""


def test_a_missing_trade_at_a_price_outside_the_bar_is_not_late() -> None:
    """(1200 × 10.1 + 300 × 12) / 1500 = 10.48: it would have made the high."""
    outside = bar(volume=1500.0, vwap=10.48, trade_count=9.0)
    assert rule_of(BAR, outside, dropped=1) == ""


def test_more_missing_trades_than_the_stream_dropped_are_not_late() -> None:
    two = differences((BAR, ONE_MORE), (BAR, ONE_MORE), dropped=1)
    assert explain(two).tolist() == [-1, -1]


def test_in_the_auction_a_dropped_trade_is_not_explained() -> None:
    assert rule_of(BAR, ONE_MORE, auction=True) == ""


def test_a_missing_auction_is_not_explained() -> None:
    assert rule_of(NONE, BAR, auction=True) == ""


def test_a_doubled_trade_in_the_auction_is_not_explained() -> None:
    assert rule_of(ONE_MORE, BAR, auction=True) == ""


def test_an_own_range_beyond_the_provider_s_is_not_the_auction() -> None:
    assert rule_of(bar(high=10.6), BAR, auction=True) == ""
