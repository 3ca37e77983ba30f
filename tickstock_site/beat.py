"""Celery beat's scheduler, named by the setting CELERY_BEAT_SCHEDULER."""

from __future__ import annotations

import time
from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler

from tickstock_site.heartbeat import end_life, show_life

EVERY_SECS = 2.0


class LivingScheduler(DatabaseScheduler):
    """Beat's scheduler: as django-celery-beat's, and each turn of its loop is a heartbeat."""

    _shown_at = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One turn; beat sleeps as long as it says, at most five seconds."""
        if time.monotonic() - self._shown_at >= EVERY_SECS:
            self._shown_at = time.monotonic()
            show_life("beat")
        return super().tick(*args, **kwargs)

    def close(self) -> None:
        """The end of beat."""
        end_life("beat")
        super().close()
