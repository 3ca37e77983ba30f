"""Where the web's reads of market data go, and detections after a `seq`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

ALIAS = "readonly" if settings.TICKSTOCK_PROCESS == "web" else DEFAULT_DB_ALIAS


def from_json(value: Any) -> Any:
    """A JSON column's value: Django's connections hand it over as text."""
    return msgspec.json.decode(value) if isinstance(value, str) else value


def rows(sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
    """The rows of a SELECT, as dictionaries."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def columns(sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a SELECT, as tuples."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
