"""A client that stops reading, over a real socket: it holds up nobody, and loses no detection."""

from __future__ import annotations

import base64
import http.cookiejar
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

import psutil
import pytest

from tests.browser.conftest import NAME, PASSWORD, Server

pytestmark = pytest.mark.slow

DETECTIONS = 6_000  # more than the hub keeps: the rest comes from the database
PRICE_FRAMES, SYMBOLS = 150, 6_000
MOST_GROWTH_MB = 80
LITTLE = 4096


def signed_in_cookie(url: str) -> str:
    """A session's cookie, had through the form."""
    jar = http.cookiejar.CookieJar()
    opener = build_opener(HTTPCookieProcessor(jar))
    opener.open(f"{url}/sign-in/").close()
    csrf = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = {"username": NAME, "password": PASSWORD, "csrfmiddlewaretoken": csrf}
    opener.open(f"{url}/sign-in/", urlencode(form).encode()).close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


class Client:
    """A WebSocket by hand, so that nothing reads unless the test does."""

    def __init__(self, url: str, path: str, cookie: str, buffer: int | None = None) -> None:
        where = urlsplit(url)
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(20)
        self.socket.connect((where.hostname, where.port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: {cookie}\r\n\r\n".encode()
        )
        self.stream = self.socket.makefile("rb")
        assert b"101" in self.stream.readline()
        while self.stream.readline() != b"\r\n":
            pass

    def say(self, **message: object) -> None:
        """Send one masked frame."""
        text, mask = json.dumps(message).encode(), os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(text))
        self.socket.sendall(bytes([0x81, 0x80 | len(text)]) + mask + masked)

    def messages(self) -> Iterator[dict]:
        """What the server sends, until the socket ends or is silent for long."""
        while head := self.stream.read(2):
            size = head[1] & 0x7F
            if size > 125:
                layout = ">H" if size == 126 else ">Q"
                (size,) = struct.unpack(layout, self.stream.read(struct.calcsize(layout)))
            body = self.stream.read(size)
            if head[0] & 0x0F == 1:
                yield json.loads(body) | {"size": size}

    def close(self) -> None:
        self.socket.close()


class Reader(threading.Thread):
    """A client that reads as it should: which detections came, and when the last one did."""

    def __init__(self, client: Client) -> None:
        super().__init__(daemon=True)
        self.client, self.seqs, self.prices = client, [], 0
        self.start()

    def run(self) -> None:
        try:
            for message in self.client.messages():
                if message["type"] == "pattern_detected":
                    self.seqs.append(message["pattern"]["seq"])
                self.prices += message["type"] == "prices"
        except (OSError, ValueError):
            return  # closed by the test


def memory_mb(server: Server) -> float:
    assert server.process is not None
    return psutil.Process(server.process.pid).memory_info().rss / 2**20


def flood(stream) -> list[int]:
    """Detections and large price frames, published together; the detections' `seq`s."""
    before_history = int(time.time() // 60) - DETECTIONS - 200
    start, seqs = before_history * 60_000, []
    names = [f"SYM{number}" for number in range(SYMBOLS)]
    for number in range(DETECTIONS):
        minute = start + number * 60_000
        found = stream.detect("AAPL", "doji", "neutral", minute, 9.5, publish=True)
        seqs.append(found["seq"])
        if number % (DETECTIONS // PRICE_FRAMES) == 0:
            prices = {name: [number + 1.5, 0.25, number, minute] for name in names}
            stream.publish("prices", "prices", prices=prices, sent_ms=minute)
    return seqs


def until(condition, secs: float = 15.0) -> bool:
    end = time.monotonic() + secs
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())


def test_a_client_that_never_reads_is_bounded_and_later_gets_every_detection(server, stream):
    stream.start()
    cookie = signed_in_cookie(server.url)
    slow = Client(server.url, "/ws/patterns/", cookie, LITTLE)
    slow_prices = Client(server.url, "/ws/streaming/", cookie, LITTLE)
    quick = Reader(Client(server.url, "/ws/patterns/", cookie))
    quick_prices = Reader(Client(server.url, "/ws/streaming/", cookie))
    time.sleep(1)
    before = memory_mb(server)
    published = flood(stream)

    assert until(lambda: len(quick.seqs) >= DETECTIONS)
    assert quick.seqs == published, "the quick client is not unaffected"
    assert quick_prices.prices > 20
    assert memory_mb(server) - before < MOST_GROWTH_MB

    late: list[int] = []
    for message in slow.messages():
        if message["type"] == "pattern_detected":
            late.append(message["pattern"]["seq"])
        if len(set(late)) == DETECTIONS:
            break
    assert sorted(set(late)) == published
    assert late == sorted(late), "a detection came out of order"

    # Of the prices it gets those that its buffers held, and then what is newest.
    newest, received = 0.0, 0
    for message in slow_prices.messages():
        received += message["size"]
        newest = message.get("prices", {}).get("SYM1", [newest])[0]
        if newest == max(range(0, DETECTIONS, DETECTIONS // PRICE_FRAMES)) + 1.5:
            break
    frame = SYMBOLS * 30
    assert received < PRICE_FRAMES * frame / 2, "prices were queued, not replaced"
    for client in (slow, slow_prices, quick.client, quick_prices.client):
        client.close()
