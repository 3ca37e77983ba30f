"""The interpreter and every package, with the standard library alone."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from tickstock_site.preflight.outcome import BASE_DIR, Abort, command

OLDEST_PYTHON = (3, 11)
REQUIREMENTS = BASE_DIR / "requirements.txt"
OWN_PYTHON = BASE_DIR / ".venv" / "bin" / "python"
NAMED = 8
PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^\s;#]+)")

# What is imported, where its name is not the package's own.
MODULES = (
    "django",
    "channels",
    "channels_redis",
    "daphne",
    "celery",
    "redis",
    "psycopg",
    "psycopg_binary",
    "psycopg_pool",
    "timescale",
    "django_celery_beat",
    "csp",
    "ninja",
    "whitenoise",
    "pandas",
    "pyarrow",
    "numpy",
    "numba",
    "websockets",
    "msgspec",
    "exchange_calendars",
    "zstandard",
    "psutil",
    "httpx",
)


def check_packages() -> str:
    """The interpreter is new enough, and every pinned package is there. Raises Abort."""
    check_interpreter(sys.version_info[:2])
    pins = dict(pinned(REQUIREMENTS.read_text(encoding="utf-8").splitlines()))
    versions = {name: installed(name) for name in pins}
    missing = [name for name, version in versions.items() if version is None]
    missing += [name for name in missing_modules(MODULES) if name not in missing]
    if missing:
        raise Abort(
            f"missing package{'s' if len(missing) > 1 else ''}: {_named(missing)}",
            f"{REQUIREMENTS.name} lists what TickStock runs on, and not all of it is installed "
            f"for {sys.executable}",
            recovery(),
        )
    return f"{_python()}, {len(pins)} packages{_differences(pins, versions)}"


def recovery() -> str:
    """The project's own interpreter, where it is not the running one; else another installation."""
    if OWN_PYTHON.exists() and Path(sys.prefix) != OWN_PYTHON.parent.parent:
        return shlex.join([str(OWN_PYTHON.relative_to(BASE_DIR)), *sys.argv])
    return command("-m", "pip", "install", "--force-reinstall", "-r", str(REQUIREMENTS))


def check_interpreter(version: tuple[int, ...]) -> None:
    """Raises Abort for a Python that is too old."""
    if version < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        raise Abort(
            f"Python {'.'.join(map(str, version))} is too old",
            f"TickStock is written for Python {oldest} or newer",
            "bin/run",
        )


def pinned(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(package, version) of each pinned line of a requirements file."""
    for line in lines:
        found = PINNED.match(line)
        if found:
            yield found.group(1), found.group(2)


def missing_modules(modules: Iterable[str]) -> list[str]:
    """Modules that can not be found although, perhaps, their package says it is installed."""
    return [name for name in modules if importlib.util.find_spec(name) is None]


def installed(name: str) -> str | None:
    """The installed version of a package."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _differences(pins: dict[str, str], versions: dict[str, str | None]) -> str:
    """Other versions than those that the tests ran with are told, not refused."""
    other = [f"{name} {versions[name]}" for name, pin in pins.items() if versions[name] != pin]
    return f" (not as pinned: {', '.join(other)})" if other else ""


def _python() -> str:
    return f"Python {'.'.join(map(str, sys.version_info[:3]))} at {Path(sys.executable)}"
