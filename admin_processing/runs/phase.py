"""The seam between a run and its phases: a phase plans chunks, and works through one of them.

A phase is asked for its chunks once, when it begins. Any worker may get any chunk, and again if
the worker before it was killed: it goes on at `work.position`, the number of units that are done
or have failed, so units are worked through in their order. What a unit writes, and `work.done`,
belong in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from admin_processing.runs.request import RunRequest


class Interrupted(Exception):
    """The chunk's work ends here: it is no longer wanted, or no longer ours."""


class RunCancelled(Interrupted):
    """Somebody has cancelled the run."""


class LeaseLost(Interrupted):
    """Another worker has the chunk."""


class PhaseFailed(Exception):
    """The whole run fails, with this reason."""


class RunSkipped(Exception):
    """The whole run has nothing to do, for this reason; it ends there, and that is no failure."""


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """A piece of a phase. units: plain JSON each, in their order; each has a `name`.

    Chunks of a stage begin when all of the stages before are done.
    """

    units: Sequence[Mapping[str, Any]]
    stage: int = 0


class Work(Protocol):
    """What a phase says while it works through a chunk.

    request: what the run was asked for. position: the first unit that is not done.
    """

    run_id: str
    request: RunRequest
    position: int

    def checkpoint(self) -> None:
        """Raises Interrupted; to be called between units, at least every second or two."""

    def done(self, units: int = 1, rows: int = 0, symbol: str = "") -> None:
        """So many units are done, and wrote so many rows; in the transaction that wrote them."""

    def failed(self, unit: Mapping[str, Any], error: str) -> None:
        """A unit could not be done: it is listed, tried again later, and counts as failed."""

    def log(self, message: str, level: str = "info") -> None:
        """A line for the run's log."""


class Phase(Protocol):
    """One phase of a run; `name` is its name in the contract's channels."""

    name: str

    def plan(self, request: RunRequest) -> Sequence[ChunkPlan]:
        """What there is to do; none is fine. Raises PhaseFailed, RunSkipped."""

    def work(self, units: Sequence[Mapping[str, Any]], work: Work) -> None:
        """Do the units from `work.position` on. Raises Interrupted, PhaseFailed."""
