"""A worker whose phases are made up: ten units each, one for every `go` that Redis hands it.

    python -m tests.browser.made_worker '{"failing": ["S3"], "broken": {"cache": "why"}}'

It runs as the real one does, in the worker's role, until it is ended.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import django
from django.conf import settings
from django.db import transaction
from redis import Redis

from admin_processing.runs.phase import ChunkPlan, PhaseFailed, Work
from admin_processing.runs.request import RunRequest

GO, READY = "tests:go", "tests:ready"


class Paced:
    """A phase that does a unit whenever it is told to; `failing` can not be done."""

    def __init__(self, name: str, failing: Sequence[str], broken: str) -> None:
        self.name, self.failing, self.broken = name, failing, broken
        self.redis = Redis.from_url(settings.REDIS_URL)

    def plan(self, request: RunRequest) -> Sequence[ChunkPlan]:
        if self.broken:
            raise PhaseFailed(self.broken)
        return [ChunkPlan([{"name": f"S{n}"} for n in range(10)])]

    def work(self, units: Sequence[Mapping[str, Any]], work: Work) -> None:
        for unit in units[work.position :]:
            while self.redis.lpop(GO) is None:
                work.checkpoint()
                time.sleep(0.02)
            if unit["name"] in self.failing:
                work.failed(unit, "429 Too Many Requests: the provider takes 5 a minute")
                continue
            with transaction.atomic():
                work.done(rows=10, symbol=str(unit["name"]))


def main() -> None:
    """Work on whatever run there is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tickstock_site.settings")
    django.setup()
    from admin_processing.runs import worker

    asked = json.loads(sys.argv[1])
    failing, broken = asked.get("failing", []), asked.get("broken", {})
    worker.phase_named = lambda name: Paced(name, failing, broken.get(name, ""))
    Redis.from_url(settings.REDIS_URL).rpush(READY, "ready")
    while True:
        worker.work_through()
        time.sleep(0.1)


if __name__ == "__main__":
    main()
