"""Whole imports: from the double of Massive's API and from files into the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.db import connection

from admin_processing.phases.import_bars import ImportPhase
from admin_processing.providers.folder import FolderProvider
from admin_processing.providers.massive.client import MassiveClient
from admin_processing.providers.massive.provider import MassiveProvider
from admin_processing.providers.massive.retry import RetryRules
from admin_processing.runs.phase import PhaseFailed
from admin_processing.runs.request import RunRequest
from market.calendar import calendar
from tests.admin_processing.made_provider import run
from tests.admin_processing.providers.massive.conftest import NoLimit
from tests.doubles.massive_market import from_parquet
from tests.doubles.massive_rest import MassiveRestDouble

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

SYMBOLS = ("A", "AAPL", "AMZN", "AXP", "BA", "CAT", "GE", "IBM", "KO", "MSFT", "XOM", "ZTS")
YEAR = RunRequest(symbols=SYMBOLS, since=date(2016, 11, 10), through=date(2017, 11, 10))


@pytest.fixture(scope="module")
def parquet(shared_data: Path) -> Path:
    return shared_data / "daily_bars_2012_2017.parquet"


@pytest.fixture
def server(parquet: Path) -> Iterator[MassiveRestDouble]:
    with MassiveRestDouble(from_parquet(parquet)) as double:
        yield double


@pytest.fixture
def phase(server: MassiveRestDouble) -> Iterator[ImportPhase]:
    rules = RetryRules(30, 0.0, 0.0, 0.0)
    client = MassiveClient(server.url, server.key, NoLimit(), rules=rules)
    provider = MassiveProvider(client, calendar("XNYS"))
    yield ImportPhase(lambda name: provider)
    client.close()


def stored() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT symbol, to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD'), open, high, low,"
            " close, volume FROM ohlcv_daily ORDER BY 1, 2"
        )
        return cursor.fetchall()


def in_file(parquet: Path) -> list[tuple]:
    table = pq.read_table(parquet).to_pandas()
    days = table["date"].dt.strftime("%Y-%m-%d")
    chosen = table[table["symbol"].isin(SYMBOLS) & (days >= "2016-11-10") & (days <= "2017-11-10")]
    chosen = chosen.assign(date=days, volume=chosen["volume"].astype(np.float64))
    return sorted(chosen.itertuples(index=False, name=None))


def test_what_is_stored_equals_what_the_api_has(server, phase: ImportPhase, parquet: Path):
    told = run(phase, YEAR)
    assert stored() == in_file(parquet)
    assert not told.failures
    assert server.asked["range"] == len(SYMBOLS)


def test_half_of_the_requests_failing_changes_nothing(server, phase: ImportPhase, parquet: Path):
    server.script.fail_share, server.script.page_rows = 0.5, 100
    told = run(phase, YEAR)
    assert stored() == in_file(parquet)
    assert not told.failures
    assert server.asked["range"] > 3 * len(SYMBOLS)


def test_a_second_run_asks_for_the_last_sessions_alone_and_stores_what_has_changed(
    server, phase: ImportPhase, parquet: Path
):
    run(phase, YEAR)
    server.asked.clear()
    server.market.revised[("KO", "2017-11-09")] = {"v": 1.0}
    told = run(phase, YEAR)
    assert server.asked["grouped"] == 5
    assert server.asked["range"] == 0
    assert told.rows == 1
    changed = set(stored()) - set(in_file(parquet))
    assert [(row[0], row[1], row[6]) for row in changed] == [("KO", "2017-11-09", 1.0)]


def test_a_wrong_key_fails_the_run_and_not_each_symbol(server, phase: ImportPhase):
    server.key = "another"
    with pytest.raises(PhaseFailed, match="MASSIVE_API_KEY"):
        run(phase, YEAR)


def test_a_file_that_has_not_changed_is_not_read_again(parquet: Path):
    provider = FolderProvider(parquet, True, date(2026, 11, 25))
    phase = ImportPhase(lambda name: provider)
    asked = RunRequest(symbols=SYMBOLS)
    first = run(phase, asked)
    assert first.rows == len(stored()) > 12_000
    again = run(phase, asked)
    assert (again.rows, again.done_names) == (0, [])
