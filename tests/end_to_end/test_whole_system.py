"""Everything at once, as an operator starts it: all processes, a real browser, Ctrl+C."""

from __future__ import annotations

import signal
import subprocess
import time

import psutil
import pytest

from tests.chaos.home import Home, wait_for
from tests.end_to_end.whole_system import is_healthy, signed_in, start
from tests.private_redis import free_port

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(420)]

SYNTHETIC = ("--source", "synthetic", "--ignore-market-hours")
SYMBOLS = 70
CONTRACT_QUERIES = {
    "bars": "SELECT count(*) FROM ohlcv_1min WHERE timestamp > now() - interval '5 minutes'",
    "doubled": "SELECT symbol, timestamp, count(*) FROM ohlcv_1min "
    "GROUP BY 1, 2 HAVING count(*) > 1",
    "patterns": "SELECT pattern_type, count(*), avg(confidence) FROM intraday_patterns "
    "WHERE detection_timestamp > now() - interval '10 minutes' GROUP BY 1",
    "indicators": "SELECT indicator_name, count(*) FROM intraday_indicators "
    "WHERE calculation_timestamp > now() - interval '10 minutes' GROUP BY 1",
    "minutes": "SELECT date_trunc('minute', timestamp) AS minute, count(DISTINCT symbol) "
    "FROM ohlcv_1min WHERE timestamp > now() - interval '1 hour' GROUP BY 1 ORDER BY 1 DESC",
}


def kill_everything(system: subprocess.Popen[str]) -> None:
    """Kill the supervisor and all that it has started before any of them can react."""
    processes = [*psutil.Process(system.pid).children(recursive=True), psutil.Process(system.pid)]
    for process in processes:
        process.suspend()
    for process in processes:
        process.kill()
    system.wait(10)


def watch_dashboard(port: int) -> tuple[set[str], list[str]]:
    """Sign in, look at one price for ten seconds; what it showed, and what the console said."""
    with signed_in(port) as (page, complaints):
        page.wait_for_selector("body[data-ready=true]")
        shown = set()
        for _ in range(20):
            shown.add(page.locator("#row-AAPL .last").inner_text())
            page.wait_for_timeout(500)
        assert page.locator("#feed li").count() > 0
    return shown, complaints


def test_one_command_streams_is_watched_and_stops_without_a_trace(home: Home) -> None:
    port = free_port()
    system = start(home, port, *SYNTHETIC)
    wait_for(lambda: is_healthy(port), 60, "a healthy /health")
    began = time.time()
    shown, complaints = watch_dashboard(port)
    assert len(shown) > 2
    assert complaints == []

    wait_for(lambda: time.time() // 60 >= began // 60 + 2 and time.time() % 60 > 5, 190, "minutes")
    answers = {name: home.rows(query) for name, query in CONTRACT_QUERIES.items()}
    assert answers["bars"][0][0] >= 3 * SYMBOLS
    assert answers["doubled"] == []
    assert len(answers["patterns"]) >= 3
    assert len(answers["indicators"]) >= 10
    assert {count for _, count in answers["minutes"][1:]} == {SYMBOLS}
    assert is_healthy(port)

    system.send_signal(signal.SIGINT)
    assert system.wait(40) == 0
    assert home.rows("SELECT DISTINCT status FROM streaming_sessions") == [("stopped",)]


def test_after_a_kill_of_everything_the_next_start_closes_the_session_and_goes_on(
    home: Home,
) -> None:
    port = free_port()
    system = start(home, port, *SYNTHETIC)
    wait_for(lambda: is_healthy(port), 60, "a healthy /health")
    kill_everything(system)
    wait_for(lambda: not is_healthy(port), 20, "the end of the web process")
    before = home.one("SELECT count(*) FROM ohlcv_1min")

    system = start(home, port, *SYNTHETIC)
    statuses = "SELECT status FROM streaming_sessions ORDER BY start_time"
    wait_for(lambda: len(home.rows(statuses)) == 2, 60, "a second session")
    assert home.rows(statuses) == [("interrupted",), ("running",)]
    wait_for(lambda: is_healthy(port), 60, "a healthy /health")
    assert home.one("SELECT count(*) FROM ohlcv_1min") >= before
    system.send_signal(signal.SIGTERM)
    assert system.wait(40) == 0
