"""What a start finds: whose bars are stored, which epoch is current, and its place in it."""

from __future__ import annotations

import logging
import threading

import redis
from django.db import connection

from market.calendar import MarketCalendar
from streaming import epochs, positions
from streaming.broadcast import now_ms
from streaming.feeds.base import Feed, FeedConfigError
from streaming.lease import RedisLease
from streaming.positions import Position
from streaming.prices import PriceBoard
from streaming.references import previous_closes, session_volumes
from streaming.store import refuse_mixing
from streaming.stream_options import StreamOptions

logger = logging.getLogger(__name__)

LEASE_POLL_SECS = 0.5
EPOCH_POLL_SECS = 1.0


def take_lease(
    client: redis.Redis, feed: Feed, options: StreamOptions, stop: threading.Event
) -> RedisLease | None:
    """The lease of this process's part of the feed, however long that takes; None if stopped."""
    # Whoever feeds holds one lease, in whatever role: a journal has one writer.
    part = "" if options.feeds else f":bars:{options.shard}"
    lease = RedisLease(client, f"tickstock:lease:stream:{feed.name}{part}")
    told = False
    while not lease.acquire():
        if not told:
            logger.warning("waiting: %s streams this feed already", lease.holder())
            told = True
        if stop.wait(LEASE_POLL_SECS):
            return None
    return lease


def refuse_other_sources(source: str) -> None:
    """Raise `MixedSources` where the database holds another source's bars."""
    with connection.cursor() as cursor:
        refuse_mixing(cursor, source)


def find_epoch(
    client: redis.Redis, feed: Feed, options: StreamOptions, stop: threading.Event
) -> str:
    """The feed's epoch: begun by whoever feeds, waited for by the others."""
    epoch = epochs.current(client, feed.name)
    if options.feeds and not epoch:
        return epochs.begin(client, feed.name, options.shards)
    if not epoch:
        logger.info("waiting for the feed process to begin its journal")
    while not epoch and not stop.wait(EPOCH_POLL_SECS):
        epoch = epochs.current(client, feed.name)
    if epoch:
        _refuse_other_shards(client, feed, options)
    return epoch


def _refuse_other_shards(client: redis.Redis, feed: Feed, options: StreamOptions) -> None:
    """A journal's symbols are dealt out once: another number of shards would miss some."""
    dealt = epochs.shards(client, feed.name)
    if dealt != options.shards:
        raise FeedConfigError(
            f"The journal of {feed.name} is dealt out to {dealt} shards, not to "
            f"{options.shards}. Go on with --shard i/{dealt}, for the feed as well, "
            f"or begin anew: python manage.py purge --source {feed.source}"
        )


def place(feed: Feed, shard: int, epoch: str) -> Position:
    """A shard's place in an epoch; its beginning, where the epoch is new to it."""
    stored = positions.load(feed.name, shard)
    if stored is not None and stored.epoch == epoch:
        return stored
    return Position(feed.name, shard, epoch, feed.source)


def fill_board(board: PriceBoard, calendar: MarketCalendar) -> None:
    """Previous closes, and the session's volume so far."""
    board.reserve(len(board.symbols))
    now = now_ms()
    board.set_references(previous_closes(calendar, now))
    board.set_volumes(session_volumes(calendar.session_start(now)))
