"""Saving analyses, against the real database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction

from market.storage.copy import copy_columns, encode_names, timestamps
from patterns import detection_rows, outbox, store
from patterns.analysis import FORMED, REVISED
from patterns.engine import LiveEngine
from patterns.identity import event_id
from patterns.models import IndicatorValues, IntradayIndicator, IntradayPattern, OutboxEvent
from patterns.registry import standard
from tests.patterns.bars import MINUTE, Minute, session_start, walk

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


def save(analyses, now=NOW, stored=None):
    with connection.cursor() as cursor:
        return store.save(cursor, analyses, now, stored)


def test_saving_the_same_analysis_twice_changes_nothing():
    live = engine()
    analyses = [live.close(m) for m in walk(len(SYMBOLS), 60)]
    first = save(analyses)
    before = rows(), list(IndicatorValues.objects.values_list("symbol", "timestamp", "values", "calculation_timestamp")[:50])
    again = save(analyses, NOW + timedelta(minutes=5))
    after = rows(), list(IndicatorValues.objects.values_list("symbol", "timestamp", "values", "calculation_timestamp")[:50])
    assert first.formed == sum(a.detection_count for a in analyses) > 20
    assert (again.formed, again.revised) == (0, 0)
    assert str(before) == str(after)
    assert OutboxEvent.objects.count() == first.formed
