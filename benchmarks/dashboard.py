"""The dashboard: how soon it is there, and how long each of its queries takes.

    python -m benchmarks dashboard

The database holds two sessions of 500 symbols: bars and indicators of every minute and of every
five, and detections on one bar in five; a year of daily bars with theirs. The page is opened in
chromium where there is one (until prices, chart and detections are drawn), else fetched with
everything that it asks for. Queries are those of every page and every request of the dashboard,
each timed where Django sends it.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.figures import Figure
from benchmarks.rounds import seconds, spread

SYMBOLS, QUICK_SYMBOLS = 500, 20
SESSION_MINUTES, QUICK_MINUTES = 390, 30
ROUNDS, QUICK_ROUNDS = 7, 1
LOAD_GOAL_SECS, QUERY_GOAL_MS = 2.0, 50.0
SYMBOL = "AAPL"
PAGES = (
    "/",
    f"/symbols/{SYMBOL}",
    "/health",
    "/streaming/api/status",
    "/streaming/api/dashboard",
    *(f"/bars/{SYMBOL}?timeframe={length}&limit=500" for length in ("1m", "5m", "15m", "1h", "1d")),
    f"/patterns/{SYMBOL}?limit=200",
    f"/patterns/{SYMBOL}?timeframe=5m&limit=200",
    f"/patterns/{SYMBOL}?tier=daily&state=formed&limit=200",
    *(f"/indicators/{SYMBOL}?timeframe={length}&limit=500" for length in ("1m", "5m", "1h", "1d")),
    f"/indicators/{SYMBOL}?names=all&limit=500",
)
ASKED_BY_THE_PAGE = (
    "/streaming/api/dashboard",
    f"/bars/{SYMBOL}?timeframe=1m&limit=500",
    f"/patterns/{SYMBOL}?timeframe=1m&limit=200",
    f"/indicators/{SYMBOL}?timeframe=1m&limit=500",
)
DRAWN = """() => document.querySelectorAll('[role=row]').length > 10
    && document.querySelectorAll('canvas').length > 0
    && /[0-9]/.test(document.querySelector('[data-stage=price]').textContent)"""

MINUTES = "generate_series(0, {minutes} - 1) AS minute"
WHEN = """(date_trunc('day', now()) - interval '1 day' * day
    + interval '14 hours 30 minutes' + interval '1 minute' * minute)"""
DAYS = "generate_series(1, 2) AS day"
NAMES = """(
    SELECT symbol FROM universe_members WHERE universe = '{universe}' ORDER BY rank LIMIT {symbols}
) AS names"""
BARS = f"""
INSERT INTO ohlcv_1min
    (symbol, timestamp, open, high, low, close, volume, vwap, trade_count, source)
SELECT symbol, {WHEN}, price, price + 0.05, price - 0.05, price + 0.01, 1000, price, 10,
    'synthetic'
FROM {NAMES}, {DAYS}, {MINUTES}, LATERAL (SELECT 100 + sin(minute / 30.0) AS price) AS made
"""
INDICATOR_SET = """
INSERT INTO indicator_sets (names) VALUES (%s)
ON CONFLICT (names) DO UPDATE SET names = excluded.names RETURNING id
"""
INDICATORS = f"""
INSERT INTO intraday_indicator_values
    (symbol, timeframe, timestamp, set_id, values, calculation_timestamp)
SELECT symbol, timeframe, {WHEN}, {{set_id}}, {{values}}, {WHEN} + interval '1 minute'
FROM {NAMES}, {DAYS}, {MINUTES},
    LATERAL (VALUES ('1m', 1), ('5m', 5)) AS bars (timeframe, length) WHERE minute % length = 0
"""
DETECTIONS = f"""
INSERT INTO intraday_patterns (symbol, timestamp, detection_key, detection_id, pattern_type,
    timeframe, direction, confidence, price, detection_timestamp, state_timestamp, pattern_data)
