"""What the market is made of: symbols, universes of them, and their bars."""

from market.models.bars import DailyBar, MinuteBar, RolledBar
from market.models.symbols import (
    AdjustedHistory,
    Dividend,
    Membership,
    Split,
    Symbol,
    Universe,
    UniverseMember,
)

__all__ = [
    "AdjustedHistory",
    "DailyBar",
    "Dividend",
    "Membership",
    "MinuteBar",
    "RolledBar",
    "Split",
    "Symbol",
    "Universe",
    "UniverseMember",
]
