"""Which sources of bars may stand beside each other in one database.

The real market is one market, wherever its bars come from. Made-up ones, and those of a tape, are
markets of their own: mixed with others they would be mistaken for them.
"""

from __future__ import annotations

REAL = frozenset({"massive", "flatfiles", "folder"})


def may_mix(stored: str, wanted: str) -> bool:
    """Whether bars of source `wanted` may come to a database that holds some of `stored`."""
    return stored == wanted or {stored, wanted} <= REAL
