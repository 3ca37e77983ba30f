"""The compiled scanner and the typed decoder are one decoder: what both take comes out equal."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.feeds.massive.decoder import Decoded, FrameDecoder
from streaming.feeds.massive.messages import Rejected
from streaming.ticks import COLUMN_TYPES, SymbolTable, TickBatch

SYMBOLS = ["A", "AAPL", "BRK.B", "MSFT", "BAC.PRK", "LONGSYMBOL1"]
NOW = 1_790_000_000_000
EARLIEST, LATEST = NOW - 86_400_000, NOW + 60_000

decimals = st.one_of(
    st.decimals(0, 1000, places=2).map(str),
    st.decimals(0, 1_000_000, places=6).map(str),
    st.integers(0, 10**16).map(str),
    st.floats(0, 1e6, allow_nan=False).map(repr),
    st.sampled_from(["0", "0.0", "1.", ".5", "01", "-1", "1e3", "1E-2", "NaN", "null", "1e999"]),
)
wholes = st.one_of(
    st.integers(0, 10**9).map(str),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(["0", "00", "1.0", "1e2", '"7"', "null", "true", "-0"]),
)
times = st.one_of(
    st.integers(EARLIEST, LATEST).map(str), st.sampled_from(["0", f"{NOW}000", str(LATEST + 1)])
)
texts = st.one_of(
    st.sampled_from(SYMBOLS).map(json.dumps),
    st.text(max_size=12).map(json.dumps),
    st.text(max_size=12).map(lambda t: json.dumps(t, ensure_ascii=False)),
    st.integers(0, 10**14).map(lambda n: f'"{n}"'),
    st.sampled_from(['""', '"a\\"b"', '"\\u0041"', '"{}"', "7", "null"]),
)
conditions = st.one_of(
    st.lists(st.integers(0, 60), max_size=4).map(json.dumps),
    st.sampled_from(["[]", "[ 12 , 37 ]", "[300]", "[-1]", "[1.0]", "null", "12", "[[]]"]),
)
VALUES = {
    "ev": st.sampled_from(['"T"', '"T"', '"T"', '"Q"', '"status"', '"T "', "1"]),
    "sym": st.one_of(st.sampled_from(SYMBOLS).map(json.dumps), texts),
    "x": wholes,
    "i": texts,
    "z": st.one_of(wholes, st.just("12.0")),
    "p": decimals,
    "s": decimals,
    "ds": decimals.map(lambda text: f'"{text}"'),
    "c": conditions,
    "t": times,
    "q": wholes,
    "trfi": wholes,
    "trft": wholes,
    "extra": st.sampled_from(["1", '"x"', "[1]", '{"a":1}']),
}
blanks = st.sampled_from(["", "", "", " ", "\n\t "])


@st.composite
def plain_trade(draw: st.DrawFn) -> str:
    """A trade that nothing is wrong with."""
    fields: dict[str, Any] = {
        "ev": "T",
        "sym": draw(st.sampled_from(SYMBOLS[:5])),
        "x": draw(st.integers(1, 21)),
        "i": draw(st.integers(1, 10**14).map(str)),
        "z": draw(st.integers(1, 3)),
        "p": float(draw(st.decimals("0.0001", 700000, places=4))),
        "s": draw(st.integers(1, 10**6)),
        "c": draw(st.lists(st.integers(0, 60), max_size=4)),
        "t": draw(st.integers(EARLIEST, LATEST)),
        "q": draw(st.integers(0, 10**9)),
    }
    if draw(st.booleans()):
        fields |= {"trfi": draw(st.integers(1, 400)), "trft": fields["t"]}
    if draw(st.booleans()):
        fields["ds"] = draw(st.decimals(0, 100, places=6).map(str))
    names = draw(st.permutations(list(fields)))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    return json.dumps({name: fields[name] for name in names}, separators=separators)


@st.composite
def strange_trade(draw: st.DrawFn) -> str:
    """A message with any of the fields, and any values in them."""
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=14))
    needed = draw(st.sampled_from([[], ["ev", "sym", "p", "t", "s"]]))
    gap = draw(blanks)
    names = list(dict.fromkeys(needed + names)) if draw(st.booleans()) else needed + names
    parts = [f'{gap}"{name}"{gap}:{gap}{draw(VALUES[name])}{gap}' for name in names]
    return "{" + ",".join(parts) + "}"


def frame_of(messages: list[str], blank: str) -> bytes:
    return (f"{blank}[{blank}" + f"{blank},{blank}".join(messages) + f"]{blank}").encode()


frames = st.builds(
    frame_of, st.lists(st.one_of(plain_trade(), plain_trade(), strange_trade()), max_size=5), blanks
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A frame with some bytes changed, added, dropped, or its end cut off."""
    data = bytearray(draw(st.builds(frame_of, st.lists(plain_trade(), max_size=3), blanks)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        what = draw(st.sampled_from(["change", "add", "drop", "cut"]))
        if what == "cut":
            del data[place:]
        elif what == "drop":
            del data[place : place + 1]
        else:
            byte = draw(
                st.one_of(st.sampled_from(list(b'[]{}",:.0\\ e-\x00')), st.integers(0, 255))
            )
            data[place : place + (what == "change")] = bytes([byte])
    return bytes(data)


def decoder() -> FrameDecoder:
    return FrameDecoder(SymbolTable(SYMBOLS), frozenset(SYMBOLS))


def both(frames: list[bytes]) -> tuple[Decoded, TickBatch, Decoded, FrameDecoder, FrameDecoder]:
    """The frames decoded as a program does, and each by the slow way alone."""
    fast, slow = decoder(), decoder()
    by_scan = fast.decode(frames, EARLIEST, LATEST)
    one_by_one = Decoded(rejected=Rejected())
    batches = [slow.slowly(frame, EARLIEST, LATEST, one_by_one) for frame in frames]
    columns = [np.concatenate([getattr(b, name) for b in batches]) for name in COLUMN_TYPES]
    return by_scan, TickBatch(*columns), one_by_one, fast, slow


def assert_equal(frames: list[bytes]) -> None:
    by_scan, batch, one_by_one, fast, slow = both(frames)
    for name, dtype in COLUMN_TYPES.items():
        ours, theirs = getattr(by_scan.batch, name), getattr(batch, name)
        assert ours.dtype == dtype == theirs.dtype
        assert ours.tolist() == theirs.tolist(), name
    assert by_scan.rejected.counts == one_by_one.rejected.counts
    assert by_scan.statuses == one_by_one.statuses
    assert fast.unknown_conditions == slow.unknown_conditions


@settings(max_examples=400, deadline=None)
@given(st.lists(frames, min_size=1, max_size=3))
def test_any_frame_gives_equal_columns_both_ways(frames: list[bytes]) -> None:
    assert_equal(frames)


@settings(max_examples=600, deadline=None)
@given(st.lists(mutated(), min_size=1, max_size=3))
def test_a_damaged_frame_gives_equal_columns_both_ways(frames: list[bytes]) -> None:
    assert_equal(frames)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=3))
