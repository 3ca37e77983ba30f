"""Which process a command line is, and the role that it has."""

from __future__ import annotations

import pytest

from tickstock_site.env import SettingError
from tickstock_site.processes import (
    current_process,
    database_settings,
    parse_database_url,
    process_of_command,
)


@pytest.mark.parametrize(
    ("line", "process"),
    [
        ("manage.py migrate", "owner"),
        ("manage.py makemigrations --check", "owner"),
        ("manage.py stream_ticks --source synthetic", "stream"),
        ("manage.py purge --source replay", "stream"),
        ("manage.py listen_jobs", "jobs"),
        ("manage.py check", "web"),
        ("manage.py", "web"),
        ("/x/bin/daphne tickstock_site.asgi:application", "web"),
        ("/x/bin/celery -A celery_app worker", "worker"),
        ("/x/bin/celery -A celery_app beat", "beat"),
        ("/x/bin/pytest -q", "test"),
        ("/x/site-packages/pytest/__main__.py -q", "test"),
        ("", "web"),
    ],
)
def test_the_command_line_says_which_process_it_is(line: str, process: str) -> None:
    assert process_of_command(line.split()) == process


def test_the_environment_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKSTOCK_PROCESS", "beat")
    assert current_process(["manage.py", "migrate"]) == "beat"
    monkeypatch.setenv("TICKSTOCK_PROCESS", "strem")
    with pytest.raises(SettingError, match=r"TICKSTOCK_PROCESS='strem'.*one of web, stream"):
        current_process([])


def test_a_role_connects_with_its_own_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "DATABASE_READONLY_URL",
        "postgresql://app_readonly:p%40ss@db.example:6543/tick?sslmode=require",
    )
    made = database_settings("app_readonly", "engine", {"max_size": 4})
    assert (made["USER"], made["PASSWORD"], made["NAME"]) == ("app_readonly", "p@ss", "tick")
    assert (made["HOST"], made["PORT"], made["CONN_MAX_AGE"]) == ("db.example", "6543", 0)
    assert made["OPTIONS"]["sslmode"] == "require"
    assert made["OPTIONS"]["pool"] == {"max_size": 4, "reconnect_timeout": 5.0}
    assert made["OPTIONS"]["connect_timeout"] <= 10


def test_a_bad_url_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingError) as caught:
        parse_database_url("DATABASE_URL", "postgresql://me:hunter2@host/db?nothing=known")
    assert "hunter2" not in str(caught.value)
    assert "DATABASE_URL" in str(caught.value)
