"""Streaming sessions: opened, closed with their totals, and cleared up after a crash.

Which process may do this is settled before: the stream holds its feed's lease, so a session of
its source that still says `running` belongs to a process that is gone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max

from streaming.counters import Counters
from streaming.models import StreamingSession, StreamPosition

Status = StreamingSession.Status


@dataclass(frozen=True, slots=True)
class Totals:
    """What a session has done; the columns of `streaming_sessions` by the same names."""

    ticks_processed: int = 0
    bars_written: int = 0
    patterns_detected: int = 0
    indicators_calculated: int = 0
    late_ticks: int = 0
    dropped_ticks: int = 0
    error_count: int = 0


NOTHING = Totals()
TOTALS = tuple(asdict(NOTHING))


def totals_since(counters: Counters, base: Totals = NOTHING) -> Totals:
    """The counters less `base`, which is what they stood at when the session opened."""
    return Totals(**{name: getattr(counters, name) - getattr(base, name) for name in TOTALS})


def open_session(
    *, universe: str, source: str, symbol_count: int, now: datetime
) -> StreamingSession:
    """A new running session."""
    return StreamingSession.objects.create(
        universe=universe, source=source, symbol_count=symbol_count, start_time=now
    )


def save_totals(session: StreamingSession, totals: Totals, symbol_count: int | None = None) -> None:
    """Note how far a running session is, so that one that is killed keeps its figures."""
    _set_totals(session, totals)
    if symbol_count is not None:
        session.symbol_count = symbol_count
    session.save(update_fields=[*TOTALS, "symbol_count"])


def close_session(session: StreamingSession, totals: Totals, now: datetime) -> StreamingSession:
    """End a session in order; closing it again changes nothing."""
    if session.status == Status.RUNNING:
        _set_totals(session, totals)
        session.status, session.end_time = Status.STOPPED, now
        session.save(update_fields=[*TOTALS, "status", "end_time"])
    return session


def interrupt_left_over(source: str, now: datetime) -> list[StreamingSession]:
    """Close the source's running sessions, whose process is gone, as `interrupted`.

    They end where the last thing was saved, which is their last sign of life.
    """
    left = list(StreamingSession.objects.filter(source=source, status=Status.RUNNING))
    if not left:
        return []
    saved = StreamPosition.objects.filter(source=source).aggregate(last=Max("updated_at"))["last"]
    for session in left:
        session.status = Status.INTERRUPTED
        session.end_time = last_sign_of_life(session.start_time, saved, now)
        session.save(update_fields=["status", "end_time"])
    return left


def last_sign_of_life(started: datetime, saved: datetime | None, now: datetime) -> datetime:
    """When a killed session ended: its last save, or `now` where it saved nothing."""
    return saved if saved is not None and started <= saved <= now else now


def session_payload(session: StreamingSession) -> dict[str, Any]:
    """The `session` object of events and status; with its end and totals once it has ended."""
    payload: dict[str, Any] = {
        "session_id": str(session.session_id),
        "universe": session.universe,
        "source": session.source,
        "symbol_count": session.symbol_count,
        "start_time": _iso(session.start_time),
        "status": str(session.status),
    }
    if session.end_time is not None:
        duration = (session.end_time - session.start_time).total_seconds()
        payload |= {"end_time": _iso(session.end_time), "duration_seconds": round(duration, 3)}
        payload |= {name: getattr(session, name) for name in TOTALS}
    return payload


def _set_totals(session: StreamingSession, totals: Totals) -> None:
    for name in TOTALS:
        setattr(session, name, getattr(totals, name))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
