"""Indicators of a whole minute as messages: one for all symbols, and one for each.

The values are encoded once, all rows together, and cut apart: eleven thousand dictionaries a
minute would cost more than the indicators themselves. NaN, which has no JSON form, is `null` in
the message for all (where a place is a name) and left out of a symbol's own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

import msgspec
import numpy as np

from market.calendar import from_ms
from patterns.analysis import MinuteAnalysis
from patterns.store import ALL
from patterns.views import Floats

Rows = list[bytes]
Cut = Callable[[list[bytes]], bytes]
"""Encoded values of a row → the inside of the object that names those that are numbers."""


def told(analysis: MinuteAnalysis, stored: Sequence[str]) -> MinuteAnalysis:
    """The analysis with the indicators that are stored: the others are computed on request."""
    kept = [i for i, name in enumerate(analysis.names) if ALL in stored or name in stored]
    if len(kept) == len(analysis.names):
        return analysis
    names = tuple(analysis.names[i] for i in kept)
    return replace(analysis, names=names, values=analysis.values[:, kept])


def encoded_rows(analysis: MinuteAnalysis) -> Rows:
    """Each row's values as the inside of a JSON list, NaN as null."""
    if not len(analysis.row):
        return []
    return msgspec.json.encode(analysis.values.tolist())[2:-2].split(b"],[")


def whole(analysis: MinuteAnalysis, rows: Rows) -> bytes:
    """The `indicators` message: `{minute_ms, timeframe, names, values: {SYM: [...]}}`."""
    pairs = zip(_symbols(analysis), rows, strict=True)
    values = b",".join([b"%b:[%b]" % pair for pair in pairs])
    return b'{"type":"indicators",%b,"minute_ms":%d,"timeframe":%b,"names":%b,"values":{%b}}' % (
        _envelope(uuid.uuid4().hex),
        analysis.bar_time_ms,
        msgspec.json.encode(analysis.timeframe),
        msgspec.json.encode(analysis.names),
        values,
    )


def single(analysis: MinuteAnalysis, rows: Rows) -> Iterator[bytes]:
    """The `indicator_calculated` message of each symbol that has a bar."""
    if not analysis.names:
        return
    # One random number serves the batch, and the place in it tells its messages apart.
    envelope = _envelope(uuid.uuid4().hex + "-%d")
    head = b'{"type":"indicator_calculated",%b,"indicators":{"symbol":%%b,%b,"values":{%%b}}}' % (
        envelope,
        _moment(analysis),
    )
    names = [msgspec.json.encode(name) for name in analysis.names]
    cut: dict[bytes, Cut] = {}
    parts = zip(_symbols(analysis), rows, _patterns(analysis.values), strict=True)
    for number, (symbol, row, pattern) in enumerate(parts):
        found = cut.get(pattern)
        if found is None:
            found = cut[pattern] = _cut(names, pattern)
        yield head % (number, symbol, found(row.split(b",")))


def _patterns(values: Floats) -> list[bytes]:
    """Which of each row's values are numbers, as bits: few rows differ in that from the next."""
    bits = np.packbits(np.isfinite(values), axis=1)
    packed, width = bits.tobytes(), bits.shape[1]
    return [packed[at : at + width] for at in range(0, len(packed), width)]


def _cut(names: list[bytes], pattern: bytes) -> Cut:
    """What makes the inside of `values` out of a row's encoded values, without nulls."""
    known = np.flatnonzero(np.unpackbits(np.frombuffer(pattern, np.uint8))).tolist()
    template = b",".join([names[at] + b":%b" for at in known])
    if len(known) == len(names):
        return lambda values: template % tuple(values)
    return lambda values: template % tuple([values[at] for at in known])


def _symbols(analysis: MinuteAnalysis) -> list[bytes]:
    symbols = analysis.symbols
    return [_encoded(symbols[row]) for row in analysis.row.tolist()]


@lru_cache(1 << 16)
def _encoded(name: str) -> bytes:
    return msgspec.json.encode(name)


def _envelope(event_id: str) -> bytes:
    moment = datetime.now(UTC).isoformat()
    return f'"event_id":"{event_id}","timestamp":"{moment}"'.encode()


def _moment(analysis: MinuteAnalysis) -> bytes:
    stamp = from_ms(analysis.bar_time_ms).isoformat()
    timeframe = msgspec.json.encode(analysis.timeframe).decode()
    return f'"timeframe":{timeframe},"bar_timestamp":"{stamp}"'.encode()
