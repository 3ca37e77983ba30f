"""Combos into the database: what is new is formed, what has changed is revised.

Called in the transaction that has stored the detections, after them. The rules are read each time,
in one small query, so a change of them takes effect with the next minute.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec

from market.calendar import DAY_MS, MINUTE_MS, from_ms
from patterns import detection_rows, life_rows
from patterns.analysis import FORMED, Detection, LifeChange, MinuteAnalysis, StoredLife
from patterns.bar_ends import BarEnd, configured_bar_ends
from patterns.combo_rules import WITHIN_MINUTES, Rule, usable
from patterns.combos import match
from patterns.definitions import DAILY
from patterns.detection_rows import Key, Stored, as_stored, key_of
from patterns.registry import standard
from patterns.tiers import COMBO_TIER, tier_for

logger = logging.getLogger(__name__)

RULES = """SELECT coalesce(jsonb_agg(to_jsonb(rule) ORDER BY key), '[]')::text
FROM combo_rules AS rule"""
LEGS = """
SELECT symbol, (extract(epoch FROM "timestamp") * 1000)::int8, detection_key, detection_id::text,
    pattern_type, timeframe, tier, direction, confidence,
    coalesce(pattern_data -> 'partial', 'false')::text, life::text
FROM {table}
WHERE symbol = ANY(%s) AND detection_key = ANY(%s) AND "timestamp" BETWEEN %s AND %s
    AND coalesce(pattern_data -> 'holds', 'true') = 'true'
"""
COMBO = """
SELECT combo.symbol, (extract(epoch FROM combo."timestamp") * 1000)::int8, combo.detection_key,
    combo.direction, combo.confidence, combo.price, combo.state, combo.pattern_data::text,
    combo.detection_timestamp, combo.tier, combo.timeframe, combo.pattern_type
FROM combo_patterns AS combo
WHERE combo.symbol = ANY(%s) AND combo."timestamp" BETWEEN %s AND %s
"""
# A daily leg that was taken back; those of minutes are found as their triggers are analysed anew.
WITH_A_LOST_LEG = f"""{COMBO} AND coalesce(combo.pattern_data -> 'holds', 'true') = 'true'
    AND EXISTS (
        SELECT FROM jsonb_to_recordset(combo.pattern_data -> 'legs')
            AS leg (pattern_type text, timeframe text, bar_time_ms float8)
        JOIN daily_patterns AS daily ON daily.symbol = combo.symbol
            AND daily."timestamp" = to_timestamp(leg.bar_time_ms / 1000)
            AND daily.detection_key = leg.pattern_type || ':' || leg.timeframe
        WHERE daily.pattern_data -> 'holds' = 'false'
    )
ORDER BY 2, 1
"""
LONGEST_BAR_MS = 2 * DAY_MS
"""From the start of a daily bar, at 00:00 UTC, to its session's end, with room."""

Bar = tuple[str, int]


def save(cursor: Any, analyses: Sequence[MinuteAnalysis], now: datetime) -> int:
    """Write the combos that follow from the analyses, with their events; how many are new.

    Give it the analyses that `patterns.store.save` has just stored, in the same transaction. A
    combo that is stored already is left alone. What becomes of a combo's trigger becomes of it.
    """
    if not any(map(_may_matter, analyses)):
        return 0
    rules, triggers = read_rules(cursor)
    if not triggers:
        return 0
    formed = _save_found(cursor, rules, analyses, now) if rules else 0
    _save_lost(cursor, analyses, now)
    changes = chain.from_iterable(analysis.changes for analysis in analyses)
    lives(cursor, [c for c in changes if c.detection.detection_key in triggers], now)
    return formed


def _may_matter(analysis: MinuteAnalysis) -> bool:
    """Whether it found something, or may have taken something away."""
    told = analysis.found or analysis.changes
    return bool(told) or analysis.revision or analysis.timeframe in DAILY


# --- rules --------------------------------------------------------------------------------------


