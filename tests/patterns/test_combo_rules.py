"""Combo rules as they are stored: what is read, and what is refused with which words."""

from __future__ import annotations

import importlib

import pytest

from patterns.combo_rules import USUAL_STATES, BadRule, parse, usable
from patterns.registry import standard
from tests.patterns.combo_cases import ROW, legs, rule

FIRST, TRIGGER = ROW["legs"]


def reasons(**changed):
    with pytest.raises(BadRule) as raised:
        parse(ROW | changed, standard())
    return [str(fault) for fault in raised.value.faults]


def test_a_rule_is_read_with_what_a_leg_leaves_out():
    made = rule(legs=[{k: v for k, v in FIRST.items() if k != "direction"}, TRIGGER])
    assert (made.key, made.title, made.direction) == (
        "breakout-vwap", "Breakout, then VWAP", "bullish",
    )  # fmt: skip
    assert (made.cool_down_ms, made.min_confidence) == (3_600_000, 0.0)
    (earlier,) = made.earlier
    assert earlier.direction == "any"
    assert earlier.states == USUAL_STATES == ("formed", "confirmed", "target_reached")
    assert earlier.within_ms == 5 * 86_400_000
    assert earlier.keys == ("resistance_break:1d", "new_high:1d")
    assert made.trigger.keys == ("vwap_reclaim:5m",)
    assert made.detection_key == "breakout-vwap:5m"


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ({"timeframe": "2h"}, "leg 1: timeframe is '2h'; it must be 1m, 5m, 15m, 1h or 1d."),
        ({"timeframe": None}, "leg 1: timeframe is None; it must be 1m"),
        ({"pattern_types": ["resistence_break"]},
         "leg 1: Unknown pattern 'resistence_break'. Did you mean 'resistance_break'?"),
        ({"pattern_types": ["vwap_loss"]},
         "leg 1: 'vwap_loss' is not looked for in 1d, but in 1m, 5m, 15m or 1h"),
        ({"pattern_types": []}, "leg 1: pattern_types is []; it must be a list of at least one"),
        ({"pattern_types": "new_high"}, "leg 1: pattern_types is 'new_high'; it must be a list"),
        ({"direction": "up"}, "leg 1: direction is 'up'; it must be bullish, bearish"),
        ({"direction": "bulish"}, "Did you mean 'bullish'?"),
        ({"states": ["confirmd"]}, "leg 1: states is 'confirmd'; it must be formed, confirmed"),
        ({"states": "formed"}, "leg 1: states is 'formed'; it must be a list of formed"),
        ({"within_minutes": 0},
         "leg 1: within_minutes is 0; it must be a whole number from 1 to 43200"),
        ({"within_minutes": 43201}, "leg 1: within_minutes is 43201"),
        ({"within_minutes": 2.5}, "leg 1: within_minutes is 2.5; it must be a whole number"),
        ({"within_minutes": float("nan")}, "leg 1: within_minutes is nan"),
        ({"within_minutes": "60"}, "leg 1: within_minutes is '60'"),
        ({"within_minutes": True}, "leg 1: within_minutes is True"),
        ({"within": 60}, "leg 1: Unknown field 'within'. Did you mean 'within_minutes'?"),
    ],
)  # fmt: skip
def test_a_bad_leg_is_refused_with_its_number_the_value_and_what_is_allowed(first, said):
    told = reasons(legs=legs(**first))
    assert len(told) == 1
    assert said in told[0]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"legs": [TRIGGER]}, "legs are 1; a rule has a list of 2 to 5 legs"),
        ({"legs": [FIRST] * 6}, "legs are 6"),
        ({"legs": {}}, "legs are {}"),
        ({"legs": None}, "legs are None"),
        ({"legs": ["1d", TRIGGER]}, "leg 1: '1d' is no JSON object with timeframe"),
        ({"direction": "up"}, "direction is 'up'; it must be bullish, bearish or neutral"),
        ({"cool_down_minutes": -1}, "cool_down_minutes is -1; it must be a whole number from 0"),
        ({"min_confidence": 1.5}, "min_confidence is 1.5; it must be a number from 0.0 to 1.0"),
        ({"key": "doji"}, "'doji' is a pattern's name; a rule needs one of its own"),
        ({"direction": "bearish"},
         "leg 2: direction is 'bullish'; the trigger of a bearish rule is bearish or neutral"),
        ({"legs": [FIRST, TRIGGER | {"within_minutes": 5}]},
         "leg 2: within_minutes is 5; the last leg is the trigger"),
        ({"legs": [FIRST, TRIGGER | {"states": ["confirmed"]}]},
         "leg 2: states is ['confirmed']; the last leg is the trigger"),
    ],
)  # fmt: skip
def test_a_bad_rule_is_refused_with_the_value_and_what_is_allowed(changed, said):
    told = reasons(**changed)
    assert len(told) == 1
    assert said in told[0]


def test_all_faults_are_told_at_once():
    bad = [FIRST | {"timeframe": "2h", "within_minutes": 0}, TRIGGER | {"pattern_types": ["x"]}]
    assert len(reasons(legs=bad, min_confidence=2)) == 4


def test_a_rule_that_can_not_be_used_does_not_stop_the_others():
    rules, bad = usable([ROW | {"legs": []}, ROW | {"key": "other"}], standard())
    assert [made.key for made in rules] == ["other"]
    assert str(bad[0]).startswith("breakout-vwap: legs are 0")


def test_the_first_rules_can_be_used_and_each_direction_has_as_many():
    module = importlib.import_module("patterns.migrations.0007_first_combo_rules")
    defaults = {"cool_down_minutes": 390, "min_confidence": 0.5}
    rules, bad = usable([defaults | row for row in module.RULES], standard())
    assert bad == ()
    assert sorted(made.direction for made in rules) == ["bearish"] * 5 + ["bullish"] * 5
