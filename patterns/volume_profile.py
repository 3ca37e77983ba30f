"""How much of each symbol usually trades at each time of day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from patterns.views import Floats, Ints

SLOT_MINUTES = 15
SESSIONS = 10
"""How many earlier sessions the mean is over."""


class VolumeProfile:
    """Mean volume a minute, by slots of a quarter of an hour since the session's start."""

    def __init__(self) -> None:
        self._mean: NDArray[np.float64] = np.full((0, 0), np.nan)

    def set(self, rows: Ints, slots: Ints, per_minute: Floats, symbols: int) -> None:
        """Replace the profile. Parallel arrays: symbol's row, slot, mean volume a minute."""
        width = int(slots.max(initial=-1)) + 1
        self._mean = np.full((width, symbols), np.nan)
        self._mean[slots, rows] = per_minute

    def followed_by(self, later: VolumeProfile) -> VolumeProfile:
        """This profile with more symbols behind its own."""
        slots = max(len(self._mean), len(later._mean))
        parts = []
        for part in (self._mean, later._mean):
            padded = np.full((slots, part.shape[1]), np.nan)
            padded[: len(part)] = part
            parts.append(padded)
        joined = VolumeProfile()
        joined._mean = np.concatenate(parts, axis=1)
        return joined

    def expected(self, rows: Ints, minute: int, minutes: int) -> Floats:
        """The mean volume of `minutes` minutes from `minute` of the session on; NaN if unknown."""
        slots = np.arange(minute, minute + minutes) // SLOT_MINUTES
        out = np.full(len(rows), np.nan)
        if minute < 0 or slots[-1] >= len(self._mean):
            return out
        known = rows < self._mean.shape[1]
        out[known] = self._mean[slots][:, rows[known]].sum(axis=0)
        return out
