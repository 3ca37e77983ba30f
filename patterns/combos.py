"""Combos: detections of several timeframes of one symbol, joined by a rule.

What is found follows from the detections and the ends of their bars alone: a leg counts only if its
bar had ended when the trigger's bar ended, in the state that it had then. So later detections, and
what becomes of the legs later, change nothing; and minutes may be analysed again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from patterns.analysis import FORMED, Detection, StoredLife
from patterns.bar_ends import BarEnd
from patterns.combo_rules import Leg, Rule
from patterns.identity import detection_id
from patterns.tiers import COMBO_TIER

WEIGHTS = {"legs": 0.6, "agreement": 0.2, "recency": 0.2}
TRIGGER_WEIGHT = 2.0
"""How much the trigger's confidence counts beside that of each other leg."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A detection as it stood when a trigger's bar ended. age_ms: since its own bar's end."""

    detection: Detection
    state: str
    age_ms: int

    def describe(self) -> dict[str, Any]:
        """What the combo keeps of it."""
        leg = self.detection
        return {
            "detection_id": leg.detection_id,
            "pattern_type": leg.pattern_type,
            "timeframe": leg.timeframe,
            "direction": leg.direction,
            "confidence": leg.confidence,
            "bar_time_ms": leg.bar_time_ms,
            "state": self.state,
        }


def match(
    rules: Sequence[Rule],
    new: Sequence[Detection],
    recent: Iterable[StoredLife],
    bar_end: BarEnd,
) -> list[Detection]:
    """The combos whose trigger is one of the new detections.

    recent: stored detections of the same symbols that may be legs, and the stored combos on bars
    that are not analysed anew, for the cool-downs.

    On one bar a rule has one combo: that of the trigger that gives the most confidence.
    """
    known = _Known(new, recent, bar_end)
    return [combo for rule in rules for combo in _of_rule(rule, new, known)]


class _Known:
    """Detections by symbol and key, and when their bars ended."""

    def __init__(
        self, new: Sequence[Detection], recent: Iterable[StoredLife], bar_end: BarEnd
    ) -> None:
        self._bar_end = bar_end
        by_id = {found.detection_id: StoredLife(found, []) for found in new}
        by_id |= {item.detection.detection_id: item for item in recent}
        self._by_key: dict[tuple[str, str], list[StoredLife]] = defaultdict(list)
        for item in by_id.values():
            if item.detection.pattern_data.get("holds", True):
                self._by_key[item.detection.symbol, item.detection.detection_key].append(item)

    def end(self, detection: Detection) -> int:
        """When it was known."""
        return self._bar_end(detection.timeframe, detection.bar_time_ms)

    def evidence(self, leg: Leg, trigger: Detection, end_ms: int) -> list[Evidence]:
        """The detections that the leg takes as the trigger's bar ends, the latest first."""
        found = [
            evidence
            for key in leg.keys
            for item in self._by_key.get((trigger.symbol, key), ())
            if item.detection.detection_id != trigger.detection_id
            and (evidence := self._as_of(item, leg, end_ms)) is not None
        ]
        return sorted(found, key=_latest_first)

    def _as_of(self, item: StoredLife, leg: Leg, end_ms: int) -> Evidence | None:
        age = end_ms - self.end(item.detection)
        if not (0 <= age <= leg.within_ms and leg.points(item.detection.direction)):
            return None
        state = self._state(item, end_ms)
        return Evidence(item.detection, state, age) if state in leg.states else None

    def _state(self, item: StoredLife, end_ms: int) -> str:
        """The state that it had then; a revision begins a life anew, with its forming."""
        told = FORMED
        for state, bar_time_ms in item.life:
            if self._bar_end(item.detection.timeframe, bar_time_ms) <= end_ms:
                told = str(state)
        return told

    def combos(self, symbol: str, rule: Rule) -> list[int]:
        """When the rule's known combos were made."""
        known = self._by_key.get((symbol, rule.detection_key), ())
        return [self.end(item.detection) for item in known]


def _latest_first(evidence: Evidence) -> tuple[Any, ...]:
    leg = evidence.detection
    return evidence.age_ms, -leg.confidence, leg.bar_time_ms, leg.detection_key


