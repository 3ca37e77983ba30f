"""`manage.py listen_jobs`: job commands that other programs send over Redis."""

from __future__ import annotations

import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from admin_processing.jobs.listener import JobListener
from streaming.redis_client import stream_client


class Command(BaseCommand):
    help = "Take job commands from tickstock.jobs.data_load, one at a time, each once."

    def handle(self, *args: Any, **options: Any) -> None:
        listener = JobListener(stream_client(settings.REDIS_URL))
        signal.signal(signal.SIGTERM, lambda *_: listener.request_stop())
        signal.signal(signal.SIGINT, lambda *_: listener.request_stop())
        listener.run()
