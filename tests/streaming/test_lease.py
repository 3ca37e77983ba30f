"""Leases, in a real Redis."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from streaming.feeds.massive.lease import lease_key, redis_lease
from streaming.lease import RedisLease, holder_name, is_dead


@pytest.fixture
def key() -> str:
    return lease_key(f"test-{time.monotonic_ns()}")


@pytest.fixture
def lease(redis_client: redis.Redis, key: str) -> Iterator[RedisLease]:
    made = RedisLease(redis_client, key, ttl_secs=0.6)
    yield made
    made.release()


def until(condition: object, secs: float = 5.0) -> bool:
    end = time.monotonic() + secs
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def test_only_one_of_two_gets_it(lease: RedisLease, redis_client: redis.Redis, key: str) -> None:
    other = RedisLease(redis_client, key, ttl_secs=0.6)
    assert lease.acquire()
    assert lease.held
    assert not other.acquire()
    assert not other.held
    lease.release()
    assert other.acquire()
    other.release()


def test_it_is_renewed_for_as_long_as_it_is_held(
    lease: RedisLease, redis_client: redis.Redis, key: str
) -> None:
    assert lease.acquire()
    time.sleep(1.5)
    assert lease.held
    assert redis_client.pttl(key) > 0


def test_a_process_that_died_lets_it_expire(redis_client: redis.Redis, key: str) -> None:
    redis_client.set(key, "of a dead process", px=300)
    other = RedisLease(redis_client, key, ttl_secs=0.6)
    assert until(other.acquire)
    other.release()


def test_it_is_taken_at_once_from_a_process_of_this_host_that_is_gone(
    lease: RedisLease, redis_client: redis.Redis, key: str
) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    host, _, started, token = holder_name().split("/")
    redis_client.set(key, f"{host}/{gone.pid}/{started}/{token}", px=60_000)
    assert lease.acquire()


def test_who_lives_or_is_elsewhere_is_not_dead() -> None:
    host, pid, started, token = holder_name().split("/")
    assert not is_dead(f"{host}/{pid}/{started}/{token}")
    assert is_dead(f"{host}/{pid}/1/{token}")
    assert not is_dead(f"another-host/{pid}/1/{token}")
    assert not is_dead("")


def test_it_is_lost_when_another_has_it(
    lease: RedisLease, redis_client: redis.Redis, key: str
) -> None:
    assert lease.acquire()
    redis_client.set(key, "somebody else")
    assert until(lambda: not lease.held)
    lease.release()
    assert redis_client.get(key) == b"somebody else"


def test_releasing_does_not_take_it_from_another(
    lease: RedisLease, redis_client: redis.Redis, key: str
) -> None:
    assert lease.acquire()
    redis_client.set(key, "somebody else")
    lease.release()
    assert redis_client.get(key) == b"somebody else"


def test_a_redis_that_comes_back_empty_gives_it_again(
    lease: RedisLease, redis_client: redis.Redis, key: str
) -> None:
    assert lease.acquire()
    redis_client.delete(key)
    assert until(lambda: redis_client.exists(key))
    assert lease.held


def test_without_redis_there_is_none() -> None:
    lease = redis_lease("redis://127.0.0.1:1/0", "key", 0.6, 0.2)
    assert not lease.acquire()
    lease.release()


def test_it_outlives_redis_for_a_bounded_time(lease: RedisLease, redis_client: redis.Redis) -> None:
    lease._hold_secs = 0.5
    assert lease.acquire()
    lease._client = redis.Redis(port=1, retry=Retry(NoBackoff(), 0))
    assert lease.renew()
    assert until(lambda: not lease.held)
    lease._client = redis_client


def test_its_name_does_not_tell_the_key() -> None:
    assert "secret" not in lease_key("secret-key")
    assert lease_key("a") != lease_key("b")
