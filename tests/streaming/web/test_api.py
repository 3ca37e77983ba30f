"""The HTTP API of market data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from market.models import DailyBar, MinuteBar, Symbol
from patterns.models import IntradayPattern
from streaming.web.broadcast import Broadcast

pytestmark = pytest.mark.django_db

OPEN = datetime(2025, 6, 2, 13, 30, tzinfo=UTC)  # 09:30 in New York, a Monday


@pytest.fixture
def trader(client: Client) -> Client:
    client.force_login(User.objects.create_user("trader"))
    return client


@pytest.fixture(autouse=True)
def no_stream(monkeypatch: pytest.MonkeyPatch) -> Broadcast:
    """Nothing is published: the API knows what the database holds."""
    broadcast = Broadcast()
    monkeypatch.setattr("streaming.api.stream_state", lambda: (broadcast, {"connected": False}))
    return broadcast


@pytest.fixture
def apple() -> Symbol:
    return Symbol.objects.create(symbol="AAPL", name="Apple Inc.")


def bar(minute: int, price: float, **fields: Any) -> MinuteBar:
    values = {"open": price, "high": price + 1, "low": price - 1, "close": price + 0.5}
    values |= {"volume": 100.0, "vwap": price, "trade_count": 2} | fields
    moment = OPEN + timedelta(minutes=minute)
    return MinuteBar(symbol="AAPL", timestamp=moment, **values)


def store(*bars: MinuteBar) -> None:
    MinuteBar.objects.bulk_create(bars)


def detection(n: int, **fields: Any) -> IntradayPattern:
    values = {"pattern_type": "doji", "timeframe": "1m", "direction": "neutral", "confidence": 0.5}
    values |= {"price": 10.0, "state": "formed", "seq": n} | fields
    key = {"symbol": "AAPL", "timestamp": OPEN + timedelta(minutes=n), "detection_key": "doji:1m"}
    identity = f"00000000-0000-0000-0000-{n:012d}"
    return IntradayPattern(**key, detection_id=identity, detection_timestamp=OPEN, **values)


@pytest.mark.parametrize("path", ["/bars/AAPL", "/patterns/AAPL", "/streaming/api/status"])
def test_without_a_sign_in_the_answer_is_401(client, path):
    answer = client.get(path)
    assert answer.status_code == 401
    assert answer.json() == {"error": "Unauthorized", "detail": "Sign in to use the API."}


def test_minute_bars_come_oldest_first_and_the_newest_of_them(trader, apple):
    store(bar(0, 10), bar(1, 11), bar(3, 12))
    answer = trader.get("/bars/aapl?limit=2").json()
    assert answer["symbol"] == "AAPL"
    assert [found["timestamp"] for found in answer["bars"]] == [
        "2025-06-02T13:31:00.000Z",
        "2025-06-02T13:33:00.000Z",
    ]


def test_longer_bars_add_the_minutes_up(trader, apple):
    store(bar(0, 10), bar(4, 20, volume=300.0), bar(5, 30))
    first, second = trader.get("/bars/AAPL?timeframe=5m").json()["bars"]
    assert first == {
        "timestamp": "2025-06-02T13:30:00.000Z",
        "open": 10.0,
        "high": 21.0,
        "low": 9.0,
        "close": 20.5,
        "volume": 400.0,
        "vwap": (10 * 100 + 20 * 300) / 400,
        "trade_count": 4,
        "is_partial": False,
        "revision": 0,
    }
    assert second["timestamp"] == "2025-06-02T13:35:00.000Z"


@pytest.mark.parametrize("month", [1, 6])
def test_hours_begin_at_the_sessions_open_in_winter_and_in_summer(trader, apple, month):
    opens = datetime(2025, month, 2, 14 if month == 1 else 13, 30, tzinfo=UTC)
    for minute in (0, 59, 60):
        one = bar(0, 10)
        one.timestamp = opens + timedelta(minutes=minute)
        store(one)
    found = trader.get("/bars/AAPL?timeframe=1h").json()["bars"]
    starts = [datetime.fromisoformat(item["timestamp"]) for item in found]
    assert starts == [opens, opens + timedelta(hours=1)]


def test_a_limit_never_cuts_a_longer_bar_in_two(trader, apple):
    store(*(bar(n, 10 + n) for n in range(15)))
    (last,) = trader.get("/bars/AAPL?timeframe=5m&limit=1").json()["bars"]
    assert last["open"] == 20.0
    assert last["volume"] == 500.0


def test_today_is_added_to_the_stored_daily_bars(trader, apple):
    values = {"open": 1, "high": 2, "low": 1, "close": 2, "volume": 5}
    friday = datetime(2025, 5, 30, tzinfo=UTC)
    DailyBar.objects.create(symbol="AAPL", timestamp=friday, **values)
    store(bar(0, 10), bar(1, 11))
    found = trader.get("/bars/AAPL?timeframe=1d").json()["bars"]
    assert [item["close"] for item in found] == [2.0, 11.5]


def test_minutes_without_a_trade_are_filled_only_on_request_and_marked(trader, apple):
    store(bar(0, 10), bar(2, 12))
    assert len(trader.get("/bars/AAPL").json()["bars"]) == 2
    middle = trader.get("/bars/AAPL?fill=true").json()["bars"][1]
    assert middle["filled"] is True
    assert (middle["open"], middle["high"], middle["close"]) == (10.5, 10.5, 10.5)
    assert middle["volume"] == 0.0


def test_filling_stops_at_the_end_of_a_session(trader, apple):
    next_day = bar(0, 12)
    next_day.timestamp = OPEN + timedelta(days=1)
    store(bar(380, 10), next_day)
    assert len(trader.get("/bars/AAPL?fill=true").json()["bars"]) == 2


def test_an_unknown_symbol_is_404_with_a_near_match(trader, apple):
    answer = trader.get("/bars/APPL")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Unknown symbol 'APPL'. Did you mean 'AAPL'?"


def test_a_symbol_with_a_slash_is_known_by_its_bars(trader):
    one = bar(0, 10)
    one.symbol = "XRP/ETH"
    store(one)
    assert len(trader.get("/bars/XRP%2FETH").json()["bars"]) == 1


@pytest.mark.parametrize(
    "query", ["timeframe=2m", "limit=0", "limit=5001", "from=yesterday", "from=2025-06-02T10:00:00"]
)
def test_a_parameter_that_makes_no_sense_is_422_and_named(trader, apple, query):
    answer = trader.get(f"/bars/AAPL?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.json()["detail"]


def test_detections_are_paged_without_gap_or_repetition(trader, apple):
    IntradayPattern.objects.bulk_create([detection(n) for n in range(1, 6)])
    seqs, cursor = [], ""
    while cursor is not None:
        query = f"?limit=2{f'&cursor={cursor}' if cursor else ''}"
        page = trader.get(f"/patterns/AAPL{query}").json()
        seqs += [pattern["seq"] for pattern in page["patterns"]]
        cursor = page["next_cursor"]
    assert seqs == [5, 4, 3, 2, 1]


def test_a_detection_comes_with_what_a_chart_draws_of_it(trader, apple):
    data = {
        "levels": {"trigger": 11.0, "stop": 9.0, "target": 14.0},
        "geometry": {"pivots": {"low": [1748871000000, 9.0]}, "lines": {}},
        "parts": {"fit": 0.5},
    }
    kept = data | {"holds": True, "bars": [1]}
    IntradayPattern.objects.bulk_create([detection(1, pattern_data=kept), detection(2)])
    plain, drawn = trader.get("/patterns/AAPL").json()["patterns"]
    assert {name: drawn[name] for name in data} == data
    assert not set(data) & set(plain)


def test_a_cursor_that_is_none_of_ours_is_400(trader, apple):
    for cursor in ("x", "////", "MjAyNQ"):
        answer = trader.get(f"/patterns/AAPL?cursor={cursor}")
        assert answer.status_code == 400
        assert answer.json()["error"] == "Bad Request"


def test_the_daily_tier_has_no_intraday_detections(trader, apple):
    IntradayPattern.objects.bulk_create([detection(1)])
    assert trader.get("/patterns/AAPL?tier=daily").json()["patterns"] == []


def test_the_dashboard_gets_sparklines_names_detections_and_the_clock(trader, apple):
    store(bar(0, 10), bar(1, 11), bar(2, 12))
    IntradayPattern.objects.bulk_create([detection(1), detection(2)])
    answer = trader.get("/streaming/api/dashboard").json()
    assert answer["symbols"] == [
        {"symbol": "AAPL", "name": "Apple Inc.", "sector": "", "spark": [10.5, 12.5]}
    ]
    assert [pattern["seq"] for pattern in answer["detections"]] == [2, 1]
    assert len(answer["rates"]) == 3
    assert answer["market"]["zone"] == "America/New_York"


def test_a_silent_stream_is_offline(trader, no_stream):
    assert trader.get("/streaming/api/status").json()["status"] == "offline"
    no_stream.health = {"status": "healthy"}
    no_stream.health_ms = datetime.now(UTC).timestamp() * 1000
    assert trader.get("/streaming/api/status").json()["status"] == "online"


def test_an_unexpected_error_is_json_without_a_traceback(trader, monkeypatch):
    def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("streaming.api.stream_state", broken)
    answer = trader.get("/streaming/api/status")
    assert answer.status_code == 500
    assert b"secret" not in answer.content


def test_the_openapi_document_names_every_endpoint(trader):
    paths = trader.get("/api/openapi.json").json()["paths"]
    assert {"/bars/{symbol}", "/patterns/{symbol}", "/streaming/api/status"} <= set(paths)


def test_longer_indicators_are_computed_from_longer_bars(trader, apple):
    store(*(bar(n, 10 + n / 10) for n in range(120)))
    closes = [item["close"] for item in trader.get("/bars/AAPL?timeframe=5m").json()["bars"]]
    found = trader.get("/indicators/AAPL?timeframe=5m").json()["indicators"]
    assert [item["timeframe"] for item in found] == ["5m"] * 24
    assert found[0]["bar_timestamp"] == "2025-06-02T15:25:00.000Z"
    # By hand: the mean of the last twenty closes.
    assert found[0]["values"]["SMA_20"] == pytest.approx(sum(closes[-20:]) / 20)
    assert "SMA_20" not in found[-1]["values"]


def test_a_longer_bar_that_still_grows_has_no_indicators_yet(trader, apple):
    store(*(bar(n, 10) for n in range(13)))  # 13:42 is the newest minute, of 13:40 to 13:45
    found = trader.get("/indicators/AAPL?timeframe=5m").json()["indicators"]
    assert found[0]["bar_timestamp"] == "2025-06-02T13:35:00.000Z"


def test_the_session_vwap_of_longer_bars_is_that_of_their_minutes(trader, apple):
    store(bar(0, 10, volume=100.0), bar(1, 20, volume=300.0), bar(9, 40, volume=100.0))
    (last, first) = trader.get("/indicators/AAPL?timeframe=5m").json()["indicators"]
    assert first["values"]["VWAP"] == pytest.approx((10 * 100 + 20 * 300) / 400)
    assert last["values"]["VWAP"] == pytest.approx((10 * 100 + 20 * 300 + 40 * 100) / 500)


def test_daily_indicators_are_of_the_daily_tier(trader, apple):
    values = {"open": 1, "high": 2, "low": 1, "volume": 5}
    days = [datetime(2025, 3, 3, tzinfo=UTC) + timedelta(days=n) for n in range(30)]
    DailyBar.objects.bulk_create(
        DailyBar(symbol="AAPL", timestamp=day, close=1 + n / 30, **values)
        for n, day in enumerate(days)
    )
    store(bar(0, 10))  # the clock has gone on since
    found = trader.get("/indicators/AAPL?timeframe=1d&tier=daily").json()["indicators"]
    assert len(found) == 30
    assert found[0]["values"]["SMA_20"] == pytest.approx(
        sum(1 + n / 30 for n in range(10, 30)) / 20
    )
    assert trader.get("/indicators/AAPL?timeframe=1d&tier=intraday").json()["indicators"] == []


def test_computed_indicators_are_paged_without_gap_or_repetition(trader, apple):
    store(*(bar(n, 10 + n % 7) for n in range(60)))
    whole = trader.get("/indicators/AAPL?timeframe=5m").json()["indicators"]
    paged, cursor = [], ""
    while cursor is not None:
        query = f"&limit=5{f'&cursor={cursor}' if cursor else ''}"
        page = trader.get(f"/indicators/AAPL?timeframe=5m{query}").json()
        paged += page["indicators"]
        cursor = page["next_cursor"]
    assert [item["bar_timestamp"] for item in paged] == [item["bar_timestamp"] for item in whole]
    since = whole[3]["bar_timestamp"]
    late = trader.get("/indicators/AAPL", {"timeframe": "5m", "from": since}).json()["indicators"]
    assert late == whole[:4]


@pytest.mark.parametrize("timeframe", ["5m", "1d"])
def test_a_symbol_without_bars_has_no_computed_indicators(trader, apple, timeframe):
    answer = trader.get(f"/indicators/AAPL?timeframe={timeframe}")
    assert answer.json() == {"symbol": "AAPL", "indicators": [], "next_cursor": None}
