"""Indicators and patterns of daily bars, as operators, the schedule and listeners meet them."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import numpy as np
import pytest
import redis
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone

from admin_processing.models import ProcessingRun
from admin_processing.tasks import detect_daily
from market.calendar import to_ms
from market.models import DailyBar, Symbol, Universe, UniverseMember
from patterns import daily_plan
from patterns.models import DailyAnalysis, DailyIndicatorValues, DailyPattern, OutboxEvent
from tickstock_site.processes import ROLE_OF_PROCESS, process_of_command

pytestmark = pytest.mark.django_db(transaction=True)

CHANNELS = {
    "tickstock:patterns:streaming",
    "tickstock:patterns:detected",
    "tickstock.events.patterns",
}


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch: Any) -> None:
    monkeypatch.setattr("admin_processing.runs.wake.wake_worker", lambda task: False)


@pytest.fixture(autouse=True)
def always_open(settings: Any) -> None:
    """Every day is a session, whatever today is."""
    settings.MARKET_CALENDAR = "24/7"


@pytest.fixture(autouse=True)
def some_days(redis_client: redis.Redis) -> None:
    """Ninety days of two symbols: random walks, and a volume spike on the last of them."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for seed, symbol in enumerate(("AAA", "BBB")):
        Symbol.objects.create(symbol=symbol)
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


def said(*arguments: str) -> list[str]:
    """What the command prints, line by line."""
    out = StringIO()
    call_command("process", "--phases", "indicators,patterns", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_the_command_says_what_it_did_and_a_second_time_finds_nothing_new() -> None:
    indicators, patterns, run = said()
    assert indicators == "indicators: 2 of 2 done, 0 failed, 180 rows"
    count = DailyPattern.objects.count()
    assert count > 10
    assert patterns == f"patterns: 2 of 2 done, 0 failed, {count} rows"
    assert run.endswith("completed")
    # The last five sessions are looked at again, and found as they were.
    assert said()[1] == "patterns: 2 of 2 done, 0 failed, 0 rows"


def test_symbols_or_a_universe_can_be_named() -> None:
    assert said("--symbols", "BBB")[0] == "indicators: 1 of 1 done, 0 failed, 90 rows"
    assert set(DailyPattern.objects.values_list("symbol", flat=True)) == {"BBB"}
    universe = Universe.objects.create(key="test:one")
    UniverseMember.objects.create(universe=universe, symbol_id="AAA", rank=1)
    assert said("--universe", "test:one")[0] == "indicators: 1 of 1 done, 0 failed, 90 rows"


def test_an_unknown_universe_fails_the_run_with_a_near_match() -> None:
    Universe.objects.create(key="test:one")
    with pytest.raises(CommandError, match="Did you mean 'test:one'"):
        said("--universe", "test:on")
    assert ProcessingRun.objects.get().status == "failed"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--since", "yesterday"), "since is 'yesterday'; a date like 2026-11-25 is needed"),
        (("--timeframe", "5m"), "timeframe is '5m'; one of 1d, 1m is needed"),
        (("--phases", "pattern"), "phase 'pattern' is unknown .did you mean 'patterns'"),
    ],
)
def test_a_wrong_argument_is_named(arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        said(*arguments)


def old_bars(symbol: str) -> None:
    """Move a symbol's bars ten years back."""
    bars = list(DailyBar.objects.filter(symbol=symbol))
    DailyBar.objects.filter(symbol=symbol).delete()
    for bar in bars:
        bar.timestamp -= timedelta(days=3650)
    DailyBar.objects.bulk_create(bars)


def test_a_symbol_that_trades_no_more_is_analysed_once() -> None:
    old_bars("AAA")
    assert said("--symbols", "AAA")[0] == "indicators: 1 of 1 done, 0 failed, 90 rows"
    assert said("--symbols", "AAA")[0] == "indicators: 0 of 0 done, 0 failed, 0 rows"


def test_bars_that_were_changed_are_analysed_again_from_there_on() -> None:
    old_bars("AAA")
    said("--symbols", "AAA")
    before = DailyIndicatorValues.objects.filter(symbol="AAA").order_by("timestamp")
    times = list(before.values_list("timestamp", flat=True))
    changed = times[60]
    DailyBar.objects.filter(symbol="AAA", timestamp=changed).update(close=F("low"))
    with connection.cursor() as cursor:
        daily_plan.spoil(cursor, ["AAA", "BBB"], [to_ms(changed)] * 2)
    assert DailyAnalysis.objects.filter(symbol="AAA", stale_since=changed).count() == 2
    calculated = dict(before.values_list("timestamp", "calculation_timestamp"))
    assert said("--symbols", "AAA")[0] == "indicators: 1 of 1 done, 0 failed, 30 rows"
    after = dict(before.values_list("timestamp", "calculation_timestamp"))
    assert min(t for t in times if after[t] != calculated[t]) == changed
    assert not DailyAnalysis.objects.exclude(stale_since=None).exists()
    assert said("--symbols", "AAA")[0] == "indicators: 0 of 0 done, 0 failed, 0 rows"


def test_what_is_news_goes_out_on_all_three_channels(redis_client: redis.Redis) -> None:
    with redis_client.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe(*CHANNELS)
        said("--everything")
        heard = everything(listener)
    assert OutboxEvent.objects.count() == 0
    told = [(m["channel"].decode(), json.loads(m["data"])) for m in heard]
    events = [(channel, e) for channel, e in told if e["pattern"]["symbol"] in ("AAA", "BBB")]
    assert {channel for channel, _ in events} == CHANNELS
    formed = {e["pattern"]["detection_id"] for _, e in events if e["type"] == "pattern_detected"}
    recent = timezone.now() - timedelta(days=5)
    stored = DailyPattern.objects.filter(timestamp__gte=recent)
    assert {str(key) for key in stored.values_list("detection_id", flat=True)} == formed
    assert {e["pattern"]["tier"] for _, e in events} == {"daily"}


def test_without_redis_events_wait(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    said()
    assert OutboxEvent.objects.filter(channel__in=CHANNELS).exists()


def test_the_stream_s_task_queues_a_run_of_both_phases() -> None:
    detect_daily()
    run = ProcessingRun.objects.get()
    assert (run.kind, run.triggered_by) == ("detect", "stream")
    assert run.parameters["phases"] == ["indicators", "patterns"]


def test_the_command_runs_in_the_workers_role() -> None:
    process = process_of_command(["manage.py", "process"])
    assert ROLE_OF_PROCESS[process] == "app_readwrite"
