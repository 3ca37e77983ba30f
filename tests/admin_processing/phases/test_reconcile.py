"""Own minute bars held against a provider's, listed, scored, and put right."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction

from admin_processing.models import (
    FidelityDay,
    FidelityDifference,
    FidelitySymbol,
    ProcessingLog,
)
from admin_processing.phases import heal, reconcile
from admin_processing.providers.base import UnitFailed
from admin_processing.providers.massive.client import MassiveClient
from admin_processing.providers.massive.provider import MassiveProvider
from admin_processing.providers.massive.rate_limit import SharedLimit
from admin_processing.providers.massive.retry import RetryRules
from admin_processing.runs.worker import work_through
from market.calendar import calendar, from_ms, to_ms
from market.models import MinuteBar
from patterns.models import MinuteRevision
from streaming import store
from streaming.aggregate import Aggregator
from streaming.journal import Entry
from streaming.models import StreamingSession
from streaming.ticks import SymbolTable
from tests.admin_processing.fidelity.market import (
    TUESDAY,
    Streamed,
    batch,
    clear,
    enter_gap,
    everything,
    indicators,
    minutes,
    same_indicators,
    without,
)
from tests.admin_processing.made_provider import MadeProvider
from tests.admin_processing.runs.conftest import ask, counts, row
from tests.doubles.massive_market import Bars, Market
from tests.doubles.massive_rest import MassiveRestDouble
from tests.patterns.bars import MINUTE
from tests.patterns.database import store_bars
from tests.streaming.entries import NOON_MS, Trade, clock, ticks, trade
from tests.streaming.reference import SlowBars

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_client")]

AT_ONCE = RetryRules(tries=4, first_secs=0.0, longest_secs=0.0, too_many_secs=0.0)
DAY = date(2024, 7, 2)
BARS = minutes(TUESDAY, 30, 4)


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch: Any) -> None:
    monkeypatch.setattr("admin_processing.runs.wake.wake_worker", lambda task: False)


@pytest.fixture
def provider(monkeypatch: Any) -> MadeProvider:
    """It has every bar of the day."""
    made = MadeProvider(batch(BARS))
    monkeypatch.setattr(reconcile.PHASE, "_find", lambda name: made)
    return made


def compared(**asked: Any) -> str:
    run_id = ask(**{"phases": ["reconcile"], "since": DAY, "through": DAY, **asked})
    work_through()
    assert row(run_id, "status", "error") == ("completed", "")
    return run_id


def stored(made: Sequence[Any]) -> None:
    """Bars of the real market that nobody has analysed."""
    store_bars(list(made))
    MinuteBar.objects.update(source="massive")


def changed(number: int, place: int, **values: float) -> list[Any]:
    """The day's bars, one of them with other values."""
    bars = list(BARS)
    columns = {name: getattr(bars[number], name).copy() for name in values}
    for name, value in values.items():
        columns[name][place] = value
    bars[number] = replace(bars[number], **columns)
    return bars


def figures() -> tuple[Any, ...]:
    names = ("bars", "equal", "explained", "unexplained", "corrected")
    return FidelityDay.objects.values_list(*names).get()


def listed() -> list[tuple[Any, ...]]:
    names = ("symbol", "timestamp", "rule", "corrected", "ours", "theirs")
    return list(FidelityDifference.objects.order_by("symbol", "timestamp").values_list(*names))


def test_a_day_without_a_difference_scores_one(provider: MadeProvider) -> None:
    stored(BARS)
    run_id = compared()
    day = FidelityDay.objects.get()
    assert (day.day, day.source, day.symbols, day.score) == (DAY, "massive", 5, 1.0)
    assert figures() == (150, 150, 0, 0, 0)
    assert str(day.run_id) == run_id
    assert not FidelityDifference.objects.exists()
    assert not MinuteRevision.objects.exists()


