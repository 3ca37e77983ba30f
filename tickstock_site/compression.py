"""The API's answers, compressed. Pages are not: they hold CSRF tokens, which BREACH could guess."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from tickstock_site.errors import is_api


class GzipApi(GZipMiddleware):
    """Django's, for the API's addresses alone."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The answer, smaller where it is JSON and large enough."""
        return super().process_response(request, response) if is_api(request) else response
