"""The analyst against the real database: timeframes, changed settings, adjustments, restarts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from django.db import connection

from market.calendar import calendar
from market.models import DailyBar, Dividend, RolledBar, Split
from patterns import minute_revisions
from patterns.analysis import MinuteAnalysis
from patterns.models import DetectorSetting, IntradayIndicator, IntradayPattern
from patterns.registry import Registry, standard
from patterns.rolled import SessionHours
from streaming import detector_settings
from streaming.analyst import Analyst
from streaming.counters import Counters
from streaming.positions import Position
from streaming.ticks import SymbolTable
from tests.patterns.bars import MINUTE, Minute, walk
from tests.patterns.database import SYMBOLS, store_bars

pytestmark = pytest.mark.django_db

# 2024-07-02 and 03: a Tuesday and a Wednesday, 09:30 in New York.
TUESDAY = 1_719_927_000_000
WEDNESDAY = TUESDAY + 24 * 60 * MINUTE
NAMES = ["engulfing", "doji", "inside_bar", "nr7", "volume_spike", "session_low", "support_break"]
FEW = standard().only(["SMA_20", "VWAP", "GAP_PERCENT", "RVOL"], NAMES)
# Every hit is a detection: candlesticks would be too rare for a short test.
EAGER = Registry(
    FEW.indicators,
    [replace(d, min_confidence=0.0, keep=None, cool_down=3) for d in FEW.detectors],
)


class World:
    """A database that is there, a listener that listens, and an analyst between them."""

    def __init__(self) -> None:
        self.told: list[MinuteAnalysis] = []
        self.counters = Counters()
        market = calendar("XNYS")
        hours = SessionHours(market.session_start, market.session_end)
        symbols = SymbolTable(SYMBOLS)
        self.analyst = Analyst(symbols, EAGER, hours, self, self.counters, self)  # type: ignore[arg-type]
        self.position = Position("test", 0, "epoch", "replay")

    def run(self, work: Any) -> Any:
        return work(connection)

    def analysed(self, analyses: Sequence[MinuteAnalysis]) -> None:
        self.told.extend(analyses)

    def outbox_filled(self) -> None:
        pass

    def recover(self, position: Position) -> World:
        self.position = position
        self.analyst.recover(position)
        return self

    def feed(self, minutes: Sequence[Minute]) -> World:
        """Store and analyse minutes, as the bars' worker does."""
        for m in minutes:
            store_bars([m])
            end = m.minute_ms + MINUTE
            self.position = replace(self.analyst.position, stored_through_ms=end)
            self.analyst.analyse([], m, self.position)  # type: ignore[arg-type]
        return self


def minutes(start: int, count: int, seed: int = 1, scale: float = 1.0) -> list[Minute]:
    made = walk(len(SYMBOLS), count, seed, traded=1.0)
    return [
        replace(
            m,
            minute_ms=start + n * MINUTE,
            **{side: getattr(m, side) * scale for side in ("open", "high", "low", "close", "vwap")},
        )
        for n, m in enumerate(made)
    ]


def stored() -> list[tuple]:
    fields = ("symbol", "timestamp", "detection_key", "confidence", "state", "life", "pattern_data")
    return sorted(IntradayPattern.objects.values_list(*fields), key=str)


FRESH = Position("test", 0, "epoch", "replay")


def test_every_timeframe_is_analysed_stored_and_told():
    world = World().recover(FRESH).feed(minutes(TUESDAY, 62))
    frames = {a.timeframe for a in world.told}
    assert frames == {"1m", "5m", "15m", "1h"}
    found = set(IntradayPattern.objects.values_list("timeframe", flat=True))
    assert {"1m", "5m"} <= found
    rolled = RolledBar.objects.filter(timeframe="5m", symbol="AAPL")
    assert rolled.count() == 12
    assert RolledBar.objects.filter(timeframe="1h").count() == len(SYMBOLS)
    vwaps = IntradayIndicator.objects.filter(indicator_name="VWAP", timeframe="5m", symbol="AAPL")
    assert vwaps.count() == 12
    assert world.counters.patterns_detected == IntradayPattern.objects.count()


