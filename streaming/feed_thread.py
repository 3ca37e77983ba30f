"""The feed in its thread: started and stopped with the session, and how it ended."""

from __future__ import annotations

import threading

from streaming.counters import Counters
from streaming.feeds.base import Feed
from streaming.journal import Journal
from streaming.writer import JournalWriter

JOIN_SECS = 5.0


class FeedThread:
    """Runs a feed into a writer, from the position that the journal ends at."""

    def __init__(
        self, feed: Feed, writer: JournalWriter, journal: Journal, counters: Counters
    ) -> None:
        self._feed, self._writer, self._journal, self._counters = feed, writer, journal, counters
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.error: BaseException | None = None
        self.ended = False

    @property
    def done(self) -> bool:
        """Whether the feed is over, at its end or with an error."""
        return self.ended or self.error is not None

    def start(self) -> None:
        """Run the feed from where its journal ends."""
        self.ended = False
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the feed, and journal what it still held."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(JOIN_SECS)
            self._writer.flush()

    def _run(self) -> None:
        try:
            self._feed.run(self._writer, self._journal.last_position(), self._stop)
            # One that was told to stop, as at the market's close, has not come to its end.
            self.ended = not self._stop.is_set()
        except BaseException as error:  # noqa: BLE001
            self.error = error
        finally:
            self._counters.feed_connected = False
