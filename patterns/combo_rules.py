"""Combo rules: what a stored row says, read and validated.

A rule joins detections of one symbol. Its last leg is the trigger: a detection that forms makes
the combo, if every other leg is there. `within_minutes` is the time between the end of a leg's bar
and the end of the trigger's bar, as the clock on the wall counts it: nights, weekends and holidays
are in it, so that five days (7,200) reach from a Friday's close over the weekend. A daily leg
counts from the end of its session on.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from market.calendar import MINUTE_MS
from patterns.definitions import DIRECTION_NAMES, TIMEFRAMES
from patterns.life import STATE_NAMES
from patterns.registry import Registry, UnknownDefinition, near_match

ANY = "any"
DIRECTIONS = tuple(DIRECTION_NAMES.values())
LEG_DIRECTIONS = (*DIRECTIONS, ANY)
STATES = tuple(STATE_NAMES)
USUAL_STATES = ("formed", "confirmed", "target_reached")
"""What a leg may be if it does not say: all but failed and expired."""

LEGS = (2, 5)
WITHIN_MINUTES = (1, 30 * 1440)
COOL_DOWN_MINUTES = (0, 30 * 1440)
CONFIDENCE = (0.0, 1.0)
FIELDS = ("timeframe", "pattern_types", "direction", "states", "within_minutes")


@dataclass(frozen=True, slots=True)
class Leg:
    """One detection that a rule asks for: any of these patterns, in this timeframe.

    states: those that it may be in when the trigger's bar ends; `revised` counts as what it was
    revised to. within_ms: how long before that its own bar may have ended; 0 for a trigger.
    """

    timeframe: str
    pattern_types: tuple[str, ...]
    direction: str = ANY
    states: tuple[str, ...] = USUAL_STATES
    within_ms: int = 0

    @property
    def keys(self) -> tuple[str, ...]:
        """The detection keys that it takes."""
        return tuple(f"{name}:{self.timeframe}" for name in self.pattern_types)

    def points(self, direction: str) -> bool:
        """Whether it takes a detection of this direction."""
        return self.direction in (ANY, direction)


@dataclass(frozen=True, slots=True)
class Rule:
    """Legs of one symbol that together are more than each alone; the last one is the trigger."""

    key: str
    title: str
    direction: str
    legs: tuple[Leg, ...]
    cool_down_ms: int = 0
    min_confidence: float = 0.0

    @property
    def trigger(self) -> Leg:
        """The leg whose forming makes the combo."""
        return self.legs[-1]

    @property
    def earlier(self) -> tuple[Leg, ...]:
        """The legs that have to be there by then."""
        return self.legs[:-1]

    @property
    def detection_key(self) -> str:
        """What makes it one combo a bar: `breakout-vwap:5m`."""
        return f"{self.key}:{self.trigger.timeframe}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a rule. leg: 1 for the first one, 0 for the rule itself."""

    leg: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"leg {self.leg}: {self.reason}" if self.leg else self.reason


class BadRule(ValueError):
    """A rule that can not be used; `faults` has all that is wrong with it."""

    def __init__(self, key: str, faults: Sequence[Fault]) -> None:
        super().__init__(f"{key}: " + "; ".join(map(str, faults)))
        self.faults = tuple(faults)


def parse(row: Mapping[str, Any], registry: Registry) -> Rule:
    """The rule of a row of `combo_rules`, its columns by name.

    Raises BadRule with every fault: the leg, the value and what is allowed.
    """
    reading = _Reading(registry)
    rule = reading.rule(row)
    if reading.faults:
        raise BadRule(str(row.get("key")), reading.faults)
    return rule