def read_rules(cursor: Any) -> tuple[tuple[Rule, ...], frozenset[str]]:
    """The rules that are on, and the keys of all rules' triggers.

    What a rule has found goes on when it is switched off. One that can not be used is left out.
    """
    cursor.execute(RULES)
    return _parsed(cursor.fetchone()[0])


@lru_cache(4)
def _parsed(text: str) -> tuple[tuple[Rule, ...], frozenset[str]]:
    rows = json.loads(text)
    rules, bad = usable(rows, standard())
    for error in bad:
        logger.warning("A combo rule is left out: %s", error)
    on = {row["key"] for row in rows if row["enabled"]}
    triggers = frozenset(chain.from_iterable(rule.trigger.keys for rule in rules))
    return tuple(rule for rule in rules if rule.key in on), triggers


# --- what is found ------------------------------------------------------------------------------


def _save_found(
    cursor: Any, rules: Sequence[Rule], analyses: Sequence[MinuteAnalysis], now: datetime
) -> int:
    analysed = _Analysed(analyses)
    keys = set(chain.from_iterable(rule.trigger.keys for rule in rules))
    triggers = [found for found in analysed.found() if found.detection_key in keys]
    symbols = {found.symbol for found in triggers} | analysed.revised
    if not symbols:
        return 0
    stored = _stored_combos(cursor, rules, sorted(symbols), list(analysed.bars))
    again = {key: item for key, item in stored.items() if analysed.has(item.detection)}
    before = [StoredLife(i.detection, []) for key, i in stored.items() if key not in again]
    bar_end = configured_bar_ends()
    legs = _legs(cursor, rules, triggers, bar_end) if triggers else []
    combos = match(rules, triggers, [*legs, *before], bar_end)
    changed = detection_rows.differences(again, {key_of(c): c for c in combos}, now)
    if changed:
        detection_rows.write(cursor, COMBO_TIER.patterns, changed, now)
    return sum(item.detection.state == FORMED for item in changed)


class _Analysed:
    """Which bars were analysed, of which symbols; the later analysis of a bar counts."""

    def __init__(self, analyses: Sequence[MinuteAnalysis]) -> None:
        self.bars: dict[Bar, list[MinuteAnalysis]] = defaultdict(list)
        for analysis in analyses:
            self.bars[analysis.timeframe, analysis.bar_time_ms].append(analysis)
        self.revised = {name for a in analyses if a.revision for name in _symbols(a)}

    def found(self) -> Iterator[Detection]:
        """The detections that the last analysis of each bar has."""
        for analyses in self.bars.values():
            *earlier, last = analyses
            yield from last.found
            seen = _symbols(last) if earlier else set()
            for analysis in reversed(earlier):
                yield from (d for d in analysis.found if d.symbol not in seen)
                seen |= _symbols(analysis)

    def has(self, combo: Detection) -> bool:
        """Whether the bar of the combo's trigger was analysed."""
        analyses = self.bars.get((combo.timeframe, combo.bar_time_ms), ())
        return any(combo.symbol in _symbols(analysis) for analysis in analyses)


def _symbols(analysis: MinuteAnalysis) -> set[str]:
    return {analysis.symbols[row] for row in analysis.row.tolist()}


def _stored_combos(
    cursor: Any, rules: Sequence[Rule], symbols: list[str], bars: Sequence[Bar]
) -> dict[Key, Stored]:
    """The rules' stored combos on these bars, and before them as far as a cool-down reaches."""
    times = [time_ms for _, time_ms in bars]
    # Two bars of one timeframe may end closer together than they start.
    back = max(rule.cool_down_ms for rule in rules) + LONGEST_BAR_MS
    cursor.execute(COMBO, [symbols, from_ms(min(times) - back), from_ms(max(times))])
    known = {rule.detection_key for rule in rules}
    stored = (as_stored(row) for row in cursor.fetchall() if row[2] in known)
    return {key_of(item.detection): item for item in stored}


