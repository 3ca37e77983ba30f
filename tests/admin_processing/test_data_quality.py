"""Data quality: the figures are those of the rows, and each leads to its listing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from admin_processing import quality
from admin_processing.models import ImportCoverage, ProcessingFailure
from admin_processing.quality import Quality, ended_sessions, look
from admin_processing.score_line import floor_of, score_line
from market.calendar import MarketCalendar
from market.models import DailyBar, MinuteBar, Symbol
from streaming.models import FeedGap
from tests.admin_processing.admin_rows import a_run, rejected, scored

pytestmark = pytest.mark.django_db

# Thanksgiving 2025 was a Thursday, 27 November; the Friday closed at 18:00 UTC.
NOW = datetime(2025, 12, 1, 23, 0, tzinfo=UTC)
PRICES = {"open": 10.0, "high": 11.0, "low": 9.0, "close": 10.5, "volume": 100.0}


@pytest.fixture(scope="module")
def market() -> MarketCalendar:
    return MarketCalendar("XNYS", today=date(2025, 12, 1))


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


def daily(symbol: str, day: date) -> None:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    DailyBar(symbol=symbol, timestamp=moment, **PRICES).save(force_insert=True)


def minute(symbol: str, moment: datetime, partial: bool) -> None:
    MinuteBar(symbol=symbol, timestamp=moment, is_partial=partial, **PRICES).save(force_insert=True)


def test_the_last_sessions_are_those_that_have_closed(market):
    days = [date(2025, 11, 24), date(2025, 11, 25), date(2025, 11, 26), date(2025, 11, 28)]
    assert ended_sessions(market, NOW, 5) == [*days, date(2025, 12, 1)]
    assert ended_sessions(market, NOW.replace(hour=20), 4) == days


def test_an_active_symbol_without_a_bar_in_five_sessions_is_stale(market):
    for name, active in (("AAPL", True), ("GONE", False), ("LATE", True), ("NONE", True)):
        Symbol.objects.create(symbol=name, name=f"{name} Inc.", active=active)
    daily("AAPL", date(2025, 11, 24))
    daily("LATE", date(2025, 11, 20))
    daily("LATE", date(2025, 11, 21))
    found = look(market, NOW)
    assert found.stale_since == date(2025, 11, 24)
    assert [(row["symbol"], row["last_bar"]) for row in found.stale] == [
        ("LATE", datetime(2025, 11, 21, tzinfo=UTC)),
        ("NONE", None),
    ]
    assert found.stale_count == 2


def test_stale_symbols_are_all_counted_though_not_all_listed(market, monkeypatch):
    monkeypatch.setattr(quality, "LISTED", 3)
    Symbol.objects.bulk_create(Symbol(symbol=f"S{n}") for n in range(7))
    found = look(market, NOW)
    assert (len(found.stale), found.stale_count) == (3, 7)


def test_rejected_rows_are_counted_by_reason_and_source_while_they_are_open(market):
    rejected("AAPL", "high_below_low")
    rejected("AAPL", "high_below_low", timestamp=NOW)
    rejected("MSFT", "high_below_low")
    rejected("MSFT", "duplicate", source="csv")
    rejected("V", "duplicate", source="csv", resolved_at=NOW)
    found = look(market, NOW)
    counts = [(r["reason"], r["source"], r["count"], r["symbols"]) for r in found.rejected]
    assert counts == [("high_below_low", "massive", 3, 2), ("duplicate", "csv", 1, 1)]
    assert found.rejected_count == 4


def test_coverage_says_how_many_symbols_end_before_the_last_session(market):
    days = {"AAPL": date(2025, 12, 1), "MSFT": date(2025, 11, 28), "V": date(2025, 12, 1)}
    for symbol, through in days.items():
        ImportCoverage.objects.create(
            source="massive", timeframe="1d", symbol=symbol, since=date(2021, 1, 4), through=through
        )
    (row,) = look(market, NOW).coverage
    assert (row["symbols"], row["behind"]) == (3, 1)
    assert (row["since"], row["through"]) == (date(2021, 1, 4), date(2025, 12, 1))


def test_gaps_that_were_healed_are_not_open(market):
    for hour, minutes, healed in ((15, 4, None), (16, 6, None), (17, 9, NOW)):
        FeedGap.objects.create(
            feed="massive",
            started_at=NOW.replace(hour=hour),
            minutes=minutes,
            cause="the connection was lost",
            healed_at=healed,
        )
    found = look(market, NOW)
    (row,) = found.gaps
    assert (row["count"], row["minutes"], row["newest"]) == (2, 10, NOW.replace(hour=16))
    assert found.gap_count == 2


def test_partial_bars_are_those_of_the_last_two_sessions(market):
    friday, monday = (datetime(2025, *day, 15, 0, tzinfo=UTC) for day in ((11, 28), (12, 1)))
    for moment, partial in ((friday, True), (monday, True), (monday + timedelta(minutes=1), False)):
        minute("AAPL", moment, partial)
    minute("MSFT", monday, True)
    minute("MSFT", datetime(2025, 11, 26, 15, 0, tzinfo=UTC), True)
    found = look(market, NOW)
    rows = [(row["day"], row["count"], row["symbols"]) for row in found.partial]
    assert rows == [(date(2025, 12, 1), 2, 2), (date(2025, 11, 28), 1, 1)]
    assert found.partial_count == 3


def test_failures_that_were_resolved_are_not_counted(market):
    run = a_run()
    for symbol, resolved in (("AAPL", None), ("MSFT", NOW)):
        ProcessingFailure.objects.create(
            run=run, phase="import", symbol=symbol, error="429", resolved_at=resolved
        )
    assert look(market, NOW).failures == 1


def test_scores_come_oldest_first(market):
    scored(date(2025, 12, 1), 1000, 5)
    scored(date(2025, 11, 28), 1000, 0)
    found: Quality = look(market, NOW)
    assert [row["score"] for row in found.scores] == [1.0, 0.995]


def test_each_question_is_one_query(market, django_assert_num_queries):
    with django_assert_num_queries(7):
        look(market, NOW)


def test_the_line_of_scores_is_higher_where_the_score_is_higher():
    days = [{"day": date(2025, 12, day), "score": score} for day, score in ((1, 0.995), (2, 1.0))]
    line = score_line(days)
    assert line is not None
    assert line.labels == ("100 %", "99.5 %", "99 %")
    (x1, y1), (x2, y2) = (
        map(float, point) for point in re.findall(r'class="dot" d="M([\d.]+) ([\d.]+)h0"', line.svg)
    )
    assert x1 < x2
    assert y1 > y2
    assert (y1, y2) == (50.0, 6.0)  # the middle of a scale from 99 %, and its top
    assert score_line([]) is None


@pytest.mark.parametrize(
    ("lowest", "floor"), [(1.0, 0.999), (0.9995, 0.999), (0.995, 0.99), (0.95, 0.9), (0.4, 0.0)]
)
def test_the_scale_begins_at_a_round_figure_below_the_lowest_score(lowest, floor):
    assert floor_of(lowest) == pytest.approx(floor)


def test_the_page_shows_the_figures_with_the_way_to_each_listing(operator):
    rejected("AAPL", "high_below_low")
    scored(date(2025, 12, 1), 1000, 5)
    Symbol.objects.create(symbol="BRK.B")
    html = operator.get("/admin/data-quality/").content.decode()
    assert "99.5 %" in html
    assert 'href="/admin/data/daily-bars/?symbol=BRK.B"' in html
    listing = re.search(r'href="([^"]*reason=high_below_low[^"]*)"', html)
    assert listing
    shown = operator.get(listing[1].replace("&amp;", "&"))
    assert [row.symbol for row in shown.context["cl"].result_list] == ["AAPL"]


def test_the_page_opens_with_the_permission_and_not_without(client):
    helper = User.objects.create_user("helper", is_staff=True)
    client.force_login(helper)
    assert client.get("/admin/data-quality/").status_code == 403
    helper.user_permissions.add(Permission.objects.get(codename="view_rejectedrow"))
    assert client.get("/admin/data-quality/").status_code == 200
    assert client.post("/admin/data-quality/").status_code == 405


def test_an_empty_database_is_said_to_be_so(operator):
    html = operator.get("/admin/data-quality/").content.decode()
    assert "Nothing has been imported yet." in html
    assert "No day has been compared" in html