class _Reading:
    """One row being read; faults are gathered, so that a form can show all of them at once."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._leg = 0
        self.faults: list[Fault] = []

    def rule(self, row: Mapping[str, Any]) -> Rule:
        """What the row says; worth something only where there are no faults."""
        self._key(str(row.get("key") or ""))
        direction = self._one_of("direction", row.get("direction"), DIRECTIONS)
        cool_down = self._number("cool_down_minutes", row, COOL_DOWN_MINUTES, whole=True)
        confidence = self._number("min_confidence", row, CONFIDENCE)
        legs = self._legs(row.get("legs"))
        if legs and not self.faults:
            self._leg = len(legs)
            self._trigger_goes_with(direction, legs[-1].direction)
        return Rule(
            str(row.get("key")),
            str(row.get("title")),
            direction,
            legs,
            int(cool_down) * MINUTE_MS,
            confidence,
        )

    def _key(self, key: str) -> None:
        if key in (detector.pattern_type for detector in self._registry.detectors):
            self._fault("key", f"{key!r} is a pattern's name; a rule needs one of its own")

    def _trigger_goes_with(self, rule: str, trigger: str) -> None:
        """The combo has the trigger's levels, which must not point the other way."""
        if rule != "neutral" and trigger not in (rule, "neutral"):
            self._fault(
                "direction",
                f"direction is {trigger!r}; the trigger of a {rule} rule is {rule} or neutral",
            )

    def _legs(self, legs: Any) -> tuple[Leg, ...]:
        low, high = LEGS
        if not isinstance(legs, list) or not low <= len(legs) <= high:
            given = f"{len(legs)}" if isinstance(legs, list) else f"{legs!r}"
            self._fault("legs", f"legs are {given}; a rule has a list of {low} to {high} legs")
            return ()
        made = []
        for number, leg in enumerate(legs, 1):
            self._leg = number
            made.append(self._read_leg(leg, trigger=number == len(legs)))
        self._leg = 0
        return tuple(leg for leg in made if leg is not None)

    def _read_leg(self, leg: Any, *, trigger: bool) -> Leg | None:
        if not isinstance(leg, Mapping):
            self._fault("legs", f"{leg!r} is no JSON object with {', '.join(FIELDS)}")
            return None
        self._known_fields(leg)
        timeframe = self._one_of("timeframe", leg.get("timeframe"), TIMEFRAMES)
        names = self._patterns(leg.get("pattern_types"), timeframe)
        direction = self._one_of("direction", leg.get("direction", ANY), LEG_DIRECTIONS)
        if trigger:
            self._nothing_of_earlier_legs(leg)
            return Leg(timeframe, names, direction)
        states = self._several("states", leg.get("states") or list(USUAL_STATES), STATES)
        within = self._number("within_minutes", leg, WITHIN_MINUTES, whole=True)
        return Leg(timeframe, names, direction, states, int(within) * MINUTE_MS)

    def _known_fields(self, leg: Mapping[str, Any]) -> None:
        for name in leg:
            if name not in FIELDS:
                self._fault("legs", str(near_match("field", str(name), FIELDS)))

    def _nothing_of_earlier_legs(self, leg: Mapping[str, Any]) -> None:
        for name in ("states", "within_minutes"):
            if leg.get(name):
                self._fault(
                    name,
                    f"{name} is {leg[name]!r}; the last leg is the trigger, which counts when it "
                    "forms, and takes none",
                )

    def _patterns(self, names: Any, timeframe: str) -> tuple[str, ...]:
        if not isinstance(names, list) or not names:
            self._fault(
                "pattern_types", f"pattern_types is {names!r}; it must be a list of at least one"
            )
            return ()
        for name in names:
            self._pattern(str(name), timeframe)
        return tuple(dict.fromkeys(map(str, names)))

    def _pattern(self, name: str, timeframe: str) -> None:
        try:
            allowed = self._registry.detector(name).timeframes
        except UnknownDefinition as error:
            self._fault("pattern_types", str(error))
            return
        if timeframe in TIMEFRAMES and timeframe not in allowed:
            self._fault(
                "pattern_types", f"{name!r} is not looked for in {timeframe}, but in {_or(allowed)}"
            )

    def _one_of(self, name: str, value: Any, allowed: Sequence[str]) -> str:
        if value not in allowed:
            near = difflib.get_close_matches(str(value), allowed, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            self._fault(name, f"{name} is {value!r}; it must be {_or(allowed)}.{hint}")
        return str(value)

    def _several(self, name: str, values: Any, allowed: Sequence[str]) -> tuple[str, ...]:
        if not isinstance(values, list):
            self._fault(name, f"{name} is {values!r}; it must be a list of {_or(allowed)}")
            return ()
        return tuple(self._one_of(name, value, allowed) for value in values)

    def _number(
        self, name: str, row: Mapping[str, Any], bounds: tuple[float, float], whole: bool = False
    ) -> float:
        value: Any = row.get(name)
        low, high = bounds
        kind = "a whole number" if whole else "a number"
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        if not numeric or not low <= value <= high or (whole and value != int(value)):
            self._fault(name, f"{name} is {value!r}; it must be {kind} from {low} to {high}")
            return low
        return float(value)

    def _fault(self, name: str, reason: str) -> None:
        self.faults.append(Fault(self._leg, name, reason))


def _or(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def usable(
    rows: Iterable[Mapping[str, Any]], registry: Registry
) -> tuple[tuple[Rule, ...], tuple[BadRule, ...]]:
    """The rules that can be used, and what is wrong with the others."""
    rules, bad = [], []
    for row in rows:
        try:
            rules.append(parse(row, registry))
        except BadRule as error:
            bad.append(error)
    return tuple(rules), tuple(bad)
