"""One limit for all processes that have the key."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest
import redis

from admin_processing.providers.massive.rate_limit import LocalLimit, SharedLimit

KEY = "k-3f9b2c-secret"
TAKES = 6
# One request a minute, so that what passes between two of them here is little beside it.
TAKER = """
import json, sys
from admin_processing.providers.massive.rate_limit import SharedLimit
limit = SharedLimit(sys.argv[1], sys.argv[2], 1)
print(json.dumps([limit.take() for _ in range(int(sys.argv[3]))]))
"""


@pytest.fixture
def redis_url(redis_client: redis.Redis, settings) -> str:
    return str(settings.REDIS_URL)


def minutes(waits: list[float]) -> list[int]:
    return sorted(round(secs / 60) for secs in waits)


def test_two_processes_share_the_turns_and_none_has_the_same(redis_url: str):
    asked = [sys.executable, "-c", TAKER, redis_url, KEY, str(TAKES)]
    both = [subprocess.Popen(asked, stdout=subprocess.PIPE) for _ in range(2)]
    waits = [secs for process in both for secs in json.loads(process.communicate()[0])]
    assert minutes(waits) == list(range(2 * TAKES))


def test_another_key_has_turns_of_its_own(redis_url: str):
    first, other = SharedLimit(redis_url, KEY, 1), SharedLimit(redis_url, "another", 1)
    assert minutes([first.take(), first.take(), other.take()]) == [0, 0, 1]
    first.close()
    other.close()


def test_a_hold_is_for_everybody(redis_url: str):
    first, other = SharedLimit(redis_url, KEY, 60), SharedLimit(redis_url, KEY, 60)
    first.hold(600)
    assert minutes([other.take(), first.take()]) == [10, 10]
    first.close()
    other.close()


def test_a_hold_never_brings_a_turn_forward(redis_url: str):
    limit = SharedLimit(redis_url, KEY, 1)
    for _ in range(5):
        limit.take()
    limit.hold(1)
    assert minutes([limit.take()]) == [5]
    limit.close()


def test_what_is_kept_in_redis_tells_no_key_and_runs_out(redis_url: str, redis_client):
    limit = SharedLimit(redis_url, KEY, 1)
    limit.take()
    (name,) = redis_client.keys("*limit*")
    assert KEY.encode() not in name
    assert 0 < redis_client.pttl(name) < 120_000
    limit.close()


def test_a_redis_that_was_restarted_has_forgotten_the_script_but_not_the_turns(
    redis_url: str, redis_client
):
    limit = SharedLimit(redis_url, KEY, 1)
    limit.take()
    redis_client.script_flush()
    assert minutes([limit.take()]) == [1]
    limit.close()


def test_without_redis_each_process_keeps_to_its_share(caplog):
    caplog.set_level(logging.WARNING)
    limit = SharedLimit("redis://127.0.0.1:1/0", KEY, 4, processes=4)
    assert minutes([limit.take() for _ in range(4)]) == [0, 1, 2, 3]
    assert caplog.text.count("the shared rate limit can not be had") == 1
    assert KEY not in caplog.text
    limit.close()


def test_a_process_by_itself_spaces_its_requests_evenly_and_holds():
    now = [1000.0]
    limit = LocalLimit(per_minute=5, clock=lambda: now[0])
    assert [limit.take() for _ in range(4)] == pytest.approx([0, 11.9, 23.9, 35.9])
    now[0] += 100
    assert limit.take() == 0
    limit.hold(30)
    assert limit.take() == pytest.approx(30)


@pytest.mark.parametrize("per_minute", [5, 60, 3000])
def test_no_minute_has_more_requests_than_allowed_but_for_a_tenth_of_a_second(per_minute: int):
    now = [0.0]
    limit, moments = LocalLimit(per_minute, clock=lambda: now[0]), []
    while now[0] < 180:
        now[0] += limit.take()
        moments.append(now[0])
    busiest = max(sum(1 for m in moments if s <= m < s + 60) for s in moments[:: per_minute // 5])
    assert busiest <= per_minute + max(1, per_minute * 0.1 / 60)
