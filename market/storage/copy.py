"""PostgreSQL's binary COPY format, built from NumPy columns.

A row is a field count and then, for each field, its length and its bytes, all big-endian
(PostgreSQL manual, "COPY", section "Binary Format"). Rows whose text fields have the same lengths
have the same size, so each such group is one structured array and one `tobytes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
POSTGRES_EPOCH_US = 946_684_800_000_000
FLOAT8_OID = 701

Column = NDArray[Any]

FIXED_TYPES = {"f8": ">f8", "i8": ">i8", "i4": ">i4", "i2": ">i2", "bool": "u1"}


def timestamps(times_ms: Column) -> Column:
    """Unix milliseconds as PostgreSQL's `timestamptz`: microseconds since 2000-01-01 UTC."""
    return times_ms.astype(np.int64) * 1000 - POSTGRES_EPOCH_US


def binary_rows(columns: Mapping[str, tuple[str, Column]]) -> Iterator[bytes]:
    """The bytes of a binary COPY, in blocks.

    columns: name → (type, values), in the table's column order. Types: `f8`, `i8` (also for
        `timestamps`), `i4`, `i2`, `bool`, `text` (values: a NumPy bytes array, UTF-8), and `f8[]`
        (values: a float64 matrix, a row each; NaN stays NaN).
    """
    yield HEADER
    for rows in _groups_of_equal_length(columns):
        yield _block(columns, rows).tobytes()
    yield TRAILER


def _groups_of_equal_length(columns: Mapping[str, tuple[str, Column]]) -> Iterator[Column]:
    texts = [values for kind, values in columns.values() if kind == "text"]
    count = len(next(iter(columns.values()))[1])
    if not texts:
        yield np.arange(count)
        return
    size = np.zeros(count, np.int64)
    for values in texts:
        size = size * (values.dtype.itemsize + 1) + np.char.str_len(values)
    for kind in np.unique(size):
        yield np.flatnonzero(size == kind)


def _block(columns: Mapping[str, tuple[str, Column]], rows: Column) -> Column:
    dtype, fills = _row_type(columns, rows)
    block = np.zeros(len(rows), dtype=dtype)
    for name, value in fills.items():
        block[name] = value
    return block


def _row_type(
    columns: Mapping[str, tuple[str, Column]], rows: Column
) -> tuple[np.dtype[Any], dict[str, Any]]:
    layout: list[tuple[Any, ...]] = [("_fields", ">i2")]
    fills: dict[str, Any] = {"_fields": len(columns)}
    for name, (kind, values) in columns.items():
        chosen = values[rows]
        field, size = _field(kind, chosen)
        layout += [(f"_{name}", ">i4"), (name, field)]
        fills[f"_{name}"] = size
        fills[name] = _array_values(chosen, field) if kind == "f8[]" else chosen
    return np.dtype(layout), fills


def _field(kind: str, values: Column) -> tuple[Any, int]:
    if kind == "text":
        size = int(np.char.str_len(values[:1])[0]) if len(values) else 0
        return f"S{size}", size
    if kind == "f8[]":
        field = np.dtype(
            [
                ("dimensions", ">i4"),
                ("has_null", ">i4"),
                ("oid", ">i4"),
                ("size", ">i4"),
                ("lower", ">i4"),
                ("items", [("length", ">i4"), ("value", ">f8")], (values.shape[1],)),
            ]
        )
        return field, field.itemsize
    dtype = np.dtype(FIXED_TYPES[kind])
    return dtype, dtype.itemsize


def _array_values(values: Column, field: np.dtype[Any]) -> Column:
    made = np.zeros(len(values), dtype=field)
    made["dimensions"], made["oid"], made["size"], made["lower"] = 1, FLOAT8_OID, values.shape[1], 1
    made["items"]["length"] = 8
    made["items"]["value"] = values
    return made


def copy_columns(
    cursor: Any, table: str, columns: Mapping[str, tuple[str, Column]], names: Sequence[str] = ()
) -> None:
    """COPY `columns` into `table` (a trusted name) through an open psycopg or Django cursor."""
    listed = ", ".join(names or columns)
    with cursor.copy(f"COPY {table} ({listed}) FROM STDIN (FORMAT BINARY)") as copy:
        for block in binary_rows(columns):
            copy.write(block)


def encode_names(names: Sequence[str]) -> NDArray[np.bytes_]:
    """Symbol names as the UTF-8 bytes array that `text` columns take."""
    return np.array([name.encode() for name in names], dtype=np.bytes_)
