"""`Authorization: Bearer <token>`: who asks, and how often one token may.

A browser never sends this header by itself, so a request that carries it needs no CSRF token.
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.security import HttpBearer
from redis.exceptions import RedisError

from tickstock_site.models import digest_of, note_use, valid_token

SCHEME = "bearer"


class TokenRefused(Exception):
    """The request's token opens nothing, or not now: `status`, and why."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        super().__init__(detail)


def bearer(request: HttpRequest) -> str | None:
    """The secret that a request carries, if any."""
    scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
    return secret.strip() if scheme.lower() == SCHEME else None


def user_of(secret: str) -> Any:
    """The user that a program acts for. Raises `TokenRefused`.

    Counted before anything is looked up, right or wrong, so that no secret costs more than its
    share. The count lives in Redis; while that is away, nobody is refused for it.
    """
    if _asked_this_minute(secret) > settings.API_TOKEN_REQUESTS_A_MINUTE:
        most = settings.API_TOKEN_REQUESTS_A_MINUTE
        raise TokenRefused(429, f"More than {most} requests in a minute with this token.")
    token = valid_token(secret)
    if token is None:
        raise TokenRefused(401, "This token is unknown, expired or revoked.")
    note_use(token)
    return token.user


def _asked_this_minute(secret: str) -> int:
    key = f"token:{digest_of(secret)[:32]}:{int(time.time() // 60)}"
    try:
        cache.add(key, 0, 120)
        return int(cache.incr(key))
    except (RedisError, OSError, ValueError):
        return 0


class TokenAuth(HttpBearer):
    """The API's word for it; the middleware has looked the token up already."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The user whom the middleware found."""
        return getattr(request, "token_user", None)
