"""Tapes of every format, played at any speed, merged, resumed, and with bad rows in them."""

from __future__ import annotations

import gzip
import json
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from streaming.feeds.base import FeedConfigError
from streaming.feeds.options import FeedOptions
from streaming.feeds.registry import make_feed
from streaming.feeds.replay.feed import cuts
from tests.doubles.massive_ws import status, trade
from tests.doubles.sink import RecordingSink

MINUTE = 60_000
# 2026-06-01, 09:30 New York
START = 1_780_320_600_000
FLAT_COLUMNS = (
    "ticker,conditions,correction,exchange,id,participant_timestamp,price,sequence_number,"
    "sip_timestamp,size,tape,trf_id,trf_timestamp"
)


def play(sink: RecordingSink, *tapes: Path, resume: bytes = b"", **options: Any) -> RecordingSink:
    """Play the tapes to their end."""
    feed = make_feed("replay", FeedOptions(tapes=list(tapes), **options))
    feed.run(sink, resume, threading.Event())
    return sink


def frames_tape(path: Path, frames: list[Any]) -> Path:
    path.write_text("\n".join(json.dumps(frame) for frame in frames) + "\n")
    return path


def csv_tape(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_real_session_gives_the_exchanges_own_bars(
    sink: RecordingSink, shared_data: Path
) -> None:
    play(sink, shared_data / "ticks" / "xrp_eth_trades_2019_10_11.parquet", symbol="XRP/ETH")
    batch = sink.batch
    rows = pd.DataFrame(
        {"minute": batch.time_ms // MINUTE, "price": batch.price, "size": batch.size}
    )
    minutes = rows.groupby("minute")
    expected = pd.read_parquet(shared_data / "ticks" / "xrp_eth_1min_2019_10_11.parquet")
    assert len(minutes) == len(expected) == 2469
    for name, column in {
        "open": minutes.price.first(),
        "high": minutes.price.max(),
        "low": minutes.price.min(),
        "close": minutes.price.last(),
        "volume": minutes["size"].sum(),
    }.items():
        assert column.tolist() == expected[name].tolist(), name
    assert sink.symbols.names == ["XRP/ETH"]
    assert len(set(batch.trade_key.tolist())) == len(batch)


def test_every_entry_lies_in_one_minute_and_the_end_closes_the_last(
    sink: RecordingSink, shared_data: Path
) -> None:
    play(sink, shared_data / "ticks" / "xrp_eth_trades_2019_10_11.parquet", symbol="XRP/ETH")
    for batch in sink.batches:
        assert batch.time_ms[0] // MINUTE == batch.time_ms[-1] // MINUTE
    last = int(sink.batch.time_ms.max())
    assert sink.clocks[-1] >= (last // MINUTE + 2) * MINUTE
    assert sink.connections[-1] == (False, "the tape has ended")


def test_resuming_anywhere_gives_what_was_left(shared_data: Path) -> None:
    tape = shared_data / "ticks" / "xrp_eth_trades_2019_10_11.parquet"
    whole = play(RecordingSink(), tape, symbol="XRP/ETH")
    for entry in (0, 1, 777, len(whole.batches) - 2):
        rest = play(RecordingSink(), tape, symbol="XRP/ETH", resume=whole.positions[entry])
        taken = sum(len(batch) for batch in whole.batches[: entry + 1])
        assert rest.batch.trade_key.tolist() == whole.batch.trade_key[taken:].tolist()
        assert rest.batch.sequence.tolist() == whole.batch.sequence[taken:].tolist()


def test_a_journal_with_the_tapes_end_gets_nothing_more(shared_data: Path) -> None:
    tape = shared_data / "ticks" / "xrp_eth_trades_2019_10_11.parquet"
    whole = play(RecordingSink(), tape, symbol="XRP/ETH")
    assert json.loads(whole.positions[-1]) == {"ended": True}
    again = play(RecordingSink(), tape, symbol="XRP/ETH", resume=whole.positions[-1])
    assert again.count == 0
    assert again.connections == [(False, "the tape has ended")]


@pytest.mark.parametrize("position", [b"nonsense", b'{"tapes":[["other",1]],"rows":[5]}'])
def test_a_position_of_something_else_starts_over(shared_data: Path, position: bytes) -> None:
    tape = shared_data / "ticks" / "xrp_eth_trades_2019_10_11.parquet"
    assert play(RecordingSink(), tape, symbol="X", resume=position).count == 12477


def test_frames_are_read_as_the_websocket_sends_them(sink: RecordingSink, tmp_path: Path) -> None:
    frames = [
        [status("connected", "Connected Successfully")],
        [trade("AAPL", 1.0, t=START), status("success", "x"), trade("BRK.B", 2.0, t=START + 5)],
        [],
        [trade("AAPL", 3.0, 0, ds="0.5", c=None, t=START + 61_000)],
    ]
    play(sink, frames_tape(tmp_path / "tape.jsonl", frames))
    assert sink.batch.price.tolist() == [1.0, 2.0, 3.0]
    assert sink.batch.size.tolist() == [100.0, 100.0, 0.5]
    assert sink.symbols.names == ["AAPL", "BRK.B"]
    assert not sink.rejects


@pytest.mark.parametrize("packing", ["plain", "gz", "zst"])
@pytest.mark.parametrize("kind", ["jsonl", "csv", "flat", "parquet"])
def test_every_format_is_read_packed_or_not(
    sink: RecordingSink, tmp_path: Path, kind: str, packing: str
) -> None:
    times = [START + n * 1000 for n in range(200)]
    plain = tmp_path / f"tape.{kind}"
    if kind == "jsonl":
        frames_tape(plain, [[trade("AAPL", 1.0 + n, t=t)] for n, t in enumerate(times)])
    elif kind == "csv":
        rows = [f"AAPL,{t},{1.0 + n},100" for n, t in enumerate(times)]
        csv_tape(plain, "symbol,timestamp_ms,price,size\n" + "\n".join(rows))
    elif kind == "flat":
        rows = [
            f'AAPL,"14,37",0,4,{n},{t}000000,{1.0 + n},{n},{t}000123,100,3,0,0'
            for n, t in enumerate(times)
        ]
        csv_tape(plain, FLAT_COLUMNS + "\n" + "\n".join(rows))
    else:
        table = {"symbol": ["AAPL"] * 200, "timestamp_ms": times, "size": [100.0] * 200}
        pq.write_table(pa.table(table | {"price": [1.0 + n for n in range(200)]}), plain)
    tape = plain
    if packing != "plain":
        tape = plain.with_suffix(f".{kind}.{packing}")
        data = plain.read_bytes()
        packed = gzip.compress(data) if packing == "gz" else zstandard.compress(data)
        tape.write_bytes(packed)
    play(sink, tape)
    assert sink.batch.price.tolist() == [1.0 + n for n in range(200)]
    assert sink.batch.time_ms.tolist() == times
    assert sink.symbols.names == ["AAPL"]


def test_a_csv_may_tell_conditions_exchange_id_and_sequence(
    sink: RecordingSink, tmp_path: Path
) -> None:
    text = (
        "symbol,timestamp_ms,price,size,conditions,exchange,id,sequence\n"
        f'AAPL,{START},1,100,"12,37",4,77,9\n'
        f"AAPL,{START},2,100,,4,78,8\n"
        f"AAPL,{START},2,100,99,XNAS,,7\n"
        f"AAPL,{START},1,100,37,4,77,9\n"
    )
    play(sink, csv_tape(tmp_path / "tape.csv", text))
    batch = sink.batch
    assert batch.flags.tolist() == [12, 7, 7, 4]
    assert batch.sequence.tolist() == [9, 8, 7, 9]
    assert batch.trade_key[0] == batch.trade_key[3] != batch.trade_key[1]
    assert batch.trade_key[2] == 0


def test_one_trade_has_one_key_in_every_format(tmp_path: Path) -> None:
    sinks = []
    message = trade("AAPL", 1.0, t=START, x=4, i="183276", trfi=3, q=5)
    sinks.append(play(RecordingSink(), frames_tape(tmp_path / "a.jsonl", [[message]])))
    flat = f"AAPL,,0,4,183276,0,1.0,5,{START}000000,100,3,3,0"
    sinks.append(play(RecordingSink(), csv_tape(tmp_path / "b.csv", f"{FLAT_COLUMNS}\n{flat}\n")))
    first, second = (one.batch for one in sinks)
    assert first.trade_key.tolist() == second.trade_key.tolist()
    assert first.sequence.tolist() == second.sequence.tolist() == [5]


def test_a_flat_file_is_played_by_time_though_sorted_by_symbol(
    sink: RecordingSink, tmp_path: Path
) -> None:
    rows = [
        f"{name},,0,4,{n},0,{price + n},{n},{START + n * 60_000}000000,100,3,0,0"
        for name, price in (("A", 100), ("B", 200), ("C", 300))
        for n in range(120)
    ]
    play(sink, csv_tape(tmp_path / "flat.csv", FLAT_COLUMNS + "\n" + "\n".join(rows)))
    assert (np.diff(sink.batch.time_ms) >= 0).all()
    assert sink.count == 360
    assert sorted(sink.prices("B")) == sink.prices("B")


def test_a_flat_file_larger_than_memory_is_sorted_on_disk(
    sink: RecordingSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streaming.feeds.replay.sorting.in_order.__defaults__", (70_000,))
    rng = np.random.default_rng(1)
    times = START * 1_000_000 + rng.integers(0, 10**12, 200_000)
    rows = [f"S{n % 7},,0,4,{n},0,{n + 1},{n},{t},100,3,0,0" for n, t in enumerate(times)]
    play(sink, csv_tape(tmp_path / "flat.csv", FLAT_COLUMNS + "\n" + "\n".join(rows)))
    assert (np.diff(sink.batch.time_ms) >= 0).all()
    assert sorted(sink.batch.price.tolist()) == list(range(1, 200_001))


def test_records_that_cancel_or_correct_are_no_trades(sink: RecordingSink, tmp_path: Path) -> None:
    rows = [
        f"A,,{code},4,{n},0,{n + 1},{n},{START + n}000000,100,3,0,0"
        for n, code in enumerate(("", "0", "1", "7", "8", "10", "11", "12"))
    ]
    play(sink, csv_tape(tmp_path / "flat.csv", FLAT_COLUMNS + "\n" + "\n".join(rows)))
    assert sink.batch.price.tolist() == [1, 2, 3, 4, 5]
    assert sink.rejects == {"correction_record": 3}


def test_a_table_sorted_by_symbol_is_played_by_time(sink: RecordingSink, tmp_path: Path) -> None:
    rows = [
        f"{name},{START + n * MINUTE},{n + 1},100" for name in ("A", "B", "C") for n in range(60)
    ]
    text = "symbol,timestamp_ms,price,size\n" + "\n".join(rows)
    play(sink, csv_tape(tmp_path / "tape.csv", text))
    assert (np.diff(sink.batch.time_ms) >= 0).all()
    assert sink.count == 180


def test_late_trades_of_a_tape_stay_late(sink: RecordingSink, tmp_path: Path) -> None:
    late = [0, 60, 120, 30, 180, 1200, 0]
    rows = [f"A,{START + secs * 1000},{n + 1},100" for n, secs in enumerate(late)]
    rows.insert(3, f"B,{START},1,100")
    play(sink, csv_tape(tmp_path / "t.csv", "symbol,timestamp_ms,price,size\n" + "\n".join(rows)))
    assert sink.prices("A") == [1, 2, 3, 4, 5, 6, 7]


def test_several_tapes_are_merged_by_time(sink: RecordingSink, tmp_path: Path) -> None:
    for name, shift in (("A", 0), ("B", 250), ("C", 500)):
        rows = [f"{name},{START + shift + n * 1000},{n + 1},100" for n in range(3000)]
        csv_tape(tmp_path / f"{name}.csv", "symbol,timestamp_ms,price,size\n" + "\n".join(rows))
    tapes = [tmp_path / f"{name}.csv" for name in "ABC"]
    play(sink, *tapes)
    assert (np.diff(sink.batch.time_ms) > 0).all()
    assert sink.count == 9000
    rest = play(RecordingSink(), *tapes, resume=sink.positions[20])
    taken = sum(map(len, sink.batches[:21]))
    assert rest.batch.time_ms.tolist() == sink.batch.time_ms[taken:].tolist()


def test_merging_keeps_each_tapes_own_order(sink: RecordingSink, tmp_path: Path) -> None:
    for name in "AB":
        times = [START, START + 5000, START + 1000, START + 5000, START + 9000]
        rows = [f"{name},{t},{n + 1},100" for n, t in enumerate(times)]
        csv_tape(tmp_path / f"{name}.csv", "symbol,timestamp_ms,price,size\n" + "\n".join(rows))
    play(sink, tmp_path / "A.csv", tmp_path / "B.csv")
    assert sink.prices("A") == sink.prices("B") == [1, 2, 3, 4, 5]


def test_bad_rows_are_set_aside_and_counted(sink: RecordingSink, tmp_path: Path) -> None:
    future = time.time_ns() // 1_000_000 + 10**9
    text = (
        "symbol,timestamp_ms,price,size\n"
        f"A,{START},1,100\n"
        f"A,{START},x,100\nA,{START},-1,100\nA,{START},nan,100\nA,{START},,100\n"
        f"A,{START},1,-5\nA,{START},1,many\n"
        f"A,when,1,100\nA,,1,100\nA,0,1,100\nA,{future},1,100\n"
        f",{START},1,100\nno symbol,{START},1,100\n"
        f"A,{START}\nA,{START},1,100,7\n"
        f"A,{START},2,100\n"
    )
    play(sink, csv_tape(tmp_path / "tape.csv", text))
    assert sink.batch.price.tolist() == [1, 2]
    assert sink.rejects == {
        "bad_price": 4,
        "bad_size": 2,
        "bad_time": 2,
        "time_in_past": 1,
        "time_in_future": 1,
        "bad_symbol": 2,
        "bad_row": 2,
    }


def test_bad_bytes_in_a_csv_cost_only_their_row(sink: RecordingSink, tmp_path: Path) -> None:
    tape = tmp_path / "tape.csv"
    good = f"A,{START},1,100\n".encode()
    bad = f"\udcff\udcfe,{START},1,100\n".encode(errors="surrogateescape")
    tape.write_bytes(b"symbol,timestamp_ms,price,size\n" + good + bad + good)
    play(sink, tape)
    assert sink.count == 2
    assert sink.rejects == {"bad_symbol": 1}


def test_bad_frames_are_set_aside(sink: RecordingSink, tmp_path: Path) -> None:
    good = json.dumps([trade("A", 1.0, t=START)])
    tape = tmp_path / "tape.jsonl"
    tape.write_text(f"{good}\nnonsense\n{good[:-9]}\n\n{good}")
    play(sink, tape)
    assert sink.count == 2
    assert sink.rejects["malformed_frame"] == 2


def test_a_line_without_end_is_bounded(
    sink: RecordingSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streaming.feeds.replay.frames.MAX_FRAME_BYTES", 1000)
    monkeypatch.setattr("streaming.feeds.replay.frames.READ_BYTES", 500)
    good = json.dumps([trade("A", 1.0, t=START)])
    tape = tmp_path / "tape.jsonl"
    tape.write_text(f"{good}\n[{' ' * 5000}]\n{good}\n")
    play(sink, tape)
    assert sink.count == 2
    assert sink.rejects["frame_too_big"] >= 1


def test_a_tape_that_breaks_off_is_played_so_far(sink: RecordingSink, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = "".join(f"A,{START + n},{rng.random() + 1},100\n" for n in range(300_000))
    packed = gzip.compress(f"symbol,timestamp_ms,price,size\n{rows}".encode())
    tape = tmp_path / "tape.csv.gz"
    tape.write_bytes(packed[: len(packed) * 3 // 4])
    play(sink, tape)
    assert sink.count > 10_000
    assert sink.rejects["tape_breaks_off"] == 1


def test_numbers_may_be_whole_floats_and_prices_are_exact(
    sink: RecordingSink, tmp_path: Path
) -> None:
    table = pa.table(
        {
            "timestamp_ms": [float(START), START + 0.5, float("nan")],
            "price": [0.1 + 0.2, 1.0, 1.0],
            "size": [1, 2, 3],
            "conditions": [[12, 37], [], None],
        }
    )
    pq.write_table(table, tmp_path / "tape.parquet")
    play(sink, tmp_path / "tape.parquet", symbol="X")
    assert sink.batch.price.tolist() == [0.1 + 0.2]
    assert sink.batch.flags.tolist() == [12]
    assert sink.rejects == {"bad_time": 2}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.csv", None, "does not exist"),
        ("empty.csv", b"", "is empty"),
        ("blank.jsonl", b"\n \n", "is empty"),
        ("columns.csv", b"symbol,time,price,size\nA,1,1,1\n", "timestamp_ms"),
        ("nosymbol.csv", b"timestamp_ms,price,size\n1,1,1\n", "--symbol"),
        ("text.txt", b"once upon a time\n", "no known format"),
        ("binary.bin", bytes(range(256)) * 4, "no known format"),
        ("broken.parquet", b"PAR1 and then nothing", "Parquet"),
        ("broken.gz", b"\x1f\x8bnonsense", "can not be read"),
    ],
)
def test_a_bad_tape_is_told_with_what_why_and_what_to_do(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FeedConfigError, match=words) as raised:
        make_feed("replay", FeedOptions(tapes=[tmp_path / name]))
    assert str(tmp_path / name) in str(raised.value)


def test_a_folder_is_no_tape(tmp_path: Path) -> None:
    with pytest.raises(FeedConfigError, match="not a file"):
        make_feed("replay", FeedOptions(tapes=[tmp_path]))


def test_impossible_options_are_told(tmp_path: Path) -> None:
    tape = csv_tape(tmp_path / "t.csv", "timestamp_ms,price,size\n1,1,1\n")
    with pytest.raises(FeedConfigError, match="--tape"):
        make_feed("replay", FeedOptions())
    with pytest.raises(FeedConfigError, match="--speed"):
        make_feed("replay", FeedOptions(tapes=[tape], symbol="A", speed=0))
    with pytest.raises(FeedConfigError, match="--symbol"):
        make_feed("replay", FeedOptions(tapes=[tape], symbol="no symbol"))


def test_a_speed_is_a_multiple_of_real_time(sink: RecordingSink, tmp_path: Path) -> None:
    frames = [[trade("A", 1.0 + n, t=START + n * 1000)] for n in range(31)]
    started = time.monotonic()
    play(sink, frames_tape(tmp_path / "tape.jsonl", frames), speed=30)
    assert 0.9 < time.monotonic() - started < 1.6
    assert sink.count == 31


def test_a_paced_tape_tells_the_time_while_it_waits(sink: RecordingSink, tmp_path: Path) -> None:
    frames = [[trade("A", 1.0, t=START)], [trade("A", 2.0, t=START + 240_000)]]
    play(sink, frames_tape(tmp_path / "tape.jsonl", frames), speed=100)
    inside = [time_ms for time_ms in sink.clocks if time_ms <= START + 240_000]
    assert len(inside) >= 1
    assert START < inside[0] < START + 240_000


def test_a_paced_tape_stops_at_once(sink: RecordingSink, tmp_path: Path) -> None:
    frames = [[trade("A", 1.0, t=START)], [trade("A", 2.0, t=START + 10**7)]]
    tape = frames_tape(tmp_path / "tape.jsonl", frames)
    feed = make_feed("replay", FeedOptions(tapes=[tape], speed=1))
    stop = threading.Event()
    thread = threading.Thread(target=feed.run, args=(sink, b"", stop))
    thread.start()
    assert sink.wait_for(lambda: sink.count == 1)
    stop.set()
    thread.join(2)
    assert not thread.is_alive()
    assert sink.connections[-1] == (False, "stopped")
    rest = play(RecordingSink(), tape, resume=sink.positions[0])
    assert rest.batch.price.tolist() == [2.0]


@given(
    st.lists(st.integers(0, 500_000), min_size=1).map(sorted),
    st.integers(1, 100_000),
    st.integers(1, 50),
)
def test_entries_cover_all_rows_and_cross_no_minute(
    times: list[int], slice_ms: int, rows: int
) -> None:
    keys = np.array(times, np.int64)
    edges = cuts(keys, slice_ms, rows)
    assert edges[0] == 0
    assert edges[-1] == len(keys)
    for start, end in pairwise(edges):
        assert 0 < end - start <= rows
        assert keys[start] // MINUTE == keys[end - 1] // MINUTE
        assert keys[start] // slice_ms == keys[end - 1] // slice_ms
