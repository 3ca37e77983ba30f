"""The phase `cache`: symbols and universes, as the provider, files and the project itself say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from admin_processing.cache import symbols, universe_files
from admin_processing.imports.names import is_name
from admin_processing.phases import retries
from admin_processing.providers import registry
from admin_processing.providers.base import (
    Provider,
    ProviderError,
    ProviderRefused,
    SymbolRow,
    UnitFailed,
    UniverseRow,
)
from admin_processing.runs.phase import ChunkPlan, PhaseFailed, Work
from admin_processing.runs.request import RunRequest
from market import membership
from market.universes import constituents, shipped_universes

LEADING = frozenset({"massive"})
"""Sources that list the whole market; others know of the symbols whose bars they have."""
BLOCK = 1000
"""Symbols that are written at once."""
SYMBOLS, TRADED, SHIPPED, PROVIDED, FILE = "symbols", "traded", "shipped", "provided", "file"


class CachePhase:
    """Implements `runs.phase.Phase`. find: the provider of a name, empty for the configured one.

    A file's universe stands before a provider's of the same key, and that before a shipped one.
    """

    name = "cache"

    def __init__(self, find: Callable[[str], Provider] | None = None) -> None:
        self._find = find or registry.provider

    def plan(self, request: RunRequest) -> Sequence[ChunkPlan]:
        """Symbols first, for universes are made of them. Raises PhaseFailed."""
        if request.retry_of:
            return [ChunkPlan([unit]) for unit in retries.unresolved(request.retry_of, self.name)]
        try:
            source = self._find(request.source).name
            files = universe_files.files_of(settings.UNIVERSES_FOLDER)
        except ProviderError as error:
            raise PhaseFailed(str(error)) from None
        described = [
            {"name": f"symbols of {source}", "kind": SYMBOLS, "source": source},
            {"name": "symbols with bars", "kind": TRADED, "source": source},
        ]
        named = [
            {"name": "universes of the project", "kind": SHIPPED, "source": source},
            {"name": f"universes of {source}", "kind": PROVIDED, "source": source},
            *({"name": p.name, "kind": FILE, "source": source, "path": str(p)} for p in files),
        ]
        return [ChunkPlan(described, 0), *(ChunkPlan([unit], 1) for unit in named)]

    def work(self, units: Sequence[Mapping[str, Any]], work: Work) -> None:
        """Bring in the units; each is a transaction. Raises Interrupted, PhaseFailed."""
        for unit in units[work.position :]:
            work.checkpoint()
            try:
                listed = self._listed(unit, work)
                with transaction.atomic(), connection.cursor() as cursor:
                    rows = self._do(cursor, unit, listed, work)
                    retries.resolve(cursor, work, self.name, str(unit["name"]))
                    work.done(rows=rows, symbol=str(unit["name"]))
            except UnitFailed as error:
                work.failed(unit, str(error))
            except ProviderRefused as error:
                raise PhaseFailed(str(error)) from None

    def _listed(self, unit: Mapping[str, Any], work: Work) -> dict[str, SymbolRow]:
        """What a source tells of its symbols, before a transaction begins: it may take minutes."""
        if unit["kind"] != SYMBOLS:
            return {}
        rows: dict[str, SymbolRow] = {}
        for number, row in enumerate(self._find(str(unit["source"])).symbols()):
            if number % BLOCK == 0:
                work.checkpoint()
            if is_name(row.symbol):
                rows[row.symbol] = row
        return rows

    def _do(
        self, cursor: Any, unit: Mapping[str, Any], listed: Mapping[str, SymbolRow], work: Work
    ) -> int:
        provider = self._find(str(unit["source"]))
        if unit["kind"] == SYMBOLS:
            return _sync_symbols(cursor, provider, listed, work)
        if unit["kind"] == TRADED:
            return symbols.add_traded(cursor)
        if unit["kind"] == FILE:
            found = [universe_files.read(Path(unit["path"]))]
            return _sync_universes(cursor, found, "csv", work)
        in_files = _keys_in_files()
        provided = [row for row in provider.universes() if row.key not in in_files]
        if unit["kind"] == PROVIDED:
            return _sync_universes(cursor, provided, provider.name, work)
        return _sync_shipped(cursor, in_files | {row.key for row in provided}, work)


def _sync_symbols(
    cursor: Any, provider: Provider, rows: Mapping[str, SymbolRow], work: Work
) -> int:
    given, written, leads = iter(rows.values()), 0, provider.name in LEADING
    while block := list(islice(given, BLOCK)):
        work.checkpoint()
        written += symbols.write(cursor, block, leads)
    return written + (symbols.let_go(cursor, rows) if leads else 0)


def _sync_universes(cursor: Any, universes: Iterable[UniverseRow], source: str, work: Work) -> int:
    today, written = datetime.now(UTC).date(), 0
    for row in universes:
        work.checkpoint()
        written += membership.sync(cursor, row.key, row.name, row.symbols, today, source)
    return written


def _sync_shipped(cursor: Any, taken: set[str], work: Work) -> int:
    members = [
        SymbolRow(c.symbol, c.name, "stock", sector=c.sector, industry=c.industry)
        for c in constituents()
    ]
    shipped = shipped_universes().items()
    rows = [UniverseRow(key, *named) for key, named in shipped if key not in taken]
    written = symbols.write(cursor, members, leads=False)
    return written + _sync_universes(cursor, rows, SHIPPED, work)


def _keys_in_files() -> set[str]:
    """The universes that files hold; a file that can not be read fails as a unit of its own."""
    found: set[str] = set()
    for path in universe_files.files_of(settings.UNIVERSES_FOLDER):
        try:
            found.add(universe_files.read(path).key)
        except UnitFailed:
            continue
    return found


PHASE = CachePhase()