def _of_rule(rule: Rule, new: Sequence[Detection], known: _Known) -> Iterator[Detection]:
    """The rule's combos, symbol by symbol in the order of their bars, less what cools down."""
    made: dict[str, list[int]] = {}
    for (symbol, end_ms), triggers in sorted(_triggers(rule, new, known).items()):
        if symbol not in made:
            made[symbol] = known.combos(symbol, rule)
        if any(0 < end_ms - end < rule.cool_down_ms for end in made[symbol]):
            continue
        found = [combo for trigger in triggers if (combo := _combo(rule, trigger, end_ms, known))]
        if found:
            made[symbol].append(end_ms)
            yield max(found, key=lambda combo: combo.confidence)


def _triggers(
    rule: Rule, new: Sequence[Detection], known: _Known
) -> dict[tuple[str, int], list[Detection]]:
    keys = set(rule.trigger.keys)
    found: dict[tuple[str, int], list[Detection]] = defaultdict(list)
    for detection in new:
        if detection.detection_key in keys and rule.trigger.points(detection.direction):
            found[detection.symbol, known.end(detection)].append(detection)
    for triggers in found.values():
        triggers.sort(key=lambda trigger: trigger.detection_key)
    return found


def _combo(rule: Rule, trigger: Detection, end_ms: int, known: _Known) -> Detection | None:
    choices = [known.evidence(leg, trigger, end_ms) for leg in rule.earlier]
    chosen = _different(choices)
    if chosen is None:
        return None
    legs = [*chosen, Evidence(trigger, FORMED, 0)]
    parts = {
        "legs": _mean_confidence(legs),
        "agreement": _agreement(rule.direction, legs),
        "recency": _recency(rule.earlier, chosen),
    }
    total = sum(weight * parts[name] for name, weight in WEIGHTS.items())
    confidence = min(round(total, 6), 1.0)
    if confidence < rule.min_confidence:
        return None
    return _detection(rule, legs, parts, confidence)


def _different(choices: Sequence[Sequence[Evidence]]) -> list[Evidence] | None:
    """The first choice of each leg, no detection twice; None where there is no such choice."""
    if not choices:
        return []
    for first in choices[0]:
        used = first.detection.detection_id
        others = [[e for e in rest if e.detection.detection_id != used] for rest in choices[1:]]
        chosen = _different(others)
        if chosen is not None:
            return [first, *chosen]
    return None


def _mean_confidence(legs: Sequence[Evidence]) -> float:
    *earlier, trigger = (leg.detection.confidence for leg in legs)
    total = sum(earlier) + TRIGGER_WEIGHT * trigger
    return round(total / (len(earlier) + TRIGGER_WEIGHT), 6)


def _agreement(direction: str, legs: Sequence[Evidence]) -> float:
    """The share of legs that point the rule's way; one without a direction counts half."""
    points = {"neutral": 0.5, direction: 1.0}
    return round(sum(points.get(leg.detection.direction, 0.0) for leg in legs) / len(legs), 6)


def _recency(legs: Sequence[Leg], chosen: Sequence[Evidence]) -> float:
    """1 where the other legs ended with the trigger's bar, 0 where they are as old as may be."""
    ages = (found.age_ms / leg.within_ms for leg, found in zip(legs, chosen, strict=True))
    return round(1.0 - sum(ages) / len(legs), 6)


def _detection(
    rule: Rule, legs: Sequence[Evidence], parts: dict[str, float], confidence: float
) -> Detection:
    trigger = legs[-1].detection
    return Detection(
        detection_id=detection_id(trigger.symbol, rule.detection_key, trigger.bar_time_ms),
        detection_key=rule.detection_key,
        symbol=trigger.symbol,
        pattern_type=rule.key,
        timeframe=trigger.timeframe,
        tier=COMBO_TIER.name,
        direction=rule.direction,
        confidence=confidence,
        price=trigger.price,
        bar_time_ms=trigger.bar_time_ms,
        state=FORMED,
        pattern_data=_data(rule, legs, parts),
    )


def _data(rule: Rule, legs: Sequence[Evidence], parts: dict[str, float]) -> dict[str, Any]:
    """Parts and legs, and what a chart draws: the trigger's bars, levels and lines."""
    trigger = legs[-1].detection
    data: dict[str, Any] = {
        "title": rule.title,
        "parts": parts,
        "price": trigger.price,
        "legs": [leg.describe() for leg in legs],
        "holds": True,
    }
    drawn = ("bars", "levels", "geometry")
    data |= {name: trigger.pattern_data[name] for name in drawn if name in trigger.pattern_data}
    if any(leg.detection.pattern_data.get("partial") for leg in legs):
        data["partial"] = True
    return data
