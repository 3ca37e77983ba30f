"""Columns of a table of trades, as text or as numbers, made into the columns of a TickBatch.

Pure functions on Arrow arrays. What can not be read becomes null, and its row is set aside.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from market.conditions import EVERYTHING, UNKNOWN, ConditionTable
from streaming.feeds.hashing import fnv1a, hash_slices
from streaming.feeds.limits import is_symbol

# Whatever fits 64 bits: nanoseconds have 19 digits.
INTEGER = r"^\s*[-+]?([0-9]{1,18}|[1-8][0-9]{18})\s*$"
WHOLE = r"^\s*[-+]?[0-9]{1,15}(\.0*)?\s*$"
DECIMAL = r"^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?\s*$"
CONDITION = re.compile(r"\d+")
NUMBERS_ONLY = re.compile(r"[\s\d,;\[\]|]*")


def floats(column: pa.Array) -> NDArray[np.float64]:
    """Decimal numbers; NaN where there is none."""
    if _is_text(column):
        column = _only(column, DECIMAL)
    return _filled(pc.cast(column, pa.float64(), safe=False), np.nan)


def integers(column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Whole numbers, and which rows have one; `5.0` is one."""
    if _is_text(column):
        exact = pc.cast(_only(column, INTEGER), pa.int64())
        if exact.null_count > column.null_count:
            rounded = pc.cast(pc.cast(_only(column, WHOLE), pa.float64()), pa.int64())
            exact = pc.coalesce(exact, rounded)
        column = exact
    elif pa.types.is_floating(column.type):
        values = _filled(column, np.nan)
        fits = np.isfinite(values) & (np.abs(values) < 2**53) & (np.trunc(values) == values)
        return np.where(fits, values, 0).astype(np.int64), fits
    else:
        column = pc.cast(column, pa.int64(), safe=False)
    valid = np.asarray(pc.is_valid(column))
    return _filled(column, 0), valid


def symbols(
    column: pa.Array, intern: Callable[[list[str]], NDArray[np.int32]]
) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
    """Symbol ids (-1 for what is no symbol) and the hash of each row's symbol."""
    codes, texts = _dictionary(column)
    good = [text is not None and is_symbol(text) for text in texts]
    ids = np.full(len(texts) + 1, -1, np.int32)
    hashes = np.zeros(len(texts) + 1, np.uint64)
    chosen = [text for text, fine in zip(texts, good, strict=True) if text is not None and fine]
    places = np.flatnonzero(good)
    ids[places] = intern(chosen)
    hashes[places] = [fnv(text) for text in chosen]
    return ids[codes], hashes[codes]


def condition_flags(
    column: pa.Array, table: ConditionTable
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """What each row may update, and which rows have an unknown condition.

    Taken are lists of numbers, and texts such as "12,37", "12 37" and "[12, 37]".
    """
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = pc.binary_join(pc.cast(column, pa.list_(pa.string())), ",")
    codes, texts = _dictionary(column)
    flags = np.full(len(texts) + 1, EVERYTHING, np.uint8)
    for place, text in enumerate(texts):
        flags[place] = _text_flags(text, table)
    found = flags[codes]
    return found & np.uint8(255 - UNKNOWN), (found & UNKNOWN) > 0


def identities(column: pa.Array) -> NDArray[np.uint64]:
    """The hash of each row's trade id; 0 where there is none."""
    text = pc.fill_null(_as_text(column), "").cast(pa.large_string())
    offsets = np.frombuffer(text.buffers()[1], np.int64)[text.offset : text.offset + len(text) + 1]
    body = text.buffers()[2]
    data = np.frombuffer(body, np.uint8) if body is not None and body.size else np.empty(0, "u1")
    return hash_slices(data, offsets)


def numbered_places(column: pa.Array) -> NDArray[np.int64]:
    """Exchange (or facility) ids; names become numbers of their own, nothing becomes 0."""
    codes, texts = _dictionary(column)
    numbers = np.zeros(len(texts) + 1, np.int64)
    for place, text in enumerate(texts):
        numbers[place] = _place(text)
    return numbers[codes]


def fnv(text: str) -> np.uint64:
    """FNV-1a of a text."""
    data = np.frombuffer(text.encode(), np.uint8)
    return np.uint64(fnv1a(data, 0, len(data)))


def _place(text: str | None) -> int:
    if not text:
        return 0
    number = text.removesuffix(".0")
    return int(number) if number.isdecimal() and len(number) < 10 else int(fnv(text)) & 0xFFFFFFFF


def _text_flags(text: str | None, table: ConditionTable) -> int:
    if not text:
        return EVERYTHING
    if not NUMBERS_ONLY.fullmatch(text):
        return EVERYTHING | UNKNOWN
    return table.flags(int(number) for number in CONDITION.findall(text))


def _dictionary(column: pa.Array) -> tuple[NDArray[np.int64], list[str | None]]:
    """Each row's place in the list of distinct texts; null rows have the place after the last."""
    encoded = pc.dictionary_encode(_as_text(column).cast(pa.binary()))
    codes = _filled(encoded.indices, len(encoded.dictionary)).astype(np.int64)
    return codes, [_decoded(value) for value in encoded.dictionary.to_pylist()]


def _decoded(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _only(column: pa.Array, pattern: str) -> pa.Array:
    """The trimmed texts that match; null for the rest."""
    fits = pc.match_substring_regex(column, pattern)
    return pc.utf8_trim_whitespace(pc.if_else(fits, column, pa.scalar(None, column.type)))


def _is_text(column: pa.Array) -> bool:
    return pa.types.is_string(column.type) or pa.types.is_large_string(column.type)


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column if _is_text(column) else pc.cast(column, pa.string())


def _filled(column: pa.Array, value: float) -> NDArray:
    if column.null_count:
        column = pc.fill_null(column, pa.scalar(value, column.type))
    return np.asarray(column)
