"""All timeframes of the live minute: equal to bars rolled up by pandas, and to history."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patterns.analysis import MinuteAnalysis
from patterns.registry import standard
from patterns.rolled import MINUTES, SessionHours
from patterns.timeframes import MarketEngine
from tests.patterns.bars import HOUR, MINUTE, START, Minute, minute, walk

NAMES = ["A", "B", "C"]
SESSION = 2 * HOUR + 20 * MINUTE


def start(time_ms: int) -> int:
    """Sessions of 140 minutes, so that every timeframe has a last bucket that is cut short."""
    return time_ms - time_ms % SESSION


HOURS = SessionHours(start, lambda time_ms: start(time_ms) + SESSION)
FIRST = start(START) + SESSION


# Some of every kind: windows, recursions, sessions, swings; what fires often, and what has levels.
REGISTRY = standard().only(
    ["RSI_14", "VWAP", "SMA_20", "MACD", "RVOL"],
    ["engulfing", "doji", "volume_spike", "session_high", "double_top", "inside_bar", "hammer"],
)


def market() -> MarketEngine:
    return MarketEngine(NAMES, REGISTRY, HOURS)


def minutes(count: int, seed: int = 1, traded: float = 0.8) -> list[Minute]:
    made = walk(len(NAMES), count, seed, traded)
    return [replace(m, minute_ms=FIRST + n * MINUTE) for n, m in enumerate(made)]


def rolled_by_pandas(bars: list[Minute], timeframe: str) -> pd.DataFrame:
    """The same bars from a table of minutes, grouped by symbol and bucket."""
    table = pd.concat(
        pd.DataFrame(
            {
                "time": m.minute_ms,
                "row": m.symbol_id,
                **{n: getattr(m, n) for n in ("open", "high", "low", "close", "volume")},
                "value": m.vwap * m.volume,
                "partial": m.is_partial,
            }
        )
        for m in bars
    )
    begin = table["time"] - table["time"] % SESSION
    length = MINUTES[timeframe] * MINUTE
    table["bucket"] = begin + (table["time"] - begin) // length * length
    grouped = table.groupby(["bucket", "row"])
    made = grouped.agg(
        open=("open", "first"),
        high=("high", "max"),
        low=("low", "min"),
        close=("close", "last"),
        volume=("volume", "sum"),
        value=("value", "sum"),
        partial=("partial", "any"),
    )
    made["vwap"] = made["value"] / made["volume"]
    return made


@pytest.mark.parametrize("timeframe", MINUTES)
def test_longer_bars_are_the_minutes_of_their_bucket(timeframe):
    bars = minutes(300)
    engine = market()
    got = {}
    for m in bars:
        engine.close(m)
        for name, rolled in engine.take_rolled():
            if name == timeframe:
                got |= {
                    (rolled.minute_ms, row): (rolled, i) for i, row in enumerate(rolled.symbol_id)
                }
    last = bars[-1].minute_ms + MINUTE
    expected = rolled_by_pandas(bars, timeframe)
    closed = [key for key in expected.index if HOURS.bucket(key[0], timeframe)[1] <= last]
    assert sorted(got) == sorted(closed)
    for key in closed:
        rolled, place = got[key]
        row = expected.loc[key]
        for field in ("open", "high", "low", "close", "volume", "vwap"):
            assert getattr(rolled, field)[place] == pytest.approx(row[field], rel=1e-12), field
        assert rolled.is_partial[place] == row["partial"]


def test_a_session_ends_its_last_bucket_even_without_another_minute():
    engine = market()
    for m in minutes(131):
        engine.close(m)
    engine.advance(FIRST + SESSION - MINUTE)
    assert not engine.due(FIRST + SESSION - 1)
    closed = engine.advance(FIRST + SESSION)
    assert [(a.timeframe, a.bar_time_ms) for a in closed] == [("1h", FIRST + 2 * HOUR)]


def latest(analyses: list[MinuteAnalysis]) -> dict:
    """The newest values and detections of each (timeframe, symbol, bar)."""
    made: dict = {}
    for analysis in analyses:
        for row, values in zip(analysis.row.tolist(), analysis.values, strict=True):
            key = (analysis.timeframe, analysis.bar_time_ms, analysis.symbols[row])
            made[key] = (
                values.tolist(),
                [d for d in analysis.found if d.symbol == analysis.symbols[row]],
            )
    return made


def same(one: dict, other: dict) -> None:
    assert one.keys() == other.keys()
    for key, (values, found) in one.items():
        np.testing.assert_array_equal(values, other[key][0], str(key))
        assert found == other[key][1], key


def with_bar(bars: Minute, bar: Minute) -> Minute:
    """A minute in which one symbol's bar is another."""
    others = bars.only(bars.symbol_id != bar.symbol_id[0])
    fields = [name for name in vars(bars) if name != "minute_ms"]
    joined = {n: np.concatenate([getattr(others, n), getattr(bar, n)]) for n in fields}
    order = np.argsort(joined["symbol_id"])
    return Minute(bars.minute_ms, **{name: values[order] for name, values in joined.items()})


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    late=st.lists(st.tuples(st.integers(0, 14), st.integers(0, 2)), min_size=1, max_size=4),
)
def test_a_late_trade_changes_every_timeframe_as_if_it_had_been_in_time(seed, late):
    bars = minutes(90, seed)
    changed = {m.minute_ms: m for m in bars}
    for back, row in late:
        at = bars[-1 - back].minute_ms
        price = 50.0 + back
        bar = minute(at, {row: (price, price + 1, price - 1, price + 0.5, 500.0)})
        changed[at] = with_bar(changed[at], bar)
    live, fresh = market(), market()
    told = [a for m in bars for a in live.close(m)]
    touched = sorted({bars[-1 - back].minute_ms for back, _ in late})
    told += live.revise([changed[at] for at in touched])
    expected = [a for at in sorted(changed) for a in fresh.close(changed[at])]
    same(latest(told), latest(expected))
    assert lives(live) == lives(fresh)


def lives(engine: MarketEngine) -> list:
    """All that is open, with what has come of it."""
    return sorted(
        (name, change.detection.detection_id, change.life)
        for name, part in engine.engines.items()
        for change in part.open.changes(np.arange(len(part.open)))
    )


def test_the_higher_timeframe_is_told_only_of_bars_that_had_ended():
    engine = market()
    bars = minutes(125, seed=3, traded=1.0)
    for m in bars:
        engine.close(m)
    # A bar that begins 122 minutes into the session: 5-minute bars up to minute 120 had ended.
    given = engine._given("1m", np.arange(3), FIRST + 122 * MINUTE)["HIGHER_TREND"]
    closes = rolled_by_pandas(bars[:120], "5m")["close"].unstack("row")
    expected = (closes.iloc[-1] - closes.iloc[-21]) / closes.diff().abs().iloc[-20:].sum()
    np.testing.assert_allclose(given, expected.to_numpy(), rtol=1e-9)


def test_a_quiet_spell_closes_the_same_whether_or_not_a_clock_tells_of_it():
    """The minutes after a halt know the bars that ended in it, in the order of their ends."""
    bars = minutes(90, seed=9)
    traded = [m for n, m in enumerate(bars) if n % 30 < 18]
    told, silent = market(), market()
    expected = []
    for m in traded:
        for moment in range(FIRST, m.minute_ms + MINUTE, MINUTE):
            expected += told.advance(moment)
        expected += told.close(m)
    same(latest([a for m in traded for a in silent.close(m)]), latest(expected))
