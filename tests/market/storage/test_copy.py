"""Binary COPY: byte for byte as PostgreSQL's manual says, and through a real table and back."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import numpy as np
import pytest
from django.db import connection

from market.storage.copy import binary_rows, copy_columns, encode_names, timestamps


def test_one_row_has_the_bytes_of_the_manual() -> None:
    columns = {
        "name": ("text", encode_names(["AB"])),
        "number": ("i4", np.array([-1], np.int32)),
        "yes": ("bool", np.array([True])),
        "price": ("f8", np.array([1.5])),
    }
    row = struct.pack(">hi2si", 4, 2, b"AB", 4) + struct.pack(">ii?id", -1, 1, True, 8, 1.5)
    header = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
    assert b"".join(binary_rows(columns)) == header + row + struct.pack(">h", -1)


def test_timestamps_are_microseconds_since_2000() -> None:
    made = timestamps(np.array([946_684_800_001]))
    assert made.tolist() == [1000]


@pytest.mark.django_db
def test_every_type_comes_back_from_a_table_whatever_the_lengths_of_texts() -> None:
    names = ["A", "BRK.B", "ÜBER", "", "LONGER"]
    moment_ms = 1_719_928_800_000
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE copied (name text, at timestamptz, f float8, i int8, j int4, "
            "k int2, b bool, many float8[])"
        )
        columns = {
            "name": ("text", encode_names(names)),
            "at": ("i8", timestamps(np.full(5, moment_ms))),
            "f": ("f8", np.array([1.5, np.nan, np.inf, -0.0, 1e300])),
            "i": ("i8", np.arange(5) - 2),
            "j": ("i4", np.arange(5, dtype=np.int32)),
            "k": ("i2", np.arange(5, dtype=np.int16)),
            "b": ("bool", np.array([True, False, True, False, True])),
            "many": ("f8[]", np.arange(10.0).reshape(5, 2)),
        }
        copy_columns(cursor, "copied", columns)
        cursor.execute("SELECT name, at, f::text, i, j, k, b, many FROM copied ORDER BY i")
        rows = cursor.fetchall()
    assert [row[0] for row in rows] == names
    assert {row[1] for row in rows} == {datetime(2024, 7, 2, 14, tzinfo=UTC)}
    assert [row[2] for row in rows] == ["1.5", "NaN", "Infinity", "-0", "1e+300"]
    assert [row[3:6] for row in rows] == [(i - 2, i, i) for i in range(5)]
    assert [row[6] for row in rows] == [True, False, True, False, True]
    assert [row[7] for row in rows] == [[2.0 * i, 2.0 * i + 1] for i in range(5)]


@pytest.mark.django_db
def test_numbers_alone_and_no_rows_at_all_are_copied() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE numbers (f float8)")
        copy_columns(cursor, "numbers", {"f": ("f8", np.array([2.5, 3.5]))}, ["f"])
        copy_columns(cursor, "numbers", {"f": ("f8", np.empty(0))})
        cursor.execute("SELECT sum(f) FROM numbers")
        assert cursor.fetchone() == (6.0,)
