"""Real daily bars as one matrix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from patterns.matrix import BarMatrix, align_right

WEEK_MS = 7 * 86_400_000


def weekly_session(time_ms: int) -> int:
    """Daily bars in sessions of a week: sums over a session have something to sum."""
    return time_ms - time_ms % WEEK_MS


@pytest.fixture(scope="session")
def daily(shared_data: Path) -> BarMatrix:
    """505 US stocks, five years of daily bars."""
    table = pd.read_parquet(shared_data / "daily_bars_2012_2017.parquet")
    table = table.sort_values(["symbol", "date"])
    symbols, row = np.unique(table["symbol"].to_numpy().astype(str), return_inverse=True)
    columns = {
        name: table[name].to_numpy(np.float64)
        for name in ("open", "high", "low", "close", "volume")
    }
    columns["time_ms"] = table["date"].to_numpy().astype("datetime64[ms]").astype(np.int64)
    return align_right([str(name) for name in symbols], row, columns, weekly_session)
