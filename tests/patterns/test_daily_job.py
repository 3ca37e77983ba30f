"""The daily run against the real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from django.db import connection, connections

from market.calendar import calendar
from market.models import DailyBar, Split
from market.storage.copy import copy_columns, encode_names, timestamps
from patterns import daily as tier
from patterns import daily_job, daily_plan
from patterns.analysis import Detection
from patterns.daily_plan import EVERY_DAY
from patterns.detection_rows import STORED, as_stored
from patterns.evaluate import analyse_history
from patterns.matrix import BarMatrix
from patterns.models import DailyIndicatorValues, DailyPattern, DetectorSetting, OutboxEvent
from patterns.registry import standard
from patterns.views import FIELDS

pytestmark = pytest.mark.django_db

BARS = 420
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def bars(daily: BarMatrix) -> BarMatrix:
    """Some real symbols, the last year and a half; each bar is a session."""
    chosen = daily.take(range(0, len(daily.symbols), 50))
    fields = {name: getattr(chosen, name)[:, -BARS:] for name in FIELDS}
    fields["session_ms"] = fields["time_ms"]
    return BarMatrix(chosen.symbols, np.minimum(chosen.count, BARS), **fields)


@pytest.fixture(autouse=True)
def few_indicators(settings: Any) -> None:
    settings.INDICATORS_STORED = ["SMA_20", "RSI_14", "RELATIVE_STRENGTH"]
    settings.MARKET_CALENDAR = "XNYS"


def put(bars: BarMatrix, columns: slice) -> None:
    """Store some columns of the matrix."""
    row, column = np.nonzero(bars.time_ms[:, columns] >= 0)
    column += range(bars.bars)[columns].start
    fields = ("open", "high", "low", "close", "volume")
    with connection.cursor() as cursor:
        copy_columns(
            cursor,
            "ohlcv_daily",
            {
                "symbol": ("text", encode_names(bars.symbols)[row]),
                '"timestamp"': ("i8", timestamps(bars.time_ms[row, column])),
                **{name: ("f8", getattr(bars, name)[row, column]) for name in fields},
            },
        )


def run(bars: BarMatrix, last: int = -1, **options: Any) -> daily_job.Totals:
    """A run on the evening of the matrix's bar `last`."""
    through_ms = int(bars.time_ms[:, last].max())
    return daily_job.run(symbols=bars.symbols, through_ms=through_ms, **options)


def stored() -> dict[str, Detection]:
    with connection.cursor() as cursor:
        cursor.execute(
            STORED.replace('"timestamp" = ANY(%s)', "%s").format(table="daily_patterns"),
            [True, "1d"],
        )
        found = [as_stored(row).detection for row in cursor.fetchall()]
    return {item.detection_id: replace(item, state="formed") for item in found}


def snapshot() -> tuple[list[Any], list[Any]]:
    """Every stored detection and indicator row, with when and how it was last written."""
    detections = DailyPattern.objects.order_by("seq").values_list(
        "symbol", "timestamp", "detection_key", "seq", "state", "state_timestamp", "life"
    )
    values = DailyIndicatorValues.objects.order_by("symbol", "timestamp").values_list(
        "symbol", "timestamp", "calculation_timestamp"
    )
    return list(detections), list(values)


def expected(bars: BarMatrix) -> dict[str, Detection]:
    _, blocks = analyse_history(bars, standard(), "1d", tier.longer_trend(bars))
    made = [found for hits in blocks for found in hits.detections(bars.symbols, "1d")]
    return {found.detection_id: found for found in made}


@pytest.fixture
def analysed(bars: BarMatrix) -> daily_job.Totals:
    """All of history in one go."""
    put(bars, slice(0, bars.bars))
    return run(bars, days=EVERY_DAY)


def test_all_of_history_is_stored_as_the_columns_have_it(
    bars: BarMatrix, analysed: daily_job.Totals
) -> None:
    found = stored()
    assert found == expected(bars)
    assert (analysed.symbols, analysed.formed, analysed.revised) == (
        len(bars.symbols),
        len(found),
        0,
    )
    assert analysed.bars == int(bars.count.sum()) == DailyIndicatorValues.objects.count()
    outputs, _ = analyse_history(bars, standard(), "1d")
    row, column = bars.symbols.index("GIS"), bars.bars - 30
    moment = datetime.fromtimestamp(bars.time_ms[row, column] / 1000, UTC)
    values = DailyIndicatorValues.objects.get(symbol="GIS", timestamp=moment).values
    assert sorted(values) == sorted(
        outputs[name][row, column] for name in ("SMA_20", "RSI_14", "RELATIVE_STRENGTH")
    )


