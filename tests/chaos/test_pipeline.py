"""The daily pipeline under kills and outages: the end is that of an undisturbed run."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from market.calendar import calendar
from tests.chaos.conftest import services
from tests.chaos.home import DATABASE_URLS, Home
from tests.chaos.own_postgres import OwnPostgres, own_postgres
from tests.chaos.own_redis import OwnRedis
from tests.chaos.pipeline import Pipeline
from tests.doubles.massive_market import from_parquet
from tests.doubles.massive_rest import FAILURES, MassiveRestDouble

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(300)]

PHASES = ("import", "cache", "indicators", "patterns")
SYMBOLS, SESSIONS = 60, 300
ORDER = ["processing_started"]
for _name in PHASES:
    ORDER += [f"{_name}_started", f"{_name}_completed"]
ORDER.append("processing_completed")


def random_walks(folder: Path) -> None:
    """Sessions up to the last one, with three faults, and a volume spike that is news."""
    days = [session.day for session in calendar("XNYS").sessions if session.close_ms < _now_ms()]
    rows = []
    for number in range(SYMBOLS):
        rng = np.random.default_rng(number)
        close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, SESSIONS))).round(4)
        open_ = (close * np.exp(rng.normal(0.0, 0.01, SESSIONS))).round(4)
        spread = np.exp(np.abs(rng.normal(0.0, 0.01, SESSIONS)))
        high = (np.maximum(open_, close) * spread).round(4)
        low = (np.minimum(open_, close) / spread).round(4)
        volume = rng.lognormal(10.0, 0.2, SESSIONS).round()
        volume[-1] *= 100
        columns = {"open": open_, "high": high, "low": low, "close": close, "volume": volume}
        rows.append(pd.DataFrame({"symbol": f"S{number:02}", "date": days[-SESSIONS:], **columns}))
    table = pd.concat(rows, ignore_index=True)
    table.loc[10, "high"] = table.loc[10, "low"] / 2
    table.loc[7_000, "close"] = -1.0
    table.loc[17_000, "volume"] = -5.0
    table.to_parquet(folder / "bars.parquet")


def _now_ms() -> int:
    return int(time.time() * 1000)


@pytest.fixture(scope="module")
def server() -> Iterator[OwnPostgres]:
    made = own_postgres()
    if made is None:
        pytest.skip("only a PostgreSQL of the checkout's own services may be killed")
    yield made
    made.close()


@pytest.fixture(scope="module")
def place(
    server: OwnPostgres, redis_server: OwnRedis | None, tmp_path_factory: pytest.TempPathFactory
) -> Pipeline:
    if redis_server is None:
        pytest.skip("only a Redis of the checkout's own services may be killed")
    folder = tmp_path_factory.mktemp("pipeline")
    (folder / "bars").mkdir()
    random_walks(folder / "bars")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TICKSTOCK_TEST")}
    env = {**kept, **services(), **server.urls, "REDIS_URL": redis_server.url}
    env |= {"DAILY_SOURCE": "folder", "IMPORT_FOLDER": str(folder / "bars")}
    env |= {"PROCESSING_RETRY_SECS": "1,2", "INDICATORS_STORED": "SMA_20,RSI_14,RELATIVE_STRENGTH"}
    assert set(DATABASE_URLS) <= set(env)
    Home(env, folder).manage("migrate", TICKSTOCK_PROCESS="owner")
    return Pipeline(env, folder)


@pytest.fixture(scope="module")
def undisturbed(place: Pipeline) -> dict[str, Any]:
    """What a run leaves behind that nothing has happened to."""
    pipeline = Pipeline(place.env, place.folder)
    pipeline.clear()
    listener = pipeline.listen()
    pipeline.worker()
    run_id = pipeline.ask()
    pipeline.wait_for_end(run_id)
    assert pipeline.status(run_id) == "completed", pipeline.logs()
    listener.stop()
    assert order_of(listener.messages) == ORDER
    found = pipeline.left_behind()
    pipeline.kill_all()
    assert len(found["bars"]) == SYMBOLS * SESSIONS - 3
    assert len(found["rejected"]) == 3
    assert len(found["indicators"]) == len(found["bars"])
    assert len(found["detections"]) > 1000
    return found


@pytest.fixture
def pipeline(place: Pipeline, undisturbed: Any, tmp_path: Path) -> Iterator[Pipeline]:
    made = Pipeline(place.env, tmp_path)
    made.clear()
    yield made
    made.kill_all()


def order_of(messages: list[tuple[str, bytes]]) -> list[str]:
    """Starts and ends in the order in which they first came; what came twice is known by its id."""
    seen: set[str] = set()
    found = []
    for _, data in messages:
        event = json.loads(data)
        if event["type"].endswith(("_started", "_completed")) and event["event_id"] not in seen:
            found.append(event["type"])
        seen.add(event["event_id"])
    return found


def progress_of(messages: list[tuple[str, bytes]], phase: str) -> list[int]:
    """The counts that were told, each event once."""
    events = {}
    for _, data in messages:
        event = json.loads(data)
        if event["type"] == f"{phase}_progress":
            events.setdefault(event["event_id"], event["done"] + event["failed"])
    return list(events.values())


def assert_as_undisturbed(pipeline: Pipeline, run_id: str, undisturbed: dict[str, Any]) -> None:
    pipeline.wait_for_end(run_id)
    assert pipeline.status(run_id) == "completed", pipeline.logs()
    pipeline.wait(lambda: not pipeline.left_behind()["outbox"], "all events published", 20)
    found = pipeline.left_behind()
    for name, rows in undisturbed.items():
        assert found[name] == rows, name
    ((counts,),) = pipeline.rows("SELECT counts FROM processing_runs WHERE run_id = %s", run_id)
    assert all(own["done"] == own["total"] and not own["failed"] for own in counts.values())


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    "point", ["in_the_unit", "after_the_unit", "at_the_chunks_end", "between_phases"]
)
def test_a_worker_killed_in_any_phase_loses_nothing_and_repeats_nothing(
    pipeline: Pipeline, undisturbed: dict[str, Any], phase: str, point: str
) -> None:
    listener = pipeline.listen()
    doomed = pipeline.worker(point, phase)
    run_id = pipeline.ask()
    pipeline.wait(lambda: doomed.poll() is not None, f"the kill {point} of {phase}")
    assert doomed.returncode == -signal.SIGKILL
    pipeline.worker()
    assert_as_undisturbed(pipeline, run_id, undisturbed)
    listener.stop()
    assert order_of(listener.messages) == ORDER
    for name in PHASES:
        told = progress_of(listener.messages, name)
        assert told == sorted(told)


@pytest.mark.parametrize("phase", ["import", "patterns"])
def test_one_of_two_processes_killed_is_made_up_for_by_the_other(
    pipeline: Pipeline, undisturbed: dict[str, Any], phase: str
) -> None:
    pipeline.worker("in_the_unit_alone", phase)
    run_id = pipeline.ask()
    assert_as_undisturbed(pipeline, run_id, undisturbed)
    assert (pipeline.folder / "killed").exists()


@pytest.mark.parametrize("phase", PHASES)
def test_redis_killed_and_started_again_is_caught_up_with(
    pipeline: Pipeline, undisturbed: dict[str, Any], redis_server: OwnRedis, phase: str
) -> None:
    pipeline.worker()
    pipeline.beat()
    run_id = pipeline.ask()
    wait_for_phase(pipeline, run_id, phase)
    redis_server.kill()
    time.sleep(2)
    redis_server.start()
    assert_as_undisturbed(pipeline, run_id, undisturbed)


def wait_for_phase(pipeline: Pipeline, run_id: str, phase: str) -> None:
    query = "SELECT phase, status FROM processing_runs WHERE run_id = %s"

    def reached() -> bool:
        ((now, status),) = pipeline.rows(query, run_id)
        return now == phase or status == "completed"

    pipeline.wait(reached, f"the phase {phase}")


@pytest.mark.parametrize("how", ["stop", "kill"])
@pytest.mark.parametrize("phase", PHASES)
def test_postgresql_restarted_is_gone_on_with(
    pipeline: Pipeline, undisturbed: dict[str, Any], server: OwnPostgres, phase: str, how: str
) -> None:
    pipeline.worker()
    pipeline.beat()
    run_id = pipeline.ask()
    wait_for_phase(pipeline, run_id, phase)
    getattr(server, how)()
    time.sleep(1)
    server.start()
    assert_as_undisturbed(pipeline, run_id, undisturbed)


def test_a_run_without_any_worker_is_taken_up_by_the_one_that_comes(
    pipeline: Pipeline, undisturbed: dict[str, Any]
) -> None:
    run_id = pipeline.ask()
    assert pipeline.status(run_id) == "queued"
    pipeline.worker()
    assert_as_undisturbed(pipeline, run_id, undisturbed)


@pytest.mark.parametrize("phase", PHASES)
def test_a_cancel_ends_a_run_within_five_seconds_and_the_next_one_completes_it(
    pipeline: Pipeline, undisturbed: dict[str, Any], phase: str
) -> None:
    pipeline.worker()
    first = pipeline.ask()
    wait_for_phase(pipeline, first, phase)
    pipeline.rows("SELECT cancel_processing(%s, 'chaos')", first)
    pipeline.wait(lambda: pipeline.status(first) in ("cancelled", "completed"), "the end", 5)
    second = pipeline.ask()
    pipeline.wait_for_end(second)
    found = pipeline.left_behind()
    for name, rows in undisturbed.items():
        assert found[name] == rows, name


def test_a_second_run_does_almost_nothing(pipeline: Pipeline, undisturbed: dict[str, Any]) -> None:
    pipeline.worker()
    pipeline.wait_for_end(pipeline.ask())
    second = pipeline.ask()
    pipeline.wait_for_end(second)
    ((counts,),) = pipeline.rows("SELECT counts FROM processing_runs WHERE run_id = %s", second)
    assert counts["import"]["total"] == 0
    assert all(own["rows"] == 0 for own in counts.values())


def test_a_source_that_fails_half_the_time_gives_all_that_it_has(
    place: Pipeline, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    """Over the REST API's double: broken answers, cut connections, servers that are down."""
    names = [f"S{number:02}" for number in range(SYMBOLS)]
    market = from_parquet(place.folder / "bars" / "bars.parquet")
    found = []
    with MassiveRestDouble(market) as server:
        env = place.env | {"DAILY_SOURCE": "massive", "MASSIVE_API_KEY": server.key}
        env |= {"MASSIVE_REST_URL": server.url, "MASSIVE_REST_PER_MINUTE": "6000"}
        server.script.fail_with = tuple(name for name in FAILURES if name != "429")
        for share in (0.0, 0.5):
            server.script.fail_share = share
            (tmp_path / f"{share}").mkdir()
            pipeline = Pipeline(env, tmp_path / f"{share}")
            pipeline.clear()
            pipeline.worker()
            run_id = pipeline.ask(symbols=names)
            pipeline.wait_for_end(run_id, 200)
            assert pipeline.status(run_id) == "completed", pipeline.logs()
            found.append(pipeline.left_behind())
            pipeline.kill_all()
    good, failing = found
    for name, rows in good.items():
        assert failing[name] == rows, name
    assert [row[2:7] for row in good["bars"]] == [row[2:7] for row in undisturbed["bars"]]
