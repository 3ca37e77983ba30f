"""Several rounds of the same work, and their median."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from statistics import median


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def median_seconds(work: Callable[[], object], rounds: int) -> float:
    """Median wall time of some calls."""
    return median(seconds(work) for _ in range(rounds))


def spread(values: Sequence[float]) -> tuple[float, float]:
    """The lowest and the highest."""
    return min(values), max(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(round(share * len(ordered), 6)) - 1)]
