"""How values of a listing are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils.safestring import SafeString

from admin_processing.badges import badge as state_badge
from admin_processing.score_line import percent

register = template.Library()


@register.filter
def is_number(value: Any) -> bool:
    """Whether the value belongs to the right of its column."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@register.filter
def shown(value: Any) -> str:
    """The value as text: UTC times to the second, numbers to six digits after the point."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return f"{value:,.6f}".rstrip("0").rstrip(".")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


@register.filter
def badge(state: str) -> SafeString:
    """A state as a coloured word."""
    return state_badge(state)


@register.filter
def words(name: Any) -> str:
    """A name of code as people write it."""
    return str(name).replace("_", " ")


@register.filter
def listed(value: Any) -> str:
    """A parameter as text: lists with commas, at most twenty of their items."""
    if not isinstance(value, list | tuple):
        return shown(value)
    more = f" and {len(value) - 20:,} more" if len(value) > 20 else ""
    return ", ".join(map(str, value[:20])) + more


register.filter("percent", percent)
