"""Combos in the database: written once, told of, revised, and following their triggers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection, connections, transaction

from market.calendar import from_ms
from patterns import combo_rows, store
from patterns.analysis import LifeChange, MinuteAnalysis
from patterns.models import ComboPattern, ComboRule, DailyPattern, IntradayPattern, OutboxEvent
from tests.patterns.combo_cases import ROW, at, day_ms, found, of, reclaim

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 6, 15, 5, 1, tzinfo=UTC)
SYMBOLS = ["AAPL", "MSFT"]
FIELDS = [f.name for f in ComboPattern._meta.fields if f.name != "pk"]


@pytest.fixture(autouse=True)
def _one_rule(db, settings):
    settings.MARKET_CALENDAR, settings.MARKET_SESSION = "XNYS", "regular"
    ComboRule.objects.all().delete()
    ComboRule.objects.create(**ROW)


def analysis(timeframe, time_ms, *detections, changes=(), revision=False, symbols=SYMBOLS):
    return MinuteAnalysis(
        bar_time_ms=time_ms,
        timeframe=timeframe,
        symbols=SYMBOLS,
        row=np.array([SYMBOLS.index(name) for name in symbols]),
        names=(),
        values=np.zeros((len(symbols), 0)),
        hits=(),
        pattern_types=("resistance_break", "new_high", "vwap_reclaim"),
        revision=revision,
        changes=tuple(changes),
        found=tuple(detections),
    )


def save(*analyses, now=NOW, alias="default"):
    with transaction.atomic(alias), connections[alias].cursor() as cursor:
        store.save(cursor, analyses, now, [])
        return combo_rows.save(cursor, analyses, now)


def rows():
    return sorted(ComboPattern.objects.values_list(*FIELDS), key=str)


def events():
    waiting = OutboxEvent.objects.order_by("id")
    told = [(item.channel, json.loads(item.event)) for item in waiting]
    return [(channel, event) for channel, event in told if event["pattern"]["tier"] == "combo"]


DAILY = found("resistance_break", "1d", day_ms(5), confidence=0.6)
TRIGGER = reclaim()


def daily(*detections, **changed):
    return analysis("1d", day_ms(5), *detections, **changed)


def minutes(*detections, clock="10:00", **changed):
    return analysis("5m", at(clock), *detections, **changed)


def breakout_and_reclaim():
    save(daily(DAILY))
    return save(minutes(TRIGGER))


def queries(django_assert_num_queries, count, *analyses):
    with django_assert_num_queries(count), connection.cursor() as cursor:
        return combo_rows.save(cursor, analyses, NOW)


# --- what is found ------------------------------------------------------------------------------


def test_a_combo_is_stored_with_its_legs_numbered_and_told_of_on_both_channels():
    assert breakout_and_reclaim() == 1
    row = ComboPattern.objects.get()
    assert (row.symbol, row.timestamp) == ("AAPL", from_ms(at("10:00")))
    assert (row.detection_key, row.tier, row.state) == ("breakout-vwap:5m", "combo", "formed")
    assert [leg["pattern_type"] for leg in row.pattern_data["legs"]] == [
        "resistance_break",
        "vwap_reclaim",
    ]
    legs = [DailyPattern.objects.get(), IntradayPattern.objects.get()]
    ids = [leg["detection_id"] for leg in row.pattern_data["legs"]]
    assert ids == [str(leg.detection_id) for leg in legs]
    assert row.seq > max(leg.seq for leg in legs)
    told = events()
    assert [channel for channel, _ in told] == [
        "tickstock:patterns:streaming",
        "tickstock:patterns:detected",
    ]
    assert {(e["type"], e["pattern"]["seq"]) for _, e in told} == {("pattern_detected", row.seq)}


def test_all_timeframes_of_a_minute_are_joined_in_one_save():
    ComboRule.objects.update(legs=[
        {"timeframe": "15m", "pattern_types": ["new_high"], "within_minutes": 30},
        {"timeframe": "5m", "pattern_types": ["vwap_reclaim"], "direction": "bullish"},
    ])  # fmt: skip
    longer = analysis("15m", at("09:45"), found("new_high", "15m", at("09:45")))
    trigger = reclaim("09:55")
    assert save(minutes(trigger, clock="09:55"), longer) == 1


def test_saving_the_same_analyses_again_changes_nothing():
    breakout_and_reclaim()
    before, told = rows(), OutboxEvent.objects.count()
    again = save(daily(DAILY), minutes(TRIGGER), now=NOW + timedelta(minutes=5))
    assert (again, rows(), OutboxEvent.objects.count()) == (0, before, told)


def test_the_cool_down_is_that_of_stored_combos_also_after_a_restart():
    breakout_and_reclaim()
    clocks = ["10:30", "11:00", "11:05"]
    for clock in [*clocks, *clocks]:
        save(minutes(reclaim(clock), clock=clock))
    times = ComboPattern.objects.order_by("timestamp").values_list("timestamp", flat=True)
    assert list(times) == [from_ms(at("10:00")), from_ms(at("11:00"))]


def test_each_symbol_has_its_own_legs():
    save(daily(DAILY))
    assert save(minutes(of("MSFT", TRIGGER))) == 0
    assert save(minutes(TRIGGER, of("MSFT", TRIGGER))) == 1


def test_without_a_trigger_or_a_rule_next_to_nothing_is_asked(django_assert_num_queries):
    other = minutes(found("flag", "5m", at("10:00")))
    assert queries(django_assert_num_queries, 0, minutes()) == 0
    assert queries(django_assert_num_queries, 1, other) == 0
    assert queries(django_assert_num_queries, 3, minutes(TRIGGER)) == 0
    ComboRule.objects.all().delete()
    assert queries(django_assert_num_queries, 1, minutes(TRIGGER)) == 0


def test_a_change_of_a_rule_takes_effect_with_the_next_save():
    save(daily(DAILY))
    ComboRule.objects.update(enabled=False)
    assert save(minutes(TRIGGER)) == 0
    ComboRule.objects.update(enabled=True, min_confidence=1.0)
    assert save(minutes(TRIGGER)) == 0
    ComboRule.objects.update(min_confidence=0.0)
    assert save(minutes(TRIGGER)) == 1


def test_a_rule_that_can_not_be_used_is_left_out_and_told_of(caplog):
    ComboRule.objects.create(key="broken", title="Broken", direction="bullish", legs=["x"])
    combo_rows._parsed.cache_clear()
    assert breakout_and_reclaim() == 1
    (told,) = {record.getMessage() for record in caplog.records}
    assert "broken: legs are 1" in told


# --- revisions ----------------------------------------------------------------------------------


def test_a_revision_that_takes_the_trigger_away_takes_the_combo_away_and_keeps_its_row():
    breakout_and_reclaim()
    before = ComboPattern.objects.get()
    save(minutes(revision=True, symbols=["MSFT"]))
    assert ComboPattern.objects.get().state == "formed"
    save(minutes(revision=True))
    row = ComboPattern.objects.get()
    assert (row.state, row.pattern_data["holds"]) == ("revised", False)
    assert row.seq > before.seq
    assert row.detection_timestamp == before.detection_timestamp
    assert events()[-1][1]["type"] == "pattern_revised"
    assert events()[-1][1]["pattern"]["holds"] is False
    told = len(events())
    save(minutes(revision=True))
    assert len(events()) == told
    save(minutes(TRIGGER, revision=True))
    row.refresh_from_db()
    assert (row.state, row.pattern_data["holds"]) == ("revised", True)


def test_a_revision_that_changes_a_leg_revises_the_combo():
    breakout_and_reclaim()
    surer = replace(TRIGGER, confidence=0.95)
    save(minutes(surer, revision=True))
    row = ComboPattern.objects.get()
    assert row.state == "revised"
    assert row.pattern_data["legs"][1]["confidence"] == 0.95


def test_what_a_revision_takes_away_no_longer_cools_down_what_comes_after_it():
    breakout_and_reclaim()
    later = minutes(reclaim("10:30"), clock="10:30")
    assert save(later) == 0
    assert save(minutes(revision=True), replace(later, revision=True)) == 1
    holding = ComboPattern.objects.filter(pattern_data__holds=True)
    assert [row.timestamp for row in holding] == [from_ms(at("10:30"))]


def test_a_daily_leg_that_is_no_longer_found_takes_its_combos_away():
    breakout_and_reclaim()
    assert save(daily()) == 0
    row = ComboPattern.objects.get()
    assert (row.state, row.pattern_data["holds"]) == ("revised", False)
    before = rows()
    save(daily())
    assert rows() == before


def test_the_later_analysis_of_a_bar_counts():
    save(daily(DAILY))
    assert save(minutes(TRIGGER), minutes(revision=True, symbols=["AAPL"])) == 0
    assert save(minutes(TRIGGER), minutes(revision=True, symbols=["MSFT"])) == 1


# --- lives --------------------------------------------------------------------------------------


def changed(*life, trigger=TRIGGER):
    return minutes(clock="10:05", changes=[LifeChange(trigger, list(life))])


def test_what_becomes_of_the_trigger_becomes_of_the_combo_once():
    breakout_and_reclaim()
    confirmed, reached = ["confirmed", at("10:05")], ["target_reached", at("10:30")]
    for life in ([confirmed], [confirmed, reached]):
        save(changed(*life))
        row = ComboPattern.objects.get()
        assert (row.life, row.state) == (life, life[-1][0])
        assert events()[-1][1]["type"] == "pattern_state"
        assert events()[-1][1]["pattern"]["seq"] == row.seq
        before = rows(), OutboxEvent.objects.count()
        save(changed(*life))
        assert (rows(), OutboxEvent.objects.count()) == before
    assert IntradayPattern.objects.get().life == [confirmed, reached]


def test_a_combo_that_is_analysed_again_keeps_its_life():
    breakout_and_reclaim()
    save(changed(["failed", at("10:05")]))
    before = rows()
    save(minutes(TRIGGER))
    assert rows() == before


def test_what_becomes_of_another_detection_changes_no_combo():
    breakout_and_reclaim()
    before = rows()
    save(changed(["failed", at("10:05")], trigger=of("MSFT", TRIGGER)))
    save(changed(["failed", at("10:05")], trigger=found("flag", "5m", at("10:00"))))
    assert rows() == before


def test_a_switched_off_rules_combos_are_followed_to_their_end():
    breakout_and_reclaim()
    ComboRule.objects.update(enabled=False)
    save(changed(["expired", at("12:30")]))
    assert ComboPattern.objects.get().state == "expired"


def test_a_combo_that_no_longer_holds_is_over_by_itself():
    breakout_and_reclaim()
    save(daily())
    before = rows()
    save(changed(["confirmed", at("10:05")]))
    assert rows() == before


# --- roles --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, databases=["default", "readwrite", "web"])
def test_the_stream_writes_combos_and_the_web_writes_rules():
    save(daily(DAILY), alias="readwrite")
    ComboRule.objects.using("web").filter(key=ROW["key"]).update(title="Another")
    assert save(minutes(TRIGGER), alias="readwrite") == 1
    assert ComboPattern.objects.get().pattern_data["title"] == "Another"
