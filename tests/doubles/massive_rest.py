"""A stand-in for Massive's REST API: a real HTTP server that does what the real one does.

In a test:

    with MassiveRestDouble(Market(daily=daily_bars([...])), key="k") as server:
        server.script.fail_next = ["500", "cut"]        what goes wrong, and when
        server.asked["grouped"]                         how often it was asked for what

By itself, for runs from end to end and for benchmarks:

    python -m tests.doubles.massive_rest --port 18090 --data FILE.parquet

The endpoints are those of `massive.md`; each trap there is what it does, or a switch in `Script`.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import json
import random
import socket
import struct
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.doubles.massive_market import Market, Row, from_parquet

TOO_MANY = (
    "You've exceeded the maximum requests per minute, please wait or upgrade your subscription "
    "to continue. https://massive.com/pricing"
)
FAILURES = ("500", "502", "503", "499", "429", "cut", "truncated", "half_json", "garbage")
DROP_BYTES, DROP_SECS = 20, 0.02
MOST_BARS, USUAL_BARS = 50_000, 5_000
MOST_ROWS, USUAL_ROWS = 1_000, 100
REQUESTS_KEPT = 100_000


@dataclass
class Script:
    """What the server does wrong. All of it can be changed while it runs.

    per_minute: requests that a key may make within any minute; None allows any number.
    retry_after: the header of a 429. fail_next: failures of the next requests, one each, see
    `FAILURES`; "drops" is an answer that comes drop by drop. fail_share: of all other requests,
    at random, with one of `fail_with`. forbidden: beginnings of paths that the plan does not have.
    page_rows: a page has no more. next_host: where the next page is said to be. odd_rows: are put
    at the end of every page's results. slow_secs: before every answer. echo_key: the answer to a
    wrong key repeats it.
    """

    per_minute: int | None = None
    retry_after: str | None = None
    fail_next: list[str] = field(default_factory=list)
    fail_share: float = 0.0
    fail_with: tuple[str, ...] = FAILURES
    forbidden: tuple[str, ...] = ()
    page_rows: int | None = None
    next_host: str = ""
    odd_rows: list[Any] = field(default_factory=list)
    slow_secs: float = 0.0
    echo_key: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in. `query` is that of the first page also for the others."""

    path: str
    query: dict[str, str]
    key: str
    offset: int


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, code: int, /, **body: Any) -> None:
        super().__init__(code)
        self.code, self.body = code, body


class MassiveRestDouble:
    """The server, in threads of its own. `url` is where.

    asked: how often it was asked for what, failures included; `requests`: the last of them.
    """

    def __init__(
        self,
        market: Market | None = None,
        key: str = "test-key",
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 1,
    ) -> None:
        self.market = market or Market()
        self.key = key
        self.script = Script()
        self.asked: Counter[str] = Counter()
        self.requests: deque[Request] = deque(maxlen=REQUESTS_KEPT)
        self.open: set[socket.socket] = set()
        self._rng = random.Random(seed)
        self._times: deque[float] = deque()
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"double": self})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> MassiveRestDouble:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    # What the server does

    def answer(self, request: Request) -> Any:
        """The body of an answer. Raises Refused."""
        what, reply = _endpoint(request.path)
        with self._lock:
            self.asked[what] += 1
            self.requests.append(request)
        self._check(request)
        return reply(self, request)

    def failure(self) -> str:
        """What goes wrong with this request; empty for nothing."""
        with self._lock:
            if self.script.fail_next:
                return self.script.fail_next.pop(0)
            if self._rng.random() < self.script.fail_share:
                return self._rng.choice(self.script.fail_with)
        return ""

    def _check(self, request: Request) -> None:
        if request.key != self.key:
            echo = f" {request.key}" if self.script.echo_key else ""
            raise Refused(401, status="ERROR", error=f"Unknown API Key{echo}")
        if request.path.startswith(self.script.forbidden or ("\0",)):
            words = "You are not entitled to this data. Please upgrade your plan"
            raise Refused(403, status="NOT_AUTHORIZED", message=words)
        if self.script.per_minute is not None and self._too_many(self.script.per_minute):
            raise Refused(429, status="ERROR", error=TOO_MANY)

    def _too_many(self, per_minute: int) -> bool:
        with self._lock:
            now = time.monotonic()
            while self._times and self._times[0] <= now - 60:
                self._times.popleft()
            if len(self._times) >= per_minute:
                return True
            self._times.append(now)
            return False

    def page(self, request: Request, rows: list[Any], usual: int, most: int) -> Row:
        """One page of `rows`, from the request's offset on; without `results` where it is empty."""
        limit = int(request.query.get("limit", usual))
        size = min(limit, most, self.script.page_rows or most)
        start, end = request.offset, request.offset + size
        part = rows[start:end] + self.script.odd_rows
        body: Row = {"status": "OK", "request_id": uuid.uuid4().hex, "count": len(part)}
        if part:
            body["results"] = part
        if end < len(rows):
            body["next_url"] = self._next_url(request, end)
        return body

    def _next_url(self, request: Request, offset: int) -> str:
        cursor = json.dumps([request.query, offset]).encode()
        place = self.script.next_host or self.url
        return f"{place}{request.path}?cursor={base64.urlsafe_b64encode(cursor).decode()}"


