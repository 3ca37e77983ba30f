"""What becomes of a detection: formed, confirmed, then target reached, failed or expired.

One rule, on columns of detections, that the live minute and history both apply bar by bar. It
reads a detection's levels and the closed bars after it, so a late trade that changes one of those
bars changes what follows from it and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patterns.analysis import Hits
from patterns.levels import Levels
from patterns.matrix import BarMatrix
from patterns.views import Bools, Floats, Ints

FORMED, CONFIRMED, TARGET_REACHED, FAILED, EXPIRED = range(5)
STATE_NAMES = ("formed", "confirmed", "target_reached", "failed", "expired")

States = NDArray[np.int8]
NEVER = -1


@dataclass(frozen=True, slots=True)
class Closed:
    """One closed bar for each of some detections, `age` bars after the detection's own."""

    age: Ints
    close: Floats
    high: Floats
    low: Floats


def next_state(
    state: States, direction: NDArray[np.int8], levels: Levels, expires: Ints, bar: Closed
) -> States:
    """The state after one more closed bar.

    Formed: a close beyond the stop fails it, one beyond the trigger (which moves by its slope)
    confirms it. Confirmed: a close beyond the stop fails it, a high (bullish) or low (bearish)
    that touches the target reaches it; where one bar does both, it failed, since nobody knows
    which came first. After `expires` bars it is over. Without a direction it can only expire.
    """
    beyond = direction * (bar.close - (levels.trigger + levels.slope * bar.age)) > 0
    failed = direction * (bar.close - levels.stop) < 0
    reached = np.where(direction > 0, bar.high >= levels.target, bar.low <= levels.target)
    formed, confirmed = state == FORMED, state == CONFIRMED
    chosen = np.select(
        [
            (formed | confirmed) & failed,
            formed & beyond,
            confirmed & reached & (direction != 0),
            (formed | confirmed) & (bar.age >= expires),
        ],
        [FAILED, CONFIRMED, TARGET_REACHED, EXPIRED],
        state,
    )
    return chosen.astype(np.int8)


@dataclass(frozen=True, slots=True)
class Lives:
    """When each detection was confirmed and when it ended, by bar number; -1 is not yet."""

    state: States
    confirmed: Ints
    ended: Ints


def lives_of(matrix: BarMatrix, hits: Hits, gain: Floats | None = None) -> Lives:
    """The lives of a detector's hits, over the bars of history that follow them.

    gain: what prices were multiplied by, one a hit: levels are rounded without it.
    """
    count = len(hits)
    state = np.zeros(count, np.int8)
    confirmed, ended = np.full(count, NEVER, np.int64), np.full(count, NEVER, np.int64)
    first = matrix.bars - matrix.count[hits.row]
    expires = np.full(count, hits.detector.expires, np.int64)
    levels = hits.levels.rounded()
    if gain is not None:
        levels = hits.levels.over(gain).rounded().times(gain)
    for age in range(1, hits.detector.expires + 2):
        column = first + hits.bar + age
        on = np.flatnonzero((state <= CONFIRMED) & (column < matrix.bars))
        if not len(on):
            break
        row, at = hits.row[on], column[on]
        bar = Closed(
            np.full(len(on), age), matrix.close[row, at], matrix.high[row, at], matrix.low[row, at]
        )
        after = next_state(state[on], hits.direction[on], _chosen(levels, on), expires[on], bar)
        confirmed[on[(after == CONFIRMED) & (state[on] == FORMED)]] = age
        ended[on[after > CONFIRMED]] = age
        state[on] = after
    known = [np.where(ages == NEVER, NEVER, hits.bar + ages) for ages in (confirmed, ended)]
    return Lives(state, *known)


def _chosen(levels: Levels, on: Ints | Bools) -> Levels:
    return Levels(levels.trigger[on], levels.stop[on], levels.target[on], levels.slope[on])


def entries(state: int, confirmed_ms: int, ended_ms: int) -> list[list[str | int]]:
    """A life as it is stored: `[[state, bar's start in ms], …]`, without the forming."""
    told: list[list[str | int]] = []
    if confirmed_ms != NEVER:
        told.append([STATE_NAMES[CONFIRMED], confirmed_ms])
    if ended_ms != NEVER:
        told.append([STATE_NAMES[state], ended_ms])
    return told


def cooled(row: Ints, bar: Ints, cool_down: int) -> Bools:
    """Which hits of one detector are detections: none within `cool_down` bars of the one before.

    row, bar: parallel; a symbol's hits are taken in the order of their bars.
    """
    kept = np.ones(len(row), np.bool_)
    if cool_down == 0:
        return kept
    order = np.lexsort((bar, row))
    last_row, last_bar = -1, 0
    for place, at, number in zip(
        order.tolist(), row[order].tolist(), bar[order].tolist(), strict=True
    ):
        if at == last_row and number - last_bar <= cool_down:
            kept[place] = False
        else:
            last_row, last_bar = at, number
    return kept
