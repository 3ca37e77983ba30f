"""Wakes Celery workers for the run that stands in the database; all that matters is there."""

from __future__ import annotations

import logging

import redis
from django.conf import settings
from django.db import connection

from streaming.heartbeats import is_alive
from streaming.redis_client import stream_client
from streaming.wake import wake_worker

logger = logging.getLogger(__name__)

TASK = "admin_processing.tasks.work_on_runs"
MOST = 32
# Nobody has a chunk of the open run: its workers are gone, or were never woken. Or events wait,
# for Redis was away when they were to be published.
FORGOTTEN = """
SELECT EXISTS (SELECT FROM event_outbox WHERE created < now() - interval '3 seconds')
    OR EXISTS (SELECT FROM processing_runs AS run
    WHERE status IN ('queued', 'running', 'cancelling') AND NOT EXISTS (
        SELECT FROM processing_chunks AS chunk WHERE chunk.run_id = run.run_id
            AND chunk.status = 'working' AND lease_until >= clock_timestamp()))
"""


def workers(pieces: int = 1) -> None:
    """Wake as many workers as there are pieces of work; without Redis they find it by themselves.

    Beat looks for runs that nobody works on (`forgotten`), and a worker that starts looks, too.
    """
    for _ in range(min(pieces, MOST)):
        if not wake_worker(TASK):
            return


def worker_alive() -> bool | None:
    """Whether a worker shows that it lives; None where Redis can not be asked."""
    try:
        return is_alive(stream_client(settings.REDIS_URL), "worker")
    except redis.RedisError:
        return None


def forgotten() -> bool:
    """Whether there is a run that nobody works on, or an event that nobody sends."""
    with connection.cursor() as cursor:
        cursor.execute(FORGOTTEN)
        return bool(cursor.fetchone()[0])
