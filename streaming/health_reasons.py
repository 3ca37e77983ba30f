"""What a look at the stream means: each rule says in plain words what is not as it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

EXPECTED_DROPS = frozenset({"duplicate", "out_of_session"})
NAMED_SYMBOLS = 5


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on a figure is a reason; the settings HEALTH_… of the same names."""

    max_feed_lag_ms: int = 5_000
    max_silence_secs: float = 30
    max_dropped_percent: float = 0.1
    max_rejected: int = 10
    max_silent_percent: float = 20
    max_memory_mb: int = 2_048
    error_after_secs: float = 60

    @classmethod
    def from_settings(cls) -> Thresholds:
        """As the environment sets them."""
        from django.conf import settings

        return cls(
            max_feed_lag_ms=settings.HEALTH_MAX_FEED_LAG_MS,
            max_silence_secs=settings.HEALTH_MAX_SILENCE_SECS,
            max_dropped_percent=settings.HEALTH_MAX_DROPPED_PERCENT,
            max_rejected=settings.HEALTH_MAX_REJECTED,
            max_silent_percent=settings.HEALTH_MAX_SILENT_PERCENT,
            max_memory_mb=settings.HEALTH_MAX_MEMORY_MB,
            error_after_secs=settings.HEALTH_ERROR_AFTER_SECS,
        )


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the stream. Counts are those of the window; `…_since_ms` is 0 where all is well.

    feed_expected: a session is open and its feed has not ended; else its silence is in order.
    """

    now_ms: int
    window_secs: float
    feed_expected: bool
    feed_connected: bool
    feed_detail: str
    disconnected_since_ms: int
    quiet_since_ms: int
    ticks_in_window: int
    ticks_per_second: float
    feed_lag_ms: int
    expected_lag_ms: int
    dropped: Counter[str]
    rejected: Counter[str]
    errors: int
    silent_symbols: tuple[str, ...]
    symbol_count: int
    redis_down_since_ms: int
    database_down_since_ms: int
    buffered_ticks: int
    pending_minutes: int
    memory_mb: float
    cpu_percent: float

    def secs_since(self, moment_ms: int) -> float:
        """Seconds from a moment to the look."""
        return max(0, self.now_ms - moment_ms) / 1000


def reasons_of(look: Look, limits: Thresholds) -> list[str]:
    """Why the stream is not healthy; empty where it is. The gravest come first."""
    rules = (_stores, _feed, _losses, _process)
    return [reason for rule in rules for reason in rule(look, limits)]


def status_of(look: Look, reasons: list[str], limits: Thresholds) -> str:
    """`healthy`, `degraded`, or `error` once something that bars need has been away too long."""
    if not reasons:
        return "healthy"
    away = [look.redis_down_since_ms, look.database_down_since_ms]
    if look.feed_expected:
        away.append(look.disconnected_since_ms)
    worst = max((look.secs_since(since) for since in away if since), default=0.0)
    return "error" if worst >= limits.error_after_secs else "degraded"


def _stores(look: Look, limits: Thresholds) -> Iterator[str]:
    if look.database_down_since_ms:
        secs = look.secs_since(look.database_down_since_ms)
        waiting = _count(look.pending_minutes, "minute")
        yield f"database unreachable for {secs:.0f} s: {waiting} waiting to be stored"
    if look.redis_down_since_ms:
        secs = look.secs_since(look.redis_down_since_ms)
        yield f"Redis unreachable for {secs:.0f} s: {_count(look.buffered_ticks, 'tick')} buffered"


def _feed(look: Look, limits: Thresholds) -> Iterator[str]:
    if not look.feed_expected:
        return
    if not look.feed_connected:
        detail = f" ({look.feed_detail})" if look.feed_detail else ""
        yield f"feed disconnected since {_clock(look.disconnected_since_ms)}{detail}"
        return
    silence = look.secs_since(look.quiet_since_ms)
    if silence > limits.max_silence_secs:
        yield f"no ticks for {silence:.0f} s, although the feed is connected"
    allowed_ms = look.expected_lag_ms + limits.max_feed_lag_ms
    if look.feed_lag_ms > allowed_ms:
        yield f"feed lag is {look.feed_lag_ms:,} ms, more than {allowed_ms:,} ms"
    yield from _silent(look, limits)


def _silent(look: Look, limits: Thresholds) -> Iterator[str]:
    silent = len(look.silent_symbols)
    if look.symbol_count and 100 * silent / look.symbol_count > limits.max_silent_percent:
        named = ", ".join(look.silent_symbols[:NAMED_SYMBOLS])
        more = ", …" if silent > NAMED_SYMBOLS else ""
        yield f"{silent} of {look.symbol_count} symbols are silent: {named}{more}"


def _losses(look: Look, limits: Thresholds) -> Iterator[str]:
    within = f"in the last {look.window_secs:.0f} s"
    lost = Counter({why: n for why, n in look.dropped.items() if why not in EXPECTED_DROPS})
    if lost and 100 * lost.total() / max(look.ticks_in_window, 1) > limits.max_dropped_percent:
        yield f"{_count(lost.total(), 'tick')} dropped {within}: {_by_reason(lost)}"
    if look.rejected.total() > limits.max_rejected:
        yield (
            f"{_count(look.rejected.total(), 'bad message')} set aside {within}: "
            f"{_by_reason(look.rejected)}"
        )
    if look.errors > 0:
        yield f"{_count(look.errors, 'error')} {within}: see the log"


def _process(look: Look, limits: Thresholds) -> Iterator[str]:
    if look.memory_mb > limits.max_memory_mb:
        yield f"the stream takes {look.memory_mb:,.0f} MB of memory, over {limits.max_memory_mb:,}"


def _by_reason(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {why.replace('_', ' ')}" for why, count in counts.most_common())


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _clock(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).strftime("%H:%M:%S UTC")
