"""`manage.py stream_ticks`: one feed's ticks into bars, indicators, detections and events."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from market.calendar import UnknownCalendar, calendar
from market.universes import UnknownUniverse, symbols_of
from streaming import interpreter
from streaming.feeds.base import FeedAuthError, FeedConfigError
from streaming.feeds.options import FeedOptions
from streaming.feeds.registry import SOURCES, make_feed
from streaming.redis_client import stream_client
from streaming.store import MixedSources
from streaming.stream import Stream
from streaming.stream_options import StreamOptions
from streaming.wake import DAILY_TASK, wake_worker

CAN_NOT_HELP = 3


def speed(text: str) -> float | None:
    """N times real time, or None for `max`."""
    if text == "max":
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.001 <= number <= 1_000_000:
        raise argparse.ArgumentTypeError(
            f"--speed {text} is not usable: a number from 0.001 to 1000000, or max. "
            "Example: --speed 60"
        )
    return number


def shard(text: str) -> tuple[int, int]:
    """`i/n`: the i-th of n shards, counted from 0."""
    head, _, tail = text.partition("/")
    if head.isdigit() and tail.isdigit() and int(head) < int(tail):
        return int(head), int(tail)
    raise argparse.ArgumentTypeError(
        f"--shard {text} is not usable: i/n with 0 <= i < n. Example: --shard 0/2"
    )


def add_feed_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that `start_all_services` hands on."""
    parser.add_argument("--source", choices=sorted(SOURCES), help="where ticks come from")
    parser.add_argument("--tape", action="append", default=[], help="a recorded tape; repeatable")
    parser.add_argument("--symbol", help="the symbol of a tape without a symbol column")
    parser.add_argument("--speed", type=speed, default=1.0, help="N times real time, or max")
    parser.add_argument("--once", action="store_true", help="stop when the tape ends")
    parser.add_argument("--universe", default=None, help="which symbols, by key")
    parser.add_argument("--ignore-market-hours", action="store_true")


def default_source() -> str:
    """`massive` with a key, else the synthetic market."""
    if settings.MASSIVE_API_KEY and not settings.USE_SYNTHETIC_DATA:
        return "massive"
    return "synthetic"


def feed_options(options: dict[str, Any], symbols: list[str]) -> FeedOptions:
    """What the command line and the settings ask of a feed."""
    hours = calendar(settings.MARKET_CALENDAR, settings.MARKET_SESSION)
    return FeedOptions(
        symbols=symbols,
        tapes=options["tape"],
        symbol=options["symbol"],
        speed=options["speed"],
        once=options["once"],
        api_key=settings.MASSIVE_API_KEY,
        ws_url=settings.MASSIVE_WS_URL,
        redis_url=settings.REDIS_URL,
        quiet=lambda now_ms: hours.session_at(now_ms) is None,
        seed=settings.SYNTHETIC_SEED,
        synthetic_interval=settings.SYNTHETIC_UPDATE_INTERVAL,
        history_minutes=settings.SYNTHETIC_HISTORY_MINUTES,
    )


class Command(BaseCommand):
    help = "Stream ticks from a feed into bars, indicators, detections and events."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_feed_arguments(parser)
        parser.add_argument("--role", choices=["all", "feed", "bars"], default="all")
        parser.add_argument("--shard", type=shard, default=(0, 1), help="i/n, for --role bars")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            stream = self.stream(options)
            signal.signal(signal.SIGTERM, lambda *_: stream.request_stop())
            signal.signal(signal.SIGINT, lambda *_: stream.request_stop())
            interpreter.settle()
            stream.run()
        except (FeedConfigError, FeedAuthError) as error:
            self.stderr.write(str(error))
            sys.exit(CAN_NOT_HELP)
        except (UnknownUniverse, UnknownCalendar, MixedSources) as error:
            raise CommandError(str(error), returncode=CAN_NOT_HELP) from error

    def stream(self, options: dict[str, Any]) -> Stream:
        """The stream that the options ask for."""
        from patterns.registry import standard

        source = options["source"] or default_source()
        universe = options["universe"] or settings.STREAMING_UNIVERSE
        symbols = self.symbols(source, universe)
        feed = make_feed(source, feed_options(options, symbols))
        hours = calendar(settings.MARKET_CALENDAR, settings.MARKET_SESSION)
        if source == "synthetic":
            self.make_history(symbols)
        shard_index, shards = options["shard"]
        stream_options = StreamOptions(
            universe=universe if source != "replay" else "tape",
            symbols=symbols,
            ignore_market_hours=options["ignore_market_hours"],
            role=options["role"],
            shard=shard_index,
            shards=shards,
            once=options["once"],
        )
        client = stream_client(settings.REDIS_URL)
        return Stream(feed, stream_options, hours, standard(), client)

    def symbols(self, source: str, universe: str) -> list[str]:
        """The universe's symbols; a tape brings its own."""
        if source == "replay":
            return []
        symbols = symbols_of(universe)
        return symbols[: settings.SYNTHETIC_TICKER_COUNT] if source == "synthetic" else symbols

    def make_history(self, symbols: list[str]) -> None:
        """Daily bars before today, for the synthetic market."""
        from streaming.broadcast import now_ms
        from streaming.daily_seed import ensure_daily_history

        exchange = calendar("XNYS")
        if ensure_daily_history(symbols, exchange, now_ms(), settings.SYNTHETIC_SEED):
            wake_worker(DAILY_TASK)
