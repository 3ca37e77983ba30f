"""The listener over a real Redis: each command once, one at a time, whatever is killed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.db import connection

from admin_processing.jobs.listener import DATA_LOAD, JobListener
from admin_processing.models import AuditEntry, JobCommand, ProcessingRun

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch: Any) -> None:
    monkeypatch.setattr("admin_processing.runs.wake.wake_worker", lambda task: False)


@pytest.fixture
def listener(redis_client: redis.Redis) -> JobListener:
    return JobListener(redis_client)


def command(job_id: str, **more: Any) -> bytes:
    return json.dumps({"job_id": job_id, "symbols": ["AAPL"], **more}).encode()


def end_runs() -> None:
    ProcessingRun.objects.update(status="completed")


def test_commands_begin_one_after_the_other_in_the_order_they_came(listener: JobListener) -> None:
    assert listener.take(command("first"))
    assert listener.take(command("second"))
    assert listener.begin_next() is not None
    assert listener.begin_next() is None
    end_runs()
    assert listener.begin_next() is not None
    assert list(ProcessingRun.objects.order_by("created_at").values_list("job_id", "kind")) == [
        ("first", "job"),
        ("second", "job"),
    ]
    assert set(JobCommand.objects.values_list("status", flat=True)) == {"started"}


def test_a_command_that_comes_again_is_done_once(listener: JobListener) -> None:
    assert listener.take(command("one"))
    listener.begin_next()
    end_runs()
    assert not listener.take(command("one"))
    assert listener.begin_next() is None
    assert ProcessingRun.objects.count() == 1


def test_a_kill_between_the_run_and_the_note_of_it_makes_no_second_run(
    listener: JobListener,
) -> None:
    listener.take(command("one"))
    listener.begin_next()
    JobCommand.objects.update(status="waiting", run_id=None)
    end_runs()
    listener.begin_next()
    assert ProcessingRun.objects.count() == 1
    assert JobCommand.objects.get().run_id == ProcessingRun.objects.get().run_id


def test_the_audit_log_says_that_it_came_over_redis(listener: JobListener) -> None:
    listener.take(command("one"))
    listener.begin_next()
    assert AuditEntry.objects.values_list("who", "source", "action").get() == (
        "jobs",
        DATA_LOAD,
        "data_load",
    )


def test_a_bad_command_is_answered_with_its_reason(
    listener: JobListener, redis_client: redis.Redis
) -> None:
    with redis_client.pubsub(ignore_subscribe_messages=True) as ear:
        ear.subscribe("tickstock:errors")
        ear.get_message(timeout=1)
        assert not listener.take(b'{"job_id": "x", "symbols": ["A"], "timeframe": "2h"}')
        heard = [ear.get_message(timeout=1) for _ in range(2)]
    event = next(json.loads(message["data"]) for message in heard if message)
    assert (event["type"], event["process"], event["where"]) == ("error", "jobs", DATA_LOAD)
    assert "job 'x': timeframe is '2h'; one of 1d, 1m is needed" in event["message"]
    assert not JobCommand.objects.exists()


@pytest.fixture
def running(redis_client: redis.Redis) -> Iterator[JobListener]:
    listener = JobListener(redis_client)

    def run() -> None:
        try:
            listener.run()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield listener
    listener.request_stop()
    thread.join()


def test_a_command_over_redis_becomes_a_run(
    running: JobListener, redis_client: redis.Redis
) -> None:
    waiting = threading.Event()
    for _ in range(100):
        if redis_client.publish(DATA_LOAD, command("sent", universe="sp500:all")):
            break
        waiting.wait(0.1)
    for _ in range(100):
        if ProcessingRun.objects.filter(job_id="sent").exists():
            break
        waiting.wait(0.1)
    run = ProcessingRun.objects.get(job_id="sent")
    assert run.parameters["universe"] == "sp500:all"
    assert run.parameters["symbols"] == ["AAPL"]
