"""The supervisor with small real programs in place of TickStock's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tickstock_site.supervisor.logbook import Logbook
from tickstock_site.supervisor.machine import Fleet, Phase, ProcessSpec
from tickstock_site.supervisor.policy import RestartPolicy
from tickstock_site.supervisor.runner import Runner

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
POLITE = """
import signal, sys, time
def end(*_):
    print(f'{sys.argv[1]} ends', flush=True); time.sleep(0.1); sys.exit(0)
signal.signal(signal.SIGTERM, end)
print('up', flush=True)
time.sleep(60)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('deaf', flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
argv = [sys.executable, '-c', 'import time; time.sleep(60)']
print('child', subprocess.Popen(argv).pid, flush=True)
time.sleep(60)
"""


class Lines(Logbook):
    """A logbook that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line)

    def texts(self, name: str) -> list[str]:
        """What one process has written."""
        split = [line.split(" | ", 1) for line in self.lines]
        return [text for head, text in split if head.split()[-1] == name]


class Errors:
    """Takes the place of the reporter."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, int]] = []

    def error(self, process: str, text: str, count: int) -> None:
        self.seen.append((process, text, count))


def program(name: str, code: str, **options: object) -> ProcessSpec:
    argv = [sys.executable, "-S", "-c", textwrap.dedent(code), name]
    return ProcessSpec(name, argv, **options)  # type: ignore[arg-type]


def start(
    *specs: ProcessSpec, watch_secs: float = 0.3, first_secs: float = 0.1
) -> tuple[Runner, Lines]:
    policy = RestartPolicy(first_secs=first_secs, longest_secs=0.4, stable_secs=30)
    fleet = Fleet(specs, policy, watch_secs=watch_secs, answer_secs=5, hurry_secs=0.5)
    lines = Lines()
    return Runner(specs, lines, fleet=fleet), lines


def when(condition: Callable[[], bool], act: Callable[[], None], runner: Runner) -> None:
    """Have `act` run, between two turns of the runner, as soon as `condition` holds."""
    step, done = runner.step, []

    def stepping(begun: float) -> None:
        step(begun)
        if not done and condition():
            done.append(True)
            act()

    runner.step = stepping  # type: ignore[method-assign]


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def running(runner: Runner) -> bool:
    return runner.fleet.phase is Phase.RUNNING


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_for(condition: Callable[[], bool], secs: float = 10.0) -> None:
    deadline = time.monotonic() + secs
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_output_of_all_processes_is_one_log_with_their_names() -> None:
    loud = program(
        "web", "import sys; print('to stdout'); print('to stderr', file=sys.stderr)\n" + SLEEPER
    )
    runner, lines = start(loud, program("stream", POLITE))
    when(lambda: running(runner) and "up" in lines.texts("stream"), interrupt, runner)
    assert runner.run() == 0
    assert {"to stdout", "to stderr", "up"} <= set(lines.texts("web"))


def test_ctrl_c_stops_in_the_reverse_order_of_starting_and_exits_with_0() -> None:
    runner, lines = start(*(program(name, POLITE) for name in ("web", "worker", "beat", "stream")))
    names = ("web", "worker", "beat", "stream")
    when(lambda: running(runner) and all("up" in lines.texts(n) for n in names), interrupt, runner)
    assert runner.run() == 0
    ends = [line.split(" | ")[1] for line in lines.lines if line.endswith(" ends")]
    assert ends == ["stream ends", "beat ends", "worker ends", "web ends"]


def test_a_crash_while_starting_stops_all_and_names_the_process() -> None:
    crasher = program("worker", "print('no such queue'); raise SystemExit(7)")
    runner, _ = start(program("web", SLEEPER), crasher, watch_secs=3)
    assert runner.run() == 1
    failure = runner.fleet.failure
    assert failure is not None
    assert (failure.name, failure.code) == ("worker", 7)
    assert runner.last_output("worker") == ["no such queue"]


def test_a_process_that_never_answers_is_named() -> None:
    specs = [program("web", SLEEPER)]
    fleet = Fleet(specs, watch_secs=0.1, answer_secs=0.3, hurry_secs=0.5)
    runner = Runner(specs, Lines(), fleet=fleet, is_answering=lambda: False)
    assert runner.run() == 1
    assert fleet.failure is not None
    assert fleet.failure.code is None


def test_a_later_crash_restarts_the_process_and_is_reported(tmp_path: Path) -> None:
    flag = tmp_path / "crashed"
    code = f"""
    import pathlib, sys, time
    flag = pathlib.Path({str(flag)!r})
    time.sleep(0.6)
    if not flag.exists():
        flag.touch(); sys.exit(5)
    print('again', flush=True); time.sleep(60)
    """
    runner, lines = start(program("web", SLEEPER), program("stream", code))
    errors = Errors()
    runner.reporter = errors
    when(lambda: "again" in lines.texts("stream"), interrupt, runner)
    assert runner.run() == 0
    assert errors.seen == [("stream", "ended with exit code 5; it starts again in 0.1 s", 1)]
    assert runner.fleet.members["stream"].restarts == 1


def test_a_replay_that_has_finished_is_left_alone_and_the_others_go_on() -> None:
    tape = program("stream", "print('the tape has ended')", may_finish=True)
    runner, lines = start(program("web", POLITE), tape)
    when(lambda: running(runner) and lines.texts("web") == ["up"], interrupt, runner)
    assert runner.run() == 0
    assert runner.fleet.members["stream"].finished
    assert runner.fleet.members["stream"].restarts == 0


def test_a_process_that_ignores_sigterm_is_killed_after_its_time() -> None:
    runner, lines = start(program("stream", DEAF, stop_secs=0.3))
    when(lambda: running(runner) and lines.texts("stream") == ["deaf"], interrupt, runner)
    assert runner.run() == 1
    assert any("is killed" in text for text in lines.texts("start"))


def test_a_second_ctrl_c_hurries() -> None:
    runner, lines = start(program("web", POLITE), program("stream", DEAF, stop_secs=60))
    names = {"web": "up", "stream": "deaf"}

    def ready() -> bool:
        return running(runner) and all(text in lines.texts(name) for name, text in names.items())

    def twice() -> None:
        interrupt()
        interrupt()

    when(ready, twice, runner)
    began = time.monotonic()
    assert runner.run() == 1
    assert time.monotonic() - began < 10


def test_what_a_process_has_started_ends_with_it() -> None:
    runner, lines = start(program("worker", PARENT))
    when(lambda: running(runner) and bool(lines.texts("worker")), interrupt, runner)
    runner.run()
    wait_for(lambda: gone(int(lines.texts("worker")[0].split()[1])))


def test_secrets_never_reach_the_log() -> None:
    specs = [
        program("web", "print('connecting to redis://:hunter22@host', flush=True)\n" + SLEEPER)
    ]
    lines = Lines()
    fleet = Fleet(specs, watch_secs=0.1)
    runner = Runner(specs, lines, fleet=fleet, secrets=["hunter22"])
    when(lambda: running(runner) and "up" in lines.texts("web"), interrupt, runner)
    runner.run()
    assert "connecting to redis://:•••@host" in lines.texts("web")
    assert not any("hunter22" in line for line in lines.lines)


SUPERVISOR = """
import sys
from tests.tickstock_site.supervisor.test_runner import DEAF, POLITE, Lines, program
from tickstock_site.supervisor import runner
from tickstock_site.supervisor.machine import Fleet
class Printing(Lines):
    def write(self, line): print(line, flush=True)
