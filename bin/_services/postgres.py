"""The checkout's own PostgreSQL: made, configured, started, stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from . import processes
from .errors import ServiceError
from .sandbox import can_mount
from .state import State
from .ways import Way

PROGRAM = "postgres"


def start(way: Way, state: State) -> subprocess.Popen[bytes] | None:
    """Start the server if it is down, and wait until it answers; its process, if this did."""
    if not data(way).exists():
        _create(way, state)
    if processes.main_process(data(way), PROGRAM):
        return None
    processes.clear(data(way), PROGRAM)
    # No server works in the folder, so the file is stale: its number may by
    # now belong to another PostgreSQL, which would keep this one from starting.
    (data(way) / "postmaster.pid").unlink(missing_ok=True)
    _configure(way, state)
    command = way.sandbox.command(
        way.postgres_user, f"{way.postgres_bin}/postgres", "-D", f"{_home(way)}/data"
    )
    server = processes.launch(command, log(way))
    processes.wait_until_up(server, lambda: version(state) != "", "PostgreSQL", logs(way))
    return server


def stop(folder: Path) -> None:
    """SIGINT: sessions are ended, everything is written, and nothing is left to recover."""
    processes.stop(folder / "postgres" / "data", PROGRAM, signal.SIGINT, patience_secs=60)


def data(way: Way) -> Path:
    return way.folder / "postgres" / "data"


def log(way: Way) -> Path:
    return way.folder / "postgres.log"


def logs(way: Way) -> list[Path]:
    """The server's log files, the newest last."""
    kept = (data(way) / "log").glob("*.log")
    return [log(way), *sorted(kept, key=lambda path: path.stat().st_mtime)]


def superuser_url(state: State, database: str = "postgres") -> str:
    password = state.passwords["postgres"]
    return f"postgresql://postgres:{password}@127.0.0.1:{state.ports['postgres']}/{database}"


def version(state: State) -> str:
    """The running server's version, or "" if it does not answer."""
    try:
        with psycopg.connect(superuser_url(state), connect_timeout=5) as connection:
            row = connection.execute("SHOW server_version").fetchone()
    except psycopg.OperationalError:
        return ""
    return str(row[0]).split()[0] if row else ""


def _home(way: Way) -> str:
    return f"{way.sandbox.home()}/postgres"


def _create(way: Way, state: State) -> None:
    """Run initdb, under another name until it is complete."""
    folder = way.folder / "postgres"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(state.passwords["postgres"])
    _give(way, folder, password)
    command = [f"{way.postgres_bin}/initdb", "-D", f"{_home(way)}/new", "--username=postgres"]
    command += ["--auth=scram-sha-256", f"--pwfile={_home(way)}/password", "--data-checksums"]
    command += ["--encoding=UTF8", *_locale(way)]
    done = subprocess.run(
        way.sandbox.command(way.postgres_user, *command),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    password.unlink()
    if done.returncode:
        raise ServiceError(
            "PostgreSQL's data folder could not be made",
            done.stderr.strip()[-600:],
            f"see that {folder} is on a writable disk with space left, then run it again",
        )
    with (folder / "new" / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude = 'tickstock.conf'\n")
    (folder / "new").rename(data(way))


def _locale(way: Way) -> list[str]:
    """From 17 on, a collation that no upgrade of the C library can change."""
    asked = subprocess.run(
        way.sandbox.command(way.postgres_user, f"{way.postgres_bin}/postgres", "--version"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    major = int(asked.stdout.split()[2].partition(".")[0]) if asked.returncode == 0 else 0
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []
    return [*builtin, "--locale=C.UTF-8"]


def _configure(way: Way, state: State) -> None:
    settings = {
        "listen_addresses": "'127.0.0.1'",
        "port": state.ports["postgres"],
        "unix_socket_directories": "''",
        "password_encryption": "'scram-sha-256'",
        "max_connections": 100,
        "shared_buffers": "'256MB'",
        "work_mem": "'16MB'",
        "maintenance_work_mem": "'128MB'",
        "max_wal_size": "'2GB'",
        "wal_compression": "on",
        "random_page_cost": 1.1,
        "jit": "off",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "logging_collector": "on",
        "log_directory": "'log'",
        "log_filename": "'postgresql-%a.log'",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "'1d'",
        "log_line_prefix": "'%m [%p] %q%u@%d '",
        "log_checkpoints": "off",
    }
    if not can_mount() and way.name == "tree":
        settings["dynamic_shared_memory_type"] = "mmap"
    if way.storage == "timescaledb":
        settings |= {
            "shared_preload_libraries": "'timescaledb'",
            "timescaledb.telemetry_level": "off",
            "timescaledb.max_background_workers": 4,
            "max_worker_processes": 16,
        }
    conf = data(way) / "tickstock.conf"
    conf.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    _give(way, conf)


def _give(way: Way, *paths: Path) -> None:
    for path in paths:
        if os.geteuid() == 0:
            os.chown(path, *way.postgres_user)
