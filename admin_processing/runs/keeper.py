"""A thread beside a chunk's work: renews its lease, looks whether it is still wanted, tells."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection

from admin_processing.runs import ledger
from admin_processing.runs.ledger import Chunk
from admin_processing.runs.phase import Interrupted, LeaseLost, RunCancelled
from streaming.analyst import send_outbox
from streaming.publish import Publisher
from streaming.redis_client import stream_client

logger = logging.getLogger(__name__)

EVERY_SECS = 0.5
RENEW_EVERY = 4
"""Looks between two renewals of the lease."""
STATUS = "SELECT status FROM processing_runs WHERE run_id = %s"


def send_events() -> None:
    """Publish what waits in the outbox; without Redis it waits on."""
    publisher = Publisher(stream_client(settings.REDIS_URL))
    send_outbox(connection, lambda messages: len(publisher.send_all(messages)) == len(messages))


class Keeper:
    """Keeps a chunk for its holder for as long as the block lasts.

    cancel: ends the run that is being cancelled. This thread sees to it, for the others may all be
    waiting for a slow server.
    """

    def __init__(
        self, run_id: Any, chunk: Chunk, holder: str, cancel: Callable[[Any], object]
    ) -> None:
        self._run_id, self._chunk, self._holder = run_id, chunk, holder
        self._cancel = cancel
        self._over = threading.Event()
        self._why: Interrupted | None = None
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def __enter__(self) -> Keeper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Raises Interrupted if the work is no longer wanted, or no longer ours."""
        if self._why is not None:
            raise self._why

    def _keep(self) -> None:
        turn = 0
        try:
            while not self._over.wait(EVERY_SECS) and self._why is None:
                turn += 1
                try:
                    self._look(renew=turn % RENEW_EVERY == 0)
                    send_events()
                except (DatabaseError, psycopg.Error) as error:
                    logger.warning("the lease was not renewed: %s", error)
                    connection.close()
        finally:
            connection.close()

    def _look(self, *, renew: bool) -> None:
        with connection.cursor() as cursor:
            cursor.execute(STATUS, [self._run_id])
            (status,) = cursor.fetchone() or ("gone",)
            if status == "cancelling":
                self._cancel(self._run_id)
            if status != "running":
                self._why = RunCancelled(f"the run is {status}")
            elif renew and not ledger.renew(cursor, self._chunk, self._holder):
                self._why = LeaseLost(f"chunk {self._chunk.id} was taken by somebody else")
