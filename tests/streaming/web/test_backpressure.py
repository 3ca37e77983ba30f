"""The gate feels a full transport."""

import asyncio
from functools import partial
from types import SimpleNamespace

from streaming.web.backpressure import MAX_SENT_BYTES, Backpressure


async def enter(protocol):
    """The scope that the application inside sees when Daphne serves `protocol`."""
    seen = []

    async def inner(scope, receive, send):
        seen.append(scope)

    async def reply(protocol, message):
        pass

    await Backpressure(inner)({"type": "websocket"}, None, partial(reply, protocol))
    return seen[0]


async def test_the_gate_is_shut_while_the_transport_is_full():
    transport = SimpleNamespace(producerPaused=True)
    scope = await enter(SimpleNamespace(transport=transport))
    waiting = asyncio.create_task(scope["tickstock.gate"]())
    await asyncio.sleep(0.12)
    assert not waiting.done()
    transport.producerPaused = False
    await asyncio.wait_for(waiting, 1)


async def test_what_a_client_may_send_is_bounded_before_it_is_looked_at():
    protocol = SimpleNamespace(maxMessagePayloadSize=0, maxFramePayloadSize=0)
    await enter(protocol)
    assert protocol.maxFramePayloadSize == 16_384
    assert protocol.maxMessagePayloadSize == MAX_SENT_BYTES


async def test_another_server_has_an_open_gate():
    scope = await enter(None)
    await asyncio.wait_for(scope["tickstock.gate"](), 1)
