"""The one place where repairs and comparisons ask what time it is."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Unix milliseconds."""
    return int(time.time() * 1000)
