"""The memory of trades, against a plain set."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.duplicates import TradeMemory


def keys(*values: int) -> np.ndarray:
    return np.array(values, np.uint64)


def test_a_key_is_new_once_and_repeated_ever_after() -> None:
    memory = TradeMemory()
    assert memory.repeated(5, keys(1, 2, 1)).tolist() == [False, False, True]
    assert memory.repeated(5, keys(2, 3)).tolist() == [True, False]
    assert len(memory) == 3


def test_no_identity_is_never_repeated() -> None:
    assert not TradeMemory().repeated(5, keys(0, 0, 0)).any()


def test_a_key_is_known_across_minutes_open_or_closed() -> None:
    memory = TradeMemory()
    memory.repeated(5, keys(7))
    assert memory.repeated(6, keys(7)).tolist() == [True]
    memory.close(6)
    assert memory.repeated(7, keys(7)).tolist() == [True]
    assert memory.repeated(5, keys(7, 8)).tolist() == [True, False]


def test_a_forgotten_minute_is_forgotten() -> None:
    memory = TradeMemory()
    memory.repeated(5, keys(7))
    memory.close(5)
    memory.forget(6)
    assert memory.repeated(9, keys(7)).tolist() == [False]


def test_a_hundred_thousand_keys_are_all_remembered() -> None:
    memory = TradeMemory()
    many = np.arange(1, 100_001, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for minute, part in enumerate(np.split(many, 10)):
        assert not memory.repeated(minute, part).any()
        memory.close(minute)
    assert memory.repeated(10, many).all()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.lists(st.integers(0, 40), max_size=12), st.booleans()),
        max_size=20,
    )
)
def test_any_keys_in_any_minutes_are_told_as_a_set_tells_them(
    steps: list[tuple[int, list[int], bool]],
) -> None:
    memory, seen = TradeMemory(), set()
    for minute, values, close in steps:
        expected = []
        for value in values:
            expected.append(value != 0 and value in seen)
            seen.add(value)
        assert memory.repeated(minute, keys(*values)).tolist() == expected
        if close:
            memory.close(minute)
