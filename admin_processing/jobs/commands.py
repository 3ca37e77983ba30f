"""A job command, from its message to the run that it asks for. Pure.

    {"job_id": "backfill-7", "symbols": ["AAPL"], "from": "2026-11-02", "to": "2026-11-24",
     "timeframe": "1d"}

`universe` may stand instead of `symbols`; `source` and `phases` are as the HTTP API has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from admin_processing.runs.request import BadRequest, RunRequest, parse

LONGEST = 1_000_000
JOB_ID_LENGTH = 200
FIELDS = ("job_id", "symbols", "universe", "from", "to", "timeframe", "source", "phases")
ENVELOPE = ("type", "event_id", "timestamp")
PHASES = {"1d": ("import", "indicators", "patterns"), "1m": ("import",)}
"""What is done with the bars of a timeframe, where the command does not say."""


class BadCommand(ValueError):
    """A message that is no job command: what is wrong, and `job_id` where it has one."""

    def __init__(self, reason: str, job_id: str = "") -> None:
        self.job_id = job_id
        super().__init__(f"job {job_id[:60]!r}: {reason}" if job_id else reason)


@dataclass(frozen=True, slots=True)
class Job:
    """A command that is understood. command: as it came."""

    job_id: str
    request: RunRequest
    command: dict[str, Any]


def decode(message: bytes) -> Job:
    """The job of a message. Raises BadCommand."""
    if len(message) > LONGEST:
        raise BadCommand(f"the message has {len(message)} bytes; at most {LONGEST} are taken")
    try:
        command = msgspec.json.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadCommand(f"not JSON: {error}") from None
    if not isinstance(command, dict):
        raise BadCommand(f"a JSON object is needed, not {type(command).__name__}")
    return job_of(command)


def job_of(command: dict[str, Any]) -> Job:
    """The job of a decoded command. Raises BadCommand."""
    job_id = _job_id(command)
    unknown = [name for name in command if name not in (*FIELDS, *ENVELOPE)]
    if unknown:
        raise BadCommand(
            f"{unknown[0][:40]!r} is not a field; there are {', '.join(FIELDS)}", job_id
        )
    if not command.get("symbols") and not command.get("universe"):
        raise BadCommand("symbols or universe is needed", job_id)
    try:
        return Job(job_id, parse(_asked(command)), command)
    except BadRequest as error:
        raise BadCommand(str(error), job_id) from None


def _job_id(command: Mapping[str, Any]) -> str:
    job_id = command.get("job_id")
    if not isinstance(job_id, str) or not 0 < len(job_id) <= JOB_ID_LENGTH or "\x00" in job_id:
        raise BadCommand(
            f"job_id is {str(job_id)[:40]!r}; a text of 1 to {JOB_ID_LENGTH} is needed, "
            "so that the job is done once"
        )
    return job_id


def _asked(command: Mapping[str, Any]) -> dict[str, Any]:
    timeframe = command.get("timeframe") or "1d"
    return {
        "phases": command.get("phases") or PHASES.get(str(timeframe), PHASES["1d"]),
        "symbols": command.get("symbols") or (),
        "universe": command.get("universe"),
        "source": command.get("source"),
        "since": command.get("from"),
        "through": command.get("to"),
        "timeframe": timeframe,
        "skip_market_check": True,
    }
