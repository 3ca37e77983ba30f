"""The web process ends soon after it is asked to, whatever it is doing."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.request import urlopen

from tests.browser.conftest import Server

MOST_SECS = 8.0


def ask(url: str) -> int:
    """The status, or 0 where the server ended first."""
    try:
        with urlopen(f"{url}/sign-in/", timeout=20) as answer:
            return answer.status
    except OSError:
        return 0


def test_requests_under_way_do_not_keep_it_from_ending(environment):
    server = Server(environment | {"TICKSTOCK_PROCESS": "web", "DEBUG": "0"})
    server.start()
    process = server.process
    assert process is not None
    with ThreadPoolExecutor(24) as crowd:
        asked = [crowd.submit(ask, server.url) for _ in range(72)]
        while not any(answer.done() for answer in asked):
            time.sleep(0.005)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()
        assert time.monotonic() - began < MOST_SECS
    assert {answer.result() for answer in asked} <= {0, 200}
