"""The interpreter's settings for a process that streams."""

from __future__ import annotations

import gc
import sys

SWITCH_SECS = 0.001
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
