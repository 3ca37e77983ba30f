"""A thread that writes what no bar waits for: the flow log and the session's totals.

Apart from the teller, so that a database that is away holds up neither prices nor health.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from streaming.background import Background
from streaming.database import PatientDatabase
from streaming.flow import FlowLog

LOOK_SECS = 0.25


class Scribe(Background):
    """Writes once `STREAMING_BATCH_SIZE` rows wait, or `STREAMING_FLUSH_INTERVAL` has passed.

    So it is the first to see that the database went away between two minutes, and says so.
    """

    def __init__(
        self, flow: FlowLog, save_totals: Callable[[], None], database: PatientDatabase
    ) -> None:
        super().__init__("scribe", LOOK_SECS)
        self._flow, self._save_totals, self._database = flow, save_totals, database
        self._due_at = 0.0

    def step(self) -> None:
        """Write, if that is due."""
        if len(self._flow) >= settings.STREAMING_BATCH_SIZE or time.monotonic() >= self._due_at:
            self.write()

    def finish(self) -> None:
        """Write what is left."""
        self.write()
        connection.close()

    def write(self) -> None:
        """Write what waits; a database that is away gets it at the next interval."""
        self._due_at = time.monotonic() + settings.STREAMING_FLUSH_INTERVAL
        try:
            with connection.cursor() as cursor:
                self._flow.flush(cursor)
            self._save_totals()
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            self._database.note_away(error)
        else:
            self._database.note_back()
