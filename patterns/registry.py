"""The registry: one line a module, which lists its `DEFINITIONS`.

A new indicator or detector is one file in `patterns/indicators` or `patterns/detectors`, its test,
and its line here.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from itertools import chain

from patterns.definitions import Detector, Indicator

INDICATOR_MODULES = (
    "rsi",
    "sma",
    "ema",
    "wma",
    "dema",
    "macd",
    "stochastic",
    "cci",
    "roc",
    "mfi",
    "adx",
    "aroon",
    "bollinger",
    "atr",
    "vwap",
    "session_range",
    "opening_range",
    "vwap_run",
    "squeeze_run",
    "keltner",
    "donchian",
    "sar",
    "supertrend",
    "ichimoku",
    "obv",
    "cmf",
    "relative_volume",
    "gap",
    "year",
    "relative_strength",
    "efficiency",
    "pivots",
)
CANDLESTICKS = (
    "abandoned_baby",
    "advance_block",
    "belt_hold",
    "breakaway",
    "closing_marubozu",
    "concealing_baby_swallow",
    "counterattack",
    "dark_cloud_cover",
    "doji",
    "doji_star",
    "dragonfly_doji",
    "engulfing",
    "evening_doji_star",
    "evening_star",
    "gap_side_by_side_white_lines",
    "gap_three_methods",
    "gravestone_doji",
    "hammer",
    "hanging_man",
    "harami",
    "harami_cross",
    "high_wave",
    "hikkake",
    "homing_pigeon",
    "identical_three_crows",
    "in_neck",
    "inverted_hammer",
    "kicking",
    "kicking_by_length",
    "ladder_bottom",
    "long_legged_doji",
    "long_line",
    "marubozu",
    "mat_hold",
    "matching_low",
    "modified_hikkake",
    "morning_doji_star",
    "morning_star",
    "on_neck",
    "piercing",
    "rickshaw_man",
    "rising_falling_three_methods",
    "separating_lines",
    "shooting_star",
    "short_line",
    "spinning_top",
    "stalled_pattern",
    "stick_sandwich",
    "takuri",
    "tasuki_gap",
    "three_black_crows",
    "three_inside",
    "three_line_strike",
    "three_outside",
    "three_stars_in_south",
    "three_white_soldiers",
    "thrusting",
    "tristar",
    "two_crows",
    "unique_three_river",
    "upside_gap_two_crows",
)
CHART_PATTERNS = (
    "doubles",
    "triples",
    "head_and_shoulders",
    "rectangle",
    "channel",
    "level_break",
    "right_triangle",
    "symmetrical_triangle",
    "wedge",
    "flag",
    "pennant",
    "cup_and_handle",
    "rounding_bottom",
    "trend_line_break",
)
EVENTS = (
    "volume_spike",
    "session_extreme",
    "gaps",
    "inside_bar",
    "nr7",
    "opening_range_break",
    "vwap_cross",
    "volume_climax",
    "squeeze",
    "divergence",
    "moving_average_cross",
    "new_extreme",
)
DETECTOR_MODULES = (
    *(f"candlesticks.{name}" for name in CANDLESTICKS),
    *(f"chart.{name}" for name in CHART_PATTERNS),
    *(f"events.{name}" for name in EVENTS),
)


class UnknownDefinition(LookupError):
    """No definition has this name; the message names the nearest."""


def near_match(kind: str, name: str, known: Iterable[str]) -> UnknownDefinition:
    """`Unknown pattern 'doubletop'. Did you mean 'double_top'?`"""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known are: {', '.join(names)}."
    return UnknownDefinition(f"Unknown {kind} {name!r}. {hint}")


class Registry:
    """Indicators and detectors, in a fixed order, found by name.

    Raises ValueError where two have one name, or a detector's input is not there.
    """

    def __init__(self, indicators: Iterable[Indicator], detectors: Iterable[Detector]) -> None:
        self.indicators = tuple(indicators)
        self.detectors = tuple(detectors)
        self.outputs = tuple(chain.from_iterable(i.outputs for i in self.indicators))
        self.shown = tuple(
            chain.from_iterable(i.outputs for i in self.indicators if not i.internal)
        )
        self._by_output = {name: i for i in self.indicators for name in i.outputs}
        self._by_pattern = {d.pattern_type: d for d in self.detectors}
        self._refuse_faults()

    def _refuse_faults(self) -> None:
        if len(self._by_output) != len(self.outputs):
            raise ValueError("Two indicators have an output of the same name")
        if len(self._by_pattern) != len(self.detectors):
            raise ValueError("Two detectors have the same pattern_type")
        for indicator in self.indicators:
            if indicator.rank_of is not None:
                self.indicator(indicator.rank_of)
        for detector in self.detectors:
            for name in detector.inputs:
                if self.indicator(name).rank_of is not None:
                    raise ValueError(f"Detector {detector.pattern_type}: {name} is a rank")

    @cache  # noqa: B019 - a registry lives as long as the process, or until the next settings
    def for_timeframe(self, timeframe: str) -> Registry:
        """Those that have a meaning in this timeframe."""
        return Registry(
            (i for i in self.indicators if timeframe in i.timeframes),
            (d for d in self.detectors if timeframe in d.timeframes),
        )

    @cached_property
    def lookback(self) -> int:
        """The most bars that any definition reads."""
        indicators = (i.lookback for i in self.indicators)
        return max(chain(indicators, (d.lookback for d in self.detectors)), default=1)

    @cached_property
    def states(self) -> int:
        """How many numbers a symbol's recursions keep between two bars."""
        return sum(i.states for i in self.indicators)

    def indicator(self, output: str) -> Indicator:
        """The indicator with this output; raises UnknownDefinition."""
        found = self._by_output.get(output)
        if found is None:
            raise near_match("indicator", output, self._by_output)
        return found

    def detector(self, pattern_type: str) -> Detector:
        """The detector of this pattern type; raises UnknownDefinition."""
        found = self._by_pattern.get(pattern_type)
        if found is None:
            raise near_match("pattern", pattern_type, self._by_pattern)
        return found

    def only(self, outputs: Sequence[str] = (), pattern_types: Sequence[str] = ()) -> Registry:
        """A registry of these outputs and patterns, and the inputs that they need."""
        detectors = [self.detector(name) for name in pattern_types]
        needed = {*outputs, *chain.from_iterable(d.inputs for d in detectors)}
        ranked = {self.indicator(name).rank_of for name in needed}
        needed |= {name for name in ranked if name is not None}
        chosen = {id(self.indicator(name)) for name in needed}
        return Registry([i for i in self.indicators if id(i) in chosen], detectors)


def load_indicators(module: str) -> tuple[Indicator, ...]:
    """The definitions of one indicator module; raises what its import raises."""
    return tuple(importlib.import_module(f"patterns.indicators.{module}").DEFINITIONS)


def load_detectors(module: str) -> tuple[Detector, ...]:
    """The definitions of one detector module; raises what its import raises."""
    return tuple(importlib.import_module(f"patterns.detectors.{module}").DEFINITIONS)


@cache
def standard() -> Registry:
    """All that is listed above."""
    return Registry(
        chain.from_iterable(load_indicators(name) for name in INDICATOR_MODULES),
        chain.from_iterable(load_detectors(name) for name in DETECTOR_MODULES),
    )
