"""What clients may send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.web import requests
from streaming.web.limits import Allowance


def test_a_subscription_names_symbols():
    asked = requests.streaming_request('{"action": "subscribe", "symbols": ["AAPL"]}')
    assert isinstance(asked, requests.Subscribe)
    assert asked.symbols == ["AAPL"]


def test_a_resume_may_bring_filters():
    text = '{"action": "resume", "after_seq": 5, "filters": {"directions": ["bullish"]}}'
    asked = requests.patterns_request(text)
    assert isinstance(asked, requests.Resume)
    assert asked.filters is not None
    assert asked.filters.as_filter().directions == {"bullish"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "truncated"),
        ("[]", "Expected `object`"),
        ('{"action": "shout"}', "shout"),
        ('{"action": "resume", "after_seq": -1}', ">= 0"),
        ('{"action": "resume", "after_seq": "1"}', "Expected `int`"),
        ('{"action": "resume", "after_seq": 1, "more": 1}', "more"),
        ('{"action": "filter", "filters": {"min_confidence": 2}}', "<= 1"),
        (" " * 20_000, "at most 16384"),
        ("[" * 10_000, ""),
    ],
)
def test_anything_else_is_refused_with_the_reason(text, reason):
    with pytest.raises(requests.BadRequest, match=reason or None):
        requests.patterns_request(text)


def test_too_many_symbols_in_one_message_are_refused():
    symbols = ",".join(f'"S{n}"' for n in range(501))
    with pytest.raises(requests.BadRequest, match="500"):
        requests.streaming_request(f'{{"action": "subscribe", "symbols": [{symbols}]}}')


@given(st.text(max_size=200))
def test_no_text_does_more_than_be_refused(text):
    for parse in (requests.streaming_request, requests.patterns_request):
        try:
            parse(text)
        except requests.BadRequest:
            continue


def test_an_allowance_lets_a_burst_through_and_then_its_rate():
    allowance = Allowance(rate=2, burst=3)
    assert [allowance.take(0) for _ in range(4)] == [True, True, True, False]
    assert allowance.take(500)
    assert not allowance.take(500)
