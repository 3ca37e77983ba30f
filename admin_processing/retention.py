"""How long stored things are kept, and their end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

DROP = "SELECT drop_old_rows(%s, %s)"


def retention_days() -> dict[str, int]:
    """Table → days that its rows are kept; 0 keeps them for good."""
    return {
        "integration_events": settings.RETENTION_FLOW_DAYS,
        "event_outbox": settings.RETENTION_OUTBOX_DAYS,
        "ohlcv_1min": settings.RETENTION_BARS_DAYS,
        "ohlcv_rolled": settings.RETENTION_BARS_DAYS,
        "intraday_indicator_values": settings.RETENTION_BARS_DAYS,
        "intraday_patterns": settings.RETENTION_DETECTIONS_DAYS,
        "daily_patterns": settings.RETENTION_DETECTIONS_DAYS,
        "combo_patterns": settings.RETENTION_DETECTIONS_DAYS,
    }


def drop_old(days: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Drop what is older. Table → chunks (rows, where there are no hypertables) that went.

    A chunk goes once all of it is too old, so up to a day more is kept.
    """
    gone = {}
    with connection.cursor() as cursor:
        for table, kept in days.items():
            if kept > 0:
                cursor.execute(DROP, [table, now - timedelta(days=kept)])
                gone[table] = cursor.fetchone()[0]
    return gone
