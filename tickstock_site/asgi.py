"""Daphne's entry: HTTP and WebSockets."""

import os

os.environ.setdefault("TICKSTOCK_PROCESS", "web")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tickstock_site.settings")

from django.core.asgi import get_asgi_application

http_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402, after Django is set up

from streaming.routing import listening, websocket_application  # noqa: E402

application = listening(
    ProtocolTypeRouter({"http": http_application, "websocket": websocket_application})
)
