"""Messages to columns: every trap of the wire contract, and nothing lost beside a bad message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.feeds.massive.decoder import Decoded, FrameDecoder
from streaming.feeds.massive.parsing import Halt
from streaming.ticks import SymbolTable
from tests.doubles.massive_ws import halt, minute_bar, quote, status, trade

NOW = 1_790_000_000_000
EARLIEST, LATEST = NOW - 86_400_000, NOW + 60_000
SYMBOLS = ["AAPL", "BRK.B", "MSFT"]
GOOD = trade("AAPL", 190.5, t=NOW)


def decode(frame: Any, every: bool = False) -> Decoded:
    """One frame, JSON of `frame` or its bytes."""
    data = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
    accepted = None if every else frozenset(SYMBOLS)
    return FrameDecoder(SymbolTable(SYMBOLS), accepted).decode([data], EARLIEST, LATEST)


def one(**changes: Any) -> Decoded:
    """A frame of a good trade with changes, and a good one after it."""
    return decode([trade("AAPL", 1.0, t=NOW) | changes, GOOD])


def test_the_specifications_example_is_read_field_by_field() -> None:
    # websocket_spec.json, /stocks/T, with a time of today
    example = (
        b'[{"ev":"T","sym":"MSFT","x":4,"i":"12345","z":3,"p":114.125,"s":100,"c":[0,12],'
        b'"t":1790000000000,"q":3681328}]'
    )
    batch = decode(example).batch
    assert batch.symbol_id.tolist() == [SYMBOLS.index("MSFT")]
    assert batch.price.tolist() == [114.125]
    assert batch.size.tolist() == [100.0]
    assert batch.time_ms.tolist() == [NOW]
    assert batch.sequence.tolist() == [3681328]
    assert batch.flags.tolist() == [15]


def test_conditions_may_be_absent() -> None:
    assert decode([trade("AAPL", 1.0, t=NOW, c=None)]).batch.flags.tolist() == [7]


def test_a_fractional_trade_has_its_size_in_ds() -> None:
    assert decode([trade("AAPL", 1.0, 0, ds="0.007300", t=NOW)]).batch.size.tolist() == [0.0073]


def test_an_odd_lot_moves_the_volume_alone() -> None:
    assert decode([trade("AAPL", 1.0, 5, c=[37], t=NOW)]).batch.flags.tolist() == [4]


def test_a_symbol_may_have_a_dot() -> None:
    assert decode([trade("BRK.B", 400.0, t=NOW)]).batch.symbol_id.tolist() == [1]


def test_a_frame_may_mix_trades_statuses_and_other_events() -> None:
    frame = [
        status("success", "subscribed to: T.AAPL"),
        trade("AAPL", 1.0, t=NOW),
        minute_bar("AAPL", 1.0, NOW),
        quote("AAPL", 1.0, 1.1),
        halt("MSFT"),
        trade("MSFT", 2.0, t=NOW),
    ]
    decoded = decode(frame)
    assert decoded.batch.price.tolist() == [1.0, 2.0]
    assert [s.message for s in decoded.statuses] == ["subscribed to: T.AAPL"]
    assert not decoded.rejected.counts


def test_halt_times_in_microseconds_are_milliseconds_afterwards() -> None:
    stop = halt("MSFT") | {"t": 1601316752683746}
    go_on = halt("MSFT", 18) | {"t": 1601316752683}
    bands = halt("MSFT", 21)
    assert decode([stop, go_on, bands]).halts == [
        Halt("MSFT", 1601316752683, True),
        Halt("MSFT", 1601316752683, False),
    ]


def test_an_unknown_condition_is_kept_and_counted() -> None:
    decoder = FrameDecoder(SymbolTable(SYMBOLS))
    frame = json.dumps([trade("AAPL", 1.0, c=[99], t=NOW), trade("AAPL", 1.0, c=[777, 37], t=NOW)])
    batch = decoder.decode([frame.encode()], EARLIEST, LATEST).batch
    assert batch.flags.tolist() == [7, 4]
    assert decoder.unknown_conditions == {99: 1, 777: 1}


def test_a_trade_without_an_id_is_never_a_duplicate() -> None:
    assert decode([trade("AAPL", 1.0, t=NOW, i=None)]).batch.trade_key.tolist() == [0]


def test_the_same_trade_has_the_same_key_and_others_have_not() -> None:
    first = trade("AAPL", 1.0, t=NOW, trfi=201)
    frame = [first, first, first | {"x": 5}, first | {"trfi": 202}, first | {"i": "z"}]
    keys = decode(frame).batch.trade_key.tolist()
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"p": -5}, "bad_price"),
        ({"p": 0}, "bad_price"),
        ({"p": 1e300}, "bad_price"),
        ({"p": "190"}, "bad_message"),
        ({"p": None}, "bad_message"),
        ({"s": -1}, "bad_size"),
        ({"s": 1e300}, "bad_size"),
        ({"ds": "many"}, "bad_size"),
        ({"ds": "-1"}, "bad_size"),
        ({"ds": "nan"}, "bad_size"),
        ({"ds": "1_0"}, "bad_size"),
        ({"ds": 5}, "bad_message"),
        ({"t": LATEST + 1}, "time_in_future"),
        ({"t": NOW * 1000}, "time_in_future"),
        ({"t": EARLIEST - 1}, "time_in_past"),
        ({"t": 0}, "time_in_past"),
        ({"t": "now"}, "bad_message"),
        ({"t": 1e3}, "bad_message"),
        ({"q": 2**80}, "bad_message"),
        ({"c": "37"}, "bad_message"),
        ({"c": ["x"]}, "bad_message"),
        ({"i": 7}, "bad_message"),
        ({"sym": "NVDA"}, "unknown_symbol"),
        ({"sym": ""}, "unknown_symbol"),
        ({"sym": 5}, "bad_message"),
        ({"ev": "NOI"}, "unknown_event"),
        ({"ev": 5}, "bad_message"),
    ],
)
def test_a_bad_trade_costs_only_itself(changes: dict[str, Any], reason: str) -> None:
    decoded = one(**changes)
    assert decoded.rejected.counts == {reason: 1}
    assert decoded.batch.price.tolist() == [190.5]


def test_a_trade_without_any_size_is_set_aside() -> None:
    message = trade("AAPL", 1.0, t=NOW)
    del message["s"]
    assert decode([message, GOOD]).rejected.counts == {"bad_size": 1}


@pytest.mark.parametrize("junk", [1, "x", None, [], [[1]], {}, {"a": 1}, True])
def test_what_is_no_message_costs_only_itself(junk: Any) -> None:
    decoded = decode([junk, GOOD])
    assert decoded.rejected.counts == {"bad_message": 1}
    assert decoded.batch.price.tolist() == [190.5]


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"null",
        b"7",
        b'"text"',
        b"{}",
        b"\xff\xfe",
        b"[",
        b"[" * 100_000,
        b'[{"ev":"T","x":' + b"[" * 100_000,
        b'[{"ev":"T","sym":"AAPL","p":NaN}]',
    ],
)
def test_a_malformed_frame_is_counted_and_does_no_harm(frame: bytes) -> None:
    decoded = decode(frame)
    assert decoded.rejected.counts["malformed_frame"] == 1
    assert len(decoded.batch) == 0


def test_good_trades_of_a_truncated_frame_are_kept() -> None:
    whole = json.dumps([GOOD | {"p": float(n)} for n in range(1, 11)]).encode()
    decoded = decode(whole[: len(whole) - 20])
    assert decoded.batch.price.tolist() == [float(n) for n in range(1, 10)]
    assert decoded.rejected.counts == {"malformed_frame": 1}


def test_good_trades_beside_broken_json_are_kept() -> None:
    good = json.dumps(GOOD)
    frame = f'[{good},{{"ev":"T","sym":"AAPL","p":NaN,"t":{NOW}}},{good}]'.encode()
    decoded = decode(frame)
    assert decoded.batch.price.tolist() == [190.5, 190.5]
    assert decoded.rejected.counts == {"malformed_frame": 1, "bad_message": 1}


def test_a_single_object_instead_of_an_array_is_still_read() -> None:
    decoded = decode(GOOD)
    assert decoded.batch.price.tolist() == [190.5]
    assert decoded.rejected.counts == {"malformed_frame": 1}


def test_invalid_utf_8_costs_only_its_message() -> None:
    bad = json.dumps(GOOD).replace("AAPL", "AAXX").encode().replace(b"XX", b"\xff\xfe")
    decoded = decode(b"[" + bad + b"," + json.dumps(GOOD).encode() + b"]")
    assert decoded.batch.price.tolist() == [190.5]


def test_a_frame_over_the_bound_is_not_even_looked_at() -> None:
    decoder = FrameDecoder(SymbolTable(SYMBOLS), max_frame_bytes=200)
    small, big = json.dumps([GOOD]).encode(), json.dumps([GOOD] * 5).encode()
    decoded = decoder.decode([small, big, small], EARLIEST, LATEST)
    assert len(decoded.batch) == 2
    assert decoded.rejected.counts == {"frame_too_big": 1}


def test_junk_of_countless_objects_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.feeds.massive.messages.MOST_SALVAGED", 10)
    decoded = decode(b"[" + b"{}," * 50)
    assert decoded.rejected.counts == {
        "malformed_frame": 1,
        "bad_message": 10,
        "too_many_messages": 40,
    }


def test_a_feed_of_all_symbols_takes_new_ones_but_only_what_looks_like_one() -> None:
    frame = [trade(name, 1.0, t=NOW) for name in ("NVDA", "BF.A", "no symbol", "", "x" * 30)]
    decoded = decode(frame, every=True)
    assert len(decoded.batch) == 2
    assert decoded.rejected.counts == {"unknown_symbol": 3}


def test_the_number_of_symbols_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streaming.feeds.massive.parsing.MOST_SYMBOLS", 5)
    decoded = decode([trade(f"S{n}", 1.0, t=NOW) for n in range(10)], every=True)
    assert len(decoded.batch) == 2
    assert decoded.rejected.counts == {"unknown_symbol": 8}


def test_new_symbols_are_found_the_fast_way_afterwards() -> None:
    decoder = FrameDecoder(SymbolTable())
    frames = [json.dumps([trade(f"S{n}", 1.0 + n, t=NOW)]).encode() for n in range(300)]
    first = decoder.decode(frames, EARLIEST, LATEST).batch
    again = decoder.decode(frames, EARLIEST, LATEST).batch
    assert first.symbol_id.tolist() == again.symbol_id.tolist() == list(range(300))
    assert first.trade_key.tolist() == again.trade_key.tolist()


junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["ev", "sym", "p", "s", "t", "c", "q", "i"]), inner),
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(junk, max_size=6), st.integers(0, 6))
def test_a_good_trade_survives_any_neighbours(messages: list[Any], place: int) -> None:
    frame = [*messages[:place], GOOD, *messages[place:]]
    assert 190.5 in decode(frame).batch.price.tolist()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_crash_the_decoder(data: bytes) -> None:
    decoded = decode(data)
    assert len(decoded.batch) == 0
