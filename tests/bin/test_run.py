"""`bin/run`: the steps it takes, and what it hands on to start_all_services."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.bin.checkout import PROJECT, Checkout, make_checkout

pytestmark = [pytest.mark.slow]

MANAGE = """
import pathlib, sys
with pathlib.Path("commands").open("a") as commands:
    print(*sys.argv[1:], file=commands)
sys.exit(sys.argv[1] == pathlib.Path("failing").read_text())
"""
SET_UP = {"collectstatic", "migrate", "load_universes", "ensure_admin"}


@pytest.fixture
def prepared(checkout: Checkout, tmp_path: Path) -> Checkout:
    """A checkout whose manage.py writes down what it is asked, beside running services."""
    made = make_checkout(tmp_path / "checkout", way="")
    for file in (*PROJECT.glob("package*.json"), PROJECT / ".npmrc"):
        shutil.copy(file, made.folder)
    (made.folder / "node_modules").mkdir()
    parts = "cat package.json package-lock.json | cksum > node_modules/.installed"
    made.run("sh", "-c", parts, env=made.environment())
    (made.folder / ".services").symlink_to(checkout.folder / ".services")
    (made.folder / "manage.py").write_text(MANAGE)
    (made.folder / "failing").write_text("")
    return made


def run(checkout: Checkout, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = checkout.environment(**{"MASSIVE_API_KEY": "", "TICKSTOCK_SERVICES": "", **more})
    return checkout.run("bin/run", *arguments, env=environment)


def commands(checkout: Checkout) -> list[str]:
    return (checkout.folder / "commands").read_text().splitlines()


def test_it_sets_everything_up_and_then_starts(prepared: Checkout) -> None:
    done = run(prepared, "--port", "18000")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    *set_up, last = commands(prepared)
    steps = [command.split()[0] for command in set_up]
    assert set(steps) == SET_UP
    assert steps.index("migrate") < steps.index("ensure_admin")
    assert last == "start_all_services --port 18000 --ignore-market-hours"


@pytest.mark.parametrize(
    ("arguments", "key", "expected"),
    [
        (["--source", "synthetic"], "", "--source synthetic --ignore-market-hours"),
        (["--source=synthetic"], "", "--source=synthetic --ignore-market-hours"),
        (["--ignore-market-hours"], "", "--ignore-market-hours"),
        (["--source", "replay", "--tape", "a b"], "", "--source replay --tape a b"),
        (["--source=replay"], "", "--source=replay"),
        ([], "a-key", ""),
    ],
)
def test_only_the_synthetic_market_is_shown_at_any_hour(
    prepared: Checkout, arguments: list[str], key: str, expected: str
) -> None:
    run(prepared, *arguments, MASSIVE_API_KEY=key)
    assert commands(prepared)[-1] == f"start_all_services {expected}".strip()


@pytest.mark.parametrize("failing", ["migrate", "load_universes", "collectstatic"])
def test_a_step_that_fails_stops_it_with_what_to_do(prepared: Checkout, failing: str) -> None:
    (prepared.folder / "failing").write_text(failing)
    done = run(prepared)
    assert done.returncode == 1
    assert f"'python manage.py {failing}" in done.stderr
    assert "RECOVERY: " in done.stderr
    assert not commands(prepared)[-1].startswith("start_all_services")
