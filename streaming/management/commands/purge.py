"""`manage.py purge --source NAME`: forget one source's data, so that another may be streamed."""

from __future__ import annotations

import argparse
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from streaming import epochs
from streaming.models import StreamPosition

BARS = ("ohlcv_1min", "ohlcv_daily")
DERIVED = (
    "ohlcv_rolled",
    "intraday_indicator_values",
    "daily_indicator_values",
    "intraday_patterns",
    "daily_patterns",
    "combo_patterns",
    "daily_analyses",
    "minute_revisions",
    "event_outbox",
)
IMPORTED = ("import_coverage", "imported_files", "rejected_rows", "adjusted_history")
"""What is remembered of a source's imports: without it they begin anew."""
COMPARED = ("fidelity_days", "fidelity_symbols", "fidelity_differences")
"""How its bars compared with a provider's: of others, that would say nothing."""


class Command(BaseCommand):
    help = "Delete a source's bars, what was derived from them, and its imports and journal."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--source",
            required=True,
            help="such as synthetic, replay, massive, flatfiles or folder",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        source = options["source"]
        known = self.sources()
        if source not in known:
            held = ", ".join(sorted(known)) or "none"
            raise CommandError(f"No data of source {source!r} is stored. Stored: {held}")
        feeds = set(StreamPosition.objects.filter(source=source).values_list("feed", flat=True))
        with transaction.atomic(), connection.cursor() as cursor:
            deleted = self.delete_rows(cursor, source)
            StreamPosition.objects.filter(source=source).delete()
        client = redis.Redis.from_url(settings.REDIS_URL)
        for feed in feeds:
            epochs.forget(client, feed)
        self.stdout.write(f"purged {source}: {deleted} bars, and all indicators and detections")

    def sources(self) -> set[str]:
        """The sources that bars, imports or a journal's place are stored of."""
        found = set(StreamPosition.objects.values_list("source", flat=True))
        with connection.cursor() as cursor:
            for table in (*BARS, *IMPORTED):
                cursor.execute(f"SELECT DISTINCT source FROM {table}")
                found.update(row[0] for row in cursor.fetchall())
        return found

    def delete_rows(self, cursor: Any, source: str) -> int:
        """Bars of the source; indicators and detections all, for a database holds one source."""
        deleted = 0
        for table in BARS:
            cursor.execute(f"DELETE FROM {table} WHERE source = %s", [source])
            deleted += cursor.rowcount
        for table in (*IMPORTED, *COMPARED):
            cursor.execute(f"DELETE FROM {table} WHERE source = %s", [source])
        for table in DERIVED:
            cursor.execute(f"DELETE FROM {table}")
        return deleted
