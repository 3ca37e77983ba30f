"""The daily pipeline from a file to patterns, with two workers, as one button begins it.

    python -m benchmarks daily_pipeline

505 real symbols, 636,290 daily bars: imported, checked, stored; symbols synced; indicators and
detections computed and stored, every event published. Beside each phase a reference from the same
run: COPY alone of the same bars into the same table, and TA-Lib alone over the same bars, storing
nothing. Then the same with made-up symbols, 500 to 8,000 of 60 sessions each: what one costs. The
bars lie outside the repository; where they do not, there is nothing to measure.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.figures import Figure
from benchmarks.stage import PROJECT

FILE = PROJECT.parent / "shared" / "data" / "daily_bars_2012_2017.parquet"
QUICK_SYMBOLS = 20
GOAL_SECS = 60.0
WORKERS = 2
GROWTH = (500, 1_000, 2_000, 4_000, 8_000)
QUICK_GROWTH = (20, 40)
GROWTH_SESSIONS = 60
PATIENCE_SECS = 240.0
PHASES = ("import", "cache", "indicators", "patterns")
PIPELINE_TABLES = (
    *("processing_runs", "import_coverage", "imported_files", "rejected_rows", "daily_analyses"),
    *("adjusted_history", "symbols", "universe_history"),
)


def measure(*, quick: bool) -> list[Figure]:
    """Seconds of the whole run and of its phases, and what a symbol costs as they grow."""
    if not FILE.exists():
        print(f"  skipped: {FILE} is not there")
        return []
    from benchmarks import shared

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= {"DAILY_SOURCE": "folder", "IMPORT_FOLDER": name, "IMPORT_ADJUSTED": "1"}
        shared.set_up_django("worker")
        table = _bars(QUICK_SYMBOLS if quick else None)
        with workers():
            real = _real(folder, table)
            growth = _growth(folder, table, QUICK_GROWTH if quick else GROWTH)
    return [*real, growth]


# --- the real file ------------------------------------------------------------------------------


def _real(folder: Path, table: pd.DataFrame) -> list[Figure]:
    _clear()
    table.to_parquet(folder / "bars.parquet")
    first, phases = run()
    again, _ = run()
    detections = _count("daily_patterns")
    copied, by_talib = _copy_alone(table), _talib(table)
    count = f"{len(table):,} daily bars"
    return [
        Figure(
            name=f"from a file to patterns: {count}, two workers",
            value=first,
            unit="s",
            goal=GOAL_SECS,
            reference=copied + by_talib,
            reference_name="COPY alone, then TA-Lib alone, whose outputs are stored nowhere",
            detail={
                **{f"{phase}, s": secs for phase, secs in phases.items()},
                "detections stored": detections,
            },
        ),
        Figure(
            name=f"the phase import: {count} read, checked, stored",
            value=phases["import"],
            unit="s",
            reference=copied,
            reference_name="COPY alone of the same bars into the same table, one connection",
        ),
        Figure(
            name="the phases indicators and patterns, stored",
            value=phases["indicators"] + phases["patterns"],
            unit="s",
            reference=by_talib,
            reference_name="TA-Lib alone, symbol by symbol, one core, nothing stored",
        ),
        Figure(
            name="a second run, nothing new",
            value=again,
            unit="s",
            reference=first,
            reference_name="the first run",
        ),
    ]


def _bars(most: int | None) -> pd.DataFrame:
    table = pd.read_parquet(FILE)
    names = sorted(table["symbol"].unique())[:most]
    return table[table["symbol"].isin(names)].reset_index(drop=True)


def _copy_alone(table: pd.DataFrame) -> float:
    """The good rows by one binary COPY, as `market.storage.copy` does it."""
    from django.db import connection, transaction

    from market.storage.copy import copy_columns, encode_names, timestamps

    high, low = table[["open", "close"]].max(axis=1), table[["open", "close"]].min(axis=1)
    good = table[(table["high"] >= high) & (table["low"] <= low) & (table["low"] > 0)]
    days = pd.to_datetime(good["date"]).to_numpy("datetime64[ms]").astype(np.int64)
    columns: dict[str, Any] = {
        "symbol": ("text", encode_names(good["symbol"].tolist())),
        '"timestamp"': ("i8", timestamps(days)),
        **{
            side: ("f8", good[side].to_numpy(float))
            for side in ("open", "high", "low", "close", "volume")
        },
    }
    _clear()
    begun = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        copy_columns(cursor, "ohlcv_daily", columns)
    return time.perf_counter() - begun


def _talib(table: pd.DataFrame) -> float:
    from benchmarks import talib_calls

    sides = ("open", "high", "low", "close", "volume")
    symbols = [
        [np.ascontiguousarray(own[side].to_numpy(float)) for side in sides]
        for _, own in table.sort_values(["symbol", "date"]).groupby("symbol")
    ]
    return talib_calls.cpu_seconds(symbols)


# --- growth -------------------------------------------------------------------------------------


def _growth(folder: Path, table: pd.DataFrame, sizes: Sequence[int]) -> Figure:
    """What a symbol costs, in milliseconds, as there are more of them."""
    cost = {}
    for size in sizes:
        _clear()
        _made_up(table, size).to_parquet(folder / "bars.parquet")
        secs, _ = run()
        cost[size] = 1000 * secs / size
    return Figure(
        name=f"a symbol of {GROWTH_SESSIONS} sessions, among {sizes[-1]:,}",
        value=cost[sizes[-1]],
        unit="ms",
        reference=cost[sizes[0]],
        reference_name=f"the same among {sizes[0]:,}",
        detail={f"among {size:,} symbols, ms": value for size, value in cost.items()},
    )


def _made_up(table: pd.DataFrame, size: int) -> pd.DataFrame:
    """So many symbols, each a real one's last sessions under another name."""
    last = table.sort_values(["symbol", "date"]).groupby("symbol").tail(GROWTH_SESSIONS)
    names = sorted(last["symbol"].unique())
    copies = -(-size // len(names))
    parts = [last.assign(symbol=last["symbol"] + f".{copy}") for copy in range(copies)]
    made = pd.concat(parts, ignore_index=True)
    kept = sorted(made["symbol"].unique())[:size]
    return made[made["symbol"].isin(kept)].reset_index(drop=True)


# --- runs ---------------------------------------------------------------------------------------


def run() -> tuple[float, dict[str, float]]:
    """A whole run; its seconds from the trigger on, and those of its phases."""
    from admin_processing.runs import report, triggers
    from admin_processing.runs.request import parse

    asked = parse({"skip_market_check": True})
    asker = triggers.Asker("benchmark", "benchmark")
    run_id = triggers.trigger(asked, "benchmark", asker).run_id
    begun = time.perf_counter()
    while (made := report.run_of(run_id)) is None or made.status in report.OPEN:
        if time.perf_counter() - begun > PATIENCE_SECS:
            raise SystemExit(f"the run was not done within {PATIENCE_SECS:.0f} s")
        time.sleep(0.05)
    if made.status != "completed":
        raise SystemExit(f"the run {made.status}: {made.error}")
    assert made.finished_at
    assert made.started_at
    return (made.finished_at - made.created_at).total_seconds(), _phases(made.counts)


def _phases(counts: dict[str, Any]) -> dict[str, float]:
    """Seconds of each phase; they follow each other."""
    moments = [(datetime.fromisoformat(counts[name]["started_at"]), name) for name in PHASES]
    end = datetime.fromisoformat(counts[PHASES[-1]]["finished_at"])
    return {
        name: (after - begun).total_seconds()
        for (begun, name), (after, _) in pairwise([*moments, (end, "")])
    }


def _clear() -> None:
    import psycopg

    from benchmarks import shared

    shared.clear()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"TRUNCATE {', '.join(PIPELINE_TABLES)} CASCADE")


def _count(table: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


@contextlib.contextmanager
def workers() -> Iterator[None]:
    """A Celery worker of two processes, ready."""
    from admin_processing.runs import wake

    arguments = ["-q", "-A", "celery_app", "worker", "-l", "WARNING", "-c", str(WORKERS)]
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", *arguments, "--without-gossip", "--without-mingle"],
        cwd=PROJECT,
        env={**os.environ, "TICKSTOCK_PROCESS": "worker"},
        stdin=subprocess.DEVNULL,
    )
    try:
        until = time.perf_counter() + 60
        while not wake.worker_alive():
            if process.poll() is not None or time.perf_counter() > until:
                raise SystemExit("the benchmark's worker did not start")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)
