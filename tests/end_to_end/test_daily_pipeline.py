"""From a fresh start, one button: 505 real symbols imported, computed, detected, and shown."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from _services import state, ways

from tests.chaos.home import Home, wait_for
from tests.end_to_end.whole_system import signed_in, start, statuses
from tests.private_redis import free_port

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(420)]

PAGE = "/admin/daily-processing"
PHASES = ("import", "cache", "indicators", "patterns")
ORDER = ["processing_started"]
for _name in PHASES:
    ORDER += [f"{_name}_started", f"{_name}_progress", f"{_name}_completed"]
ORDER.append("processing_completed")
SIDES = ["open", "high", "low", "close", "volume"]
STORED = f"""SELECT symbol, "timestamp"::date, {", ".join(SIDES)} FROM ohlcv_daily ORDER BY 1, 2"""
LISTED = "SELECT symbol, timestamp::date, reason FROM rejected_rows ORDER BY 1, 2"
COUNTS = "SELECT counts FROM processing_runs ORDER BY created_at DESC LIMIT 1"
ENDED = "SELECT count(*) FROM processing_runs WHERE status = 'completed'"


@pytest.fixture
def file(shared_data: Path) -> Path:
    return shared_data / "daily_bars_2012_2017.parquet"


@contextmanager
def redis_cli(home: Home) -> Iterator[Path]:
    """What an outside `redis-cli` writes of the run's channels, line by line."""
    way = ways.reopen(state.load())
    if way is None or way.name == "embedded":
        pytest.skip("there is no redis-cli among this checkout's own services")
    program = way.redis_server.replace("redis-server", "redis-cli")
    channels = [f"tickstock:{part}:*" for part in ("processing", *PHASES)]
    command = [program, "-u", home.env["REDIS_URL"], "psubscribe", *channels]
    heard = home.folder / "redis-cli.txt"
    with heard.open("wb") as file:
        process = subprocess.Popen(
            way.sandbox.command(way.redis_user, *command),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(lambda: channels[-1] in heard.read_text(), 20, "redis-cli to listen")
            yield heard
        finally:
            process.terminate()
            process.wait(10)


def types_in(heard: Path) -> list[str]:
    """The types of the phases' events, each run of the same one once."""
    found: list[str] = []
    for line in heard.read_text().splitlines():
        if not line.startswith("{"):
            continue
        kind = json.loads(line)["type"]
        known = kind.startswith("processing_") or kind.rpartition("_")[0] in PHASES
        if known and kind in ORDER and (not found or found[-1] != kind):
            found.append(kind)
    return found


def press_run_now(page: Any) -> None:
    """The button, on whatever day this is."""
    page.get_by_label("Also on a day when the market is closed").check()
    page.get_by_role("button", name="Run now").click()


def watch_to_the_end(page: Any, home: Home, runs: int) -> list[str]:
    """What the page says of its status and phases meanwhile, without a reload."""
    shown: list[str] = []

    def over() -> bool:
        text = page.locator("[data-part=status], [data-part=phases]").all_inner_texts()
        shown.append(" ".join(text))
        page.wait_for_timeout(100)
        return bool(home.one(ENDED) == runs)

    wait_for(over, 200, "the run's end")
    page.wait_for_timeout(1500)
    shown.append(page.locator("[data-part=status]").inner_text())
    return shown


def test_one_button_imports_computes_detects_and_shows_it(home: Home, file: Path) -> None:
    port = free_port()
    env = {"DAILY_SOURCE": "folder", "IMPORT_FOLDER": str(file), "IMPORT_ADJUSTED": "1"}
    system = start(home, port, "--source", "none", **env)
    wait_for(lambda: statuses(port).get("worker") == "up", 60, "a worker")

    with redis_cli(home) as heard, signed_in(port, PAGE) as (page, complaints):
        press_run_now(page)
        shown = watch_to_the_end(page, home, runs=1)
        assert any("505" in text for text in shown)
        assert len(set(shown)) > 10, "progress is seen"
        assert "completed" in shown[-1].lower()

        press_run_now(page)
        watch_to_the_end(page, home, runs=2)
        assert complaints == []
        heard_types = types_in(heard)
    again = [kind for kind in ORDER if kind != "import_progress"]
    assert heard_types[: len(ORDER)] == ORDER
    assert [kind for kind in heard_types[len(ORDER) :] if "progress" not in kind] == [
        kind for kind in again if "progress" not in kind
    ]

    assert_rows_are_the_files(home, file)
    assert home.one("SELECT count(*) FROM daily_patterns") > 40_000
    assert home.one("SELECT count(*) FROM daily_indicator_values") == len(home.rows(STORED))
    counts = home.one(COUNTS)
    assert counts["import"]["total"] == 0, "the second run does almost nothing"
    assert sum(own["rows"] for own in counts.values()) == 0

    system.send_signal(signal.SIGINT)
    assert system.wait(40) == 0, home.logs()


def assert_rows_are_the_files(home: Home, file: Path) -> None:
    """Every row of the file is stored as it is, or is one of its faults, which are listed."""
    table = pd.read_parquet(file)[["symbol", "date", *SIDES]].sort_values(["symbol", "date"])
    body = table[["open", "close"]]
    contradicts = (table["high"] < body.max(axis=1)) | (table["low"] > body.min(axis=1))
    faulty = contradicts | (table["volume"] == 0)
    listed = [(symbol, day) for symbol, day, _ in home.rows(LISTED)]
    days = pd.to_datetime(table["date"]).dt.date
    assert listed == list(zip(table["symbol"][faulty], days[faulty], strict=True))
    assert len(listed) == 12
    stored = pd.DataFrame(home.rows(STORED), columns=["symbol", "date", *SIDES])
    good = table[~faulty]
    assert stored["symbol"].tolist() == good["symbol"].tolist()
    assert stored["date"].tolist() == days[~faulty].tolist()
    np.testing.assert_array_equal(stored[SIDES].to_numpy(), good[SIDES].to_numpy(float))
