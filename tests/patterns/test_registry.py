"""The registry, and what it refuses."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import talib

import patterns.detectors
import patterns.indicators
from patterns import registry
from patterns.analysis import AGREEMENT
from patterns.definitions import TIMEFRAMES
from patterns.detectors.candlesticks.doji import DEFINITIONS as DOJI
from patterns.evaluate import indicator_history
from patterns.indicators.ema import ema
from patterns.indicators.sma import sma
from patterns.matrix import BarMatrix
from patterns.registry import Registry, UnknownDefinition, standard

FAMILIES = {
    "candlestick", "reversal", "continuation", "breakout", "gap", "volume", "momentum", "session",
}  # fmt: skip
INDICATOR_FAMILIES = {"trend", "momentum", "volatility", "volume", "session", "strength"}
MOST_BARS = 260
"""A year of days, and some: what a live window may hold for each of 11,000 symbols."""


def modules_in(folder: Path) -> set[str]:
    """The modules below a folder that list definitions, as the registry names them."""
    return {
        ".".join(path.relative_to(folder).with_suffix("").parts)
        for path in folder.rglob("*.py")
        if re.search(r"^DEFINITIONS\b", path.read_text(), re.MULTILINE)
    }


def test_every_module_with_definitions_is_registered_once():
    for package, names in (
        (patterns.detectors, registry.DETECTOR_MODULES),
        (patterns.indicators, registry.INDICATOR_MODULES),
    ):
        assert sorted(names) == sorted(modules_in(Path(package.__file__).parent))


def test_all_candlesticks_of_talib_are_there():
    assert len(talib.get_function_groups()["Pattern Recognition"]) == len(registry.CANDLESTICKS)


def test_what_is_wanted_of_indicators_is_shown():
    assert set(standard().shown) >= {
        "SMA_20", "SMA_50", "SMA_200", "EMA_20", "WMA_20", "DEMA_20", "HMA_20", "MACD",
        "MACD_SIGNAL", "MACD_HIST", "RSI_14", "STOCH_K", "STOCH_D", "STOCHRSI_K", "WILLR_14",
        "CCI_20", "ROC_10", "MFI_14", "ADX_14", "PLUS_DI_14", "AROON_OSC_14", "SAR", "SUPERTREND",
        "ICHIMOKU_BASE", "ATR_14", "BB_UPPER", "KC_UPPER", "DC_UPPER", "OBV", "CMF_20", "VWAP",
        "VWAP_UPPER_1", "RVOL", "GAP_PERCENT", "YEAR_POSITION", "RELATIVE_STRENGTH",
    }  # fmt: skip


def test_what_is_wanted_of_chart_patterns_is_there():
    assert {d.pattern_type for d in standard().detectors} >= {
        "double_top", "double_bottom", "triple_top", "triple_bottom", "head_and_shoulders",
        "inverse_head_and_shoulders", "ascending_triangle", "descending_triangle",
        "symmetrical_triangle", "rising_wedge", "falling_wedge", "flag", "pennant", "rectangle",
        "channel", "cup_and_handle", "rounding_bottom", "support_break", "resistance_break",
        "trend_line_break", "breakaway_gap", "runaway_gap", "exhaustion_gap", "common_gap",
        "inside_bar", "nr7", "opening_range_break", "vwap_reclaim", "vwap_loss", "volume_climax",
        "squeeze", "rsi_divergence", "macd_divergence", "golden_cross", "death_cross", "new_high",
        "new_low", "year_high", "session_high", "volume_spike",
    }  # fmt: skip


def test_every_definition_says_what_it_is():
    for definition in (*standard().indicators, *standard().detectors):
        assert definition.title
        assert definition.formula
        assert definition.source
        assert definition.gaps
        assert definition.warm_up >= 0
        assert 1 <= definition.lookback <= MOST_BARS
        assert definition.timeframes
        assert set(definition.timeframes) <= set(TIMEFRAMES)
        assert all(math.isfinite(value) for value in definition.parameters.values())


def test_families_and_parts_have_known_names():
    assert {i.family for i in standard().indicators} == INDICATOR_FAMILIES
    assert {d.family for d in standard().detectors} == FAMILIES
    for detector in standard().detectors:
        assert AGREEMENT not in detector.weights
        assert all(0 < weight <= 1 for weight in detector.weights.values())
        assert detector.warm_up < detector.lookback or detector.inputs, detector.pattern_type


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_each_timeframe_has_what_has_a_meaning_in_it(timeframe):
    chosen = standard().for_timeframe(timeframe)
    assert chosen is standard().for_timeframe(timeframe)
    assert ("VWAP" in chosen.shown) == (timeframe != "1d")
    assert ("YEAR_HIGH" in chosen.shown) == (timeframe == "1d")
    patterns_here = {d.pattern_type for d in chosen.detectors}
    assert ("year_high" in patterns_here) == (timeframe == "1d")
    assert ("opening_range_break" in patterns_here) == (timeframe in ("1m", "5m", "15m"))
    assert {"engulfing", "double_top"} <= patterns_here


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


def test_a_rank_brings_what_it_ranks_and_no_detector_may_read_one():
    part = standard().only(["RELATIVE_STRENGTH"])
    assert part.outputs == ("STRENGTH_ROC_20", "RELATIVE_STRENGTH")
    with pytest.raises(UnknownDefinition, match="STRENGTH_ROC_20"):
        Registry([standard().indicator("RELATIVE_STRENGTH")], [])
    with pytest.raises(ValueError, match="Detector doji: RELATIVE_STRENGTH is a rank"):
        Registry(part.indicators, [replace(DOJI[0], inputs=("RELATIVE_STRENGTH",))])


def test_parameters_without_bounds_or_a_factory_are_refused():
    with pytest.raises(ValueError, match="each parameter needs its bounds"):
        replace(DOJI[0], bounds={})
    with pytest.raises(ValueError, match="parameters need `make`"):
        replace(DOJI[0], make=None)


def test_outputs_that_are_prices_quadruple_with_all_prices_and_no_other_does(
    daily: BarMatrix,
) -> None:
    """To the bit: so what comes of bars in other shares can be told in those of their day."""
    few = daily.rows(0, 8)
    few = replace(few, vwap=(few.high + few.low + few.close) / 3.0)
    sides = {side: getattr(few, side) * 4.0 for side in ("open", "high", "low", "close", "vwap")}
    indicators = [i for i in standard().indicators if i.rank_of is None and not i.internal]
    before = indicator_history(few, indicators)
    after = indicator_history(replace(few, **sides), indicators)
    for indicator in indicators:
        for name in indicator.outputs:
            factor = 4.0 if name in indicator.prices else 1.0
            np.testing.assert_array_equal(after[name], before[name] * factor, name)
