"""Symbols and universes follow what providers and files say, with the history of who was in."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from admin_processing.phases.sync_cache import CachePhase
from admin_processing.providers.base import SymbolRow, UniverseRow
from admin_processing.runs.phase import PhaseFailed
from admin_processing.runs.request import RunRequest
from market import membership
from market.models import Membership, Symbol, UniverseMember
from market.universes import UnknownUniverse, symbols_of
from tests.admin_processing.made_provider import MadeProvider, NotingWork, bars, run

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 2)


def synced(provider: MadeProvider) -> NotingWork:
    return run(CachePhase(lambda name: provider), RunRequest())


def provider(*rows: SymbolRow, **given: Any) -> MadeProvider:
    return MadeProvider(bars(), symbol_rows=rows, **given)


def members(key: str) -> list[str]:
    found = UniverseMember.objects.filter(universe_id=key).order_by("rank")
    return list(found.values_list("symbol_id", flat=True))


def stretches(key: str) -> set[tuple[str, date, date | None]]:
    return set(Membership.objects.filter(universe=key).values_list("symbol", "since", "until"))


def sync(day: date, *symbols: str) -> int:
    with connection.cursor() as cursor:
        return membership.sync(cursor, "my:own", "Mine", symbols, day, "csv")


def test_symbols_are_stored_as_their_provider_describes_them():
    row = SymbolRow(
        "BRK.B", "Berkshire Hathaway", "stock", "XNYS", "", "", "USD", True, date(1996, 5, 9)
    )
    synced(provider(row))
    stored = Symbol.objects.get(symbol="BRK.B")
    assert (stored.name, stored.exchange, stored.currency) == ("Berkshire Hathaway", "XNYS", "USD")
    assert stored.listed_on == date(1996, 5, 9)


def test_a_second_sync_writes_nothing():
    rows = [SymbolRow("AAPL", "Apple"), SymbolRow("OLD", "Gone", active=False)]
    made = provider(*rows, universe_rows=[UniverseRow("my:own", "Mine", ["AAPL"])])
    assert synced(made).rows > 500
    assert synced(made).rows == 0


def test_a_symbol_that_is_no_longer_listed_is_inactive_and_stays():
    synced(provider(SymbolRow("AAPL", "Apple"), SymbolRow("TWTR", "Twitter")))
    synced(provider(SymbolRow("AAPL", "Apple")))
    assert not Symbol.objects.get(symbol="TWTR").active
    assert Symbol.objects.get(symbol="AAPL").active
    synced(provider(SymbolRow("AAPL", "Apple"), SymbolRow("TWTR", "Twitter")))
    assert Symbol.objects.get(symbol="TWTR").active


def test_a_list_that_was_cut_short_makes_nobody_inactive():
    rows = [SymbolRow(f"S{n}") for n in range(100)]
    synced(provider(*rows))
    told = synced(provider(*rows[:50]))
    assert "lacks 50 of 100" in told.failures["symbols of massive"]
    assert Symbol.objects.filter(symbol__startswith="S", name="", active=True).count() >= 100


def test_what_a_provider_leaves_empty_stays_as_it_was():
    synced(provider(SymbolRow("AAPL", "", sector="")))
    stored = Symbol.objects.get(symbol="AAPL")
    assert (stored.name, stored.sector) == ("Apple Inc.", "Information Technology")
    synced(provider(SymbolRow("AAPL", "Apple Common Stock")))
    assert synced(provider(SymbolRow("AAPL", "Apple Common Stock"))).rows == 0
    assert Symbol.objects.get(symbol="AAPL").name == "Apple Common Stock"


def test_a_source_of_bars_alone_fills_what_is_empty_and_makes_nobody_inactive():
    synced(provider(SymbolRow("AAPL", "Apple"), SymbolRow("OLD", "Gone", active=False)))
    rows = [SymbolRow("OLD", "Other", exchange="XNAS"), SymbolRow("NEW"), SymbolRow("A\x00B")]
    assert synced(provider(*rows, name="folder")).rows == 2
    old = Symbol.objects.get(symbol="OLD")
    assert (old.name, old.exchange, old.active) == ("Gone", "XNAS", False)
    assert Symbol.objects.get(symbol="AAPL").active
    assert Symbol.objects.get(symbol="NEW").active
    synced(provider(SymbolRow("AAPL", "Apple"), SymbolRow("OLD", "Gone", active=False)))
    assert Symbol.objects.get(symbol="NEW").active


def test_symbols_that_have_bars_and_no_description_are_added():
    with connection.cursor() as cursor:
        for symbol in ("ODD", "NONE"):
            cursor.execute(
                "INSERT INTO import_coverage (source, timeframe, symbol, since, through)"
                " VALUES ('folder', '1d', %s, '2017-01-01', '2017-01-02')",
                [symbol],
            )
        cursor.execute(
            "INSERT INTO ohlcv_daily (symbol, timestamp, open, high, low, close, volume)"
            " VALUES ('ODD', '2017-01-03', 1, 1, 1, 1, 1)"
        )
    synced(provider(name="folder"))
    assert Symbol.objects.filter(symbol="ODD").exists()
    assert not Symbol.objects.filter(symbol="NONE").exists()


def test_files_come_before_the_provider_and_the_provider_before_the_project(tmp_path, settings):
    settings.UNIVERSES_FOLDER = str(tmp_path)
    (tmp_path / "sp500__all.csv").write_text("symbol\nAAPL\n")
    (tmp_path / "broken.csv").write_text("name\nApple\n")
    rows = [UniverseRow("sp500:all", "Theirs", ["MSFT"]), UniverseRow("their:own", "T", ["MSFT"])]
    rows.append(UniverseRow("market_leaders:top_10", "Theirs", ["IBM", "GE"]))
    told = synced(provider(universe_rows=rows))
    assert members("sp500:all") == ["AAPL"]
    assert members("their:own") == ["MSFT"]
    assert symbols_of("market_leaders:top_10") == ["IBM", "GE"]
    assert len(symbols_of("market_leaders:top_50")) == 50
    assert list(told.failures) == ["broken.csv"]


def test_a_retry_does_what_failed_alone(tmp_path, settings):
    settings.UNIVERSES_FOLDER = str(tmp_path)
    path = tmp_path / "my__own.csv"
    path.write_text("name\nApple\n")
    failed_run = synced(provider()).run_id
    path.write_text("symbol\nAAPL\n")
    made = provider()
    told = run(CachePhase(lambda name: made), RunRequest(retry_of=failed_run))
    assert told.done_names == ["my__own.csv"]
    assert members("my:own") == ["AAPL"]
    again = run(CachePhase(lambda name: made), RunRequest(retry_of=failed_run))
    assert again.done_names == []


def test_who_joins_and_who_leaves_is_remembered_by_day():
    tuesday, friday = MONDAY + timedelta(1), MONDAY + timedelta(4)
    sync(MONDAY, "A", "B")
    sync(tuesday, "B", "C")
    sync(friday, "A", "B", "C")
    assert stretches("my:own") == {
        ("A", MONDAY, tuesday),
        ("A", friday, None),
        ("B", MONDAY, None),
        ("C", tuesday, None),
    }
    assert membership.members_on("my:own", MONDAY) == ["A", "B"]
    assert membership.members_on("my:own", tuesday) == ["B", "C"]
    assert membership.members_on("my:own", friday) == ["A", "B", "C"]
    assert membership.members_on("my:own", MONDAY - timedelta(1)) == []
    assert members("my:own") == ["A", "B", "C"]


def test_who_comes_and_goes_on_one_day_was_never_in():
    sync(MONDAY, "A", "B")
    sync(MONDAY, "A")
    assert stretches("my:own") == {("A", MONDAY, None)}
    assert sync(MONDAY, "A") == 0


def test_the_members_of_an_unknown_universe_are_asked_for_in_vain():
    with pytest.raises(UnknownUniverse, match="my:other"):
        membership.members_on("my:other", MONDAY)


def test_a_folder_of_universes_that_is_missing_fails_the_phase_by_name(settings, tmp_path: Path):
    settings.UNIVERSES_FOLDER = str(tmp_path / "missing")
    with pytest.raises(PhaseFailed, match="UNIVERSES_FOLDER"):
        synced(provider())
