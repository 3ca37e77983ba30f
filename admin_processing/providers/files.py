"""Files of bars: found in a folder, and read as tables; `.gz` and `.zst` are read as they are.

What a file holds is read in pieces: a Parquet file's row groups, or a CSV file whole. The last
pieces stay in memory, since several units are about one.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from admin_processing.providers.base import ProviderRefused, UnitFailed
from admin_processing.providers.tables import BarTable, bar_table, layout
from streaming.feeds.base import FeedConfigError
from streaming.feeds.replay.files import UNREADABLE, head, seekable
from streaming.feeds.replay.tables import csv_tables
from streaming.feeds.replay.tape import Rejects

logger = logging.getLogger(__name__)
T = TypeVar("T")

TABLES = (".csv", ".txt", ".parquet", ".pq")
COMPRESSED = (".gz", ".zst")
PARQUET = b"PAR1"
PIECES_KEPT = 2
LARGEST_CSV_BYTES = 256_000_000
"""A larger CSV file is read once, from its beginning to its end, and never kept."""
TIMES_COMPRESSED = 5


@dataclass(frozen=True, slots=True)
class BarFile:
    """A file as it was when it was found."""

    path: Path
    size: int
    modified_ns: int

    @property
    def stem(self) -> str:
        """Its name without what tells its format: `BRK.B` of `brk.b.csv.gz`."""
        name = self.path.name
        for known in (COMPRESSED, TABLES):
            suffix = Path(name).suffix
            name = name[: -len(suffix)] if suffix.lower() in known else name
        return name.upper()

    @property
    def is_compressed(self) -> bool:
        """Whether its name says so."""
        return self.path.suffix.lower() in COMPRESSED


def at(path: Path | str) -> BarFile:
    """The file as it is now. Raises UnitFailed where it can not be read."""
    try:
        found = Path(path).stat()
    except OSError as error:
        raise UnitFailed(f"{path} can not be read: {error.strerror}") from None
    return BarFile(Path(path), found.st_size, found.st_mtime_ns)


def folder(setting: str, what: str) -> Path:
    """The path that IMPORT_FOLDER names. Raises ProviderRefused where there is none."""
    if not setting:
        raise ProviderRefused(f"IMPORT_FOLDER is not set, which is {what}. Set it to a path.")
    path = Path(setting).expanduser().resolve()
    if not path.exists():
        raise ProviderRefused(f"IMPORT_FOLDER={setting!r} is not there; it is {what}.")
    return path


def found(path: Path) -> list[BarFile]:
    """The file, or all files of bars in a folder and those below, by name."""
    if path.is_file():
        return [at(path)]
    return [at(file) for file in sorted(path.rglob("*")) if _is_table(file)]


def is_large(file: BarFile) -> bool:
    """Whether it is read once, in passing."""
    size = file.size * (TIMES_COMPRESSED if file.is_compressed else 1)
    return size > LARGEST_CSV_BYTES and not _is_parquet(file)


def pieces(file: BarFile) -> int:
    """How many pieces it has. Raises UnitFailed."""
    return _reading(file, _row_groups) if _is_parquet(file) else 1


@lru_cache(maxsize=PIECES_KEPT)
def piece(file: BarFile, number: int) -> BarTable:
    """One piece. Raises UnitFailed."""
    if _is_parquet(file):
        return _reading(file, partial(_row_group, number=number))
    return _reading(file, partial(_of_batches, list(passing(file))))


def in_passing(file: BarFile) -> Iterator[BarTable]:
    """A CSV file's rows in their order, a bounded number at once. Raises UnitFailed."""
    for batch in passing(file):
        yield _reading(file, partial(_of_batches, [batch]))


def passing(file: BarFile) -> Iterator[pa.RecordBatch]:
    """The same, as texts. Rows of a wrong length are left out, and told in the log."""
    header = _reading(file, _header)
    rejects = Rejects()
    batches = csv_tables(file.path, header, rejects)
    some = False
    while (batch := _reading(file, lambda _: next(batches, None))) is not None:
        some = True
        yield batch
    if not some:
        yield pa.RecordBatch.from_pylist([], pa.schema([(name, pa.string()) for name in header]))
    if rejects.counts:
        logger.warning("%s: %d rows have another length", file.path, rejects.counts.total())


def _of_batches(batches: Sequence[pa.RecordBatch], file: BarFile) -> BarTable:
    return bar_table(pa.Table.from_batches(batches), file.stem)


def _header(file: BarFile) -> list[str]:
    """The columns that are read."""
    lines = head(file.path).decode("utf-8", "replace").lstrip("\ufeff").splitlines()
    names = next(csv.reader(io.StringIO(lines[0])), [])
    return list(layout(names).values())


def _is_table(path: Path) -> bool:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return path.is_file() and bool(suffixes) and suffixes[-1] in TABLES


def _is_parquet(file: BarFile) -> bool:
    return bool(_reading(file, lambda file: head(file.path).startswith(PARQUET)))


def _row_groups(file: BarFile) -> int:
    with seekable(file.path) as opened:
        return int(pq.ParquetFile(opened).num_row_groups)


def _row_group(file: BarFile, number: int) -> BarTable:
    with seekable(file.path) as opened:
        parquet = pq.ParquetFile(opened)
        names = list(layout(parquet.schema_arrow.names).values())
        return bar_table(parquet.read_row_group(number, columns=names), file.stem)


def _reading(file: BarFile, read: Callable[[BarFile], T]) -> T:
    """What `read` gives. Raises UnitFailed, with the file's name, where it can not."""
    try:
        return read(file)
    except UnitFailed as error:
        raise UnitFailed(f"{file.path}: {error}") from None
    except FeedConfigError:
        raise UnitFailed(f"{file.path} is empty, cut off or not there. Copy it again.") from None
    except (*UNREADABLE, pa.ArrowException, csv.Error) as error:
        words = " ".join(str(error).split())[:200]
        raise UnitFailed(f"{file.path} can not be read: {words}. Copy it again.") from None
