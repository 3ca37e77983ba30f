"""Job commands, good and bad."""

from __future__ import annotations

import contextlib
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from admin_processing.jobs.commands import BadCommand, Job, decode

GOOD = {"job_id": "j1", "symbols": ["AAPL", "BRK.B"], "from": "2026-11-02", "to": "2026-11-24"}


def encoded(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def test_a_command_is_a_run_of_those_symbols_and_days() -> None:
    job = decode(encoded())
    assert job.job_id == "j1"
    request = job.request
    assert (request.symbols, request.universe) == (("AAPL", "BRK.B"), "")
    assert (request.since, request.through) == (date(2026, 11, 2), date(2026, 11, 24))
    assert request.phases == ("import", "indicators", "patterns")
    assert request.skip_market_check


def test_minute_bars_are_imported_and_nothing_else() -> None:
    assert decode(encoded(timeframe="1m")).request.phases == ("import",)


def test_an_event_s_envelope_is_welcome() -> None:
    assert decode(encoded(type="data_load", event_id="e", timestamp="t")).job_id == "j1"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (b"{", "not JSON"),
        (b'"x"', "a JSON object is needed, not str"),
        (b'{"symbols": ["A"]}', "job_id is 'None'; a text of 1 to 200"),
        (encoded(job_id="x" * 201), "a text of 1 to 200 is needed"),
        (encoded(symbols=[]), "job 'j1': symbols or universe is needed"),
        (encoded(symbols="AAPL"), "symbols is 'AAPL'; a list of names"),
        (encoded(to="tomorrow"), "through is 'tomorrow'; a date like"),
        (encoded(timeframe="2h"), "timeframe is '2h'; one of 1d, 1m"),
        (encoded(colour="red"), "'colour' is not a field; there are job_id"),
        (encoded(phases=["import", "pattern"]), "did you mean 'patterns'?"),
    ],
)
def test_what_is_wrong_is_named(message: bytes, told: str) -> None:
    with pytest.raises(BadCommand) as refusal:
        decode(message)
    assert told in str(refusal.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from([*GOOD, "universe", "timeframe", "source", "phases"]), JSON
    ).map(lambda changes: json.dumps({**GOOD, **changes}).encode())
    | st.binary(max_size=60)
)
def test_any_message_is_a_job_or_refused(message: bytes) -> None:
    with contextlib.suppress(BadCommand):
        assert isinstance(decode(message), Job)
