"""What is looked at here and written elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
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


def figure(name: str, title: str = "") -> Callable[[Any], str]:
    """A list's column of numbers: to the right, thousands apart."""

    @admin.display(description=title or name.replace("_", " "), ordering=name)
    def figure_of(row: Any) -> str:
        value = getattr(row, name)
        return "–" if value is None else f"{value:,}"

    figure_of.__name__ = f"figure_{name}"  # the cells' class, which the style sheet goes by
    return figure_of


def told(name: str, title: str = "") -> Callable[[Any], str]:
    """A list's column of sentences: they wrap, other cells do not."""

    @admin.display(description=title or name.replace("_", " "), ordering=name)
    def told_of(row: Any) -> str:
        return getattr(row, name) or "–"

    told_of.__name__ = f"told_{name}"
    return told_of
