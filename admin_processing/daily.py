"""The daily run from end to end: analyse, save, and publish what waits."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import connection

from market.universes import symbols_of
from patterns import daily_job
from patterns.daily_job import Totals
from streaming.analyst import send_outbox
from streaming.publish import Message, Publisher
from streaming.redis_client import stream_client


def detect(
    symbols: Sequence[str] | None = None, universe: str | None = None, days: int | None = None
) -> Totals:
    """Analyse daily bars and publish what is news; see `patterns.daily_job.run`.

    symbols, universe: by default all that have traded of late. Raises UnknownUniverse. A running
    stream may publish the same events: they are known again by their ids.
    """
    if universe is not None:
        symbols = [*(symbols or ()), *symbols_of(universe)]
    totals = daily_job.run(symbols=symbols, days=days)
    publisher = Publisher(stream_client(settings.REDIS_URL))

    def send(messages: list[Message]) -> bool:
        return len(publisher.send_all(messages)) == len(messages)

    send_outbox(connection, send)
    return totals
