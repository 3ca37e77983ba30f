"""The Massive client against a server that speaks its protocol, over a real socket."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import redis

from streaming.feeds.base import FeedAuthError, FeedConfigError
from streaming.feeds.massive.backoff import Backoff
from streaming.feeds.massive.feed import MassiveFeed, make
from streaming.feeds.massive.tuning import MassiveTuning
from streaming.feeds.options import FeedOptions
from streaming.lease import RedisLease
from tests.doubles.massive_ws import MassiveDouble, halt, minute_bar, quote, status, trade
from tests.doubles.sink import RecordingSink

KEY = "a-secret-key-of-a-customer"
SYMBOLS = ["AAPL", "BRK.B", "MSFT"]
FAST = MassiveTuning(
    connect_secs=2,
    handshake_secs=2,
    confirm_secs=0.3,
    ping_secs=0.3,
    pong_secs=0.5,
    stall_secs=60,
    stable_secs=60,
    backoff_secs=0.05,
    backoff_max_secs=0.2,
    conflict_secs=0.4,
    conflict_max_secs=2,
    silent_secs=0.4,
    silent_check_secs=0.1,
    clock_secs=0.1,
    wait_secs=0.05,
    lease_poll_secs=0.1,
)


class FreeLease:
    """A lease that is always to be had, until `lose`."""

    def __init__(self) -> None:
        self.held = False
        self.available = True

    def acquire(self) -> bool:
        self.held = self.available
        return self.held

    def release(self) -> None:
        self.held = False

    def lose(self) -> None:
        self.held = self.available = False


class Run:
    """A feed running in a thread of its own."""

    def __init__(self, server: MassiveDouble, sink: RecordingSink) -> None:
        self.server, self.sink = server, sink
        self.lease = FreeLease()
        self.stop = threading.Event()
        self.error: Exception | None = None
        self.feed: MassiveFeed | None = None
        self._thread: threading.Thread | None = None

    def start(
        self, resume: bytes = b"", options: FeedOptions | None = None, **tuning: object
    ) -> Run:
        options = options or FeedOptions(symbols=SYMBOLS, api_key=KEY, ws_url=self.server.url)
        options = replace(options, tuning=replace(FAST, **tuning))  # type: ignore[arg-type]
        backoff = Backoff(options.tuning or FAST, random.Random(1))
        self.feed = MassiveFeed(options, self.lease, backoff)
        self._thread = threading.Thread(target=self._run, args=(resume,))
        self._thread.start()
        return self

    def _run(self, resume: bytes) -> None:
        assert self.feed is not None
        try:
            self.feed.run(self.sink, resume, self.stop)
        except (FeedAuthError, FeedConfigError) as error:
            self.error = error

    def ended(self, secs: float = 10.0) -> bool:
        assert self._thread is not None
        self._thread.join(secs)
        return not self._thread.is_alive()

    def end(self) -> None:
        self.stop.set()
        if self._thread is not None:
            assert self.ended(), "the feed does not stop"

    def ready(self) -> bool:
        """Connected, and subscribed to everything."""
        return self.server.subscribed(len(SYMBOLS)) and self.sink.wait_for(
            lambda: self.sink.connections and self.sink.connections[-1][0]
        )

    def gets(self, ticks: int) -> bool:
        return self.sink.wait_for(lambda: self.sink.count >= ticks)


@pytest.fixture
def server() -> Iterator[MassiveDouble]:
    with MassiveDouble(KEY) as double:
        yield double


@pytest.fixture
def run(server: MassiveDouble, sink: RecordingSink) -> Iterator[Run]:
    made = Run(server, sink)
    yield made
    made.end()


def until(condition: Callable[[], object], secs: float = 10.0) -> bool:
    end = time.monotonic() + secs
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_it_authenticates_subscribes_and_hands_over_trades(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    server.send([trade("AAPL", 190.25), trade("BRK.B", 400.5, 0, ds="0.0073", c=None)])
    assert run.gets(2)
    assert sink.prices("AAPL") == [190.25]
    assert sink.batch.size.tolist() == [100.0, 0.0073]
    assert server.clients[0].requests[0] == {"action": "auth", "params": KEY}
    assert sink.connections[-1][0]


def test_the_subscription_is_asked_for_in_bounded_requests(run: Run, server: MassiveDouble) -> None:
    names = [f"SYM{n}" for n in range(200)]
    options = FeedOptions(symbols=names, api_key=KEY, ws_url=server.url)
    run.start(options=options, subscribe_chars=300)
    assert server.subscribed(200)
    requests = [r["params"] for r in server.clients[0].requests if r["action"] == "subscribe"]
    assert max(map(len, requests)) <= 300
    assert ",".join(requests).split(",") == [f"T.{name}" for name in names]


def test_all_symbols_can_be_asked_for(run: Run, server: MassiveDouble, sink: RecordingSink) -> None:
    run.start(options=FeedOptions(symbols=["*"], api_key=KEY, ws_url=server.url))
    assert server.subscribed(1)
    server.send([trade("ANY", 1.0), trade("OTHER.A", 2.0)])
    assert run.gets(2)
    assert sink.symbols.names == ["ANY", "OTHER.A"]


def test_a_refused_key_ends_the_feed_for_good_and_is_not_told(
    run: Run, server: MassiveDouble, sink: RecordingSink, caplog: pytest.LogCaptureFixture
) -> None:
    server.script.auth_failed = True
    run.start()
    assert run.ended()
    assert isinstance(run.error, FeedAuthError)
    assert "MASSIVE_API_KEY" in str(run.error)
    assert server.accepted == 1
    told = str(run.error) + caplog.text + str(sink.connections) + str(sink.samples)
    assert KEY not in told


def test_a_key_echoed_by_the_server_is_not_told(
    run: Run, server: MassiveDouble, sink: RecordingSink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "streaming")
    assert run.start().ready()
    server.send([status("error", f"what about {KEY}?")])
    server.send_raw(f'{{"key": "{KEY}"')
    server.send([status("auth_failed", f"no {KEY}")])
    assert run.ended()
    assert KEY not in caplog.text + str(run.error) + str(sink.connections) + str(sink.samples)


def test_an_authentication_that_timed_out_is_tried_again(run: Run, server: MassiveDouble) -> None:
    server.script.auth_timeout_secs = 0.0
    run.start()
    assert server.wait_for(lambda s: s.accepted >= 3)
    server.script.auth_timeout_secs = 30.0
    assert run.ready()


@pytest.mark.parametrize("fault", ["never_greet", "never_authenticate"])
def test_a_server_that_says_nothing_is_left(run: Run, server: MassiveDouble, fault: str) -> None:
    setattr(server.script, fault, True)
    run.start(handshake_secs=0.2)
    assert server.wait_for(lambda s: s.accepted >= 2)
    setattr(server.script, fault, False)
    assert run.ready()


def test_a_plan_without_trades_ends_the_feed(run: Run, server: MassiveDouble) -> None:
    server.script.not_authorized = ("T",)
    run.start()
    assert run.ended()
    assert isinstance(run.error, FeedAuthError)
    assert "delayed" in str(run.error)


def test_a_refused_extra_channel_does_not_end_the_feed(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    server.script.not_authorized = ("LULD",)
    assert run.start(channels=("LULD", "T")).ready()
    time.sleep(0.5)
    server.send([trade("AAPL", 1.0)])
    assert run.gets(1)
    assert run.error is None


def test_an_unconfirmed_topic_is_told_in_the_log(
    run: Run, server: MassiveDouble, caplog: pytest.LogCaptureFixture
) -> None:
    server.script.silent_confirmations = True
    assert run.start(channels=("T", "XX")).ready()
    assert until(lambda: "6 of 6 topics were not confirmed" in caplog.text)


def test_data_may_come_with_a_confirmation(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    server.script.data_with_confirmation = [trade("AAPL", 5.0)]
    run.start()
    assert run.gets(3)
    assert sink.prices("AAPL") == [5.0, 5.0, 5.0]


def test_other_events_are_passed_over(run: Run, server: MassiveDouble, sink: RecordingSink) -> None:
    assert run.start(channels=("T", "AM", "Q", "LULD")).ready()
    now = time.time_ns() // 1_000_000
    server.send(
        [minute_bar("AAPL", 1.0, now), quote("AAPL", 1, 2), halt("AAPL"), trade("AAPL", 3.0)]
    )
    assert run.gets(1)
    assert sink.prices("AAPL") == [3.0]
    assert not sink.rejects


def test_a_server_that_is_away_is_asked_again(server: MassiveDouble, sink: RecordingSink) -> None:
    run = Run(server, sink)
    away = FeedOptions(symbols=SYMBOLS, api_key=KEY, ws_url="ws://127.0.0.1:1/stocks")
    run.start(options=away)
    assert sink.wait_for(lambda: len(sink.connections) >= 3)
    assert not any(up for up, _ in sink.connections)
    assert "127.0.0.1" in sink.connections[0][1]
    run.end()


@pytest.mark.parametrize("how", ["clean close", "death without a close frame", "slow consumer"])
def test_however_a_connection_ends_another_follows(
    run: Run, server: MassiveDouble, sink: RecordingSink, how: str
) -> None:
    assert run.start().ready()
    server.send([trade("AAPL", 1.0)])
    assert run.gets(1)
    end = {
        "clean close": server.close_all,
        "death without a close frame": server.kill_all,
        "slow consumer": server.slow_consumer,
    }[how]
    end()
    assert sink.wait_for(lambda: not sink.connections[-1][0])
    assert sink.wait_for(lambda: sink.connections[-1][0])
    assert run.ready()
    server.send([trade("AAPL", 2.0)])
    assert run.gets(2)
    assert sink.prices("AAPL") == [1.0, 2.0]


def test_what_was_missed_between_two_connections_is_told_before_new_ticks(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    before = trade("AAPL", 1.0)
    server.send([before])
    assert run.gets(1)
    time.sleep(0.3)
    server.kill_all()
    assert sink.wait_for(lambda: not sink.connections[-1][0])
    assert run.ready()
    after = trade("AAPL", 2.0)
    server.send([after])
    assert run.gets(2)
    gap = sink.gaps[-1]
    assert before["t"] <= gap.started_ms < gap.ended_ms <= after["t"] + 50
    assert "close frame" in gap.cause
    kinds = [kind for kind, _ in sink.events]
    assert kinds.index("gap", kinds.index("ticks")) < len(kinds) - 1 - kinds[::-1].index("ticks")


def test_the_minute_in_which_it_starts_is_partial(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    message = trade("AAPL", 1.0)
    server.send([message])
    assert run.gets(1)
    gap = sink.gaps[0]
    assert gap.started_ms == gap.ended_ms // 60_000 * 60_000
    assert gap.ended_ms <= message["t"]
    assert [kind for kind, _ in sink.events][:3].index("gap") < 3
    assert len(sink.gaps) == 1


def test_a_restart_tells_what_was_missed_since_the_last_run(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    hour_ago = time.time_ns() // 1_000_000 - 3_600_000
    assert run.start(resume=b'{"complete_ms":%d}' % hour_ago).ready()
    server.send([trade("AAPL", 1.0)])
    assert run.gets(1)
    assert sink.gaps[0].started_ms == hour_ago
    assert sink.gaps[0].cause == "not running"


def test_an_unreadable_position_is_no_obstacle(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start(resume=b"\xffnonsense").ready()
    server.send([trade("AAPL", 1.0)])
    assert run.gets(1)


def test_the_position_is_the_time_up_to_which_nothing_is_missing(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    message = trade("AAPL", 1.0)
    server.send([message])
    assert run.gets(1)
    assert json.loads(sink.positions[0])["complete_ms"] == message["t"]


def test_the_feeds_clock_goes_on_while_no_trade_comes(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    assert not sink.clocks
    message = trade("AAPL", 1.0, t=time.time_ns() // 1_000_000 - 5000)
    server.send([message])
    assert run.gets(1)
    assert sink.wait_for(lambda: sink.clocks and sink.clocks[-1] > message["t"] + 600)
    now = time.time_ns() // 1_000_000
    assert sink.clocks == sorted(sink.clocks)
    assert now - 6000 < sink.clocks[-1] <= now - 4900


def test_the_feeds_clock_stands_still_without_a_connection(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start(backoff_secs=5, backoff_max_secs=5).ready()
    server.send([trade("AAPL", 1.0)])
    assert run.gets(1)
    server.kill_all()
    assert sink.wait_for(lambda: not sink.connections[-1][0])
    told = len(sink.clocks)
    time.sleep(0.5)
    assert len(sink.clocks) == told or sink.connections[-1][0]


def test_too_many_connections_is_no_hot_loop(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    server.script.refuse_connections = 3
    started = time.monotonic()
    run.start()
    assert sink.wait_for(lambda: len([up for up, _ in sink.connections if not up]) >= 3, 20)
    # 0.8 s, 1.6 s and 2 s are the ceilings, and half of each the least.
    assert time.monotonic() - started > 0.4 + 0.8
    assert server.accepted == 3
    assert "maximum" in sink.connections[1][1].lower()
    assert run.ready()


def test_success_of_the_handshake_does_not_shorten_the_wait(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    server.script.die_after_subscribe = 4
    run.start()
    assert server.wait_for(lambda s: s.accepted >= 5)
    assert run.feed is not None
    assert run.feed._backoff.failures >= 4
    assert run.ready()
    server.send([trade("AAPL", 1.0)])
    assert run.gets(1)
    assert run.feed._backoff.failures >= 4


def test_a_stretch_of_data_forgives_failures(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    server.script.close_after_subscribe = 2
    run.start(stable_secs=0.3)
    assert server.wait_for(lambda s: s.accepted >= 3)
    assert run.ready()
    server.send([trade("AAPL", 1.0)])
    feed = run.feed
    assert feed is not None
    assert until(lambda: feed._backoff.failures == 0)


def test_the_connection_may_be_thrown_out_by_another_of_the_same_key(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    server.script.victim = "old"
    assert run.start().ready()
    server.send([trade("AAPL", 1.0)])
    assert run.gets(1)
    rival = Run(server, RecordingSink())
    rival.start()
    assert sink.wait_for(lambda: not sink.connections[-1][0])
    assert "connections" in sink.connections[-1][1]
    rival.end()
    assert sink.wait_for(lambda: sink.connections[-1][0])


def test_two_processes_share_one_key_without_a_fight(
    server: MassiveDouble, redis_client: redis.Redis
) -> None:
    key = "tickstock:lease:massive:two-processes"
    first, second = (Run(server, RecordingSink()) for _ in range(2))
    first.lease = RedisLease(redis_client, key, 1.0)  # type: ignore[assignment]
    second.lease = RedisLease(redis_client, key, 1.0)  # type: ignore[assignment]
    assert first.start().ready()
    second.start()
    assert second.sink.wait_for(lambda: second.sink.connections)
    assert "another process" in second.sink.connections[0][1]
    time.sleep(1.5)
    assert server.accepted == 1
    first.end()
    assert second.ready()
    second.end()


def test_a_lost_lease_closes_the_connection(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    run.lease.lose()
    assert server.wait_for(lambda s: not s.clients)
    assert sink.wait_for(lambda: not sink.connections[-1][0])
    assert server.accepted == 1
    run.lease.available = True
    assert run.ready()


def test_a_stall_ends_the_connection(run: Run, server: MassiveDouble, sink: RecordingSink) -> None:
    assert run.start(stall_secs=0.6).ready()
    message = trade("AAPL", 1.0)
    server.send([message])
    assert run.gets(1)
    assert sink.wait_for(lambda: not sink.connections[-1][0])
    assert "no data for 0.6 s" in sink.connections[-1][1]
    assert sink.wait_for(lambda: len(sink.gaps) >= 2)
    assert sink.gaps[1].started_ms == message["t"]


def test_silence_of_a_closed_market_is_no_stall(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    options = FeedOptions(
        symbols=SYMBOLS, api_key=KEY, ws_url=server.url, quiet=lambda now_ms: True
    )
    assert run.start(options=options, stall_secs=0.3).ready()
    time.sleep(1.0)
    assert sink.connections[-1][0]
    assert server.accepted == 1


def test_a_peer_that_answers_no_ping_is_dead(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    connection = server.clients[0].connection
    connection.protocol.receive_data = lambda data: None  # type: ignore[method-assign]
    assert sink.wait_for(lambda: not sink.connections[-1][0])
    assert "ping" in sink.connections[-1][1]


def test_symbols_that_stay_silent_are_told_and_misspelt_ones_are_among_them(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    options = FeedOptions(symbols=["AAPL", "APPL"], api_key=KEY, ws_url=server.url)
    run.start(options=options)
    assert server.subscribed(2)
    end = time.monotonic() + 1.2
    while time.monotonic() < end:
        server.send([trade("AAPL", 1.0)])
        time.sleep(0.05)
    assert sink.silences[-1] == ["APPL"]


def test_bad_frames_are_set_aside_and_the_connection_goes_on(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    now = time.time_ns() // 1_000_000
    server.send_raw("this is no JSON")
    server.send_raw(b"\xff\xfe\x00")
    server.send_raw(json.dumps([trade("AAPL", 1.0), trade("AAPL", -1.0), 5, trade("AAPL", 2.0)]))
    server.send_raw(json.dumps([trade("AAPL", 3.0, t=now + 3_600_000), trade("NVDA", 1.0)]))
    server.send_raw(json.dumps([trade("AAPL", 4.0)] * 3)[:-30])
    assert run.gets(4)
    assert sink.prices("AAPL") == [1.0, 2.0, 4.0, 4.0]
    assert sink.rejects == {
        "malformed_frame": 3,
        "bad_message": 1,
        "bad_price": 1,
        "time_in_future": 1,
        "unknown_symbol": 1,
    }
    assert server.accepted == 1


def test_an_enormous_frame_is_set_aside(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    server.send_raw("[" + " " * (5 << 20) + "]")
    server.send([trade("AAPL", 1.0)])
    assert run.gets(1)
    assert sink.rejects == {"frame_too_big": 1}


def test_a_message_past_all_bounds_costs_the_connection_but_not_the_feed(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start(message_bytes=10_000).ready()
    server.send_raw(" " * 20_000)
    assert sink.wait_for(lambda: not sink.connections[-1][0])
    assert run.ready()


def test_duplicates_late_and_unordered_trades_are_all_handed_on(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    now = time.time_ns() // 1_000_000
    first, late = trade("AAPL", 1.0, t=now), trade("AAPL", 2.0, t=now - 120_000)
    server.send([first, first, late, trade("AAPL", 3.0, c=[12, 37])])
    assert run.gets(4)
    batch = sink.batch
    assert batch.trade_key[0] == batch.trade_key[1] != batch.trade_key[2]
    assert batch.time_ms[2] == now - 120_000
    assert batch.flags[3] == 12


def test_many_waiting_frames_become_few_batches(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    for number in range(2000):
        server.send([trade("AAPL", 1.0 + number)])
    assert run.gets(2000)
    assert sink.prices("AAPL") == [1.0 + number for number in range(2000)]


def test_a_fragmented_message_is_put_together(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    text = json.dumps([trade("AAPL", 7.0)])
    server.clients[0].connection.send([text[:10], text[10:40], text[40:]])
    assert run.gets(1)
    assert sink.prices("AAPL") == [7.0]


def test_unknown_conditions_are_kept_and_counted(
    run: Run, server: MassiveDouble, sink: RecordingSink
) -> None:
    assert run.start().ready()
    server.send([trade("AAPL", 7.0, c=[99]), trade("AAPL", 7.0, c=[14])])
    assert run.gets(2)
    feed = run.feed
    assert feed is not None
    assert until(lambda: feed.noted["unknown_condition"] == 1)
    assert not sink.rejects


def test_stopping_is_quick_and_clean(run: Run, server: MassiveDouble, sink: RecordingSink) -> None:
    assert run.start().ready()
    started = time.monotonic()
    run.end()
    assert time.monotonic() - started < 1.0
    assert sink.connections[-1] == (False, "stopped")
    assert not run.lease.held


def test_its_bars_are_marked_as_delayed_where_they_are() -> None:
    for url, source in (
        ("wss://socket.massive.com/stocks", "massive"),
        ("wss://delayed.massive.com/stocks", "massive_delayed"),
    ):
        options = FeedOptions(symbols=["AAPL"], api_key=KEY, ws_url=url, lease=FreeLease())
        assert make(options).source == source


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"api_key": ""}, "MASSIVE_API_KEY"),
        ({"symbols": []}, "universe"),
        ({"symbols": ['A","x']}, "no symbol"),
        ({"ws_url": "https://example.com"}, "MASSIVE_WS_URL"),
        ({"lease": None}, "REDIS_URL"),
    ],
)
def test_impossible_options_are_told_before_it_starts(
    changes: dict[str, object], words: str
) -> None:
    options = FeedOptions(symbols=["AAPL"], api_key=KEY, lease=FreeLease())
    with pytest.raises(FeedConfigError, match=words) as raised:
        make(replace(options, **changes))  # type: ignore[arg-type]
    assert KEY not in str(raised.value)


def test_options_do_not_show_the_key() -> None:
    assert KEY not in repr(FeedOptions(api_key=KEY))
