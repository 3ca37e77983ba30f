"""What is to be started, as the checks see it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SLOWEST, FASTEST = 0.001, 1_000_000
NO_STREAM = "none"
"""No ticks: pages, workers and schedules alone."""
SOURCES = ("synthetic", "massive", "replay", NO_STREAM)


@dataclass(frozen=True, slots=True)
class StartRequest:
    """The options of `start_all_services`, still as text where a check has to look at them."""

    host: str = "127.0.0.1"
    port: str = "8000"
    source: str = ""
    tapes: tuple[str, ...] = ()
    symbol: str = ""
    speed: str = ""
    once: bool = False
    universe: str = ""
    ignore_market_hours: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> StartRequest:
        """From a command's options."""
        return cls(
            host=options["host"],
            port=options["port"],
            source=options["source"] or "",
            tapes=tuple(options["tape"] or ()),
            symbol=options["symbol"] or "",
            speed=options["speed"] or "",
            once=options["once"],
            universe=options["universe"] or "",
            ignore_market_hours=options["ignore_market_hours"],
        )

    def stream_argv(self) -> list[str]:
        """What is handed on to `stream_ticks`."""
        argv = [word for tape in self.tapes for word in ("--tape", tape)]
        for name in ("source", "symbol", "speed", "universe"):
            value = getattr(self, name)
            argv += [f"--{name}", value] if value else []
        argv += ["--once"] if self.once else []
        return argv + (["--ignore-market-hours"] if self.ignore_market_hours else [])


def add_arguments(parser: ArgumentParser) -> None:
    """The options that `start_all_services` and `preflight` share."""
    parser.add_argument("--host", default="127.0.0.1", help="address the pages listen on")
    parser.add_argument("--port", default="8000", help="port the pages listen on")
    parser.add_argument("--source", help="where ticks come from: " + ", ".join(SOURCES))
    parser.add_argument("--tape", action="append", metavar="FILE", help="a tape to replay")
    parser.add_argument("--symbol", metavar="NAME", help="of a tape without a symbol column")
    parser.add_argument("--speed", metavar="N|max", help="times real time, of a replay")
    parser.add_argument("--once", action="store_true", help="stop the stream when the tape ends")
    parser.add_argument("--universe", metavar="KEY", help="which symbols")
    parser.add_argument(
        "--ignore-market-hours", action="store_true", help="run outside market hours too"
    )


def parse_speed(text: str) -> float | None:
    """Times real time; None for `max`. Raises ValueError for what is neither."""
    if text == "max":
        return None
    speed = float(text)
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError("not a speed")
    return speed


def default_source(use_synthetic_data: bool, massive_api_key: str) -> str:
    """Where ticks come from if nobody says: Massive with a key, else the synthetic market."""
    return "massive" if massive_api_key and not use_synthetic_data else "synthetic"
