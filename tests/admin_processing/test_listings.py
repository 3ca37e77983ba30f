"""What operators may look through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from admin_processing.listings import LISTINGS, PAGE
from market.models import MinuteBar

pytestmark = pytest.mark.django_db

START = datetime(2025, 6, 2, 13, 30, tzinfo=UTC)


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


def store(count: int, symbol: str = "AAPL") -> None:
    values = {"open": 1.0, "high": 2.0, "low": 1.0, "close": 1.5, "volume": 1234.5}
    moments = [START + timedelta(minutes=n) for n in range(count)]
    MinuteBar.objects.bulk_create(
        MinuteBar(symbol=symbol, timestamp=moment, **values) for moment in moments
    )


@pytest.mark.parametrize("slug", LISTINGS)
def test_every_listing_opens_empty(operator, slug):
    answer = operator.get(f"/admin/data/{slug}/")
    assert answer.status_code == 200
    assert b"Nothing matches." in answer.content


@pytest.mark.parametrize("path", ["market/symbol", "market/universe", "streaming/feedgap"])
def test_what_django_admin_can_show_it_shows_without_offering_to_change_it(operator, path):
    assert operator.get(f"/admin/{path}/").status_code == 200
    assert operator.get(f"/admin/{path}/add/").status_code == 403


def test_pages_follow_one_another_without_gap_or_repetition(operator):
    store(PAGE + 20)
    store(PAGE + 20, "MSFT")
    seen, address = [], "/admin/data/bars/"
    while address:
        page = operator.get(address).context["page"]
        seen += [(row[0], row[1]) for row in page.rows]
        address = f"/admin/data/bars/?cursor={page.following}" if page.following else ""
    assert len(seen) == len(set(seen)) == 2 * (PAGE + 20)
    assert seen == sorted(seen, reverse=True)


def test_a_listing_is_filtered_by_symbol_and_by_time(operator):
    store(10)
    store(10, "MSFT")
    query = "symbol=aapl&start=2025-06-02 13:32&end=2025-06-02 13:34"
    rows = operator.get(f"/admin/data/bars/?{query}").context["page"].rows
    assert [(row[0].minute, row[1]) for row in rows] == [(33, "AAPL"), (32, "AAPL")]


def test_a_time_that_is_none_is_refused_with_the_form_it_should_have(operator):
    answer = operator.get("/admin/data/bars/?start=yesterday")
    assert answer.status_code == 400
    assert b"2026-01-31 14:30" in answer.content


def test_a_filter_is_never_part_of_the_sql(operator):
    store(1)
    answer = operator.get("/admin/data/bars/", {"symbol": "'; DROP TABLE ohlcv_1min; --"})
    assert answer.context["page"].rows == []
    assert MinuteBar.objects.count() == 1


def test_an_operator_sees_only_what_they_are_permitted_to(client):
    user = User.objects.create_user("helper", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_minutebar"))
    client.force_login(user)
    assert client.get("/admin/data/bars/").status_code == 200
    assert client.get("/admin/data/flow/").status_code == 403
    assert client.get("/admin/").context["listings"] == [("bars", "Minute bars")]


def test_numbers_and_times_are_shown_as_operators_read_them(operator):
    store(1)
    content = operator.get("/admin/data/bars/").content.decode()
    assert "2025-06-02 13:30:00" in content
    assert "1,234.5" in content
