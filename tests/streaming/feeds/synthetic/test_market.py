"""The made-up market: the same for the same seed, and shaped like a real one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.feeds.synthetic.history import daily_history, previous_closes
from streaming.feeds.synthetic.prices import Characters
from streaming.feeds.synthetic.trades import SyntheticMarket, activity
from streaming.ticks import COLUMN_TYPES, TickBatch, concatenate

SYMBOLS = ["AAPL", "MSFT", "BRK.B", "XOM", "JNJ"]
# 2026-11-23, 09:30 New York
OPEN = 1_795_444_200_000
HOUR = 3_600_000
DAY = 24 * HOUR


def same(one: TickBatch, other: TickBatch) -> bool:
    return all(
        getattr(one, name).tolist() == getattr(other, name).tolist() for name in COLUMN_TYPES
    )


def test_the_same_seed_gives_the_same_ticks() -> None:
    one = SyntheticMarket(SYMBOLS, seed=7).ticks(OPEN, OPEN + 60_000)
    assert same(one, SyntheticMarket(SYMBOLS, seed=7).ticks(OPEN, OPEN + 60_000))
    assert not same(one, SyntheticMarket(SYMBOLS, seed=8).ticks(OPEN, OPEN + 60_000))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 29_999), max_size=8), st.sampled_from([0.01, 0.3, 1.0, 7.0]))
def test_however_time_is_cut_the_ticks_are_the_same(cuts: list[int], interval: float) -> None:
    market = SyntheticMarket(SYMBOLS, 3, interval, late_share=0.05, duplicate_share=0.05)
    edges = sorted({OPEN, OPEN + 30_000, *(OPEN + cut for cut in cuts)})
    parts = [market.ticks(a, b) for a, b in pairwise(edges)]
    assert same(concatenate(parts), market.ticks(OPEN, OPEN + 30_000))


def test_a_symbols_ticks_do_not_depend_on_the_others() -> None:
    both = SyntheticMarket(SYMBOLS).ticks(OPEN, OPEN + 60_000)
    alone = SyntheticMarket(["XOM"]).ticks(OPEN, OPEN + 60_000)
    of_both = both.take(both.symbol_id == SYMBOLS.index("XOM"))
    assert of_both.price.tolist() == alone.price.tolist()
    assert of_both.trade_key.tolist() == alone.trade_key.tolist()


@pytest.mark.parametrize(("interval", "seconds"), [(0.01, 10), (1.0, 600), (5.0, 3000)])
def test_each_symbol_trades_as_often_as_asked(interval: float, seconds: int) -> None:
    batch = SyntheticMarket(SYMBOLS, 1, interval).ticks(OPEN, OPEN + seconds * 1000)
    counts = np.bincount(batch.symbol_id)
    assert np.allclose(counts, seconds / interval, atol=2)


def test_trades_are_valid_and_in_order_but_for_late_prints() -> None:
    market = SyntheticMarket(SYMBOLS, 1, 0.1, late_share=0.01)
    batch = market.ticks(OPEN, OPEN + 600_000)
    newest = np.maximum.accumulate(batch.time_ms)
    late = newest - batch.time_ms
    assert 0.005 < (late > 1000).mean() < 0.02
    assert late.max() <= 91_000
    assert (batch.price >= 0.01).all()
    assert (batch.size >= 1).all()
    assert np.allclose(batch.price * 100, np.round(batch.price * 100))
    assert len(set(batch.trade_key.tolist())) == len(batch)
    assert 0 not in batch.trade_key


def test_odd_lots_are_marked_and_a_minority() -> None:
    batch = SyntheticMarket(SYMBOLS, 1, 0.1).ticks(OPEN, OPEN + 600_000)
    odd = batch.size < 100
    assert (batch.flags[odd] == 4).all()
    assert (batch.flags[~odd] == 7).all()
    assert 0.14 < odd.mean() < 0.2


def test_duplicates_come_when_asked_for() -> None:
    market = SyntheticMarket(SYMBOLS, 1, 0.1, duplicate_share=0.05)
    keys = market.ticks(OPEN, OPEN + 600_000).trade_key
    repeated = len(keys) - len(set(keys.tolist()))
    assert 0.03 < repeated / len(keys) < 0.07


def test_the_open_and_the_close_are_the_liveliest() -> None:
    def volume(at: int) -> float:
        return SyntheticMarket(SYMBOLS, 1, 0.1).ticks(at, at + 600_000).size.sum()

    noon, close, night = OPEN + 3 * HOUR, OPEN + 6 * HOUR + 20 * 60_000, OPEN - 6 * HOUR
    assert volume(OPEN) > 1.5 * volume(noon)
    assert volume(close) > 1.3 * volume(noon)
    assert volume(noon) > volume(night)
    assert activity(0) < activity(12 * HOUR)


def test_prices_are_continuous_and_spread_with_time_as_a_random_walk() -> None:
    characters = Characters([f"S{n}" for n in range(60)], 1)

    def spread(step_ms: int, steps: int) -> float:
        prices = characters.prices(OPEN + np.arange(steps) * step_ms)
        return float(np.diff(np.log(prices), axis=0).std())

    asked = np.sqrt(characters.volatility**2 + (characters.beta * 0.009) ** 2).mean()
    assert 0.8 * asked < spread(DAY, 250) < 1.25 * asked
    assert 0.7 < spread(60_000, 2000) / (asked / np.sqrt(1440)) < 1.4
    assert spread(10, 2000) < 1e-5


def test_lively_stretches_cluster_and_returns_do_not_repeat() -> None:
    characters = Characters([f"S{n}" for n in range(30)], 1)
    prices = characters.prices(OPEN + np.arange(3000) * 60_000)
    returns = np.diff(np.log(prices), axis=0)

    def memory(values: np.ndarray) -> float:
        pairs = [np.corrcoef(column[1:], column[:-1])[0, 1] for column in values.T]
        return float(np.mean(pairs))

    assert memory(np.abs(returns)) > 0.08
    assert abs(memory(returns)) < 0.08


def test_symbols_move_together_as_a_market_does() -> None:
    characters = Characters([f"S{n}" for n in range(30)], 1)
    returns = np.diff(np.log(characters.prices(OPEN + np.arange(500) * DAY)), axis=0)
    matrix = np.corrcoef(returns.T)
    assert 0.15 < (matrix.sum() - 30) / (30 * 29) < 0.7


def test_base_prices_are_those_of_shares() -> None:
    base = Characters([f"S{n}" for n in range(500)], 1).base
    assert base.min() > 5
    assert base.max() < 2000
    assert 70 < np.median(base) < 140


def test_daily_history_fits_the_ticks_and_the_previous_close() -> None:
    sessions = [(OPEN - n * DAY, OPEN - n * DAY + int(6.5 * HOUR)) for n in (3, 2, 1)]
    history = daily_history(SYMBOLS, sessions, seed=5)
    assert history.close.shape == (3, 5)
    assert (history.low <= np.minimum(history.open, history.close)).all()
    assert (history.high >= np.maximum(history.open, history.close)).all()
    assert (history.volume > 0).all()
    last = sessions[-1][1]
    assert previous_closes(SYMBOLS, last, seed=5).tolist() == history.close[-1].tolist()
    ticks = SyntheticMarket(SYMBOLS, 5, 0.1, 0.0).ticks(last - 1000, last)
    for number in range(len(SYMBOLS)):
        trades = ticks.price[ticks.symbol_id == number]
        assert trades[-1] == pytest.approx(history.close[-1, number], rel=2e-3)


def test_no_sessions_or_symbols_are_no_history() -> None:
    assert daily_history(SYMBOLS, []).close.shape == (0, 5)
    assert daily_history([], [(OPEN, OPEN + HOUR)]).close.shape == (1, 0)


def test_halts_silence_single_symbols_for_five_minutes() -> None:
    names = [f"S{n}" for n in range(100)]
    calm = SyntheticMarket(names, 1, 1.0, 0.0)
    market = SyntheticMarket(names, 1, 1.0, 0.0, halts=True)
    everything = calm.ticks(OPEN, OPEN + HOUR)
    left = market.ticks(OPEN, OPEN + HOUR)
    lost = np.bincount(everything.symbol_id) - np.bincount(left.symbol_id, minlength=100)
    assert 0 < (lost > 0).sum() < 15
    assert lost.max() in range(295, 306)