def test_a_difference_is_listed_with_both_bars_and_the_provider_s_is_taken_over(
    provider: MadeProvider,
) -> None:
    stored(changed(10, 1, volume=7.0))
    compared()
    ((symbol, timestamp, rule, corrected, ours, theirs),) = listed()
    assert (symbol, timestamp, rule, corrected) == (
        "BRK.B",
        from_ms(BARS[10].minute_ms),
        "",
        True,
    )
    assert (ours["volume"], theirs["volume"]) == (7.0, BARS[10].volume[1])
    bar = MinuteBar.objects.get(symbol=symbol, timestamp=timestamp)
    assert (bar.volume, bar.revision, bar.source) == (BARS[10].volume[1], 1, "massive")
    assert MinuteBar.objects.exclude(revision=0).count() == 1
    assert figures() == (150, 149, 0, 1, 1)
    assert FidelityDay.objects.get().score == 149 / 150


def test_a_second_comparison_finds_the_same_and_takes_nothing_over(
    provider: MadeProvider,
) -> None:
    enter_gap(BARS[20].minute_ms, BARS[21].minute_ms + 1)
    stored(without(changed(10, 1, volume=7.0), range(20, 22)))
    compared()
    first, before = figures(), listed()
    assert first == (150, 139, 10, 1, 11)
    assert FidelityDay.objects.get().by_rule == {"gap": 10}
    run_id = compared()
    assert figures() == first
    assert listed() == before
    assert counts(run_id)["reconcile"]["rows"] == 0
    assert MinuteBar.objects.filter(revision__gt=1).count() == 0


def test_one_symbol_compared_again_replaces_its_part_of_the_figures(
    provider: MadeProvider,
) -> None:
    stored(changed(10, 1, volume=7.0))
    compared()
    compared(symbols=["AAPL"])
    assert figures() == (150, 149, 0, 1, 1)
    assert FidelityDay.objects.get().symbols == 5


def test_what_the_provider_changes_after_a_comparison_is_a_correction(
    provider: MadeProvider,
) -> None:
    stored(BARS)
    compared()
    provider.held = batch(changed(12, 0, close=float(BARS[12].low[0])))
    compared()
    ((symbol, _, rule, corrected, _, theirs),) = listed()
    assert (symbol, rule, corrected) == ("AAPL", "correction", True)
    bar = MinuteBar.objects.get(symbol="AAPL", timestamp=from_ms(BARS[12].minute_ms))
    assert bar.close == theirs["close"] == BARS[12].low[0]
    assert figures() == (150, 149, 1, 0, 1)


def test_a_bar_that_the_provider_does_not_have_is_listed_and_kept(provider: MadeProvider) -> None:
    stored(BARS)
    provider.held = batch(without(BARS, range(5, 6), rows=[2]))
    for _ in range(2):
        compared()
        ((symbol, _, rule, corrected, ours, theirs),) = listed()
        assert (symbol, rule, corrected, theirs) == ("F", "", False, None)
        assert ours["close"] == BARS[5].close[2]
    assert MinuteBar.objects.filter(symbol="F").count() == 30


def test_minutes_before_the_stream_began_are_explained_by_that(provider: MadeProvider) -> None:
    StreamingSession.objects.create(
        universe="none",
        source="massive",
        symbol_count=5,
        start_time=from_ms(BARS[3].minute_ms),
        end_time=from_ms(BARS[29].minute_ms + MINUTE),
    )
    stored(BARS[3:])
    compared()
    assert FidelityDay.objects.get().by_rule == {"not_streamed": 15}
    assert MinuteBar.objects.count() == 150


def test_what_follows_from_a_corrected_bar_is_as_if_it_had_been_right(
    provider: MadeProvider,
) -> None:
    Streamed().feed(BARS)
    whole, values = everything(), indicators()
    clear()
    Streamed().feed(changed(10, 1, close=float(BARS[10].low[1])))
    assert everything() != whole
    compared()
    assert everything() == whole
    same_indicators(indicators(), values)


def test_a_failed_request_leaves_its_symbol_for_a_retry(
    provider: MadeProvider, settings: Any
) -> None:
    settings.PROCESSING_RETRY_SECS = []
    stored(changed(10, 1, volume=7.0))
    provider.errors["MSFT"] = UnitFailed("503 after 5 attempts")
    run_id = compared()
    assert figures() == (120, 119, 0, 1, 1)
    provider.errors.clear()
    compared(since=None, through=None, retry_of=run_id)
    assert figures() == (150, 149, 0, 1, 1)
    assert FidelitySymbol.objects.count() == 5


