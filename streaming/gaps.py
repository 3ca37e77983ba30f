"""The gap ledger: stretches in which ticks may have been missed."""

from __future__ import annotations

from typing import Any

from market.calendar import from_ms
from streaming.feeds.base import FeedGap
from streaming.models import FeedGap as FeedGapRow

MINUTE_MS = 60_000


def minutes_touched(gap: FeedGap) -> int:
    """How many one-minute bars the gap makes partial."""
    if gap.ended_ms <= gap.started_ms:
        return 0
    return (gap.ended_ms - 1) // MINUTE_MS - gap.started_ms // MINUTE_MS + 1


def save_gap(connection: Any, feed: str, gap: FeedGap) -> None:
    """Enter a gap, once for each feed and start."""
    FeedGapRow.objects.using(connection.alias).update_or_create(
        feed=feed,
        started_at=from_ms(gap.started_ms),
        defaults={
            "ended_at": from_ms(gap.ended_ms),
            "minutes": minutes_touched(gap),
            "symbols": list(gap.symbols) if gap.symbols is not None else None,
            "cause": gap.cause,
        },
    )
