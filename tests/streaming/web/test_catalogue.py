"""The catalogue: everything that is registered has a page with a picture."""

from __future__ import annotations

import re
from html import escape
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.test import Client

from patterns.models import DetectorSetting
from patterns.registry import standard

pytestmark = pytest.mark.django_db

PATTERNS = [detector.pattern_type for detector in standard().detectors]
INDICATORS = [indicator.name for indicator in standard().indicators if not indicator.internal]
NAMES = [*PATTERNS, *INDICATORS]


@pytest.fixture
def trader(client: Client) -> Client:
    client.force_login(User.objects.create_user("trader"))
    return client


def pictures(content: str) -> list[ElementTree.Element]:
    """Every SVG of a page that is drawn by us, read as XML."""
    found = re.findall(r'<svg class="picture.*?</svg>', content, re.DOTALL)
    return [ElementTree.fromstring(text) for text in found]


@pytest.mark.parametrize("path", ["/catalogue", "/catalogue/morning_star"])
def test_it_is_for_those_who_are_signed_in(client, path):
    answer = client.get(path)
    assert answer.status_code == 302
    assert "/sign-in/" in answer.headers["Location"]


def test_the_list_has_everything_once_with_a_picture_each(trader):
    content = trader.get("/catalogue").content.decode()
    linked = re.findall(r'<a href="/catalogue/([^"]+)"', content)
    assert sorted(linked) == sorted(NAMES)
    assert len(pictures(content)) == len(NAMES)
    assert " style=" not in content


def test_every_entry_has_a_page_with_a_picture_that_says_what_it_shows(trader):
    for name in NAMES:
        answer = trader.get(f"/catalogue/{name}")
        assert answer.status_code == 200, name
        content = answer.content.decode()
        assert " style=" not in content, name
        assert "<style" not in content, name
        (picture,) = pictures(content)
        said = {child.tag: child for child in picture if child.tag in ("title", "desc")}
        ids = f"{said['title'].get('id')} {said['desc'].get('id')}"
        assert (picture.get("role"), picture.get("aria-labelledby")) == ("img", ids), name
        assert len(said["desc"].text or "") > 20, name


def test_every_pattern_is_detected_in_its_picture(trader):
    for name in PATTERNS:
        page = trader.get(f"/catalogue/{name}")
        assert page.context["confidence"] is not None, name
        assert page.context["confidence"] >= standard().detector(name).min_confidence, name
        (picture,) = pictures(page.content.decode())
        assert picture.findall(".//rect[@class='own']"), name


def test_a_patterns_page_says_all_there_is_to_know(trader):
    detector = standard().detector("morning_star")
    content = trader.get("/catalogue/morning_star").content.decode()
    for text in (detector.formula[1:], detector.source, detector.gaps, "1m, 5m, 15m, 1h, 1d"):
        assert escape(text.rstrip(".")) in content
    assert f"{detector.warm_up} bars" in content
    assert f"Expired {detector.expires} bars after it formed" in content
    assert "agreement" in content
    assert "15 %" in content


def test_the_shares_of_a_confidence_make_a_hundred_percent(trader):
    for name in PATTERNS:
        shares = trader.get(f"/catalogue/{name}").context["shares"]
        assert sum(share.percent for share, _ in shares) == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("morning star", "morning_star", "RSI_14"),
        ("RELATIVE STRENGTH wilder", "RSI_14", "morning_star"),
        ("rsi_14", "RSI_14", "SMA_20"),
    ],
)
def test_the_search_works_without_javascript(trader, query, there, not_there):
    content = trader.get("/catalogue", {"q": query}).content.decode()
    cards = dict(
        re.findall(r'<li data-text="[^"]*"( hidden)?><a href="/catalogue/([^"]+)"', content)
    )
    shown = re.findall(r'<li data-text="[^"]*"><a href="/catalogue/([^"]+)"', content)
    assert cards
    assert there in shown
    assert not_there not in shown


def test_a_search_that_finds_nothing_says_so(trader):
    page = trader.get("/catalogue", {"q": 'no such <thing> "'})
    assert page.context["count"] == 0
    assert b"Nothing matches" in page.content
    assert b"<thing>" not in page.content


@pytest.mark.parametrize(
    ("wrong", "near"), [("morning_stra", "morning_star"), ("RSI14", "RSI_14"), ("rsi", "RSI_14")]
)
def test_an_unknown_name_is_not_found_and_the_nearest_is_named(trader, wrong, near):
    answer = trader.get(f"/catalogue/{wrong}")
    assert answer.status_code == 404
    assert f"Did you mean &#x27;{near}&#x27;?" in answer.content.decode()


@pytest.mark.parametrize("name", ["MACD_SIGNAL", "macd_signal"])
def test_any_output_of_an_indicator_leads_to_its_page(trader, name):
    assert trader.get(f"/catalogue/{name}").context["entry"].name == "MACD"


def test_what_is_switched_off_or_set_otherwise_is_said(trader):
    DetectorSetting.objects.create(pattern_type="doji", enabled=False)
    DetectorSetting.objects.create(pattern_type="morning_star", parameters={"penetration": 0.55})
    assert b"Switched off here" in trader.get("/catalogue/doji").content
    content = trader.get("/catalogue/morning_star").content.decode()
    assert "set to 0.55 here" in content
    assert "Switched off" not in content
