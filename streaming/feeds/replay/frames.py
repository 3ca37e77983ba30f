"""Tapes of frames: JSON lines, each line one frame just as Massive's WebSocket sent it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streaming.feeds.limits import EARLIEST_MS
from streaming.feeds.massive.decoder import MAX_FRAME_BYTES, FrameDecoder
from streaming.feeds.replay.files import open_tape_file
from streaming.feeds.replay.tape import Rejects
from streaming.ticks import SymbolTable, TickBatch

READ_BYTES = 1 << 20


class FrameTape:
    """A recording of the WebSocket itself."""

    def __init__(self, path: Path, latest_ms: int) -> None:
        self.path = path
        self._latest_ms = latest_ms

    def batches(self, symbols: SymbolTable, rejects: Rejects) -> Iterator[TickBatch]:
        """All trades in the order of the lines."""
        decoder = FrameDecoder(symbols)
        for lines in _lines(self.path, rejects):
            decoded = decoder.decode(lines, EARLIEST_MS, self._latest_ms)
            for reason, count in decoded.rejected.counts.items():
                rejects.add(reason, count, decoded.rejected.samples.get(reason, b""))
            if len(decoded.batch):
                yield decoded.batch
        rejects.noted["unknown_condition"] += decoder.unknown_conditions.total()


def _lines(path: Path, rejects: Rejects) -> Iterator[list[bytes]]:
    """The lines, without blank ones, as many at a time as are read at once."""
    rest = b""
    with open_tape_file(path) as file:
        while piece := file.read(READ_BYTES):
            *lines, rest = (rest + piece).split(b"\n")
            yield [line for line in lines if line.strip()]
            if len(rest) > MAX_FRAME_BYTES:
                rejects.add("frame_too_big", 1, rest[:64])
                rest = b""
    if rest.strip():
        yield [rest]
