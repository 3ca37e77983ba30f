"""Saving analyses, against the real database."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.models import Max, Min

from market.storage.copy import copy_columns, encode_names, timestamps
from patterns import detection_rows, outbox, store, stored_bars
from patterns.analysis import FORMED, REVISED
from patterns.engine import LiveEngine
from patterns.identity import event_id
from patterns.models import (
    IndicatorSet,
    IndicatorValues,
    IntradayIndicator,
    IntradayPattern,
    OutboxEvent,
)
from patterns.on_request import indicators_for
from patterns.registry import UnknownDefinition, standard
from tests.patterns.bars import MINUTE, START, Minute, minute, session_start, walk

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 2, 15, 30, tzinfo=UTC)
SYMBOLS = ["AAPL", "BRK.B", "F", "MSFT", "ÜBER"]


def engine() -> LiveEngine:
    return LiveEngine(SYMBOLS, standard(), session_start)


def store_bars(minutes: list[Minute]) -> None:
    names = encode_names(SYMBOLS)
    with connection.cursor() as cursor:
        for m in minutes:
            columns = {
                "symbol": ("text", names[m.symbol_id]),
                '"timestamp"': ("i8", timestamps(np.full(len(m.symbol_id), m.minute_ms))),
                **{
                    name: ("f8", getattr(m, name))
                    for name in ("open", "high", "low", "close", "volume", "vwap")
                },
                "is_partial": ("bool", m.is_partial),
            }
            copy_columns(cursor, "ohlcv_1min", columns)


def rows() -> list[tuple]:
    fields = [f.name for f in IntradayPattern._meta.fields if f.name != "pk"]
    return sorted(IntradayPattern.objects.values_list(*fields), key=str)


def indicator_rows() -> list[str]:
    fields = ("symbol", "timestamp", "values", "calculation_timestamp")
    return sorted(map(str, IndicatorValues.objects.values_list(*fields)))


def save(analyses, now=NOW, stored=None):
    with connection.cursor() as cursor:
        return store.save(cursor, analyses, now, stored)


def test_saving_the_same_analysis_twice_changes_nothing():
    live = engine()
    analyses = [live.close(m) for m in walk(len(SYMBOLS), 60)]
    first = save(analyses)
    before = rows(), indicator_rows()
    again = save(analyses, NOW + timedelta(minutes=5))
    assert first.formed == sum(a.detection_count for a in analyses) > 20
    assert (again.formed, again.revised) == (0, 0)
    assert (rows(), indicator_rows()) == before
    assert OutboxEvent.objects.count() == first.formed


def test_detections_are_stored_as_the_contract_has_them():
    live = engine()
    analyses = [live.close(m) for m in walk(len(SYMBOLS), 60)]
    save(analyses)
    detection = next(d for d in analyses[40].detections())
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
        row = IntradayPattern.objects.get(seq=seqs[0])
        assert UUID(first["pattern"]["flow_id"]) == row.flow_id
        assert datetime.fromisoformat(first["pattern"]["bar_timestamp"]) == row.timestamp
        outbox.forget(cursor, [number for number, _, _ in waiting[:2]])
        assert outbox.pending(cursor, 1)[0] == waiting[2]


def revised_case(last_close: float):
    """An engine whose last bar is an engulfing, and that bar's revision."""
    live = engine()
    bars = [(60 - n, 60.2 - n, 58.8 - n, 59.0 - n, 100.0) for n in range(20)]
    bars.append((39.9, 42.5, 39.8, 42.0, 300.0))
    analyses = [live.close(minute(START + n * MINUTE, {0: bar})) for n, bar in enumerate(bars)]
    save(analyses)
    change = (39.9, 43.0, 39.8, last_close, 900.0)
    return live, live.revise([minute(START + 20 * MINUTE, {0: change})])


def test_a_revision_that_changes_a_detection_marks_it_revised():
    _, revisions = revised_case(last_close=42.6)
    before = IntradayPattern.objects.get(pattern_type="engulfing")
    result = save(revisions, NOW + timedelta(minutes=1))
    after = IntradayPattern.objects.get(pattern_type="engulfing")
    assert result.revised >= 1
    assert (before.state, after.state) == (FORMED, REVISED)
    assert after.price == 42.6
    assert after.confidence != before.confidence
    assert after.seq > before.seq
    assert after.detection_timestamp == before.detection_timestamp
    assert after.state_timestamp == NOW + timedelta(minutes=1)
    last = json.loads(OutboxEvent.objects.order_by("-id")[0].event)
    assert (last["type"], last["pattern"]["state"]) == ("pattern_revised", REVISED)