SELECT symbol, {WHEN}, 'doji:' || timeframe, gen_random_uuid(), 'doji', timeframe, 'neutral', 0.7,
    100, {WHEN} + interval '1 minute', {WHEN} + interval '1 minute',
    '{{{{"parts": {{{{"body": 0.1}}}}, "price": 100, "bars": [0], "holds": true}}}}'
FROM {NAMES}, {DAYS}, {MINUTES}, LATERAL (VALUES ('1m', 1), ('5m', 5)) AS bars (timeframe, length)
WHERE (minute + ascii(symbol)) % 5 = 0 AND minute % length = 0
"""
YEAR = "generate_series(3, 252) AS day"
DATE = "(date_trunc('day', now()) - interval '1 day' * day)"
DAILY_BARS = f"""
INSERT INTO ohlcv_daily (symbol, timestamp, open, high, low, close, volume, source)
SELECT symbol, {DATE}, 100, 101, 99, 100, 1000, 'synthetic' FROM {NAMES}, {YEAR}
"""
DAILY_INDICATORS = f"""
INSERT INTO daily_indicator_values
    (symbol, timeframe, timestamp, set_id, values, calculation_timestamp)
SELECT symbol, '1d', {DATE}, {{set_id}}, {{values}}, now() FROM {NAMES}, {YEAR}
"""
DAILY_DETECTIONS = f"""
INSERT INTO daily_patterns (symbol, timestamp, detection_key, detection_id, pattern_type,
    timeframe, direction, confidence, price, detection_timestamp, state, life)
SELECT symbol, {DATE}, 'doji:1d', gen_random_uuid(), 'doji', '1d', 'neutral', 0.7, 100, now(),
    'expired', '[["expired", 0]]' FROM {NAMES}, {YEAR} WHERE (day + ascii(symbol)) % 7 = 0
