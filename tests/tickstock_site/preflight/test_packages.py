"""The checks that run before any package is known to be there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tickstock_site.preflight import packages
from tickstock_site.preflight.outcome import Abort, passed, started_with

ROOT = Path(__file__).parents[3]


def test_this_interpreter_has_all_that_is_pinned() -> None:
    assert "packages" in packages.check_packages()


def test_pins_are_read_with_their_versions() -> None:
    lines = ["# comment", "django==5.2.19   # via x", "psycopg[binary,pool]==3.3.9", "-e ."]
    assert list(packages.pinned(lines)) == [("django", "5.2.19"), ("psycopg", "3.3.9")]


def test_a_missing_package_is_named_with_a_pip_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pins = tmp_path / "requirements.txt"
    pins.write_text("django==5.2.19\nno-such-package==1.0\n")
    monkeypatch.setattr(packages, "REQUIREMENTS", pins)
    monkeypatch.setattr(packages, "OWN_PYTHON", tmp_path / "none")
    with pytest.raises(Abort) as caught:
        packages.check_packages()
    assert caught.value.what == "missing package: no-such-package"
    assert f"-m pip install --force-reinstall -r {pins}" in caught.value.recovery


def test_a_module_that_is_gone_is_missed_although_its_package_is_listed() -> None:
    assert packages.missing_modules(["django", "no_such_module"]) == ["no_such_module"]


def test_other_versions_are_told_and_not_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pins = tmp_path / "requirements.txt"
    pins.write_text("django==0.1\n")
    monkeypatch.setattr(packages, "REQUIREMENTS", pins)
    assert "(not as pinned: django 5." in packages.check_packages()


def test_an_old_python_is_refused() -> None:
    with pytest.raises(Abort, match=r"Python 3\.9 is too old"):
        packages.check_interpreter((3, 9))


def test_the_checks_of_packages_load_nothing_but_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules);"
        "from tickstock_site.preflight import bootstrap, packages;"
        "print({name.partition('.')[0] for name in set(sys.modules) - before}"
        " - set(sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "{'tickstock_site'}"


def test_a_passed_check_is_one_line() -> None:
    assert passed("Redis 8.0 at 127.0.0.1:6379") == (
        "[VALIDATION] OK   Redis 8.0 at 127.0.0.1:6379"
    )


@pytest.mark.parametrize(
    "given", [["--port", "8000"], ["--port=8000"], []], ids=["two words", "one word", "none"]
)
def test_a_recovery_is_the_command_with_another_value(given: list[str]) -> None:
    made = started_with(["--port", "8001"], ["start_all_services", "--once", *given])
    assert made.endswith("manage.py start_all_services --once --port 8001")
