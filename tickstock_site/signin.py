"""Signing in, with a brake on guessing that holds for every entrance, the admin's included."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.dispatch import receiver
from django.http import HttpRequest
from redis.exceptions import RedisError

from tickstock_site.errors import error_response, is_api, wants_json
from tickstock_site.tokens import TokenRefused, bearer, user_of

logger = logging.getLogger(__name__)

FREE_TRIES_A_NAME, FREE_TRIES_AN_ADDRESS = 5, 30
LOCK_SECS = 300


def _keys(request: HttpRequest | None, username: str) -> dict[str, int]:
    """What is counted, and how many failures each may have: the name, and the address."""
    keys = {f"signin:name:{username.strip().lower()[:150]!r}": FREE_TRIES_A_NAME}
    if request is not None:
        keys[f"signin:address:{request.META.get('REMOTE_ADDR', '')}"] = FREE_TRIES_AN_ADDRESS
    return {key.replace(" ", "_"): tries for key, tries in keys.items()}


def is_locked(request: HttpRequest | None, username: str) -> bool:
    """Whether this name or this address has failed too often in the last five minutes.

    The count lives in Redis; while that is away nobody is locked out.
    """
    keys = _keys(request, username)
    try:
        counts = cache.get_many(keys)
    except (RedisError, OSError):
        return False
    return any(counts.get(key, 0) >= tries for key, tries in keys.items())


class ThrottleBackend:
    """First of the authentication backends: refuses before a password is looked at."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, **_: Any
    ) -> None:
        """Raise PermissionDenied, which ends the attempt, for a locked name or address."""
        if username is not None and is_locked(request, username):
            raise PermissionDenied("too many failed attempts")


@receiver(user_login_failed, dispatch_uid="tickstock.signin.failed")
def count_failure(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """One more failure; while locked nothing is added, so that the lock ends."""
    username = str(credentials.get("username", ""))
    if is_locked(request, username):
        return
    try:
        for key in _keys(request, username):
            cache.add(key, 0, LOCK_SECS)
            cache.incr(key)
            cache.touch(key, LOCK_SECS)
    except (RedisError, OSError, ValueError) as error:
        logger.warning("a failed sign-in was not counted: %s", error)


@receiver(user_logged_in, dispatch_uid="tickstock.signin.succeeded")
def forget_failures(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """A success clears the name's count, not the address's."""
    try:
        cache.delete(next(iter(_keys(None, user.get_username()))))
    except (RedisError, OSError) as error:
        logger.warning("failed sign-ins were not forgotten: %s", error)


class SignInForm(AuthenticationForm):
    """Says when guessing is locked, instead of calling a right password wrong."""

    def get_invalid_login_error(self) -> ValidationError:
        """The message of a refused attempt."""
        if is_locked(self.request, self.cleaned_data.get("username", "")):
            minutes = LOCK_SECS // 60
            return ValidationError(f"Too many failed attempts. Try again in {minutes} minutes.")
        return ValidationError("That name and password do not go together.")


class SignInRequired(LoginRequiredMiddleware):
    """Everything needs a sign-in but what says otherwise; programs get a 401 they can read.

    Programs may bring a token instead, for the API's addresses alone.
    """

    def process_view(self, request: HttpRequest, view_func: Any, *where: Any) -> Any:
        """Nothing for those who may go on; who brings a token is judged by it alone."""
        if not getattr(view_func, "login_required", True):
            return None  # whoever asks, and whether or not the database can say who that is
        secret = bearer(request)
        if secret is None or not is_api(request):
            return super().process_view(request, view_func, *where)
        try:
            request.user = request.token_user = user_of(secret)  # type: ignore[attr-defined]
        except TokenRefused as refusal:
            return error_response(refusal.status, str(refusal))
        return None

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        """A redirect to the sign-in page for people, JSON for programs."""
        if wants_json(request):
            return error_response(401, "Sign in to use the API.")
        return super().handle_no_permission(request, view_func)
