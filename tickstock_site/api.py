"""The root of the HTTP API: who may use it, how errors look, its OpenAPI document and page."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.db import DatabaseError, DataError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import SessionAuth, django_auth

from admin_processing.api import router as processing_router
from admin_processing.runs.request import BadRequest
from admin_processing.runs.triggers import NothingToCancel, RunUnderWay
from admin_processing.schedules import UnknownSchedule
from streaming.api import router as streaming_router
from streaming.web.cursors import BadCursor
from streaming.web.symbols import UnknownSymbol
from tickstock_site.errors import error_response
from tickstock_site.tokens import TokenAuth

logger = logging.getLogger(__name__)


def _staff(user: Any) -> Any:
    """Before anything is looked at that is asked. Raises 403."""
    if user and not user.is_staff:
        raise HttpError(403, "Only staff may look after processing.")
    return user


class StaffToken(TokenAuth):
    """A token of staff."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The user, who must be staff."""
        return _staff(super().authenticate(request, token))


class StaffSession(SessionAuth):
    """A signed-in session of staff."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """The user, who must be staff."""
        return _staff(super().authenticate(request, key))


api = NinjaAPI(
    title="TickStock",
    version="1",
    description=(
        "Market data, indicators and detections, for those who have signed in and for programs "
        "that send `Authorization: Bearer <token>` (tokens are made in the administration). "
        "Times are ISO 8601 UTC."
    ),
    auth=[TokenAuth(), django_auth],
    docs_url="/api/docs",
    openapi_url="/api/openapi.json",
    urls_namespace="api",
)
api.add_router("", streaming_router)
api.add_router("", processing_router, auth=[StaffToken(), StaffSession()])


@api.exception_handler(AuthenticationError)
def _not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return error_response(401, "Sign in to use the API.")


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    wrong = [f"{'.'.join(map(str, item['loc'][1:]))}: {item['msg']}" for item in error.errors]
    return error_response(422, "; ".join(wrong))


@api.exception_handler(RunUnderWay)
def _under_way(request: HttpRequest, error: RunUnderWay) -> HttpResponse:
    return error_response(409, str(error))


@api.exception_handler(BadRequest)
def _can_not_be_done(request: HttpRequest, error: BadRequest) -> HttpResponse:
    return error_response(422, str(error))


@api.exception_handler(NothingToCancel)
@api.exception_handler(UnknownSchedule)
@api.exception_handler(UnknownSymbol)
@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Exception) -> HttpResponse:
    return error_response(404, str(error))


@api.exception_handler(BadCursor)
def _bad_cursor(request: HttpRequest, error: BadCursor) -> HttpResponse:
    return error_response(400, str(error))


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return error_response(error.status_code, str(error))


@api.exception_handler(DatabaseError)
def _database_error(request: HttpRequest, error: DatabaseError) -> HttpResponse:
    if isinstance(error, DataError):  # a NUL in a text, a time zone eighteen hours away
        said = str(error).splitlines()[0]
        return error_response(422, f"A value is none that can be looked for: {said}")
    logger.error("the database refused %s: %s", request.path, error)
    return error_response(HTTPStatus.SERVICE_UNAVAILABLE, "The database does not answer.")


@api.exception_handler(Exception)
def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("unexpected error at %s", request.path, exc_info=error)
    return error_response(500, "Something went wrong here; it has been logged.")
