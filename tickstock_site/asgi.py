"""Daphne's entry: HTTP and WebSockets."""

import os

os.environ.setdefault("TICKSTOCK_PROCESS", "web")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tickstock_site.settings")

from django.core.asgi import get_asgi_application

http_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402, after Django is set up

from admin_processing import routing as processing  # noqa: E402
from streaming import routing as streaming  # noqa: E402

sockets = [*streaming.websocket_urlpatterns, *processing.websocket_urlpatterns]
application = streaming.listening(
    ProtocolTypeRouter(
        {"http": http_application, "websocket": streaming.websocket_application(sockets)}
    )
)
