"""Topics, and what the server says about them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from streaming.feeds.massive.messages import Status

CONFIRMED = "subscribed to: "
NOT_AUTHORIZED = "not authorized"


def topics(channels: Sequence[str], symbols: Iterable[str]) -> list[str]:
    """One topic a channel and symbol: T.AAPL, T.BRK.B, and T.* for all."""
    names = list(dict.fromkeys(symbols))
    return [f"{channel}.{name}" for channel in channels for name in names]


def requests(topics: Sequence[str], most_chars: int) -> Iterator[str]:
    """The topics as params strings of at most `most_chars` (but one topic at least)."""
    waiting: list[str] = []
    length = 0
    for topic in topics:
        if waiting and length + len(topic) > most_chars:
            yield ",".join(waiting)
            waiting, length = [], 0
        waiting.append(topic)
        length += len(topic) + 1
    if waiting:
        yield ",".join(waiting)


class Subscription:
    """Which topics were asked for, and which were confirmed."""

    def __init__(self, wanted: Sequence[str]) -> None:
        self.wanted = list(wanted)
        self._open = set(wanted)
        self.refused = False

    def take(self, status: Status) -> None:
        """Note an answer; a confirmed topic need not be one of a real symbol."""
        if status.status == "success" and status.message.startswith(CONFIRMED):
            self._open.discard(status.message[len(CONFIRMED) :])
        elif status.status == "error" and NOT_AUTHORIZED in status.message.lower():
            self.refused = True

    @property
    def unconfirmed(self) -> list[str]:
        """Topics without an answer, in the order they were asked for."""
        return [topic for topic in self.wanted if topic in self._open]

    @property
    def confirmed(self) -> int:
        """How many topics were confirmed."""
        return len(self.wanted) - len(self._open)
