"""A run in words and bars: hand-checked cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from admin_processing.run_words import lasted, phase_rows, share_bar, span, summary

BEGAN = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
NOW = BEGAN + timedelta(seconds=100)
IMPORT = {
    "total": 505,
    "done": 500,
    "failed": 5,
    "rows": 636_290,
    "started_at": BEGAN.isoformat(),
    "finished_at": (BEGAN + timedelta(seconds=61)).isoformat(),
}
HALF = {"total": 400, "done": 190, "failed": 10, "started_at": BEGAN.isoformat()}


def test_phases_are_those_asked_for_in_their_order_whatever_order_the_counts_have():
    counts = {"indicators": HALF, "import": IMPORT}
    rows = phase_rows(counts, {}, NOW)
    assert [row.name for row in rows] == ["import", "cache", "indicators", "patterns"]
    assert [row.state for row in rows] == ["incomplete", "waiting", "running", "waiting"]
    assert [row.name for row in phase_rows({}, {"phases": ["patterns"]}, NOW)] == ["patterns"]


def test_a_phase_that_goes_on_has_a_rate_and_a_time_left():
    (row,) = phase_rows({"indicators": HALF}, {"phases": ["indicators"]}, NOW)
    assert (row.percent, row.rate, row.took, row.left) == (50, "2.0/s", "1 min 40 s", "1 min 40 s")


def test_a_phase_that_is_over_took_so_long_and_has_nothing_left():
    (row,) = phase_rows({"import": IMPORT}, {"phases": ["import"]}, NOW)
    assert (row.percent, row.rate, row.took, row.left) == (100, "", "1 min 01 s", "")


def test_a_phase_that_failed_whole_is_failed_and_one_with_nothing_to_do_is_done():
    ended = IMPORT | {"total": 2, "done": 0, "failed": 2}
    assert phase_rows({"import": ended}, {"phases": ["import"]}, NOW)[0].state == "failed"
    ended = IMPORT | {"total": 0, "done": 0, "failed": 0}
    (row,) = phase_rows({"import": ended}, {"phases": ["import"]}, NOW)
    assert (row.state, row.percent) == ("done", 100)


def test_in_a_run_that_is_over_no_phase_is_running_or_waiting():
    rows = phase_rows({"import": IMPORT, "indicators": HALF}, {}, NOW, over=True)
    assert [row.state for row in rows] == ["incomplete", "skipped", "stopped", "skipped"]
    assert rows[2].left == ""


def test_a_bar_shows_what_is_done_and_then_what_failed():
    bar = share_bar(150, 30, 200)
    assert 'class="good" x="0.00%" width="75.00%"' in bar
    assert 'class="bad" x="75.00%" width="15.00%"' in bar
    assert "style" not in bar
    assert "good" not in share_bar(0, 0, 0)


def test_a_bar_never_leaves_its_place():
    assert 'x="90.00%" width="10.00%"' in share_bar(90, 40, 100)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (4.24, "4.2 s"),
        (59.99, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.6, "1 h 00 min"),
        (7620, "2 h 07 min"),
    ],
)
def test_a_length_of_time_in_its_two_largest_units(seconds, words):
    assert span(seconds) == words


def test_a_run_that_has_not_begun_has_lasted_nothing():
    assert lasted(None, None, NOW) == ""
    assert lasted(BEGAN, None, NOW) == "1 min 40 s"
    assert lasted(BEGAN, BEGAN + timedelta(seconds=3), NOW) == "3.0 s"


def test_a_summary_names_what_is_missing_and_what_failed():
    text = summary({"indicators": HALF, "import": IMPORT, "cache": {"total": 3, "done": 3}})
    assert text == ("import 500 of 505, 5 failed · cache 3 · indicators 190 of 400, 10 failed")
    assert summary({}) == ""
