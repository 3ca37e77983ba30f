"""API tokens: how programs sign in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

PREFIX = "ts_"
HINT_LETTERS = 7
NOTED_EVERY = timedelta(minutes=1)


def digest_of(secret: str) -> str:
    """What is stored of a secret. It has 256 random bits, so a plain hash can not be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class ApiToken(models.Model):
    """Lets a program act as its user. The secret itself is shown once, and never stored."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=100, help_text="What will use it, such as “nightly export”.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=16, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it does not end.")
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "auth_api_tokens"
        ordering = ("-created_at",)
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def new_secret(self) -> str:
        """Make the secret; it can be had from nowhere else afterwards."""
        secret = PREFIX + secrets.token_urlsafe(32)
        self.digest, self.hint = digest_of(secret), secret[:HINT_LETTERS]
        return secret

    @property
    def state(self) -> str:
        """`valid`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return "expired" if expired else "valid"


def issue(user: Any, name: str, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """A stored token, and its secret."""
    token = ApiToken(user=user, name=name, expires_at=expires_at)
    secret = token.new_secret()
    token.save()
    return token, secret


def valid_token(secret: str) -> ApiToken | None:
    """The token of a secret, with its user; None where it, or its user, is no longer welcome."""
    now = timezone.now()
    lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    wanted = Q(digest=digest_of(secret), revoked_at__isnull=True, user__is_active=True)
    return ApiToken.objects.select_related("user").filter(wanted & lasting).first()


def note_use(token: ApiToken) -> None:
    """Remember when it was last used, to the minute."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
