"""Daphne's entry: HTTP and WebSockets."""

import os

os.environ.setdefault("TICKSTOCK_PROCESS", "web")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tickstock_site.settings")

from django.core.asgi import get_asgi_application

http_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter

from streaming.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns)),
    }
)