def test_without_days_the_last_sessions_are_compared_once(
    provider: MadeProvider, monkeypatch: Any
) -> None:
    friday_ms = to_ms(datetime(2024, 7, 5, 5, 0, tzinfo=UTC))
    monkeypatch.setattr("admin_processing.fidelity.clock.now_ms", lambda: friday_ms)
    stored(BARS)
    compared(since=None, through=None)
    assert [day.day for day in FidelityDay.objects.all()] == [DAY]
    assert len(provider.read) == 5
    compared(since=None, through=None)
    assert len(provider.read) == 5


def test_a_night_heals_then_compares_and_analyses_once(
    provider: MadeProvider, monkeypatch: Any
) -> None:
    monkeypatch.setattr(heal.PHASE, "_find", lambda name: provider)
    Streamed().feed(BARS)
    whole, values = everything(), indicators()
    clear()
    Streamed().feed(without(changed(10, 1, close=float(BARS[10].low[1])), range(20, 22)))
    gap = enter_gap(BARS[20].minute_ms, BARS[21].minute_ms + 1)
    compared(phases=["heal", "reconcile"])
    assert everything() == whole
    same_indicators(indicators(), values)
    gap.refresh_from_db()
    assert gap.healed_how == "rest: 10 bars"
    assert figures() == (150, 149, 0, 1, 1)
    told = "indicators and detections of changed minutes"
    assert ProcessingLog.objects.filter(message__startswith=told).count() == 1


def test_several_workers_add_up_one_day(provider: MadeProvider) -> None:
    stored(changed(10, 1, volume=7.0))
    run_id = ask(phases=["reconcile"], since=DAY, through=DAY)

    def work() -> None:
        try:
            work_through()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert row(run_id, "status") == "completed"
    assert figures() == (150, 149, 0, 1, 1)
    assert FidelityDay.objects.get().symbols == 5


def test_a_replayed_market_has_nobody_to_be_compared_with(provider: MadeProvider) -> None:
    store_bars(BARS)
    MinuteBar.objects.update(source="replay")
    compared()
    assert not FidelityDay.objects.exists()
    assert ProcessingLog.objects.filter(message__contains="source 'replay'").exists()


# --- from trades to the score, over a real socket ------------------------------------------------

TRADED = SymbolTable(["AAPL", "MSFT"])


def trades() -> list[Trade]:
    """Twenty minutes of two symbols, twelve trades a minute, each of round lots."""
    rng = np.random.default_rng(9)
    made = []
    for number in range(20 * 12):
        for symbol in range(2):
            price = 100.0 + round(float(rng.normal(0.0, 0.4)), 2)
            size = 100.0 * float(rng.integers(1, 9))
            key = 2 * number + symbol + 1
            at = 5 * number + 1.0
            made.append(trade(at, price, size, symbol=symbol, sequence=number, key=key))
    return made


def minute_of(item: Trade) -> tuple[int, int]:
    return item["symbol_id"], (item["time_ms"] - NOON_MS) // MINUTE


def planted() -> list[Trade]:
    """The trades as a faulty stream counts them; see `FAULTS`."""
    made = []
    for item in trades():
        symbol, minute = minute_of(item)
        in_middle = item["sequence"] % 12 == 6
        if (symbol, minute) == (0, 3) and in_middle:
            continue
        if (symbol, minute) == (0, 7) and in_middle:
            made.append({**item, "trade_key": item["trade_key"] + 10_000})
        if (symbol, minute) == (1, 11):
            item = {**item, "time_ms": item["time_ms"] + MINUTE}
        made.append(item)
    return made


FAULTS = {("AAPL", 3), ("AAPL", 7), ("AAPL", 15), ("MSFT", 11), ("MSFT", 12)}
"""A dropped trade, a doubled one, a wrong close, and a minute's trades counted in the next."""


