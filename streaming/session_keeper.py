"""The running session of a stream: its row, its totals, and its events."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from streaming import publish, sessions
from streaming.counters import Counters
from streaming.database import DatabaseAway, PatientDatabase
from streaming.models import StreamingSession
from streaming.publish import Publisher
from streaming.ticks import SymbolTable

logger = logging.getLogger(__name__)


class SessionKeeper:
    """Opens and closes one session after the other, each with what was counted in it."""

    def __init__(
        self,
        universe: str,
        source: str,
        symbols: SymbolTable,
        counters: Counters,
        database: PatientDatabase,
        publisher: Publisher,
    ) -> None:
        self._universe, self._source, self._symbols = universe, source, symbols
        self._counters, self._database, self._publisher = counters, database, publisher
        self._session: StreamingSession | None = None
        self._base = sessions.NOTHING

    def session_id(self) -> str | None:
        """The running session's id, or None."""
        session = self._session
        return str(session.session_id) if session is not None else None

    def interrupt_left_over(self) -> None:
        """Close what a process that is gone has left open."""
        for session in sessions.interrupt_left_over(self._source, datetime.now(UTC)):
            payload = sessions.session_payload(session)
            self._publisher.send(
                publish.SESSION_STOPPED, "streaming_session_stopped", session=payload
            )

    def open(self) -> None:
        """Begin a session."""
        self._base = sessions.totals_since(self._counters)
        self._session = self._database.run(
            lambda _: sessions.open_session(
                universe=self._universe,
                source=self._source,
                symbol_count=len(self._symbols),
                now=datetime.now(UTC),
            )
        )
        self._announce(publish.SESSION_STARTED, "streaming_session_started", self._session)

    def close(self) -> None:
        """End the running session, if there is one."""
        session, self._session = self._session, None
        if session is None:
            return
        totals = sessions.totals_since(self._counters, self._base)
        try:
            self._database.run(lambda _: sessions.close_session(session, totals, datetime.now(UTC)))
        except DatabaseAway:
            logger.warning("the session stays open in the database; the next start closes it")
        self._announce(publish.SESSION_STOPPED, "streaming_session_stopped", session)

    def _announce(self, channel: str, kind: str, session: StreamingSession) -> None:
        payload = sessions.session_payload(session)
        self._publisher.announce(channel, "session", kind, session=payload)

    def save_totals(self) -> None:
        """Note the running session's totals, so that one that is killed keeps its figures."""
        session = self._session
        if session is not None:
            totals = sessions.totals_since(self._counters, self._base)
            sessions.save_totals(session, totals, len(self._symbols))
