"""Units of a night phase in pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from admin_processing.runs.phase import ChunkPlan

MOST_PIECES = 48


def pieces(units: Sequence[Mapping[str, Any]], stage: int) -> list[ChunkPlan]:
    """Neighbours together, in so many pieces of nearly one size."""
    count = min(len(units), MOST_PIECES)
    ends = [len(units) * piece // count for piece in range(count + 1)] if count else []
    return [ChunkPlan(list(units[a:b]), stage) for a, b in pairwise(ends)]


def lean(unit: dict[str, Any]) -> dict[str, Any]:
    """A unit whose provider's unit names its symbols needs no list of all of them beside it."""
    if unit["unit"].get("symbols"):
        return {name: value for name, value in unit.items() if name != "symbols"}
    return unit