def _legs(
    cursor: Any, rules: Sequence[Rule], triggers: Sequence[Detection], bar_end: BarEnd
) -> list[StoredLife]:
    """The stored detections that may be legs beside these triggers, in one query."""
    symbols = sorted({trigger.symbol for trigger in triggers})
    ends = [bar_end(*bar) for bar in {(t.timeframe, t.bar_time_ms) for t in triggers}]
    parts: list[str] = []
    values: list[Any] = []
    for timeframe, (keys, within) in _wanted(rules, triggers).items():
        since = min(ends) - within - (LONGEST_BAR_MS if timeframe in DAILY else 60 * MINUTE_MS)
        parts.append(LEGS.format(table=tier_for(timeframe).patterns))
        values += [symbols, sorted(keys), from_ms(since), from_ms(max(ends))]
    cursor.execute(" UNION ALL ".join(parts), values)
    return [_as_leg(row) for row in cursor.fetchall()]


def _wanted(
    rules: Sequence[Rule], triggers: Sequence[Detection]
) -> dict[str, tuple[set[str], int]]:
    """Keys and longest reach of the legs that the triggers' rules ask for, by timeframe."""
    here = {trigger.detection_key for trigger in triggers}
    wanted: dict[str, tuple[set[str], int]] = {}
    for rule in rules:
        for leg in rule.earlier if here.intersection(rule.trigger.keys) else ():
            keys, within = wanted.get(leg.timeframe, (set(), 0))
            wanted[leg.timeframe] = keys.union(leg.keys), max(within, leg.within_ms)
    return wanted


def _as_leg(row: tuple[Any, ...]) -> StoredLife:
    """A row of `LEGS`'s columns; it has as much of `pattern_data` as a leg needs."""
    symbol, bar_time_ms, key, identity, pattern_type, timeframe, tier = row[:7]
    direction, confidence, partial, life = row[7:]
    detection = Detection(
        detection_id=identity,
        detection_key=key,
        symbol=symbol,
        pattern_type=pattern_type,
        timeframe=timeframe,
        tier=tier,
        direction=direction,
        confidence=confidence,
        price=0.0,
        bar_time_ms=bar_time_ms,
        state=FORMED,
        pattern_data={"partial": partial == "true"},
    )
    return StoredLife(detection, msgspec.json.decode(life) if life else [])


# --- what becomes of them -----------------------------------------------------------------------


def _save_lost(cursor: Any, analyses: Sequence[MinuteAnalysis], now: datetime) -> None:
    """Daily bars that were analysed again: combos with a leg that is no longer found."""
    daily = [analysis for analysis in analyses if analysis.timeframe in DAILY]
    if not daily:
        return
    times = [analysis.bar_time_ms for analysis in daily]
    until = max(times) + LONGEST_BAR_MS + WITHIN_MINUTES[1] * MINUTE_MS
    symbols = sorted(set().union(*map(_symbols, daily)))
    cursor.execute(WITH_A_LOST_LEG, [symbols, from_ms(min(times)), from_ms(until)])
    lost = [detection_rows.gone(as_stored(row)) for row in cursor.fetchall()]
    if lost:
        detection_rows.write(cursor, COMBO_TIER.patterns, lost, now)


def lives(cursor: Any, changes: Sequence[LifeChange], now: datetime) -> int:
    """Carry what became of triggers over to their combos, with events; how many have changed.

    A life that is stored already is left alone.
    """
    if not changes:
        return 0
    latest = {change.detection.detection_id: change for change in changes}
    times = [change.detection.bar_time_ms for change in latest.values()]
    symbols = sorted({change.detection.symbol for change in latest.values()})
    cursor.execute(COMBO, [symbols, from_ms(min(times)), from_ms(max(times))])
    combos = [as_stored(row).detection for row in cursor.fetchall()]
    followed = [
        LifeChange(combo, latest[trigger].life)
        for combo in combos
        if (trigger := _trigger(combo)) in latest
    ]
    return life_rows.write(cursor, COMBO_TIER.patterns, followed, now) if followed else 0


def _trigger(combo: Detection) -> str:
    """The id of the detection that made it; its last leg."""
    legs = combo.pattern_data.get("legs") or [{}]
    return str(legs[-1].get("detection_id", ""))
