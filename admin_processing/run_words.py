"""A run in words and bars: pure functions of what is stored with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from admin_processing.runs.progress import pace
from admin_processing.runs.request import DAILY_PHASES, PHASES
from streaming.pictures.svg import element


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One phase as a page shows it.

    state: `waiting`, `running`, `done`, `incomplete` or `failed` by how much of it was not done,
    and in a run that is over `stopped` or `skipped`.
    bar: markup; percent: of the units, done and failed. rate: units a second; took and left in
    words, empty where they are not known.
    """

    name: str
    state: str
    done: int
    failed: int
    total: int
    rows: int
    percent: int
    bar: str
    rate: str
    took: str
    left: str


def phase_rows(
    counts: Mapping[str, Mapping[str, Any]],
    parameters: Mapping[str, Any],
    now: datetime,
    over: bool = False,
) -> list[PhaseRow]:
    """The phases that were asked for, and those that have counts, in their order.

    over: the run has ended, so that a phase without an end was broken off.
    """
    asked = parameters.get("phases") or DAILY_PHASES
    named = sorted({*asked, *counts}, key=_order)
    return [_phase_row(name, counts.get(name, {}), now, over) for name in named]


def _phase_row(name: str, own: Mapping[str, Any], now: datetime, over: bool) -> PhaseRow:
    done, failed, total = (int(own.get(part) or 0) for part in ("done", "failed", "total"))
    ended = moment_of(own.get("finished_at"))
    began = moment_of(own.get("started_at"))
    rate, left = (None, None) if ended or over else pace(own, now)
    worked = done + failed
    whole = 100 if ended and not total else round(100 * worked / total) if total else 0
    until = ended or (None if over else now)
    return PhaseRow(
        name=name,
        state=_state(bool(began), bool(ended), done, failed, over),
        done=done,
        failed=failed,
        total=total,
        rows=int(own.get("rows") or 0),
        percent=min(whole, 100),
        bar=share_bar(done or (not total and ended is not None), failed, total or 1),
        rate="" if rate is None else f"{rate:,.1f}/s",
        took=span((until - began).total_seconds()) if began and until else "",
        left="" if left is None else span(left),
    )


def _state(began: bool, ended: bool, done: int, failed: int, over: bool) -> str:
    if ended and failed:
        return "incomplete" if done else "failed"
    if ended:
        return "done"
    if over:
        return "stopped" if began else "skipped"
    return "running" if began else "waiting"


def moment_of(text: Any) -> datetime | None:
    """A time that JSON holds; None for none."""
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def share_bar(done: float, failed: float, total: float) -> str:
    """A bar as wide as its place: what is done, then what failed, of the whole. Markup."""
    good, bad = (min(100.0, 100 * part / total) if total else 0.0 for part in (done, failed))
    parts = [element("rect", class_="whole", width="100%", height="100%")]
    for kind, start, width in (("good", 0.0, good), ("bad", good, min(bad, 100 - good))):
        if width > 0:
            parts.append(
                element(
                    "rect", class_=kind, x=f"{start:.2f}%", width=f"{width:.2f}%", height="100%"
                )
            )
    return element("svg", *parts, class_="share", aria_hidden="true", focusable="false")


def span(seconds: float) -> str:
    """A length of time in its two largest units: `4.2 s`, `3 min 05 s`, `2 h 07 min`."""
    whole = round(seconds)
    if seconds < 59.95:
        return f"{max(seconds, 0):.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def lasted(started: datetime | None, finished: datetime | None, now: datetime) -> str:
    """How long a run has taken, so far if it goes on; empty before it began."""
    return span(((finished or now) - started).total_seconds()) if started else ""


def summary(counts: Mapping[str, Mapping[str, Any]]) -> str:
    """What was done, in a line: `import 505 · indicators 500 of 505, 5 failed`."""
    parts = []
    for name in sorted(counts, key=_order):
        own = counts[name]
        done, failed, total = (int(own.get(part) or 0) for part in ("done", "failed", "total"))
        text = f"{name} {done:,}" + (f" of {total:,}" if total > done else "")
        parts.append(f"{text}, {failed:,} failed" if failed else text)
    return " · ".join(parts)


def _order(phase: str) -> int:
    return PHASES.index(phase) if phase in PHASES else len(PHASES)
