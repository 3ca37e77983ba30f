"""The double of the REST API, and a provider that asks it without waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from admin_processing.providers.massive.client import MassiveClient
from admin_processing.providers.massive.provider import MassiveProvider
from admin_processing.providers.massive.retry import RetryRules
from market.calendar import calendar
from tests.doubles.massive_rest import MassiveRestDouble

KEY = "k-3f9b2c-secret"
AT_ONCE = RetryRules(tries=4, first_secs=0.0, longest_secs=0.0, too_many_secs=0.0)


class NoLimit:
    """Any number of requests; notes how long it was told to hold."""

    def __init__(self) -> None:
        self.holds: list[float] = []
        self.taken = 0

    def take(self) -> float:
        self.taken += 1
        return 0.0

    def hold(self, secs: float) -> None:
        self.holds.append(secs)


@pytest.fixture
def server() -> Iterator[MassiveRestDouble]:
    with MassiveRestDouble(key=KEY) as double:
        yield double


@pytest.fixture
def make_client(server: MassiveRestDouble) -> Iterator[Callable[..., MassiveClient]]:
    made = []

    def make(**given: Any) -> MassiveClient:
        usual = {"base_url": server.url, "api_key": KEY, "limit": NoLimit(), "rules": AT_ONCE}
        made.append(MassiveClient(**(usual | given)))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def provider(make_client: Callable[..., MassiveClient]) -> MassiveProvider:
    return MassiveProvider(make_client(), calendar("XNYS"))
