"""Calendar, detectors, universe and feed."""

from __future__ import annotations

import difflib
from pathlib import Path

from django.conf import settings
from django.db import connections

from tickstock_site.preflight.database_checks import connect
from tickstock_site.preflight.outcome import Abort, manage, started_with
from tickstock_site.preflight.request import (
    NO_STREAM,
    SOURCES,
    StartRequest,
    default_source,
    parse_speed,
)

SYNTHETIC = ["--source", "synthetic"]


def check_calendar(request: StartRequest) -> str:
    """MARKET_CALENDAR names a calendar. Raises Abort."""
    from market.calendar import UnknownCalendar, configured_calendar

    try:
        found = configured_calendar()
    except UnknownCalendar as error:
        why = "sessions open and close with the market"
        raise Abort(
            str(error).partition(" Examples:")[0], why, "export MARKET_CALENDAR=XNYS"
        ) from None
    return f"Market calendar {found.name}, {found.hours} hours"


def check_definitions(request: StartRequest) -> str:
    """Indicators and detectors load, at least one of each. Raises Abort."""
    from patterns import registry

    why = "a stream without indicators or detectors would be silent, and nobody would notice"
    recovery = "git status patterns && git checkout -- patterns"
    try:
        loaded = registry.standard()
    except (ImportError, AttributeError, ValueError, LookupError, SyntaxError) as error:
        raise Abort(f"a detector or an indicator does not load: {error}", why, recovery) from None
    if not loaded.indicators or not loaded.detectors:
        missing = "detectors" if loaded.indicators else "indicators"
        raise Abort(f"no {missing} are loaded", why, recovery)
    _check_stored(loaded)
    return f"{len(loaded.indicators)} indicators and {len(loaded.detectors)} detectors are loaded"


def _check_stored(loaded: object) -> None:
    from patterns.registry import UnknownDefinition

    for name in settings.INDICATORS_STORED:
        if name == "all":
            continue
        try:
            loaded.indicator(name)  # type: ignore[attr-defined]
        except UnknownDefinition as error:
            raise Abort(
                f"INDICATORS_STORED: {error}",
                "only what is loaded can be stored",
                "export INDICATORS_STORED=all",
            ) from None


def source_of(request: StartRequest) -> str:
    """Where ticks will come from."""
    return request.source or default_source(settings.USE_SYNTHETIC_DATA, settings.MASSIVE_API_KEY)


def check_universe(request: StartRequest) -> str:
    """The universe is known and has symbols; a tape needs none. Raises Abort."""
    from market.models import Universe
    from market.universes import UnknownUniverse, symbols_of

    if source_of(request) == NO_STREAM:
        return "Universe: nothing is streamed"
    if source_of(request) == "replay":
        return "Universe: a tape is taken whole"
    key = request.universe or settings.STREAMING_UNIVERSE
    try:
        count = len(symbols_of(key))
        known: list[str] = []
    except UnknownUniverse:
        count, known = 0, list(Universe.objects.values_list("key", flat=True))
    finally:
        _close_connections()
    if not count:
        raise _unknown_universe(key, known)
    return f"Universe {key}: {count} symbols"


def _unknown_universe(key: str, known: list[str]) -> Abort:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f" (did you mean {near[0]}?)" if near and key not in known else ""
    other = near[0] if near else settings.STREAMING_UNIVERSE
    loading = not known or key in known or other not in known
    return Abort(
        f"unknown universe {key}{hint}" if key not in known else f"universe {key} is empty",
        "it says which symbols to stream",
        manage("load_universes") if loading else started_with(["--universe", other]),
    )


def check_feed(request: StartRequest) -> str:
    """The feed can run as asked: source, key, tapes, speed. Raises Abort."""
    source = source_of(request)
    if source not in SOURCES:
        near = difflib.get_close_matches(source, SOURCES, n=1)
        raise Abort(
            f"unknown source {source}: one of {', '.join(SOURCES)}",
            "ticks must come from somewhere",
            started_with(["--source", near[0] if near else "synthetic"]),
        )
    _check_speed(request)
    if source == "massive":
        _check_key()
    if source == "replay":
        _check_tapes(request)
    if source == NO_STREAM:
        return "Feed none: pages, workers and schedules alone"
    return f"Feed {source}" + (f": {', '.join(request.tapes)}" if request.tapes else "")


def check_source(request: StartRequest) -> str:
    """The stored bars are of the source that is to be streamed. Raises Abort."""
    from streaming.store import MixedSources, refuse_mixing

    source = source_of(request)
    if source == NO_STREAM:
        return "Stored bars may be of any source: nothing is streamed"
    with connect("app_readonly") as connection:
        try:
            refuse_mixing(connection.cursor(), source)
        except MixedSources as error:
            stored = error.stored
            raise Abort(
                f"the database holds bars of source {stored}, and {source} is to be streamed",
                f"mixed, they would be mistaken for one market; go on with {stored}, or use "
                f"another database, or clear this one, which deletes all bars of {stored}",
                manage("purge", "--source", stored),
            ) from None
    return f"Stored bars are of source {source}, or there are none"


def _check_speed(request: StartRequest) -> None:
    if not request.speed:
        return
    try:
        parse_speed(request.speed)
    except ValueError:
        raise Abort(
            f"--speed {request.speed} is no speed: a number from 0.001 to 1000000, or max",
            "a replay is paced by it",
            started_with(["--speed", "max"]),
        ) from None


def _check_key() -> None:
    if not settings.MASSIVE_API_KEY:
        raise Abort(
            "MASSIVE_API_KEY is not set",
            "source massive signs in with it; export MASSIVE_API_KEY or MASSIVE_API_KEY_FILE, or "
            "see the synthetic market, which needs none",
            started_with(SYNTHETIC),
        )


def _check_tapes(request: StartRequest) -> None:
    from streaming.feeds.base import FeedConfigError
    from streaming.feeds.options import FeedOptions
    from streaming.feeds.registry import make_feed

    for tape in request.tapes:
        if not Path(tape).is_file():
            raise _no_tape(tape)
    options = FeedOptions(tapes=request.tapes, symbol=request.symbol or None, once=request.once)
    try:
        make_feed("replay", options)
    except (FeedConfigError, OSError) as error:
        raise Abort(
            str(error), "a replay plays its tape from the first row to the last", without_replay()
        ) from None


def _no_tape(tape: str) -> Abort:
    folder = Path(tape).parent
    names = [path.name for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    near = difflib.get_close_matches(Path(tape).name, names, n=1, cutoff=0.7)
    return Abort(
        f"the tape {tape} is not there" + (f" (did you mean {near[0]}?)" if near else ""),
        "a replay plays it",
        started_with(["--tape", str(folder / near[0])]) if near else without_replay(),
    )


def without_replay() -> str:
    """The start command with the synthetic market instead of a tape."""
    return manage("start_all_services", *SYNTHETIC, "--ignore-market-hours")


def _close_connections() -> None:
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
