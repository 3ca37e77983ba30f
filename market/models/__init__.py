"""What the market is made of: symbols, universes of them, and their bars."""

from market.models.bars import DailyBar, MinuteBar
from market.models.symbols import Symbol, Universe, UniverseMember

__all__ = ["DailyBar", "MinuteBar", "Symbol", "Universe", "UniverseMember"]
