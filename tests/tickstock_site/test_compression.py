"""What is sent compressed, and what must not be."""

from __future__ import annotations

import gzip

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def trader(client: Client) -> Client:
    client.force_login(User.objects.create_user("trader"))
    return client


def test_the_apis_answers_are_compressed_for_those_who_can_read_it(trader):
    plain = trader.get("/api/openapi.json")
    assert "Content-Encoding" not in plain.headers
    small = trader.get("/api/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.content) == plain.content
    assert len(small.content) < len(plain.content) / 2


@pytest.mark.parametrize("path", ["/", "/api/docs", "/sign-in/"])
def test_pages_with_a_csrf_token_are_not(trader, path):
    answer = trader.get(path, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
