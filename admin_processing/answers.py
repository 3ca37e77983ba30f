"""What the processing API takes and gives, for its document and for what is sent."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

PhaseName = Literal["import", "cache", "indicators", "patterns", "heal", "reconcile"]
Day = Literal["sun", "mon", "tue", "wed", "thu", "fri", "sat"]


class Error(Schema):
    """What went wrong."""

    error: str
    detail: str


class Asked(Schema):
    """What a run may be asked for; everything has a default."""

    model_config = ConfigDict(extra="forbid")

    skip_market_check: bool = False
    universe: str | None = Field(
        default=None, max_length=100, description="Whose bars; all by default."
    )
    symbols: list[str] = Field(default_factory=list, max_length=20_000)
    source: str | None = Field(
        default=None, max_length=40, description="A provider; else the configured."
    )
    timeframe: Literal["1d", "1m"] = "1d"
    since: date | None = None
    through: date | None = None
    everything: bool = Field(
        default=False, description="Days that are known already are done again."
    )


class AskedPhases(Asked):
    """The same, with the phases to go through."""

    phases: list[PhaseName] | None = Field(
        default=None, description="By default those of a daily run."
    )


class Triggered(Schema):
    """A run is queued. message says so if no worker is alive to take it."""

    run_id: str
    status: str = "queued"
    worker_alive: bool | None
    message: str


class Cancelled(Schema):
    """The run that ends."""

    run_id: str
    status: str = "cancelling"


class PhaseTold(Schema):
    """How far a phase is; units are mostly symbols, rate is units a second."""

    name: str
    total: int
    done: int
    failed: int
    rows: int
    started_at: str | None
    finished_at: str | None
    rate: float | None
    eta_seconds: float | None


class RunTold(Schema):
    """One run."""

    run_id: str
    kind: str
    phase: str
    status: str
    percent: float
    triggered_by: str
    parameters: dict[str, Any]
    note: str
    error: str
    failures: int
    phases: list[PhaseTold]
    created_at: str | None
    started_at: str | None
    finished_at: str | None


class ScheduleTold(Schema):
    """When runs of one kind begin by themselves; `time` is New York's."""

    name: str
    enabled: bool
    time: str
    days: list[str]
    timezone: str
    kind: str
    parameters: dict[str, Any]
    next_run_at: str | None
    last_run_at: str | None


class Status(Schema):
    """The run under way, the one before, and when the next begins by itself."""

    running: bool
    run: RunTold | None
    last_run: RunTold | None
    next_run_at: str | None
    worker_alive: bool | None


class History(Schema):
    """Runs, newest first; `next_before` asks for those before the last of them."""

    runs: list[RunTold]
    next_before: str | None


class Schedules(Schema):
    """All schedules of runs."""

    schedules: list[ScheduleTold]


class AskedSchedule(Schema):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="Daily processing", max_length=200)
    enabled: bool | None = None
    time: str | None = Field(
        default=None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="New York"
    )
    days: list[Day] | None = Field(default=None, min_length=1, max_length=7)
