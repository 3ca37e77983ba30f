"""How much one client may ask."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Allowance:
    """A token bucket: `rate` messages a second on average, `burst` at once."""

    rate: float
    burst: float
    tokens: float = -1.0
    last_ms: float = 0.0

    def take(self, now_ms: float) -> bool:
        """Take one message's worth; False if there is none left."""
        if self.tokens < 0:
            self.tokens, self.last_ms = self.burst, now_ms
        earned = max(0.0, now_ms - self.last_ms) / 1000 * self.rate
        self.tokens = min(self.burst, self.tokens + earned)
        self.last_ms = now_ms
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True
