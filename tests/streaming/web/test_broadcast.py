"""What a reader gets of what is published."""

import json

import pytest

from streaming.web.broadcast import Broadcast

NOW = 1_760_000_000_000.0


def message(kind: str, **payload: object) -> dict[str, object]:
    return {"type": kind, "event_id": "e", "timestamp": "2025-10-09T08:53:20Z", **payload}


def types(frames: list[str]) -> list[str]:
    return [json.loads(frame)["type"] for frame in frames]


def session(name: str, status: str = "running") -> dict[str, object]:
    return message("streaming_session_started", session={"session_id": name, "status": status})


def bars(minute_ms: int, **rows: list[float]) -> dict[str, object]:
    return message("bars", minute_ms=minute_ms, timeframe="1m", bars=rows)


def test_a_newcomer_gets_the_session_the_health_and_the_recent_rates():
    broadcast = Broadcast()
    broadcast.take(session("s1"), NOW)
    broadcast.take(message("streaming_health", health={"ticks_per_second": 5.5}), NOW)
    frames = broadcast.snapshot(NOW)
    assert types(frames) == ["streaming_session_started", "streaming_health", "rates"]
    assert json.loads(frames[2])["rates"] == [[int(NOW), 5.5]]


def test_a_stopped_session_is_shown_as_stopped():
    broadcast = Broadcast()
    broadcast.take(message("streaming_session_stopped", session={"session_id": "s"}), NOW)
    assert types(broadcast.snapshot(NOW)) == ["streaming_session_stopped", "rates"]


def test_bars_go_to_those_who_subscribed_to_the_symbol():
    broadcast = Broadcast()
    cursor = broadcast.cursor()
    cursor.symbols = {"AAPL"}
    broadcast.take(bars(60_000, AAPL=[1, 2, 0.5, 1.5, 10], MSFT=[1, 1, 1, 1, 1]), NOW)
    (frame,) = broadcast.collect(cursor, NOW)
    assert json.loads(frame)["bar"] == {
        "open": 1,
        "high": 2,
        "low": 0.5,
        "close": 1.5,
        "volume": 10,
        "symbol": "AAPL",
        "timeframe": "1m",
        "bar_timestamp": "1970-01-01T00:01:00.000Z",
    }


def test_two_readers_of_a_symbol_share_one_encoding():
    broadcast = Broadcast()
    first, second = broadcast.cursor(), broadcast.cursor()
    first.symbols = second.symbols = {"AAPL"}
    broadcast.take(bars(60_000, AAPL=[1, 1, 1, 1, 1]), NOW)
    assert broadcast.collect(first, NOW)[0] is broadcast.collect(second, NOW)[0]


def test_indicators_that_have_no_value_yet_are_left_out():
    broadcast = Broadcast()
    cursor = broadcast.cursor()
    cursor.symbols = {"AAPL"}
    matrix = message("indicators", minute_ms=0, names=["A", "B"], values={"AAPL": [1.0, None]})
    broadcast.take(matrix, NOW)
    (frame,) = broadcast.collect(cursor, NOW)
    assert json.loads(frame)["indicators"]["values"] == {"A": 1.0}


def test_a_reader_that_lost_bars_is_told_to_fetch_them():
    broadcast = Broadcast()
    cursor = broadcast.cursor()
    for minute in range(100):
        broadcast.take(bars(minute * 60_000, AAPL=[1, 1, 1, 1, 1]), NOW)
    assert types(broadcast.collect(cursor, NOW)) == ["resync"]


def test_a_reader_that_lost_notices_gets_the_present_state_instead():
    broadcast = Broadcast()
    cursor = broadcast.cursor()
    for number in range(300):
        broadcast.take(message("streaming_health", health={"ticks_per_second": number}), NOW)
    frames = broadcast.collect(cursor, NOW)
    assert types(frames)[0] == "streaming_health"
    assert json.loads(frames[0])["health"]["ticks_per_second"] == 299


def test_another_session_forgets_the_prices_of_the_one_before():
    broadcast = Broadcast()
    broadcast.take(session("s1"), NOW)
    broadcast.take(message("prices", prices={"AAPL": [1, 0, 0, 0]}), NOW)
    broadcast.prices.cut()
    broadcast.take(session("s2"), NOW)
    assert broadcast.prices.latest == {}


def test_the_stream_is_offline_when_its_health_is_thirty_seconds_old():
    broadcast = Broadcast()
    assert not broadcast.online(NOW)
    broadcast.take(message("streaming_health", health={}), NOW)
    assert broadcast.online(NOW + 29_999)
    assert not broadcast.online(NOW + 30_000)


def test_a_fresh_process_restores_what_the_stream_left_in_redis():
    broadcast = Broadcast()
    state = {
        "session": session("s1"),
        "health": message("streaming_health", health={"timestamp": "2025-10-09T08:53:20+00:00"}),
        "prices": message("prices", prices={"AAPL": [1, 0, 0, 0]}, sent_ms=5),
    }
    broadcast.restore(state, NOW)
    assert broadcast.session == {"session_id": "s1", "status": "running"}
    assert broadcast.prices.latest == {"AAPL": [1, 0, 0, 0]}
    assert broadcast.online(NOW)


def test_a_detection_is_logged_by_its_seq():
    broadcast = Broadcast()
    broadcast.take(message("pattern_detected", pattern={"seq": 7, "symbol": "AAPL"}), NOW)
    assert broadcast.detections.newest_seq == 7


def test_runs_are_kept_for_those_who_operate_the_pipeline():
    broadcast = Broadcast()
    reader = broadcast.runs.cursor()
    broadcast.take(message("processing_started", run={"run_id": "r"}), NOW)
    assert types(broadcast.runs.collect(reader) or []) == ["processing_started"]
    assert broadcast.runs.collect(reader) == []


def test_what_a_broadcast_restores_says_nothing_of_runs_so_their_state_is_needed_anew():
    broadcast = Broadcast()
    reader = broadcast.runs.cursor()
    broadcast.restore({}, NOW)
    assert broadcast.runs.collect(reader) is None


@pytest.mark.parametrize("broken", [{}, {"type": "prices"}, {"type": "bars", "bars": {}}])
def test_a_message_that_is_not_as_agreed_is_refused(broken):
    with pytest.raises((KeyError, TypeError, ValueError)):
        Broadcast().take(broken, NOW)


def test_a_message_of_an_unknown_type_is_ignored():
    broadcast = Broadcast()
    cursor = broadcast.cursor()
    broadcast.take(message("market_tick", symbol="AAPL"), NOW)
    assert broadcast.collect(cursor, NOW) == []
