"""Addresses of the sockets, and what every socket passes through."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.urls import path

from streaming.consumers import PatternsConsumer, ProcessingConsumer, StreamingConsumer
from streaming.hub import current_hub
from streaming.web.backpressure import Backpressure

Application = Callable[[Any, Any, Any], Awaitable[None]]

websocket_urlpatterns = [
    path("ws/streaming/", StreamingConsumer.as_asgi()),
    path("ws/patterns/", PatternsConsumer.as_asgi()),
    path("ws/processing/", ProcessingConsumer.as_asgi()),
]

websocket_application = Backpressure(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))


def listening(inner: Application) -> Application:
    """The application, with the hub listening from the first request (a health probe) on."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        current_hub()
        await inner(scope, receive, send)

    return application
