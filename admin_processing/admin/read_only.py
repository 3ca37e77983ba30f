"""What is looked at here and written elsewhere."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString


class ReadOnly:
    """Looked at here, written by the stream and the jobs."""

    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No."""
        return False


class LongTable(ReadOnly):
    """A table that may have millions of rows: they are counted only where a filter is set."""

    show_full_result_count = False


def moment(when: datetime | None) -> SafeString | str:
    """A time to the second, in UTC, in one line; a dash for none."""
    if when is None:
        return "–"
    return format_html(
        '<time datetime="{}">{}</time>', when.isoformat(), when.strftime("%Y-%m-%d %H:%M:%S")
    )
