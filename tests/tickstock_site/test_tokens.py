"""API tokens: what they open, what they cost, and what is kept of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.urls import path
from ninja import NinjaAPI
from ninja.security import django_auth

from tickstock_site.models import ApiToken, issue
from tickstock_site.refusals import RoleRefused
from tickstock_site.tokens import TokenAuth

pytestmark = pytest.mark.django_db

STATUS = "/streaming/api/status"
ADD, LISTING = "/admin/tickstock_site/apitoken/add/", "/admin/tickstock_site/apitoken/"

writing = NinjaAPI(title="writing", auth=[TokenAuth(), django_auth], urls_namespace="writing")


@writing.post("/note")
def note(request) -> dict[str, str]:
    """Something that changes state."""
    return {"by": request.user.get_username()}


urlpatterns = [path("api/", writing.urls)]


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def trader() -> User:
    return User.objects.create_user("trader")


@pytest.fixture
def secret(trader: User) -> str:
    return issue(trader, "export")[1]


def ask(secret: str, address: str = STATUS, scheme: str = "Bearer"):
    return Client().get(address, headers={"Authorization": f"{scheme} {secret}"})


@pytest.mark.parametrize("address", [STATUS, "/streaming/api/dashboard", "/api/openapi.json"])
def test_a_token_opens_the_api_without_a_session(secret, address):
    answer = ask(secret, address)
    assert answer.status_code == 200
    assert not answer.cookies


def test_the_schemes_name_may_be_written_as_it_likes(secret):
    assert ask(secret, scheme="bearer").status_code == 200


@pytest.mark.parametrize("wrong", ["", "ts_nothing", "é", "a b", "x" * 5000])
def test_a_token_that_was_never_made_opens_nothing(wrong):
    answer = ask(wrong)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert set(answer.json()) == {"error", "detail"}


def test_a_wrong_token_is_refused_even_beside_a_good_session(client, trader):
    client.force_login(trader)
    answer = client.get(STATUS, headers={"Authorization": "Bearer ts_nothing"})
    assert answer.status_code == 401


def test_revoked_expired_and_locked_out_tokens_open_nothing(trader):
    now = datetime.now(UTC)
    revoked, revoked_secret = issue(trader, "revoked")
    revoked.revoked_at = now
    revoked.save()
    assert ask(revoked_secret).status_code == 401
    assert ask(issue(trader, "old", now - timedelta(seconds=1))[1]).status_code == 401
    lasting = issue(trader, "lasting", now + timedelta(days=1))[1]
    assert ask(lasting).status_code == 200
    User.objects.update(is_active=False)
    assert ask(lasting).status_code == 401


@pytest.mark.parametrize("address", ["/", "/symbols/AAPL", "/admin/", "/api/docs"])
def test_a_token_opens_no_page(secret, address):
    answer = ask(secret, address)
    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"] or "/sign-in/" in answer.headers["Location"]


@pytest.mark.urls(__name__)
def test_with_a_token_a_change_needs_no_csrf_token_and_with_a_session_it_does(trader, secret):
    client = Client(enforce_csrf_checks=True)
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.post("/api/note", headers=headers).json() == {"by": "trader"}
    client.force_login(trader)
    assert client.post("/api/note").status_code == 403


def test_only_a_hash_is_stored(secret):
    stored = ApiToken.objects.values().get()
    assert stored["digest"] == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(stored)
    assert len(stored["hint"]) < 8


def test_its_last_use_is_noted_to_the_minute(trader):
    token, secret = issue(trader, "export")
    ask(secret)
    token.refresh_from_db()
    first = token.last_used_at
    assert datetime.now(UTC) - first < timedelta(seconds=10)
    ask(secret)
    token.refresh_from_db()
    assert token.last_used_at == first


def test_more_requests_than_allowed_wait_and_other_tokens_do_not(trader, settings):
    settings.API_TOKEN_REQUESTS_A_MINUTE = 3
    busy, other = issue(trader, "busy")[1], issue(trader, "other")[1]
    answers = [ask(busy) for _ in range(8)]  # a minute may end among them
    assert answers[-1].status_code == 429
    assert answers[-1].headers["Retry-After"] == "60"
    assert answers[0].status_code == 200
    assert ask(other).status_code == 200


def test_a_wrong_token_is_throttled_before_the_database_is_asked(
    settings, django_assert_num_queries
):
    settings.API_TOKEN_REQUESTS_A_MINUTE = 1
    assert [ask("ts_wrong").status_code for _ in range(4)][-1] == 429
    with django_assert_num_queries(0):
        ask("ts_wrong")


def test_without_redis_tokens_still_open_the_api(secret, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    assert ask(secret).status_code == 200


@pytest.mark.django_db(databases=["default", "readonly", "readwrite"])
@pytest.mark.parametrize("alias", ["readonly", "readwrite"])
def test_no_role_but_the_webs_sees_the_table(alias):
    with (
        pytest.raises(RoleRefused, match="may not SELECT on auth_api_tokens"),
        connections[alias].cursor() as cursor,
    ):
        cursor.execute("SELECT digest FROM auth_api_tokens")


# --- the administration ---------------------------------------------------------------------------


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_the_administration_shows_a_new_secret_once_and_it_works(boss, trader):
    shown = boss.post(ADD, {"user": trader.pk, "name": "nightly export"})
    secret = shown.context["secret"]
    assert secret in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert ask(secret).status_code == 200
    token = ApiToken.objects.get()
    assert (token.user, token.name) == (trader, "nightly export")
    for address in (LISTING, f"{LISTING}{token.pk}/change/", f"{LISTING}{token.pk}/history/"):
        page = boss.get(address).content.decode()
        assert "nightly export" in page
        assert secret not in page


def test_the_administration_revokes_a_token_at_once(boss, trader):
    token, secret = issue(trader, "lost")
    chosen = {"action": "revoke", "_selected_action": [token.pk]}
    assert boss.post(LISTING, chosen, follow=True).status_code == 200
    assert ask(secret).status_code == 401
    assert "revoked" in boss.get(LISTING).content.decode()


def test_a_token_that_stands_can_not_be_changed(boss, trader):
    token, _ = issue(trader, "export")
    boss.post(f"{LISTING}{token.pk}/change/", {"name": "another", "user": trader.pk})
    before = token.digest
    token.refresh_from_db()
    assert (token.name, token.digest) == ("export", before)


def test_staff_make_and_see_only_tokens_of_their_own(client, trader):
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__model="apitoken"))
    issue(trader, "somebody else's")
    client.force_login(clerk)
    client.post(ADD, {"user": trader.pk, "name": "mine"})
    assert ApiToken.objects.get(name="mine").user == clerk
    page = client.get(LISTING).content.decode()
    assert "mine" in page
    assert "somebody else" not in page
