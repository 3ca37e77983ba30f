"""What clients may send over a socket, and the refusal of everything else."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec

from streaming.web.detections import DetectionFilter

MAX_MESSAGE_BYTES = 16_384
MAX_SUBSCRIBED = 1_000

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Words = Annotated[list[Word], msgspec.Meta(max_length=500)]


class BadRequest(ValueError):
    """A client's message can not be used: answered with an `error` event, nothing else changes."""


class Subscribe(msgspec.Struct, tag_field="action", tag="subscribe", forbid_unknown_fields=True):
    """Bars and indicators of these symbols, from now on."""

    symbols: Words


class Unsubscribe(
    msgspec.Struct, tag_field="action", tag="unsubscribe", forbid_unknown_fields=True
):
    """No more bars and indicators of these symbols."""

    symbols: Words


class Filters(msgspec.Struct, forbid_unknown_fields=True):
    """Which detections are wanted; what is left out does not filter."""

    symbols: Words = []
    pattern_types: Words = []
    directions: Words = []
    tiers: Words = []
    timeframes: Words = []
    min_confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0

    def as_filter(self) -> DetectionFilter:
        """The filter that the pure core applies."""
        return DetectionFilter(
            frozenset(self.symbols),
            frozenset(self.pattern_types),
            frozenset(self.directions),
            frozenset(self.tiers),
            frozenset(self.timeframes),
            self.min_confidence,
        )


class Resume(msgspec.Struct, tag_field="action", tag="resume", forbid_unknown_fields=True):
    """Everything after this `seq`, then live; `filters` replaces the filters if it is there."""

    after_seq: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    filters: Filters | None = None


class SetFilter(msgspec.Struct, tag_field="action", tag="filter", forbid_unknown_fields=True):
    """Other filters from now on."""

    filters: Filters


class Ping(msgspec.Struct, tag_field="action", tag="ping", forbid_unknown_fields=True):
    """Are you still there? Answered with `pong`."""


StreamingRequest = Subscribe | Unsubscribe | Ping
PatternsRequest = Resume | SetFilter | Ping
ProcessingRequest = Ping

Request = TypeVar("Request")

_streaming = msgspec.json.Decoder(StreamingRequest)
_patterns = msgspec.json.Decoder(PatternsRequest)
_processing = msgspec.json.Decoder(ProcessingRequest)


def streaming_request(text: str) -> StreamingRequest:
    """What a client of `/ws/streaming/` asks for; `BadRequest` says what is wrong with it."""
    return _decode(_streaming, text)


def patterns_request(text: str) -> PatternsRequest:
    """What a client of `/ws/patterns/` asks for; `BadRequest` says what is wrong with it."""
    return _decode(_patterns, text)


def processing_request(text: str) -> ProcessingRequest:
    """What a client of `/ws/processing/` asks for; `BadRequest` says what is wrong with it."""
    return _decode(_processing, text)


def _decode(decoder: msgspec.json.Decoder[Request], text: str) -> Request:
    if len(text) > MAX_MESSAGE_BYTES:
        raise BadRequest(f"the message has {len(text)} characters; at most {MAX_MESSAGE_BYTES}")
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRequest(str(error)) from None
