"""Signing in, and what needs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

pytestmark = pytest.mark.django_db

PASSWORD = "moving-prices-9"


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def trader() -> User:
    return User.objects.create_user("trader", password=PASSWORD)


def attempt(client: Client, password: str, name: str = "trader", path: str = "/sign-in/"):
    return client.post(path, {"username": name, "password": password})


def test_a_right_password_leads_to_the_dashboard(client, trader):
    assert attempt(client, PASSWORD).headers["Location"] == "/"


def test_after_five_failures_even_the_right_password_waits(client, trader):
    for _ in range(4):
        assert "do not go together" in attempt(client, "wrong").content.decode()
    attempt(client, "wrong")
    assert "Too many failed attempts" in attempt(client, PASSWORD).content.decode()


def test_a_name_is_locked_however_it_is_written(client, trader):
    for name in ("trader", "Trader", " trader", "TRADER ", "trader"):
        attempt(client, "wrong", name)
    assert "Too many failed attempts" in attempt(client, PASSWORD).content.decode()


def test_another_name_is_not_locked(client, trader):
    for _ in range(5):
        attempt(client, "wrong", "somebody")
    assert attempt(client, PASSWORD).status_code == 302


def test_an_address_that_tries_many_names_is_locked(client, trader):
    for number in range(30):
        attempt(client, "wrong", f"name{number}")
    assert "Too many failed attempts" in attempt(client, PASSWORD).content.decode()


def test_a_success_clears_the_names_count(client, trader):
    for _ in range(4):
        attempt(client, "wrong")
    attempt(client, PASSWORD)
    client.logout()
    attempt(client, "wrong")
    assert attempt(client, PASSWORD).status_code == 302


def test_without_redis_people_can_still_sign_in(client, trader, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    attempt(client, "wrong")
    assert attempt(client, PASSWORD).status_code == 302


@pytest.mark.parametrize("path", ["/", "/symbols/AAPL", "/admin/", "/api/docs", "/nothing-here/"])
def test_people_without_a_sign_in_never_see_a_page(client, path):
    answer = client.get(path)
    assert answer.status_code in (302, 404)
    if answer.status_code == 302:
        assert answer.headers["Location"].startswith(("/sign-in/", "/admin/login/"))


def test_the_admins_own_sign_in_is_the_sites(client):
    answer = client.get("/admin/login/?next=/admin/market/symbol/")
    assert answer.headers["Location"] == "/sign-in/?next=/admin/market/symbol/"


def test_a_trader_is_not_let_into_the_administration(client, trader):
    client.force_login(trader)
    assert client.get("/admin/", follow=True).status_code == 403


def test_signing_in_does_not_lead_elsewhere(client, trader):
    answer = attempt(client, PASSWORD, path="/sign-in/?next=https://elsewhere.example/")
    assert answer.headers["Location"] == "/"


def test_a_form_without_its_token_is_refused(trader):
    client = Client(enforce_csrf_checks=True)
    answer = attempt(client, PASSWORD)
    assert answer.status_code == 403
    assert b"form has expired" in answer.content


def test_every_page_carries_the_security_headers(client):
    headers = client.get("/sign-in/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_missing_page_says_so_in_the_sites_own_words(client, trader):
    client.force_login(trader)
    answer = client.get("/nothing-here/")
    assert answer.status_code == 404
    assert b"Back to the dashboard" in answer.content


def test_programs_get_their_404_as_json(client, trader):
    client.force_login(trader)
    answer = client.get("/api/nothing-here", headers={"accept": "application/json"})
    assert answer.json()["error"] == "Not Found"
