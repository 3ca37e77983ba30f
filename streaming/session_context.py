"""What the engines are told before a session's first minute: of days, and of usual volumes."""

from __future__ import annotations

from typing import Any

import numpy as np

from patterns import daily_context
from patterns.timeframes import MarketEngine
from patterns.volume_profile import VolumeProfile


class SessionContext:
    """Tells an engine what was known when its session began, of each symbol once a session."""

    def __init__(self) -> None:
        self.start_ms = 0
        self._told = 0

    def begin(self, start_ms: int) -> bool:
        """A minute of the session that starts then; whether it is another than before."""
        if start_ms == self.start_ms:
            return False
        self.start_ms, self._told = start_ms, 0
        return True

    def tell(self, connection: Any, engine: MarketEngine) -> None:
        """What is known of the symbols that it has not been told of in this session."""
        names = engine.symbols[self._told :]
        if not names:
            return
        with connection.cursor() as cursor:
            trend = daily_context.daily_trend(cursor, names, self.start_ms)
            profile = daily_context.volume_profile(cursor, names, self.start_ms)
        if not self._told:
            engine.daily_trend, engine.volume_profile = np.zeros(0), VolumeProfile()
        engine.daily_trend = np.concatenate([engine.daily_trend, trend])
        engine.volume_profile = engine.volume_profile.followed_by(profile)
        self._told += len(names)
