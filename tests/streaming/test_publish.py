"""Events: one envelope, plain JSON, and no trouble from a Redis that is away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest
import redis

from streaming.publish import STATE, Publisher, encode, event
from streaming.redis_client import stream_client


def test_an_event_has_type_id_and_utc_time_at_its_top_level() -> None:
    made = event("a_kind", payload=1)
    assert made["type"] == "a_kind"
    assert len(made["event_id"]) == 32
    assert datetime.fromisoformat(made["timestamp"]).tzinfo == UTC
    assert event("a_kind", event_id="mine")["event_id"] == "mine"
    assert event("a_kind")["event_id"] != event("a_kind")["event_id"]


def test_numpy_numbers_are_plain_numbers() -> None:
    numbers = {"f": np.float64(1.5), "i": np.int32(7), "b": np.bool_(True)}
    assert json.loads(encode(numbers)) == {"f": 1.5, "i": 7, "b": True}


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        encode({"x": object()})


def test_events_go_out_in_order_and_tell_how_many_heard(redis_client: redis.Redis) -> None:
    pubsub = redis_client.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe("tests:publish")
    pubsub.get_message(timeout=1)
    publisher = Publisher(redis_client)
    assert publisher.send("tests:publish", "one", number=1) == 1
    assert publisher.send_all([("tests:publish", b"2"), ("tests:nobody", b"3")]) == [1, 0]
    first = pubsub.get_message(timeout=1)
    assert json.loads(first["data"])["number"] == 1
    assert pubsub.get_message(timeout=1)["data"] == b"2"
    assert publisher.send_all([]) == []
    pubsub.close()


def test_the_last_state_is_kept_as_it_was_published(redis_client: redis.Redis) -> None:
    Publisher(redis_client).announce("tests:publish", "session", "a_kind", session={"x": 1})
    kept = json.loads(redis_client.hget(STATE, "session"))
    assert (kept["type"], kept["session"]) == ("a_kind", {"x": 1})


def test_a_redis_that_is_away_is_counted_and_raises_nothing() -> None:
    publisher = Publisher(stream_client("redis://127.0.0.1:1/0"))
    assert publisher.send("tests:publish", "one") == 0
    publisher.remember("x", b"1")
    publisher.error("here", "a reason")
    assert publisher.lost == 3


def test_a_batch_for_a_listener_arrives_whole_and_in_order(redis_client: redis.Redis) -> None:
    messages = [b'{"number": %d}' % number for number in range(1_203)]
    with redis_client.pubsub() as listener:
        listener.subscribe("tests:publish")
        assert listener.get_message(timeout=5)["type"] == "subscribe"
        Publisher(redis_client).send_while_heard("tests:publish", iter(messages))
        heard = [listener.get_message(timeout=5)["data"] for _ in messages]
    assert heard == messages


def test_a_batch_is_not_made_while_nobody_listens(redis_client: redis.Redis) -> None:
    made: list[int] = []

    def messages() -> Iterator[bytes]:
        for number in range(50):
            made.append(number)
            yield b"{}"

    Publisher(redis_client).send_while_heard("tests:publish", messages())
    assert made == [0]


def test_what_a_lost_redis_did_not_answer_counts_as_lost(
    redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise redis.ConnectionError("gone")

    publisher = Publisher(redis_client)
    with redis_client.pubsub() as listener:
        listener.subscribe("tests:publish")
        assert listener.get_message(timeout=5)["type"] == "subscribe"
        monkeypatch.setattr(publisher, "_read_answers", gone)
        publisher.send_while_heard("tests:publish", iter([b"{}"] * 1_001))
    assert publisher.lost == 1_000
