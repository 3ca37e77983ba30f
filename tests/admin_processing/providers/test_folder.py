"""Files of bars as a provider of history."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from admin_processing.providers import files, folder
from admin_processing.providers.base import BarBatch, ProviderError, Unit, UnitFailed, Wanted
from admin_processing.providers.folder import FolderProvider

TODAY = date(2024, 3, 15)
EVERYTHING = (date(1900, 1, 1), date(2024, 3, 14))
CSV = """Date,Open,High,Low,Close,Volume,Symbol
2024-03-08,1,4,0.5,2,100,AAPL
2024-03-11,2,5,1.5,3,200,AAPL
2024-03-11,7,9,6.5,8,300,BRK.B
"""
CSV_OF_AAPL = "2024-03-08,1,4,0.5,2,100\n2024-03-11,2,5,1.5,3,200\n"
ROWS = [
    ("AAPL", "2024-03-08", 1.0, 4.0, 0.5, 2.0, 100.0),
    ("AAPL", "2024-03-11", 2.0, 5.0, 1.5, 3.0, 200.0),
    ("BRK.B", "2024-03-11", 7.0, 9.0, 6.5, 8.0, 300.0),
]


def provider(path: Path) -> FolderProvider:
    return FolderProvider(path, True, TODAY)


def units(path: Path, symbols=(), days=EVERYTHING, timeframe="1d") -> list[Unit]:
    return provider(path).units(Wanted(timeframe, symbols, *days))


def rows(batch: BarBatch) -> list[tuple]:
    days = batch.time_ms.astype("datetime64[ms]").astype("datetime64[D]").astype(str)
    columns = (batch.symbol, days, batch.open, batch.high, batch.low, batch.close, batch.volume)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def read(path: Path, *asked) -> list[tuple]:
    held = provider(path)
    return sorted(r for unit in units(path, *asked) for b in held.bars(unit) for r in rows(b))


def written(path: Path, text: str = CSV) -> Path:
    data = text.encode()
    if path.suffix == ".gz":
        data = gzip.compress(data)
    elif path.suffix == ".zst":
        data = zstandard.compress(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["bars.csv", "bars.CSV", "bars.csv.gz", "bars.csv.zst", "b.txt"])
def test_a_file_of_many_symbols_is_read_whole(tmp_path: Path, name: str):
    assert read(written(tmp_path / name)) == ROWS


def test_a_folder_is_all_its_files_each_named_after_its_symbol(tmp_path: Path):
    head = "timestamp,open,high,low,close,volume\n"
    written(tmp_path / "brk.b.csv", head + "2024-03-11,7,9,6.5,8,300\n")
    written(tmp_path / "more" / "AAPL.csv.gz", head + CSV_OF_AAPL)
    written(tmp_path / "README.md", "not bars")
    assert read(tmp_path) == ROWS


def test_symbols_that_were_named_are_read_and_no_other(tmp_path: Path):
    path = written(tmp_path / "bars.csv")
    assert read(path, ["BRK.B", "ZZZ"]) == ROWS[2:]
    assert units(path, ["ZZZ"]) == []


def test_a_unit_is_some_symbols_of_a_file_as_it_is_now(tmp_path: Path):
    lines = [f"2024-03-08,1,4,0.5,2,100,S{number:02}\n" for number in range(60)]
    path = written(tmp_path / "bars.csv", CSV.splitlines(True)[0] + "".join(lines))
    found = units(path)
    assert [len(unit["symbols"]) for unit in found] == [25, 25, 10]
    assert {unit["path"] for unit in found} == {str(path)}
    assert len({unit["part"] for unit in found}) == len({unit["name"] for unit in found}) == 3
    state = path.stat()
    assert {(u["size"], u["modified_ns"]) for u in found} == {(state.st_size, state.st_mtime_ns)}


def test_parts_differ_where_the_symbols_do(tmp_path: Path):
    path = written(tmp_path / "bars.csv")
    parts = [units(path, symbols)[0]["part"] for symbols in ((), ["AAPL"], ["AAPL", "BRK.B"])]
    assert parts[0] == parts[2] != parts[1]


def test_some_days_of_a_file_are_not_the_file(tmp_path: Path):
    path = written(tmp_path / "bars.csv")
    monday = (date(2024, 3, 11), date(2024, 3, 14))
    assert read(path, (), monday) == ROWS[1:]
    assert read(path, (), (date(1900, 1, 1), date(2024, 3, 8))) == ROWS[:1]
    assert "path" not in units(path, (), monday)[0]


def test_a_row_of_the_future_is_brought_to_be_set_aside(tmp_path: Path):
    odd = ("AAPL", "2094-03-11", 2.0, 5.0, 1.5, 3.0, 200.0)
    path = written(tmp_path / "bars.csv", CSV + "2094-03-11,2,5,1.5,3,200,AAPL\n")
    assert read(path) == [*ROWS[:2], odd, ROWS[2]]
    assert units(path)[0]["path"] == str(path)


def test_a_file_that_changed_after_it_was_planned_is_read_as_it_is(tmp_path: Path):
    path = written(tmp_path / "bars.csv")
    (unit,) = units(path)
    written(path, CSV.replace("7,9,6.5,8,300", "7,9,6.5,8,301"))
    (batch,) = provider(path).bars(unit)
    assert rows(batch)[-1][-1] == 301


def test_a_large_file_is_read_in_passing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "LARGEST_CSV_BYTES", 10)
    path = written(tmp_path / "bars.csv.gz")
    (unit,) = units(path)
    assert "symbols" not in unit
    assert read(path) == ROWS
    assert read(path, ["BRK.B"]) == ROWS[2:]
    assert [row.symbol for row in provider(path).symbols()] == ["AAPL", "BRK.B"]


def test_a_parquet_file_is_read_by_its_row_groups(tmp_path: Path, shared_data: Path):
    table = pq.read_table(shared_data / "daily_bars_2012_2017.parquet").slice(0, 5000)
    path = tmp_path / "bars.parquet"
    pq.write_table(table, path, row_group_size=1000)
    found = units(path)
    assert found[0]["pieces"] == [0, 1, 2, 3, 4]
    assert len(read(path)) == 5000
    (one,) = units(path, ["A"])
    assert one["pieces"] == [0, 1]


def test_folders_for_each_length_are_kept_apart(tmp_path: Path):
    written(tmp_path / "1d" / "bars.csv")
    head = "timestamp,open,high,low,close,volume\n"
    minutes = "2024-03-11T13:30:00Z,7,9,6.5,8,3\n2024-03-11T13:31:00Z,7,9,6.5,8,3\n"
    written(tmp_path / "1m" / "AAPL.csv", head + minutes)
    assert read(tmp_path) == ROWS
    (unit,) = units(tmp_path, (), EVERYTHING, "1m")
    (batch,) = provider(tmp_path).bars(unit)
    assert batch.time_ms.tolist() == [1_710_163_800_000, 1_710_163_860_000]


BROKEN: dict[str, Callable[[Path], Path]] = {
    "empty": lambda path: written(path / "a.csv", ""),
    "blank": lambda path: written(path / "a.csv", "\n\n\n"),
    "no columns": lambda path: written(path / "a.csv", "hello\nworld\n"),
    "no volume": lambda path: written(path / "a.csv", "date,open,high,low,close\n"),
    "cut off": lambda path: _cut(written(path / "a.csv.gz", CSV * 500)),
    "cut off parquet": lambda path: _cut(_parquet(path / "a.parquet")),
    "no gzip": lambda path: _as(path / "a.csv.gz", b"\x1f\x8bnothing"),
    "no parquet": lambda path: _as(path / "a.parquet", b"PAR1 it is not"),
    "minutes": lambda path: written(
        path / "a.csv",
        "timestamp,open,high,low,close,volume\n"
        "2024-03-11T13:30:00Z,7,9,6.5,8,3\n2024-03-11T13:31:00Z,7,9,6.5,8,3\n",
    ),
}


def _as(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _cut(path: Path) -> Path:
    return _as(path, path.read_bytes()[:-40])


def _parquet(path: Path) -> Path:
    import pyarrow as pa

    pq.write_table(pa.table({"date": ["2024-03-08"]}), path)
    return path


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_can_not_be_read_fails_alone_and_by_name(tmp_path: Path, kind: str):
    bad = BROKEN[kind](tmp_path)
    good = written(tmp_path / "z.csv")
    held = provider(tmp_path)
    found = units(tmp_path)
    assert [unit["file"] for unit in found] == [str(bad), str(good)]
    with pytest.raises(UnitFailed, match=str(bad)):
        list(held.bars(found[0]))
    assert [row for batch in held.bars(found[1]) for row in rows(batch)] == ROWS


def test_a_file_that_is_gone_fails(tmp_path: Path):
    path = written(tmp_path / "bars.csv")
    (unit,) = units(path)
    path.unlink()
    with pytest.raises(UnitFailed, match="can not be read: No such file"):
        list(provider(path).bars(unit))


def test_rows_of_another_length_are_left_out_and_told(tmp_path: Path, caplog):
    path = written(tmp_path / "bars.csv", CSV + "2024-03-12,1,2\n")
    assert read(path) == ROWS
    assert "1 rows have another length" in caplog.text


def test_the_file_of_505_symbols_is_read_as_it_is(shared_data: Path):
    path = shared_data / "daily_bars_2012_2017.parquet"
    table = pq.read_table(path)
    held = provider(path)
    batches = [batch for unit in units(path) for batch in held.bars(unit)]
    assert len(batches) == 21  # of 25 symbols
    for name in ("open", "high", "low", "close", "volume"):
        found = np.concatenate([getattr(batch, name) for batch in batches])
        assert np.array_equal(np.sort(found), np.sort(table[name].to_numpy().astype(float)))
    (one,) = held.bars(units(path, ["AAPL"])[0])
    theirs = table.to_pandas().query("symbol == 'AAPL'")
    assert one.time_ms.tolist() == theirs["date"].astype("int64").tolist()
    assert one.close.tolist() == theirs["close"].tolist()


def test_the_symbols_are_those_of_the_files(tmp_path: Path):
    held = provider(written(tmp_path / "bars.csv"))
    assert [row.symbol for row in held.symbols()] == ["AAPL", "BRK.B"]
    assert [row.symbol for row in held.symbols(["BRK.B"])] == ["BRK.B"]


@pytest.mark.fuzz
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: (CSV + t).encode()))
def test_any_file_is_read_or_fails(tmp_path: Path, data: bytes):
    path = _as(tmp_path / "bars.csv", data)
    with contextlib.suppress(UnitFailed):
        read(path)


def test_the_settings_name_the_folder(tmp_path: Path, settings):
    settings.IMPORT_FOLDER, settings.IMPORT_ADJUSTED = str(written(tmp_path / "bars.csv")), True
    assert folder.make().is_adjusted
    settings.IMPORT_FOLDER = str(tmp_path / "nowhere")
    with pytest.raises(ProviderError, match=r"IMPORT_FOLDER=.*nowhere' is not there"):
        folder.make()
    settings.IMPORT_FOLDER = ""
    with pytest.raises(ProviderError, match="IMPORT_FOLDER is not set"):
        folder.make()
