"""How long to wait before connecting again.

Full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so that
many clients do not come back as one. A conflict over the one connection that a key may have waits
at least half of its own, longer, doubling time: the provider tells of it after it has accepted
and confirmed everything, so those are no signs of success. Only a stretch of data is.
"""

from __future__ import annotations

import random

from streaming.feeds.massive.tuning import MassiveTuning


class Backoff:
    """Counts failures; `stable()` forgives them."""

    def __init__(self, tuning: MassiveTuning, rng: random.Random | None = None) -> None:
        self._tuning = tuning
        self._rng = rng or random.Random()
        self.failures = 0
        self.conflicts = 0

    def failed(self) -> float:
        """Seconds to wait after a connection failed, or ended."""
        self.failures += 1
        return self._rng.uniform(0.0, self._ceiling())

    def conflict(self) -> float:
        """Seconds to wait after the provider said that the key has too many connections."""
        self.conflicts += 1
        self.failures += 1
        longest = self._tuning.conflict_secs * 2.0 ** min(self.conflicts, 30)
        longest = min(self._tuning.conflict_max_secs, longest)
        return self._rng.uniform(longest / 2, longest)

    def stable(self) -> None:
        """Data has come for long enough: the next failure is a first one."""
        self.failures = self.conflicts = 0

    def _ceiling(self) -> float:
        doubled = self._tuning.backoff_secs * 2.0 ** min(self.failures - 1, 30)
        return min(self._tuning.backoff_max_secs, doubled)
