"""Frames that are malformed, truncated, huge, duplicated and reordered, with good ones among them.

Deterministic: the same seed makes the same frames. From the command line, a million through the
decoder:

    python -m tests.fuzz.frames --frames 1000000
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from streaming.feeds.massive.decoder import FrameDecoder
from streaming.ticks import SymbolTable

SYMBOLS = ["AAPL", "BRK.B", "MSFT", "NVDA", "SPY"]
NOW = 1_790_000_000_000
HUGE_BYTES = 200_000
MAX_FRAME_BYTES = 150_000
JUNK = [
    b"", b"[", b"]", b"[]", b"{}", b"null", b"NaN", b'"', b"[[[[[[[[", b"\x00", b"\xff\xfe\xfd",
    b'[{"ev":"T"}]', b'[{"ev":"T","sym":"AAPL","p":"1"}]', b'[{"ev":"status"}]', b"[1,2,3]",
    b'[{"ev":"status","status":"success","message":"subscribed to: T.AAPL"}]', b'[{"ev":"XX"}]',
    b'[{"ev":"LULD","T":"AAPL","t":1601316752683746,"i":[17]}]', b"[" * 3000, b'{"a":' * 2000,
]  # fmt: skip

BAD: list[dict[str, object]] = [
    {"p": -1}, {"p": "x"}, {"s": -5, "ds": None}, {"t": NOW * 1000}, {"t": 5}, {"sym": "WRONG"},
    {"c": "37"}, {"q": 2**70}, {"ev": "ZZ"}, {"sym": None}, {"ds": "?"},
]  # fmt: skip


@dataclass
class Fuzzer:
    """Makes frames. Good trades have ever higher sequence numbers, by which they are known."""

    seed: int = 1
    sequence: int = 0

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self._last = b"[]"

    def frames(self, count: int) -> Iterator[tuple[bytes, list[int]]]:
        """`count` frames, each with the sequences of the good trades that must come out of it."""
        makers = (
            self._good, self._good, self._repeated, self._junk, self._truncated, self._flipped,
            self._bad_among_good, self._reordered, self._absurd, self._mixed,
        )  # fmt: skip
        for _ in range(count):
            if self._rng.random() < 0.0005:
                yield self._huge(), []
            else:
                yield self._rng.choice(makers)()

    def _trade(self) -> dict[str, object]:
        self.sequence += 1
        rng = self._rng
        message: dict[str, object] = {
            "ev": "T", "sym": rng.choice(SYMBOLS), "x": rng.randint(1, 20), "z": 3,
            "i": str(rng.getrandbits(40)), "p": round(rng.uniform(1, 900), rng.choice([2, 4])),
            "s": rng.choice([1, 37, 100, 2500]), "c": rng.choice([[], [37], [14, 12], [99]]),
            "t": NOW - rng.randint(0, 1_000_000), "q": self.sequence,
        }  # fmt: skip
        if rng.random() < 0.1:
            message |= {"s": 0, "ds": "0.5"}
        if rng.random() < 0.1:
            del message["c"]
        return message

    def _trades(self) -> list[dict[str, object]]:
        return [self._trade() for _ in range(self._rng.randint(1, 4))]

    def _good(self) -> tuple[bytes, list[int]]:
        trades = self._trades()
        self._last = encoded(trades)
        return self._last, sequences(trades)

    def _repeated(self) -> tuple[bytes, list[int]]:
        return self._last, [m["q"] for m in json.loads(self._last)]

    def _junk(self) -> tuple[bytes, list[int]]:
        rng = self._rng
        if rng.random() < 0.5:
            return rng.choice(JUNK), []
        return rng.randbytes(rng.randint(1, 80)).replace(b"{", b"("), []

    def _truncated(self) -> tuple[bytes, list[int]]:
        trades = self._trades()
        data = encoded(trades)
        cut = self._rng.randint(0, len(data) - 1)
        whole = [m for n, m in enumerate(trades) if len(encoded(trades[: n + 1])) - 1 <= cut]
        return data[:cut], sequences(whole)

    def _flipped(self) -> tuple[bytes, list[int]]:
        """One trade of several has a byte that no JSON has there: it is lost, alone."""
        trades = self._trades()
        pieces = [json.dumps(trade, separators=(",", ":")).encode() for trade in trades]
        victim = self._rng.randrange(len(pieces))
        place = self._rng.randint(1, len(pieces[victim]) - 2)
        broken = bytearray(pieces[victim])
        broken[place] = self._rng.choice(b"\x00\x01\x1f")
        pieces[victim] = bytes(broken)
        return b"[" + b",".join(pieces) + b"]", sequences(trades[:victim] + trades[victim + 1 :])

    def _bad_among_good(self) -> tuple[bytes, list[int]]:
        trades = self._trades()
        bad = self._trade() | self._rng.choice(BAD)
        place = self._rng.randint(0, len(trades))
        return encoded([*trades[:place], bad, *trades[place:]]), sequences(trades)

    def _reordered(self) -> tuple[bytes, list[int]]:
        trades = self._trades()
        self._rng.shuffle(trades)
        fields = [dict(self._rng.sample(list(trade.items()), len(trade))) for trade in trades]
        return encoded(fields), sequences(trades)

    def _absurd(self) -> tuple[bytes, list[int]]:
        trade = self._trade() | self._rng.choice(
            [{"p": 1e300}, {"p": 0}, {"s": 1e30, "ds": None}, {"t": 0}]
        )
        return encoded([trade]), []

    def _mixed(self) -> tuple[bytes, list[int]]:
        trades = self._trades()
        status = {"ev": "status", "status": "success", "message": "subscribed to: T.AAPL"}
        bar = {"ev": "AM", "sym": "AAPL", "z": 12.0, "v": 1}
        return encoded([status, *trades, bar]), sequences(trades)

    def _huge(self) -> bytes:
        return b"[" + self._rng.choice([b" ", b"{", b'"', b"[", b"9"]) * HUGE_BYTES


def encoded(messages: list[dict[str, object]]) -> bytes:
    """A frame as the provider writes it."""
    return json.dumps(messages, separators=(",", ":")).encode()


def sequences(trades: list[dict[str, object]]) -> list[int]:
    """The sequence numbers of these trades."""
    return [int(str(trade["q"])) for trade in trades]


@dataclass
class Outcome:
    """What came of it."""

    frames: int
    kept: int
    lost: int
    invented: int
    rejected: Counter[str]
    seconds: float


def through_the_decoder(count: int, seed: int = 1, at_once: int = 64) -> Outcome:
    """`count` frames through the decoder, `at_once` at a time."""
    decoder = FrameDecoder(
        SymbolTable(SYMBOLS), frozenset(SYMBOLS), max_frame_bytes=MAX_FRAME_BYTES
    )
    outcome = Outcome(count, 0, 0, 0, Counter(), 0.0)
    made = Fuzzer(seed).frames(count)
    started = time.perf_counter()
    while waiting := list(islice(made, at_once)):
        frames = [frame for frame, _ in waiting]
        expected = Counter(q for _, good in waiting for q in good)
        decoded = decoder.decode(frames, NOW - 86_400_000, NOW + 60_000)
        got = Counter(decoded.batch.sequence.tolist())
        outcome.kept += len(decoded.batch)
        outcome.lost += (expected - got).total()
        outcome.invented += (got - expected).total()
        outcome.rejected += decoded.rejected.counts
    outcome.seconds = time.perf_counter() - started
    return outcome


def main() -> None:
    """Fuzz, tell, and fail if a good trade was lost."""
    parser = argparse.ArgumentParser(description="Fuzz the frame decoder.")
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcome = through_the_decoder(options.frames, options.seed)
    print(
        f"{outcome.frames:,} frames in {outcome.seconds:.1f} s: {outcome.kept:,} good trades kept, "
        f"{outcome.lost} lost, {outcome.invented} invented"
    )
    for reason, count in outcome.rejected.most_common():
        print(f"  set aside, {reason}: {count:,}")
    raise SystemExit(1 if outcome.lost or outcome.invented else 0)


if __name__ == "__main__":
    main()
