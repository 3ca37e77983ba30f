"""Volume spike, session high and session low, on cases made by hand."""

from __future__ import annotations

import pytest

from patterns.detectors.events.session_extreme import HIGH, session_extreme
from patterns.detectors.events.volume_spike import volume_spike
from patterns.engine import LiveEngine
from patterns.indicators.session_range import DEFINITIONS as RANGE
from patterns.registry import Registry, standard
from tests.patterns.bars import HOUR, MINUTE, minute, session_start

TEN = 10 * HOUR
Bar = tuple[float, float, float, float, float]
ALL = {"min_confidence": 0.0, "cool_down": 0}
"""Nothing is too weak, or too soon after another: what the patterns themselves are is tested."""
CALM: Bar = (50, 50.2, 49.8, 50.1, 100)


def run(bars: list[Bar], pattern_type: str, first_ms: int = TEN, registry: Registry | None = None):
    """Detections of one pattern, by the number of the bar."""
    registry = registry or standard().only([], [pattern_type])
    all_hits = registry.detector(pattern_type).with_parameters(ALL)
    live = LiveEngine(["A"], Registry(registry.indicators, [all_hits]), session_start)
    found = {}
    for number, bar in enumerate(bars):
        for detection in live.close(minute(first_ms + number * MINUTE, {0: bar})).found:
            found[number] = detection
    return found


def test_a_spike_is_three_times_the_mean_of_the_twenty_bars_before():
    bars = [CALM] * 21 + [(50, 50.2, 49.8, 50.1, 299)]
    assert run(bars, "volume_spike") == {}
    bars[-1] = (50, 50.2, 49.8, 50.1, 300)
    assert list(run(bars, "volume_spike")) == [21]


@pytest.mark.parametrize(
    ("opened", "closed", "direction"),
    [(50, 50.1, "bullish"), (50.1, 50, "bearish"), (50, 50, "neutral")],
)
def test_a_spike_points_where_its_body_points(opened, closed, direction):
    found = run([CALM] * 21 + [(opened, 50.2, 49.8, closed, 900)], "volume_spike")
    assert found[21].direction == direction


def test_the_opening_bars_of_a_session_are_no_spikes():
    bars = [CALM] * 30 + [(50, 50.2, 49.8, 50.1, 2000)] * 5
    found = run(bars, "volume_spike", first_ms=TEN - 30 * MINUTE)
    assert found == {}
    late = [CALM] * 35 + [(50, 50.2, 49.8, 50.1, 2000)]
    assert list(run(late, "volume_spike", first_ms=TEN - 30 * MINUTE)) == [35]


def test_nothing_is_a_spike_of_no_volume():
    silent = (50, 50.2, 49.8, 50.1, 0)
    assert run([silent] * 22, "volume_spike") == {}


def test_the_factor_is_a_parameter():
    registry = Registry(RANGE, [volume_spike(factor=1.5, bars=4, opening_bars=2)])
    bars = [CALM] * 5 + [(50, 50.2, 49.8, 50.1, 150)]
    assert list(run(bars, "volume_spike", registry=registry)) == [5]


def test_a_spikes_confidence_is_made_of_its_excess_and_its_body():
    [detection] = run([CALM] * 21 + [(50, 50.2, 49.8, 50.1, 600)], "volume_spike").values()
    # 600 is twice what it takes: 0.5 + 0.5 * 1 / (1 + 1); body 0.1 of a range of 0.4
    parts = detection.pattern_data["parts"]
    assert parts == {"volume": 0.75, "body": 0.25, "agreement": 0.5}
    own = 0.7 * 0.75 + 0.3 * 0.25
    assert detection.confidence == pytest.approx(0.85 * own + 0.15 * 0.5)


def test_a_trend_of_new_highs_is_one_detection_until_it_rests():
    rising: list[Bar] = [(50 + n, 51 + n, 49 + n, 50.5 + n, 100) for n in range(5)]
    bars = [CALM] * 20 + rising + [CALM] * 12 + [(60, 61, 59, 60, 100)] * 2
    assert list(run(bars, "session_high")) == [20, 37]


def test_a_high_that_is_only_equalled_is_not_new():
    bars = [CALM] * 20 + [(50, 50.2, 49.8, 50.1, 100)]
    assert run(bars, "session_high") == {}
    assert run(bars, "session_low") == {}


def test_a_session_needs_some_bars_before_it_has_a_new_high():
    bars = [CALM] * 15 + [(50, 51, 49, 50, 100)]
    assert list(run(bars, "session_high")) == [15]
    assert run(bars[1:], "session_high") == {}


def test_the_day_before_does_not_count():
    before = [(90, 99, 1, 90, 100)] * 30
    today = [CALM] * 20 + [(50, 51, 49, 50, 100)]
    for pattern_type in ("session_high", "session_low"):
        found = run(before + today, pattern_type, first_ms=TEN - 30 * MINUTE)
        assert list(found) == [50]


def test_a_new_low_is_bearish_and_says_how_it_was_made():
    bars = [CALM] * 20 + [(50, 50.2, 49.0, 49.5, 100)]
    [detection] = run(bars, "session_low").values()
    # 0.8 beyond 49.8, in mean ranges of 0.4: 2 / 3; a low of 20 bars against twice 10: 1 / 2
    assert detection.pattern_data["parts"] == {
        "margin": pytest.approx(2 / 3, abs=1e-6),
        "stood": 0.5,
        "volume": 0.5,
        "agreement": 0.5,
    }
    assert detection.direction == "bearish"
    assert detection.price == 49.5


def test_how_long_the_old_high_must_have_stood_is_a_parameter():
    registry = Registry(RANGE, [session_extreme(HIGH, min_bars=3, stood_bars=2)])
    rising: list[Bar] = [(50 + n, 51 + n, 49 + n, 50.5 + n, 100) for n in range(3)]
    assert list(run([CALM] * 5 + rising, "session_high", registry=registry)) == [5]
