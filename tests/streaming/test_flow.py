"""The flow log: buffered, bounded, written in batches, and read back."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

import numpy as np
import pytest
import redis
from django.conf import settings
from django.db import DatabaseError, connection

from patterns.identity import flow_id
from streaming.delivered import DeliveredListener, parse_delivered
from streaming.flow import STAGES, FlowLog, sampled
from streaming.models import IntegrationEvent
from streaming.publish import DELIVERED, encode, event

MINUTE = 1_719_936_000_000  # 2024-07-02 16:00:00 UTC
FLOW = flow_id("AAPL", MINUTE)


def passed_all(log: FlowLog) -> None:
    for index, stage in enumerate(STAGES):
        log.record(stage, FLOW, "AAPL", MINUTE + index, {"n": index} if index else None)


def flush(log: FlowLog) -> int:
    with connection.cursor() as cursor:
        return log.flush(cursor)


@pytest.mark.django_db
def test_each_stage_is_one_row_with_its_time() -> None:
    log = FlowLog()
    passed_all(log)
    assert flush(log) == 6
    rows = IntegrationEvent.objects.filter(flow_id=FLOW).order_by("timestamp")
    assert [row.stage for row in rows] == list(STAGES)
    assert [round(row.timestamp.timestamp() * 1000) - MINUTE for row in rows] == [0, 1, 2, 3, 4, 5]
    assert [row.detail for row in rows][:2] == [None, {"n": 1}]
    assert {row.symbol for row in rows} == {"AAPL"}
    assert len(log) == 0
    assert flush(log) == 0


@pytest.mark.django_db
def test_writing_a_stage_again_after_a_rollback_leaves_one_row() -> None:
    log = FlowLog()
    for _ in range(2):
        passed_all(log)
        flush(log)
    assert IntegrationEvent.objects.count() == 6


class Broken:
    """A cursor whose database is away."""

    def execute(self, *args: Any) -> None:
        raise DatabaseError("away")


def test_rows_stay_in_order_while_the_database_is_away() -> None:
    log = FlowLog(bound=4)
    passed_all(log)
    with pytest.raises(DatabaseError):
        log.flush(Broken())
    log.record("tick", "next", "AAPL", MINUTE)
    assert [row.stage for row in log._rows] == ["saved", "published", "delivered", "tick"]
    assert log.dropped == 3


def test_the_bound_lets_the_oldest_go() -> None:
    log = FlowLog(bound=2)
    passed_all(log)
    assert (len(log), log.dropped) == (2, 4)


def test_an_unknown_stage_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown stage 'sold': one of tick, bar"):
        FlowLog().record("sold", FLOW, "AAPL", MINUTE)


def test_many_threads_lose_nothing() -> None:
    log = FlowLog()

    def fill() -> None:
        for number in range(500):
            log.record("tick", FLOW, "AAPL", number)

    threads = [threading.Thread(target=fill) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log) == 4_000


def test_one_bar_in_n_is_sampled_and_every_symbol_has_its_turn() -> None:
    ids = np.arange(1_000, dtype=np.int32)
    picked = [sampled(ids, MINUTE + 60_000 * minute, 100) for minute in range(100)]
    assert {int(mask.sum()) for mask in picked} == {10}
    assert np.sum(picked, axis=0).tolist() == [1] * 1_000
    assert sampled(ids, MINUTE, 1).all()


def test_delivered_messages_are_read_and_others_refused() -> None:
    assert parse_delivered(b'{"flow_ids": [["%s", 5]]}' % FLOW.encode()) == [(FLOW, 5)]
    for bad in (b"", b"[]", b"{}", b'{"flow_ids": [["x", 1]]}', b'{"flow_ids": [[1, 2]]}', b"\xff"):
        with pytest.raises(ValueError, match="not a delivered message"):
            parse_delivered(bad)


def test_what_a_browser_got_is_noted_as_delivered() -> None:
    log = FlowLog()
    listener = DeliveredListener(settings.REDIS_URL, log)
    listener.start()
    assert listener.subscribed.wait(5)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.publish(DELIVERED, b"nonsense")
        other = str(uuid.uuid4())
        client.publish(DELIVERED, encode(event("delivered", flow_ids=[[FLOW, 7], [other, 8]])))
    deadline = time.monotonic() + 5
    while len(log) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    listener.stop()
    assert [(row.stage, row.flow_id, row.time_ms) for row in log._rows] == [
        ("delivered", FLOW, 7),
        ("delivered", other, 8),
    ]
    assert listener.bad_messages == 1
