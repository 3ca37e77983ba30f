"""Frames that no feed should send: counted, set aside, and every good trade kept."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from streaming.feeds.massive.feed import MassiveFeed
from streaming.feeds.massive.tuning import MassiveTuning
from streaming.feeds.options import FeedOptions
from tests.doubles.massive_ws import MassiveDouble
from tests.doubles.sink import RecordingSink
from tests.fuzz.frames import NOW, SYMBOLS, Fuzzer, through_the_decoder

pytestmark = pytest.mark.fuzz
DAY_MS = 86_400_000


def test_twenty_thousand_frames_lose_no_good_trade() -> None:
    outcome = through_the_decoder(20_000, seed=11)
    assert (outcome.lost, outcome.invented) == (0, 0)
    assert outcome.kept > 20_000
    assert len(outcome.rejected) >= 9


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_million_frames_lose_no_good_trade() -> None:
    outcome = through_the_decoder(1_000_000, seed=12)
    assert (outcome.lost, outcome.invented) == (0, 0)
    assert outcome.kept > 1_000_000


class HeldLease:
    """A lease that is always ours."""

    held = True

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        """Nothing to give back."""


def test_frames_over_a_real_socket_lose_no_good_trade(
    sink: RecordingSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streaming.feeds.massive.session.PAST_MS", 100 * 365 * DAY_MS)
    monkeypatch.setattr("streaming.feeds.massive.session.FUTURE_MS", 10 * 365 * DAY_MS)
    expected: Counter[int] = Counter()
    with MassiveDouble() as server:
        options = FeedOptions(
            symbols=SYMBOLS, api_key="test-key", ws_url=server.url, tuning=MassiveTuning()
        )
        stop = threading.Event()
        feed = MassiveFeed(options, HeldLease())
        thread = threading.Thread(target=feed.run, args=(sink, b"", stop))
        thread.start()
        assert server.subscribed(len(SYMBOLS))
        frames = 0
        for frame, good in Fuzzer(seed=13).frames(3000):
            if f'"t":{NOW * 1000}'.encode() in frame or b'"t":5,' in frame:
                continue
            expected.update(good)
            frames += 1
            server.send_raw(frame)
        total = expected.total()
        sink.wait_for(lambda: sink.count >= total, 30)
        time.sleep(0.2)
        stop.set()
        thread.join(10)
        assert server.accepted == 1
    got = Counter(sink.batch.sequence.tolist())
    assert (expected - got).total() == 0
    assert sink.rejects["malformed_frame"] > 100
