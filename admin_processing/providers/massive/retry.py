"""Whether an answer is worth another try, and when. Pure.

Full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so that
many workers do not come back as one.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

TOO_MANY = 429
CLIENT_GONE = 499
REFUSALS = (401, 403)


@dataclass(frozen=True, slots=True)
class RetryRules:
    """How often, and how long between. longest_secs: also of what the provider asks for."""

    tries: int = 8
    first_secs: float = 0.5
    longest_secs: float = 60.0
    too_many_secs: float = 15.0

    def pause(self, failures: int, rng: random.Random) -> float:
        """Seconds to wait after so many failures in a row."""
        ceiling = self.first_secs * 2.0 ** min(failures - 1, 30)
        return rng.uniform(0.0, min(self.longest_secs, ceiling))

    def asked_for(self, header: str | None, now: datetime) -> float:
        """Seconds that a Retry-After header asks for, within bounds; 0 without one."""
        return min(max(_secs(header or "", now), 0.0), self.longest_secs)


def is_worth_it(status: int) -> bool:
    """Whether the same request may be answered later."""
    return status in (TOO_MANY, CLIENT_GONE) or status >= 500


def _secs(header: str, now: datetime) -> float:
    """A number of seconds, or a date."""
    try:
        secs = float(header)
    except ValueError:
        return _until(header, now)
    return secs if math.isfinite(secs) else 0.0


def _until(header: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return 0.0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - now).total_seconds()
