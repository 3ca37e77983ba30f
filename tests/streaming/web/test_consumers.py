"""Who may open a socket, and what comes over it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from streaming import consumers
from streaming.hub import Hub
from streaming.web.detections import DetectionEntry

SIGNED_IN = SimpleNamespace(is_authenticated=True, is_staff=False)
NOBODY = SimpleNamespace(is_authenticated=False, is_staff=False)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub that listens to nothing: tests put messages in."""
    hub = Hub("redis://unused")
    monkeypatch.setattr(consumers, "current_hub", lambda: hub)
    monkeypatch.setattr(consumers, "detections_after", lambda seq: [])
    return hub


def socket(consumer: Any, user: Any = SIGNED_IN, origin: str = "http://site:8000") -> Any:
    headers = [(b"host", b"site:8000"), (b"origin", origin.encode())]
    made = WebsocketCommunicator(consumer.as_asgi(), "/ws/", headers=headers)
    made.scope["user"] = user
    return made


async def received(made: Any) -> dict[str, Any]:
    return json.loads(await made.receive_from(5))


def publish(hub: Hub, kind: str, **payload: Any) -> None:
    head = {"type": kind, "event_id": "e", "timestamp": "2025-10-09T08:53:20Z"}
    hub._take(json.dumps(head | payload).encode())


def detect(hub: Hub, seq: int, symbol: str = "AAPL") -> None:
    publish(hub, "pattern_detected", pattern={"seq": seq, "symbol": symbol})


@pytest.mark.parametrize(
    ("consumer", "user", "origin", "code"),
    [
        (consumers.StreamingConsumer, NOBODY, "http://site:8000", 4401),
        (consumers.PatternsConsumer, NOBODY, "http://site:8000", 4401),
        (consumers.StreamingConsumer, SIGNED_IN, "http://elsewhere:8000", 4403),
        (consumers.StreamingConsumer, SIGNED_IN, "http://site:8001", 4403),
        (consumers.StreamingConsumer, SIGNED_IN, "null", 4403),
    ],
)
async def test_others_are_closed_with_a_code_that_says_why(hub, consumer, user, origin, code):
    made = socket(consumer, user, origin)
    await made.connect()
    assert await made.receive_output(5) == {"type": "websocket.close", "code": code}
    assert hub.wakers == set()
    await made.disconnect()


async def test_an_origin_that_the_settings_allow_may_connect(hub, settings):
    settings.ALLOWED_ORIGINS = ["https://board.example"]
    made = socket(consumers.StreamingConsumer, origin="https://board.example")
    await made.connect()
    assert (await received(made))["type"] == "rates"
    await made.disconnect()


async def test_a_trader_gets_the_state_then_prices_as_they_come(hub):
    publish(hub, "streaming_session_started", session={"session_id": "s", "status": "running"})
    made = socket(consumers.StreamingConsumer)
    await made.connect()
    assert (await received(made))["session"]["session_id"] == "s"
    assert (await received(made))["type"] == "rates"
    publish(hub, "prices", prices={"AAPL": [1.0, 0.0, 5.0, 1]}, sent_ms=1)
    assert (await received(made))["prices"] == {"AAPL": [1.0, 0.0, 5.0, 1]}
    await made.disconnect()
    assert hub.wakers == set()


async def test_bars_come_for_subscribed_symbols_until_they_are_unsubscribed(hub):
    made = socket(consumers.StreamingConsumer)
    await made.connect()
    await received(made)
    await made.send_to('{"action": "subscribe", "symbols": ["AAPL"]}')
    await made.send_to('{"action": "ping"}')
    assert (await received(made))["type"] == "pong"
    bars = {"AAPL": [1, 2, 1, 2, 9], "MSFT": [1, 1, 1, 1, 1]}
    publish(hub, "bars", minute_ms=0, timeframe="1m", bars=bars)
    assert (await received(made))["bar"]["symbol"] == "AAPL"
    await made.send_to('{"action": "unsubscribe", "symbols": ["AAPL"]}')
    await made.send_to('{"action": "ping"}')
    assert (await received(made))["type"] == "pong"
    publish(hub, "bars", minute_ms=60_000, timeframe="1m", bars=bars)
    assert await made.receive_nothing(0.1)
    await made.disconnect()


