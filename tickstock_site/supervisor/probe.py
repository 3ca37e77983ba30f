"""Asks the web process, in a thread, whether it answers `/health` yet."""

from __future__ import annotations

import http.client
import threading

EVERY_SECS = 0.1
TIMEOUT_SECS = 3.0
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def reachable(host: str) -> str:
    """Where a server that listens on `host` is reached from this machine."""
    return EVERY_ADDRESS.get(host, host)


def answers(host: str, port: int) -> bool:
    """Whether `GET /health` is answered, whatever it says."""
    connection = http.client.HTTPConnection(reachable(host), port, timeout=TIMEOUT_SECS)
    try:
        connection.request("GET", "/health", headers={"Host": "localhost"})
        return connection.getresponse().status in (200, 503)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Probe:
    """Calls itself answered once the web has answered; until then it asks ten times a second."""

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)
        self._answered = threading.Event()
        self._closed = threading.Event()
        threading.Thread(target=self._run, name="probe", daemon=True).start()

    def answered(self) -> bool:
        """Whether it has answered."""
        return self._answered.is_set()

    def close(self) -> None:
        """Ask no more."""
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.wait(EVERY_SECS):
            if answers(*self._place):
                self._answered.set()
                return
