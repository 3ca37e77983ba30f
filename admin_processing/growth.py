"""How much disk a day takes, from the sizes of the rows that are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Measured on PostgreSQL 17 with TimescaleDB 2.19, indexes included: what a fresh database says
# before it has rows of its own. Bytes a row, and rows for each bar of one minute.
MEASURED_BYTES = {
    "ohlcv_1min": 177.0,
    "intraday_indicator_values": 255.0,
    "intraday_patterns": 508.0,
    "integration_events": 213.0,
}
MEASURED_ROWS_A_BAR = {
    "ohlcv_1min": 1.0,
    "intraday_indicator_values": 1.0,
    "intraday_patterns": 0.30,
    "integration_events": 1.22,
}
TABLES = tuple(MEASURED_BYTES)
ENOUGH_ROWS = 5_000

# A hypertable's rows are in its chunks, which inherit from it.
SIZES = """
WITH RECURSIVE part (root, oid) AS (
    SELECT relname::text, oid FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)
    UNION ALL
    SELECT part.root, inhrelid FROM part JOIN pg_inherits ON inhparent = part.oid
)
SELECT root, sum(pg_total_relation_size(oid))::bigint FROM part GROUP BY root
"""


@dataclass(frozen=True, slots=True)
class Growth:
    """A table's bytes a row and rows a bar; `measured` here, or elsewhere where rows are few."""

    table: str
    bytes_a_row: float
    rows_a_bar: float
    measured: bool

    def bytes_a_day(self, symbols: int, minutes: int) -> float:
        """Bytes a day, were every symbol to trade in every minute: an upper bound."""
        return self.bytes_a_row * self.rows_a_bar * symbols * minutes


def growth(rows: Mapping[str, int], sizes: Mapping[str, int]) -> list[Growth]:
    """Each table's growth, from its rows and bytes in this database."""
    bars = rows.get("ohlcv_1min", 0)
    return [_growth(table, rows.get(table, 0), sizes.get(table, 0), bars) for table in TABLES]


def _growth(table: str, rows: int, size: int, bars: int) -> Growth:
    if min(rows, bars) < ENOUGH_ROWS:
        return Growth(table, MEASURED_BYTES[table], MEASURED_ROWS_A_BAR[table], False)
    return Growth(table, size / rows, rows / bars, True)


def read_sizes(cursor: Any) -> tuple[dict[str, int], dict[str, int]]:
    """(rows, bytes) of each table in the database."""
    cursor.execute(SIZES, [list(TABLES)])
    sizes = {table: int(size) for table, size in cursor.fetchall()}
    rows = {}
    for table in TABLES:
        cursor.execute(f"SELECT count(*) FROM {table}")
        rows[table] = int(cursor.fetchone()[0])
    return rows, sizes


def report(table_growth: list[Growth], symbols: list[int], minutes: int) -> list[str]:
    """The lines of a table: bytes a row, and megabytes a day for each number of symbols."""
    head = "".join(f"{count:>14,}" for count in symbols)
    lines = [f"{'MB a day with symbols:':<40}{head}"]
    for entry in table_growth:
        days = "".join(f"{entry.bytes_a_day(n, minutes) / 1e6:>14,.1f}" for n in symbols)
        mark = "" if entry.measured else " *"
        lines.append(f"{entry.table:<28}{entry.bytes_a_row:>8.0f} B{mark:<2}{days}")
    sums = (sum(entry.bytes_a_day(n, minutes) for entry in table_growth) for n in symbols)
    lines.append(f"{'together':<40}" + "".join(f"{total / 1e6:>14,.1f}" for total in sums))
    if not all(entry.measured for entry in table_growth):
        lines.append(f"* too few rows here (under {ENOUGH_ROWS:,}): measured elsewhere")
    return lines