def test_any_bytes_give_equal_columns_both_ways(frames: list[bytes]) -> None:
    assert_equal(frames)


def taken_fast(message: dict[str, Any] | str) -> TickBatch | None:
    """The columns of a frame of one message if the scanner takes it, else None."""
    made = decoder()
    slowly: list[bytes] = []

    def note(frame: bytes, *_: Any) -> TickBatch:
        slowly.append(frame)
        return TickBatch(*(np.empty(0, dtype) for dtype in COLUMN_TYPES.values()))

    made.slowly = note  # type: ignore[method-assign]
    text = message if isinstance(message, str) else json.dumps(message, separators=(",", ":"))
    batch = made.decode([f"[{text}]".encode()], EARLIEST, LATEST).batch
    return None if slowly else batch


COMMON = {
    "ev": "T", "sym": "AAPL", "x": 4, "i": "12345", "z": 3, "p": 114.125, "s": 100,
    "c": [0, 12], "t": NOW, "q": 3681328,
}  # fmt: skip


def test_the_documented_trade_is_taken_the_fast_way() -> None:
    batch = taken_fast(COMMON)
    assert batch is not None
    assert (batch.price[0], batch.size[0], batch.time_ms[0]) == (114.125, 100.0, NOW)
    assert batch.flags[0] == 15


@pytest.mark.parametrize(
    "changes",
    [
        {"s": 0, "ds": "0.007300"},
        {"c": None},
        {"c": []},
        {"trfi": 201, "trft": NOW},
        {"sym": "BRK.B"},
        {"i": None},
        {"c": [14, 41]},
        {"s": 12.5},
    ],
)
def test_what_the_feed_sends_every_day_is_taken_the_fast_way(changes: dict[str, Any]) -> None:
    message = {k: v for k, v in (COMMON | changes).items() if v is not None}
    assert taken_fast(message) is not None
    assert taken_fast(json.dumps(message)) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"sym": "NVDA"},
        {"sym": "LONGSYMBOL1"},
        {"p": 0},
        {"p": -1},
        {"t": LATEST + 1},
        {"t": EARLIEST - 1},
        {"i": "ümlaut"},
        {"new": 1},
        {"p": 2e9},
        {"s": 1e13},
        {"c": [256]},
    ],
)
def test_anything_unusual_is_left_to_the_typed_decoder(changes: dict[str, Any]) -> None:
    assert taken_fast(COMMON | changes) is None


def test_prices_are_exactly_what_float_gives() -> None:
    rng = random.Random(7)
    for _ in range(3000):
        digits = "".join(rng.choices("0123456789", k=rng.randint(1, 15))).lstrip("0") or "0"
        places = rng.randint(0, len(digits) - 1)
        text = digits[: len(digits) - places] or "0"
        text += "." + digits[len(digits) - places :] if places else ""
        if not 0 < float(text) <= 1e9:
            continue
        batch = taken_fast(json.dumps(COMMON).replace("114.125", text))
        assert batch is not None, text
        assert batch.price[0] == float(text), text


@pytest.mark.parametrize("text", ["0.1234567890123456789", "123456789.12345678901", "1e2"])
def test_a_price_that_the_scanner_cannot_read_exactly_is_still_read(text: str) -> None:
    frame = f"[{json.dumps(COMMON)}]".replace("114.125", text).encode()
    batch = decoder().decode([frame], EARLIEST, LATEST).batch
    assert batch.price.tolist() == [float(text)]


def test_frames_keep_their_order_where_both_ways_mix() -> None:
    odd = json.dumps(COMMON | {"p": 2, "new": 1})
    frames = [
        f"[{json.dumps(COMMON | {'p': 1})}]".encode(),
        f"[{odd}]".encode(),
        f"[{json.dumps(COMMON | {'p': 3})}]".encode(),
    ]
    assert decoder().decode(frames, EARLIEST, LATEST).batch.price.tolist() == [1, 2, 3]
