"""The interpreter and every package, with the standard library alone."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from tickstock_site.preflight.outcome import BASE_DIR, Abort, command

OLDEST_PYTHON = (3, 11)
REQUIREMENTS = BASE_DIR / "requirements.txt"
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
    missing = [*missing_packages(pins), *missing_modules(MODULES)]
    if missing:
        raise Abort(
            f"missing package{'s' if len(missing) > 1 else ''}: {', '.join(missing)}",
            f"{REQUIREMENTS.name} lists what TickStock runs on, and not all of it is installed "
            f"for {sys.executable}",
            command("-m", "pip", "install", "--force-reinstall", "-r", str(REQUIREMENTS)),
        )
    return f"{_python()}, {len(pins)} packages{_differences(pins)}"


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


def missing_packages(pins: Iterable[str]) -> list[str]:
    """Packages that are not installed."""
    return [name for name in pins if installed(name) is None]


def missing_modules(modules: Iterable[str]) -> list[str]:
    """Modules that can not be found although, perhaps, their package says it is installed."""
    return [name for name in modules if importlib.util.find_spec(name) is None]


def installed(name: str) -> str | None:
    """The installed version of a package."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _differences(pins: dict[str, str]) -> str:
    """Other versions than those that the tests ran with are told, not refused."""
    other = [f"{name} {installed(name)}" for name, pin in pins.items() if installed(name) != pin]
    return f" (not as pinned: {', '.join(other)})" if other else ""


def _python() -> str:
    return f"Python {'.'.join(map(str, sys.version_info[:3]))} at {Path(sys.executable)}"
