"""Addresses of the stream's sockets, and what every socket passes through."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.urls import URLPattern, path

from streaming.consumers import PatternsConsumer, StreamingConsumer
from streaming.hub import current_hub
from streaming.web.backpressure import Backpressure

Application = Callable[[Any, Any, Any], Awaitable[None]]

websocket_urlpatterns = [
    path("ws/streaming/", StreamingConsumer.as_asgi()),
    path("ws/patterns/", PatternsConsumer.as_asgi()),
]


def websocket_application(patterns: Sequence[URLPattern]) -> Application:
    """The sockets at these addresses, for visitors who are known, each at its own pace."""
    return Backpressure(AuthMiddlewareStack(URLRouter(patterns)))


def listening(inner: Application) -> Application:
    """The application, with the hub listening from the first request (a health probe) on."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        current_hub()
        await inner(scope, receive, send)

    return application
