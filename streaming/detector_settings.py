"""The detectors as they are set, asked for between minutes: a change takes effect with the next."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Any

from patterns.registry import Registry
from patterns.settings import configured, faults, read_settings, settings_version

logger = logging.getLogger(__name__)

ASK_SECS = 2.0
CHANGED = "SELECT pattern_type, changed_at FROM detector_settings"


class DetectorSettings:
    """Follows the table of settings, at most every `ASK_SECS`."""

    def __init__(self, standard: Registry) -> None:
        self._standard = standard
        self._version = ""
        self._asked = float("-inf")

    def changed(self, connection: Any) -> Registry | None:
        """The registry as it is set, if that has changed since it was last asked; else None."""
        if time.monotonic() - self._asked < ASK_SECS:
            return None
        self._asked = time.monotonic()
        with connection.cursor() as cursor:
            version = settings_version(cursor)
            if version == self._version:
                return None
            stored = read_settings(cursor)
        self._version = version
        for fault in faults(self._standard, stored):
            logger.error("the setting of %s is left out: %s", fault.pattern_type, fault.reason)
        made = configured(self._standard, stored)
        logger.info("%d of %d detectors are on", len(made.detectors), len(self._standard.detectors))
        return made


def changed_since(connection: Any, moment: datetime) -> set[str]:
    """The patterns whose settings were changed after a moment."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGED)
        return {name for name, changed_at in cursor.fetchall() if changed_at > moment}
