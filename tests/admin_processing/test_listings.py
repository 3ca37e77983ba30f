"""What operators may look through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from admin_processing.listings import LISTINGS, PAGE
from market.models import MinuteBar
from patterns.models import ComboPattern, DailyIndicatorValues, DailyPattern, IndicatorSet

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
    groups = client.get("/admin/").context["navigation"]
    assert [link.title for group in groups for link in group.links] == [
        "Daily processing",
        "Minute bars",
        "Own password",
    ]


def test_numbers_and_times_are_shown_as_operators_read_them(operator):
    store(1)
    content = operator.get("/admin/data/bars/").content.decode()
    assert "2025-06-02 13:30:00" in content
    assert "1,234.5" in content


def found(model, number, **fields):
    values = {"pattern_type": "squeeze", "timeframe": "1d", "direction": "bullish"}
    values |= {"confidence": 0.5, "price": 10.0, "state": "failed", "seq": number} | fields
    key = {"symbol": "AAPL", "timestamp": START, "detection_key": f"k{number}"}
    identity = f"00000000-0000-0000-0000-{number:012d}"
    model(**key, detection_id=identity, detection_timestamp=START, **values).save(force_insert=True)


def test_detections_of_all_tiers_are_listed_with_what_became_of_them(operator):
    life = [["confirmed", 1_748_871_000_000], ["failed", 1_748_957_400_000]]
    found(DailyPattern, 1, tier="daily", life=life)
    found(ComboPattern, 2, tier="combo", timeframe="5m")
    (combo, daily) = operator.get("/admin/data/detections/").context["page"].rows
    assert (daily[2], combo[2]) == ("daily", "combo")
    assert daily[9] == "confirmed 06-02 13:30, failed 06-03 13:30"
    rows = operator.get("/admin/data/detections/?tier=daily").context["page"].rows
    assert [row[2] for row in rows] == ["daily"]


def test_a_combo_is_listed_with_its_legs(operator):
    legs = [
        {"pattern_type": "squeeze", "timeframe": "1d", "state": "confirmed"},
        {"pattern_type": "opening_range_break", "timeframe": "5m", "state": "formed"},
    ]
    found(ComboPattern, 1, tier="combo", pattern_data={"title": "Squeeze, then up", "legs": legs})
    (row,) = operator.get("/admin/data/combos/").context["page"].rows
    assert row[3] == "Squeeze, then up"
    assert row[4] == "squeeze 1d confirmed + opening_range_break 5m formed"


def test_daily_indicators_are_listed_by_name(operator):
    names = IndicatorSet.objects.create(names=["RSI_14", "SMA_200"])
    values = {"set_id": names.pk, "values": [61.25, float("nan")]}
    DailyIndicatorValues.objects.create(
        symbol="AAPL", timeframe="1d", timestamp=START, calculation_timestamp=START, **values
    )
    (row,) = operator.get("/admin/data/daily-indicators/").context["page"].rows
    assert row[3] == "RSI_14 61.2500"
