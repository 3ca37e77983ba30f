"""What the engines are told before a session's first minute: of days, and of usual volumes."""

from __future__ import annotations

from typing import Any

from patterns import daily_context
from patterns.timeframes import MarketEngine


def learn(connection: Any, engine: MarketEngine, start_ms: int) -> None:
    """Give the engine what was known when the session began."""
    with connection.cursor() as cursor:
        engine.daily_trend = daily_context.daily_trend(cursor, engine.symbols, start_ms)
        engine.volume_profile = daily_context.volume_profile(cursor, engine.symbols, start_ms)
