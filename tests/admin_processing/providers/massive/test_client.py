"""Requests over a real socket, and what becomes of those that fail."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from admin_processing.providers.base import ProviderError, ProviderRefused, UnitFailed
from admin_processing.providers.massive import parsing
from admin_processing.providers.massive.client import MassiveClient, at_once
from admin_processing.providers.massive.rate_limit import LocalLimit
from admin_processing.providers.massive.retry import RetryRules
from tests.admin_processing.providers.massive.conftest import KEY, NoLimit
from tests.doubles.massive_market import Market
from tests.doubles.massive_rest import FAILURES, MassiveRestDouble

Make = Callable[..., MassiveClient]
PATH = "v3/reference/tickers"
TICKERS = [{"ticker": name, "active": True} for name in ("A", "AA", "AAPL", "BRK.B", "MSFT")]


@pytest.fixture(autouse=True)
def market(server: MassiveRestDouble) -> None:
    server.market = Market(tickers=TICKERS)


def names(client: MassiveClient, path: str = PATH) -> list[str]:
    return [row.symbol for page in client.pages(path, parsing.tickers) for row in page or ()]


def refused_message(client: MassiveClient, error: type[Exception] = ProviderError) -> str:
    with pytest.raises(error) as raised:
        names(client)
    return str(raised.value)


@pytest.mark.parametrize("failure", FAILURES)
def test_an_answer_that_fails_once_is_asked_for_again(server, make_client: Make, failure: str):
    server.script.fail_next = [failure]
    assert names(make_client()) == ["A", "AA", "AAPL", "BRK.B", "MSFT"]
    assert server.asked["tickers"] == 2


@pytest.mark.parametrize("failure", FAILURES)
def test_one_that_always_fails_is_given_up_and_may_be_tried_later(
    server, make_client: Make, failure: str
):
    server.script.fail_next = [failure] * 4
    message = refused_message(make_client(), UnitFailed)
    assert "v3/reference/tickers" in message
    assert "4 times in a row; it may work later" in message
    assert server.asked["tickers"] == 4


def test_a_server_that_says_nothing_is_asked_again(server, make_client: Make):
    server.script.slow_secs = 5
    client = make_client(timeout_secs=0.05, rules=RetryRules(2, 0.0, 0.0, 0.0))
    assert "ReadTimeout" in refused_message(client, UnitFailed)


def test_an_answer_that_comes_drop_by_drop_is_given_up_and_asked_for_again(
    server, make_client: Make
):
    server.script.fail_next = ["drops"]
    client = make_client(answer_secs=0.05)
    assert names(client) == ["A", "AA", "AAPL", "BRK.B", "MSFT"]
    server.script.fail_next = ["drops"] * 4
    assert "takes longer than 0.05 s" in refused_message(client, UnitFailed)


def test_nobody_at_the_address_is_a_failure_that_may_pass(make_client: Make):
    client = make_client(base_url="http://127.0.0.1:1")
    assert "ConnectError" in refused_message(client, UnitFailed)


def test_a_wrong_key_is_refused_at_once(server, make_client: Make):
    message = refused_message(make_client(api_key="k-wrong"), ProviderRefused)
    assert "401 Unknown API Key" in message
    assert "MASSIVE_API_KEY" in message
    assert server.asked["tickers"] == 1


def test_what_the_plan_does_not_have_is_refused_at_once(server, make_client: Make):
    server.script.forbidden = ("/v3/reference",)
    assert "You are not entitled" in refused_message(make_client(), ProviderRefused)
    assert server.asked["tickers"] == 1


def test_a_bad_request_is_not_repeated(server, make_client: Make):
    with pytest.raises(UnitFailed, match="400 Could not parse"):
        names(make_client(), "v2/aggs/ticker/A/range/1/day/yesterday/2024-01-01")
    assert server.asked["range"] == 1


def test_every_page_is_asked_for_with_the_key(server, make_client: Make):
    server.script.page_rows = 2
    assert names(make_client()) == ["A", "AA", "AAPL", "BRK.B", "MSFT"]
    assert [request.key for request in server.requests] == [KEY] * 3
    assert [request.offset for request in server.requests] == [0, 2, 4]


def test_a_page_that_fails_is_asked_for_again_and_no_other(server, make_client: Make):
    server.script.page_rows = 2
    server.script.fail_next = ["", "cut", "half_json"]
    assert names(make_client()) == ["A", "AA", "AAPL", "BRK.B", "MSFT"]
    assert [request.offset for request in server.requests] == [0, 2, 2, 2, 4]


@pytest.mark.parametrize("place", ["other", "port", "scheme", "user", "nowhere", "broken"])
def test_the_key_is_sent_to_no_other_place(server, make_client: Make, place: str):
    with MassiveRestDouble(Market(tickers=TICKERS), KEY) as other:
        server.script.page_rows = 2
        server.script.next_host = {
            "other": f"http://localhost:{other.port}",
            "port": other.url,
            "scheme": server.url.replace("http:", "https:"),
            "user": server.url.replace("//", "//me@"),
            "nowhere": "https://api.massive.com.example",
            "broken": "http://[::1",
        }[place]
        client = make_client()
        with pytest.raises(UnitFailed, match=r"not sent there|no address"):
            names(client)
        assert not other.requests


def test_pages_that_go_round_in_a_circle_end(server, make_client: Make):
    page = parsing.Page([], f"{server.url}/v3/reference/tickers?cursor=")
    client = make_client()
    with pytest.raises(UnitFailed, match="circle"):
        list(client.pages(PATH, lambda body: page))


def test_too_many_requests_make_everybody_hold(server, make_client: Make):
    server.script.fail_next, server.script.retry_after = ["429"], "7"
    limit = NoLimit()
    names(make_client(limit=limit, rules=RetryRules(4, 0.0, 0.01, 0.0)))
    assert limit.holds == [0.01]  # 7 s, cut to the longest pause that is allowed here
    assert limit.taken == 2


def test_a_limit_of_the_server_is_told_in_its_own_words(server, make_client: Make):
    server.script.per_minute = 1
    client = make_client()
    names(client)
    assert "exceeded the maximum requests per minute" in refused_message(client, UnitFailed)


def test_who_waits_for_his_turn_yields_in_between(server, make_client: Make):
    client = make_client(limit=LocalLimit(per_minute=1))
    names(client)
    waiting = client.get(PATH, parsing.tickers)
    assert next(waiting) is None
    waiting.close()
    assert server.asked["tickers"] == 1


def test_a_page_yields_none_while_it_waits(make_client: Make):
    limit = LocalLimit(per_minute=60)
    limit.take()
    limit.take()
    pages = list(make_client(limit=limit).pages(PATH, parsing.tickers))
    assert None in pages
    assert len(pages[-1]) == 5


@pytest.mark.parametrize("failure", [*FAILURES, "401", "403", "400"])
def test_the_key_is_in_no_message_and_in_no_log(
    server, make_client: Make, caplog: Any, failure: str
):
    caplog.set_level(logging.DEBUG)
    server.script.fail_next = [failure] * 4
    server.script.echo_key = True
    server.key = "another" if failure == "401" else KEY
    server.script.forbidden = ("/v3",) if failure == "403" else ()
    client = make_client()
    with pytest.raises(ProviderError) as raised:
        names(client)
    error: BaseException | None = raised.value
    told = [repr(client), caplog.text]
    while error is not None:
        told.append(f"{error} {error!r}")
        error = error.__cause__
    assert KEY not in " ".join(told)


def test_a_key_that_can_not_be_one_is_refused_without_telling_it(make_client: Make):
    with pytest.raises(ProviderRefused) as raised:
        make_client(api_key="schlüssel-Ω")
    assert "Ω" not in str(raised.value)


def test_an_address_without_a_scheme_is_refused(make_client: Make):
    client = make_client(base_url="api.massive.com")
    with pytest.raises(ProviderError, match=r"MASSIVE_REST_URL='api\.massive\.com' is no address"):
        names(client)


def test_pauses_double_up_to_the_longest_and_are_drawn_below():
    rules, rng = RetryRules(first_secs=1.0, longest_secs=10.0), random.Random(1)
    longest = [max(rules.pause(n, rng) for _ in range(2000)) for n in (1, 2, 3, 4, 5, 50)]
    assert longest == pytest.approx([1, 2, 4, 8, 10, 10], rel=0.01)


@pytest.mark.parametrize(
    ("header", "secs"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("120", 60.0),
        ("-3", 0.0),
        ("nan", 0.0),
        ("soon", 0.0),
        (None, 0.0),
        ("Wed, 21 Oct 2015 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2015 07:27:00 GMT", 0.0),
        ("Wed, 99 Oct 2015 07:27:00 GMT", 0.0),
    ],
)
def test_retry_after_is_a_number_or_a_date_within_bounds(header: str | None, secs: float):
    now = datetime(2015, 10, 21, 7, 28, tzinfo=UTC)
    assert RetryRules().asked_for(header, now) == secs


def test_one_answer_can_be_had_at_once(make_client: Make):
    assert len(at_once(make_client().get(PATH, parsing.tickers)).rows) == 5