def test_a_restart_finds_what_one_run_would_have_found():
    bars = minutes(TUESDAY, 100, seed=4)
    World().recover(FRESH).feed(bars)
    undisturbed = stored()
    assert any(life for *_, life, _ in undisturbed)
    for model in (IntradayPattern, RolledBar):
        model.objects.all().delete()
    connection.cursor().execute("DELETE FROM ohlcv_1min")
    world = World().recover(FRESH).feed(bars[:47])
    for begin, end in ((47, 71), (71, 100)):
        world = World().recover(world.analyst.position).feed(bars[begin:end])
    assert stored() == undisturbed


def test_a_restart_after_a_quiet_spell_knows_the_usual_volumes_of_the_bars_before_it():
    """Sixteen minutes back from its end lies a longer bar that ended while nobody traded."""
    wednesday = minutes(WEDNESDAY, 34, seed=8)
    world = World().recover(FRESH).feed(minutes(TUESDAY, 60, seed=7))
    world.feed([*wednesday[:18], wednesday[33]])
    quarter_past = datetime.fromtimestamp((WEDNESDAY + 15 * MINUTE) / 1000, UTC)

    def usual() -> list[float]:
        rows = IntradayIndicator.objects.filter(
            indicator_name="RVOL", timeframe="5m", timestamp=quarter_past
        )
        return list(rows.order_by("symbol").values_list("value", flat=True))

    before = usual()
    assert len(before) == len(SYMBOLS)
    World().recover(world.analyst.position)
    assert usual() == before


