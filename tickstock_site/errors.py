"""Errors as visitors see them: JSON for programs, a page for people, a traceback for nobody."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

API_PATHS = ("/api/", "/streaming/api/", "/bars/", "/patterns/", "/indicators/")
API_PAGE = "/api/docs"
TOLD_WITH = {401: {"WWW-Authenticate": 'Bearer realm="TickStock"'}, 429: {"Retry-After": "60"}}
EXPLANATIONS = {
    400: "The request could not be understood.",
    403: "You are signed in, but this is not yours to see or change.",
    404: "There is nothing at this address.",
    500: "Something went wrong here. It has been logged.",
    503: "The database does not answer. Try again in a moment.",
}


def error_response(status: int, detail: str) -> HttpResponse:
    """The API's error: `{"error": what kind, "detail": what exactly}`."""
    body = {"error": HTTPStatus(status).phrase, "detail": detail}
    return JsonResponse(body, status=status, headers=TOLD_WITH.get(status))


def is_api(request: HttpRequest) -> bool:
    """Whether the address is one of the API's, which all answer in JSON."""
    return request.path.startswith(API_PATHS) and not request.path.startswith(API_PAGE)


def wants_json(request: HttpRequest) -> bool:
    """Whether a program asks: the API's addresses, or whoever does not take HTML."""
    if request.path.startswith(API_PATHS):
        return is_api(request)
    return not request.accepts("text/html")


def _error(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    detail = detail or EXPLANATIONS[status]
    if wants_json(request):
        return error_response(status, detail)
    context = {"status": status, "title": HTTPStatus(status).phrase, "detail": detail}
    return render(request, "error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _error(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _error(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404; the text of a `Http404` raised on purpose says what is missing."""
    reason = exception.args[0] if exception.args else ""
    return _error(request, 404, reason if isinstance(reason, str) else "")


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 where the database is away, which is no fault of what was asked."""
    return _error(request, 503 if isinstance(sys.exc_info()[1], OperationalError) else 500)


def csrf_failure(request: HttpRequest, reason: str = "", **_: Any) -> HttpResponse:
    """403 of a form without its token, mostly one that was open for long."""
    return _error(request, 403, "This form has expired. Go back, load the page again and retry.")
