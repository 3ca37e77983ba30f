"""Minute bars go; the bars of five minutes to an hour stay, as they were."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, connection, connections
from django.test import Client
from django.utils import timezone

from admin_processing.retention import minutes
from admin_processing.retention.minutes import DroppedDay, drop_minutes
from admin_processing.tasks import drop_old_data
from market.calendar import configured_calendar, from_ms
from market.models import MinuteBar, RolledBar, Symbol
from patterns import roll_up as rolling
from tests.admin_processing.fidelity.market import TUESDAY, Streamed, rolled
from tests.admin_processing.fidelity.market import minutes as minutes_of_five

pytestmark = pytest.mark.django_db

FIRST = date(2024, 11, 1)  # a Friday of daylight saving time; the Monday after is not
EARLY = date(2024, 11, 29)  # closes at 13:00
DAYS = (FIRST, date(2024, 11, 4), EARLY)
SYMBOLS = ("AAPL", "MSFT")
BEFORE = datetime(2024, 12, 1, tzinfo=UTC)
TIMEFRAMES = ("5m", "15m", "1h")


@pytest.fixture
def trader(client: Client) -> Client:
    client.force_login(User.objects.create_user("trader"))
    Symbol.objects.bulk_create(Symbol(symbol=symbol) for symbol in SYMBOLS)
    return client


def store_minutes(
    symbol: str, moments: list[datetime], seed: int = 1, **fields: Any
) -> list[MinuteBar]:
    """Bars of a walk at these minutes; every seventh one has no VWAP."""
    walk = np.random.default_rng([seed, len(symbol), ord(symbol[0])])
    closes = 100 + walk.normal(size=len(moments)).cumsum() / 10
    opens = closes + walk.normal(size=len(moments)) / 20
    bars = [
        MinuteBar(
            symbol=symbol,
            timestamp=moment,
            open=o,
            close=c,
            high=max(o, c) + 0.05,
            low=min(o, c) - 0.05,
            volume=float(walk.integers(1, 5_000)) / 4,
            vwap=None if n % 7 == 3 else (o + c) / 2,
            trade_count=int(walk.integers(1, 40)),
            is_partial=n % 50 == 49,
            revision=n % 3,
            **fields,
        )
        for n, (moment, o, c) in enumerate(
            zip(moments, opens.tolist(), closes.tolist(), strict=True)
        )
    ]
    return MinuteBar.objects.bulk_create(bars)


def session_minutes(day: date) -> list[datetime]:
    """All minutes of a day's session, the closing auction's included."""
    session = configured_calendar().session_of_day(day)
    assert session is not None
    return [from_ms(ms) for ms in range(session.first_ms, session.last_ms, 60_000)]


def store_days() -> None:
    """Three sessions: one symbol in every minute, the other in some."""
    for day in DAYS:
        moments = session_minutes(day)
        store_minutes("AAPL", moments)
        store_minutes("MSFT", [m for m in moments if m.minute % 7 < 3])


def ask(client: Client, path: str) -> list[dict[str, Any]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    (found,) = [value for value in answer.json().values() if isinstance(value, list)]
    return found


def all_bars(client: Client) -> dict[tuple[str, str], list[dict[str, Any]]]:
    return {
        (symbol, timeframe): ask(client, f"/bars/{symbol}?timeframe={timeframe}&limit=1000")
        for symbol in SYMBOLS
        for timeframe in TIMEFRAMES
    }


def assert_same(bars: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    """To the last bits, in which sums in another order may differ."""
    assert [bar.keys() for bar in bars] == [bar.keys() for bar in others]
    for bar, other in zip(bars, others, strict=True):
        assert bar["timestamp"] == other["timestamp"]
        assert numbers(bar) == pytest.approx(numbers(other), rel=1e-12, nan_ok=True)


def numbers(bar: dict[str, Any]) -> list[float]:
    values = (value for name, value in bar.items() if name != "timestamp")
    return [np.nan if value is None else value for value in values]


def drop(before: datetime = BEFORE, rolled_since: datetime | None = None) -> list[DroppedDay]:
    return list(drop_minutes(before, rolled_since))


def stored() -> list[tuple[Any, ...]]:
    names = [field.name for field in RolledBar._meta.fields]
    return sorted(RolledBar.objects.values_list(*names), key=str)


def test_the_api_answers_the_same_bars_after_their_minutes_are_gone(trader: Client) -> None:
    store_days()
    before = all_bars(trader)
    assert len(before["AAPL", "5m"]) == 79 + 79 + 43
    assert len(before["AAPL", "1h"]) == 7 + 7 + 4
    assert [day.dropped for day in drop()] == [1, 1, 1]
    assert not MinuteBar.objects.exists()
    after = all_bars(trader)
    for asked, bars in before.items():
        assert_same(after[asked], bars)


def test_an_early_close_and_winter_time_have_their_buckets(trader: Client) -> None:
    store_days()
    drop()
    starts = [bar["timestamp"] for bar in ask(trader, "/bars/AAPL?timeframe=1h&limit=1000")]
    assert starts[0] == "2024-11-01T13:30:00.000Z"  # 09:30 in New York, in summer time
    assert starts[7] == "2024-11-04T14:30:00.000Z"
    assert starts[-1] == "2024-11-29T17:30:00.000Z"  # 12:30, until the auction at 13:00


def test_a_bar_is_what_its_five_minutes_were(trader: Client) -> None:
    values = [(10, 12, 9, 11, 100), (11, 13, 11, 12, 50), (12, 12, 8, 9, 50)]
    for n, (o, h, low, c, volume) in enumerate(values):
        MinuteBar.objects.create(
            symbol="AAPL",
            timestamp=session_minutes(FIRST)[n],
            open=o,
            high=h,
            low=low,
            close=c,
            volume=volume,
            vwap=c,
            trade_count=4,
            revision=n,
        )
    drop()
    bar = RolledBar.objects.get(timeframe="5m")
    assert (bar.open, bar.high, bar.low, bar.close) == (10, 13, 8, 9)
    assert (bar.volume, bar.trade_count, bar.revision) == (200, 12, 2)
    assert bar.vwap == (11 * 100 + 12 * 50 + 9 * 50) / 200


def test_the_answer_spans_days_with_and_without_minutes(trader: Client) -> None:
    store_days()
    before = all_bars(trader)
    drop(datetime(2024, 11, 5, tzinfo=UTC))
    assert {m.date() for m in MinuteBar.objects.values_list("timestamp", flat=True)} == {EARLY}
    after = all_bars(trader)
    for asked, bars in before.items():
        assert_same(after[asked], bars)
    newest = ask(trader, "/bars/AAPL?timeframe=15m&limit=20")
    assert_same(newest, before["AAPL", "15m"][-20:])


def test_minutes_that_come_back_for_one_symbol_hide_nothing_else(trader: Client) -> None:
    store_days()
    before = all_bars(trader)
    drop()
    store_minutes("AAPL", session_minutes(FIRST))
    after = all_bars(trader)
    for asked, bars in before.items():
        assert_same(after[asked], bars)


def test_a_few_minutes_that_come_back_spoil_no_bar(trader: Client) -> None:
    store_days()
    before = all_bars(trader)
    for _ in range(2):
        drop()
        store_minutes("AAPL", session_minutes(FIRST)[7:10], seed=2)
        after = all_bars(trader)
        for asked, bars in before.items():
            assert_same(after[asked], bars)


def test_indicators_are_computed_from_what_is_left(trader: Client) -> None:
    store_days()
    path = "/indicators/AAPL?timeframe=5m&names=SMA_20,RSI_14&limit=100"
    MinuteBar.objects.create(  # the newest minute tells that the bars before it have closed
        symbol="MSFT",
        timestamp=datetime(2024, 12, 2, 14, 30, tzinfo=UTC),
        open=1,
        high=1,
        low=1,
        close=1,
        volume=1,
    )
    before = ask(trader, path)
    assert len(before) == 100
    drop()
    after = ask(trader, path)
    assert [row["bar_timestamp"] for row in after] == [row["bar_timestamp"] for row in before]
    for row, other in zip(after, before, strict=True):
        assert row["values"] == pytest.approx(other["values"], rel=1e-9)
    MinuteBar.objects.all().delete()
    assert len(ask(trader, path)) == 100


def test_what_the_stream_left_wrong_is_mended_and_what_is_right_is_left(trader: Client) -> None:
    store_days()
    drop()
    complete = stored()
    RolledBar.objects.all().delete()
    store_days()
    moment = session_minutes(FIRST)[0]
    RolledBar.objects.create(
        symbol="AAPL", timeframe="5m", timestamp=moment, open=1, high=1, low=1, close=1, volume=1
    )
    drop()
    assert stored() == complete


def test_what_the_stream_made_of_the_same_minutes_is_the_same_to_the_bit() -> None:
    Streamed().feed(minutes_of_five(TUESDAY, 390))
    streamed = rolled()
    assert len(streamed) == 5 * (78 + 26 + 7)
    RolledBar.objects.filter(symbol="AAPL").delete()
    (day,) = drop()
    assert day.rolled == len(streamed)
    assert rolled() == streamed


def test_a_second_time_writes_nothing() -> None:
    store_days()
    first, *_ = drop(datetime(2024, 11, 2, tzinfo=UTC))
    assert first.rolled == 2 * (79 + 27 + 7)
    store_minutes("AAPL", session_minutes(FIRST))
    (again,) = drop(datetime(2024, 11, 2, tzinfo=UTC))
    assert (again.rolled, again.dropped) == (0, 1)


def test_a_day_goes_once_all_of_it_is_too_old() -> None:
    store_days()
    assert drop(datetime(2024, 11, 1, 23, tzinfo=UTC)) == []
    assert [day.start.date() for day in drop(datetime(2024, 11, 2, tzinfo=UTC))] == [FIRST]


def test_where_there_are_no_chunks_the_table_itself_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(minutes, "HAS_CHUNKS", "SELECT false")
    store_days()
    with connection.cursor() as cursor:
        done = drop(datetime(2024, 11, 2, tzinfo=UTC))
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()"
            " AND relation = 'ohlcv_1min'::regclass AND mode = 'ShareLock'"
        )
        assert cursor.fetchone() == (1,)
    assert [day.dropped for day in done] == [1]


def test_many_symbols_go_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "BLOCK", 2)
    for symbol in ("A", "BB", "CCC", "DDDD", "ÉÉ"):
        store_minutes(symbol, session_minutes(EARLY)[:10])
    drop()
    assert RolledBar.objects.filter(timeframe="5m").count() == 10


def test_an_hour_over_midnight_is_made_before_its_first_half_goes(
    trader: Client, settings: Any
) -> None:
    settings.MARKET_SESSION = "extended"
    winter = session_minutes(date(2024, 11, 4))  # 04:00 to 20:00: until one o'clock UTC
    assert winter[-1] == datetime(2024, 11, 5, 0, 59, tzinfo=UTC)
    store_minutes("AAPL", winter)
    before = all_bars(trader)
    assert "2024-11-04T23:30:00.000Z" in [bar["timestamp"] for bar in before["AAPL", "1h"]]
    for until in (5, 6):
        drop(datetime(2024, 11, until, tzinfo=UTC))
        after = all_bars(trader)
        for asked, bars in before.items():
            assert_same(after[asked], bars)
    assert not MinuteBar.objects.exists()


def test_longer_bars_that_would_go_at_once_are_not_made() -> None:
    store_days()
    gone = drop(BEFORE, rolled_since=datetime(2024, 11, 10, tzinfo=UTC))
    assert [day.rolled > 0 for day in gone] == [False, False, True]


def test_a_day_that_can_not_be_rolled_up_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    store_days()
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE ohlcv_rolled ADD CONSTRAINT broken"
            " CHECK (NOT (symbol = 'MSFT' AND timestamp > '2024-11-02'))"
        )
    done = drop_minutes(BEFORE, None)
    assert next(done).start.date() == FIRST
    with pytest.raises(IntegrityError, match="broken"):
        next(done)
    days = {m.date() for m in MinuteBar.objects.values_list("timestamp", flat=True)}
    assert days == set(DAYS[1:])
    assert RolledBar.objects.filter(timestamp__date=DAYS[1]).count() == 0


def test_the_nightly_task_keeps_to_the_settings_and_tells(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.RETENTION_BARS_DAYS = 30
    store_days()
    recent = timezone.now() - timedelta(days=3)
    store_minutes("AAPL", [recent.replace(second=0, microsecond=0)])
    with caplog.at_level(logging.INFO):
        drop_old_data()
    assert MinuteBar.objects.count() == 1
    assert "ohlcv_1min: 2024-11-29: 124 longer bars made or mended, 1 dropped" in caplog.text
    assert "processing_runs: 0 deleted" in caplog.text


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """Minutes that other connections see."""
    store_days()
    yield
    connections["readwrite"].close()


@pytest.mark.django_db(databases=["default", "readwrite"], transaction=True)
def test_the_workers_role_may_do_all_of_it(
    committed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("minutes", "tables"):
        monkeypatch.setattr(
            f"admin_processing.retention.{module}.connection", connections["readwrite"]
        )
    gone = list(itertools.islice(drop_minutes(BEFORE, None), 5))
    assert [day.dropped for day in gone] == [1, 1, 1]
    assert RolledBar.objects.count() == 2 * (79 + 27 + 7 + 79 + 27 + 7 + 43 + 15 + 4)


@pytest.mark.django_db(databases=["default", "readwrite"], transaction=True)
def test_nobody_adds_minutes_to_a_day_while_it_is_rolled_up(
    committed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = (
        "INSERT INTO ohlcv_1min (symbol, timestamp, open, high, low, close, volume)"
        " VALUES ('LATE', %s, 1, 1, 1, 1, 1)"
    )
    roll_up = minutes.roll_up

    def with_late_minutes(*of: Any) -> int:
        rolled = roll_up(*of)
        with connections["readwrite"].cursor() as cursor:
            cursor.execute("SET lock_timeout TO '300ms'")
            cursor.execute(insert, [session_minutes(EARLY)[0]])  # another day is nobody's concern
            with pytest.raises(OperationalError, match="lock timeout"):
                cursor.execute(insert, [session_minutes(FIRST)[0]])
        return rolled

    monkeypatch.setattr(minutes, "roll_up", with_late_minutes)
    assert next(drop_minutes(BEFORE, None)).dropped == 1
    assert not MinuteBar.objects.filter(timestamp__date=FIRST).exists()