async def test_indicators_of_every_timeframe_come_with_it(hub):
    made = socket(consumers.StreamingConsumer)
    await made.connect()
    await received(made)
    await made.send_to('{"action": "subscribe", "symbols": ["AAPL"]}')
    await made.send_to('{"action": "ping"}')
    assert (await received(made))["type"] == "pong"
    for timeframe in ("1m", "5m", "1h"):
        values = {"names": ["RSI_14", "VWAP"], "values": {"AAPL": [50.0, None]}}
        publish(hub, "indicators", minute_ms=0, timeframe=timeframe, **values)
        message = await received(made)
        assert message["minute_ms"] == 0
        assert message["indicators"]["timeframe"] == timeframe
        assert message["indicators"]["values"] == {"RSI_14": 50.0}
    await made.disconnect()


async def test_a_detection_is_followed_through_its_states(hub):
    made = socket(consumers.PatternsConsumer)
    await made.connect()
    await received(made)
    filters = '{"tiers": ["daily"], "timeframes": ["1d"]}'
    await made.send_to(f'{{"action": "filter", "filters": {filters}}}')
    await made.send_to('{"action": "ping"}')
    assert (await received(made))["type"] == "pong"
    steps = [("pattern_detected", "formed"), ("pattern_state", "confirmed")]
    for seq, (kind, state) in enumerate(steps, 1):
        pattern = {"seq": seq, "symbol": "AAPL", "state": state, "tier": "daily"}
        publish(hub, kind, pattern=pattern | {"timeframe": "5m", "seq": seq + 10})
        publish(hub, kind, pattern=pattern | {"timeframe": "1d"})
        message = await received(made)
        assert (message["type"], message["pattern"]["state"]) == (kind, state)
    await made.disconnect()


async def test_a_message_that_makes_no_sense_is_answered_and_the_socket_stays(hub):
    made = socket(consumers.StreamingConsumer)
    await made.connect()
    await received(made)
    await made.send_to("nonsense")
    answer = await received(made)
    assert answer["type"] == "error"
    assert "detail" in answer
    await made.send_to('{"action": "ping"}')
    assert (await received(made))["type"] == "pong"
    await made.disconnect()


async def test_a_client_that_floods_is_closed(hub):
    made = socket(consumers.StreamingConsumer)
    await made.connect()
    for _ in range(80):
        await made.send_to('{"action": "ping"}')
    closed = None
    while closed is None:
        output = await made.receive_output(5)
        closed = output.get("code") if output["type"] == "websocket.close" else None
    assert closed == 4429
    await made.disconnect()


async def test_a_resumed_reader_gets_what_it_missed_and_then_what_comes(hub, monkeypatch):
    stored = [DetectionEntry(n, {"seq": n}, json.dumps({"pattern": {"seq": n}})) for n in (4, 5)]
    after = lambda seq: [entry for entry in stored if entry.seq > seq]  # noqa: E731
    monkeypatch.setattr(consumers, "detections_after", after)
    made = socket(consumers.PatternsConsumer)
    await made.connect()
    assert (await received(made))["type"] == "ready"
    await made.send_to('{"action": "resume", "after_seq": 3}')
    assert [(await received(made))["pattern"]["seq"] for _ in range(2)] == [4, 5]
    assert await received(made) | {"event_id": "", "timestamp": ""} == {
        "type": "caught_up",
        "event_id": "",
        "timestamp": "",
        "seq": 5,
    }
    detect(hub, 5)
    detect(hub, 6)
    assert (await received(made))["pattern"]["seq"] == 6
    await made.disconnect()


async def test_filters_hold_for_what_comes_live(hub):
    made = socket(consumers.PatternsConsumer)
    await made.connect()
    await received(made)
    await made.send_to('{"action": "filter", "filters": {"symbols": ["MSFT"]}}')
    await made.send_to('{"action": "ping"}')
    assert (await received(made))["type"] == "pong"
    detect(hub, 1, "AAPL")
    detect(hub, 2, "MSFT")
    assert (await received(made))["pattern"]["symbol"] == "MSFT"
    await made.disconnect()


async def test_a_pump_that_breaks_closes_its_socket(hub, monkeypatch, caplog):
    async def broken(self: Any) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(consumers.StreamingConsumer, "flush", broken)
    made = socket(consumers.StreamingConsumer)
    await made.connect()
    assert (await received(made))["type"] == "rates"
    assert (await made.receive_output(5))["code"] == 1011
    assert "a socket's pump broke" in caplog.text
    await made.disconnect()
