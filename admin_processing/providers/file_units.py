"""Units about a file, and the bars of one: what the folder and the flat files have in common.

A unit that brings all of its file, or of a part of its symbols, says so in `path` and `part`: the
import then leaves out files that have not changed. One that leaves out some of the file's days has
neither, so that the rest is not taken for imported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

import numpy as np

from admin_processing.providers.base import BarBatch, Unit
from admin_processing.providers.files import BarFile
from market.calendar import DAY_MS


def unit(file: BarFile, name: str, timeframe: str) -> Unit:
    """About the whole of a file."""
    state = {"size": file.size, "modified_ns": file.modified_ns}
    return (
        {"name": name, "path": str(file.path), "file": str(file.path), "part": ""}
        | state
        | {"timeframe": timeframe}
    )


def of_symbols(whole: Unit, symbols: Sequence[str]) -> Unit:
    """The same, about some of its symbols."""
    digest = hashlib.sha256("\n".join(symbols).encode()).hexdigest()[:12]
    part = f"{symbols[0]} to {symbols[-1]} ({digest})"
    return whole | {"symbols": list(symbols), "part": part}


def of_days(whole: Unit, first: date, last: date) -> Unit:
    """The same, of these days alone."""
    days = {"first": first.isoformat(), "last": last.isoformat()}
    return {key: value for key, value in whole.items() if key not in ("path", "part")} | days


def within(bars: BarBatch, about: Unit) -> BarBatch:
    """The bars of the days that a unit names, all of them where it names none."""
    if "first" not in about:
        return bars
    first, last = (_start_ms(about[name]) for name in ("first", "last"))
    return bars.where((bars.time_ms >= first) & (bars.time_ms < last + DAY_MS))


def _start_ms(day: str) -> int:
    return int(np.datetime64(day, "ms").astype(np.int64))
