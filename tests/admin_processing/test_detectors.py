"""Detectors in the administration: who may, what is stored, what is refused, what is logged."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from patterns.models import DetectorSetting
from patterns.registry import standard

pytestmark = pytest.mark.django_db

LIST = "/admin/patterns/detectorsetting/"
DETECTORS = [detector.pattern_type for detector in standard().detectors]


def form(name: str = "morning_star") -> str:
    return f"{LIST}{name}/change/"


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def helper(client: Client) -> Client:
    """Staff who may look and not change."""
    user = User.objects.create_user("helper", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_detectorsetting"))
    client.force_login(user)
    return client


def given(name: str = "morning_star", **changed: object) -> dict[str, object]:
    """The form as it is shown, filled in otherwise where `changed` says so."""
    return {"enabled": "on", **standard().detector(name).adjustable} | changed


def test_the_list_has_every_registered_detector_and_none_needs_a_row(operator):
    sections = operator.get(LIST).context["sections"]
    listed = [row.entry.name for section in sections for row in section.rows]
    assert sorted(listed) == sorted(DETECTORS)
    assert DetectorSetting.objects.count() == 0


def test_the_list_can_be_filtered(operator):
    sections = operator.get(LIST, {"q": "morning star"}).context["sections"]
    names = [row.entry.name for section in sections for row in section.rows]
    assert "morning_star" in names
    assert "volume_spike" not in names


def test_every_detector_has_a_form_that_can_be_saved_as_it_is(operator):
    for name in DETECTORS:
        page = operator.get(form(name))
        assert list(page.context["adminform"].form.fields) == list(given(name)), name
        answer = operator.post(form(name), given(name))
        assert answer.status_code == 302, name
    rows = DetectorSetting.objects.values_list("pattern_type", "enabled", "parameters")
    assert sorted(rows) == sorted((name, True, {}) for name in DETECTORS)


@pytest.mark.parametrize("path", [LIST, form()])
def test_it_is_for_staff_with_the_permission_alone(client, path):
    assert client.get(path).status_code == 302
    client.force_login(User.objects.create_user("trader"))
    assert client.get(path, follow=True).status_code == 403
    assert client.post(path, given(penetration=0.5), follow=True).status_code == 403
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get(path).status_code == 403
    assert client.post(path, {"chosen": "doji", "_off": "1"} | given()).status_code == 403
    assert DetectorSetting.objects.count() == 0


def test_who_may_only_look_is_shown_values_and_no_buttons(helper):
    page = helper.get(LIST)
    assert page.status_code == 200
    assert b"Switch the chosen" not in page.content
    page = helper.get(form())
    assert b"penetration 0.3" in page.content
    assert b'name="_save"' not in page.content
    for wanted in ({"_reset": "1"}, {"chosen": "doji", "_off": "1"}, given(penetration=0.5)):
        for path in (LIST, form()):
            assert helper.post(path, wanted).status_code == 403
    assert DetectorSetting.objects.count() == 0


@pytest.mark.parametrize("path", [LIST, form()])
def test_a_change_needs_a_csrf_token(path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("operator"))
    assert client.post(path, given(penetration=0.5)).status_code == 403
    assert DetectorSetting.objects.count() == 0


def test_only_what_differs_from_the_default_is_stored_with_who_and_when(operator):
    operator.post(form(), given(penetration="0.5", expires="30"))
    row = DetectorSetting.objects.get()
    assert row.parameters == {"penetration": 0.5, "expires": 30}
    assert row.changed_by == "operator"
    page = operator.get(LIST).content.decode()
    assert "<b>0.5</b> (default 0.3)" in page
    assert "operator" in page


def test_an_empty_field_is_the_default(operator):
    operator.post(form(), given(penetration="0.5"))
    operator.post(form(), given(penetration=""))
    assert DetectorSetting.objects.get().parameters == {}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("penetration", "1.5", "Penetration is 1.5; it must lie between 0.0 and 1.0."),
        ("penetration", "-0.1", "Penetration is -0.1; it must lie between 0.0 and 1.0."),
        ("penetration", "much", "Penetration must be a number from 0 to 1."),
        ("penetration", "nan", "Penetration must be a number from 0 to 1."),
        ("expires", "2.5", "Expires must be a whole number from 1 to 120."),
        ("expires", "500", "Expires is 500; it must lie between 1 and 120."),
        ("min_confidence", "2", "Min confidence is 2"),
    ],
)
def test_a_value_out_of_its_bounds_is_refused_with_the_bound(operator, field, value, said):
    page = operator.post(form(), given(**{field: value}))
    assert page.status_code == 200
    assert said in page.content.decode()
    assert DetectorSetting.objects.count() == 0


def test_the_form_names_default_and_bounds_of_each_parameter(operator):
    page = operator.get(form()).content.decode()
    assert "Default 0.3; from 0 to 1." in page
    assert 'min="0.0" max="1.0" step="any"' in page


def test_chosen_detectors_are_switched_off_and_on_again_and_keep_their_rows(operator):
    operator.post(form("doji"), given("doji", expires="7"))
    operator.post(LIST, {"chosen": ["doji", "morning_star", "no_such"], "_off": "1"})
    assert set(DetectorSetting.objects.values_list("pattern_type", "enabled")) == {
        ("doji", False),
        ("morning_star", False),
    }
    operator.post(LIST, {"chosen": ["doji"], "_on": "1"})
    row = DetectorSetting.objects.get(pattern_type="doji")
    assert (row.enabled, row.parameters) == (True, {"expires": 7})


def test_reset_puts_everything_back_and_keeps_the_row(operator):
    operator.post(form(), given(penetration="0.5", enabled=""))
    operator.post(form(), {"_reset": "1"})
    row = DetectorSetting.objects.get()
    assert (row.enabled, row.parameters) == (True, {})


def test_djangos_own_log_says_who_changed_what_and_when(operator):
    operator.post(form(), given(penetration="0.5", enabled=""))
    operator.post(LIST, {"chosen": ["morning_star"], "_on": "1"})
    operator.post(form(), {"_reset": "1"})
    entries = LogEntry.objects.order_by("pk")
    assert [entry.get_change_message() for entry in entries] == [
        "On: yes → no. Penetration: 0.3 → 0.5.",
        "Switched on.",
        "Reset to the defaults.",
    ]
    assert {(entry.user.username, entry.object_id) for entry in entries} == {
        ("operator", "morning_star")
    }
    history = operator.get(f"{LIST}morning_star/history/").content.decode()
    assert "Penetration: 0.3 → 0.5." in history


def test_a_stored_row_that_can_not_be_used_is_told_of_and_can_be_mended(operator):
    DetectorSetting.objects.create(pattern_type="morning_star", parameters={"penetration": 9})
    DetectorSetting.objects.create(pattern_type="gone", parameters=[1])
    page = operator.get(LIST).content.decode()
    assert "penetration is 9; it must lie between 0.0 and 1.0" in page
    assert "Unknown pattern &#x27;gone&#x27;" in page
    assert "leaves this setting out" in operator.get(form()).content.decode()
    operator.post(form(), given(penetration="0.4"))
    assert "morning_star: " not in operator.get(LIST).content.decode()


@pytest.mark.parametrize("stored", [[], "text", 7])
def test_a_row_with_any_json_has_its_form(operator, stored):
    DetectorSetting.objects.create(pattern_type="morning_star", parameters=stored)
    assert operator.get(LIST).status_code == 200
    assert operator.get(form()).status_code == 200


def test_an_unknown_detector_has_no_form_and_none_is_added_or_deleted(operator):
    assert operator.get(form("no_such")).status_code == 302
    assert operator.get(f"{LIST}add/").status_code == 403
    assert operator.post(f"{LIST}morning_star/delete/", {"post": "yes"}).status_code == 403


def test_the_pages_have_no_inline_script_or_style(operator):
    for path in (LIST, form()):
        page = operator.get(path).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