def test_a_second_run_writes_nothing(bars: BarMatrix, analysed: daily_job.Totals) -> None:
    before, events = snapshot(), OutboxEvent.objects.count()
    for again in (run(bars, days=EVERY_DAY), run(bars), run(bars, days=60)):
        assert (again.formed, again.revised, again.lives) == (0, 0, 0)
    assert (snapshot()[0], OutboxEvent.objects.count()) == (before[0], events)


@pytest.mark.slow
def test_a_second_run_leaves_indicator_rows_alone(
    bars: BarMatrix, analysed: daily_job.Totals
) -> None:
    before = snapshot()[1]
    run(bars, days=EVERY_DAY)
    assert snapshot()[1] == before


def test_history_is_no_news_and_the_last_days_are(
    bars: BarMatrix, analysed: daily_job.Totals
) -> None:
    told = [row.event for row in OutboxEvent.objects.all()]
    first = np.sort(np.unique(bars.time_ms))[-daily_plan.NEWS_DAYS]
    recent = DailyPattern.objects.filter(timestamp__gte=datetime.fromtimestamp(first / 1000, UTC))
    formed = {e for e in told if '"type":"pattern_detected"' in e}
    assert len(formed) == recent.count() > 0
    assert analysed.formed > 100 * len(formed) / 3


@pytest.mark.slow
def test_one_more_bar_writes_what_it_brings_and_no_more(bars: BarMatrix) -> None:
    put(bars, slice(0, bars.bars - 1))
    run(bars, last=-2)
    OutboxEvent.objects.all().delete()
    before = {row[:3]: row for row in snapshot()[0]}
    put(bars, slice(bars.bars - 1, bars.bars))
    done = run(bars)
    after = {row[:3]: row for row in snapshot()[0]}
    last = datetime.fromtimestamp(bars.time_ms.max() / 1000, UTC)
    new = after.keys() - before.keys()
    assert done.formed == len(new) > 0
    assert {timestamp for _, timestamp, _ in new} == {last}
    moved = {key for key in before if after[key] != before[key]}
    assert done.lives == len(moved) > 0
    assert all(after[key][-1][-1][1] == int(bars.time_ms.max()) for key in moved)
    assert stored() == expected(bars)
    assert OutboxEvent.objects.count() == 3 * (len(new) + len(moved))


@pytest.mark.slow
def test_lives_end_as_a_run_over_everything_says(bars: BarMatrix) -> None:
    put(bars, slice(0, bars.bars - 8))
    run(bars, last=-9)
    put(bars, slice(bars.bars - 8, bars.bars))
    run(bars)
    by_days = {row[:3]: row[-1] for row in snapshot()[0]}
    DailyPattern.objects.all().delete()
    run(bars, days=EVERY_DAY)
    assert {row[:3]: row[-1] for row in snapshot()[0]} == by_days


@pytest.mark.slow
def test_a_run_that_was_stopped_is_taken_up(bars: BarMatrix, monkeypatch: Any) -> None:
    put(bars, slice(0, bars.bars))
    monkeypatch.setattr(daily_job, "PIECE", 300)
    save, saved = daily_job._save, []

    def stop_after_two(*arguments: Any, **options: Any) -> daily_job.Totals:
        if len(saved) == 2:
            raise InterruptedError
        saved.append(arguments)
        return save(*arguments, **options)

    monkeypatch.setattr(daily_job, "_save", stop_after_two)
    with pytest.raises(InterruptedError):
        run(bars)
    assert 0 < len(stored()) < len(expected(bars))
    monkeypatch.setattr(daily_job, "_save", save)
    run(bars)
    assert stored() == expected(bars)


@pytest.mark.slow
def test_blocks_are_analysed_alone_and_find_the_same(bars: BarMatrix, monkeypatch: Any) -> None:
    put(bars, slice(0, bars.bars))
    monkeypatch.setattr(daily_plan, "CELLS", 2 * bars.bars)
    done = run(bars, days=60)
    since = np.unique(bars.time_ms)[-60]
    assert done.bars == int((bars.time_ms >= since).sum())
    assert stored() == {k: d for k, d in expected(bars).items() if d.bar_time_ms >= since}


