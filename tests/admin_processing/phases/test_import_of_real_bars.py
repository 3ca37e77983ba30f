"""Five years of 505 real symbols: what is stored equals the file but for its faults, all listed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.db import connection

from admin_processing.phases.import_bars import ImportPhase
from admin_processing.providers.base import BarBatch
from admin_processing.runs.request import RunRequest
from tests.admin_processing.made_provider import MadeProvider, run

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

COLUMNS = ("open", "high", "low", "close", "volume")

# Of the file's 636,290 rows, read by eye: a digit group is missing in one price of the first five;
# the others, all of one day, have a volume of 0.
RANGE = {
    ("AVB", "2012-11-19"),
    ("AVB", "2012-12-21"),
    ("BXP", "2013-07-02"),
    ("HUM", "2014-02-27"),
    ("STAG", "2013-03-26"),
}
NO_VOLUME = {
    (symbol, "2016-01-19") for symbol in ("BF-B", "CRD-B", "GIS", "JW-A", "KIM_J", "TXRH", "WFC_N")
}


@pytest.fixture(scope="module")
def file(shared_data: Path) -> dict[str, np.ndarray]:
    table = pq.read_table(shared_data / "daily_bars_2012_2017.parquet")
    return {name: table[name].to_numpy() for name in table.column_names}


@pytest.fixture
def provider(file: dict[str, np.ndarray]) -> MadeProvider:
    count = len(file["close"])
    days = file["date"].astype("datetime64[ms]").astype(np.int64)
    values = [file[name].astype(np.float64) for name in COLUMNS]
    nothing = np.full(count, np.nan), np.zeros(count, np.int64)
    held = BarBatch(file["symbol"].astype(np.str_), days, *values, *nothing)
    return MadeProvider(held, name="folder", is_adjusted=True, batch_rows=100_000)


def stored() -> dict[tuple[str, str], tuple[float, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT symbol, to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD'), open, high, low,"
            " close, volume FROM ohlcv_daily"
        )
        return {(row[0], row[1]): row[2:] for row in cursor.fetchall()}


def in_file(file: dict[str, np.ndarray]) -> dict[tuple[str, str], tuple[float, ...]]:
    days = file["date"].astype("datetime64[D]").astype(str).tolist()
    values = zip(*(file[name].tolist() for name in COLUMNS), strict=True)
    return dict(zip(zip(file["symbol"].tolist(), days, strict=True), values, strict=True))


def listed() -> dict[tuple[str, str], str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT symbol, to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD'), reason"
            " FROM rejected_rows WHERE resolved_at IS NULL"
        )
        rows = cursor.fetchall()
    assert len({(symbol, day) for symbol, day, _ in rows}) == len(rows)
    return {(symbol, day): reason for symbol, day, reason in rows}


def test_what_is_stored_equals_the_file_but_for_its_twelve_faults_which_are_listed(file, provider):
    told = run(ImportPhase(lambda name: provider))
    faults = dict.fromkeys(RANGE, "range") | dict.fromkeys(NO_VOLUME, "no_volume")
    expected = in_file(file)
    assert len(expected) == 636_290
    assert listed() == faults
    assert stored() == {key: row for key, row in expected.items() if key not in faults}
    assert told.rows == 636_290 - 12
    assert not told.failures


def test_a_second_run_reads_the_last_five_sessions_and_writes_nothing(provider):
    phase = ImportPhase(lambda name: provider)
    through = RunRequest(symbols=("AAPL", "AVB", "GIS"), through=date(2017, 11, 10))
    run(phase, through)
    before, aside = stored(), listed()
    told = run(phase, through)
    assert told.rows == 0
    assert provider.wanted[-1].known["AAPL"][1].isoformat() == "2017-11-05"  # the Sunday before
    assert (stored(), listed()) == (before, aside)
