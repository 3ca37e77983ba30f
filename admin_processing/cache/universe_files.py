"""Universes from a folder of CSV files, one each.

A file has the column `symbol`, and may have `rank`, `universe` (the key) and `universe_name`;
other columns are passed over. Without a key in it the file's name is one, `__` standing for the
colon: `energy__small.csv` holds the universe `energy:small`.
"""

from __future__ import annotations

import csv
from pathlib import Path

from admin_processing.imports.names import is_name
from admin_processing.imports.reasons import LONGEST_NAME
from admin_processing.providers.base import UnitFailed, UniverseRow


def files_of(folder: str) -> list[Path]:
    """The CSV files of a folder, in order; none without a folder. Raises UnitFailed."""
    if not folder:
        return []
    if not Path(folder).is_dir():
        raise UnitFailed(f"UNIVERSES_FOLDER={folder} is no folder; make it, or leave it unset")
    return sorted(Path(folder).glob("*.csv"))


def read(path: Path) -> UniverseRow:
    """The universe of one file. Raises UnitFailed, naming the line and what is wrong with it."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return parse(path.name, list(csv.DictReader(file)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnitFailed(f"{path} can not be read: {error}") from None


def parse(file_name: str, lines: list[dict[str, str]]) -> UniverseRow:
    """The universe of a file's lines. Raises UnitFailed."""
    if not lines:
        raise UnitFailed(f"{file_name} holds no symbols")
    lines = [{(k or "").strip().lower(): v for k, v in line.items()} for line in lines]
    symbols: list[tuple[int, str]] = []
    for place, line in enumerate(lines, 1):
        symbols.append((_rank(file_name, place, line), _symbol(file_name, place, line)))
    key = _same(file_name, lines, "universe") or file_name[:-4].replace("__", ":", 1)
    name = _same(file_name, lines, "universe_name") or key
    return UniverseRow(key, name, [symbol for _, symbol in sorted(symbols, key=lambda s: s[0])])


def _symbol(file_name: str, place: int, line: dict[str, str]) -> str:
    name = (line.get("symbol") or "").strip()
    if not is_name(name):
        raise UnitFailed(
            f"{file_name}, row {place}: symbol {name[:40]!r}; the column `symbol` must hold a name "
            f"of 1 to {LONGEST_NAME} letters"
        )
    return name


def _rank(file_name: str, place: int, line: dict[str, str]) -> int:
    given = (line.get("rank") or "").strip()
    try:
        return int(given) if given else place
    except ValueError:
        raise UnitFailed(
            f"{file_name}, row {place}: rank {given[:40]!r} is no whole number"
        ) from None


def _same(file_name: str, lines: list[dict[str, str]], column: str) -> str:
    found = {(line.get(column) or "").strip() for line in lines}
    if len(found) > 1:
        named = ", ".join(sorted(found)[:3])
        raise UnitFailed(f"{file_name}: one file is one universe, and `{column}` has {named}")
    return found.pop()
