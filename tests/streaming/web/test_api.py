"""The HTTP API of market data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from market.models import AdjustedHistory, DailyBar, Dividend, Split
from patterns.models import IntradayPattern
from streaming.web.broadcast import Broadcast
from tests.streaming.web.market import OPEN, bar, detection, store

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_stream(monkeypatch: pytest.MonkeyPatch) -> Broadcast:
    """Nothing is published: the API knows what the database holds."""
    broadcast = Broadcast()
    monkeypatch.setattr("streaming.api.stream_state", lambda: (broadcast, {"connected": False}))
    return broadcast


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


def test_bars_belong_to_a_span_by_their_start_and_are_never_cut(trader, apple):
    store(*(bar(n, 10 + n) for n in range(15)))
    query = {"timeframe": "5m", "from": "2025-06-02T13:32:00Z", "to": "2025-06-02T13:41:00Z"}
    found = trader.get("/bars/AAPL", query).json()["bars"]
    starts = [item["timestamp"][14:16] for item in found]
    assert starts == ["35", "40"]
    assert found[1]["volume"] == 500.0


def test_hours_outside_sessions_begin_at_midnight_as_the_stream_adds_them_up(trader, apple):
    night = {one: datetime(2025, 6, 2, 4, one, tzinfo=UTC) for one in (10, 40)}
    evening = bar(0, 9)
    evening.timestamp = datetime(2025, 6, 2, 20, 10, tzinfo=UTC)  # ten past four, all is over
    for moment in night.values():
        one = bar(0, 10)
        one.timestamp = moment
        store(one)
    store(bar(385, 11), evening)
    found = trader.get("/bars/AAPL?timeframe=1h").json()["bars"]
    assert [item["timestamp"][11:16] for item in found] == ["04:00", "19:30", "20:00"]


def test_today_is_added_to_the_stored_daily_bars(trader, apple):
    values = {"open": 1, "high": 2, "low": 1, "close": 2, "volume": 5}
    friday = datetime(2025, 5, 30, tzinfo=UTC)
    DailyBar.objects.create(symbol="AAPL", timestamp=friday, **values)
    store(bar(0, 10), bar(1, 11))
    found = trader.get("/bars/AAPL?timeframe=1d").json()["bars"]
    assert [item["close"] for item in found] == [2.0, 11.5]


def daily(day: datetime, close: float) -> None:
    sides = {"open": close, "high": close, "low": close, "vwap": close}
    DailyBar.objects.create(symbol="AAPL", timestamp=day, close=close, volume=10.0, **sides)


def split_and_paid() -> None:
    """400.00, four for one, then 100.00, half a dollar paid, then the 99.50 that are left."""
    for day, close in ((27, 400.0), (28, 100.0), (29, 99.5)):
        daily(datetime(2025, 5, day, tzinfo=UTC), close)
    Split.objects.create(symbol="AAPL", execution_date=date(2025, 5, 28), split_from=1, split_to=4)
    Dividend.objects.create(symbol="AAPL", ex_date=date(2025, 5, 29), cash_amount=0.5)


def test_daily_bars_are_adjusted_and_say_by_how_much(trader, apple):
    split_and_paid()
    found = trader.get("/bars/AAPL?timeframe=1d").json()["bars"]
    assert [item["close"] for item in found] == [99.5] * 3
    assert [item["open"] for item in found] == [item["vwap"] for item in found] == [99.5] * 3
    assert [item["volume"] for item in found] == [40.0, 10.0, 10.0]
    assert [item.get("price_factor") for item in found] == [0.24875, 0.995, None]
    as_traded = trader.get("/bars/AAPL?timeframe=1d&adjusted=false").json()["bars"]
    assert [item["close"] for item in as_traded] == [400.0, 100.0, 99.5]


def test_an_older_page_of_bars_is_in_the_shares_of_the_newest(trader, apple):
    split_and_paid()
    page = {"timeframe": "1d", "to": "2025-05-28T00:00:00Z"}
    (oldest,) = trader.get("/bars/AAPL", page).json()["bars"]
    assert oldest["close"] == 99.5


def test_minutes_of_the_session_before_are_adjusted_and_those_that_came_so_are_not(trader, apple):
    friday = bar(0, 400.0)
    friday.timestamp = OPEN - timedelta(days=3)
    store(friday, bar(0, 100.0))
    Split.objects.create(symbol="AAPL", execution_date=OPEN.date(), split_from=1, split_to=4)
    for timeframe in ("1m", "5m"):
        found = trader.get(f"/bars/AAPL?timeframe={timeframe}").json()["bars"]
        assert [item["open"] for item in found] == [100.0, 100.0]
    AdjustedHistory.objects.create(
        symbol="AAPL", timeframe="1m", first_day=date(2025, 5, 1), last_day=OPEN.date(), source="x"
    )
    found = trader.get("/bars/AAPL").json()["bars"]
    assert [item["open"] for item in found] == [400.0, 100.0]


def test_a_replay_is_not_adjusted_for_what_lies_after_its_clock(trader, apple):
    store(bar(0, 400.0), bar(5, 400.0))
    tomorrow = OPEN.date() + timedelta(days=1)
    Split.objects.create(symbol="AAPL", execution_date=tomorrow, split_from=1, split_to=4)
    found = trader.get("/bars/AAPL").json()["bars"]
    assert [item["open"] for item in found] == [400.0, 400.0]
    store(bar(395, 400.0))  # after the session: tomorrow's is awaited
    found = trader.get("/bars/AAPL").json()["bars"]
    assert [item["open"] for item in found] == [100.0] * 3


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


def test_a_cursor_that_is_none_of_ours_is_400(trader, apple):
    for cursor in ("x", "////", "MjAyNQ"):
        answer = trader.get(f"/patterns/AAPL?cursor={cursor}")
        assert answer.status_code == 400
        assert answer.json()["error"] == "Bad Request"


def test_the_dashboard_gets_sparklines_names_detections_and_the_clock(trader, apple):
    store(bar(0, 10), bar(1, 11), bar(2, 12))
    IntradayPattern.objects.bulk_create([detection(1), detection(2)])
    answer = trader.get("/streaming/api/dashboard").json()
    assert answer["symbols"] == [
        {"symbol": "AAPL", "name": "Apple Inc.", "sector": "", "spark": [10.5, 12.5]}
    ]
    assert [pattern["seq"] for pattern in answer["detections"]] == [2, 1]
    assert answer["newest_seq"] == 2
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


def test_the_openapi_document_tells_each_field_and_each_filter(trader):
    document = trader.get("/api/openapi.json").json()
    asked = document["paths"]["/patterns/{symbol}"]["get"]["parameters"]
    assert {"tier", "timeframe", "pattern", "state", "from", "to", "limit", "cursor"} <= {
        parameter["name"] for parameter in asked
    }
    schemas = document["components"]["schemas"]
    assert {"life", "levels", "geometry", "parts", "legs"} <= set(schemas["Pattern"]["properties"])
    assert {"200", "404", "422"} <= set(
        document["paths"]["/indicators/{symbol}"]["get"]["responses"]
    )
