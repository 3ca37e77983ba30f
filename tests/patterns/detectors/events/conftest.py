"""Real daily bars as a table for pandas, and as the view that detectors see."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from patterns.analysis import Detection
from patterns.evaluate import analyse_history, indicator_history
from patterns.history import HistoryView
from patterns.matrix import BarMatrix
from patterns.registry import standard
from tests.patterns.detectors.events.found import earlier, rolling

DATA = Path(__file__).parents[2] / "data" / "events"
INPUTS = ["SQUEEZE_ON", "SESSION_BARS", "PIVOT_KIND"]


@pytest.fixture(scope="session")
def table(shared_data: Path) -> pd.DataFrame:
    """One row a bar, ordered by symbol and date; atr: plain mean of 20 true ranges before it."""
    read = pd.read_parquet(shared_data / "daily_bars_2012_2017.parquet")
    table = read.sort_values(["symbol", "date"]).reset_index(drop=True)
    table["volume"] = table["volume"].astype(float)
    close = earlier(table, "close")
    sides = [table["high"] - table["low"], abs(table["high"] - close), abs(table["low"] - close)]
    table["true_range"] = np.maximum(sides[0], np.maximum(sides[1], sides[2]))
    table.loc[np.isnan(close), "true_range"] = np.nan
    table["atr"] = rolling(table, "true_range", 20, "mean", 1)
    return table


@pytest.fixture(scope="session")
def view(daily: BarMatrix) -> HistoryView:
    """All bars at once, with what detectors read."""
    made = HistoryView(daily)
    made.values = indicator_history(daily, standard().only(INPUTS).indicators)
    return made


@pytest.fixture
def case():
    """A hand-checked case by its pattern: what stands beside its picture."""
    return lambda pattern_type: json.loads((DATA / f"{pattern_type}.json").read_text())


@pytest.fixture
def real(daily: BarMatrix):
    """The detections of a pattern, as it is set by default, on a case's day."""

    def detections(pattern_type: str, known: dict) -> list[Detection]:
        matrix = daily.take([daily.symbols.index(known["symbol"])])
        registry = standard().only([], [pattern_type])
        _, blocks = analyse_history(matrix, registry)
        made = [d for hits in blocks for d in hits.detections(matrix.symbols, "1d")]
        day_ms = pd.Timestamp(known["date"]).value // 1_000_000
        return [d for d in made if d.bar_time_ms == day_ms]

    return detections
