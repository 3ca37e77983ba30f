"""What the supervisor decides: a state machine without clock, signals or processes.

Events come in as calls with the time (seconds, any steady clock) and give back actions, which
`runner` carries out:

    begin ─▶ STARTING ─(watched, web answers)─▶ RUNNING ─stop─▶ STOPPING ─(all ended)─▶ DONE
                 └──────(a crash)──▶ STOPPING, exit code 1
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from tickstock_site.supervisor.policy import RestartPolicy


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A process to run. They are started in the order of their list, and stopped in the reverse.

    may_finish: ending by itself with exit code 0 is no crash, and it is not started again.
    stop_secs: how long it may take to end once it is asked to; then it is killed.
    niceness: how far it steps back where processors are short; the feed and the pages come first.
    """

    name: str
    argv: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    may_finish: bool = False
    stop_secs: float = 10.0
    niceness: int = 0


class Phase(Enum):
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Start:
    """Start this process."""

    name: str


@dataclass(frozen=True, slots=True)
class Terminate:
    """Ask this process to end (SIGTERM)."""

    name: str


@dataclass(frozen=True, slots=True)
class Kill:
    """End this process and all that it started (SIGKILL)."""

    name: str


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the operator; `count` crashes in a row, 0 where it is no error."""

    name: str
    message: str
    count: int = 0


Action = Start | Terminate | Kill | Report


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a start was given up: the process, and its exit code (None: it never answered)."""

    name: str
    code: int | None
    after_secs: float


@dataclass(slots=True)
class Member:
    """One process as the machine sees it. `restart_at`: when to start it again, if it crashed."""

    spec: ProcessSpec
    up: bool = False
    finished: bool = False
    started_at: float = 0.0
    crashes: int = 0
    restarts: int = 0
    restart_at: float | None = None
    stop_by: float | None = None
    killed: bool = False


def describe_exit(code: int) -> str:
    """`exit code 1`, or `signal 9` for a process that was killed."""
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


class Fleet:
    """All processes together."""

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        policy: RestartPolicy | None = None,
        *,
        watch_secs: float = 3.0,
        answer_secs: float = 30.0,
        answers: str = "web",
        hurry_secs: float = 3.0,
    ) -> None:
        self.members = {spec.name: Member(spec) for spec in specs}
        self.phase = Phase.STARTING
        self.failure: Failure | None = None
        self.asked_to_stop = 0
        self._policy = policy or RestartPolicy()
        self._watch_secs, self._answer_secs = watch_secs, answer_secs
        self._answers, self._answered = answers, answers not in self.members
        self._hurry_secs = hurry_secs
        self._begun_at = 0.0

    @property
    def exit_code(self) -> int:
        """0 for a stop in order; 1 for a failed start, or where a process had to be killed."""
        return int(
            self.failure is not None or any(member.killed for member in self.members.values())
        )

    @property
    def has_answered(self) -> bool:
        """Whether the process that must answer has done so."""
        return self._answered

    def begin(self, now: float) -> list[Action]:
        """Start them all."""
        self._begun_at = now
        return [self._start(member, now) for member in self.members.values()]

    def answered(self) -> None:
        """The process that must answer has answered."""
        self._answered = True

    def exited(self, name: str, code: int, now: float) -> list[Action]:
        """A process has ended."""
        member = self.members[name]
        member.up = False
        if self.phase is Phase.STOPPING:
            return self._go_on_stopping(now)
        if code == 0 and member.spec.may_finish:
            member.finished = True
            return [Report(name, "has finished; the others go on")]
        if self.phase is Phase.STARTING:
            return self._give_up(Failure(name, code, now - member.started_at), now)
        return self._crashed(member, code, now)

    def step(self, now: float) -> list[Action]:
        """What is due by now: the end of the start, restarts, and kills of what will not stop."""
        if self.phase is Phase.STARTING:
            return self._watch(now)
        if self.phase is Phase.RUNNING:
            return list(self._restarts(now))
        if self.phase is Phase.STOPPING:
            return list(self._kills(now))
        return []

    def stop(self, now: float) -> list[Action]:
        """Stop in order; asked again, all at once and soon; a third time, now."""
        self.asked_to_stop += 1
        if self.phase is Phase.DONE:
            return []
        if self.asked_to_stop == 1 and self.phase is not Phase.STOPPING:
            self.phase = Phase.STOPPING
            return self._go_on_stopping(now)
        return self._hurry(now, self._hurry_secs if self.asked_to_stop <= 2 else 0.0)

    def _start(self, member: Member, now: float) -> Action:
        member.up, member.started_at, member.restart_at = True, now, None
        return Start(member.spec.name)

    def _watch(self, now: float) -> list[Action]:
        waited = now - self._begun_at
        if waited >= self._watch_secs and self._answered:
            self.phase = Phase.RUNNING
        elif waited >= self._answer_secs and not self._answered:
            return self._give_up(Failure(self._answers, None, waited), now)
        return []

    def _give_up(self, failure: Failure, now: float) -> list[Action]:
        self.failure = failure
        self.phase = Phase.STOPPING
        return self._hurry(now, self._hurry_secs)

    def _crashed(self, member: Member, code: int, now: float) -> list[Action]:
        member.crashes = self._policy.crashes(member.crashes, now - member.started_at)
        delay = self._policy.delay_secs(member.crashes, code)
        member.restart_at = now + delay
        message = f"ended with {describe_exit(code)}; it starts again in {delay:g} s"
        return [Report(member.spec.name, message, member.crashes)]

    def _restarts(self, now: float) -> Iterator[Action]:
        for member in self.members.values():
            if member.restart_at is not None and now >= member.restart_at:
                member.restarts += 1
                yield self._start(member, now)

    def _left(self) -> list[Member]:
        return [member for member in reversed(self.members.values()) if member.up]

    def _go_on_stopping(self, now: float) -> list[Action]:
        left = self._left()
        if not left:
            self.phase = Phase.DONE
            return []
        if left[0].stop_by is not None:
            return []
        left[0].stop_by = now + left[0].spec.stop_secs
        return [Terminate(left[0].spec.name)]

    def _hurry(self, now: float, secs: float) -> list[Action]:
        left = self._left()
        if not left:
            self.phase = Phase.DONE
        asked = [Terminate(member.spec.name) for member in left if member.stop_by is None]
        for member in left:
            member.stop_by = min(now + secs, member.stop_by or now + secs)
        return [*asked, *self._kills(now)]

    def _kills(self, now: float) -> Iterator[Action]:
        for member in self._left():
            if member.stop_by is not None and now >= member.stop_by and not member.killed:
                member.killed = True
                yield Report(member.spec.name, "did not stop in time and is killed", 1)
                yield Kill(member.spec.name)
