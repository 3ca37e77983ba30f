"""Open detections, rewound and restored, stand as if they had been computed anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patterns.analysis import Detection, Hits
from patterns.levels import Levels
from patterns.matrix import BarWindow, WindowView
from patterns.open_detections import CoolDowns, OpenDetections
from patterns.registry import standard
from tests.patterns.bars import MINUTE, START
from tests.patterns.eager import eager

ROWS = 3
BARS = 24
DETECTOR = eager(standard().detector("engulfing"))
NAMES = ["A", "B", "C"]


def hits_of(rows: list[int], bar: int, direction: int, levels: tuple[float, ...]) -> Hits:
    """One detection a row, on bar number `bar`, all with the same levels."""
    n = len(rows)
    sides = [np.full(n, side if direction else np.nan) for side in levels]
    ones = np.ones(n)
    times = np.full((n, 1), START + bar * MINUTE)
    return Hits(
        detector=DETECTOR,
        row=np.array(rows, np.int64),
        bar=np.full(n, bar),
        strength=np.full(n, 100, np.int16),
        direction=np.full(n, direction, np.int8),
        confidence=ones,
        price=ones,
        bars_ms=times,
        partial=np.zeros(n, np.bool_),
        parts={"fit": ones},
        levels=Levels(*sides),
        geometry=[],
    )


class Market:
    """Bars of three symbols, and detections that are open on them."""

    def __init__(self, closes: np.ndarray, plan: dict[int, tuple[list[int], int]]) -> None:
        self.closes, self.plan = closes, plan
        self.window = BarWindow(BARS + 1)
        self.window.grow(ROWS)
        self.open = OpenDetections()

    def run(self, first: int, last: int) -> list[list]:
        """Bars `first` to `last`; what has changed on each."""
        return [self._bar(number) for number in range(first, last)]

    def _bar(self, number: int) -> list:
        rows, close = np.arange(ROWS), self.closes[:, number]
        sides = {"open": close, "high": close + 0.5, "low": close - 0.5, "close": close}
        at = {"time_ms": START + number * MINUTE, "session_ms": START, "partial": False}
        columns = {**sides, "volume": close, "vwap": close, **at}
        self.window.write(rows, np.full(ROWS, number), columns)
        self.window.count[:ROWS] = number + 1
        view = WindowView(self.window, rows, np.full(ROWS, number))
        changed = self.open.advance(view, self.window.room)
        if number in self.plan:
            found, direction = self.plan[number]
            hits = hits_of(
                found, number, direction, (50.0, 50 - 2 * direction, 50 + 3 * direction, 0.1)
            )
            self.open.add([(hits, list(hits.detections(NAMES, "1m")))])
        return sorted((c.detection.detection_id, c.life) for c in changed)

    def standing(self) -> list:
        """How all of them stand."""
        on = np.arange(len(self.open))
        return sorted((c.detection.detection_id, c.life) for c in self.open.changes(on))


closes = st.lists(
    st.lists(
        st.sampled_from([46.5, 47.5, 49.0, 50.0, 50.5, 52.5, 53.5]), min_size=BARS, max_size=BARS
    ),
    min_size=ROWS,
    max_size=ROWS,
).map(np.array)
plans = st.dictionaries(
    st.integers(0, 12),
    st.tuples(st.lists(st.integers(0, 2), min_size=1, unique=True), st.sampled_from([1, -1, 0])),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(before=closes, after=closes, plan=plans, back=st.integers(0, BARS - 1))
def test_rewinding_and_going_on_equals_computing_anew(before, after, plan, back):
    live = Market(before, plan)
    live.run(0, BARS)
    revised = np.concatenate([before[:, :back], after[:, back:]], axis=1)
    anew = Market(revised, plan)
    anew.run(0, back)
    live.open.rewind(np.full(live.window.room, back))
    assert live.standing() == anew.standing()
    live.closes = revised
    assert live.run(back, BARS) == anew.run(back, BARS)
    assert live.standing() == anew.standing()


@settings(max_examples=40, deadline=None)
@given(made=closes, plan=plans, stop=st.integers(1, BARS - 1))
def test_restoring_what_was_stored_goes_on_as_if_nothing_had_happened(made, plan, stop):
    whole, restarted = Market(made, plan), Market(made, plan)
    whole.run(0, stop)
    names = ("row", "bar", "expires", "state", "confirmed", "confirmed_ms", "ended", "ended_ms")
    columns = {name: getattr(whole.open, name) for name in names}
    restarted.open.restore(whole.open.detection.tolist(), **columns)
    assert restarted.standing() == whole.standing()
    assert restarted.run(stop, BARS) == whole.run(stop, BARS)


def test_what_ended_long_ago_is_let_go_and_what_is_open_stays():
    market = Market(np.full((ROWS, BARS), 50.0), {0: ([0], 1), 1: ([1], 1)})
    market.closes[0, 3] = 47.0
    market.run(0, 12)
    market.open.forget(market.window.count, kept_bars=9)
    assert market.open.row.tolist() == [0, 1]
    market.open.forget(market.window.count, kept_bars=8)
    assert market.open.row.tolist() == [1]


def test_rows_are_dropped_by_name():
    market = Market(np.full((ROWS, BARS), 50.0), {0: ([0, 1, 2], 1)})
    market.run(0, 3)
    market.open.drop_rows(np.array([0, 2]), market.window.room)
    assert market.open.row.tolist() == [1]
    with pytest.raises(AttributeError):
        _ = market.open.colour


def resting(bars: list[int], cool_down: int) -> list[bool]:
    """Which hits of one symbol, on these bars, are let through."""
    down = CoolDowns(kept_bars=5)
    detector = eager(standard().detector("engulfing"), cool_down)
    return [bool(down.keep(_hit(detector, bar))[0]) for bar in bars]


def _hit(detector, bar: int) -> Hits:

    return replace(hits_of([0], bar, 1, (1.0, 1.0, 1.0, 0.0)), detector=detector)


def test_a_pattern_rests_after_it_was_found():
    assert resting([3, 5, 6, 7, 20], cool_down=3) == [True, False, False, True, True]
    assert resting([3, 4, 5], cool_down=0) == [True, True, True]


def test_a_rewound_detection_no_longer_keeps_others_back():
    down = CoolDowns(kept_bars=5)
    detector = eager(standard().detector("engulfing"), 4)
    assert down.keep(_hit(detector, 10)).all()
    assert not down.keep(_hit(detector, 12)).any()
    down.rewind(np.array([0]), np.array([10]))
    assert down.keep(_hit(detector, 12)).all()
    down.note(0, "engulfing", 20)
    assert not down.keep(_hit(detector, 22)).any()
    down.drop_rows(np.array([0]))
    assert down.keep(_hit(detector, 22)).all()


def test_a_detection_knows_whose_it_is():
    [made] = hits_of([1], 4, -1, (50.0, 52.0, 47.0, 0.0)).detections(NAMES, "5m")
    assert isinstance(made, Detection)
    assert (made.symbol, made.direction, made.detection_key) == ("B", "bearish", "engulfing:5m")
    assert made.pattern_data["levels"] == {"trigger": 50.0, "stop": 52.0, "target": 47.0}
