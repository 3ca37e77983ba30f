"""The interpreter's settings for a process that streams."""

from __future__ import annotations

import ctypes
import gc
import sys

SWITCH_SECS = 0.001
LARGE_BYTES = 1 << 20
WORKING_BYTES = 1 << 28
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
YOUNG_OBJECTS, YOUNG_ROUNDS, MIDDLE_ROUNDS = 20_000, 20, 20


def settle() -> None:
    """Take what exists now for permanent, and collect garbage seldom; call it once all is loaded.

    A minute of the whole market makes a hundred thousand short-lived objects without a cycle among
    them. With the usual settings the collector looks through all of Django several times
    meanwhile, for a third of the minute's work, and finds nothing.
    """
    # The feed's thread must not wait long for the interpreter while a minute closes.
    sys.setswitchinterval(SWITCH_SECS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_ROUNDS, MIDDLE_ROUNDS)
    _keep_working_memory()


def _keep_working_memory() -> None:
    """Keep what analysing a bar of the whole market takes, and give back the rest.

    Each timeframe needs some hundred megabytes for a moment. Given back and asked for again they
    took a quarter of the minute, page by page. Blocks of `LARGE_BYTES` and more are returned as
    soon as they are freed: glibc takes every large one for a sign that more of its size will be
    wanted, and keeps the next. Other C libraries have no such thresholds, and need none.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(M_TRIM_THRESHOLD, WORKING_BYTES)
