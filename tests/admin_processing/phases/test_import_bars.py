"""An import stores what is good, lists what is not, and asks only for what is missing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.management import call_command
from django.db import connection

from admin_processing.imports import coverage
from admin_processing.phases.import_bars import ImportPhase
from admin_processing.providers.base import (
    BarBatch,
    DividendRow,
    ProviderRefused,
    SplitRow,
    Unit,
    UnitFailed,
    Wanted,
)
from admin_processing.runs.phase import PhaseFailed, RunCancelled, RunSkipped
from admin_processing.runs.request import RunRequest
from market.models import AdjustedHistory, DailyBar, Dividend, MinuteBar, Split, Symbol
from tests.admin_processing.made_provider import MadeProvider, NotingWork, bars, run

pytestmark = pytest.mark.django_db

GOOD = (10.0, 11.0, 9.0, 10.5, 1000.0)
BAD = (10.0, 9.0, 9.0, 10.5, 1000.0)
ASKED = RunRequest(symbols=("A", "B"), since=date(2026, 11, 2), through=date(2026, 11, 20))
MONDAY = "2026-11-16"


def imported(provider: MadeProvider, request: RunRequest = ASKED) -> NotingWork:
    return run(ImportPhase(lambda name: provider), request)


def made(*rows: Any, **given: Any) -> MadeProvider:
    return MadeProvider(bars(*rows), **given)


def rows(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def stored() -> list[tuple[Any, ...]]:
    return rows(
        "SELECT symbol, to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD'), close, revision,"
        " source FROM ohlcv_daily ORDER BY 1, 2"
    )


def listed(condition: str = "resolved_at IS NULL") -> list[tuple[Any, ...]]:
    return rows(f"SELECT symbol, reason FROM rejected_rows WHERE {condition} ORDER BY 1, 2")


class OfBatch(MadeProvider):
    """One unit, about no symbols in particular, which is all that it holds."""

    def units(self, wanted: Wanted) -> list[Unit]:
        return [{"name": "all"}]

    def bars(self, unit: Unit) -> Any:
        yield self.held


# --- bars ----------------------------------------------------------------------------------------


def test_good_rows_are_stored_and_bad_ones_are_listed_as_they_came():
    told = imported(made(("A", MONDAY, *GOOD, 10.2, 7), ("B", MONDAY, *BAD)))
    assert stored() == [("A", MONDAY, 10.5, 0, "massive")]
    bar = DailyBar.objects.get(symbol="A")
    assert (bar.vwap, bar.trade_count, bar.is_partial) == (10.2, 7, False)
    ((reason, detail, row),) = rows("SELECT reason, detail, row::text FROM rejected_rows")
    assert reason == "range"
    assert detail.endswith("open 10, high 9, low 9, close 10.5")
    given = {"symbol": "B", "open": 10.0, "high": 9.0, "close": 10.5, "volume": 1000.0}
    assert json.loads(row).items() >= given.items()
    assert "1 range" in told.lines[0]


def test_a_bar_that_came_otherwise_is_revised_and_an_equal_one_is_left_alone():
    imported(made(("A", MONDAY, *GOOD), ("B", MONDAY, *GOOD)))
    told = imported(made(("A", MONDAY, 10, 11, 9, 10.6, 1000), ("B", MONDAY, *GOOD)))
    assert stored() == [("A", MONDAY, 10.6, 1, "massive"), ("B", MONDAY, 10.5, 0, "massive")]
    assert told.rows == 1


def test_what_a_source_does_not_tell_is_kept_and_a_partial_bar_is_made_whole():
    imported(made(("A", MONDAY, *GOOD, 10.2, 7)))
    assert imported(made(("A", MONDAY, *GOOD))).rows == 0
    DailyBar.objects.update(is_partial=True)
    assert imported(made(("A", MONDAY, *GOOD))).rows == 1
    bar = DailyBar.objects.get(symbol="A")
    assert (bar.vwap, bar.trade_count, bar.is_partial, bar.revision) == (10.2, 7, False, 1)


def test_minutes_go_to_the_minute_table():
    moment = 1_795_446_600_000 - 1_795_446_600_000 % 86_400_000 + (14 * 60 + 30) * 60_000
    request = RunRequest(
        symbols=("A",), timeframe="1m", since=ASKED.since, through=date(2026, 11, 30)
    )
    provider = made(("A", moment - 14 * 86_400_000 + 86_400_000, *GOOD))
    imported(provider, request)
    assert MinuteBar.objects.count() == 1
    assert DailyBar.objects.count() == 0


def test_a_row_that_comes_in_good_later_is_stored_and_its_entry_resolved():
    imported(made(("A", MONDAY, *BAD)))
    imported(made(("A", MONDAY, *GOOD)))
    assert listed() == []
    assert listed("resolved_at IS NOT NULL") == [("A", "range")]
    assert len(stored()) == 1


def test_a_row_is_listed_once_however_often_it_comes_and_under_its_newest_reason():
    for _ in range(2):
        imported(made(("A", MONDAY, *BAD)))
    assert listed("true") == [("A", "range")]
    imported(made(("A", MONDAY, -1, 11, -2, 10.5, 5)))
    assert listed("true") == [("A", "price")]


def test_a_row_with_values_that_no_table_takes_is_listed_all_the_same():
    odd = ("A", MONDAY, float("nan"), 11, 9, 10, float("inf"))
    never = [("C", moment, *GOOD) for moment in (2**62, 2**62 + 1, -(2**62), -1)]
    many = ("D", MONDAY, *GOOD, 10.0, 2**40)
    provider = OfBatch(bars(odd, ("B\x00C", MONDAY, *GOOD), *never, many), name="folder")
    imported(provider, RunRequest())
    assert listed() == [
        ("A", "price"),
        ("B\N{REPLACEMENT CHARACTER}C", "name"),
        ("C", "future"),
        ("C", "session"),
        ("C", "session"),
        ("D", "volume"),
    ]


def test_a_bar_once_stored_is_not_listed_for_what_came_to_light_since():
    imported(made(("A", MONDAY, *GOOD)))
    far = (100.0, 110.0, 90.0, 105.0, 1000.0)
    everything = RunRequest(symbols=("A",), since=ASKED.since, everything=True)
    imported(made(("A", "2026-11-13", *far), ("A", MONDAY, *GOOD)), everything)
    assert listed() == []
    assert [row[1] for row in stored()] == ["2026-11-13", MONDAY]


# --- what is asked for ---------------------------------------------------------------------------


def test_only_days_that_are_missing_are_asked_for_and_the_last_five_sessions_again():
    provider = made(("A", MONDAY, *GOOD), ("B", MONDAY, *GOOD))
    imported(provider)
    imported(provider)
    sixth_last = date(2026, 11, 15)  # a Sunday: sessions from Monday to Friday are asked for again
    assert provider.wanted[-1].known == dict.fromkeys("AB", (ASKED.since, sixth_last))
    everything = RunRequest(symbols=("A",), since=ASKED.since, everything=True)
    imported(provider, everything)
    assert provider.wanted[-1].known == {}


def test_a_symbol_without_bars_was_asked_for_too():
    imported(made(("A", MONDAY, *GOOD)))
    assert rows("SELECT symbol, since, through FROM import_coverage ORDER BY 1") == [
        ("A", ASKED.since, ASKED.through),
        ("B", ASKED.since, ASKED.through),
    ]


def test_stretches_that_touch_are_one_and_of_others_the_longer_stays():
    def extended(first: date, last: date) -> tuple[date, date]:
        with connection.cursor() as cursor:
            coverage.extend(cursor, "massive", "1d", {"A": (first, last)})
        ((since, through),) = rows("SELECT since, through FROM import_coverage")
        return since, through

    day = lambda month, day: date(2026, month, day)  # noqa: E731
    assert extended(day(3, 1), day(3, 31)) == (day(3, 1), day(3, 31))
    assert extended(day(4, 1), day(4, 5)) == (day(3, 1), day(4, 5))
    assert extended(day(6, 1), day(6, 2)) == (day(3, 1), day(4, 5))
    assert extended(day(5, 1), day(8, 31)) == (day(5, 1), day(8, 31))


class OfFile(MadeProvider):
    """One unit: a file whose bars it holds."""

    path: Path

    def units(self, wanted: Wanted) -> list[Unit]:
        return [{"name": self.path.name, "path": str(self.path)}]

    def bars(self, unit: Unit) -> Any:
        self.read.append(unit["name"])
        yield self.held


def of_file(path: Path, held: BarBatch) -> OfFile:
    made = OfFile(held, name="folder")
    made.path = path
    return made


def test_a_file_that_has_not_changed_is_not_read_again(tmp_path):
    path = tmp_path / "bars.csv"
    path.write_text("one")
    provider = of_file(path, bars(("A", MONDAY, *GOOD)))
    request = RunRequest()
    for _ in range(2):
        imported(provider, request)
    assert provider.read == ["bars.csv"]
    path.write_text("another")
    imported(provider, request)
    imported(provider, RunRequest(everything=True))
    assert provider.read == ["bars.csv"] * 3
    path.unlink()
    assert "can not be read" in imported(provider, request).failures["bars.csv"]


def test_without_names_a_source_that_needs_them_is_asked_for_all_active_symbols():
    Symbol.objects.bulk_create([Symbol(symbol="A"), Symbol(symbol="Z", active=False)])
    provider = made(("A", MONDAY, *GOOD))
    imported(provider, RunRequest(through=ASKED.through))
    assert provider.wanted[0].symbols == ["A"]
    assert provider.wanted[0].first == date(2021, 11, 20)


def test_without_any_symbol_the_phase_says_what_to_do():
    with pytest.raises(PhaseFailed, match=r"manage\.py load_universes"):
        imported(made(), RunRequest())


def test_a_folder_is_taken_whole():
    provider = made(("A", "2012-11-12", *GOOD), name="folder")
    imported(provider, RunRequest())
    assert [row[:2] for row in stored()] == [("A", "2012-11-12")]


# --- splits, dividends, adjustment ---------------------------------------------------------------


def test_splits_come_before_the_bars_whose_jump_they_explain():
    split = SplitRow("A", date(2026, 11, 17), 1, 10)
    paid = DividendRow("A", date(2026, 11, 18), 0.25, "CD")
    low = tuple(value / 10 for value in GOOD[:4])
    rows = (("A", MONDAY, *GOOD), ("A", "2026-11-17", *low, 10_000.0))
    imported(made(*rows, split_rows=[split], dividend_rows=[paid]))
    assert listed() == []
    assert Split.objects.get().split_to == 10
    assert Dividend.objects.get().cash_amount == 0.25


def test_adjusted_bars_declare_their_days_and_bars_as_traded_of_those_days_are_set_aside():
    days = [("A", "2026-11-13", *GOOD), ("A", MONDAY, *GOOD)]
    imported(made(*days, name="folder", is_adjusted=True))
    declared = AdjustedHistory.objects.get()
    assert (declared.first_day, declared.last_day) == (date(2026, 11, 13), date(2026, 11, 16))
    assert declared.source == "folder"
    imported(made(("A", MONDAY, 10, 11, 9, 10.6, 5), ("A", "2026-11-17", *GOOD)))
    assert listed() == [("A", "mixed_adjustment")]
    assert [row[1:] for row in stored()] == [
        ("2026-11-13", 10.5, 0, "folder"),
        (MONDAY, 10.5, 0, "folder"),
        ("2026-11-17", 10.5, 0, "massive"),
    ]


def test_adjusted_bars_do_not_reach_over_bars_as_traded():
    imported(made(("A", MONDAY, *GOOD)))
    around = [("A", "2026-11-13", *GOOD), ("A", "2026-11-17", *GOOD), ("B", MONDAY, *GOOD)]
    imported(made(*around, name="folder", is_adjusted=True))
    assert listed() == [("A", "mixed_adjustment")] * 2
    assert [row[:2] for row in stored()] == [("A", MONDAY), ("B", MONDAY)]


def stale_since() -> dict[str, str | None]:
    found = rows(
        "SELECT symbol, to_char(stale_since AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM daily_analyses"
    )
    return dict(found)


def test_what_was_analysed_of_bars_that_change_is_to_be_done_again():
    thursday, friday = "2026-11-12", "2026-11-13"
    before = [(s, d, *GOOD) for s in "AB" for d in (thursday, friday, MONDAY)]
    imported(made(*before))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO daily_analyses (symbol, part, through)"
            " SELECT unnest(ARRAY['A', 'B']), 'patterns', %s::timestamptz",
            [MONDAY + "T00:00:00Z"],
        )
    everything = RunRequest(symbols=("A", "B"), since=ASKED.since, everything=True)
    imported(made(*before), everything)
    assert stale_since() == {"A": None, "B": None}
    changed = [("A", friday, 10, 11, 9, 10.6, 1000), ("A", MONDAY, 10, 11, 9, 10.6, 1000)]
    split = SplitRow("B", date(2026, 11, 12), 1, 2)
    imported(made(*changed, ("B", friday, *GOOD), split_rows=[split]), everything)
    assert stale_since() == {"A": friday, "B": thursday}


# --- what is refused, what fails -----------------------------------------------------------------


def test_synthetic_bars_do_not_mix_with_real_ones():
    imported(made(("A", MONDAY, *GOOD), name="synthetic"))
    with pytest.raises(PhaseFailed, match=r"'synthetic'.*manage.py purge --source synthetic"):
        imported(made(("B", MONDAY, *GOOD), name="folder"))


def test_real_sources_stand_beside_each_other():
    imported(made(("A", MONDAY, *GOOD), name="folder"))
    imported(made(("B", MONDAY, *GOOD), name="massive"))
    assert [row[4] for row in stored()] == ["folder", "massive"]


def test_a_source_whose_bars_come_adjusted_now_and_did_not_before_is_refused():
    imported(made(("A", MONDAY, *GOOD), name="folder"))
    with pytest.raises(PhaseFailed, match=r"as traded.*adjusted.*purge --source folder"):
        imported(made(("A", MONDAY, *GOOD), name="folder", is_adjusted=True))


def test_purge_forgets_what_was_imported_so_that_it_can_be_imported_again(
    redis_client: redis.Redis,
):
    provider = made(("A", MONDAY, *GOOD), ("B", MONDAY, *BAD), name="folder", is_adjusted=True)
    imported(provider)
    call_command("purge", "--source", "folder")
    for table in ("ohlcv_daily", "import_coverage", "rejected_rows", "adjusted_history"):
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)]
    assert imported(provider).rows == 1


def test_a_unit_that_fails_is_listed_and_the_others_go_on():
    provider = made(("A", MONDAY, *GOOD), ("B", MONDAY, *GOOD))
    provider.errors["A"] = UnitFailed("busy")
    told = imported(provider)
    assert told.failures == {"A": "busy"}
    assert [row[0] for row in stored()] == ["B"]
    assert rows("SELECT symbol FROM import_coverage") == [("B",)]


def test_a_provider_that_refuses_ends_the_phase():
    provider = made(("A", MONDAY, *GOOD))
    provider.errors["A"] = ProviderRefused("the key is wrong")
    with pytest.raises(PhaseFailed, match="the key is wrong"):
        imported(provider)


def test_an_interrupted_unit_leaves_nothing_and_what_was_done_before_it_stays():
    provider = made(("A", MONDAY, *GOOD), ("B", "2026-11-13", *GOOD), ("B", MONDAY, *GOOD))
    provider.batch_rows = 1
    phase = ImportPhase(lambda name: provider)
    units = [unit for plan in phase.plan(ASKED) for unit in plan.units]
    work = NotingWork(ASKED, interrupt=RunCancelled("cancelled"), interrupt_after=8)
    with pytest.raises(RunCancelled):
        phase.work(units, work)
    assert work.done_names == ["splits and dividends", "A"]
    assert [row[0] for row in stored()] == ["A"]
    work.interrupt = None
    phase.work(units, work)
    assert [row[:2] for row in stored()] == [("A", MONDAY), ("B", "2026-11-13"), ("B", MONDAY)]


def test_a_retry_does_what_failed_and_resolves_it():
    provider = made(("A", MONDAY, *GOOD), ("B", MONDAY, *GOOD))
    provider.errors["A"] = UnitFailed("busy")
    failed_run = imported(provider).run_id
    provider.errors.clear()
    told = imported(provider, RunRequest(retry_of=failed_run))
    assert told.done_names == ["A"]
    assert [row[0] for row in stored()] == ["A", "B"]
    assert rows("SELECT count(*) FROM processing_failures WHERE resolved_at IS NULL") == [(0,)]
    assert imported(provider, RunRequest(retry_of=failed_run)).done_names == []


class ByDay(MadeProvider):
    """One unit a day, done by whoever comes first."""

    def units(self, wanted: Wanted) -> list[Unit]:
        self.wanted.append(wanted)
        days = ["2026-11-17", MONDAY, "2026-11-19", "2026-11-18"]
        return [{"name": day, "symbols": ["A", "B"], "first": day, "last": day} for day in days]


def test_units_by_the_day_done_in_any_order_cover_all_that_was_asked_for():
    provider = ByDay(bars(("A", MONDAY, *GOOD)))
    imported(provider)
    assert rows("SELECT symbol, since, through FROM import_coverage ORDER BY 1") == [
        ("A", ASKED.since, ASKED.through),
        ("B", ASKED.since, ASKED.through),
    ]


def test_what_was_asked_for_is_noted_after_what_is_tried_again():
    provider = ByDay(bars(("A", MONDAY, *GOOD)))
    provider.errors[MONDAY] = UnitFailed("busy")
    phase = ImportPhase(lambda name: provider)
    *_, (closing,) = [plan.units for plan in phase.plan(ASKED)]
    told = imported(provider)
    assert told.failures == {MONDAY: "busy"}
    assert all(row[0] > ASKED.since for row in rows("SELECT since FROM import_coverage"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE processing_failures SET next_attempt_at = now()")
    told.position = 0
    phase.work([closing], told)
    assert told.failures[closing["name"]] == "1 units are tried again first"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE processing_failures SET resolved_at = now()")
    told.position = 0
    phase.work([closing], told)
    assert set(rows("SELECT since, through FROM import_coverage")) == {(ASKED.since, ASKED.through)}


def test_splits_and_dividends_are_looked_for_around_the_days_that_are_missing():
    provider = ByDay(bars(("A", MONDAY, *GOOD)))
    plans = ImportPhase(lambda name: provider).plan(ASKED)
    (events,) = plans[0].units
    assert (events["first"], events["last"]) == ("2026-11-06", "2026-11-20")
    assert events["symbols"] == ["A", "B"]


def test_units_are_dealt_out_so_that_many_workers_have_something_to_do():
    names = tuple(f"S{n}" for n in range(500))
    provider = made(("A", MONDAY, *GOOD))
    plans = ImportPhase(lambda name: provider).plan(RunRequest(symbols=names))
    sizes = [len(plan.units) for plan in plans if plan.stage == 1]
    assert sum(sizes) == 500
    assert 8 <= len(sizes) <= 64
    assert max(sizes) - min(sizes) <= 1


def test_on_a_day_that_the_source_knows_to_be_closed_a_daily_run_says_so_and_stops():
    mourning = made(("A", MONDAY, *GOOD), closed="National Day of Mourning")
    Symbol.objects.create(symbol="A")
    with pytest.raises(RunSkipped, match=r"National Day of Mourning.*skip_market_check runs all"):
        ImportPhase(lambda name: mourning).plan(RunRequest())
    assert imported(mourning, ASKED).done_names, "who names days means those"
    assert imported(mourning, RunRequest(symbols=("A",), skip_market_check=True)).done_names
