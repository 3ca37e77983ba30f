"""Saving analyses, against the real database."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.models import Max, Min

from patterns import outbox, store
from patterns.analysis import FORMED, MinuteAnalysis
from patterns.engine import LiveEngine
from patterns.identity import event_id
from patterns.models import (
    IndicatorSet,
    IndicatorValues,
    IntradayIndicator,
    IntradayPattern,
    OutboxEvent,
)
from tests.patterns.bars import START, minute, session_start, walk
from tests.patterns.database import NOW, SYMBOLS, engine, indicator_rows, rows, save, store_bars
from tests.patterns.eager import some

pytestmark = pytest.mark.django_db


def test_saving_the_same_analysis_twice_changes_nothing():
    live = engine()
    analyses = [live.close(m) for m in walk(len(SYMBOLS), 60)]
    first = save(analyses)
    before = rows(), indicator_rows()
    again = save(analyses, NOW + timedelta(minutes=5))
    assert first.formed == sum(a.detection_count for a in analyses) > 20
    assert first.lives == len(latest_lives(analyses)) > 20
    assert (again.formed, again.revised, again.lives) == (0, 0, 0)
    assert (rows(), indicator_rows()) == before
    assert OutboxEvent.objects.count() == first.formed + first.lives


def latest_lives(analyses: Sequence[MinuteAnalysis]) -> dict[str, list]:
    """The last that is told of each detection's life."""
    return {c.detection.detection_id: c.life for a in analyses for c in a.changes}


def test_detections_are_stored_as_the_contract_has_them():
    live = engine()
    analyses = [live.close(m) for m in walk(len(SYMBOLS), 60)]
    save(analyses)
    detection = next(d for a in reversed(analyses) for d in a.found)
    row = IntradayPattern.objects.get(detection_id=detection.detection_id)
    assert (row.symbol, row.detection_key) == (detection.symbol, detection.detection_key)
    assert row.detection_key == f"{row.pattern_type}:1m"
    assert (row.timeframe, row.tier, row.state) == ("1m", "intraday", FORMED)
    assert (row.direction, row.confidence, row.price) == (
        detection.direction,
        detection.confidence,
        detection.price,
    )
    assert row.timestamp.timestamp() * 1000 == detection.bar_time_ms
    assert row.detection_timestamp == NOW
    assert row.pattern_data == detection.pattern_data


def test_what_became_of_a_detection_is_stored_minute_by_minute_or_at_once():
    live = engine()
    analyses = [live.close(m) for m in walk(len(SYMBOLS), 60)]
    for analysis in analyses:
        save([analysis])
    one_by_one = {row.detection_id: (row.state, row.life) for row in IntradayPattern.objects.all()}
    lives = latest_lives(analyses)
    for name, (state, life) in one_by_one.items():
        assert life == lives.get(str(name))
        assert state == (life[-1][0] if life else FORMED)
    assert {state for state, _ in one_by_one.values()} >= {
        "formed",
        "confirmed",
        "failed",
        "target_reached",
        "expired",
    }
    IntradayPattern.objects.all().delete()
    save(analyses)
    assert one_by_one == {
        row.detection_id: (row.state, row.life) for row in IntradayPattern.objects.all()
    }


def test_each_step_of_a_life_is_an_event_with_a_number_of_its_own():
    live = engine()
    analyses = [live.close(m) for m in walk(len(SYMBOLS), 60)]
    for analysis in analyses:
        save([analysis])
    told = [json.loads(event) for event in OutboxEvent.objects.values_list("event", flat=True)]
    steps = [event for event in told if event["type"] == "pattern_state"]
    changes = [(c.detection.detection_id, c.life[-1][0]) for a in analyses for c in a.changes]
    seen = [(event["pattern"]["detection_id"], event["pattern"]["state"]) for event in steps]
    assert sorted(seen) == sorted(changes)
    assert len({event["event_id"] for event in told}) == len(told)


