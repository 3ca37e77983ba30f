"""Which pages may open a socket: this site's own, and those of `ALLOWED_ORIGINS`."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings


def is_allowed_origin(headers: dict[bytes, bytes]) -> bool:
    """Whether a handshake's `Origin` is the host that it was sent to, or one that is allowed.

    A client that is no browser sends none; it has no cookies of somebody else's to misuse.
    """
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin:
        return True
    host = headers.get(b"host", b"").decode("latin-1")
    return urlsplit(origin).netloc == host or origin in settings.ALLOWED_ORIGINS