def entries(made: Sequence[Trade]) -> list[Entry]:
    """A journal of them, an entry a minute."""
    ordered = sorted(made, key=lambda item: item["time_ms"])
    by_minute = groupby(ordered, lambda item: item["time_ms"] // MINUTE)
    journal = [ticks(number, *group) for number, (_, group) in enumerate(by_minute, 1)]
    return [*journal, clock(len(journal) + 1, 21 * 60)]


def stream_them(made: Sequence[Trade]) -> None:
    """Through the stream's own aggregator and store."""
    aggregator = Aggregator()
    for entry in entries(made):
        for minute in aggregator.apply(entry).closed:
            with transaction.atomic(), connection.cursor() as cursor:
                store.save_bars(cursor, [minute], TRADED, "massive")


def provider_s_market() -> Market:
    """Bars of the same trades, added up one by one in plain Python."""
    slow = SlowBars()
    for entry in entries(trades()):
        slow.apply(entry)
    rows = []
    for (symbol, minute), bar in slow.bars.items():
        opened, high, low, close, volume, count = bar.row(False)[:6]
        value = sum(item[2] * item[3] for item in bar.trades)
        key = minute * MINUTE
        rows.append(
            (TRADED.names[symbol], key, opened, high, low, close, volume, value / volume, count)
        )
    columns = list(zip(*rows, strict=True))
    names = ("symbol", "key", "o", "h", "l", "c", "v", "vw", "n")
    held = {name: np.array(column) for name, column in zip(names, columns, strict=True)}
    held["vw"] = np.round(held["vw"], 4)
    return Market(minute=Bars(held))


@pytest.fixture
def massive(settings: Any, monkeypatch: Any) -> Iterator[MassiveRestDouble]:
    limit = SharedLimit(settings.REDIS_URL, "test-key", 6_000, 1)
    with MassiveRestDouble(provider_s_market()) as server:
        client = MassiveClient(server.url, server.key, limit, rules=AT_ONCE)
        made = MassiveProvider(client, calendar("XNYS"))
        monkeypatch.setattr(reconcile.PHASE, "_find", lambda name: made)
        yield server
        client.close()


def test_a_stream_without_faults_scores_one_over_a_real_socket(
    massive: MassiveRestDouble,
) -> None:
    stream_them(trades())
    compared()
    assert figures() == (40, 40, 0, 0, 0)
    assert massive.asked["range"] == 2


def test_planted_faults_come_out_unexplained_each_in_its_minute(
    massive: MassiveRestDouble,
) -> None:
    massive.script.fail_next = ["500", "truncated"]
    stream_them(planted())
    wrong = MinuteBar.objects.get(symbol="AAPL", timestamp=from_ms(NOON_MS + 15 * MINUTE))
    wrong_close = wrong.low if wrong.close != wrong.low else wrong.high
    MinuteBar.objects.filter(symbol="AAPL", timestamp=wrong.timestamp).update(close=wrong_close)
    compared()
    found = {
        (symbol, (timestamp.timestamp() * 1000 - NOON_MS) // MINUTE): rule
        for symbol, timestamp, rule, *_ in listed()
    }
    assert found == dict.fromkeys(FAULTS, "")
    assert figures() == (40, 35, 0, 5, 5)
    stream = set(MinuteBar.objects.values_list("symbol", "timestamp", "close", "volume"))
    MinuteBar.objects.all().delete()
    stream_them(trades())
    assert stream == set(MinuteBar.objects.values_list("symbol", "timestamp", "close", "volume"))


def test_late_trades_that_the_stream_counted_explain_what_is_missing(
    massive: MassiveRestDouble,
) -> None:
    """One trade of one minute comes sixteen minutes later: too late to be counted."""
    late = [t for t in trades() if minute_of(t) == (0, 2) and t["sequence"] % 12 == 6]
    stream_them([t for t in trades() if t not in late])
    StreamingSession.objects.create(
        universe="none",
        source="massive",
        symbol_count=2,
        start_time=from_ms(TUESDAY),
        end_time=from_ms(NOON_MS + 3_600_000),
        dropped_ticks=len(late),
    )
    compared()
    ((symbol, _, rule, corrected, *_),) = listed()
    assert (symbol, rule, corrected) == ("AAPL", "late_trade", True)
