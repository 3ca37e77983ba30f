"""A thread that does one thing again and again, until it is stopped."""

from __future__ import annotations

import threading

STOP_SECS = 5.0


class Background:
    """Calls `step` every `period_secs` in a thread of its own, and `finish` at the end."""

    def __init__(self, name: str, period_secs: float) -> None:
        self._period_secs = period_secs
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def step(self) -> None:
        """What is done again and again."""
        raise NotImplementedError

    def finish(self) -> None:
        """What is done last."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish, and wait for it."""
        self._done.set()
        self._thread.join(STOP_SECS)

    def _run(self) -> None:
        while not self._done.wait(self._period_secs):
            self.step()
        self.finish()
