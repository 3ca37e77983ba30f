"""From the bytes that processes write to the lines of one log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

LONGEST_LINE = 16_384
SHORTEST_SECRET = 6


class LineSplitter:
    """Cuts a stream of bytes into lines. A line longer than the bound is passed on in pieces."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that `data` completes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        while len(self._rest) > self._longest:
            lines.append(self._rest[: self._longest])
            self._rest = self._rest[self._longest :]
        return [_text(line) for line in lines]

    def close(self) -> list[str]:
        """What is left, as a last line."""
        rest, self._rest = self._rest, b""
        return [_text(rest)] if rest else []


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")


class Prefixer:
    """`2026-11-23 06:38:46.123Z stream | text`, with what must stay secret struck out."""

    def __init__(self, names: Iterable[str], secrets: Iterable[str] = ()) -> None:
        self._width = max((len(name) for name in names), default=0)
        self._secrets = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET]

    def line(self, name: str, text: str, now: float) -> str:
        """One line of the log; `now` in Unix seconds."""
        moment = datetime.fromtimestamp(now, UTC)
        stamp = f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}Z"
        return f"{stamp} {name:<{self._width}} | {self.clean(text)}"

    def clean(self, text: str) -> str:
        """The text without any of the secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        return text
