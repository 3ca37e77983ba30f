"""CSV and Parquet files of bars: one file, or a folder of them, as IMPORT_FOLDER names it.

A file has a column of symbols, or is named after its one symbol. See `providers.tables` for what
its columns may be called. Daily bars are those of the folder; where it has folders `1d` and `1m`,
each has the bars of its length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from django.conf import settings

from admin_processing.providers import columns, file_units, files
from admin_processing.providers.base import (
    BarBatch,
    BarsAlone,
    Ints,
    SymbolRow,
    Unit,
    UnitFailed,
    Wanted,
)
from admin_processing.providers.files import BarFile
from market.calendar import DAY_MS, from_ms

SYMBOLS_AT_ONCE = 25
WHAT = "the file or folder of bars that source folder imports"


class FolderProvider(BarsAlone):
    """Implements `providers.base.Provider`. today: what is later is no day that files end with."""

    name = "folder"

    def __init__(self, path: Path, is_adjusted: bool, today: date) -> None:
        self._path, self.is_adjusted, self._today = path, is_adjusted, today

    def units(self, wanted: Wanted) -> list[Unit]:
        """Blocks of a file's symbols; a file that can not be read is a unit, which then fails."""
        held = files.found(self._of_length(wanted.timeframe))
        return [unit for file in held for unit in self._file_units(file, wanted)]

    def bars(self, unit: Unit) -> Iterator[BarBatch]:
        """A batch a piece of the file. Raises ProviderError."""
        file, symbols = files.at(unit["file"]), unit.get("symbols", ())
        if files.is_large(file):
            tables = files.in_passing(file)
        else:
            tables = (files.piece(file, number) for number in _pieces(file, unit))
        for table in tables:
            yield file_units.within(_batch(file, table, unit["timeframe"], symbols), unit)

    def symbols(self, names: Sequence[str] = ()) -> Iterator[SymbolRow]:
        """Those of all its files, of which nothing but the name is known. Raises ProviderError."""
        seen: set[str] = set()
        for file in files.found(self._path):
            for table in _tables(file):
                new = set(table.names.tolist()) - seen
                seen |= new
                yield from (SymbolRow(name) for name in sorted(new) if not names or name in names)

    def _of_length(self, timeframe: str) -> Path:
        own = self._path / timeframe
        return own if own.is_dir() else self._path

    def _file_units(self, file: BarFile, wanted: Wanted) -> list[Unit]:
        whole = file_units.unit(file, file.path.name, wanted.timeframe)
        try:
            if files.is_large(file):
                return [file_units.of_symbols(whole, wanted.symbols) if wanted.symbols else whole]
            return self._blocks(file, whole, wanted)
        except UnitFailed:
            return [whole]  # it fails again when it is worked on, and is listed then

    def _blocks(self, file: BarFile, whole: Unit, wanted: Wanted) -> list[Unit]:
        pieces: dict[str, list[int]] = {}
        ends: list[tuple[date, date]] = []
        for number in range(files.pieces(file)):
            table = files.piece(file, number)
            ends += self._ends(table.time_ms)
            for name in table.names.tolist():
                pieces.setdefault(name, []).append(number)
        names = sorted(set(pieces) & set(wanted.symbols) if wanted.symbols else pieces)
        if ends and not _all_within(ends, wanted):
            whole = file_units.of_days(whole, wanted.first, wanted.last)
        return [
            _block(whole, names[at : at + SYMBOLS_AT_ONCE], pieces)
            for at in range(0, len(names), SYMBOLS_AT_ONCE)
        ]

    def _ends(self, time_ms: Ints) -> list[tuple[date, date]]:
        """The first and the last day; those to come, and before 1900, are faults, not bars."""
        today_ms = int(np.datetime64(self._today, "ms").astype(np.int64))
        usable = time_ms[(time_ms > columns.EARLIEST_MS) & (time_ms < today_ms + DAY_MS)]
        if not len(usable):
            return []
        return [(from_ms(int(usable.min())).date(), from_ms(int(usable.max())).date())]


def make() -> FolderProvider:
    """From the settings. Raises ProviderRefused where IMPORT_FOLDER is no folder or file."""
    path = files.folder(settings.IMPORT_FOLDER, WHAT)
    return FolderProvider(path, settings.IMPORT_ADJUSTED, datetime.now(UTC).date())


def _all_within(ends: Sequence[tuple[date, date]], wanted: Wanted) -> bool:
    first, last = min(first for first, _ in ends), max(last for _, last in ends)
    return wanted.first <= first and last <= wanted.last


def _block(whole: Unit, names: Sequence[str], pieces: dict[str, list[int]]) -> Unit:
    numbers = sorted({number for name in names for number in pieces[name]})
    title = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    part = file_units.of_symbols(whole, names) if "path" in whole else {"symbols": list(names)}
    return whole | part | {"name": f"{whole['name']}: {title}", "pieces": numbers}


def _pieces(file: BarFile, unit: Unit) -> Sequence[int]:
    """The pieces with the unit's symbols; all of them, where the file is no longer the same."""
    same = (file.size, file.modified_ns) == (unit["size"], unit["modified_ns"])
    return unit["pieces"] if same and "pieces" in unit else range(files.pieces(file))


def _batch(
    file: BarFile, table: files.BarTable, timeframe: str, symbols: Sequence[str]
) -> BarBatch:
    try:
        return table.batch(timeframe, symbols)
    except UnitFailed as error:
        raise UnitFailed(f"{file.path}: {error}") from None


def _tables(file: BarFile) -> Iterator[files.BarTable]:
    if files.is_large(file):
        return files.in_passing(file)
    return (files.piece(file, number) for number in range(files.pieces(file)))
