"""The registry, and what it refuses."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from patterns import registry
from patterns.detectors.candlesticks.doji import DEFINITIONS as DOJI
from patterns.indicators.ema import ema
from patterns.indicators.sma import sma
from patterns.registry import Registry, UnknownDefinition, standard


def test_the_indicators_of_the_first_set_are_there():
    assert set(standard().shown) == {
        "RSI_14", "SMA_20", "SMA_50", "EMA_12", "EMA_26", "MACD", "MACD_SIGNAL", "MACD_HIST",
        "BB_UPPER", "BB_MIDDLE", "BB_LOWER", "ATR_14", "VWAP",
    }  # fmt: skip


def test_the_detectors_of_the_first_set_are_there():
    assert {d.pattern_type for d in standard().detectors} == {
        "engulfing", "hammer", "hanging_man", "doji", "morning_star", "evening_star",
        "volume_spike", "session_high", "session_low",
    }  # fmt: skip


def test_every_definition_says_what_it_is():
    for definition in (*standard().indicators, *standard().detectors):
        assert definition.formula
        assert definition.source
        assert definition.gaps
        assert definition.warm_up >= 0
        assert definition.lookback >= 1
        assert all(math.isfinite(value) for value in definition.parameters.values())


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: standard().detector("hamer"), "Unknown pattern 'hamer'. Did you mean 'hammer'?"),
        (
            lambda: standard().indicator("RSI14"),
            "Unknown indicator 'RSI14'. Did you mean 'RSI_14'?",
        ),
        (
            lambda: Registry([sma(5)], []).indicator("zzz"),
            "Unknown indicator 'zzz'. Known are: SMA_5.",
        ),
    ],
)
def test_an_unknown_name_is_answered_with_a_near_one(ask, message):
    with pytest.raises(UnknownDefinition) as caught:
        ask()
    assert str(caught.value) == message


def test_two_of_one_name_are_refused():
    with pytest.raises(ValueError, match="Two indicators"):
        Registry([sma(5), sma(5)], [])
    with pytest.raises(ValueError, match="Two detectors"):
        Registry([], [*DOJI, *DOJI])


def test_a_detector_whose_input_is_missing_is_refused():
    with pytest.raises(UnknownDefinition, match="SESSION_BARS"):
        Registry([sma(5)], [standard().detector("session_high")])


def test_a_part_of_the_registry_has_the_inputs_that_it_needs():
    part = standard().only(["SMA_20", "MACD_HIST"], ["session_high"])
    assert part.shown == ("SMA_20", "MACD", "MACD_SIGNAL", "MACD_HIST")
    assert [d.pattern_type for d in part.detectors] == ["session_high"]
    assert "PRIOR_SESSION_HIGH" in part.outputs


def test_an_empty_registry_reads_one_bar():
    assert Registry([], []).lookback == 1


def test_definitions_that_contradict_themselves_are_refused():
    with pytest.raises(ValueError, match="one of compute, step and rank_of"):
        replace(sma(5), compute=None)
    with pytest.raises(ValueError, match="states belong to step"):
        replace(ema(5), states=0)
    with pytest.raises(ValueError, match="weights must add up to 1"):
        replace(DOJI[0], weights={"fit": 0.5})
    with pytest.raises(ValueError, match="span exceeds lookback"):
        replace(DOJI[0], span=99)


def test_a_confidence_is_the_weighted_sum_of_its_parts():
    parts = {
        "fit": np.array([1.0, 0.5]),
        "trend": np.array([0.0, 0.25]),
        "volume": np.array([1.0, 0.1]),
    }
    assert DOJI[0].confidence(parts).tolist() == [0.7, 0.305]


def test_a_detector_is_a_file_and_a_line(tmp_path, monkeypatch):
    import patterns.detectors as package

    (tmp_path / "every_bar.py").write_text(
        """
from dataclasses import replace
import numpy as np
from patterns.detectors.candlesticks.doji import DEFINITIONS as DOJI
DEFINITIONS = (replace(DOJI[0], pattern_type="every_bar", warm_up=0,
                       find=lambda view: np.full(view.count.shape, 100, np.int16)),)
"""
    )
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    monkeypatch.setattr(registry, "DETECTOR_MODULES", (*registry.DETECTOR_MODULES, "every_bar"))
    made = standard.__wrapped__()
    assert made.detector("every_bar").pattern_type == "every_bar"
