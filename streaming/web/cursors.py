"""Opaque places in a history, newest first: what `cursor=` holds."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

Place = tuple[datetime, str]


class BadCursor(ValueError):
    """A cursor that this API did not give."""


def encode_cursor(place: Place) -> str:
    """The place as URL-safe text."""
    text = f"{place[0].isoformat()}|{place[1]}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(text: str) -> Place:
    """The place that a cursor stands for; `BadCursor` if it stands for none."""
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        moment, _, key = plain.partition("|")
        place = datetime.fromisoformat(moment)
    except (ValueError, binascii.Error):
        raise BadCursor(f"cursor={text[:40]!r} was not given by this API") from None
    if place.tzinfo is None:
        raise BadCursor(f"cursor={text[:40]!r} was not given by this API")
    return place, key
