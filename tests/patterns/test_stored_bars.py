"""Bars out of the database: to warm an engine, and for indicators on request."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection

from patterns import store, stored_bars
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
    assert [a.found for a in again] == [a.found for a in expected]
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
