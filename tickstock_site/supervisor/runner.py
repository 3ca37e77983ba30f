"""The shell around `machine`: real processes, pipes, signals, time."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tickstock_site.supervisor import child, guardian
from tickstock_site.supervisor.lines import LineSplitter, Prefixer
from tickstock_site.supervisor.logbook import Logbook
from tickstock_site.supervisor.machine import (
    Action,
    Fleet,
    Kill,
    Phase,
    ProcessSpec,
    Report,
    Start,
    Terminate,
)
from tickstock_site.supervisor.vitals import ProcessState

OWN_NAME = "start"
READ_BYTES = 65_536
TICK_SECS = 0.1
LAST_LINES = 20
GUARDIAN_PATIENCE_SECS = 15
BARE_PYTHON = (sys.executable, "-I", "-S")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ErrorReporter(Protocol):
    """Where crashes are told to the outside."""

    def error(self, process: str, text: str, count: int) -> None:
        """One error of a process."""


@dataclass
class Child:
    """A running process and its output."""

    process: subprocess.Popen[bytes]
    splitter: LineSplitter = field(default_factory=LineSplitter)

    @property
    def output(self) -> int:
        """The reading end of its pipe."""
        assert self.process.stdout is not None
        return self.process.stdout.fileno()


class Guardian:
    """The process that ends the others if this one is killed."""

    def __init__(self, patience_secs: float = GUARDIAN_PATIENCE_SECS) -> None:
        self._process = subprocess.Popen(
            [*BARE_PYTHON, guardian.__file__, str(patience_secs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def note(self, change: str, pid: int) -> None:
        """`+` a process group that is there, `-` one that is gone."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{change}{pid}\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError:  # killed itself; the kernel's own signal is left
            pass

    def close(self) -> None:
        """Let it go; by now it has nothing to do."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Runner:
    """Runs a fleet until it is stopped. `is_answering` is asked while the fleet is starting."""

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        logbook: Logbook,
        *,
        fleet: Fleet | None = None,
        is_answering: Callable[[], bool] = lambda: True,
        on_ready: Callable[[float], str] = lambda secs: f"ready in {secs:.1f} s",
        secrets: Iterable[str] = (),
        folder: Path | None = None,
    ) -> None:
        self.fleet = fleet or Fleet(specs)
        self.reporter: ErrorReporter | None = None
        self._specs = {spec.name: spec for spec in specs}
        self._logbook = logbook
        self._prefixer = Prefixer([*self._specs, OWN_NAME], secrets)
        self._last = {name: deque[str](maxlen=LAST_LINES) for name in self._specs}
        self._children: dict[str, Child] = {}
        self._is_answering, self._on_ready = is_answering, on_ready
        self._folder = folder
        self._selector = selectors.DefaultSelector()
        self._signals = 0
        self._ready_told = False

    def run(self) -> int:
        """Start, watch, restart, stop; the exit code."""
        self._guardian = Guardian()
        previous = {number: signal.signal(number, self._note_signal) for number in STOP_SIGNALS}
        begun = time.monotonic()
        try:
            self._carry_out(self.fleet.begin(begun))
            while self.fleet.phase is not Phase.DONE:
                self.step(begun)
        finally:
            self._kill_all()
            for number, handler in previous.items():
                signal.signal(number, handler)
            self._guardian.close()
            self._selector.close()
        return self.fleet.exit_code

    def step(self, begun: float) -> None:
        """One turn: read output, see who ended, obey signals, and do what is due."""
        self._read_output()
        self._reap()
        self._obey()
        self._ask_for_answer()
        self._carry_out(self.fleet.step(time.monotonic()))
        if self.fleet.phase is Phase.RUNNING and not self._ready_told:
            self._ready_told = True
            self.say(self._on_ready(time.monotonic() - begun))

    def states(self) -> list[ProcessState]:
        """How each process stands; from any thread."""
        now = time.monotonic()
        return [self._state(name, now) for name in self._specs]

    def last_output(self, name: str) -> list[str]:
        """The last lines that a process wrote."""
        return list(self._last[name])

    def say(self, text: str, name: str = OWN_NAME) -> None:
        """One line in the log."""
        self._logbook.write(self._prefixer.line(name, text, time.time()))

    def _state(self, name: str, now: float) -> ProcessState:
        member, running = self.fleet.members[name], self._children.get(name)
        return ProcessState(
            name,
            running.process.pid if running else None,
            member.restarts,
            now - member.started_at if running else 0.0,
            member.finished,
        )

    def _note_signal(self, number: int, frame: Any) -> None:
        self._signals += 1

    def _obey(self) -> None:
        while self._signals > self.fleet.asked_to_stop:
            words = ("stopping, the stream first", "stopping all at once", "ending all now")
            self.say(words[min(self.fleet.asked_to_stop, 2)])
            self._carry_out(self.fleet.stop(time.monotonic()))

    def _ask_for_answer(self) -> None:
        asking = self.fleet.phase is Phase.STARTING and not self.fleet.has_answered
        if asking and self._is_answering():
            self.fleet.answered()

    def _carry_out(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Start(name):
                    self._start(name)
                case Terminate(name):
                    self._signal(name, signal.SIGTERM)
                case Kill(name):
                    self._kill_group(name)
                case Report(name, text, count):
                    self.say(f"{name} {text}")
                    if count and self.reporter:
                        self.reporter.error(name, text, count)

    def _start(self, name: str) -> None:
        spec = self._specs[name]
        wrapper = [*BARE_PYTHON, child.__file__, str(os.getpid()), str(spec.niceness)]
        process = subprocess.Popen(
            [*wrapper, *spec.argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | spec.environment,
            cwd=self._folder,
            start_new_session=True,
        )
        self._guardian.note("+", process.pid)
        started = Child(process)
        os.set_blocking(started.output, False)
        self._children[name] = started
        self._selector.register(started.output, selectors.EVENT_READ, name)

    def _signal(self, name: str, number: signal.Signals) -> None:
        if name in self._children:
            self._children[name].process.send_signal(number)

    def _kill_group(self, name: str) -> None:
        if name in self._children:
            _kill_group(self._children[name].process.pid)

    def _kill_all(self) -> None:
        for name in list(self._children):
            self._kill_group(name)
            self._children[name].process.wait()
            self._forget(name)

    def _read_output(self) -> None:
        if not self._selector.get_map():
            time.sleep(TICK_SECS)
        for key, _ in self._selector.select(TICK_SECS):
            self._read(key.data)

    def _read(self, name: str) -> bool:
        """Take what a process has written; False once there is no more for now."""
        running = self._children[name]
        try:
            data = os.read(running.output, READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._selector.unregister(running.output)
            return False
        self._log(name, running.splitter.feed(data))
        return True

    def _log(self, name: str, lines: Iterable[str]) -> None:
        for line in lines:
            self._last[name].append(self._prefixer.clean(line))
            self.say(line, name)

    def _reap(self) -> None:
        for name in [name for name, running in self._children.items() if _ended(running.process)]:
            running = self._children[name]
            _kill_group(running.process.pid)  # whoever it has left behind; before its id is free
            code = running.process.wait()
            while running.output in self._selector.get_map() and self._read(name):
                pass
            self._log(name, running.splitter.close())
            self._forget(name)
            self._carry_out(self.fleet.exited(name, code, time.monotonic()))

    def _forget(self, name: str) -> None:
        running = self._children.pop(name)
        self._guardian.note("-", running.process.pid)
        if running.output in self._selector.get_map():
            self._selector.unregister(running.output)
        assert running.process.stdout is not None
        running.process.stdout.close()


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has ended; it stays a zombie, so that its group's id is not reused."""
    if not hasattr(os, "waitid"):  # macOS
        return process.poll() is not None
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
