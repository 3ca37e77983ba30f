"""TickStock under its supervisor: the real processes, log, probe and reporter put together."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from tickstock_site.env import env_secret
from tickstock_site.preflight.market_checks import source_of
from tickstock_site.preflight.outcome import Abort, manage
from tickstock_site.preflight.request import NO_STREAM, StartRequest
from tickstock_site.processes import URL_OF_ROLE
from tickstock_site.supervisor.logbook import FILE_NAME, Console, Logbook, LogFile
from tickstock_site.supervisor.machine import Failure, Fleet, describe_exit
from tickstock_site.supervisor.probe import Probe, reachable
from tickstock_site.supervisor.processes import StartOptions, process_list
from tickstock_site.supervisor.reporter import Reporter
from tickstock_site.supervisor.runner import Runner


def run_all(request: StartRequest) -> int:
    """Run all until they are stopped; the exit code. Raises Abort if they do not start."""
    specs = process_list(options_of(request))
    logbook = Logbook(Console(), open_log_file())
    probe = Probe(request.host, int(request.port))
    runner = Runner(
        specs,
        logbook,
        fleet=Fleet(specs),
        is_answering=probe.answered,
        on_ready=lambda secs: ready_line(request, secs),
        secrets=known_secrets(),
        folder=settings.BASE_DIR,
    )
    reporter = Reporter(settings.REDIS_URL, runner.states)
    runner.reporter = reporter
    reporter.start()
    try:
        code = runner.run()
    finally:
        probe.close()
        reporter.close()
        logbook.close()
    if runner.fleet.failure:
        failure = runner.fleet.failure
        raise crashed(failure, runner.last_output(failure.name))
    return code


def options_of(request: StartRequest) -> StartOptions:
    """What the process list needs to know; a tape ends, so its stream may."""
    return StartOptions(
        host=request.host,
        port=int(request.port),
        stream_argv=request.stream_argv(),
        stream_may_finish=source_of(request) == "replay",
        streams=source_of(request) != NO_STREAM,
        log_level=settings.LOG_LEVEL,
        worker_processes=settings.WORKER_PROCESSES,
    )


def ready_line(request: StartRequest, secs: float) -> str:
    """What the operator waits for."""
    host = reachable(request.host)
    address = f"[{host}]" if ":" in host else host
    url = f"http://{address}:{request.port}/"
    return f"TickStock is ready at {url} after {secs:.1f} s (Ctrl+C stops it)"


def known_secrets() -> list[str]:
    """What must never be in the log, whatever a process writes."""
    urls = [env_secret(name) for name in (*URL_OF_ROLE.values(), "REDIS_URL")]
    passwords = [urlsplit(url).password or "" for url in urls if url]
    return [*passwords, settings.SECRET_KEY, settings.MASSIVE_API_KEY]


def open_log_file() -> LogFile:
    """The rotated files. Raises Abort where they can not be written."""
    try:
        return LogFile(settings.LOG_DIR, settings.LOG_FILE_MB, settings.LOG_FILES)
    except OSError as error:
        raise Abort(
            f"{settings.LOG_DIR / FILE_NAME} can not be written: {error.strerror}",
            "what happens at night must be there to read in the morning",
            "mkdir -p logs && export LOG_DIR=logs",
        ) from None


def crashed(failure: Failure, last_lines: list[str]) -> Abort:
    """Why the start was given up, with what the process last said."""
    if failure.code is None:
        how = f"did not answer within {failure.after_secs:.0f} s"
    else:
        how = f"ended with {describe_exit(failure.code)} after {failure.after_secs:.1f} s"
    said = "".join(f"\n    {line}" for line in last_lines) or " nothing"
    return Abort(
        f"{failure.name} {how}; all processes are stopped",
        f"{failure.name} is one of the processes that TickStock is made of. It last said:{said}",
        manage("preflight") + f"   (the whole log: {settings.LOG_DIR / FILE_NAME})",
    )
