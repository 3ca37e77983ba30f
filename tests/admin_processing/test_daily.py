"""The daily run as an operator, the schedule and listeners meet it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import numpy as np
import pytest
import redis
from celery import current_app
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from admin_processing import daily
from admin_processing.tasks import detect_daily
from market.models import DailyBar, Symbol, Universe, UniverseMember
from patterns.daily_plan import EVERY_DAY
from patterns.models import DailyPattern, OutboxEvent
from tickstock_site.processes import ROLE_OF_PROCESS, process_of_command

pytestmark = pytest.mark.django_db

CHANNELS = {
    "tickstock:patterns:streaming",
    "tickstock:patterns:detected",
    "tickstock.events.patterns",
}


@pytest.fixture(autouse=True)
def always_open(settings: Any) -> None:
    """Every day is a session, whatever today is."""
    settings.MARKET_CALENDAR = "24/7"


@pytest.fixture(autouse=True)
def some_days(redis_client: redis.Redis) -> None:
    """Ninety days of two symbols: random walks, and a volume spike on the last of them."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for seed, symbol in enumerate(("AAA", "BBB")):
        rng = np.random.default_rng(seed)
        closes = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, 90)))
        opens = closes * np.exp(rng.normal(0.0, 0.01, 90))
        spread = np.exp(np.abs(rng.normal(0.0, 0.01, 90)))
        highs, lows = np.maximum(opens, closes) * spread, np.minimum(opens, closes) / spread
        volumes = np.append(rng.lognormal(10.0, 0.2, 89), 1e7)
        columns = zip(opens, highs, lows, closes, volumes, strict=True)
        DailyBar.objects.bulk_create(
            DailyBar(
                symbol=symbol,
                timestamp=today - timedelta(days=89 - number),
                **dict(zip(("open", "high", "low", "close", "volume"), bar, strict=True)),
            )
            for number, bar in enumerate(columns)
        )


def everything(listener: Any) -> list[Any]:
    """All messages that have come, confirmations of the subscriptions aside."""
    tries = (listener.get_message(timeout=0.02) for _ in range(200))
    return [message for message in tries if message is not None]


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("detect_daily", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_did_and_a_second_time_that_there_was_nothing() -> None:
    first = said("--all")
    count = DailyPattern.objects.count()
    assert first.startswith(f"2 symbols, 180 bars: {count} detections formed, 0 revised, ")
    assert count > 10
    assert "0 detections formed, 0 revised, 0 went on" in said()


def test_symbols_can_be_named() -> None:
    assert said("--symbols", "BBB", "--days", "3").startswith("1 symbols, 3 bars: ")
    assert set(DailyPattern.objects.values_list("symbol", flat=True)) <= {"BBB"}


def test_a_universe_can_be_named() -> None:
    universe = Universe.objects.create(key="test:one")
    symbol = Symbol.objects.create(symbol="AAA")
    UniverseMember.objects.create(universe=universe, symbol=symbol, rank=1)
    assert said("--universe", "test:one", "--days", "3").startswith("1 symbols, 3 bars: ")
    with pytest.raises(CommandError, match="Did you mean 'test:one'"):
        call_command("detect_daily", "--universe", "test:on")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--days", "0"), "--days 0 is not usable: a whole number"),
        (("--symbols", "A,,B"), "--symbols A,,B is not usable: names with commas"),
        (("--days", "3", "--all"), "not allowed with argument"),
        (("--symbols", "A", "--universe", "x"), "not allowed with argument"),
    ],
)
def test_a_wrong_argument_is_named(arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        call_command("detect_daily", *arguments)


def test_what_is_news_goes_out_on_all_three_channels(redis_client: redis.Redis) -> None:
    with redis_client.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe(*CHANNELS)
        daily.detect(days=EVERY_DAY)
        heard = everything(listener)
    assert OutboxEvent.objects.count() == 0
    events = [(m["channel"].decode(), json.loads(m["data"])) for m in heard]
    assert {channel for channel, _ in events} == CHANNELS
    formed = {e["pattern"]["detection_id"] for _, e in events if e["type"] == "pattern_detected"}
    recent = timezone.now() - timedelta(days=5)
    stored = DailyPattern.objects.filter(timestamp__gte=recent)
    assert {str(key) for key in stored.values_list("detection_id", flat=True)} == formed
    assert {e["pattern"]["tier"] for _, e in events} == {"daily"}


def test_without_redis_events_wait(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    daily.detect()
    assert OutboxEvent.objects.count() > 0


def test_the_task_does_what_the_command_does() -> None:
    detect_daily(symbols=["AAA"], days=3)
    assert DailyPattern.objects.filter(symbol="AAA").exists()
    assert not DailyPattern.objects.filter(symbol="BBB").exists()


def test_the_evening_schedule_names_a_task_that_exists() -> None:
    task = PeriodicTask.objects.get(task="admin_processing.tasks.detect_daily")
    assert task.enabled
    crontab = task.crontab
    assert (crontab.hour, crontab.day_of_week) == ("20", "mon-fri")
    assert str(crontab.timezone) == "America/New_York"
    current_app.loader.import_default_modules()
    assert detect_daily.name == task.task


def test_the_command_runs_in_the_workers_role() -> None:
    process = process_of_command(["manage.py", "detect_daily", "--all"])
    assert ROLE_OF_PROCESS[process] == "app_readwrite"
