"""TickStock's own processes under the supervisor."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tickstock_site.preflight.outcome import Abort
from tickstock_site.preflight.request import StartRequest
from tickstock_site.supervisor.machine import Failure
from tickstock_site.supervisor.probe import Probe, answers, reachable
from tickstock_site.supervisor.processes import StartOptions, process_list
from tickstock_site.supervisor.service import (
    crashed,
    known_secrets,
    open_log_file,
    options_of,
    ready_line,
)


def test_the_stream_is_last_so_that_it_stops_first() -> None:
    specs = process_list(StartOptions(port=8001, stream_argv=["--once"], stream_may_finish=True))
    assert [spec.name for spec in specs] == ["web", "worker", "beat", "jobs", "stream"]
    assert [spec.environment["TICKSTOCK_PROCESS"] for spec in specs] == [s.name for s in specs]
    assert [spec.may_finish for spec in specs] == [False, False, False, False, True]
    assert "8001" in specs[0].argv
    assert list(specs[-1].argv)[1:] == ["manage.py", "stream_ticks", "--once"]


def test_only_a_replay_may_finish() -> None:
    assert options_of(StartRequest(source="replay")).stream_may_finish
    assert not options_of(StartRequest(source="synthetic")).stream_may_finish


def test_without_a_source_there_is_no_stream() -> None:
    specs = process_list(options_of(StartRequest(source="none")))
    assert [spec.name for spec in specs] == ["web", "worker", "beat", "jobs"]


def test_the_ready_line_has_an_address_to_open() -> None:
    line = ready_line(StartRequest(host="0.0.0.0", port="8001"), 4.25)
    assert line == "TickStock is ready at http://127.0.0.1:8001/ after 4.2 s (Ctrl+C stops it)"
    assert "http://[::1]:8000/" in ready_line(StartRequest(host="::"), 1)


def test_passwords_of_all_addresses_are_secrets(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setenv("DATABASE_WEB_URL", "postgresql://app_web:web-password@host/db")
    monkeypatch.setenv("REDIS_URL", "redis://:redis-password@host/0")
    settings.MASSIVE_API_KEY = "massive-key"
    assert {"web-password", "redis-password", "massive-key"} <= set(known_secrets())


def test_a_failed_start_names_process_code_and_last_words() -> None:
    abort = crashed(Failure("worker", 7, 1.23), ["no such queue"])
    assert abort.what == "worker ended with exit code 7 after 1.2 s; all processes are stopped"
    assert "no such queue" in abort.reason
    silent = crashed(Failure("web", None, 30), [])
    assert silent.what.startswith("web did not answer within 30 s")
    assert silent.reason.endswith("nothing")


def test_a_log_that_can_not_be_written_is_told(settings: Any, tmp_path: Any) -> None:
    (tmp_path / "file").touch()
    settings.LOG_DIR = tmp_path / "file" / "logs"
    with pytest.raises(Abort, match="can not be written"):
        open_log_file()


class Unwell(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


def test_a_web_that_says_that_the_database_is_down_has_answered() -> None:
    with HTTPServer(("127.0.0.1", 0), Unwell) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            probe = Probe("0.0.0.0", server.server_port)
            assert probe._answered.wait(5)
            assert probe.answered()
        finally:
            server.shutdown()
            thread.join()


def test_a_port_where_nobody_listens_has_not_answered() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert not answers("127.0.0.1", taken.getsockname()[1])
    assert reachable("192.0.2.7") == "192.0.2.7"
