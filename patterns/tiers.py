"""Which tables hold what was found in which timeframe."""

from __future__ import annotations

from dataclasses import dataclass

from patterns.definitions import DAILY


@dataclass(frozen=True, slots=True)
class Tier:
    """The tables of a tier."""

    name: str
    patterns: str
    indicators: str


INTRADAY_TIER = Tier("intraday", "intraday_patterns", "intraday_indicator_values")
DAILY_TIER = Tier("daily", "daily_patterns", "daily_indicator_values")
COMBO_TIER = Tier("combo", "combo_patterns", "")


def tier_for(timeframe: str) -> Tier:
    """The tier of a bar's timeframe."""
    return DAILY_TIER if timeframe in DAILY else INTRADAY_TIER
