"""What is told of detections, and what the flow log notes of it."""

from __future__ import annotations

import msgspec

from patterns.events import CHANNEL, DAILY_CHANNEL
from streaming.broadcast import flows_of


def event(kind: str, flow: str, channel: str = CHANNEL) -> tuple[str, bytes]:
    message = {"type": kind, "pattern": {"symbol": "AAPL", "flow_id": flow, "seq": 1}}
    return channel, msgspec.json.encode(message)


def test_a_flow_is_published_once_with_its_first_detection() -> None:
    messages = [event("pattern_detected", "f1"), event("pattern_revised", "f1")]
    assert flows_of(messages) == [("f1", "AAPL")]


def test_what_becomes_of_a_detection_is_no_stage_of_its_flow() -> None:
    assert flows_of([event("pattern_state", "f1"), event("pattern_detected", "f2")]) == [
        ("f2", "AAPL")
    ]


def test_the_channels_of_other_programs_are_not_counted_again() -> None:
    assert flows_of([event("pattern_detected", "f1", DAILY_CHANNEL)]) == []
