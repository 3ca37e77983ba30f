"""A checkout of its own for a test of `bin/services`: nothing here touches the one in use."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from _services import processes

PROJECT = Path(__file__).resolve().parents[2]
NAMED = ("DATABASE", "REDIS_URL", "SECRET_KEY", "TICKSTOCK", "DJANGO", "PYTHONPATH")
DATA = {"postgres": "postgres/data", "redis-server": "redis"}


@dataclass(frozen=True)
class Checkout:
    """A folder with the project in it, and the way its services are to run."""

    folder: Path
    way: str

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(NAMED)}
        return {**inherited, "TICKSTOCK_SERVICES": self.way, **more}

    def services(self, command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.run("bin/services", command, env=self.environment(**more))

    def start(self, **more: str) -> str:
        """Start the services; returns what was printed."""
        done = self.services("start", **more)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def env(self, **more: str) -> dict[str, str]:
        """What `bin/services env` exports."""
        lines = self.services("env", **more).stdout.splitlines()
        pairs = [shlex.split(line)[1].partition("=") for line in lines]
        return {name: value for name, _, value in pairs}

    def run(self, *command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, check=False
        )

    def launch(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["bin/services", command], cwd=self.folder, env=self.environment(), text=True
        )

    def data(self, program: str) -> Path:
        return self.folder / ".services" / self.way / DATA[program]

    def pid(self, program: str) -> int | None:
        return processes.main_process(self.data(program), program)


def make_checkout(folder: Path, way: str) -> Checkout:
    """A copy of the scripts and the code, with the packages that are installed already."""
    folder.mkdir(parents=True)
    for name in ("admin_processing", "bin", "market", "patterns", "streaming", "tickstock_site"):
        shutil.copytree(PROJECT / name, folder / name)
    for file in (*PROJECT.glob("*.py"), *PROJECT.glob("*.txt")):
        shutil.copy(file, folder)
    (folder / ".venv").symlink_to(PROJECT / ".venv")
    return Checkout(folder, way)
