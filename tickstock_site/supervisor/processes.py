"""The processes of one machine, as data: a new one is one line in `process_list`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from tickstock_site.supervisor.machine import ProcessSpec

PYTHON = sys.executable
CELERY = (PYTHON, "-m", "celery", "-q", "-A", "celery_app")
STREAM_STOP_SECS = 30.0
BACKGROUND = 10


@dataclass(frozen=True, slots=True)
class StartOptions:
    """What `start_all_services` was asked for; `stream_argv` is handed on to `stream_ticks`.

    streams: whether there is a stream at all.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    stream_argv: Sequence[str] = field(default_factory=tuple)
    stream_may_finish: bool = False
    streams: bool = True
    log_level: str = "INFO"
    worker_processes: int = 2


def process_list(options: StartOptions) -> list[ProcessSpec]:
    """In starting order; they are stopped in the reverse one, the stream first."""
    made = [
        _spec("web", web_argv(options.host, options.port)),
        _spec("worker", worker_argv(options), BACKGROUND),
        _spec("beat", [*CELERY, "beat", "-l", options.log_level], BACKGROUND),
        _spec("jobs", [PYTHON, "manage.py", "listen_jobs"], BACKGROUND),
    ]
    return [*made, _stream(options)] if options.streams else made


def _stream(options: StartOptions) -> ProcessSpec:
    return ProcessSpec(
        "stream",
        [PYTHON, "manage.py", "stream_ticks", *options.stream_argv],
        _environment("stream"),
        may_finish=options.stream_may_finish,
        stop_secs=STREAM_STOP_SECS,
    )


def web_argv(host: str, port: int) -> list[str]:
    """Daphne's command line."""
    return [PYTHON, "-m", "daphne", "-b", host, "-p", str(port), "tickstock_site.asgi:application"]


def worker_argv(options: StartOptions) -> list[str]:
    """The Celery worker's command line; gossip and mingling are for many workers, and slow."""
    processes = str(options.worker_processes)
    quick = ("--without-gossip", "--without-mingle")
    return [*CELERY, "worker", "-l", options.log_level, "-c", processes, *quick]


def _spec(name: str, argv: Sequence[str], niceness: int = 0) -> ProcessSpec:
    return ProcessSpec(name, argv, _environment(name), niceness=niceness)


def _environment(process: str) -> dict[str, str]:
    return {"TICKSTOCK_PROCESS": process, "PYTHONUNBUFFERED": "1"}