def test_a_setting_takes_effect_with_the_next_minute(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(detector_settings, "ASK_SECS", 0.0)
    bars = minutes(TUESDAY, 90, seed=5)
    world = World().recover(FRESH).feed(bars[:45])
    DetectorSetting.objects.create(pattern_type="inside_bar", enabled=False)
    DetectorSetting.objects.create(pattern_type="doji", parameters={"min_confidence": 1.0})
    DetectorSetting.objects.create(pattern_type="nr7", parameters={"cool_down": "often"})
    world.feed(bars[45:])
    boundary = datetime.fromtimestamp(bars[45].minute_ms / 1000, UTC)
    before, after = (
        set(IntradayPattern.objects.filter(**chosen).values_list("pattern_type", flat=True))
        for chosen in ({"timestamp__lt": boundary, "timeframe": "1m"}, {"timestamp__gte": boundary})
    )
    assert {"inside_bar", "doji", "nr7", "engulfing"} <= before
    assert not {"inside_bar", "doji"} & after
    assert {"nr7", "engulfing"} <= after, "a bad setting leaves its detector as it is"


def test_a_changed_setting_does_not_judge_minutes_that_were_judged_before(
    monkeypatch: pytest.MonkeyPatch,
):
    bars = minutes(TUESDAY, 60, seed=6)
    world = World().recover(FRESH).feed(bars)
    before = stored()
    DetectorSetting.objects.create(pattern_type="doji", parameters={"min_confidence": 1.0})
    World().recover(world.analyst.position)
    assert stored() == before


def test_no_detection_comes_out_of_a_split():
    """Four for one over night: the same as if all of it had been traded in new shares."""
    one_share = [replace(m, volume=m.volume / 4.0) for m in minutes(TUESDAY, 60, 7, scale=4.0)]
    tuesday, wednesday = minutes(TUESDAY, 60, 7), minutes(WEDNESDAY, 40, 8)
    World().recover(FRESH).feed([*tuesday, *wednesday])
    boundary = datetime.fromtimestamp(WEDNESDAY / 1000, UTC)

    def found() -> set[tuple]:
        chosen = IntradayPattern.objects.filter(timestamp__gte=boundary)
        return set(chosen.values_list("symbol", "timestamp", "detection_key"))

    def clear() -> None:
        IntradayPattern.objects.all().delete()
        RolledBar.objects.all().delete()
        connection.cursor().execute("DELETE FROM ohlcv_1min")

    expected = found()
    clear()
    World().recover(FRESH).feed([*one_share, *wednesday])
    assert found() != expected, "without the split's row it looks like a crash"
    clear()
    for name in SYMBOLS:
        Split.objects.create(symbol=name, execution_date=date(2024, 7, 3), split_from=1, split_to=4)
    World().recover(FRESH).feed([*one_share, *wednesday])
    assert found() == expected
    old = IntradayPattern.objects.filter(timestamp__lt=boundary)
    assert old.filter(state="expired", life__0__1=WEDNESDAY).exists()
    assert not old.filter(state__in=["formed", "confirmed"]).exclude(direction="neutral").exists()
    assert np.isfinite([row.confidence for row in old]).all()


def test_no_detection_comes_out_of_an_ex_date():
    """A fifth of the price is paid over night: the same as if the price had always lain lower."""
    rich = minutes(TUESDAY, 60, 7, scale=1.25)
    tuesday, wednesday = minutes(TUESDAY, 60, 7), minutes(WEDNESDAY, 40, 8)
    boundary = datetime.fromtimestamp(WEDNESDAY / 1000, UTC)

    def found(bars: Sequence[Minute]) -> set[tuple]:
        for model in (IntradayPattern, RolledBar):
            model.objects.all().delete()
        connection.cursor().execute("DELETE FROM ohlcv_1min")
        World().recover(FRESH).feed(bars)
        chosen = IntradayPattern.objects.filter(timestamp__gte=boundary)
        return set(chosen.values_list("symbol", "timestamp", "detection_key"))

    expected = found([*tuesday, *wednesday])
    assert found([*rich, *wednesday]) != expected, "unknown, it looks like a fall"
    sides = dict.fromkeys(("open", "high", "low", "close"), 50.0)
    for name in SYMBOLS:
        moment = datetime(2024, 7, 2, tzinfo=UTC)
        DailyBar.objects.create(symbol=name, timestamp=moment, volume=1.0, **sides)
        Dividend.objects.create(symbol=name, ex_date=date(2024, 7, 3), cash_amount=10.0)
    assert found([*rich, *wednesday]) == expected
    old = IntradayPattern.objects.filter(timestamp__lt=boundary)
    assert old.filter(state="expired", life__0__1=WEDNESDAY).exists()
    assert not old.filter(state__in=["formed", "confirmed"]).exclude(direction="neutral").exists()


def test_bars_that_were_healed_over_night_are_read_anew_with_the_next_session():
    """As a restart in the morning would; without it the stream goes on from what it remembers."""
    tuesday, wednesday = minutes(TUESDAY, 60, 7), minutes(WEDNESDAY, 30, 8)
    wrong = [replace(m, close=m.low) if n in (50, 51) else m for n, m in enumerate(tuesday)]

    def found() -> list[tuple]:
        return [row for row in stored() if row[1].date() == date(2024, 7, 3)]

    World().recover(FRESH).feed([*tuesday, *wednesday])
    expected = found()
    for model in (IntradayPattern, RolledBar):
        model.objects.all().delete()
    connection.cursor().execute("DELETE FROM ohlcv_1min")
    world = World().recover(FRESH).feed(wrong)
    connection.cursor().execute("DELETE FROM ohlcv_1min")
    connection.cursor().execute("DELETE FROM ohlcv_rolled")
    IntradayPattern.objects.all().delete()
    again = World().recover(FRESH).feed(tuesday)  # what a repair leaves behind
    assert again.counters.patterns_detected
    with connection.cursor() as cursor:
        minute_revisions.note(cursor, dict.fromkeys(SYMBOLS, TUESDAY))
    world.feed(wednesday)
    assert found() == expected
