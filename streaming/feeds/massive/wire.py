"""Bytes of one WebSocket, in and out, without a thread: whatever waits is taken at once."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidState, InvalidURI
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.uri import parse_uri

from streaming.feeds.base import FeedConfigError, FeedDisconnected

RECEIVE_BYTES = 1 << 18
SEND_SECS = 10.0


class ConnectionClosed(FeedDisconnected):
    """The connection ended; `code` is None where it ended without a close frame."""

    def __init__(self, code: int | None, reason: str) -> None:
        self.code = code
        told = f"closed with {code} {reason}".rstrip() if code else "ended without a close frame"
        super().__init__(f"the connection {told}")


class Wire:
    """An open WebSocket. `heard` is when (monotonic) the other side last sent anything."""

    def __init__(self, url: str, connect_secs: float, message_bytes: int) -> None:
        """Connect; raises FeedDisconnected, or FeedConfigError for a URL that is none."""
        try:
            uri = parse_uri(url)
        except InvalidURI as error:
            raise FeedConfigError(
                "MASSIVE_WS_URL is no WebSocket address; for example wss://socket.massive.com/stocks"
            ) from error
        self._protocol = ClientProtocol(uri, max_size=message_bytes)
        self._events: list[Frame | Response] = []
        self._pieces: list[bytes] = []
        self._ended = False
        self.heard = time.monotonic()
        self.pong = self.heard
        host = urlsplit(url).hostname
        try:
            self._socket = _connected(url, connect_secs)
        except OSError as error:
            raise FeedDisconnected(f"can not connect to {host}: {error}") from None
        try:
            self._handshake(connect_secs)
        except (OSError, EOFError, InvalidHandshake) as error:
            self._socket.close()
            raise FeedDisconnected(f"{host} refuses the WebSocket: {error}") from None

    def _handshake(self, secs: float) -> None:
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        deadline = time.monotonic() + secs
        while not any(isinstance(event, Response) for event in self._events):
            if time.monotonic() > deadline or self._ended:
                raise TimeoutError("no answer to the WebSocket handshake")
            self._read(deadline - time.monotonic())
        if self._protocol.handshake_exc is not None:
            raise self._protocol.handshake_exc
        self._events = [event for event in self._events if isinstance(event, Frame)]

    def send(self, text: str) -> None:
        """Send one text frame; ConnectionClosed if nobody takes it any more."""
        try:
            self._protocol.send_text(text.encode())
        except InvalidState:
            self._or_closed([])
        self._flush()

    def ping(self) -> None:
        """Ask for a sign of life: `pong` and `heard` move on when it comes."""
        try:
            self._protocol.send_ping(b"tickstock")
        except InvalidState:
            return
        self._flush()

    def receive(self, secs: float, most_frames: int, most_bytes: int) -> list[bytes]:
        """The messages that wait, none after `secs`; ConnectionClosed when none will come."""
        messages: list[bytes] = []
        size = 0
        deadline = time.monotonic() + secs
        while True:
            for message in self._messages():
                messages.append(message)
                size += len(message)
            if len(messages) >= most_frames or size >= most_bytes:
                return messages
            if not self._read(0.0 if messages else deadline - time.monotonic()):
                return self._or_closed(messages)

    def close(self) -> None:
        """Say goodbye, if anybody listens, and close."""
        try:
            self._protocol.send_close(1000)
            self._flush()
        except (OSError, InvalidState):
            pass
        self._socket.close()

    def _or_closed(self, messages: list[bytes]) -> list[bytes]:
        if messages or not self._ended:
            return messages
        close = self._protocol.close_rcvd or self._protocol.close_sent
        raise ConnectionClosed(close.code if close else None, close.reason if close else "")

    def _messages(self) -> Iterator[bytes]:
        events, self._events = self._events, []
        for frame in events:
            assert isinstance(frame, Frame)
            if frame.opcode is Opcode.PONG:
                self.pong = time.monotonic()
            if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._pieces.append(bytes(frame.data))
                if frame.fin:
                    yield self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
                    self._pieces = []

    def _read(self, secs: float) -> bool:
        """Take what has arrived within `secs`; False if nothing has."""
        if self._ended or not self._readable(max(0.0, secs)):
            return False
        try:
            data = self._socket.recv(RECEIVE_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            data = b""
        self.heard = time.monotonic()
        if data:
            self._protocol.receive_data(data)
        else:
            self._ended = True
            self._protocol.receive_eof()
        self._events += [e for e in self._protocol.events_received() if not isinstance(e, Request)]
        if not self._ended:
            self._flush()
        if self._protocol.close_rcvd is not None or self._protocol.parser_exc is not None:
            self._ended = True
        return True

    def _readable(self, secs: float) -> bool:
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(secs * 1000))

    def _flush(self) -> None:
        try:
            self._socket.settimeout(SEND_SECS)
            for data in self._protocol.data_to_send():
                if data:
                    self._socket.sendall(data)
                else:
                    self._socket.shutdown(socket.SHUT_WR)
            self._socket.setblocking(False)
        except OSError:
            self._ended = True


def _connected(url: str, secs: float) -> socket.socket:
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    raw = socket.create_connection((parts.hostname, parts.port or (443 if secure else 80)), secs)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if not secure:
        return raw
    try:
        return ssl.create_default_context().wrap_socket(raw, server_hostname=parts.hostname)
    except OSError:
        raw.close()
        raise
