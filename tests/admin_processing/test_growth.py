"""Disk growth from row sizes."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from admin_processing.growth import Growth, growth, report


def test_rows_here_are_measured() -> None:
    rows = {
        "ohlcv_1min": 10_000,
        "ohlcv_rolled": 5_000,
        "intraday_indicator_values": 10_000,
        "intraday_patterns": 5_000,
        "integration_events": 20_000,
        "ohlcv_daily": 20_000,
        "daily_patterns": 10_000,
    }
    found = {entry.table: entry for entry in growth(rows, dict.fromkeys(rows, 2_000_000))}
    assert found["ohlcv_1min"] == Growth("ohlcv_1min", 200.0, 1.0, True)
    assert found["intraday_patterns"] == Growth("intraday_patterns", 400.0, 0.5, True)
    assert found["integration_events"] == Growth("integration_events", 100.0, 2.0, True)
    assert found["daily_patterns"] == Growth("daily_patterns", 200.0, 0.5, True, daily=True)
    assert not found["combo_patterns"].measured


def test_the_daily_tier_grows_by_the_day_whatever_the_minutes() -> None:
    daily = Growth("daily_patterns", 200.0, 0.5, True, daily=True)
    assert daily.bytes_a_day(500, 390) == daily.bytes_a_day(500, 960) == 50_000


def test_a_day_is_every_symbol_in_every_minute() -> None:
    assert Growth("ohlcv_1min", 200.0, 1.0, True).bytes_a_day(500, 390) == 39_000_000


def test_a_database_with_few_rows_answers_with_sizes_measured_elsewhere() -> None:
    found = growth({}, {})
    assert not any(entry.measured for entry in found)
    lines = report(found, [70, 500], 390)
    assert lines[-1].startswith("* too few rows here")
    assert lines[-2].startswith("together")


@pytest.mark.django_db
def test_the_command_prints_a_line_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("disk_growth", "--symbols", "100")
    out = capsys.readouterr().out
    assert "ohlcv_1min" in out
    assert "integration_events" in out
    assert "combo_patterns" in out
    assert "daily_indicator_values" in out
