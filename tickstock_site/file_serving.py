"""Static files for an asynchronous server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise that is asynchronous where the server is.

    As it comes it is synchronous alone, so that every request would hold a thread which waits for
    the event loop; and a request under way while the loop ends would keep the process for ever.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any], **options: Any) -> None:
        super().__init__(get_response, **options)
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """The file that the address names; else what the site answers."""
        return self._answer(request) if self.is_async else super().__call__(request)

    async def _answer(self, request: HttpRequest) -> HttpResponse:
        if self.autorefresh:
            found = await sync_to_async(self.find_file, thread_sensitive=False)(request.path_info)
        else:
            found = self.files.get(request.path_info)
        if found is None:
            site: Callable[[HttpRequest], Awaitable[HttpResponse]] = self.get_response
            return await site(request)
        return await sync_to_async(self._read, thread_sensitive=False)(found, request)

    @staticmethod
    def _read(found: Any, request: HttpRequest) -> HttpResponse:
        """The file in one piece: none is larger than a script."""
        answer = found.get_response(request.method, request.META)
        body = b""
        if answer.file is not None:
            with answer.file:
                body = answer.file.read()
        response = HttpResponse(body, status=int(answer.status))
        del response["Content-Type"]
        for name, value in answer.headers:
            response[name] = value
        return response
