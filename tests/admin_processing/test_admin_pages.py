"""Every page of the administration opens for those who may, and obeys the site's policy."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from admin_processing.listings import LISTINGS
from admin_processing.navigation import ENTRIES
from patterns.models import DetectorSetting
from tests.admin_processing.admin_rows import one_of_each

pytestmark = pytest.mark.django_db

OWN_PAGES = ["/admin/", "/admin/data-quality/", "/admin/password_change/", "/admin/market/"]
LISTING_PAGES = [f"/admin/data/{slug}/" for slug in LISTINGS]


class InlineFinder(HTMLParser):
    """What `script-src 'self'; style-src 'self'` would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_data = given.get("type") in ("application/json", "text/template")
        if tag == "style" or (tag == "script" and "src" not in given and not is_data):
            self.found.append(self.get_starttag_text() or tag)
        self.found += [
            f"<{tag} {name}={value!r}>"
            for name, value in attrs
            if name == "style" or name.startswith("on") or (value or "").startswith("javascript:")
        ]


def inline_parts(html: str) -> list[str]:
    finder = InlineFinder()
    finder.feed(html)
    return finder.found


@pytest.fixture
def superuser() -> User:
    return User.objects.create_superuser("operator")


@pytest.fixture
def operator(client: Client, superuser: User) -> Client:
    client.force_login(superuser)
    return client


def opened(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_there_is_a_row_to_look_at_of_every_registered_model(superuser):
    shown = {type(row) for row in one_of_each(superuser)}
    assert shown == set(admin.site._registry) - {DetectorSetting}


def test_no_page_of_a_model_has_a_style_or_script_of_its_own(operator, superuser):
    wrong = {}
    for row in one_of_each(superuser):
        place = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        pages = [reverse(f"{place}_changelist"), reverse(f"{place}_change", args=[row.pk])]
        add = reverse(f"{place}_add")
        if operator.get(add).status_code == 200:
            pages += [add, reverse(f"{place}_delete", args=[row.pk])]
            pages.append(reverse(f"{place}_history", args=[row.pk]))
        for page in pages:
            wrong[page] = inline_parts(opened(operator, page))
    assert {page: parts for page, parts in wrong.items() if parts} == {}
    assert len(wrong) > 60


@pytest.mark.parametrize(
    "page",
    [
        *OWN_PAGES,
        *LISTING_PAGES,
        "/admin/patterns/detectorsetting/",
        "/admin/patterns/detectorsetting/morning_star/change/",
        "/admin/streaming/feedgap/?healed_at__isnull=True",
        "/admin/market/symbol/?q=nothing",
    ],
)
def test_no_other_page_has_a_style_or_script_of_its_own(operator, page):
    assert inline_parts(opened(operator, page)) == []


def test_the_finder_finds_what_the_policy_refuses():
    html = '<p style="x"><script>1</script><style></style><a onclick="y" href="javascript:z">'
    assert len(inline_parts(html)) == 5
    assert inline_parts('<script src="a.js"></script><p class="style">') == []


def test_the_navigation_leads_to_every_registered_model_and_listing(operator):
    groups = operator.get("/admin/").context["navigation"]
    urls = {link.url for group in groups for link in group.links}
    models = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    }
    assert models - urls == set()
    assert set(LISTING_PAGES) - urls == set()


def test_every_page_of_the_navigation_opens_and_is_marked_there(operator):
    groups = operator.get("/admin/").context["navigation"]
    for link in [link for group in groups for link in group.links]:
        here = operator.get(link.url).context["here"]
        assert here.title == link.title


def test_staff_see_in_the_navigation_only_what_they_may_open(client):
    helper = User.objects.create_user("helper", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="view_processingrun"))
    client.force_login(helper)
    groups = client.get("/admin/").context["navigation"]
    titles = [link.title for group in groups for link in group.links]
    assert [title for title in titles if title != "Daily processing"] == ["Runs", "Own password"]
    assert client.get("/admin/admin_processing/processingrun/").status_code == 200
    assert client.get("/admin/admin_processing/rejectedrow/").status_code == 403
    assert client.get("/admin/data-quality/").status_code == 403


@pytest.mark.parametrize("page", [*OWN_PAGES, "/admin/admin_processing/processingrun/"])
def test_those_who_are_not_staff_are_refused(client, page):
    client.force_login(User.objects.create_user("trader"))
    assert client.get(page).status_code in (302, 403)
    assert b"navigation" not in client.get(page).content


def test_what_others_write_can_be_neither_added_nor_changed_nor_deleted(operator, superuser):
    for row in one_of_each(superuser):
        if row._meta.app_label not in ("admin_processing", "market", "streaming"):
            continue
        place = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        assert operator.get(reverse(f"{place}_add")).status_code == 403
        assert operator.post(reverse(f"{place}_change", args=[row.pk])).status_code == 403
        assert operator.post(reverse(f"{place}_delete", args=[row.pk])).status_code == 403


def test_every_entry_says_what_it_holds():
    entries = [entry for entries in ENTRIES.values() for entry in entries]
    assert all(entry.about for entry in entries)
    assert len({entry.title for entry in entries}) == len(entries)


def test_dates_are_written_as_they_sort(operator, superuser):
    one_of_each(superuser)
    assert "2026-11-24" in opened(operator, "/admin/market/dividend/")
