"""Work in the database that waits for it while it is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from django.db import InterfaceError, OperationalError, connections

from streaming.counters import Counters

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

# COPY speaks to psycopg itself, past Django's wrapping of its errors.
AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
FIRST_WAIT_SECS, LONGEST_WAIT_SECS = 0.25, 3.0


class DatabaseAway(Exception):
    """The stream was asked to stop while the database was away; the journal has what is missing."""


class PatientDatabase:
    """Runs work on the `default` connection, again and again until the database takes it.

    The feed goes on meanwhile, into the journal, up to the journal's bound.
    """

    def __init__(
        self, counters: Counters, give_up: threading.Event, alias: str = "default"
    ) -> None:
        self._counters, self._give_up, self._alias = counters, give_up, alias

    def run(self, work: Callable[[Any], Result]) -> Result:
        """The result of `work(connection)`. Raises `DatabaseAway` once `give_up` is set."""
        wait = FIRST_WAIT_SECS
        while True:
            if self._give_up.is_set() and self._counters.database_down_since_ms:
                raise DatabaseAway
            connection = connections[self._alias]
            try:
                result = work(connection)
            except AWAY as error:
                connection.close()
                self.note_away(error)
                if self._give_up.wait(wait):
                    raise DatabaseAway from error
                wait = min(wait * 2, LONGEST_WAIT_SECS)
            else:
                self.note_back()
                return result

    def note_away(self, error: Exception) -> None:
        """Health tells from now on that the database is away."""
        if not self._counters.database_down_since_ms:
            self._counters.database_down_since_ms = time.time_ns() // 1_000_000
            self._counters.error_count += 1
            logger.error("the database is away: %s", str(error).splitlines()[0])

    def note_back(self) -> None:
        """Health no longer tells so."""
        if self._counters.database_down_since_ms:
            logger.info("the database is back")
        self._counters.database_down_since_ms = 0
