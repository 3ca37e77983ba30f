"""Who asks, and what is listed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from market.models import Symbol


@pytest.fixture
def trader(client: Client) -> Client:
    client.force_login(User.objects.create_user("trader"))
    return client


@pytest.fixture
def apple() -> Symbol:
    return Symbol.objects.create(symbol="AAPL", name="Apple Inc.")
