"""Gaps and partial bars healed from a provider, and all that follows from their bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.db import connection

from admin_processing.models import ProcessingFailure, ProcessingLog
from admin_processing.phases import heal
from admin_processing.providers.base import UnitFailed
from admin_processing.runs.worker import work_through
from market.calendar import from_ms
from market.models import MinuteBar
from patterns.models import IntradayPattern, MinuteRevision, OutboxEvent
from streaming.models import FeedGap
from tests.admin_processing.fidelity.market import (
    TUESDAY,
    WEDNESDAY,
    Streamed,
    batch,
    clear,
    detections,
    enter_gap,
    everything,
    indicators,
    minutes,
    same_indicators,
    without,
)
from tests.admin_processing.made_provider import MadeProvider
from tests.admin_processing.runs.conftest import ask, counts, row
from tests.patterns.bars import MINUTE, Minute
from tests.patterns.database import SYMBOLS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_client"),
]

TWO_DAYS = [*minutes(TUESDAY, 45, 4), *minutes(WEDNESDAY, 10, 5)]
LONG_DAY = minutes(TUESDAY, 100, 4)
MISSED = range(20, 25)
BEFORE, IN_GAP = 19, 21
LOST_MS = TUESDAY + 20 * MINUTE + 5_000
FOUND_MS = TUESDAY + 24 * MINUTE + 30_000


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch: Any) -> None:
    monkeypatch.setattr("admin_processing.runs.wake.wake_worker", lambda task: False)


@pytest.fixture
def provider(monkeypatch: Any) -> MadeProvider:
    """It has every bar of the two days."""
    made = MadeProvider(batch(TWO_DAYS))
    monkeypatch.setattr(heal.PHASE, "_find", lambda name: made)
    return made


def healed(**asked: Any) -> str:
    run_id = ask(phases=["heal"], **{"since": "2024-07-01", **asked})
    work_through()
    return run_id


def disturbed(whole: Sequence[Minute] = TWO_DAYS) -> list[Minute]:
    """Five minutes are missing; the one before them was cut short for one symbol."""
    cut = whole[BEFORE]
    partial, volume, close = cut.is_partial.copy(), cut.volume.copy(), cut.close.copy()
    partial[2], volume[2], close[2] = True, volume[2] - 3, cut.low[2]
    half = replace(cut, is_partial=partial, volume=volume, close=close)
    return without([*whole[:BEFORE], half, *whole[BEFORE + 1 :]], MISSED)


def test_after_healing_everything_is_as_if_nothing_had_been_missed(provider: MadeProvider) -> None:
    Streamed().feed(TWO_DAYS)
    whole, values = everything(), indicators()
    clear()
    Streamed().feed(disturbed())
    assert detections() != whole["detections"]
    gap = enter_gap(LOST_MS, FOUND_MS)
    run_id = healed()
    assert row(run_id, "status", "error") == ("completed", "")
    after = everything()
    for name, expected in whole.items():
        assert after[name] == expected, name
    same_indicators(indicators(), values)
    gap.refresh_from_db()
    assert gap.healed_at is not None
    assert gap.healed_how == "rest: 25 bars"


def test_a_gap_of_one_symbol_leaves_the_others_alone(provider: MadeProvider) -> None:
    Streamed().feed(TWO_DAYS)
    whole = everything()
    clear()
    Streamed().feed(without(TWO_DAYS, MISSED, rows=[1]))
    enter_gap(LOST_MS, FOUND_MS, ["BRK.B"])
    healed()
    assert everything() == whole
    assert FeedGap.objects.get().healed_how == "rest: 5 bars"
    assert provider.read == ["BRK.B"]
    assert set(MinuteRevision.objects.values_list("symbol", "stale_since")) == {("BRK.B", None)}


def test_a_healed_partial_bar_is_a_revision_of_the_same_source(provider: MadeProvider) -> None:
    Streamed().feed(disturbed())
    healed()
    bar = MinuteBar.objects.get(symbol="F", timestamp=moment(BEFORE))
    assert (bar.is_partial, bar.revision, bar.source) == (False, 1, "massive")
    assert bar.close == TWO_DAYS[BEFORE].close[2]


def moment(number: int) -> Any:
    return from_ms(TWO_DAYS[number].minute_ms)


def test_detections_that_no_longer_hold_are_marked_and_never_deleted(
    provider: MadeProvider,
) -> None:
    provider.held = batch(LONG_DAY)
    Streamed().feed(disturbed(LONG_DAY))
    before = set(IntradayPattern.objects.values_list("symbol", "timestamp", "detection_key"))
    held = {key[:3] for key in detections()}
    enter_gap(LOST_MS, FOUND_MS)
    healed()
    after = set(IntradayPattern.objects.values_list("symbol", "timestamp", "detection_key"))
    assert before <= after
    lost = held - {key[:3] for key in detections()}
    assert lost
    for symbol, timestamp, key in lost:
        gone = IntradayPattern.objects.get(symbol=symbol, timestamp=timestamp, detection_key=key)
        assert (gone.state, gone.pattern_data["holds"]) == ("revised", False)


def test_what_is_found_in_healed_minutes_is_no_news_but_what_it_changes_is_told(
    provider: MadeProvider, settings: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nobody takes events, so they wait
    Streamed().feed(disturbed())
    OutboxEvent.objects.all().delete()
    enter_gap(LOST_MS, FOUND_MS)
    healed()
    kinds = {event.split('"type":"')[1].split('"')[0] for event in patterns_told()}
    assert "pattern_revised" in kinds
    assert "pattern_detected" not in kinds


def patterns_told() -> list[str]:
    told = OutboxEvent.objects.filter(channel__startswith="tickstock:patterns:streaming")
    return list(told.values_list("event", flat=True))


def test_a_second_run_finds_nothing_to_do(provider: MadeProvider) -> None:
    Streamed().feed(disturbed())
    enter_gap(LOST_MS, FOUND_MS)
    healed()
    before, read = everything(), len(provider.read)
    run_id = healed()
    assert counts(run_id)["heal"]["rows"] == 0
    assert len(provider.read) == read
    assert everything() == before


def test_a_minute_without_trades_is_healed_too(provider: MadeProvider) -> None:
    streamed = without(TWO_DAYS, MISSED)
    Streamed().feed(streamed)
    provider.held = batch(streamed)
    enter_gap(LOST_MS, FOUND_MS)
    healed()
    assert FeedGap.objects.get().healed_how == "no trades"


def test_a_partial_bar_of_which_the_provider_knows_nothing_is_all_there_was(
    provider: MadeProvider,
) -> None:
    Streamed().feed(disturbed())
    provider.held = batch(without(TWO_DAYS, range(BEFORE, BEFORE + 1)))
    healed()
    assert not MinuteBar.objects.filter(is_partial=True).exists()


def test_a_provider_that_knows_nothing_of_a_symbol_heals_none_of_its_bars(
    provider: MadeProvider,
) -> None:
    Streamed().feed(disturbed())
    provider.held = provider.held.where(provider.held.symbol != "F")
    healed()
    assert MinuteBar.objects.filter(is_partial=True, symbol="F").count() == 1


def test_a_failed_request_leaves_the_gap_open_and_is_tried_again(
    provider: MadeProvider, settings: Any
) -> None:
    settings.PROCESSING_RETRY_SECS = []
    Streamed().feed(disturbed())
    gap = enter_gap(LOST_MS, FOUND_MS)
    provider.errors["MSFT"] = UnitFailed("503 after 5 attempts")
    run_id = healed()
    gap.refresh_from_db()
    assert gap.healed_at is None
    assert MinuteBar.objects.filter(timestamp=moment(IN_GAP)).count() == 0, (
        "all of a gap or nothing"
    )
    failure = ProcessingFailure.objects.get(symbol__startswith="gap of massive from 2024-07-02")
    assert failure.error == "503 after 5 attempts"
    provider.errors.clear()
    retry = ask(phases=["heal"], retry_of=run_id)
    work_through()
    assert row(retry, "status") == "completed"
    gap.refresh_from_db()
    assert gap.healed_how == "rest: 25 bars"
    failure.refresh_from_db()
    assert failure.resolved_at is not None


def test_a_made_up_market_is_left_alone_and_the_log_says_so(provider: MadeProvider) -> None:
    Streamed("synthetic").feed(disturbed())
    gap = enter_gap(LOST_MS, FOUND_MS, feed="synthetic")
    healed()
    gap.refresh_from_db()
    assert gap.healed_at is None
    assert provider.read == []
    assert ProcessingLog.objects.filter(
        message="minute bars are of source 'synthetic', for which no provider has others"
    ).exists()


def test_a_gap_of_a_session_that_goes_on_is_left_to_the_stream(
    provider: MadeProvider, monkeypatch: Any
) -> None:
    """Wednesday has begun: Tuesday's gap is healed, its own is not, nor what follows from both."""
    now_ms = WEDNESDAY + 60 * MINUTE
    monkeypatch.setattr("admin_processing.fidelity.clock.now_ms", lambda: now_ms)
    Streamed().feed(disturbed())
    yesterday = enter_gap(LOST_MS, FOUND_MS)
    today = enter_gap(WEDNESDAY + 2 * MINUTE, WEDNESDAY + 3 * MINUTE)
    healed()
    for gap, is_healed in ((yesterday, True), (today, False)):
        gap.refresh_from_db()
        assert (gap.healed_at is not None) is is_healed
    left = set(MinuteRevision.objects.values_list("stale_since", flat=True))
    assert left == {from_ms(WEDNESDAY)}


