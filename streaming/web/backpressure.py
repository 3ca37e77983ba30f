"""Feels a slow browser through Daphne, whose `send` never waits.

Daphne hands every frame to Twisted, which buffers without bound; an application that awaits
`send` never learns that the other side has stopped reading. Twisted does note it: a transport
whose buffer is over 64 KiB has `producerPaused` set until the buffer is empty again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from streaming.web.requests import MAX_MESSAGE_BYTES

Gate = Callable[[], Awaitable[None]]
POLL_SECS = 0.05
MAX_SENT_BYTES = 8 * 1024 * 1024  # Autobahn holds sent messages to it, too


class Backpressure:
    """ASGI middleware, outermost on WebSockets: puts `scope["tickstock.gate"]` there.

    Awaiting the gate returns once the client's buffer has room. It also bounds what a client may
    send before anything looks at it. With another server than Daphne the gate is always open
    (uvicorn waits in `send` by itself).
    """

    def __init__(self, inner: Callable[..., Awaitable[None]]) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        protocol: Any = send.args[0] if isinstance(send, partial) and send.args else None
        if hasattr(protocol, "maxMessagePayloadSize"):
            protocol.maxFramePayloadSize = MAX_MESSAGE_BYTES
            protocol.maxMessagePayloadSize = MAX_SENT_BYTES
        scope = scope | {"tickstock.gate": partial(_until_drained, protocol)}
        await self.inner(scope, receive, send)


async def open_gate() -> None:
    """The gate of a client whose buffer can not be seen."""


async def _until_drained(protocol: Any) -> None:
    transport = getattr(protocol, "transport", None)
    while getattr(transport, "producerPaused", False):  # noqa: ASYNC110, Twisted has no event
        await asyncio.sleep(POLL_SECS)
