"""Hikkake and its modified form: a trap, and the close that confirms it."""

from __future__ import annotations

import pytest

from patterns.registry import standard
from tests.patterns.last_bar import last_detection, last_strength

NAMES = ("hikkake", "modified_hikkake")
# In both examples the inside bar ends at 39.7 or 39.6, and the trap's low is 38.2.
CALM = (38.6, 39.55, 38.0, 38.8, 100.0)
CONFIRMING = (38.8, 40.2, 38.7, 40.0, 100.0)


def after(name: str, *bars):
    return (*standard().detector(name).example, *bars)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("waits", [0, 1, 2])
def test_a_close_beyond_the_inside_bar_confirms_within_three_bars(name, waits):
    assert last_strength(after(name, *[CALM] * waits, CONFIRMING), name) == 200


@pytest.mark.parametrize("name", NAMES)
def test_the_fourth_bar_is_too_late(name):
    assert last_strength(after(name, *[CALM] * 3, CONFIRMING), name) == 0


@pytest.mark.parametrize("name", NAMES)
def test_it_is_confirmed_once(name):
    higher = (40.0, 40.8, 39.9, 40.6, 100.0)
    assert last_strength(after(name, CONFIRMING, higher), name) == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_confirmation_is_no_detection_of_its_own(name):
    assert last_detection(after(name, CONFIRMING), name) is None


@pytest.mark.parametrize(("name", "trigger"), [("hikkake", 39.7), ("modified_hikkake", 39.6)])
def test_the_inside_bar_confirms_and_the_trap_stops(name, trigger):
    levels = last_detection(after(name), name).pattern_data["levels"]
    assert levels == {
        "trigger": trigger,
        "stop": 38.2,
        "target": pytest.approx(trigger + 1.5 * (trigger - 38.2)),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_confirmation_is_none_even_where_no_trend_is_asked_for(name):
    lenient = standard().detector(name).with_parameters({"trend": 0.0, "size": 0.0})
    assert last_detection(after(name, CONFIRMING), lenient) is None