def test_events_follow_the_contract_in_the_order_of_seq():
    live = engine()
    save([live.close(m) for m in walk(len(SYMBOLS), 60)])
    with connection.cursor() as cursor:
        waiting = outbox.pending(cursor)
        events = [json.loads(event) for _, _, event in waiting]
        seqs = [event["pattern"]["seq"] for event in events]
        assert seqs == sorted(seqs)
        assert {channel for _, channel, _ in waiting} == {"tickstock:patterns:streaming"}
        assert set(events[0]["pattern"]) >= {
            "detection_id", "seq", "state", "symbol", "pattern_type", "timeframe", "tier",
            "direction", "confidence", "price", "bar_timestamp", "detection_timestamp", "flow_id",
        }  # fmt: skip
        first = events[0]
        assert first["type"] == "pattern_detected"
        assert first["event_id"] == event_id(first["pattern"]["detection_id"], seqs[0])
        row = IntradayPattern.objects.get(detection_id=first["pattern"]["detection_id"])
        assert row.seq >= seqs[0]
        assert UUID(first["pattern"]["flow_id"]) == row.flow_id
        assert datetime.fromisoformat(first["pattern"]["bar_timestamp"]) == row.timestamp
        outbox.forget(cursor, [number for number, _, _ in waiting[:2]])
        assert outbox.pending(cursor, 1)[0] == waiting[2]


def test_analyses_of_another_timeframe_are_kept_apart():
    live, slower = engine(), LiveEngine(list(SYMBOLS), some(), session_start, "5m")
    minutes = walk(len(SYMBOLS), 40)
    analyses = [live.close(m) for m in minutes]
    longer = [slower.close(m) for m in minutes]
    result = save([*analyses, *longer])
    assert IntradayPattern.objects.filter(timeframe="5m").count() * 2 == result.formed
    assert IntradayPattern.objects.filter(detection_key="doji:5m").exists()
    assert save([*longer, *analyses]).formed == 0


def test_the_view_shows_one_row_an_indicator_without_those_warming_up():
    live = engine()
    analyses = [live.close(m) for m in walk(len(SYMBOLS), 60, traded=1.0)]
    result = save(analyses, stored=["all"])
    shown = IntradayIndicator.objects.filter(
        symbol="AAPL", timestamp=datetime.fromtimestamp(analyses[-1].bar_time_ms / 1000, UTC)
    )
    expected = analyses[-1].indicators(0)
    assert {row.indicator_name: row.value for row in shown} == expected
    assert len(expected) > 5
    assert IntradayIndicator.objects.count() == result.indicator_values
    assert IndicatorValues.objects.count() == result.indicator_rows
    assert not IntradayIndicator.objects.filter(value=float("nan")).exists()


def test_only_the_chosen_indicators_are_stored():
    live = engine()
    analyses = [live.close(m) for m in walk(len(SYMBOLS), 40)]
    result = save(analyses, stored=["RSI_14", "VWAP"])
    names = set(IntradayIndicator.objects.values_list("indicator_name", flat=True))
    assert names == {"RSI_14", "VWAP"}
    assert result.indicator_values == IntradayIndicator.objects.count()
    again = save(analyses, stored=["VWAP"])
    assert set(IntradayIndicator.objects.values_list("indicator_name", flat=True)) == {"VWAP"}
    assert save(analyses, stored=[]).indicator_rows == 0
    assert again.indicator_rows == IndicatorValues.objects.count()


def test_the_setting_chooses_what_is_stored(settings):
    settings.INDICATORS_STORED = ["SMA_20"]
    live = engine()
    save([live.close(m) for m in walk(len(SYMBOLS), 30)])
    assert set(IntradayIndicator.objects.values_list("indicator_name", flat=True)) == {"SMA_20"}


def test_an_analysis_of_nothing_is_saved_as_nothing():
    result = save([engine().close(minute(START, {}))])
    assert (result.indicator_rows, result.formed) == (0, 0)
    assert save([]) == result