specs = [program('web', POLITE), program('stream', DEAF)]
class Quick(runner.Guardian):
    def __init__(self): super().__init__(0.5)
runner.Guardian = Quick
made = runner.Runner(specs, Printing(), fleet=Fleet(specs, watch_secs=0.2))
import threading
def tell():
    import time
    while any(state.pid is None for state in made.states()): time.sleep(0.05)
    print('PIDS', *[state.pid for state in made.states()], flush=True)
threading.Thread(target=tell, daemon=True).start()
sys.exit(made.run())
"""


@pytest.fixture
def supervisor() -> subprocess.Popen[str]:
    root = Path(__file__).parents[3]
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
    )


@pytest.mark.parametrize("with_guardian", [True, False])
def test_nobody_outlives_a_supervisor_that_is_killed(
    supervisor: subprocess.Popen[str], with_guardian: bool
) -> None:
    assert supervisor.stdout is not None
    pids: list[int] = []
    seen = set()
    for line in supervisor.stdout:
        seen.add(line.split(" | ")[-1].strip())
        if line.startswith("PIDS"):
            pids = [int(word) for word in line.split()[1:]]
        if pids and {"up", "deaf"} <= seen:
            break
    if not with_guardian:
        others = psutil.Process(supervisor.pid).children()
        [guardian] = [process for process in others if process.pid not in pids]
        guardian.kill()
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    polite, deaf = pids
    wait_for(lambda: gone(polite))
    if with_guardian:
        wait_for(lambda: gone(deaf))
    else:
        os.kill(deaf, signal.SIGKILL)  # SIGTERM is all that the kernel sends
    wait_for(lambda: gone(deaf))


def test_states_tell_who_is_up() -> None:
    runner, lines = start(program("web", POLITE))
    pids = []

    def look() -> None:
        pids.append(runner.states()[0].pid)
        interrupt()

    when(lambda: running(runner) and lines.texts("web") == ["up"], look, runner)
    assert runner.states()[0].pid is None
    runner.run()
    assert pids[0] is not None
