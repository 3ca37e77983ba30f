"""Waking a worker: over a real Redis, and without one."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
import redis

from streaming.wake import DAILY_TASK, wake_worker
from tests.private_redis import free_port, private_redis


def test_a_task_waits_for_a_worker(tmp_path: Path, settings):
    with private_redis(tmp_path) as url, redis.Redis.from_url(url) as client:
        settings.CELERY_BROKER_URL = url
        wake_worker(DAILY_TASK)
        (message,) = client.lrange("celery", 0, -1)
    assert json.loads(message)["headers"]["task"] == "admin_processing.tasks.detect_daily"


def test_without_a_broker_the_schedule_is_left_to_do_it(settings, caplog: pytest.LogCaptureFixture):
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"
    with caplog.at_level(logging.WARNING):
        wake_worker(DAILY_TASK)
    assert "its schedule will run it" in caplog.text
