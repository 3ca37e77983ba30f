"""What becomes of a detection, in cases worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from patterns.evaluate import analyse_history
from patterns.levels import Levels
from patterns.life import (
    CONFIRMED,
    EXPIRED,
    FAILED,
    FORMED,
    NEVER,
    STATE_NAMES,
    TARGET_REACHED,
    Closed,
    cooled,
    entries,
    lives_of,
    next_state,
)
from patterns.registry import Registry, standard
from tests.patterns.bars import MINUTE, START, as_matrix, minute
from tests.patterns.eager import eager

NAN = np.nan
TRIGGER, STOP, TARGET = 50.0, 48.0, 53.0
EXPIRES = 3

Bar = tuple[float, float, float]
"""(close, high, low)."""


def life(bars: list[Bar], direction: int = 1, slope: float = 0.0) -> list[str]:
    """The state after each bar of a pattern with the levels above; upside down if bearish.

    A bearish one is its mirror image about 50.
    """
    sides = (TRIGGER, STOP, TARGET) if direction >= 0 else (TRIGGER, 52.0, 47.0)
    if direction == 0:
        sides, slope = (NAN, NAN, NAN), NAN
    levels = Levels(*(np.array([side]) for side in (*sides, slope)))
    state = np.array([FORMED], np.int8)
    states = []
    for age, (close, high, low) in enumerate(bars, start=1):
        if direction < 0:
            close, high, low = 100 - close, 100 - low, 100 - high
        bar = Closed(*(np.array([value]) for value in (age, close, high, low)))
        state = next_state(state, np.array([direction], np.int8), levels, np.array([EXPIRES]), bar)
        states.append(int(state[0]))
    return [STATE_NAMES[state] for state in states]


UP = (50.5, 50.8, 49.9)
STILL = (49.5, 49.8, 49.2)
BETWEEN = (51.0, 51.5, 50.2)
TARGET_TOUCHED = (52.0, 53.0, 51.0)
BELOW_STOP = (47.9, 50.0, 47.5)


@pytest.mark.parametrize("direction", [1, -1], ids=["bullish", "bearish"])
@pytest.mark.parametrize(
    ("bars", "states"),
    [
        ([UP], ["confirmed"]),
        ([(50.0, 50.9, 49.0)], ["formed"]),  # on the trigger is not beyond it
        ([STILL, UP, TARGET_TOUCHED], ["formed", "confirmed", "target_reached"]),
        ([UP, (52.0, 52.9, 51.0)], ["confirmed", "confirmed"]),
        ([BELOW_STOP], ["failed"]),
        ([UP, BELOW_STOP], ["confirmed", "failed"]),
        ([(48.0, 49.0, 46.0)], ["formed"]),  # a close on the stop, a low beyond it
        ([UP, (47.9, 53.5, 47.0)], ["confirmed", "failed"]),  # both in one bar: it failed
        ([(50.5, 54.0, 49.0)], ["confirmed"]),  # the target counts from the next bar on
        ([(50.5, 54.0, 49.0), BETWEEN], ["confirmed", "confirmed"]),
        ([STILL, STILL, STILL], ["formed", "formed", "expired"]),
        ([STILL, STILL, UP], ["formed", "formed", "confirmed"]),  # at the last moment
        ([STILL, STILL, UP, BETWEEN], ["formed", "formed", "confirmed", "expired"]),
        ([UP, BETWEEN, BETWEEN], ["confirmed", "confirmed", "expired"]),
        ([UP, BETWEEN, TARGET_TOUCHED], ["confirmed", "confirmed", "target_reached"]),
        ([BELOW_STOP, UP, TARGET_TOUCHED], ["failed"] * 3),
        ([UP, TARGET_TOUCHED, BELOW_STOP], ["confirmed", "target_reached", "target_reached"]),
        ([STILL, STILL, STILL, UP], ["formed", "formed", "expired", "expired"]),
    ],
)
def test_a_life(direction, bars, states):
    assert life(bars, direction) == states


def test_a_neutral_pattern_only_expires():
    assert life([UP, BELOW_STOP, TARGET_TOUCHED], 0) == ["formed", "formed", "expired"]


@pytest.mark.parametrize(
    ("slope", "states"),
    [
        (0.25, ["formed", "formed"]),  # the trigger is at 50.25, then at 50.5
        (-0.25, ["formed", "confirmed"]),  # at 49.75, then at 49.5
    ],
)
def test_a_sloping_trigger_moves_with_each_bar(slope, states):
    assert life([(49.7, 49.9, 49.5), (49.6, 49.9, 49.5)], slope=slope) == states


def engulfed(after: list[tuple[float, ...]], expires: int = 3):
    """History of a bullish engulfing (trigger 42.5, stop 39.8, target 46.55), and what follows."""
    bars = [(60 - n, 60.2 - n, 58.8 - n, 59.0 - n, 100.0) for n in range(20)]
    bars[-1] = (41.0, 41.2, 39.8, 40.0, 100.0)
    bars += [(39.9, 42.5, 39.8, 42.0, 300.0), *after]
    matrix = as_matrix([minute(START + n * MINUTE, {0: bar}) for n, bar in enumerate(bars)], ["A"])
    detector = replace(eager(standard().detector("engulfing")), expires=expires)
    _, [hits] = analyse_history(matrix, Registry([], [detector]), "1m")
    first = hits.where(hits.bar == 20)
    levels = first.levels.rounded()
    assert [levels.trigger[0], levels.stop[0], levels.target[0]] == [42.5, 39.8, 46.55]
    return lives_of(matrix, first)


ABOVE = (42.0, 43.0, 41.9, 42.8, 100.0)
FAR_ABOVE = (42.8, 46.55, 42.7, 46.0, 100.0)


@pytest.mark.parametrize(
    ("after", "state", "confirmed", "ended"),
    [
        ([], FORMED, NEVER, NEVER),
        ([ABOVE], CONFIRMED, 21, NEVER),
        ([ABOVE, FAR_ABOVE], TARGET_REACHED, 21, 22),
        ([(42.0, 42.1, 39.0, 39.7, 9.0)], FAILED, NEVER, 21),
        ([ABOVE, ABOVE, ABOVE], EXPIRED, 21, 23),
        ([ABOVE, ABOVE, ABOVE, ABOVE, FAR_ABOVE], EXPIRED, 21, 23),
    ],
)
def test_history_follows_a_life_to_its_end(after, state, confirmed, ended):
    lives = engulfed(after)
    assert (lives.state.tolist(), lives.confirmed.tolist(), lives.ended.tolist()) == (
        [state],
        [confirmed],
        [ended],
    )


def test_a_target_that_rounding_carried_off_the_grid_is_reached_as_it_is_stored():
    # 42.5 + 1.5 * (42.5 - 39.8) is 46.550000000000004.
    assert 42.5 + 1.5 * (42.5 - 39.8) > 46.55
    assert engulfed([ABOVE, FAR_ABOVE]).state.tolist() == [TARGET_REACHED]


def test_a_life_is_stored_without_its_forming():
    assert entries(FORMED, NEVER, NEVER) == []
    assert entries(CONFIRMED, 7, NEVER) == [["confirmed", 7]]
    assert entries(FAILED, NEVER, 9) == [["failed", 9]]
    assert entries(TARGET_REACHED, 7, 9) == [["confirmed", 7], ["target_reached", 9]]


def test_a_cool_down_counts_from_the_last_that_was_let_through():
    row = np.array([0, 0, 0, 0, 0, 1, 1])
    bar = np.array([3, 5, 6, 7, 20, 4, 6])
    assert cooled(row, bar, 3).tolist() == [True, False, False, True, True, True, False]
    assert cooled(row, bar, 0).all()


def test_a_cool_down_takes_hits_in_the_order_of_their_bars():
    assert cooled(np.array([0, 1, 0, 1]), np.array([9, 2, 7, 1]), 2).tolist() == [
        False,
        False,
        True,
        True,
    ]
