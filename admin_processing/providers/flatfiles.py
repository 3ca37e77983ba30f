"""Massive's flat files of day and minute bars, in a folder laid out as Massive's own.

    us_stocks_sip/{minute_aggs_v1,day_aggs_v1}/YYYY/MM/YYYY-MM-DD.csv.gz

Columns: ticker, volume, open, close, high, low, window_start (ns), transactions. Bars are as
traded. See https://massive.com/docs/flat-files/stocks/minute-aggregates. A file may be replaced
later: it is then imported again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from django.conf import settings

from admin_processing.providers import file_units, files
from admin_processing.providers.base import (
    DAY,
    MINUTE,
    BarBatch,
    BarsAlone,
    ProviderRefused,
    SymbolRow,
    Unit,
    Wanted,
)
from admin_processing.providers.missing import sessions
from market.calendar import MarketCalendar, configured_calendar

ROOT = "us_stocks_sip"
KINDS = {DAY: "day_aggs_v1", MINUTE: "minute_aggs_v1"}
SUFFIXES = (".csv.gz", ".csv", ".csv.zst")
WHAT = f"the folder that holds {ROOT}/, for source flatfiles"


class FlatFiles(BarsAlone):
    """Implements `providers.base.Provider`."""

    name = "flatfiles"
    is_adjusted = False

    def __init__(self, root: Path, hours: MarketCalendar) -> None:
        self._root, self._hours = root, hours

    def units(self, wanted: Wanted) -> list[Unit]:
        """A unit a session that has a file; those without one are not there yet."""
        found = []
        for day in sessions((wanted.first, wanted.last), self._hours):
            if (path := self._path(day, wanted.timeframe)) is not None:
                unit = file_units.unit(files.at(path), day.isoformat(), wanted.timeframe)
                if wanted.symbols:
                    unit = file_units.of_symbols(unit, wanted.symbols)
                found.append(unit | {"day": day.isoformat()})
        return found

    def bars(self, unit: Unit) -> Iterator[BarBatch]:
        """The day's bars, a bounded number at once. Raises ProviderError."""
        file = files.at(unit["file"])
        for table in files.in_passing(file):
            yield table.batch(unit["timeframe"], unit.get("symbols", ()))

    def symbols(self, names: Sequence[str] = ()) -> Iterator[SymbolRow]:
        """Those of the newest file of daily bars. Raises ProviderError."""
        held = sorted((self._root / KINDS[DAY]).rglob("*.csv*"))
        for table in files.in_passing(files.at(held[-1])) if held else ():
            known = table.names.tolist()
            yield from (SymbolRow(name) for name in known if not names or name in names)

    def _path(self, day: date, timeframe: str) -> Path | None:
        folder = self._root / KINDS[timeframe] / f"{day:%Y}" / f"{day:%m}"
        paths = [folder / (day.isoformat() + suffix) for suffix in SUFFIXES]
        return next((path for path in paths if path.is_file()), None)


def make() -> FlatFiles:
    """From the settings. Raises ProviderRefused where IMPORT_FOLDER has no flat files."""
    folder = files.folder(settings.IMPORT_FOLDER, WHAT)
    root = folder if folder.name == ROOT else folder / ROOT
    if not root.is_dir():
        raise ProviderRefused(
            f"IMPORT_FOLDER={settings.IMPORT_FOLDER!r} has no {ROOT}/; it is {WHAT}."
        )
    return FlatFiles(root, configured_calendar())
