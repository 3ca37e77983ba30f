"""Hashes against published vectors."""

from __future__ import annotations

import numpy as np

from streaming.feeds.hashing import fnv1a, hash_texts, mix64, mix_all, trade_key, trade_keys

# http://www.isthe.com/chongo/src/fnv/test_fnv.c, FNV-1a of 64 bits
FNV_1A = {"a": 0xAF63DC4C8601EC8C, "foobar": 0x85944171F73967E8}
DAY_MS = 86_400_000


def test_texts_hash_as_fnv_1a_does() -> None:
    hashes = hash_texts(["a", "foobar", ""])
    assert [int(h) for h in hashes] == [FNV_1A["a"], FNV_1A["foobar"], 0]
    data = np.frombuffer(b"xfoobarx", np.uint8)
    assert int(fnv1a(data, 1, 7)) == FNV_1A["foobar"]


def test_mixing_is_splitmix64() -> None:
    # The first numbers of SplitMix64 from seed 0 (as in Java's SplittableRandom and xoshiro's
    # seeding, https://prng.di.unimi.it/splitmix64.c).
    golden = 0x9E3779B97F4A7C15
    assert mix64(golden) == 0xE220A8397B1DCDAF
    assert mix64(golden * 2 % 2**64) == 0x6E789E6AA1B965F4
    assert mix_all(np.array([golden], np.uint64))[0] == 0xE220A8397B1DCDAF


def test_a_trade_without_an_id_has_no_key() -> None:
    assert trade_key(1, 2, 3, 4, 0) == 0


def test_the_key_tells_day_symbol_exchange_facility_and_id_apart() -> None:
    noon = 1_790_000_000_000
    keys = [
        trade_key(noon, 1, 2, 3, 4),
        trade_key(noon + DAY_MS, 1, 2, 3, 4),
        trade_key(noon, 9, 2, 3, 4),
        trade_key(noon, 1, 9, 3, 4),
        trade_key(noon, 1, 2, 9, 4),
        trade_key(noon, 1, 2, 3, 9),
    ]
    assert len(set(keys)) == 6
    assert trade_key(noon + 1000, 1, 2, 3, 4) == keys[0]


def test_a_session_is_one_day_in_summer_and_in_winter() -> None:
    # 04:00 and 20:00 New York of 2026-07-01 (UTC-4) and of 2026-01-02 (UTC-5).
    for first, last in ((1782892800000, 1782950400000), (1767344400000, 1767402000000)):
        assert trade_key(first, 1, 2, 3, 4) == trade_key(last, 1, 2, 3, 4)


def test_columns_of_keys_are_single_keys() -> None:
    rows = [(1_790_000_000_000 + i, i * 7, i % 20, i % 3, i * 31) for i in range(100)]
    time_ms, symbol, exchange, trf, trade = zip(*rows, strict=True)
    keys = trade_keys(
        np.array(time_ms, np.int64),
        np.array(symbol, np.uint64),
        np.array(exchange, np.int64),
        np.array(trf, np.int64),
        np.array(trade, np.uint64),
    )
    assert keys.tolist() == [trade_key(*row) for row in rows]


def test_a_key_is_the_same_in_every_process_and_release() -> None:
    symbol, trade = hash_texts(["AAPL", "183276"])
    assert trade_key(1651181822461, int(symbol), 11, 3, int(trade)) == 9770692243812520996
