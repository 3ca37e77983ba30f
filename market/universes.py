"""The universes that come with the project: the S&P 500, whole, by sector, and its leaders."""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from pathlib import Path

CONSTITUENTS = Path(__file__).parent / "data" / "sp500_constituents.csv"
COLUMNS = ("Symbol", "Security", "GICS Sector", "GICS Sub-Industry")
LEADER_SIZES = (10, 50, 70, 100, 250, 500)

# The best-known names come first, so that a small universe is one that a trader recognises.
BEST_KNOWN = Path(__file__).parent / "data" / "best_known.txt"


@dataclass(frozen=True, slots=True)
class Constituent:
    """One member of the S&P 500."""

    symbol: str
    name: str
    sector: str
    industry: str


class UnknownUniverse(LookupError):
    """No universe of that key, or one without members."""

    def __init__(self, key: str, known: list[str]) -> None:
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(
            f"Unknown universe {key!r}.{hint} Known: {', '.join(known) or 'none'}. "
            "Load those that come with the project: python manage.py load_universes"
        )


def constituents() -> list[Constituent]:
    """The S&P 500's members, the best known first, the others by symbol."""
    with CONSTITUENTS.open(newline="", encoding="utf-8") as file:
        members = [
            Constituent(*(row[column] for column in COLUMNS)) for row in csv.DictReader(file)
        ]
    rank = {symbol: place for place, symbol in enumerate(BEST_KNOWN.read_text().split())}
    return sorted(members, key=lambda member: (rank.get(member.symbol, len(rank)), member.symbol))


def shipped_universes() -> dict[str, tuple[str, list[str]]]:
    """Key → (name, symbols by rank), for every universe that comes with the project."""
    members = constituents()
    made = {"sp500:all": ("S&P 500", [member.symbol for member in members])}
    for sector in sorted({member.sector for member in members}):
        key = "sp500:" + sector.lower().replace(" ", "_")
        made[key] = (
            f"S&P 500 {sector}",
            [member.symbol for member in members if member.sector == sector],
        )
    for size in LEADER_SIZES:
        made[f"market_leaders:top_{size}"] = (
            f"Market leaders, top {size}",
            [member.symbol for member in members[:size]],
        )
    return made


def load_shipped() -> dict[str, int]:
    """Write symbols and universes that come with the project; safe to repeat. Key → members."""
    from django.db import transaction

    from market.models import Symbol

    with transaction.atomic():
        Symbol.objects.bulk_create(
            [
                Symbol(symbol=c.symbol, name=c.name, sector=c.sector, industry=c.industry)
                for c in constituents()
            ],
            update_conflicts=True,
            unique_fields=["symbol"],
            update_fields=["name", "sector", "industry"],
        )
        return {
            key: _write_universe(key, name, symbols)
            for key, (name, symbols) in shipped_universes().items()
        }


def _write_universe(key: str, name: str, symbols: list[str]) -> int:
    from market.models import Universe, UniverseMember

    universe, _ = Universe.objects.update_or_create(key=key, defaults={"name": name})
    universe.members.exclude(symbol_id__in=symbols).delete()
    UniverseMember.objects.bulk_create(
        [
            UniverseMember(universe=universe, symbol_id=symbol, rank=rank)
            for rank, symbol in enumerate(symbols, 1)
        ],
        update_conflicts=True,
        unique_fields=["universe", "symbol"],
        update_fields=["rank"],
    )
    return len(symbols)


def symbols_of(key: str) -> list[str]:
    """The active symbols of a universe, by rank. Raises `UnknownUniverse`."""
    from market.models import Universe, UniverseMember

    members = UniverseMember.objects.filter(universe_id=key, symbol__active=True).order_by("rank")
    symbols = list(members.values_list("symbol_id", flat=True))
    if not symbols:
        raise UnknownUniverse(key, list(Universe.objects.values_list("key", flat=True)))
    return symbols