@pytest.mark.parametrize(
    ("column", "value"), [("confidence", 1.5), ("confidence", -0.1), ("direction", "sideways")]
)
def test_the_database_refuses_what_no_detection_can_be(column, value):
    fields = {"direction": "bullish", "confidence": 0.5, column: value}
    with pytest.raises(IntegrityError), transaction.atomic():
        IntradayPattern.objects.create(
            symbol="A",
            timestamp=NOW,
            detection_key="doji:1m",
            detection_id=UUID(int=1),
            pattern_type="doji",
            timeframe="1m",
            **fields,
        )


def test_a_row_that_another_program_inserts_gets_the_defaults():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO intraday_patterns (symbol, timestamp, detection_key, detection_id,"
            " pattern_type, timeframe, direction, confidence)"
            " VALUES ('A', now(), 'x:1m', gen_random_uuid(), 'x', '1m', 'neutral', 0.5)"
        )
    row = IntradayPattern.objects.get()
    assert (row.state, row.tier, row.pattern_data) == ("formed", "intraday", {})
    assert row.seq is not None
    assert row.detection_timestamp is not None


def test_both_tables_are_hypertables_where_timescaledb_is(settings):
    if settings.TICKSTOCK_STORAGE != "timescaledb":
        pytest.skip("plain PostgreSQL")
    with connection.cursor() as cursor:
        cursor.execute("SELECT hypertable_name FROM timescaledb_information.hypertables")
        names = {name for (name,) in cursor.fetchall()}
    assert names >= {"intraday_patterns", "intraday_indicator_values"}


def test_models_say_what_they_are():
    live = engine()
    save([live.close(m) for m in walk(len(SYMBOLS), 40)])
    kinds = (IntradayPattern, IndicatorValues, IntradayIndicator, OutboxEvent, IndicatorSet)
    assert all(str(kind.objects.all()[0]) for kind in kinds)


def test_no_events_leave_nothing_behind():
    with connection.cursor() as cursor:
        outbox.add(cursor, "tickstock:patterns:streaming", [])
        assert outbox.pending(cursor) == []


@pytest.mark.django_db(transaction=True, databases=["default", "readwrite", "readonly"])
def test_the_streams_role_may_save_and_the_readers_may_not():
    minutes = walk(len(SYMBOLS), 60)
    store_bars(minutes)
    live = engine()
    with connections["readwrite"].cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("app_readwrite",)
        store.warm(cursor, live, minutes[30].minute_ms)
    analyses = [live.close(m) for m in minutes[30:]]
    for _ in range(2):
        with transaction.atomic("readwrite"), connections["readwrite"].cursor() as cursor:
            store.save(cursor, analyses, NOW)
    with connections["readwrite"].cursor() as cursor:
        outbox.forget(cursor, [number for number, _, _ in outbox.pending(cursor)])
    with connections["readonly"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM intraday_indicators")
        assert cursor.fetchone()[0] > 100
        with pytest.raises(DatabaseError, match="permission denied"):
            store.save(cursor, analyses, NOW)


@pytest.mark.django_db(transaction=True)
def test_seq_rises_in_the_order_of_commits_whoever_writes():
    """Two writers at once: who commits later has the higher numbers."""
    minutes = walk(len(SYMBOLS), 60)
    live = engine()
    # Without lives: they give detections of the first half a later number.
    halves = [replace(live.close(m), changes=()) for m in minutes]
    other = connections.create_connection("default")
    other.inc_thread_sharing()

    def write_second() -> None:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            store.save(cursor, halves[30:], NOW)
            cursor.execute("COMMIT")

    thread = threading.Thread(target=write_second)
    try:
        with transaction.atomic():
            save(halves[:30])
            thread.start()
            thread.join(0.3)
            assert thread.is_alive()
        thread.join(10)
    finally:
        thread.join(10)
        other.close()
    boundary = datetime.fromtimestamp(halves[30].bar_time_ms / 1000, UTC)
    first = IntradayPattern.objects.filter(timestamp__lt=boundary).aggregate(Max("seq"))
    second = IntradayPattern.objects.filter(timestamp__gte=boundary).aggregate(Min("seq"))
    assert first["seq__max"] < second["seq__min"]
