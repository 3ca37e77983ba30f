"""Conflated prices: a slow reader loses the oldest updates and nothing else."""

import json

from hypothesis import given
from hypothesis import strategies as st

from streaming.web.prices import PriceLog


def quotes_in(frame: str | None) -> dict[str, list[float]]:
    return json.loads(frame)["prices"] if frame else {}


def log_with(*cuts: dict[str, list[float]]) -> PriceLog:
    log = PriceLog(depth=4)
    for quotes in cuts:
        log.offer(quotes, sent_ms=1.0)
        log.cut()
    return log


def test_a_reader_one_cut_behind_gets_that_cut_alone():
    log = log_with({"A": [1.0], "B": [2.0]}, {"A": [1.5]})
    assert quotes_in(log.frame(1, 0)) == {"A": [1.5]}


def test_a_reader_two_cuts_behind_gets_one_frame_with_each_symbol_once():
    log = log_with({"A": [1.0]}, {"A": [2.0], "B": [5.0]}, {"A": [3.0]})
    assert quotes_in(log.frame(1, 0)) == {"A": [3.0], "B": [5.0]}


def test_a_reader_that_is_up_to_date_gets_no_frame():
    log = log_with({"A": [1.0]})
    assert log.frame(log.version, 0) is None


def test_a_new_reader_gets_every_symbol():
    log = log_with({"A": [1.0]}, {"B": [2.0]})
    assert quotes_in(log.frame(-1, 0)) == {"A": [1.0], "B": [2.0]}


def test_readers_at_the_same_place_share_one_encoding():
    log = log_with({"A": [1.0]}, {"A": [2.0]})
    assert log.frame(1, 0) is log.frame(1, 99)


def test_nothing_is_seen_before_the_cut():
    log = log_with({"A": [1.0]})
    log.offer({"A": [2.0]}, sent_ms=2.0)
    assert log.frame(log.version, 0) is None
    assert log.cut()
    assert quotes_in(log.frame(1, 0)) == {"A": [2.0]}
    assert not log.cut()


def test_a_cleared_log_shows_nothing_of_the_session_before():
    log = log_with({"A": [1.0]})
    log.clear()
    assert log.frame(-1, 0) is None
    log.offer({"B": [1.0]}, sent_ms=1.0)
    log.cut()
    assert quotes_in(log.frame(1, 0)) == {"B": [1.0]}


quote_batches = st.dictionaries(st.sampled_from("ABCDEF"), st.tuples(st.floats(1, 9)).map(list))


@given(st.lists(st.tuples(quote_batches, st.booleans()), max_size=60))
def test_a_reader_of_any_speed_ends_with_the_newest_quotes(steps):
    """Each step offers a batch and cuts; the reader reads only where the flag says so."""
    log, version, seen = PriceLog(depth=4), -1, {}
    newest: dict[str, list[float]] = {}
    for batch, reads in [*steps, ({}, True)]:
        log.offer(batch, sent_ms=1.0)
        log.cut()
        newest |= batch
        if reads:
            seen |= quotes_in(log.frame(version, 0))
            version = log.version
    assert seen == newest
