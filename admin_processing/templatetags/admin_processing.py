"""How values of a listing are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template

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
    return str(value)
