"""What the supervisor decides, without processes, clock or signals."""

from __future__ import annotations

import pytest

from tickstock_site.supervisor.machine import (
    Failure,
    Fleet,
    Kill,
    Phase,
    ProcessSpec,
    Report,
    Start,
    Terminate,
    describe_exit,
)
from tickstock_site.supervisor.policy import HOPELESS, RestartPolicy

NAMES = ("web", "worker", "beat", "stream")


def fleet(**finishing: bool) -> Fleet:
    specs = [
        ProcessSpec(name, [name], may_finish=finishing.get(name, False), stop_secs=10)
        for name in NAMES
    ]
    made = Fleet(specs, watch_secs=3, answer_secs=30, hurry_secs=2)
    made.begin(0)
    return made


def running(**finishing: bool) -> Fleet:
    made = fleet(**finishing)
    made.answered()
    made.step(3)
    assert made.phase is Phase.RUNNING
    return made


def test_all_are_started_at_once() -> None:
    specs = [ProcessSpec(name, [name]) for name in NAMES]
    assert Fleet(specs).begin(0) == [Start(name) for name in NAMES]


def test_it_runs_once_the_watch_is_over_and_the_web_has_answered() -> None:
    made = fleet()
    made.step(5)
    assert made.phase is Phase.STARTING
    made.answered()
    made.step(5.1)
    assert made.phase is Phase.RUNNING


def test_an_early_answer_does_not_shorten_the_watch() -> None:
    made = fleet()
    made.answered()
    made.step(2.9)
    assert made.phase is Phase.STARTING


def test_a_web_that_never_answers_stops_all() -> None:
    made = fleet()
    assert set(made.step(30)) == {Terminate(name) for name in NAMES}
    assert made.failure == Failure("web", None, 30)
    assert made.exit_code == 1


@pytest.mark.parametrize("code", [1, 0, -9])
def test_any_end_during_the_watch_stops_all(code: int) -> None:
    made = fleet()
    assert set(made.exited("worker", code, 1)) == {
        Terminate(name) for name in NAMES if name != "worker"
    }
    assert made.failure == Failure("worker", code, 1)


def test_a_failed_start_is_done_when_all_have_ended() -> None:
    made = fleet()
    made.exited("worker", 1, 1)
    for name in ("web", "beat", "stream"):
        assert made.phase is Phase.STOPPING
        made.exited(name, -15, 1.1)
    assert made.phase is Phase.DONE


def test_a_short_tape_may_end_during_the_watch() -> None:
    made = fleet(stream=True)
    [report] = made.exited("stream", 0, 1)
    assert isinstance(report, Report)
    assert report.count == 0
    assert made.phase is Phase.STARTING


def test_an_end_with_0_is_a_crash_for_who_should_go_on() -> None:
    made = running()
    made.exited("stream", 0, 10)
    assert made.members["stream"].restart_at == 11


def test_a_crash_later_is_reported_and_restarted_after_a_delay() -> None:
    made = running()
    assert made.exited("stream", 1, 10) == [
        Report("stream", "ended with exit code 1; it starts again in 1 s", 1)
    ]
    assert made.step(10.9) == []
    assert made.step(11) == [Start("stream")]
    assert made.members["stream"].restarts == 1


def test_delays_double_to_a_bound_and_start_anew_after_a_stable_stretch() -> None:
    made, now, delays = running(), 100.0, []
    for _ in range(9):
        made.exited("stream", 1, now)
        restart_at = made.members["stream"].restart_at
        assert restart_at is not None
        delays.append(restart_at - now)
        made.step(restart_at)
        now = restart_at + 5
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    made.exited("stream", 1, now + 60)
    assert made.members["stream"].restart_at == now + 61


def test_who_says_that_trying_again_can_not_help_waits_longest() -> None:
    assert RestartPolicy().delay_secs(1, HOPELESS) == 60


def test_a_stop_goes_from_the_stream_to_the_web_one_by_one() -> None:
    made = running()
    assert made.stop(10) == [Terminate("stream")]
    assert made.exited("stream", 0, 12) == [Terminate("beat")]
    assert made.exited("beat", 0, 13) == [Terminate("worker")]
    assert made.exited("worker", 0, 14) == [Terminate("web")]
    assert made.exited("web", 0, 15) == []
    assert (made.phase, made.exit_code) == (Phase.DONE, 0)


def test_a_stop_passes_over_who_is_waiting_to_start_again() -> None:
    made = running()
    made.exited("stream", 1, 10)
    assert made.stop(10.5) == [Terminate("beat")]
    assert made.step(11) == []


def test_who_ends_out_of_turn_while_stopping_does_not_hasten_the_others() -> None:
    made = running()
    made.stop(10)
    assert made.exited("web", 0, 11) == []
    assert made.exited("stream", 0, 12) == [Terminate("beat")]


def test_who_does_not_stop_in_time_is_killed_and_the_exit_code_says_so() -> None:
    made = running()
    made.stop(10)
    assert made.step(19.9) == []
    assert Kill("stream") in made.step(20)
    assert made.step(20.1) == []
    made.exited("stream", -9, 20.2)
    assert made.exit_code == 1


def test_a_second_stop_asks_all_at_once_and_a_third_kills() -> None:
    made = running()
    made.stop(10)
    assert made.stop(11) == [Terminate("beat"), Terminate("worker"), Terminate("web")]
    assert {Kill(name) for name in NAMES} <= set(made.stop(12))


def test_a_hurried_stop_kills_soon() -> None:
    made = running()
    made.stop(10)
    made.stop(11)
    assert {Kill(name) for name in NAMES} <= set(made.step(13))


def test_a_stop_during_the_start_is_no_failure() -> None:
    made = fleet()
    made.stop(1)
    for name in reversed(NAMES):
        made.exited(name, -15, 1.5)
    assert (made.phase, made.exit_code, made.stop(2)) == (Phase.DONE, 0, [])


def test_an_end_is_described_by_code_or_signal() -> None:
    assert (describe_exit(3), describe_exit(-9)) == ("exit code 3", "signal 9")
