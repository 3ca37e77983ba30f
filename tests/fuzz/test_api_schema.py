"""The API against its own document: whatever is asked, nothing breaks and nothing is undeclared."""

from __future__ import annotations

from typing import Any

import pytest
import redis
import schemathesis
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi

from market.models import DailyBar, Symbol
from tests.streaming.web.market import bar, detection, store
from tickstock_site.api import api
from tickstock_site.models import issue

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.fuzz,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

EXAMPLES = 60
HEADERS: dict[str, str] = {}
CHECKS = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
    openapi.negative_data_rejection,
]


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch: Any) -> None:
    monkeypatch.setattr("admin_processing.runs.wake.wake_worker", lambda task: False)


@pytest.fixture
def api_schema(live_server: Any, redis_client: redis.Redis, settings: Any) -> Any:
    """The document of a live server that holds a few bars, asked for with a token of staff."""
    settings.API_TOKEN_REQUESTS_A_MINUTE = 1_000_000
    Symbol.objects.create(symbol="AAPL", name="Apple")
    store(bar(0, 10), bar(1, 11), bar(5, 12))
    detection(1).save()
    DailyBar.objects.create(
        symbol="AAPL",
        timestamp="2025-06-02T00:00:00Z",
        **dict.fromkeys(("open", "high", "low", "close", "volume"), 10.0),
    )
    _, secret = issue(User.objects.create_user("ada", is_staff=True), "fuzz")
    HEADERS["Authorization"] = f"Bearer {secret}"
    return schemathesis.openapi.from_url(f"{live_server.url}/api/openapi.json", headers=HEADERS)


def operations() -> list[tuple[str, str]]:
    """Every address of the API, with its methods."""
    paths = api.get_openapi_schema()["paths"]
    return [(path, method) for path, methods in paths.items() for method in methods]


@pytest.mark.parametrize(("path", "method"), operations())
def test_no_answer_is_outside_the_document(api_schema: Any, path: str, method: str) -> None:
    strategy = api_schema[path][method].as_strategy(
        generation_mode=GenerationMode.POSITIVE
    ) | api_schema[path][method].as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )
    @given(case=strategy)
    def check(case: Any) -> None:
        case.call_and_validate(headers=HEADERS, checks=CHECKS)

    check()


def test_every_trigger_refuses_who_is_not_staff(api_schema: Any, live_server: Any) -> None:
    _, secret = issue(User.objects.create_user("tom"), "fuzz")
    for path, method in operations():
        if path.startswith("/api/processing/"):
            case = api_schema[path][method].Case(media_type="application/json")
            answer = case.call(headers={"Authorization": f"Bearer {secret}"})
            assert answer.status_code == 403, (method, path)
