"""A stand-in for Massive's WebSocket: a real server that does what the real one does, faults too.

In a test:

    with MassiveDouble(key="k") as server:
        server.send([trade("AAPL", 190.0)])            to all who subscribed to it
        server.script.die_after_subscribe = True        what goes wrong, and when

By itself, for runs from end to end, sending made-up trades to whoever subscribes:

    python -m tests.doubles.massive_ws --port 18080 --rate 1000

What it does is `massive.md`'s; each trap there has a switch in `Script` or a method here.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import random
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

CHANNELS = ("T", "A", "AM", "Q", "LULD", "NOI", "FMV")
MAX_CONNECTIONS = (
    "Maximum number of websocket connections exceeded. You have reached the connection limit for "
    "your account."
)


@dataclass
class Script:
    """What the server does wrong. All of it can be changed while it runs.

    victim: who is thrown out when a key connects a second time, "new" or "old"; None allows any
    number. die_after_subscribe, close_after_subscribe: the next connections that end so.
    ignore_pings: a dead peer behind a living TCP connection, by reading nothing any more.
    """

    auth_failed: bool = False
    auth_timeout_secs: float = 30.0
    never_greet: bool = False
    never_authenticate: bool = False
    not_authorized: tuple[str, ...] = ()
    victim: str | None = "new"
    refuse_connections: int = 0
    die_after_subscribe: int = 0
    close_after_subscribe: int = 0
    close_code: int = 1000
    silent_confirmations: bool = False
    data_with_confirmation: list[dict[str, Any]] = field(default_factory=list)


def status(kind: str, message: str) -> dict[str, str]:
    """A status message."""
    return {"ev": "status", "status": kind, "message": message}


_ids = itertools.count(1)


def trade(symbol: str, price: float, size: float = 100, **more: Any) -> dict[str, Any]:
    """A trade message of now; `more` replaces or adds fields, None leaves one out."""
    number = next(_ids)
    message: dict[str, Any] = {
        "ev": "T", "sym": symbol, "x": 4, "i": str(number), "z": 3, "p": price, "s": size,
        "c": [], "t": time.time_ns() // 1_000_000, "q": number,
    }  # fmt: skip
    message.update(more)
    return {name: value for name, value in message.items() if value is not None}


def minute_bar(symbol: str, price: float, start_ms: int) -> dict[str, Any]:
    """An AM message, its average size a float though whole."""
    return {
        "ev": "AM", "sym": symbol, "v": 4110, "av": 9470157, "op": price, "vw": price, "o": price,
        "c": price, "h": price, "l": price, "a": price, "z": 12.0, "s": start_ms,
        "e": start_ms + 60_000, "dv": "4110.5", "dav": "9470157.25",
    }  # fmt: skip


def quote(symbol: str, bid: float, ask: float) -> dict[str, Any]:
    """A Q message, its condition a scalar."""
    return {
        "ev": "Q", "sym": symbol, "bx": 4, "bp": bid, "bs": 100, "ax": 7, "ap": ask, "as": 160,
        "c": 0, "i": [604], "t": time.time_ns() // 1_000_000, "q": next(_ids), "z": 3,
    }  # fmt: skip


def halt(symbol: str, indicator: int = 17) -> dict[str, Any]:
    """An LULD message: its symbol is in `T`, its time in microseconds."""
    return {
        "ev": "LULD", "T": symbol, "h": 218.96, "l": 198.11, "i": [indicator], "z": 3,
        "t": time.time_ns() // 1_000, "q": next(_ids),
    }  # fmt: skip


class Client:
    """One connection as the server sees it."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.topics: set[str] = set()
        self.requests: list[dict[str, str]] = []
        self.authenticated = False
        self.closed = threading.Event()

    def wants(self, message: dict[str, Any]) -> bool:
        """Whether it subscribed to this message."""
        symbol = message.get("T" if message.get("ev") == "LULD" else "sym")
        channel = message.get("ev")
        return f"{channel}.{symbol}" in self.topics or f"{channel}.*" in self.topics

    def send(self, messages: list[dict[str, Any]]) -> None:
        """One frame."""
        self.send_raw(json.dumps(messages, separators=(",", ":")))

    def send_raw(self, text: str | bytes) -> None:
        """One text frame of any bytes; a client that is gone gets nothing."""
        try:
            if isinstance(text, bytes):
                self.connection.send(text, text=True)
            else:
                self.connection.send(text)
        except (ConnectionClosed, OSError):
            self.closed.set()

    def close(self, code: int, reason: str = "") -> None:
        """Close with a close frame."""
        self.closed.set()
        self.connection.close(code, reason)

    def die(self) -> None:
        """Cut the TCP connection: a reset, no close frame."""
        self.closed.set()
        linger = struct.pack("ii", 1, 0)
        self.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.socket.shutdown(socket.SHUT_RDWR)


