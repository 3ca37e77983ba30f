"""What a run is asked for: parsed once, at the edge, and kept with the run as plain JSON."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

DAILY_PHASES = ("import", "cache", "indicators", "patterns")
NIGHT_PHASES = ("heal", "reconcile")
PHASES = (*DAILY_PHASES, *NIGHT_PHASES)
TIMEFRAMES = ("1d", "1m")
MOST_SYMBOLS = 20_000
SYMBOL_LENGTH = 24


class BadRequest(ValueError):
    """What was asked for can not be done: which field, its value, and what is allowed."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run does.

    phases: in the order of `PHASES`. universe, symbols: whose bars; neither means all that the
    source has, or all that have traded. source: a provider's name, empty for the configured one.
    since, through: days, both included; None means what is missing. everything: every day is
    worked through again, not only what is new. skip_market_check: also where the market was closed.
    retry_of: the run whose failures are tried again, and nothing else.
    """

    phases: tuple[str, ...] = DAILY_PHASES
    universe: str = ""
    symbols: tuple[str, ...] = ()
    source: str = ""
    timeframe: str = "1d"
    since: date | None = None
    through: date | None = None
    everything: bool = False
    skip_market_check: bool = False
    retry_of: str = ""

    def as_json(self) -> dict[str, Any]:
        """As `parse` takes it; what is as usual is left out."""
        usual = asdict(RunRequest())
        return {name: _plain(value) for name, value in asdict(self).items() if value != usual[name]}


def parse(asked: Mapping[str, Any]) -> RunRequest:
    """A request from plain JSON. Raises BadRequest, which names the field and what is allowed."""
    known = RunRequest.__dataclass_fields__
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise BadRequest(f"{unknown[0]} is not a parameter; there are {', '.join(known)}")
    return RunRequest(
        phases=_phases(asked.get("phases") or DAILY_PHASES),
        universe=_text(asked, "universe", 100),
        symbols=_symbols(asked.get("symbols") or ()),
        source=_text(asked, "source", 40),
        timeframe=_choice(asked, "timeframe", TIMEFRAMES, "1d"),
        since=_day(asked, "since"),
        through=_day(asked, "through"),
        everything=_flag(asked, "everything"),
        skip_market_check=_flag(asked, "skip_market_check"),
        retry_of=_text(asked, "retry_of", 40),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _phases(given: Any) -> tuple[str, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise BadRequest(f"phases is {given!r}; a list of some of {', '.join(PHASES)} is needed")
    for name in given:
        if name not in PHASES:
            raise BadRequest(f"phase {name!r} is unknown{_near(name, PHASES)}; {_one_of(PHASES)}")
    return tuple(name for name in PHASES if name in given)


def _symbols(given: Any) -> tuple[str, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise BadRequest(f"symbols is {given!r}; a list of names is needed")
    if len(given) > MOST_SYMBOLS:
        raise BadRequest(f"symbols are {len(given)}; at most {MOST_SYMBOLS} can be named")
    for name in given:
        if (
            not isinstance(name, str)
            or not 0 < len(name) <= SYMBOL_LENGTH
            or not name.isprintable()
        ):
            raise BadRequest(
                f"symbol {str(name)[:40]!r} is not a name of 1 to {SYMBOL_LENGTH} letters"
            )
    return tuple(dict.fromkeys(given))


def _text(asked: Mapping[str, Any], name: str, longest: int) -> str:
    value = asked.get(name) or ""
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise BadRequest(f"{name} is {str(value)[:40]!r}; a text of at most {longest} is needed")
    return value.strip()


def _choice(asked: Mapping[str, Any], name: str, allowed: Sequence[str], usual: str) -> str:
    value = asked.get(name) or usual
    if value not in allowed:
        raise BadRequest(f"{name} is {str(value)[:40]!r}; {_one_of(allowed)}")
    return str(value)


def _day(asked: Mapping[str, Any], name: str) -> date | None:
    value = asked.get(name)
    if value in (None, ""):
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadRequest(
            f"{name} is {str(value)[:40]!r}; a date like 2026-11-25 is needed"
        ) from None


def _flag(asked: Mapping[str, Any], name: str) -> bool:
    value = asked.get(name, False)
    if not isinstance(value, bool):
        raise BadRequest(f"{name} is {str(value)[:40]!r}; true or false is needed")
    return value


def _one_of(allowed: Sequence[str]) -> str:
    return f"one of {', '.join(allowed)} is needed"


def _near(name: Any, allowed: Sequence[str]) -> str:
    near = difflib.get_close_matches(str(name), allowed, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
