"""Killed with -9 at any moment and any number of times, a stream leaves what it would have left."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from tests.chaos.home import LAST_EVENTS, Home, Listener, Stored, assert_same, killed
from tests.chaos.tapes import expected_bars, hard_tape, write_csv

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

PATTERNS = "tickstock:patterns:streaming"
TRADES = "ticks/xrp_eth_trades_2019_10_11.parquet"
BARS = "ticks/xrp_eth_1min_2019_10_11.parquet"
ALWAYS_OPEN = {"MARKET_CALENDAR": "24/7"}
# Every point between a tick's arrival and its detection's publishing, once or more.
NAMED_KILLS = (
    ("after_append", 40),
    ("before_copy", 35),
    ("before_bars_commit", 30),
    ("after_bars_commit", 30),
    ("in_rebuild", 3),
    ("before_analysis_commit", 25),
    ("before_publishing", 25),
    ("in_recovery", 4),
    ("before_outbox", 8),
    ("after_publishing", 6),
    ("after_trim", 20),
    ("before_copy", 1),
    ("before_analysis_commit", 1),
)
RANDOM_KILLS = 7
SLOWEST_START_SECS = 3.0


def run_with_kills(
    home: Home, arguments: list[str], kills: list[tuple[str, int] | float], **env: str
) -> list[int]:
    """Run again and again, killed at a point or after so many seconds; at last to the end."""
    codes = []
    for kill in kills:
        if isinstance(kill, tuple):
            codes.append(home.run(*arguments, kill=kill, **env))
        else:
            process = home.start(*arguments, **env)
            time.sleep(kill)
            process.kill()
            codes.append(process.wait(30))
        if codes[-1] == 0:
            return codes  # it came to the tape's end; another start would start over
    codes.append(home.run(*arguments, secs=300, **env))
    assert codes[-1] == 0, home.logs()
    return codes


def assert_every_detection_was_published(home: Home, listener: Listener) -> None:
    """The last change of each detection went out, under the number that the database has."""
    listener.stop()
    sent = [json.loads(data)["pattern"] for data in listener.of(PATTERNS)]
    published = {(pattern["detection_id"], pattern["seq"]) for pattern in sent}
    expected = set(home.rows(LAST_EVENTS))
    assert expected
    assert expected <= published, f"never published: {sorted(expected - published)[:5]}"


@pytest.mark.slow
def test_a_hard_tape_gives_its_bars_and_the_same_after_kills(home: Home, tmp_path: Path) -> None:
    trades = hard_tape(seed=1)
    tape = write_csv(trades, tmp_path / "hard.csv")
    arguments = ["--source", "replay", "--tape", str(tape), "--speed", "max", "--once"]

    assert home.run(*arguments) == 0, home.logs()
    undisturbed = home.stored()
    made = {(row[0], row[1]): (*row[2:7], row[8]) for row in undisturbed.bars}
    assert made == expected_bars(trades)
    assert undisturbed.detections

    home.clear()
    listener = Listener(home.env["REDIS_URL"], PATTERNS)
    kills: list[tuple[str, int] | float] = [
        ("before_bars_commit", 9),
        ("before_publishing", 12),
        ("in_recovery", 2),
        ("after_publishing", 2),
    ]
    codes = run_with_kills(home, arguments, kills)
    assert killed(codes) == len(kills)
    assert_same(undisturbed, home.stored())
    assert_every_detection_was_published(home, listener)


@pytest.mark.slow
def test_a_replay_that_was_killed_after_its_end_is_complete_and_one_that_ended_starts_over(
    home: Home, tmp_path: Path
) -> None:
    tape = write_csv(hard_tape(seed=2, minutes=20), tmp_path / "short.csv")
    arguments = ["--source", "replay", "--tape", str(tape), "--speed", "max", "--once"]
    assert home.run(*arguments, kill=("before_finish", 1)) == -9
    first = home.stored()
    assert home.run(*arguments) == 0, home.logs()
    assert_same(first, home.stored())
    assert home.run(*arguments) == 0, home.logs()
    assert [row[:9] for row in home.stored().bars] == [row[:9] for row in first.bars]


# --- the full proofs -----------------------------------------------------------------------------


def exchange_bars(shared_data: Path) -> dict[int, tuple[float, ...]]:
    """The exchange's own bars, by start."""
    table = parquet.read_table(shared_data / BARS).to_pydict()
    times = [round(moment.timestamp() * 1000) for moment in table["timestamp"]]
    columns = zip(*(table[n] for n in ("open", "high", "low", "close", "volume")), strict=True)
    return dict(zip(times, columns, strict=True))


def assert_are_the_exchanges(stored: Stored, shared_data: Path) -> None:
    expected = exchange_bars(shared_data)
    assert len(expected) == 2469
    made = {row[1]: row[2:7] for row in stored.bars}
    assert made.keys() == expected.keys()
    for minute_ms, bar in made.items():
        assert bar == pytest.approx(expected[minute_ms], rel=1e-12), minute_ms
    assert not any(row[9] for row in stored.bars), "a bar is still partial"


@pytest.mark.slow
def test_twenty_kills_leave_the_exchanges_own_bars(home: Home, shared_data: Path) -> None:
    tape = ["--source", "replay", "--tape", str(shared_data / TRADES), "--symbol", "XRP/ETH"]
    assert home.run(*tape, "--speed", "max", "--once", **ALWAYS_OPEN) == 0, home.logs()
    undisturbed = home.stored()
    assert_are_the_exchanges(undisturbed, shared_data)

    home.clear()
    listener = Listener(home.env["REDIS_URL"], PATTERNS)
    dice = random.Random(20)
    moments = [SLOWEST_START_SECS + dice.random() * 5 for _ in range(RANDOM_KILLS)]
    kills: list[tuple[str, int] | float] = [*NAMED_KILLS, *moments]
    dice.shuffle(kills)
    # 62 hours in about a minute.
    paced = [*tape, "--speed", "3000", "--once"]
    codes = run_with_kills(home, paced, kills, **ALWAYS_OPEN)
    assert killed(codes) == len(kills) == 20
    stored = home.stored()
    assert_are_the_exchanges(stored, shared_data)
    assert_same(undisturbed, stored)
    assert_every_detection_was_published(home, listener)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4])
def test_every_kill_point_leaves_a_hard_tape_unchanged(
    home: Home, tmp_path: Path, seed: int
) -> None:
    trades = hard_tape(seed, minutes=120)
    tape = write_csv(trades, tmp_path / "hard.csv")
    # As fast as it goes: paced, the wall's clock has a say in which trades are late.
    arguments = ["--source", "replay", "--tape", str(tape), "--once", "--speed", "max"]
    assert home.run(*arguments) == 0, home.logs()
    undisturbed = home.stored()
    home.clear()
    listener = Listener(home.env["REDIS_URL"], PATTERNS)
    first, *others = ((point, 1 + n // 8) for point, n in NAMED_KILLS)
    random.Random(seed).shuffle(others)
    # Appending comes first: a tape that is not paced is in the journal after the first start.
    kills: list[tuple[str, int] | float] = [first, *others]
    codes = run_with_kills(home, arguments, kills)
    assert killed(codes) >= len(kills) - 2
    assert_same(undisturbed, home.stored())
    assert_every_detection_was_published(home, listener)
