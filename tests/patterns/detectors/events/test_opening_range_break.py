"""Opening-range break: once a side and session, by the clock."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.definitions import BadParameter
from patterns.engine import LiveEngine
from patterns.evaluate import indicator_history
from patterns.history import HistoryView
from patterns.matrix import BarMatrix
from patterns.registry import standard
from tests.patterns.bars import MINUTE, as_matrix, minute, session_start, walk
from tests.patterns.detectors.events.found import TEN, run, weakest

NAMES = ["A", "B", "C", "D", "E"]
DETECTOR = standard().detector("opening_range_break")


def bar(close, high=None, low=None):
    return (close, close + 0.1 if high is None else high, close - 0.1 if low is None else low,
            close, 100.0)  # fmt: skip


# The first half hour: between 49 and 51.
OPENING = [bar(50.0), bar(50.0, high=51.0), bar(50.0, low=49.0), *[bar(50.0)] * 27]


def breaks(bars, **parameters):
    made = run(bars, weakest("opening_range_break", **parameters))
    return {number: detection.direction for number, detection in made.items()}


def test_the_first_close_above_the_range_is_a_break_and_no_other():
    bars = [*OPENING, bar(51.0), bar(50.9, high=51.5), bar(51.2), bar(50.0), bar(51.3)]
    assert breaks(bars) == {32: "bullish"}


def test_each_side_breaks_once():
    bars = [*OPENING, bar(51.2), bar(48.8), bar(51.5), bar(48.0)]
    assert breaks(bars) == {30: "bullish", 31: "bearish"}


def test_the_range_is_not_broken_while_it_forms():
    bars = [*OPENING[:29], bar(51.5), bar(51.55), bar(51.7)]
    # The bar of minute 29 is the last of the range, up to 51.6.
    assert breaks(bars) == {31: "bullish"}


def test_each_session_has_its_own_range():
    bars = [*OPENING, *[bar(51.2)] * 30, *[bar(55.0)] * 30, bar(55.3)]
    assert breaks(bars) == {30: "bullish", 90: "bullish"}


def test_the_range_is_made_of_minutes_not_of_bars():
    registry = weakest("opening_range_break")
    # Ten bars in the first half hour, three minutes apart; the 31st minute comes next.
    live = LiveEngine(["A"], registry, session_start)
    for number in range(10):
        live.close(minute(TEN + 3 * number * MINUTE, {0: bar(50.0)}))
    [detection] = live.close(minute(TEN + 30 * MINUTE, {0: bar(50.5)})).found
    assert detection.direction == "bullish"


def test_a_session_without_a_bar_in_its_first_half_hour_has_no_break():
    assert run([bar(50.0), bar(60.0)], weakest("opening_range_break"), TEN + 31 * MINUTE) == {}


@pytest.mark.parametrize(("minutes", "expected"), [(5, 6), (15, 16), (30, 31)])
def test_the_length_is_a_parameter(minutes, expected):
    bars = [bar(50.0)] * minutes + [bar(50.05), bar(50.2)]
    assert list(breaks(bars, minutes=minutes)) == [expected]


def test_a_length_of_which_no_range_is_kept_is_refused():
    with pytest.raises(BadParameter, match="minutes is 20; it must be one of 5, 15, 30, 60"):
        DETECTOR.with_parameters({"minutes": 20})


def test_levels_and_lines_come_from_the_range():
    bars = [*OPENING, (50.0, 51.4, 50.0, 51.2, 300.0)]
    [detection] = run(bars, weakest("opening_range_break")).values()
    data = detection.pattern_data
    assert data["levels"] == {"trigger": 51.4, "stop": 50.0, "target": 53.4}
    assert data["geometry"]["lines"] == {
        "high": [[TEN, 51.0], [TEN + 30 * MINUTE, 51.0]],
        "low": [[TEN, 49.0], [TEN + 30 * MINUTE, 49.0]],
    }


def expected_breaks(matrix: BarMatrix, minutes: int) -> np.ndarray:
    """Symbol by symbol, session by session, bar by bar."""
    out = np.zeros(matrix.close.shape, np.int16)
    for row in range(len(matrix.symbols)):
        for session in np.unique(matrix.session_ms[row]):
            bars = np.flatnonzero((matrix.session_ms[row] == session) & (session >= 0))
            ages = matrix.time_ms[row, bars] - session
            opening, later = bars[ages < minutes * MINUTE], bars[ages >= minutes * MINUTE]
            if len(opening) == 0:
                continue
            close = matrix.close[row, later]
            for sign, beyond in (
                (100, close > matrix.high[row, opening].max()),
                (-100, close < matrix.low[row, opening].min()),
            ):
                if beyond.any():
                    out[row, later[beyond][0]] = sign
    return out


@pytest.mark.parametrize("minutes", [5, 15, 30])
@pytest.mark.parametrize("traded", [0.08, 0.9])
def test_every_break_of_made_up_sessions_is_found(minutes, traded):
    matrix = as_matrix(walk(len(NAMES), 700, seed=4, traded=traded), NAMES)
    view = HistoryView(matrix)
    registry = weakest("opening_range_break", minutes=minutes)
    view.values = indicator_history(matrix, registry.indicators)
    found = registry.detectors[0].find(view)
    expected = expected_breaks(matrix, minutes)
    np.testing.assert_array_equal(found, expected)
    assert (expected != 0).any()
