"""Helpers of the tests that run against the real database."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from django.db import connection

from market.storage.copy import copy_columns, encode_names, timestamps
from patterns import store
from patterns.engine import LiveEngine
from patterns.models import (
    IndicatorValues,
    IntradayPattern,
)
from tests.patterns.bars import Minute, session_start
from tests.patterns.eager import some

NOW = datetime(2026, 1, 2, 15, 30, tzinfo=UTC)
SYMBOLS = ["AAPL", "BRK.B", "F", "MSFT", "ÜBER"]


def engine(cool_down: int = 0) -> LiveEngine:
    """Few definitions of every kind, and many detections."""
    return LiveEngine(SYMBOLS, some(cool_down), session_start)


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
