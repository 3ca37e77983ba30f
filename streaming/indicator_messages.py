"""Indicators of a whole minute as messages: one for all symbols, and one for each.

The values are encoded once, all rows together, and cut apart: eleven thousand dictionaries a
minute would cost more than the indicators themselves. NaN, which has no JSON form, is `null` in
the message for all (where a place is a name) and left out of a symbol's own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from market.calendar import from_ms
from patterns.analysis import MinuteAnalysis

_NULL = b"null"


Rows = list[bytes]


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
    names = [msgspec.json.encode(name) for name in analysis.names]
    known = b",".join(name + b":%b" for name in names)
    # One random number serves the batch, and the place in it tells its messages apart.
    envelope = _envelope(uuid.uuid4().hex + "-%d")
    head = b'{"type":"indicator_calculated",%b,"indicators":{"symbol":%%b,%b,"values":{%%b}}}' % (
        envelope,
        _moment(analysis),
    )
    for number, (symbol, row) in enumerate(zip(_symbols(analysis), rows, strict=True)):
        values = row.split(b",")
        if _NULL in values:
            kept = zip(names, values, strict=True)
            text = b",".join(b"%b:%b" % pair for pair in kept if pair[1] != _NULL)
        else:
            text = known % tuple(values)
        yield head % (number, symbol, text)


def _symbols(analysis: MinuteAnalysis) -> list[bytes]:
    symbols = analysis.symbols
    return [msgspec.json.encode(symbols[row]) for row in analysis.row.tolist()]


def _envelope(event_id: str) -> bytes:
    moment = datetime.now(UTC).isoformat()
    return f'"event_id":"{event_id}","timestamp":"{moment}"'.encode()


def _moment(analysis: MinuteAnalysis) -> bytes:
    stamp = from_ms(analysis.bar_time_ms).isoformat()
    timeframe = msgspec.json.encode(analysis.timeframe).decode()
    return f'"timeframe":{timeframe},"bar_timestamp":"{stamp}"'.encode()
