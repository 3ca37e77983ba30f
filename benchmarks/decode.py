"""How fast wire bytes become columns, beside what plain msgspec takes for objects alone.

    python -m benchmarks.decode [--symbols 500] [--frames 2000] [--blanks]

Frames of 100 trades as Massive sends them, in memory; one core, best of several rounds. `fast` is
the decoder as the client uses it; `typed` the same result message by message; `msgspec` the
typed decoding to objects, without columns, and `loop` a dict loop over what json gives.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable

import msgspec

from benchmarks.figures import Figure, lines
from streaming.feeds.massive.decoder import Decoded, FrameDecoder
from streaming.feeds.massive.messages import Trade
from streaming.ticks import SymbolTable

NOW = 1_790_000_000_000
TRADES = 100
AT_ONCE = 64
ROUNDS = 5
GOAL = 2_000_000.0


def symbols(count: int, rng: random.Random) -> list[str]:
    """Names of one to five letters, a few with a class."""
    names: set[str] = set()
    while len(names) < count:
        name = "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=rng.randint(1, 5)))
        names.add(name + ".B" if rng.random() < 0.01 else name)
    return sorted(names)


def frame(names: list[str], rng: random.Random, number: int, blanks: bool) -> bytes:
    """One frame of trades with the variety of real ones."""
    conditions = [[], [14], [37], [14, 37], [12, 37], [14, 12, 37], [2]]
    trades = [
        {
            "ev": "T", "sym": rng.choice(names), "x": rng.randint(1, 21),
            "i": str(rng.randint(1, 10 ** rng.randint(2, 12))), "z": rng.randint(1, 3),
            "p": round(rng.uniform(2, 600), rng.choice([2, 2, 2, 3, 4])),
            "s": rng.choice([1, 5, 37, 100, 100, 200, 1000]), "c": rng.choice(conditions),
            "t": NOW + number, "q": number * TRADES + n,
        }
        for n in range(TRADES)
    ]  # fmt: skip
    separators = (", ", ": ") if blanks else (",", ":")
    return json.dumps(trades, separators=separators).encode()


def rate(ticks: int, work: Callable[[], object]) -> float:
    """Ticks a second of CPU time, best of several rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return ticks / best


def measure(count: int, frames: int, blanks: bool) -> list[Figure]:
    """The figures, each with its reference."""
    rng = random.Random(1)
    names = symbols(count, rng)
    made = [frame(names, rng, number, blanks) for number in range(frames)]
    ticks = frames * TRADES
    decoder = FrameDecoder(SymbolTable(names), frozenset(names))
    decoder.decode(made[:1], 0, 2**62)

    def fast(at_once: int) -> None:
        for start in range(0, frames, at_once):
            decoder.decode(made[start : start + at_once], 0, 2**62)

    def typed() -> None:
        for one in made:
            decoder.slowly(one, 0, 2**62, Decoded())

    plain = msgspec.json.Decoder(list[Trade])
    objects = rate(ticks, lambda: [len(plain.decode(one)) for one in made])
    few = made[: max(1, frames // 10)]
    loop = rate(len(few) * TRADES, lambda: [read_one_by_one(one) for one in few])
    unit, size = "ticks/s", f"{count} symbols"
    return [
        Figure(f"decode, {AT_ONCE} frames at once, {size}", rate(ticks, lambda: fast(AT_ONCE)),
               unit, GOAL, True, objects, "msgspec to objects, no columns"),
        Figure(f"decode, a frame at a time, {size}", rate(ticks, lambda: fast(1)),
               unit, None, True, objects, "msgspec to objects, no columns"),
        Figure(f"decode, typed, {size}", rate(ticks, typed),
               unit, None, True, loop, "json and a loop over dicts"),
    ]  # fmt: skip


def read_one_by_one(data: bytes) -> list[tuple[str, int, float, float]]:
    """The way that has one Python object a tick."""
    return [(m["sym"], m["t"], m["p"], m["s"]) for m in json.loads(data)]


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--blanks", action="store_true", help="a blank after comma and colon")
    options = parser.parse_args()
    for figure in measure(options.symbols, options.frames, options.blanks):
        print("\n".join(lines(figure)))


if __name__ == "__main__":
    main()
