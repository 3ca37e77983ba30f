"""Every benchmark runs, and says its three figures. How fast it is, is not a test's question."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import report, shared
from benchmarks.catalogue import BENCHMARKS
from benchmarks.figures import Figure, lines, number
from benchmarks.rounds import percentile

PROJECT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_every_benchmark_prints_its_figure_its_reference_and_their_ratio():
    if not os.environ.get("DATABASE_URL"):
        pytest.skip('needs the services: eval "$(bin/services env)"')
    environment = {name: value for name, value in os.environ.items() if name != "TICKSTOCK_PROCESS"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick"],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = _by_name(done.stdout)
    assert list(told) == list(BENCHMARKS)
    for name, text in told.items():
        figures = [line for line in text if line.startswith("  ") and line[2] != " "]
        if any(line.startswith("  skipped: ") for line in figures):
            continue
        assert len(figures) >= 1, name
        for kind in ("reference", "ratio"):
            assert sum(line.startswith(f"    {kind}") for line in text) == len(figures), name


def _by_name(output: str) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    current: list[str] = []
    for line in output.splitlines():
        if line in BENCHMARKS:
            current = told[line] = []
        else:
            current.append(line)
    return told


FIGURE = Figure(
    name="ingest",
    value=1_234_567.0,
    unit="ticks/s",
    goal=1_000_000.0,
    higher_is_better=True,
    reference=2_469_134.0,
    reference_name="decoding alone",
    detail={"rounds": 5.0},
)


def test_a_figure_is_told_with_its_goal_reference_and_ratio():
    told = "\n".join(lines(FIGURE))
    for part in ("1,230,000 ticks/s", "at least 1,000,000 ticks/s: met", "decoding alone", "0.500"):
        assert part in told


def test_a_goal_has_a_side():
    slow = Figure(name="close", value=1.2, unit="s", goal=1.0)
    assert FIGURE.met is True
    assert slow.met is False
    assert Figure(name="close", value=1.2, unit="s").met is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(1_234_567.0, "1,230,000"), (0.012345, "0.0123"), (9.999, "10.00"), (0.0, "0")],
)
def test_numbers_have_three_digits(value: float, text: str):
    assert number(value) == text


def test_figures_survive_json():
    assert Figure.from_dict(FIGURE.as_dict()) == FIGURE


def test_the_table_has_a_row_a_figure_and_its_command(tmp_path: Path):
    made = report.table(report.merged({"ingest": [FIGURE]}, tmp_path / "none.json"))
    assert "| ingest | ✓ **1,230,000 ticks/s** | at least 1,000,000 ticks/s |" in made
    assert "`bin/bench ingest`" in made


def test_a_run_of_one_benchmark_keeps_the_results_of_the_others(tmp_path: Path):
    file = tmp_path / "latest.json"
    file.write_text(json.dumps(report.merged({"ingest": [FIGURE]}, file)))
    kept = report.merged({"memory": [replace(FIGURE, value=1.0)]}, file)
    assert [kept["benchmarks"][name][0]["value"] for name in ("ingest", "memory")] == [
        1_234_567.0,
        1.0,
    ]


def test_percentiles_are_values_that_were_measured():
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]


def test_a_database_in_use_is_never_emptied(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://app_owner@127.0.0.1/tickstock")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1/0")
    monkeypatch.setenv("TICKSTOCK_BENCH_STAGE", "postgresql://other redis://other")
    with pytest.raises(SystemExit, match="bin/bench"):
        shared.clear()
