"""One day's own bars held against the provider's: pure, matrices in, differences out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from admin_processing.fidelity.grid import VALUES, Grid, Mask
from admin_processing.fidelity.rules import (
    PRICES,
    RULES,
    UNEXPLAINED,
    Differences,
    Side,
    alike,
    explain,
)
from admin_processing.providers.base import Ints

VWAP_DIGITS = 0.5e-4
"""The provider's vwap has four digits after the point."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the day's minutes beside the bars; see `rules.Differences`.

    in_gap, was_equal: shape (symbols, minutes). streamed, in_hours, auction, after_auction: one a
    minute.
    """

    in_gap: Mask
    was_equal: Mask
    streamed: Mask
    in_hours: Mask
    auction: Mask
    after_auction: Mask
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """A symbol's day: bars that either side has, and what became of the comparison."""

    symbol: str
    bars: int
    equal: int
    explained: int
    unexplained: int
    corrected: int
    by_rule: dict[str, int]


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs, by which rule, and which of the provider's bars are to be taken over.

    differences, rule and taken are columns of one length; rule: place in `RULES`, or -1. compared,
    equal: one a symbol.
    """

    symbols: tuple[str, ...]
    minutes_ms: Ints
    compared: Ints
    equal: Ints
    differences: Differences
    rule: Ints
    taken: Mask

    def cells(self, chosen: Mask) -> Mask:
        """Some of the differences as cells of the grid."""
        cells = np.zeros((len(self.symbols), len(self.minutes_ms)), np.bool_)
        cells[self.differences.place[chosen], self.differences.minute[chosen]] = True
        return cells

    def scores(self) -> Iterator[Score]:
        """One a symbol."""
        for row, symbol in enumerate(self.symbols):
            mine = self.differences.place == row
            rules, counts = np.unique(self.rule[mine], return_counts=True)
            found = Counter(dict(zip(rules.tolist(), counts.tolist(), strict=True)))
            unexplained = found.pop(UNEXPLAINED, 0)
            yield Score(
                symbol,
                int(self.compared[row]),
                int(self.equal[row]),
                sum(found.values()),
                unexplained,
                int(np.count_nonzero(self.taken & mine)),
                {RULES[number].name: count for number, count in found.items()},
            )


def compare(ours: Grid, theirs: Grid, evidence: Evidence) -> Compared:
    """Hold two grids of the same symbols and minutes against each other."""
    any_bar = ours.has | theirs.has
    equal = equal_cells(ours, theirs)
    place, minute = np.nonzero(any_bar & ~equal)
    differences = _differences(ours, theirs, evidence, place, minute)
    rule = explain(differences)
    better = np.array([rule.takes_over for rule in RULES] + [True])
    return Compared(
        ours.symbols,
        ours.minutes_ms,
        any_bar.sum(axis=1),
        equal.sum(axis=1),
        differences,
        rule,
        differences.theirs.has & better[rule],
    )


def equal_cells(ours: Grid, theirs: Grid) -> Mask:
    """Where both have a bar, and the same one.

    Values that one side does not know are left aside, and vwap may be rounded.
    """
    same = ours.has & theirs.has
    for name in (*PRICES, "volume"):
        same &= alike(ours.values[name], theirs.values[name])
    same &= np.nan_to_num(ours.values["trade_count"] - theirs.values["trade_count"]) == 0
    apart = np.abs(ours.values["vwap"] - theirs.values["vwap"])
    return same & ~(apart > VWAP_DIGITS + 1e-9)


def _differences(
    ours: Grid, theirs: Grid, evidence: Evidence, place: Ints, minute: Ints
) -> Differences:
    return Differences(
        place,
        minute,
        _side(ours, place, minute),
        _side(theirs, place, minute),
        ours.partial[place, minute],
        evidence.in_gap[place, minute],
        evidence.streamed[minute],
        evidence.in_hours[minute],
        evidence.auction[minute],
        evidence.after_auction[minute],
        evidence.was_equal[place, minute],
        evidence.dropped,
    )


def _side(bars: Grid, place: Ints, minute: Ints) -> Side:
    return Side(**{name: bars.values[name][place, minute] for name in VALUES})
