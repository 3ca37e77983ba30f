"""The stream's own parts, put together as `streaming.stream` does, at whatever pace is wanted."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from market.calendar import calendar
from patterns.registry import standard
from patterns.rolled import SessionHours
from streaming.aggregate import Aggregator
from streaming.analyst import Analyst
from streaming.bars_worker import BarsWorker
from streaming.broadcast import BarBroadcast, PriceBroadcast
from streaming.counters import Counters
from streaming.database import PatientDatabase
from streaming.flow import FlowLog
from streaming.handoff import Handoff
from streaming.journal import Journal, JournalName
from streaming.positions import Position
from streaming.prices import PriceBoard
from streaming.publish import Publisher
from streaming.ticks import SymbolTable
from streaming.writer import JournalWriter

FEED = "bench"
BAR_EVERY = 100


@dataclass
class Pipeline:
    """One feed's way from decoded ticks to stored, analysed and published bars."""

    symbols: SymbolTable
    counters: Counters
    journal: Journal
    handoff: Handoff
    writer: JournalWriter
    worker: BarsWorker
    prices: PriceBroadcast
    flow: FlowLog
    database: PatientDatabase


class NoAnalyst:
    """Stands where indicators and detectors run, for a measure of what comes before them."""

    def __init__(self) -> None:
        self.position: Position

    def recover(self, position: Position) -> None:
        """There is nothing to take up."""
        self.position = position

    def analyse(self, revised: Any, minute: Any, position: Position) -> None:
        """Keep the position, find nothing."""
        self.position = position

    def advance(self, through_ms: int, position: Position) -> None:
        """Keep the position."""
        self.position = position


def pipeline(client: Any, names: Sequence[str], epoch: str, *, analysed: bool = True) -> Pipeline:
    """The parts, started at the beginning of a journal of its own."""
    symbols, counters = SymbolTable(names), Counters()
    journal = Journal(client, JournalName(FEED, epoch))
    journal.open(symbols)
    database = PatientDatabase(counters, threading.Event())
    publisher, flow = Publisher(client), FlowLog()
    board = PriceBoard(symbols)
    board.reserve(len(symbols))
    bars = BarBroadcast(publisher, symbols, flow, database, FEED, BAR_EVERY)
    hours = calendar("24/7")
    analyst: Any = NoAnalyst()
    if analysed:
        sessions = SessionHours(hours.session_start, hours.session_end)
        analyst = Analyst(symbols, standard(), sessions, database, counters, bars)
    handoff = Handoff(journal)
    worker = BarsWorker(
        journal, handoff, symbols, Aggregator(hours), analyst, database, counters, bars
    )
    worker.start(Position(FEED, 0, epoch, FEED))
    prices = PriceBroadcast(publisher, board, FEED)
    writer = JournalWriter([journal], symbols, counters, [prices.ticks_journalled, handoff.put])
    return Pipeline(symbols, counters, journal, handoff, writer, worker, prices, flow, database)
