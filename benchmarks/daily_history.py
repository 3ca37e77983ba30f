"""Five years of daily bars of 505 real symbols: every indicator, detector and life at once.

    python -m benchmarks daily_history

Processor time of one core. Beside it, in the same run and over the same bars: TA-Lib, called symbol
by symbol for what it has, and pandas for a handful; each also against the same outputs alone. Then
the daily tier over a first run's blocks, with a dividend of each symbol every quarter and without.
The bars lie outside the repository; where they do not, there is nothing to measure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.figures import Figure
from benchmarks.stage import PROJECT
from market.calendar import from_ms

FILE = PROJECT.parent / "shared" / "data" / "daily_bars_2012_2017.parquet"
QUICK_SYMBOLS = 20
GOAL_SECS = 10.0
QUARTER_BARS = 63
SIDES = ("open", "high", "low", "close", "volume")
HANDFUL = ("SMA_20", "EMA_20", "RSI_14", "BB_UPPER", "BB_MIDDLE", "BB_LOWER")


def measure(*, quick: bool) -> list[Figure]:
    """Seconds for all of it, and for the outputs that others have too."""
    if not FILE.exists():
        print(f"  skipped: {FILE} is not there")
        return []
    from benchmarks import talib_calls
    from patterns.evaluate import analyse_history, indicator_history
    from patterns.registry import standard

    matrix = _matrix(QUICK_SYMBOLS if quick else None)
    bars = int(matrix.count.sum())
    everything, (outputs, hits) = _taken(lambda: analyse_history(matrix, standard(), "1d"))
    lives, _ = _taken(lambda: _lives(matrix, hits))
    same = talib_calls.same_outputs()
    as_talib, _ = _taken(lambda: analyse_history(matrix, same, "1d"))
    handful = standard().only(HANDFUL).indicators
    as_pandas, _ = _taken(lambda: indicator_history(matrix, handful))
    by_talib = talib_calls.cpu_seconds(_symbols(matrix))
    by_pandas, _ = _taken(lambda: _pandas(matrix))
    talib_name = "TA-Lib symbol by symbol: 61 candlesticks and the indicators that it has"
    return [
        Figure(
            name=f"all of {bars:,} daily bars, lives included",
            value=everything + lives,
            unit="s",
            goal=GOAL_SECS,
            reference=by_talib,
            reference_name=talib_name,
            detail={
                "lives, s": lives,
                "outputs": len(outputs),
                "detectors": len(standard().for_timeframe("1d").detectors),
                "detections": sum(map(len, hits)),
            },
        ),
        Figure(
            name="the same outputs as TA-Lib, detections described",
            value=as_talib,
            unit="s",
            reference=by_talib,
            reference_name=talib_name,
        ),
        Figure(
            name="SMA, EMA, RSI and Bollinger bands alone",
            value=as_pandas,
            unit="s",
            reference=by_pandas,
            reference_name="pandas, grouped by symbol",
        ),
        _with_dividends(matrix),
    ]


def _with_dividends(matrix: Any) -> Figure:
    """What dividends cost: block by block, with them and without."""
    from patterns.daily_plan import CELLS

    sums, dividends = {False: 0.0, True: 0.0}, 0
    rows = max(1, CELLS // matrix.bars)
    for start in range(0, len(matrix.symbols), rows):
        block = matrix.rows(start, start + rows)
        paid = _quarterly(block)
        dividends += len(paid)
        for known in ((), paid):
            sums[bool(known)] += _taken(lambda b=block, k=known: _tier(b, k))[0]
    return Figure(
        name=f"the daily tier of all of it, {dividends:,} dividends",
        value=sums[True],
        unit="s",
        reference=sums[False],
        reference_name="the same without dividends",
    )


def _tier(matrix: Any, known: Sequence[Any]) -> Any:
    from patterns import daily
    from patterns.registry import standard

    return daily.analyse(matrix, standard(), 0, known)


def _quarterly(matrix: Any) -> list[Any]:
    """So many as four a year, in order; each is half a percent of the close before."""
    from patterns.adjustments import Adjustment

    known = [
        Adjustment.dividend(symbol, from_ms(int(matrix.time_ms[row, bar])).date(), 0.005, 1.0)
        for row, symbol in enumerate(matrix.symbols)
        for bar in range(matrix.bars - int(matrix.count[row]) + 1, matrix.bars, QUARTER_BARS)
    ]
    return sorted(known, key=lambda item: item.day)


def _taken(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor time, and what came of it."""
    begun = time.process_time()
    made = work()
    return time.process_time() - begun, made


def _matrix(most: int | None) -> Any:
    import pandas as pd

    from patterns.matrix import align_right

    table = pd.read_parquet(FILE).sort_values(["symbol", "date"])
    row, names = pd.factorize(table["symbol"])
    kept = row < (most or len(names))
    columns: dict[str, Any] = {side: table[side].to_numpy(float)[kept] for side in SIDES}
    days = pd.to_datetime(table["date"]).to_numpy("datetime64[ms]").astype(np.int64)
    columns["time_ms"] = days[kept]
    return align_right(list(names[:most]), row[kept], columns, lambda time_ms: time_ms)


def _lives(matrix: Any, hits: Any) -> None:
    from patterns.life import lives_of

    for block in hits:
        lives_of(matrix, block)


def _symbols(matrix: Any) -> list[list[Any]]:
    """Open, high, low, close and volume of each symbol."""
    first = (matrix.bars - matrix.count).tolist()
    return [
        [np.ascontiguousarray(getattr(matrix, side)[row, start:]) for side in SIDES]
        for row, start in enumerate(first)
    ]


def _pandas(matrix: Any) -> None:
    """The handful, as pandas has it."""
    import pandas as pd

    for columns in _symbols(matrix):
        close = pd.Series(columns[3])
        mean, spread = close.rolling(20).mean(), close.rolling(20).std(ddof=0)
        _, _ = mean + 2.0 * spread, mean - 2.0 * spread
        close.ewm(span=20, adjust=False).mean()
        change = close.diff()
        rise = change.clip(lower=0.0).ewm(alpha=1 / 14, adjust=False).mean()
        fall = (-change).clip(lower=0.0).ewm(alpha=1 / 14, adjust=False).mean()
        _ = 100.0 * rise / (rise + fall)
