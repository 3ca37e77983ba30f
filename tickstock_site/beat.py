"""Celery beat's scheduler, named by the setting CELERY_BEAT_SCHEDULER."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.db import DatabaseError, connection
from django_celery_beat.schedulers import DatabaseScheduler

from admin_processing.runs import wake
from tickstock_site.heartbeat import end_life, show_life

logger = logging.getLogger(__name__)

EVERY_SECS = 2.0
LOOK_SECS = 5.0


class LivingScheduler(DatabaseScheduler):
    """Beat's scheduler: as django-celery-beat's, and each turn of its loop is a heartbeat.

    It looks for runs that nobody works on, too: their workers were killed, or Redis was away when
    they were to be woken.
    """

    _shown_at = 0.0
    _looked_at = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One turn; beat sleeps as long as it says, at most five seconds."""
        if time.monotonic() - self._shown_at >= EVERY_SECS:
            self._shown_at = time.monotonic()
            show_life("beat")
        if time.monotonic() - self._looked_at >= LOOK_SECS:
            self._looked_at = time.monotonic()
            self._wake_for_forgotten_runs()
        return super().tick(*args, **kwargs)

    def _wake_for_forgotten_runs(self) -> None:
        try:
            if wake.forgotten():
                logger.info("nobody works on what is open: a worker is woken")
                wake.workers()
        except DatabaseError as error:
            logger.warning("runs were not looked for: %s", error)
            connection.close()

    def close(self) -> None:
        """The end of beat."""
        end_life("beat")
        super().close()
