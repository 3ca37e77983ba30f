"""What becomes of stored detections when a bar is revised, against the real database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from patterns import detection_rows
from patterns.analysis import FORMED, REVISED
from patterns.models import (
    IndicatorValues,
    IntradayPattern,
    OutboxEvent,
)
from tests.patterns.bars import MINUTE, START, minute, walk
from tests.patterns.database import NOW, SYMBOLS, engine, rows, save

pytestmark = pytest.mark.django_db


def revised_case(last_close: float):
    """An engine whose last bar is an engulfing, and that bar's revision."""
    live = engine()
    bars = [(60 - n, 60.2 - n, 58.8 - n, 59.0 - n, 100.0) for n in range(20)]
    bars.append((39.9, 42.5, 39.8, 42.0, 300.0))
    analyses = [live.close(minute(START + n * MINUTE, {0: bar})) for n, bar in enumerate(bars)]
    save(analyses)
    change = (39.9, 43.0, 39.8, last_close, 900.0)
    return live, live.revise([minute(START + 20 * MINUTE, {0: change})])


def test_a_revision_that_changes_a_detection_marks_it_revised():
    _, revisions = revised_case(last_close=42.6)
    before = IntradayPattern.objects.get(pattern_type="engulfing")
    result = save(revisions, NOW + timedelta(minutes=1))
    after = IntradayPattern.objects.get(pattern_type="engulfing")
    assert result.revised >= 1
    assert (before.state, after.state) == (FORMED, REVISED)
    assert after.price == 42.6
    assert after.confidence != before.confidence
    assert after.seq > before.seq
    assert after.detection_timestamp == before.detection_timestamp
    assert after.state_timestamp == NOW + timedelta(minutes=1)
    last = json.loads(OutboxEvent.objects.order_by("-id")[0].event)
    assert (last["type"], last["pattern"]["state"]) == ("pattern_revised", REVISED)


def test_a_pattern_that_a_revision_takes_away_is_kept_and_said_not_to_hold():
    live, revisions = revised_case(last_close=40.1)
    save(revisions)
    row = IntradayPattern.objects.get(pattern_type="engulfing")
    assert row.state == REVISED
    assert row.pattern_data["holds"] is False
    assert row.price == 42.0
    assert save(revisions).revised == 0
    back = live.revise([minute(START + 20 * MINUTE, {0: (39.9, 42.5, 39.8, 42.0, 300.0)})])
    assert save(back).revised >= 1
    row.refresh_from_db()
    assert (row.state, row.pattern_data["holds"]) == (REVISED, True)


def test_a_revision_replaces_the_stored_indicators():
    _, revisions = revised_case(last_close=42.6)
    save(revisions, NOW + timedelta(minutes=1), stored=["all"])
    when = datetime.fromtimestamp((START + 20 * MINUTE) / 1000, UTC)
    row = IndicatorValues.objects.get(symbol="AAPL", timestamp=when)
    expected = revisions[-1].values[0]
    np.testing.assert_array_equal(row.values, expected)
    assert row.calculation_timestamp == NOW + timedelta(minutes=1)


def test_a_revision_of_many_symbols_finds_their_detections(monkeypatch):
    monkeypatch.setattr(detection_rows, "FEW_SYMBOLS", 0)
    _, revisions = revised_case(last_close=42.6)
    assert save(revisions).formed == 0


def test_a_revision_leaves_the_detections_of_other_symbols_alone():
    live = engine()
    minutes = walk(len(SYMBOLS), 60, traded=1.0)
    save([live.close(m) for m in minutes])
    others = [row for row in rows() if row[0] != "MSFT"]
    save(live.revise([minutes[-1].only(slice(3, 4))]))
    assert [row for row in rows() if row[0] != "MSFT"] == others


def test_of_two_analyses_of_one_minute_the_later_wins():
    live = engine()
    bars = [(60 - n, 60.2 - n, 58.8 - n, 59.0 - n, 100.0) for n in range(20)]
    bars.append((39.9, 42.5, 39.8, 42.0, 300.0))
    analyses = [live.close(minute(START + n * MINUTE, {0: bar})) for n, bar in enumerate(bars)]
    taken_away = minute(START + 20 * MINUTE, {0: (39.9, 43.0, 39.8, 40.1, 900.0)})
    save([*analyses, *live.revise([taken_away])])
    row = IntradayPattern.objects.get(pattern_type="engulfing")
    assert (row.state, row.pattern_data["holds"]) == (REVISED, False)


def test_what_another_program_found_on_the_same_bar_is_left_alone():
    _, revisions = revised_case(last_close=42.6)
    IntradayPattern.objects.create(
        symbol="AAPL",
        timestamp=datetime.fromtimestamp((START + 20 * MINUTE) / 1000, UTC),
        detection_key="moon_phase:1m",
        detection_id=UUID(int=7),
        pattern_type="moon_phase",
        timeframe="1m",
        direction="neutral",
        confidence=0.5,
    )
    save(revisions)
    row = IntradayPattern.objects.get(pattern_type="moon_phase")
    assert (row.state, row.pattern_data) == (FORMED, {})


def test_a_revision_that_undoes_a_confirmation_takes_the_life_back():
    live, _ = revised_case(last_close=42.6)
    beyond = (42.6, 44.0, 42.5, 43.5, 100.0)
    save([live.close(minute(START + 21 * MINUTE, {0: beyond}))])
    row = IntradayPattern.objects.get(pattern_type="engulfing")
    assert (row.state, row.life) == ("confirmed", [["confirmed", START + 21 * MINUTE]])
    below = (42.6, 42.9, 42.5, 42.7, 100.0)
    revisions = live.revise([minute(START + 21 * MINUTE, {0: below})])
    assert save(revisions).lives >= 1
    row.refresh_from_db()
    assert (row.state, row.life) == (REVISED, [])
    assert save(revisions).lives == 0
    save([live.close(minute(START + 22 * MINUTE, {0: beyond}))])
    row.refresh_from_db()
    assert (row.state, row.life) == ("confirmed", [["confirmed", START + 22 * MINUTE]])
