"""Sorting more trades than memory holds: sorted runs on disk, then a merge of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from streaming.feeds.replay.merge import merge
from streaming.feeds.replay.tape import CHUNK_ROWS, Chunk
from streaming.ticks import COLUMN_TYPES, TickBatch, concatenate

# 53 bytes a row: 2 million rows are 106 MB.
RUN_ROWS = 2_000_000


def in_order(chunks: Iterator[Chunk], run_rows: int = RUN_ROWS) -> Iterator[TickBatch]:
    """The rows by key (of any order), then by sequence; at most about `run_rows` in memory."""
    with tempfile.TemporaryDirectory(prefix="tickstock-sort-") as folder:
        runs: list[Path] = []
        waiting: list[Chunk] = []
        for chunk in chunks:
            waiting.append(chunk)
            if sum(map(len, waiting)) >= run_rows:
                runs.append(_save(_sorted(waiting), Path(folder) / str(len(runs))))
                waiting = []
        sources = [_load(run) for run in runs]
        if waiting:
            sources.append(_pieces(_sorted(waiting)))
        for merged in merge(sources):
            yield merged.chunk.batch


def _sorted(chunks: list[Chunk]) -> Chunk:
    keys = np.concatenate([chunk.keys for chunk in chunks])
    batch = concatenate([chunk.batch for chunk in chunks])
    order = np.lexsort((batch.sequence, keys))
    return Chunk(keys[order], batch.take(order))


def _pieces(chunk: Chunk) -> Iterator[Chunk]:
    for start in range(0, len(chunk), CHUNK_ROWS):
        yield chunk.part(start, start + CHUNK_ROWS)


def _save(chunk: Chunk, folder: Path) -> Path:
    folder.mkdir()
    np.save(folder / "keys.npy", chunk.keys)
    for name in COLUMN_TYPES:
        np.save(folder / f"{name}.npy", getattr(chunk.batch, name))
    return folder


def _load(folder: Path) -> Iterator[Chunk]:
    keys = np.load(folder / "keys.npy", mmap_mode="r")
    columns = [np.load(folder / f"{name}.npy", mmap_mode="r") for name in COLUMN_TYPES]
    for start in range(0, len(keys), CHUNK_ROWS):
        rows = slice(start, start + CHUNK_ROWS)
        yield Chunk(np.array(keys[rows]), TickBatch(*(np.array(c[rows]) for c in columns)))
