"""Every change of a run reaches a reader; of its progress, the newest."""

import json

from streaming.web.runs import RunLog


def told(kind: str, **payload: object) -> dict[str, object]:
    return {"type": kind, "run_id": "r", **payload}


def types(frames: list[str] | None) -> list[str]:
    assert frames is not None
    return [json.loads(frame)["type"] for frame in frames]


def test_of_progress_a_reader_gets_the_newest_once():
    log = RunLog()
    reader = log.cursor()
    for done in range(1, 500):
        log.take(told("import_progress", done=done))
    frames = log.collect(reader)
    assert frames is not None
    assert [json.loads(frame)["done"] for frame in frames] == [499]
    assert log.collect(reader) == []


def test_progress_keeps_its_place_between_the_changes_around_it():
    log = RunLog()
    reader = log.cursor()
    for kind in ("import_started", "import_progress", "import_completed", "cache_started"):
        log.take(told(kind))
    assert types(log.collect(reader)) == [
        "import_started",
        "import_progress",
        "import_completed",
        "cache_started",
    ]


def test_changes_are_never_conflated():
    log = RunLog()
    reader = log.cursor()
    for phase in ("import", "cache"):
        log.take(told(f"{phase}_started"))
        log.take(told(f"{phase}_progress"))
        log.take(told(f"{phase}_completed"))
    log.take(told("processing_completed"))
    assert types(log.collect(reader)) == [
        "import_started",
        "import_completed",
        "cache_started",
        "cache_progress",
        "cache_completed",
        "processing_completed",
    ]


def test_a_new_reader_gets_nothing_of_before():
    log = RunLog()
    log.take(told("processing_started"))
    log.take(told("import_progress"))
    reader = log.cursor()
    assert log.collect(reader) == []
    log.take(told("import_completed"))
    assert types(log.collect(reader)) == ["import_completed"]


def test_a_reader_that_is_too_slow_needs_the_state_anew():
    log = RunLog(capacity=2)
    reader = log.cursor()
    for _ in range(3):
        log.take(told("import_started"))
    assert log.collect(reader) is None