# The endpoints


def _range(double: MassiveRestDouble, request: Request) -> Row:
    _, _, _, _, symbol, _, multiplier, span, first, last = request.path.split("/")
    if multiplier != "1" or span not in ("minute", "day"):
        raise Refused(400, status="ERROR", error=f"The timespan {span!r} is not kept here")
    _check_days(first, last)
    adjusted = request.query.get("adjusted", "true") != "false"
    symbol = unquote(symbol)
    if span == "day":
        rows = double.market.day_range(symbol, first, last, adjusted)
    else:
        rows = double.market.minute_range(symbol, first, last)
    if request.query.get("sort") == "desc":
        rows.reverse()
    body = double.page(request, rows, USUAL_BARS, MOST_BARS)
    return {"ticker": symbol, "adjusted": adjusted, "queryCount": len(rows)} | body


def _grouped(double: MassiveRestDouble, request: Request) -> Row:
    day = request.path.rpartition("/")[2]
    _check_days(day)
    adjusted = request.query.get("adjusted", "true") != "false"
    rows = double.market.day_of_all(day, adjusted) + double.script.odd_rows
    body: Row = {"queryCount": len(rows), "resultsCount": len(rows), "adjusted": adjusted}
    return body | ({"results": rows} if rows else {}) | {"status": "OK", "count": len(rows)}


def _tickers(double: MassiveRestDouble, request: Request) -> Row:
    active = request.query.get("active", "true") == "true"
    rows = [row for row in double.market.tickers if row.get("active", True) is active]
    if name := request.query.get("ticker"):
        rows = [row for row in rows if row.get("ticker") == name]
    return double.page(request, rows, USUAL_ROWS, MOST_ROWS)


def _splits(double: MassiveRestDouble, request: Request) -> Row:
    rows = _filtered(double.market.splits, request.query, "execution_date")
    return double.page(request, rows, USUAL_ROWS, MOST_ROWS)


def _dividends(double: MassiveRestDouble, request: Request) -> Row:
    rows = _filtered(double.market.dividends, request.query, "ex_dividend_date")
    return double.page(request, rows, USUAL_ROWS, MOST_ROWS)


def _upcoming(double: MassiveRestDouble, request: Request) -> list[Row]:
    return list(double.market.upcoming)


def _now(double: MassiveRestDouble, request: Request) -> Row:
    return double.market.now


def _nothing(double: MassiveRestDouble, request: Request) -> Row:
    raise Refused(404, status="NOT_FOUND", message="404 page not found")


Reply = Callable[[MassiveRestDouble, Request], Any]
ENDPOINTS: dict[str, tuple[str, Reply]] = {
    "/v2/aggs/ticker/": ("range", _range),
    "/v2/aggs/grouped/locale/us/market/stocks/": ("grouped", _grouped),
    "/v3/reference/tickers": ("tickers", _tickers),
    "/v3/reference/splits": ("splits", _splits),
    "/v3/reference/dividends": ("dividends", _dividends),
    "/v1/marketstatus/upcoming": ("upcoming", _upcoming),
    "/v1/marketstatus/now": ("now", _now),
}


