"""Symbol names of a batch as small numbers: sorting and comparing text is slow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from admin_processing.imports.reasons import LONGEST_NAME
from admin_processing.providers.base import Ints


def is_name(name: str) -> bool:
    """Whether a symbol may be called so."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable()


def numbered(names: NDArray[Any]) -> tuple[NDArray[Any], Ints]:
    """The different names in order, and each row's place among them.

    Bars mostly come symbol by symbol, so only the first of each run of equal names is sorted.
    """
    if not len(names):
        return names, np.empty(0, np.int64)
    begins = np.r_[True, names[1:] != names[:-1]]
    heads = np.flatnonzero(begins)
    different, place = np.unique(names[heads], return_inverse=True)
    lengths = np.diff(np.r_[heads, len(names)])
    return different, np.repeat(place.astype(np.int64), lengths)


def storable(names: NDArray[Any]) -> list[str]:
    """Those that PostgreSQL takes as text; a name with a NUL in it is in no table."""
    return [name for name in names.tolist() if "\x00" not in name]
