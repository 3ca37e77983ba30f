"""Bars out of the database: to warm an engine, and for indicators on request."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection

from patterns import store, stored_bars
from patterns.on_request import indicators_for
from patterns.registry import UnknownDefinition
from tests.patterns.bars import MINUTE, START, minute, session_start, walk
from tests.patterns.database import NOW, SYMBOLS, engine, rows, save, store_bars

pytestmark = pytest.mark.django_db


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
    minutes = walk(len(SYMBOLS), 260, seed=12)
    store_bars(minutes)
    live, restarted = engine(cool_down=8), engine(cool_down=8)
    save([live.close(m) for m in minutes])
    before = rows()
    with connection.cursor() as cursor:
        store.warm(cursor, restarted, minutes[240].minute_ms)
    again = [restarted.close(m) for m in minutes[240:]]
    result = save(again, NOW + timedelta(hours=1))
    assert any(a.changes for a in again)
    assert (result.formed, result.revised, result.lives) == (0, 0, 0)
    assert rows() == before


def test_indicators_asked_for_equal_those_that_were_computed_live():
    minutes = walk(len(SYMBOLS), 270, seed=13)
    store_bars(minutes)
    live = engine()
    analyses = [live.close(m) for m in minutes]
    wanted = ["MACD_HIST", "VWAP"]
    first, last = minutes[255].minute_ms, minutes[265].minute_ms
    with connection.cursor() as cursor:
        series = indicators_for(cursor, "F", wanted, first, last, session_start)
    expected = {a.bar_time_ms: a.indicators(2) for a in analyses[255:265] if 2 in a.row}
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
