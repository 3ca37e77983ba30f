"""CONTRIBUTING.md is right: what it adds, added as it says, works everywhere."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from patterns import registry
from patterns.engine import LiveEngine
from patterns.matrix import BarMatrix
from patterns.models import IntradayIndicator, IntradayPattern
from patterns.registry import Registry
from tests.conftest import PROJECT
from tests.patterns.bars import MINUTE, START, as_matrix, minute, session_start, walk
from tests.patterns.database import save
from tests.patterns.proofs import assert_live_equals_history, assert_no_look_ahead

NAMES = [f"S{row}" for row in range(8)]
DETECTOR, INDICATOR = "key_reversal", "MOM_10"
BLOCK = re.compile(r"^`([^`\n]+)`:\n\n```(?:python|diff)\n(.*?)^```", re.MULTILINE | re.DOTALL)
GUIDE = (PROJECT / "CONTRIBUTING.md").read_text()
BLOCKS: list[tuple[str, str]] = BLOCK.findall(GUIDE)
FILES = dict(block for block in BLOCKS if block[0] != "patterns/registry.py")
LINES = [text for path, text in BLOCKS if path == "patterns/registry.py"]
TESTS = [path for path in FILES if path.startswith("tests/")]


def added_lines(source: str) -> str:
    """The registry's source after the guide's changes; each is put behind the line it follows."""
    for change in LINES:
        context, line = (re.search(rf"^\{sign}(.*)\n", change, re.M)[1] for sign in " +")
        assert source.count(f"\n{context}\n") == 1, context
        source = source.replace(f"\n{context}\n", f"\n{context}\n{line}\n")
    return source


@pytest.fixture
def with_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """The registry after the guide was followed: its modules beside the packages' own ones."""
    modules = {}
    for path, text in FILES.items():
        if path not in TESTS:
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            package = importlib.import_module(path.rpartition("/")[0].replace("/", "."))
            monkeypatch.setattr(package, "__path__", [*package.__path__, str(file.parent)])
            modules[package, file.stem] = f"{package.__name__}.{file.stem}"
    made = types.ModuleType("patterns.registry")
    exec(compile(added_lines(inspect.getsource(registry)), "registry.py", "exec"), vars(made))
    yield made.standard()
    for (package, stem), name in modules.items():
        sys.modules.pop(name, None)
        vars(package).pop(stem, None)


@pytest.fixture
def alone(with_guide: Registry) -> Registry:
    """What the guide adds, and nothing else."""
    return with_guide.only([INDICATOR], [DETECTOR])


def test_one_file_one_test_and_one_line_are_all_that_is_added():
    assert [path for path in FILES if path not in TESTS] == [
        "patterns/detectors/events/key_reversal.py",
        "patterns/indicators/momentum.py",
    ]
    assert len(TESTS) == len(LINES) == 2
    assert all(not (PROJECT / path).exists() for path in FILES)


def test_the_registry_has_both(with_guide: Registry):
    assert with_guide.detector(DETECTOR).title == "Key reversal"
    assert INDICATOR in with_guide.shown
    assert len(with_guide.detectors) == len(registry.standard().detectors) + 1


@pytest.mark.parametrize("path", TESTS)
def test_the_tests_of_the_guide_pass(with_guide: Registry, daily: BarMatrix, path: str):
    names: dict[str, Any] = {"__name__": Path(path).stem}
    exec(compile(FILES[path], path, "exec"), names)
    tests = [test for name, test in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test(*(daily for _ in inspect.signature(test).parameters))


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("command", [["format", "--check"], ["check"]], ids=lambda c: c[0])
def test_bin_check_would_let_it_pass(path: str, command: list[str]):
    ruff = Path(sys.executable).with_name("ruff")
    arguments = [str(ruff), *command, "--stdin-filename", str(PROJECT / path), "-"]
    done = subprocess.run(arguments, input=FILES[path], capture_output=True, text=True, cwd=PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_example_is_detected_live(with_guide: Registry):
    detector = with_guide.detector(DETECTOR)
    live = LiveEngine(["A"], with_guide, session_start)
    for number, bar in enumerate(detector.example):
        analysis = live.close(minute(START + number * MINUTE, {0: bar}))
    assert DETECTOR in [d.pattern_type for d in analysis.found]
    assert INDICATOR in analysis.indicators(0)


@pytest.mark.parametrize("timeframe", ["1m", "1d"])
def test_it_runs_in_history_and_live_without_looking_ahead(
    alone: Registry, daily: BarMatrix, timeframe: str
):
    made = as_matrix(walk(len(NAMES), 200, seed=5), NAMES)
    matrix = made if timeframe == "1m" else daily.take(range(0, 505, 30)).until(400)
    times = sorted({*matrix.time_ms[matrix.time_ms >= 0].tolist()})
    assert_no_look_ahead(matrix, alone, timeframe, [times[n] for n in (50, 121, 180)])
    analyses = assert_live_equals_history(matrix, alone, timeframe)
    assert sum(len(analysis.found) for analysis in analyses) > 10


@pytest.mark.django_db
def test_it_is_stored_with_what_became_of_it(alone: Registry):
    live = LiveEngine(NAMES, alone, session_start)
    analyses = [live.close(m) for m in walk(len(NAMES), 200, seed=5)]
    result = save(analyses, stored=["all"])
    rows = IntradayPattern.objects.all()
    assert {row.detection_key for row in rows} == {f"{DETECTOR}:1m"}
    assert len(rows) == result.formed == sum(len(a.found) for a in analyses)
    assert len({row.state for row in rows}) > 1
    assert IntradayIndicator.objects.filter(indicator_name=INDICATOR).count() > 1000
