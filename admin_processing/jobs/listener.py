"""Takes job commands off Redis into the database, and begins them one after the other.

Pub/Sub keeps nothing: a command is in the database before anything is made of it, and from then
on it is done once for its `job_id`, whatever is killed.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

import redis
from django.db import InterfaceError, OperationalError, connection

from admin_processing.jobs.commands import BadCommand, decode, job_of
from admin_processing.models import JobCommand, ProcessingRun
from admin_processing.runs import triggers
from admin_processing.runs.triggers import Asker, RunUnderWay
from streaming.heartbeats import EXPIRES_SECS, PREFIX, heartbeat
from streaming.lease import RedisLease
from streaming.publish import ERRORS, Publisher

logger = logging.getLogger(__name__)

DATA_LOAD = "tickstock.jobs.data_load"
LEASE_KEY = "tickstock:lease:jobs"
LOOK_SECS = 1.0
AWAY_SECS = 1.0
MOST_WAITING = 1_000


class JobListener:
    """One a system, which its lease sees to; made of steps that a test can call."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._publisher = Publisher(client)
        self._lease = RedisLease(client, LEASE_KEY)
        self._over = threading.Event()
        self._bad = 0

    def request_stop(self) -> None:
        """Stop after the present step."""
        self._over.set()

    def run(self) -> None:
        """Listen until asked to stop; Redis or the database may come and go meanwhile."""
        while not self._over.is_set():
            try:
                self._listen()
            except (redis.RedisError, OperationalError, InterfaceError) as error:
                logger.warning("listening again in a moment: %s", error)
                connection.close()
                self._over.wait(AWAY_SECS)
        self._lease.release()

    def _listen(self) -> None:
        with self._client.pubsub(ignore_subscribe_messages=True) as listener:
            while not self._over.is_set():
                if not self._lease.held and not self._take_place():
                    continue
                if DATA_LOAD.encode() not in listener.channels:
                    listener.subscribe(DATA_LOAD)
                    logger.info("listening on %s", DATA_LOAD)
                self.step(listener)

    def _take_place(self) -> bool:
        if self._lease.acquire():
            return True
        logger.debug("another process listens: %s", self._lease.holder())
        self._over.wait(LOOK_SECS)
        return False

    def step(self, listener: Any) -> None:
        """Take what has come within a second, and begin what waits, if nothing is under way."""
        self._client.set(PREFIX + "jobs", heartbeat(os.getpid()), ex=EXPIRES_SECS)
        until = time.monotonic() + LOOK_SECS
        while (left := until - time.monotonic()) > 0:
            message = listener.get_message(timeout=left)
            if message is not None:
                self.take(message["data"])
        self.begin_next()

    def take(self, message: bytes) -> bool:
        """Keep a command; a bad one is answered on `tickstock:errors`. Whether it was new."""
        try:
            job = decode(message)
            self._refuse_too_many(job.job_id)
        except BadCommand as error:
            self._answer(str(error))
            return False
        _, is_new = JobCommand.objects.get_or_create(
            job_id=job.job_id, defaults={"command": job.command}
        )
        if not is_new:
            logger.info("job %s came again, and is done once", job.job_id)
        return is_new

    def begin_next(self) -> str | None:
        """Begin the oldest command that waits; its run's id, None where one is under way."""
        waiting = JobCommand.objects.filter(status="waiting").order_by("received_at", "job_id")
        command = waiting.first()
        if command is None:
            return None
        if ProcessingRun.objects.filter(job_id=command.job_id).exists():
            self._started(command)  # a kill came between the run and this note of it
            return None
        job = job_of(command.command)
        try:
            asker = Asker("jobs", DATA_LOAD)
            triggers.trigger(job.request, "job", asker, "data_load", job_id=job.job_id)
        except RunUnderWay:
            return None
        return self._started(command)

    def _started(self, command: JobCommand) -> str:
        run = ProcessingRun.objects.get(job_id=command.job_id)
        JobCommand.objects.filter(pk=command.pk).update(status="started", run_id=run.run_id)
        logger.info("job %s began as run %s", command.job_id, run.run_id)
        return str(run.run_id)

    def _refuse_too_many(self, job_id: str) -> None:
        waiting = JobCommand.objects.filter(status="waiting").count()
        if waiting >= MOST_WAITING:
            raise BadCommand(f"{waiting} jobs wait; at most {MOST_WAITING} may", job_id)

    def _answer(self, reason: str) -> None:
        self._bad += 1
        logger.warning("a job command was refused: %s", reason)
        payload = {"process": "jobs", "where": DATA_LOAD, "message": reason, "count": self._bad}
        self._publisher.send(ERRORS, "error", **payload)