def test_a_corrected_bar_revises_what_was_found_on_it_and_takes_back_what_came_of_it(
    bars: BarMatrix, analysed: daily_job.Totals
) -> None:
    last = datetime.fromtimestamp(bars.time_ms.max() / 1000, UTC)
    before = set(DailyPattern.objects.filter(timestamp=last).values_list("symbol", flat=True))
    for bar in DailyBar.objects.filter(timestamp=last):
        mirrored = {"open": bar.close, "close": bar.open}
        DailyBar.objects.filter(symbol=bar.symbol, timestamp=last).update(**mirrored)
    done = run(bars)
    revised = DailyPattern.objects.filter(state="revised")
    on_the_day = revised.filter(timestamp=last)
    assert done.revised == on_the_day.count() > 0
    assert set(on_the_day.values_list("symbol", flat=True)) <= before
    taken_back = revised.filter(timestamp__lt=last).values_list("life", flat=True)
    assert list(taken_back) == [[]] * len(taken_back)


def test_a_split_of_today_leaves_what_is_stored_alone(
    bars: BarMatrix, analysed: daily_job.Totals
) -> None:
    before = stored()
    row, tomorrow_ms = bars.symbols.index("GIS"), int(bars.time_ms.max()) + 3 * DAY_MS
    fields = {name: np.array(getattr(bars, name)[:, -1:]) for name in FIELDS}
    fields["time_ms"][:] = tomorrow_ms
    for name in ("open", "high", "low", "close"):
        fields[name][row] /= 10.0
    put(BarMatrix(bars.symbols, np.ones(len(bars.symbols), int), **fields), slice(0, 1))
    day = datetime.fromtimestamp(tomorrow_ms / 1000, UTC).date()
    Split.objects.create(symbol="GIS", execution_date=day, split_from=1, split_to=10)
    done = daily_job.run(symbols=bars.symbols, through_ms=tomorrow_ms, days=100)
    after = stored()
    assert done.revised == 0
    assert {key: after[key] for key in before} == before
    fell = [d for key, d in after.items() if key not in before and d.symbol == "GIS"]
    assert not any(found.pattern_type.startswith("gap") for found in fell)


def test_a_detector_that_is_switched_off_finds_nothing(bars: BarMatrix) -> None:
    put(bars, slice(0, bars.bars))
    DetectorSetting.objects.create(pattern_type="engulfing", enabled=False)
    run(bars, days=60)
    types = set(DailyPattern.objects.values_list("pattern_type", flat=True))
    assert types
    assert "engulfing" not in types


def test_all_that_has_traded_of_late_is_taken_by_default(bars: BarMatrix) -> None:
    put(bars, slice(0, bars.bars))
    DailyBar.objects.filter(
        symbol=bars.symbols[3], timestamp__gte=datetime(2017, 6, 1, tzinfo=UTC)
    ).delete()
    done = daily_job.run(through_ms=int(bars.time_ms.max()), days=1)
    assert done.symbols == len(bars.symbols) - 1


def test_days_are_sessions_of_the_calendar() -> None:
    market = calendar("XNYS")
    monday = int(datetime(2017, 7, 3, tzinfo=UTC).timestamp() * 1000)
    days = daily_plan.session_days(market, monday + 3 * DAY_MS)
    moments = [datetime.fromtimestamp(day / 1000, UTC) for day in days[-4:]]
    assert [f"{moment:%a %d %H:%M}" for moment in moments] == [
        "Fri 30 00:00",
        "Mon 03 00:00",
        "Wed 05 00:00",
        "Thu 06 00:00",
    ]


@pytest.fixture
def closed() -> Iterator[None]:
    yield
    connections["readwrite"].close()


@pytest.mark.django_db(databases=["default", "readwrite"], transaction=True)
def test_the_workers_role_may_do_all_of_it(bars: BarMatrix, closed: None) -> None:
    put(bars, slice(0, bars.bars))
    through_ms = int(bars.time_ms.max())
    done = daily_job.run("readwrite", bars.symbols, through_ms, days=20)
    with connections["readwrite"].cursor() as cursor:
        cursor.execute("SELECT current_user, count(*) FROM daily_patterns")
        assert cursor.fetchone() == ("app_readwrite", done.formed)
