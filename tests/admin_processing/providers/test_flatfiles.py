"""Massive's flat files, laid out as they are there."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest

from admin_processing.providers import flatfiles
from admin_processing.providers.base import ProviderRefused, UnitFailed, Wanted
from admin_processing.providers.flatfiles import FlatFiles
from market.calendar import calendar

HEAD = "ticker,volume,open,close,high,low,window_start,transactions\n"
# 00:00 in New York: 05:00 UTC on Friday 2024-03-08, 04:00 UTC on Monday the 11th.
DAYS = {"2024-03-08": 1_709_874_000_000_000_000, "2024-03-11": 1_710_129_600_000_000_000}
FRIDAY, MONDAY = 1_709_856_000_000, 1_710_115_200_000
OPEN_NS = 1_710_163_800_000_000_000  # 09:30 on Monday, 13:30 UTC


def put(root: Path, kind: str, day: str, rows: str) -> Path:
    path = root / "us_stocks_sip" / kind / day[:4] / day[5:7] / f"{day}.csv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress((HEAD + rows).encode()))
    return path


@pytest.fixture
def held(tmp_path: Path) -> FlatFiles:
    for day, start in DAYS.items():
        rows = f"AAPL,4930,200.29,200.5,200.63,200.2,{start},129\nBRK.B,7,1,2,3,0.5,{start},4\n"
        put(tmp_path, "day_aggs_v1", day, rows)
    minutes = [f"AAPL,{n + 1},1,2,3,0.5,{OPEN_NS + n * 60_000_000_000},2\n" for n in range(3)]
    put(tmp_path, "minute_aggs_v1", "2024-03-11", "".join(minutes))
    return FlatFiles(tmp_path / "us_stocks_sip", calendar("XNYS"))


def wanted(timeframe: str = "1d", symbols=()) -> Wanted:
    return Wanted(timeframe, symbols, date(2024, 3, 1), date(2024, 3, 15))


def test_a_unit_is_a_session_that_has_a_file(held: FlatFiles, tmp_path: Path):
    units = held.units(wanted())
    assert [unit["name"] for unit in units] == ["2024-03-08", "2024-03-11"]
    day = tmp_path / "us_stocks_sip/day_aggs_v1/2024/03/2024-03-08.csv.gz"
    assert (units[0]["path"], units[0]["part"]) == (str(day), "")


def test_daily_bars_are_those_of_their_date_on_both_sides_of_a_change_of_clocks(held: FlatFiles):
    batches = [batch for unit in held.units(wanted()) for batch in held.bars(unit)]
    assert [batch.time_ms.tolist() for batch in batches] == [[FRIDAY] * 2, [MONDAY] * 2]
    first = batches[0]
    assert first.symbol.tolist() == ["AAPL", "BRK.B"]
    values = (first.open, first.high, first.low, first.close, first.volume, first.trade_count)
    assert [column[0] for column in values] == [200.29, 200.63, 200.2, 200.5, 4930, 129]


def test_minutes_have_their_own_folder_and_times_in_nanoseconds(held: FlatFiles):
    (unit,) = held.units(wanted("1m"))
    (batch,) = held.bars(unit)
    assert batch.time_ms.tolist() == [1_710_163_800_000 + n * 60_000 for n in range(3)]
    assert batch.volume.tolist() == [1, 2, 3]


def test_symbols_that_were_named_are_a_part_of_the_file(held: FlatFiles):
    unit = held.units(wanted(symbols=["BRK.B"]))[0]
    (batch,) = held.bars(unit)
    assert batch.symbol.tolist() == ["BRK.B"]
    assert unit["part"] != ""


def test_a_bar_that_is_there_twice_does_not_make_a_file_of_days_one_of_minutes(held, tmp_path):
    row = f"AAPL,1,1,2,3,0.5,{DAYS['2024-03-11']},2\n"
    put(tmp_path, "day_aggs_v1", "2024-03-11", row * 2)
    (batch,) = held.bars(held.units(wanted())[-1])
    assert batch.time_ms.tolist() == [MONDAY, MONDAY]


def test_the_symbols_are_those_of_the_newest_day(held: FlatFiles):
    assert [row.symbol for row in held.symbols()] == ["AAPL", "BRK.B"]


def test_a_file_that_is_cut_off_fails_by_name(held: FlatFiles, tmp_path: Path):
    path = put(tmp_path, "day_aggs_v1", "2024-03-12", "AAPL,1,1,1,1,1,5,1\n" * 9999)
    path.write_bytes(path.read_bytes()[:-30])
    unit = held.units(wanted())[-1]
    with pytest.raises(UnitFailed, match=str(path)):
        list(held.bars(unit))


def test_the_settings_name_the_folder(held: FlatFiles, tmp_path: Path, settings):
    for folder in (tmp_path, tmp_path / "us_stocks_sip"):
        settings.IMPORT_FOLDER = str(folder)
        assert len(flatfiles.make().units(wanted())) == 2
    settings.IMPORT_FOLDER = str(tmp_path / "us_stocks_sip" / "day_aggs_v1")
    with pytest.raises(ProviderRefused, match="has no us_stocks_sip/"):
        flatfiles.make()