def test_a_pattern_that_a_revision_takes_away_is_kept_and_said_not_to_hold():
    live, revisions = revised_case(last_close=40.1)
    save(revisions)
    row = IntradayPattern.objects.get(pattern_type="engulfing")
    assert row.state == REVISED
    assert row.pattern_data["holds"] is False
    assert row.price == 42.0
    assert save(revisions).revised == 0
    back = live.revise([minute(START + 20 * MINUTE, {0: (39.9, 42.5, 39.8, 42.0, 300.0)})])
    assert save(back).revised >= 1
    row.refresh_from_db()
    assert (row.state, row.pattern_data["holds"]) == (REVISED, True)


def test_a_revision_replaces_the_stored_indicators():
    _, revisions = revised_case(last_close=42.6)
    save(revisions, NOW + timedelta(minutes=1))
    when = datetime.fromtimestamp((START + 20 * MINUTE) / 1000, UTC)
    row = IndicatorValues.objects.get(symbol="AAPL", timestamp=when)
    expected = revisions[-1].values[0]
    np.testing.assert_array_equal(row.values, expected)
    assert row.calculation_timestamp == NOW + timedelta(minutes=1)


def test_a_revision_of_many_symbols_finds_their_detections(monkeypatch):
    monkeypatch.setattr(detection_rows, "FEW_SYMBOLS", 0)
    _, revisions = revised_case(last_close=42.6)
    assert save(revisions).formed == 0


def test_a_revision_leaves_the_detections_of_other_symbols_alone():
    live = engine()
    minutes = walk(len(SYMBOLS), 60, traded=1.0)
    save([live.close(m) for m in minutes])
    others = [row for row in rows() if row[0] != "MSFT"]
    save(live.revise([minutes[-1].only(slice(3, 4))]))
    assert [row for row in rows() if row[0] != "MSFT"] == others


def test_of_two_analyses_of_one_minute_the_later_wins():
    live = engine()
    bars = [(60 - n, 60.2 - n, 58.8 - n, 59.0 - n, 100.0) for n in range(20)]
    bars.append((39.9, 42.5, 39.8, 42.0, 300.0))
    analyses = [live.close(minute(START + n * MINUTE, {0: bar})) for n, bar in enumerate(bars)]
    taken_away = minute(START + 20 * MINUTE, {0: (39.9, 43.0, 39.8, 40.1, 900.0)})
    save([*analyses, *live.revise([taken_away])])
    row = IntradayPattern.objects.get(pattern_type="engulfing")
    assert (row.state, row.pattern_data["holds"]) == (REVISED, False)


def test_analyses_of_another_timeframe_are_kept_apart():
    live = engine()
    analyses = [live.close(m) for m in walk(len(SYMBOLS), 40)]
    longer = [replace(a, timeframe="5m") for a in analyses]
    result = save([*analyses, *longer])
    assert IntradayPattern.objects.filter(timeframe="5m").count() * 2 == result.formed
    assert IntradayPattern.objects.filter(detection_key="doji:5m").exists()
    assert save([*longer, *analyses]).formed == 0


def test_what_another_program_found_on_the_same_bar_is_left_alone():
    _, revisions = revised_case(last_close=42.6)
    IntradayPattern.objects.create(
        symbol="AAPL",
        timestamp=datetime.fromtimestamp((START + 20 * MINUTE) / 1000, UTC),
        detection_key="moon_phase:1m",
        detection_id=UUID(int=7),
        pattern_type="moon_phase",
        timeframe="1m",
        direction="neutral",
        confidence=0.5,
    )
    save(revisions)
    row = IntradayPattern.objects.get(pattern_type="moon_phase")
    assert (row.state, row.pattern_data) == (FORMED, {})


def test_the_view_shows_one_row_an_indicator_without_those_warming_up():
    live = engine()
    analyses = [live.close(m) for m in walk(len(SYMBOLS), 60, traded=1.0)]
    result = save(analyses)
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