class MassiveDouble:
    """The server, in threads of its own. `url` is where."""

    def __init__(
        self,
        key: str = "test-key",
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.key = key
        self.script = Script()
        self.clients: list[Client] = []
        self.accepted = 0
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._server: Server = serve(
            self._handle,
            host,
            port,
            ssl=tls,
            compression=None,
            ping_interval=None,
            close_timeout=0.5,
        )
        self.port = self._server.socket.getsockname()[1]
        self.url = f"{'wss' if tls else 'ws'}://{host}:{self.port}/stocks"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> MassiveDouble:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        for client in list(self.clients):
            client.connection.close()
        self._thread.join(5)

    # What a test does

    def wait_for(self, condition: Any, secs: float = 10.0) -> bool:
        """Wait until `condition(self)` holds."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), secs)

    def subscribed(self, topics: int, secs: float = 10.0) -> bool:
        """Wait until somebody has subscribed to so many topics."""
        return self.wait_for(
            lambda _: any(len(c.topics) >= topics and not c.closed.is_set() for c in self.clients),
            secs,
        )

    def send(self, messages: list[dict[str, Any]]) -> None:
        """One frame to every client with what it subscribed to; status goes to all."""
        for client in list(self.clients):
            chosen = [m for m in messages if m.get("ev") == "status" or client.wants(m)]
            if client.authenticated and chosen:
                client.send(chosen)

    def send_raw(self, text: str | bytes) -> None:
        """One frame of any bytes to all."""
        for client in list(self.clients):
            client.send_raw(text)

    def close_all(self, code: int = 1000, reason: str = "") -> None:
        """Close every connection, with a close frame."""
        for client in list(self.clients):
            client.close(code, reason)

    def kill_all(self) -> None:
        """Cut every connection, without one."""
        for client in list(self.clients):
            client.die()

    def slow_consumer(self) -> None:
        """Disconnect as a slow consumer is; code and words of that are not known."""
        self.close_all(1008, "slow consumer")

    # What the server does

    def _handle(self, connection: ServerConnection) -> None:
        client = Client(connection)
        try:
            self._talk(client)
        except (ConnectionClosed, OSError, EOFError):
            pass
        finally:
            with self._changed:
                client.closed.set()
                if client in self.clients:
                    self.clients.remove(client)
                self._changed.notify_all()

    def _talk(self, client: Client) -> None:
        script = self.script
        with self._changed:
            self.accepted += 1
            self._changed.notify_all()
        if script.never_greet:
            client.connection.recv()
        client.send([status("connected", "Connected Successfully")])
        if not self._authenticate(client):
            return
        with self._changed:
            self.clients.append(client)
            self._changed.notify_all()
        for text in client.connection:
            self._answer(client, json.loads(text))

    def _authenticate(self, client: Client) -> bool:
        script = self.script
        try:
            request = json.loads(client.connection.recv(script.auth_timeout_secs))
        except TimeoutError:
            client.send([status("auth_timeout", "No authentication request received.")])
            return False
        client.requests.append(request)
        if script.never_authenticate:
            client.connection.recv()
        wrong = request.get("action") != "auth" or request.get("params") != self.key
        if script.auth_failed or wrong:
            client.send([status("auth_failed", "authentication failed")])
            return False
        client.send([status("auth_success", "authenticated")])
        client.authenticated = True
        return True

    def _answer(self, client: Client, request: dict[str, str]) -> None:
        client.requests.append(request)
        asked = [topic for topic in request.get("params", "").split(",") if topic]
        if request.get("action") == "subscribe":
            self._subscribe(client, asked)
        elif request.get("action") == "unsubscribe":
            for topic in asked:
                if topic in client.topics:
                    client.topics.discard(topic)
                    client.send([status("success", f"unsubscribed to: {topic}")])
        with self._changed:
            self._changed.notify_all()
        if client.topics:
            self._misbehave(client)

    def _subscribe(self, client: Client, asked: list[str]) -> None:
        """Confirm each topic, whether or not its symbol exists; unknown channels, and those
        subscribed to already, get no answer."""
        for topic in asked:
            channel, _, symbol = topic.partition(".")
            if channel not in CHANNELS or not symbol or topic in client.topics:
                continue
            if channel in self.script.not_authorized:
                client.send([status("error", "not authorized")])
                continue
            with self._lock:
                client.topics.add(topic)
            if not self.script.silent_confirmations:
                confirmation = status("success", f"subscribed to: {topic}")
                client.send([confirmation, *self.script.data_with_confirmation])

    def _misbehave(self, client: Client) -> None:
        """The connection limit strikes only now, after all the confirmations."""
        script = self.script
        others = [c for c in list(self.clients) if c is not client and not c.closed.is_set()]
        if script.refuse_connections > 0:
            script.refuse_connections -= 1
            self._throw_out(client)
        elif others and script.victim == "new":
            self._throw_out(client)
        elif others and script.victim == "old":
            for other in others:
                self._throw_out(other)
        elif script.die_after_subscribe > 0:
            script.die_after_subscribe -= 1
            client.die()
        elif script.close_after_subscribe > 0:
            script.close_after_subscribe -= 1
            client.close(script.close_code)

    def _throw_out(self, client: Client) -> None:
        client.send([status("max_connections", MAX_CONNECTIONS)])
        client.close(1008, "max connections")


def _trickle(server: MassiveDouble, rate: float) -> None:
    """Made-up trades, `rate` a second over all topics, for as long as the program runs."""
    rng = random.Random(1)
    prices: dict[str, float] = {}
    while True:
        time.sleep(0.05)
        names = sorted({t.partition(".")[2] for c in server.clients for t in c.topics})
        names = [name for name in names if name != "*"] or ["AAPL", "MSFT", "BRK.B"]
        messages = []
        for _ in range(max(1, round(rate * 0.05))):
            name = rng.choice(names)
            prices[name] = prices.get(name, rng.uniform(20, 400)) * (1 + rng.gauss(0, 1e-4))
            odd = rng.random() < 0.15
            size = rng.randint(1, 99) if odd else 100
            conditions = [37] if odd else []
            messages.append(trade(name, round(prices[name], 2), size, c=conditions))
        server.send(messages)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=18080)
    parser.add_argument("--key", default="test-key")
    parser.add_argument("--rate", type=float, default=100.0, help="trades a second")
    options = parser.parse_args()
    with MassiveDouble(options.key, port=options.port) as server:
        print(f"{server.url} key {options.key}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            _trickle(server, options.rate)


if __name__ == "__main__":
    main()
