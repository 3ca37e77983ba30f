"""Compiles what is compiled, once after installing: `python -m streaming.compiled`.

The results are cached beside the sources, so that the first start, and the first frame, wait for
no compiler.
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from streaming.aggregate import Aggregator
from streaming.feeds.massive.decoder import FrameDecoder
from streaming.feeds.synthetic.history import daily_history
from streaming.feeds.synthetic.trades import SyntheticMarket
from streaming.journal import Entry, Kind, decode_batch, encode_batch
from streaming.ticks import SymbolTable, TickBatch

START_MS = 1_795_422_600_000
MINUTE_MS = 60_000
TRADE = {"ev": "T", "sym": "AAPL", "i": "1", "x": 4, "p": 1.5, "s": 10, "c": [37], "z": 3, "q": 7}


def compile_all() -> None:
    """Take a few trades through every compiled function, as a stream would."""
    decode_frames()
    add_up(synthetic_ticks())
    daily_history(["AAPL"], [(START_MS, START_MS + MINUTE_MS)])


def decode_frames() -> None:
    """Massive's wire format."""
    frame = json.dumps([TRADE | {"t": START_MS}], separators=(",", ":")).encode()
    FrameDecoder(SymbolTable(), None).decode([frame], START_MS, START_MS)


def synthetic_ticks() -> TickBatch:
    """Some seconds of the synthetic market."""
    return SyntheticMarket(["AAPL", "MSFT"], 1, 0.1, 0.0, 0.0, False).ticks(
        START_MS, START_MS + 3_000
    )


def add_up(batch: TickBatch) -> None:
    """Bars from a batch, one as the feed hands it over and one as the journal gives it back."""
    aggregator = Aggregator()
    later = replace(batch, time_ms=batch.time_ms + 2 * MINUTE_MS)
    again = decode_batch(encode_batch(batch))
    for number, part in enumerate((batch, later, again)):
        aggregator.apply(Entry(f"{number + 1}-0", Kind.TICKS, 0, part))
    nobody = np.zeros(len(batch), np.uint64)
    aggregator.apply(Entry("9-0", Kind.TICKS, 0, replace(batch, trade_key=nobody)))


if __name__ == "__main__":
    compile_all()