"""
FILL = (BARS, INDICATORS, DETECTIONS, DAILY_BARS, DAILY_INDICATORS, DAILY_DETECTIONS)


def measure(*, quick: bool) -> list[Figure]:
    """Seconds to the drawn page, and milliseconds of the slowest query."""
    from benchmarks import shared

    shared.set_up_django("web")
    shared.clear()
    from benchmarks import processes

    _fill(quick)
    headers = processes.make_user()
    rounds = QUICK_ROUNDS if quick else ROUNDS
    settings = {
        "SYNTHETIC_TICKER_COUNT": str(QUICK_SYMBOLS if quick else SYMBOLS),
        "SYNTHETIC_HISTORY_MINUTES": "0",
        "STREAMING_UNIVERSE": "market_leaders:top_500",
        "HEALTH_INTERVAL": "1",
    }
    arguments = ("manage.py", "stream_ticks", "--source", "synthetic", "--ignore-market-hours")
    debug = "" if (processes.PROJECT / "staticfiles").is_dir() else "1"
    with (
        processes.process("stream", *arguments, **settings),
        processes.web(DEBUG=debug) as (_, url),
    ):
        processes.await_prices(url, headers)
        fetched = [seconds(lambda: _fetch(url, headers)) for _ in range(rounds)]
        drawn = _drawn(url, headers, rounds) or fetched
        queries = _queries(headers, rounds)
    return [_load(drawn, fetched), _query(queries)]


def _fill(quick: bool) -> None:
    import os

    import psycopg
    from django.conf import settings

    names = list(settings.INDICATORS_STORED)
    fill = {
        "symbols": QUICK_SYMBOLS if quick else SYMBOLS,
        "minutes": QUICK_MINUTES if quick else SESSION_MINUTES,
        "universe": "market_leaders:top_500",
        "values": "ARRAY[" + ",".join(["50.5"] * len(names)) + "]",
    }
    with psycopg.connect(os.environ["DATABASE_READWRITE_URL"]) as connection:
        row = connection.execute(INDICATOR_SET, [names]).fetchone()
        assert row is not None
        for statement in FILL:
            connection.execute(statement.format(set_id=row[0], **fill))  # type: ignore[arg-type]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("ANALYZE")


def _load(drawn: list[float], fetched: list[float]) -> Figure:
    in_browser = drawn is not fetched
    return Figure(
        name="dashboard load" + (", drawn in chromium" if in_browser else ", everything fetched"),
        value=median(drawn),
        unit="s",
        goal=LOAD_GOAL_SECS,
        reference=median(fetched),
        reference_name="everything fetched, one after the other",
        spread=spread(drawn),
    )


def _query(queries: Mapping[tuple[str, str], list[float]]) -> Figure:
    slowest = sorted(
        ((median(times), page, query) for (page, query), times in queries.items()), reverse=True
    )
    return Figure(
        name="slowest query of the dashboard",
        value=slowest[0][0],
        unit="ms",
        goal=QUERY_GOAL_MS,
        reference=_bare_ms(),
        reference_name="SELECT 1",
        detail={
            "queries": len(slowest),
            **{f"{page} {_table(query)}, ms": taken for taken, page, query in slowest[:5]},
        },
    )


def _table(query: str) -> str:
    found = re.search(r'\bFROM "?(\w+)', query)
    return found.group(1) if found else query[:20]


def _fetch(url: str, headers: Mapping[str, str]) -> None:
    """The page, what it links, and what its scripts ask for."""
    page = _get(url + "/", headers)
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        _get(url + path, headers)
    for path in ASKED_BY_THE_PAGE:
        _get(url + path, headers)


def _get(url: str, headers: Mapping[str, str]) -> str:
    with urlopen(Request(url, headers=dict(headers)), timeout=30) as answer:
        return str(answer.read().decode(errors="replace"))


def _drawn(url: str, headers: Mapping[str, str], rounds: int) -> list[float]:
    """Seconds from the address to a page that shows prices, a chart and its rows."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return []
    if chromium is None:
        return []
    name, _, value = headers["Cookie"].partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        taken = []
        for _ in range(rounds):
            context = browser.new_context()  # with an empty cache
            context.add_cookies([{"name": name, "value": value, "url": url}])
            page = context.new_page()
            taken.append(seconds(lambda page=page: _open(page, url)))
            context.close()
        browser.close()
    return taken


def _open(page: Any, url: str) -> None:
    page.goto(url + "/", wait_until="commit")
    page.wait_for_function(DRAWN, timeout=30_000)


def _queries(headers: Mapping[str, str], rounds: int) -> Mapping[tuple[str, str], list[float]]:
    """Milliseconds of each query of each page."""
    from django.db import connections
    from django.test import Client

    client = Client(headers={"host": "localhost", **headers})
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    for page in PAGES:
        client.get(page)
        for _ in range(rounds):
            timer = _Timer()
            with contextlib.ExitStack() as stack:
                for connection in connections.all():
                    stack.enter_context(connection.execute_wrapper(timer))
                answer = client.get(page)
            assert answer.status_code == 200, (page, answer.status_code)
            for query, secs in timer.found:
                times[page, query].append(secs * 1e3)
    return times


def _bare_ms() -> float:
    """The shortest question that a database can be asked."""
    from django.db import connection

    with connection.cursor() as cursor:
        return median(seconds(lambda: cursor.execute("SELECT 1")) * 1e3 for _ in range(9))


class _Timer:
    """An execute wrapper of Django's: notes each statement and its seconds."""

    def __init__(self) -> None:
        self.found: list[tuple[str, float]] = []

    def __call__(
        self, execute: Callable[..., Any], statement: str, params: Any, many: bool, context: Any
    ) -> Any:
        begun = time.perf_counter()
        made = execute(statement, params, many, context)
        self.found.append((_shape(str(statement)), time.perf_counter() - begun))
        return made


def _shape(statement: str) -> str:
    """The statement without its values, so that rounds of one query are one."""
    return re.sub(r"'[^']*'|\b\d[\d.]*\b", "?", statement)
