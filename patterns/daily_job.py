"""The daily run: stored daily bars in, indicators and detections of the daily tier out.

Symbols are worked through in blocks, and each piece of a block is a transaction. A run that was
stopped loses a piece, and the next one takes up there; a run that finds nothing new writes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from django.db import connections, transaction

from market.calendar import DAY_MS, to_ms
from patterns import adjustments, combo_rows, daily, daily_plan, detection_rows, store
from patterns.analysis import MinuteAnalysis
from patterns.daily_plan import Block, Plan
from patterns.matrix import BarMatrix
from patterns.registry import Registry, standard
from patterns.settings import configured, read_settings
from patterns.stored_bars import load_traded

PIECE = 4_000
"""Detections and changes of one transaction: the live minute's detections wait for it."""
ROWS = 50_000
"""Bars of one transaction, where indicators are stored."""

OUTBOX_END = "SELECT coalesce(max(id), 0) FROM event_outbox"
# Of daily bars alone: the stream may have left events of its own meanwhile.
HUSH = "DELETE FROM event_outbox WHERE id > %s AND event::jsonb #>> '{pattern,timeframe}' = '1d'"


@dataclass(frozen=True, slots=True)
class Totals:
    """What a run did: symbols and bars that it went through, detections that it changed."""

    symbols: int = 0
    bars: int = 0
    formed: int = 0
    revised: int = 0
    lives: int = 0
    indicator_rows: int = 0

    def __add__(self, other: Totals) -> Totals:
        sums = (getattr(self, own.name) + getattr(other, own.name) for own in fields(self))
        return Totals(*sums)


@dataclass(frozen=True, slots=True)
class Part:
    """What of an analysis is made and stored."""

    indicators: bool = True
    detections: bool = True

    @property
    def names(self) -> list[str]:
        """As `daily_plan` has them."""
        wanted = zip(daily_plan.PARTS, (self.indicators, self.detections), strict=True)
        return [name for name, is_wanted in wanted if is_wanted]

    def of(self, registry: Registry) -> Registry:
        """The definitions of daily bars that this part needs."""
        chosen = registry.for_timeframe(daily.TIMEFRAME)
        stored = store.stored_names() if self.indicators else ()
        outputs = chosen.shown if store.ALL in stored else set(stored) & set(chosen.shown)
        detectors = chosen.detectors if self.detections else ()
        return chosen.only(sorted(outputs), [detector.pattern_type for detector in detectors])


EVERYTHING = Part()
INDICATORS, DETECTIONS = Part(detections=False), Part(indicators=False)


def run(
    alias: str = "default",
    symbols: Sequence[str] | None = None,
    through_ms: int | None = None,
    days: int | None = None,
) -> Totals:
    """Analyse daily bars and save what is found; events wait in the outbox.

    symbols: by default all that have traded of late. through_ms: the last bar's time, by default
    now. days: how many sessions, `daily_plan.EVERY_DAY` for all; by default those that have not
    been analysed, and a few before them. History of which nothing was known is no news: it is
    stored without events.
    """
    with connections[alias].cursor() as cursor:
        plan = daily_plan.plan(cursor, symbols, through_ms or to_ms(datetime.now(UTC)), days)
        ranked = populations(cursor, plan)
    return sum((do_block(alias, plan, block, ranked) for block in plan.blocks), Totals())


def do_block(
    alias: str,
    plan: Plan,
    block: Block,
    ranked: daily.Populations | None = None,
    part: Part = EVERYTHING,
    saved: Callable[[Totals], None] = lambda totals: None,
) -> Totals:
    """Analyse and save one block of a plan.

    ranked: what ranks are ranked in (`populations`). saved: called at the end of each piece's
    transaction with what it wrote; what it raises undoes the piece, and ends the work.
    """
    with connections[alias].cursor() as cursor:
        registry = part.of(configured(standard(), read_settings(cursor)))
        matrix, known = _bars(cursor, plan, block)
    analyses = daily.analyse(matrix, registry, block.since_ms, known, ranked)
    total = Totals()
    for piece in pieces(analyses, plan.news_since_ms):
        news = piece[0].bar_time_ms >= plan.news_since_ms
        total += _save(alias, piece, part, news=news, saved=saved)
    _note_done(alias, part, matrix)
    return total + Totals(symbols=len(block.symbols))


def _note_done(alias: str, part: Part, matrix: BarMatrix) -> None:
    newest = dict(zip(matrix.symbols, matrix.time_ms.max(axis=1, initial=-1).tolist(), strict=True))
    through = {symbol: time_ms for symbol, time_ms in newest.items() if time_ms >= 0}
    with connections[alias].cursor() as cursor:
        daily_plan.note_done(cursor, part.names, list(through), list(through.values()))


def _bars(cursor: Any, plan: Plan, block: Block) -> tuple[BarMatrix, list[adjustments.Adjustment]]:
    """A block's bars as they were traded, and what they are adjusted for; a bar is a session."""
    until_ms = plan.through_ms + DAY_MS
    matrix = load_traded(
        cursor, block.symbols, block.bars, until_ms, lambda t: t, 0, daily.TIMEFRAME
    )
    return matrix, adjustments.load(cursor, block.symbols, until_ms, daily.TIMEFRAME)


def populations(cursor: Any, plan: Plan) -> daily.Populations | None:
    """What ranks are ranked in: all that has traded; None where no rank is stored."""
    registry = standard().for_timeframe(daily.TIMEFRAME)
    stored = set(store.stored_names())
    ranks = [indicator.name for indicator in registry.indicators if indicator.rank_of is not None]
    if not ranks or not plan.blocks or not stored & {store.ALL, *ranks}:
        return None
    ranked = registry.only(ranks)
    blocks = plan.everybody(cursor, ranked.lookback)
    bars = ((block.since_ms, *_bars(cursor, plan, block)) for block in blocks)
    return daily.merged(
        [daily.ranked_values(matrix, ranked, since_ms, known) for since_ms, matrix, known in bars]
    )


def pieces(
    analyses: Sequence[MinuteAnalysis], news_since_ms: int
) -> Iterator[Sequence[MinuteAnalysis]]:
    """Runs of analyses that are saved together, none of them both history and news."""
    start, size = 0, 0.0
    for end, analysis in enumerate(analyses):
        own = len(analysis.found) + len(analysis.changes) + len(analysis.row) * PIECE / ROWS
        turns = analyses[start].bar_time_ms < news_since_ms <= analysis.bar_time_ms
        if end > start and (size + own > PIECE or turns):
            yield analyses[start:end]
            start, size = end, 0.0
        size += own
    if analyses:
        yield analyses[start:]


def _save(
    alias: str,
    piece: Sequence[MinuteAnalysis],
    part: Part,
    *,
    news: bool,
    saved: Callable[[Totals], None],
) -> Totals:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        if not news:
            detection_rows.in_turn(cursor)  # or somebody else's news would be hushed
        cursor.execute(OUTBOX_END)
        (end,) = cursor.fetchone()
        now = datetime.now(UTC)
        done = store.save(cursor, piece, now, stored=None if part.indicators else ())
        if news:
            combo_rows.save(cursor, piece, now)
        else:
            cursor.execute(HUSH, [end])
        bars = sum(len(analysis.row) for analysis in piece)
        totals = Totals(0, bars, done.formed, done.revised, done.lives, done.indicator_rows)
        saved(totals)
    return totals