def test_a_minute_of_history_comes_back_as_it_was_closed():
    minutes = walk(len(SYMBOLS), 12, traded=0.7)
    store_bars(minutes)
    with connection.cursor() as cursor:
        loaded = store.load_minutes(cursor, SYMBOLS, minutes[3].minute_ms, minutes[9].minute_ms)
    expected = [m for m in minutes[3:9] if len(m.symbol_id)]
    assert [m.minute_ms for m in loaded] == [m.minute_ms for m in expected]
    for one, other in zip(loaded, expected, strict=True):
        for name, values in vars(other).items():
            np.testing.assert_array_equal(getattr(one, name), values, err_msg=name)


def test_no_history_is_an_empty_matrix():
    with connection.cursor() as cursor:
        assert store.load_minutes(cursor, SYMBOLS, START, START + MINUTE) == []
        matrix = store.load_history(cursor, SYMBOLS, 10, START, session_start)
        live = engine()
        store.warm(cursor, live, START)
    assert matrix.bars == 0
    assert live.close(minute(START, {0: (1, 2, 1, 2, 5)})).row.tolist() == [0]


def test_a_bar_without_a_vwap_comes_back_without_one():
    [bar] = walk(len(SYMBOLS), 1, traded=1.0)
    store_bars([bar])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ohlcv_1min SET vwap = NULL WHERE symbol = 'F'")
        matrix = store.load_history(cursor, SYMBOLS, 5, START + MINUTE, session_start)
    assert np.isnan(matrix.vwap[:, 0]).tolist() == [name == "F" for name in SYMBOLS]


def test_an_engine_warmed_from_the_database_finds_the_same_bit_for_bit(monkeypatch):
    monkeypatch.setattr(stored_bars, "BLOCK", 2)
    minutes = walk(len(SYMBOLS), 500, seed=11, traded=0.9)
    store_bars(minutes)
    whole, restarted = engine(), engine()
    expected = [whole.close(m) for m in minutes][450:]
    with connection.cursor() as cursor:
        store.warm(cursor, restarted, minutes[450].minute_ms)
        again = [restarted.close(m) for m in store.load_minutes(
            cursor, SYMBOLS, minutes[450].minute_ms, minutes[-1].minute_ms + 1
        )]  # fmt: skip
    assert [a.detections() for a in again] == [a.detections() for a in expected]
    for one, other in zip(again, expected, strict=True):
        np.testing.assert_allclose(one.values, other.values, rtol=1e-9)


def test_a_restart_that_analyses_minutes_again_writes_nothing_new():
    minutes = walk(len(SYMBOLS), 460, seed=12)
    store_bars(minutes)
    live, restarted = engine(), engine()
    save([live.close(m) for m in minutes])
    before = rows()
    with connection.cursor() as cursor:
        store.warm(cursor, restarted, minutes[440].minute_ms)
    result = save([restarted.close(m) for m in minutes[440:]], NOW + timedelta(hours=1))
    assert (result.formed, result.revised) == (0, 0)
    assert rows() == before


def test_indicators_asked_for_equal_those_that_were_computed_live():
    minutes = walk(len(SYMBOLS), 470, seed=13)
    store_bars(minutes)
    live = engine()
    analyses = [live.close(m) for m in minutes]
    wanted = ["MACD_HIST", "VWAP"]
    first, last = minutes[455].minute_ms, minutes[465].minute_ms
    with connection.cursor() as cursor:
        series = indicators_for(cursor, "F", wanted, first, last, session_start)
    expected = {a.bar_time_ms: a.indicators(2) for a in analyses[455:465] if 2 in a.row}
    assert series.time_ms.tolist() == list(expected)
    for name in wanted:
        live_values = [values[name] for values in expected.values()]
        np.testing.assert_allclose(series.values[name], live_values, rtol=1e-9)


def test_indicators_of_no_bars_or_too_many_are_told_apart():
    with connection.cursor() as cursor:
        none = indicators_for(cursor, "NONE", ["VWAP"], START, START + MINUTE, session_start)
        assert none.time_ms.tolist() == []
        with pytest.raises(ValueError, match="at most 44640 at once"):
            indicators_for(cursor, "F", ["VWAP"], START, START + 44641 * MINUTE, session_start)
        with pytest.raises(UnknownDefinition, match="Did you mean 'VWAP'"):
            indicators_for(cursor, "F", ["VWAPS"], START, START + MINUTE, session_start)


@pytest.mark.django_db(transaction=True)
def test_seq_rises_in_the_order_of_commits_whoever_writes():
    """Two writers at once: who commits later has the higher numbers."""
    minutes = walk(len(SYMBOLS), 60)
    live = engine()
    halves = [live.close(m) for m in minutes]
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
