"""Worker and beat show that they live: a key in Redis, written by their own loops."""

from __future__ import annotations

import logging
import os
from functools import cache
from typing import Any

import redis
from celery.signals import heartbeat_sent, worker_shutdown
from django.conf import settings

from streaming.heartbeats import EXPIRES_SECS, PREFIX, heartbeat

TIMEOUT_SECS = 1.0

log = logging.getLogger(__name__)


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=TIMEOUT_SECS, socket_connect_timeout=TIMEOUT_SECS
    )


def show_life(process: str) -> None:
    """Write the process's heartbeat; a Redis that is away is no reason to stop."""
    try:
        _client().set(PREFIX + process, heartbeat(os.getpid()), ex=EXPIRES_SECS)
    except redis.RedisError as error:
        log.debug("no heartbeat: %s", type(error).__name__)


def end_life(process: str) -> None:
    """Take the heartbeat back: the process ends in order."""
    try:
        _client().delete(PREFIX + process)
    except redis.RedisError as error:
        log.debug("heartbeat stays: %s", type(error).__name__)


@heartbeat_sent.connect(dispatch_uid="tickstock.heartbeat")
def _worker_lives(**_: Any) -> None:
    show_life("worker")


@worker_shutdown.connect(dispatch_uid="tickstock.heartbeat")
def _worker_ends(**_: Any) -> None:
    end_life("worker")
