"""A day's comparison in the database: each difference, each symbol's figures, the day's score."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np

from admin_processing.fidelity.comparison import Compared, Score
from admin_processing.fidelity.grid import VALUES, Grid, Mask
from admin_processing.fidelity.rules import RULES, UNEXPLAINED, Side
from market.calendar import from_ms

FIGURES = ("bars", "equal", "explained", "unexplained", "corrected")
LISTED = """
SELECT symbol, (extract(epoch FROM "timestamp") * 1000)::int8, ours::text, corrected
FROM fidelity_differences WHERE source = %s AND day = %s AND symbol = ANY(%s)
"""
COMPARED = """
SELECT symbol FROM fidelity_symbols WHERE source = %s AND day = %s AND symbol = ANY(%s)
"""
FORGET = "DELETE FROM fidelity_differences WHERE source = %s AND day = %s AND symbol = ANY(%s)"
LIST = """
INSERT INTO fidelity_differences (day, source, symbol, "timestamp", ours, theirs, rule, corrected)
SELECT %s, %s, symbol, "timestamp", ours, theirs, rule, corrected
FROM jsonb_to_recordset(%s::jsonb) AS found (symbol text, "timestamp" timestamptz, ours jsonb,
    theirs jsonb, rule text, corrected bool)
ON CONFLICT (source, symbol, "timestamp") DO UPDATE SET day = excluded.day, ours = excluded.ours,
    theirs = excluded.theirs, rule = excluded.rule, corrected = excluded.corrected, seen_at = now()
"""
OPEN_DAY = """
INSERT INTO fidelity_days (day, source) VALUES (%s, %s) ON CONFLICT (day, source) DO NOTHING
"""
LOCK_DAY = """
SELECT symbols, bars, equal, explained, unexplained, corrected, by_rule::text
FROM fidelity_days WHERE day = %s AND source = %s FOR UPDATE
"""
BEFORE = """
SELECT bars, equal, explained, unexplained, corrected, by_rule::text
FROM fidelity_symbols WHERE day = %s AND source = %s AND symbol = ANY(%s)
"""
SCORE = """
INSERT INTO fidelity_symbols (day, source, symbol, bars, equal, explained, unexplained, corrected,
    by_rule)
SELECT %s, %s, symbol, bars, equal, explained, unexplained, corrected, by_rule
FROM jsonb_to_recordset(%s::jsonb) AS made (symbol text, bars int, equal int, explained int,
    unexplained int, corrected int, by_rule jsonb)
ON CONFLICT (day, source, symbol) DO UPDATE SET bars = excluded.bars, equal = excluded.equal,
    explained = excluded.explained, unexplained = excluded.unexplained,
    corrected = excluded.corrected, by_rule = excluded.by_rule, compared_at = now()
"""
SET_DAY = """
UPDATE fidelity_days SET symbols = %s, bars = %s, equal = %s, explained = %s, unexplained = %s,
    corrected = %s, by_rule = %s, score = %s, run_id = %s, compared_at = now()
WHERE day = %s AND source = %s
"""
Day = tuple[date, str]
"""A session's date, and the source of the own bars."""


def compared(cursor: Any, day: Day, symbols: Sequence[str]) -> set[str]:
    """Those of the symbols whose day was compared before."""
    cursor.execute(COMPARED, [day[1], day[0], list(symbols)])
    return {row[0] for row in cursor.fetchall()}


def as_streamed(cursor: Any, day: Day, stored: Grid) -> tuple[Grid, Mask]:
    """The own bars before the provider's were taken over, and which cells are listed.

    So a second comparison finds what the first one found.
    """
    cursor.execute(LISTED, [day[1], day[0], list(stored.symbols)])
    ours, listed = stored.copy(), np.zeros(stored.has.shape, np.bool_)
    rows = {name: row for row, name in enumerate(stored.symbols)}
    columns = {minute: column for column, minute in enumerate(stored.minutes_ms.tolist())}
    for symbol, minute_ms, bar, corrected in cursor.fetchall():
        cell = rows[symbol], columns.get(minute_ms, -1)
        if cell[1] < 0:
            continue
        listed[cell] = True
        if corrected:
            values = json.loads(bar) if bar else {}
            for name in VALUES:
                ours.values[name][cell] = values.get(name, np.nan)
            ours.partial[cell] = bool(values.get("partial", False))
    return ours, listed


def save(cursor: Any, day: Day, found: Compared, run_id: str) -> None:
    """Replace what is listed of these symbols' day, and the day's figures, in the transaction."""
    names = list(found.symbols)
    cursor.execute(FORGET, [day[1], day[0], names])
    rows = list(_rows(found))
    if rows:
        cursor.execute(LIST, [*day, json.dumps(rows)])
    scores = list(found.scores())
    cursor.execute(OPEN_DAY, day)
    cursor.execute(LOCK_DAY, day)
    symbols, *figures = cursor.fetchone()
    cursor.execute(BEFORE, [*day, names])
    before = [_counted(row) for row in cursor.fetchall()]
    cursor.execute(SCORE, [*day, json.dumps([asdict(score) for score in scores])])
    total = _counted(figures)
    for old in before:
        total.subtract(old)
    for score in scores:
        total.update(_of_score(score))
    _set_day(cursor, day, symbols + len(scores) - len(before), total, run_id)


def _set_day(cursor: Any, day: Day, symbols: int, total: Counter[str], run_id: str) -> None:
    figures = [total.pop(name, 0) for name in FIGURES]
    bars, equal, explained = figures[:3]
    by_rule = {name: count for name, count in total.items() if count}
    score = (equal + explained) / bars if bars else None
    cursor.execute(SET_DAY, [symbols, *figures, json.dumps(by_rule), score, run_id, *day])


def _counted(row: Sequence[Any]) -> Counter[str]:
    """Figures and rules of a row under their names; no rule is called as a figure is."""
    *figures, by_rule = row
    return Counter({**dict(zip(FIGURES, figures, strict=True)), **json.loads(by_rule)})


def _of_score(score: Score) -> Counter[str]:
    return Counter({**{name: getattr(score, name) for name in FIGURES}, **score.by_rule})


def _rows(found: Compared) -> Iterator[dict[str, Any]]:
    d = found.differences
    ours, theirs = _bars(d.ours, d.partial), _bars(d.theirs)
    cells = zip(d.place.tolist(), d.minute.tolist(), strict=True)
    minutes = found.minutes_ms.tolist()
    for number, (place, minute) in enumerate(cells):
        rule = int(found.rule[number])
        yield {
            "symbol": found.symbols[place],
            "timestamp": from_ms(minutes[minute]).isoformat(),
            "ours": ours[number],
            "theirs": theirs[number],
            "rule": "" if rule == UNEXPLAINED else RULES[rule].name,
            "corrected": bool(found.taken[number]),
        }


def _bars(side: Side, partial: Mask | None = None) -> list[dict[str, Any] | None]:
    """JSON, without what is not known; None where there is no bar."""
    columns = [getattr(side, name).tolist() for name in VALUES]
    made: list[dict[str, Any] | None] = []
    for number, values in enumerate(zip(*columns, strict=True)):
        bar: dict[str, Any] = {
            name: value for name, value in zip(VALUES, values, strict=True) if value == value
        }
        if partial is not None and partial[number]:
            bar["partial"] = True
        made.append(bar if "close" in bar else None)
    return made