def test_a_worker_killed_after_the_bars_leaves_the_analysis_to_the_next(
    provider: MadeProvider, monkeypatch: Any
) -> None:
    class Killed(BaseException):
        """As kill -9: nothing of the worker's runs any more."""

    def die(*args: Any, **more: Any) -> None:
        raise Killed

    Streamed().feed(TWO_DAYS)
    whole, values = everything(), indicators()
    clear()
    Streamed().feed(disturbed())
    enter_gap(LOST_MS, FOUND_MS)
    with monkeypatch.context() as patched:
        patched.setattr("admin_processing.fidelity.reanalysis.rolled_rows.save", die)
        with pytest.raises(Killed):
            healed()
    assert MinuteRevision.objects.exclude(stale_since=None).count() == len(SYMBOLS)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE processing_chunks SET lease_until = now() WHERE status = 'working'")
    work_through()
    assert everything() == whole
    same_indicators(indicators(), values)


def test_bars_that_fail_the_checks_are_listed_and_not_stored(provider: MadeProvider) -> None:
    Streamed().feed(disturbed())
    faulty = provider.held.where(np.ones(len(provider.held), np.bool_))
    faulty.high[(faulty.time_ms == TWO_DAYS[IN_GAP].minute_ms) & (faulty.symbol == "AAPL")] = 0.5
    provider.held = faulty
    enter_gap(LOST_MS, FOUND_MS)
    healed()
    assert not MinuteBar.objects.filter(symbol="AAPL", timestamp=moment(IN_GAP)).exists()
    assert FeedGap.objects.get().healed_how == "rest: 24 bars"
