"""Which database alias a model's reads and writes go to, by process."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Model

from tickstock_site.processes import OWNER

MARKET_DATA_APPS = {"market", "patterns", "streaming", "admin_processing"}
WEB_SETTINGS = {
    "patterns.detectorsetting",
    "patterns.comborule",
    "admin_processing.auditentry",
}
"""Models of those apps that the web writes, and so reads where it writes them."""


class ProcessRouter:
    """`default` is the process's own role; the web reads market data as `app_readonly`."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        if settings.TICKSTOCK_PROCESS != "web" or model._meta.label_lower in WEB_SETTINGS:
            return None
        return "readonly" if model._meta.app_label in MARKET_DATA_APPS else None

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        return None

    def allow_relation(self, left: Model, right: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Only the owner makes tables."""
        return db == OWNER or (db == "default" and settings.TICKSTOCK_PROCESS in (OWNER, "test"))