def _endpoint(path: str) -> tuple[str, Reply]:
    for beginning, endpoint in ENDPOINTS.items():
        if path.startswith(beginning):
            return endpoint
    return "nothing", _nothing


def _filtered(rows: Any, query: dict[str, str], column: str) -> list[Row]:
    """The rows of a symbol and of days, the newest first unless `order` says otherwise."""
    first, last = query.get(f"{column}.gte", ""), query.get(f"{column}.lte", "9999")
    symbol = query.get("ticker")
    found = [
        row for row in rows if first <= str(row[column]) <= last and symbol in (None, row["ticker"])
    ]
    found.sort(key=lambda row: str(row[column]), reverse=query.get("order") != "asc")
    return found


def _check_days(*days: str) -> None:
    for day in days:
        try:
            time.strptime(day, "%Y-%m-%d")
        except ValueError:
            words = f"Could not parse the time parameter: {day!r}. Use YYYY-MM-DD."
            raise Refused(400, status="ERROR", error=words) from None


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP."""

    double: MassiveRestDouble
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece: two would wait for each other's confirmation

    def setup(self) -> None:
        super().setup()
        self.double.open.add(self.connection)

    def finish(self) -> None:
        self.double.open.discard(self.connection)
        super().finish()

    def handle(self) -> None:
        """All requests of a connection, until either side is gone."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """Answer, or do what goes wrong instead."""
        script = self.double.script
        time.sleep(script.slow_secs)
        try:
            status, body = 200, self.double.answer(self._request())
            if failure := self.double.failure():
                self._fail(failure, json.dumps(body).encode())
                return
        except Refused as refused:
            status, body = refused.code, {"request_id": uuid.uuid4().hex} | refused.body
        self._send(status, json.dumps(body).encode())

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        query, offset = dict(parse_qsl(parts.query)), 0
        if cursor := query.get("cursor"):
            try:
                query, offset = json.loads(base64.urlsafe_b64decode(cursor))
            except (binascii.Error, ValueError):
                raise Refused(400, status="ERROR", error="bad cursor") from None
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return Request(parts.path, query, key, offset)

    def _fail(self, failure: str, body: bytes) -> None:
        if failure == "cut":
            self._cut()
        elif failure == "truncated":
            self._send(200, body, body[: len(body) // 2])
            self._cut()
        elif failure == "half_json":
            self._send(200, body[: len(body) // 2])
        elif failure == "drops":
            self._send(200, body, b"")
            for at in range(0, len(body), DROP_BYTES):
                self.wfile.write(body[at : at + DROP_BYTES])
                self.wfile.flush()
                time.sleep(DROP_SECS)
        elif failure == "garbage":
            self._send(200, b"<html><body>Please stand by</body></html>")
        elif failure == "429":
            self._send(429, json.dumps({"status": "ERROR", "error": TOO_MANY}).encode())
        else:
            self._send(int(failure), b'{"status":"ERROR","error":"internal error"}')

    def _send(self, status: int, body: bytes, sent: bytes | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == 429 and self.double.script.retry_after is not None:
            self.send_header("Retry-After", self.double.script.retry_after)
        self.end_headers()
        self.wfile.write(body if sent is None else sent)

    def _cut(self) -> None:
        """A reset in place of the rest."""
        self.wfile.flush()
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=18090)
    parser.add_argument("--key", default="test-key")
    parser.add_argument("--data", type=Path, required=True, help="a Parquet file of daily bars")
    parser.add_argument("--per-minute", type=int, help="requests a minute; unbounded without it")
    parser.add_argument("--fail-share", type=float, default=0.0, help="of all requests")
    parser.add_argument("--seed", type=int, default=1, help="of which requests fail")
    options = parser.parse_args()
    market = from_parquet(options.data)
    with MassiveRestDouble(market, options.key, port=options.port, seed=options.seed) as server:
        server.script.per_minute = options.per_minute
        server.script.fail_share = options.fail_share
        print(f"{server.url} key {options.key}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
