"""The table of trade conditions, against the provider's documentation and its reference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from market.conditions import (
    EVERYTHING,
    FORM_T,
    HIGH_LOW,
    OPEN_CLOSE,
    UNKNOWN,
    VOLUME,
    ConditionTable,
    built_in,
    from_reference,
)
from streaming import ticks

# The documented table, row by row.
ALL = [0, 1, 3, 4, 8, 9, 11, 14, 23, 25, 27, 28, 30, 34, 36]
VOLUME_ONLY = [2, 7, 13, 20, 21, 37, 52, 53]
NOT_OPEN_CLOSE = [5, 10, 22, 29, 33]
NOTHING = [15, 16]
NOT_VOLUME = [38]

EXPECTED = [
    *((i, EVERYTHING) for i in ALL),
    *((i, VOLUME) for i in VOLUME_ONLY),
    *((i, HIGH_LOW | VOLUME) for i in NOT_OPEN_CLOSE),
    *((i, 0) for i in NOTHING),
    *((i, HIGH_LOW | OPEN_CLOSE) for i in NOT_VOLUME),
    (12, EVERYTHING | FORM_T),
]


@pytest.mark.parametrize(("condition", "flags"), EXPECTED)
def test_each_documented_condition_allows_what_the_table_says(condition: int, flags: int) -> None:
    assert built_in().flags([condition]) == flags


def test_a_trade_without_conditions_updates_everything() -> None:
    assert built_in().flags([]) == EVERYTHING


def test_any_no_wins() -> None:
    assert built_in().flags([14, 37]) == VOLUME
    assert built_in().flags([5, 37]) == VOLUME
    assert built_in().flags([38, 37]) == 0
    assert built_in().flags([38, 5]) == HIGH_LOW


def test_an_odd_lot_outside_regular_hours_is_marked_form_t_and_still_an_odd_lot() -> None:
    assert built_in().flags([12, 37]) == VOLUME | FORM_T


@pytest.mark.parametrize("condition", [6, 41, 99, 255, 256, 10**6, -1])
def test_an_unknown_condition_is_treated_as_none_and_can_be_counted(condition: int) -> None:
    assert built_in().flags([condition]) == EVERYTHING | UNKNOWN
    assert built_in().flags([condition, 37]) == VOLUME | UNKNOWN
    assert not built_in().knows(condition)


def test_the_bits_are_those_of_ticks() -> None:
    assert (HIGH_LOW, OPEN_CLOSE, VOLUME, FORM_T, EVERYTHING) == (
        ticks.HIGH_LOW,
        ticks.OPEN_CLOSE,
        ticks.VOLUME,
        ticks.FORM_T,
        ticks.EVERYTHING,
    )


def test_the_providers_reference_replaces_the_rules() -> None:
    row = {
        "id": 14,
        "data_types": ["trade"],
        "update_rules": {
            "consolidated": {
                "updates_high_low": False,
                "updates_open_close": False,
                "updates_volume": True,
            }
        },
    }
    table = from_reference([row, {**row, "id": 12}, {"id": 40, "data_types": ["trade"]}])
    assert table.flags([14]) == VOLUME
    assert table.flags([12]) == EVERYTHING | FORM_T
    assert not table.knows(40)
    assert built_in().flags([14]) == EVERYTHING


def test_quote_conditions_do_not_count() -> None:
    rules = {"updates_high_low": False, "updates_open_close": False, "updates_volume": False}
    row = {"id": 14, "data_types": ["bbo"], "update_rules": {"consolidated": rules}}
    assert from_reference([row]).flags([14]) == EVERYTHING


def test_the_recorded_reference_agrees_with_the_table() -> None:
    path = Path(__file__).resolve().parents[3] / "shared/data/massive/conditions_stocks.json"
    if not path.exists():
        pytest.skip(f"the recordings are not there: {path}")
    results = json.loads(path.read_text())["results"]
    table = from_reference(results)
    for row in results:
        if built_in().knows(row["id"]):
            assert table.flags([row["id"]]) == built_in().flags([row["id"]]), row["name"]


def test_an_id_that_the_table_has_no_room_for_is_refused() -> None:
    with pytest.raises(ValueError, match="300"):
        ConditionTable({300: EVERYTHING})
