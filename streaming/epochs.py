"""Which epoch of a feed's journal is current.

An epoch is one unbroken journal. A new one begins where there is none (a first start, or a Redis
that lost its data), and where a replay that had ended starts over.
"""

from __future__ import annotations

import uuid

import redis

from streaming.journal import PREFIX


def _key(feed: str) -> str:
    return f"{PREFIX}:{feed}:epoch"


def current(client: redis.Redis, feed: str) -> str:
    """The feed's current epoch, or nothing where it has none or has finished it."""
    fields = client.hgetall(_key(feed))
    if not fields or fields.get(b"finished") == b"1":
        return ""
    return fields[b"epoch"].decode()


def shards(client: redis.Redis, feed: str) -> int:
    """How many shards the current epoch's symbols are dealt out to."""
    return int(client.hget(_key(feed), "shards") or 1)


def begin(client: redis.Redis, feed: str, shards: int = 1) -> str:
    """Start a new epoch; journals of earlier ones are deleted."""
    forget(client, feed)
    epoch = uuid.uuid4().hex[:12]
    client.hset(_key(feed), mapping={"epoch": epoch, "finished": "0", "shards": shards})
    return epoch


def forget(client: redis.Redis, feed: str) -> None:
    """Delete every journal of the feed."""
    for key in client.scan_iter(f"{PREFIX}:{feed}:*", count=1000):
        client.unlink(key)


def finish(client: redis.Redis, feed: str) -> None:
    """The feed has ended, and everything that it sent is stored: the next start starts over."""
    client.hset(_key(feed), "finished", "1")
