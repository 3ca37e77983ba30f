"""Sessions in the database: opened, closed, and cleared up after a crash."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from streaming.counters import Counters
from streaming.models import StreamingSession, StreamPosition
from streaming.sessions import (
    Totals,
    close_session,
    interrupt_left_over,
    last_sign_of_life,
    open_session,
    save_totals,
    session_payload,
    totals_since,
)

NOON = datetime(2024, 7, 2, 16, 0, tzinfo=UTC)


def opened(source: str = "synthetic") -> StreamingSession:
    return open_session(universe="market_leaders:top_500", source=source, symbol_count=70, now=NOON)


def test_totals_are_those_since_the_session_began() -> None:
    counters = Counters(ticks_processed=1_000, bars_written=70)
    base = totals_since(counters)
    counters.ticks_processed += 500
    counters.dropped["too_late"] += 3
    assert totals_since(counters, base) == Totals(ticks_processed=500, dropped_ticks=3)


@pytest.mark.django_db
def test_a_session_opens_within_half_a_second() -> None:
    began = time.perf_counter()
    session = opened()
    assert time.perf_counter() - began < 0.5
    assert StreamingSession.objects.get().session_id == session.session_id


@pytest.mark.django_db
def test_a_started_session_is_told_without_an_end() -> None:
    session = opened()
    assert session_payload(session) == {
        "session_id": str(session.session_id),
        "universe": "market_leaders:top_500",
        "source": "synthetic",
        "symbol_count": 70,
        "start_time": "2024-07-02T16:00:00+00:00",
        "status": "running",
    }


@pytest.mark.django_db
def test_a_stopped_session_is_told_with_its_duration_and_totals() -> None:
    session = opened()
    totals = Totals(1_000, 70, 2, 910, 1, 3, 0)
    payload = session_payload(close_session(session, totals, NOON + timedelta(minutes=1)))
    assert payload["status"] == "stopped"
    assert payload["end_time"] == "2024-07-02T16:01:00+00:00"
    assert payload["duration_seconds"] == 60.0
    assert [
        payload[name]
        for name in (
            "ticks_processed",
            "bars_written",
            "patterns_detected",
            "indicators_calculated",
        )
    ] == [1_000, 70, 2, 910]
    assert StreamingSession.objects.get().dropped_ticks == 3


@pytest.mark.django_db
def test_closing_twice_changes_nothing() -> None:
    session = close_session(opened(), Totals(5), NOON + timedelta(minutes=1))
    again = close_session(session, Totals(9), NOON + timedelta(minutes=2))
    assert (again.ticks_processed, again.end_time) == (5, NOON + timedelta(minutes=1))


@pytest.mark.django_db
def test_a_killed_session_keeps_the_figures_of_its_last_health() -> None:
    save_totals(opened(), Totals(ticks_processed=1_234), symbol_count=71)
    [left] = interrupt_left_over("synthetic", NOON + timedelta(hours=1))
    kept = StreamingSession.objects.get()
    assert (kept.status, kept.ticks_processed, kept.symbol_count) == ("interrupted", 1_234, 71)
    assert session_payload(left)["status"] == "interrupted"


@pytest.mark.django_db
def test_only_running_sessions_of_the_source_are_interrupted() -> None:
    done = close_session(opened(), Totals(), NOON)
    other = opened("massive")
    assert interrupt_left_over("synthetic", NOON) == []
    assert StreamingSession.objects.get(pk=done.pk).status == "stopped"
    assert StreamingSession.objects.get(pk=other.pk).status == "running"


@pytest.mark.django_db
def test_a_killed_session_ends_with_its_last_save() -> None:
    opened()
    position = StreamPosition.objects.create(feed="synthetic", epoch="1", source="synthetic")
    saved = NOON + timedelta(minutes=7)
    StreamPosition.objects.filter(pk=position.pk).update(updated_at=saved)
    [left] = interrupt_left_over("synthetic", NOON + timedelta(hours=1))
    assert left.end_time == saved


@pytest.mark.parametrize("minutes", [-1, 61])
def test_a_save_outside_the_session_is_no_sign_of_its_life(minutes: int) -> None:
    now = NOON + timedelta(hours=1)
    assert last_sign_of_life(NOON, NOON + timedelta(minutes=minutes), now) == now
    assert last_sign_of_life(NOON, None, now) == now
