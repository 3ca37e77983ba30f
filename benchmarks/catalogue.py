"""Every benchmark by name. Each is imported only in the process that runs it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from benchmarks.figures import Figure

Benchmark = Callable[[bool], list[Figure]]


def _own(name: str) -> Benchmark:
    return lambda quick: import_module(f"benchmarks.{name}").measure(quick=quick)


def _decode(quick: bool) -> list[Figure]:
    from benchmarks.decode import measure

    return measure(500, 100 if quick else 1_000, blanks=False)


def _analysis(quick: bool) -> list[Figure]:
    from benchmarks.analysis import measure

    return measure(500, 3) if quick else measure(11_000, 20)


BENCHMARKS: dict[str, Benchmark] = {
    "ingest": _own("ingest"),
    "minute_close": _own("minute_close"),
    "bar_latency": _own("bar_latency"),
    "browser_latency": _own("browser_latency"),
    "memory": _own("memory"),
    "old_targets": _own("old_targets"),
    "dashboard": _own("dashboard"),
    "decode": _decode,
    "analysis": _analysis,
    "daily_history": _own("daily_history"),
    "daily_pipeline": _own("daily_pipeline"),
}
