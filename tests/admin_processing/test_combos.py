"""Combo rules in the administration: who may, what is stored, what is refused, what is logged."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client

from admin_processing.combo_forms import MOST_LEGS
from patterns.combo_rows import read_rules
from patterns.models import ComboRule
from patterns.registry import standard
from tests.patterns.combo_cases import ROW

pytestmark = pytest.mark.django_db

LIST = "/admin/patterns/comborule/"
ADD = f"{LIST}add/"
FORM = f"{LIST}breakout-vwap/change/"


@pytest.fixture(autouse=True)
def _no_rules(db):
    ComboRule.objects.all().delete()


@pytest.fixture
def stored(db) -> ComboRule:
    return ComboRule.objects.create(**ROW)


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def helper(client: Client) -> Client:
    """Staff who may look and not change."""
    user = User.objects.create_user("helper", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_comborule"))
    client.force_login(user)
    return client


def given(**changed: object) -> dict[str, object]:
    """The form filled in with the rule of `ROW`, otherwise where `changed` says so."""
    empty = {f"leg{n}_direction": "any" for n in range(3, MOST_LEGS + 1)}
    filled = {
        "key": "breakout-vwap",
        "title": "Breakout, then VWAP",
        "enabled": "on",
        "direction": "bullish",
        "cool_down_minutes": "60",
        "min_confidence": "0.0",
        "leg1_timeframe": "1d",
        "leg1_pattern_types": ["resistance_break", "new_high"],
        "leg1_direction": "bullish",
        "leg1_within_minutes": "7200",
        "leg2_timeframe": "5m",
        "leg2_pattern_types": ["vwap_reclaim"],
        "leg2_direction": "bullish",
    }
    return {k: v for k, v in (empty | filled | changed).items() if v is not None}


def errors(page) -> list[str]:
    form = page.context["adminform"].form
    return [text for texts in form.errors.values() for text in texts]


def test_the_rules_to_begin_with_come_with_the_migrations(operator):
    from django.apps import apps

    module = __import__("patterns.migrations.0007_first_combo_rules", fromlist=["add"])
    with connection.schema_editor() as editor:
        module.add(apps, editor)
        module.add(apps, editor)
    assert ComboRule.objects.count() == len(module.RULES) == 10
    page = operator.get(LIST)
    assert page.context["faults"] == []
    for rule in ComboRule.objects.all():
        shown = operator.get(f"{LIST}{rule.key}/change/").context["adminform"].form
        values = {name: shown[name].value() for name in shown.fields}
        sent = {name: value for name, value in values.items() if value not in (None, False)}
        legs = rule.legs
        assert operator.post(f"{LIST}{rule.key}/change/", sent).status_code == 302, rule.key
        rule.refresh_from_db()
        kept = [{k: v for k, v in leg.items() if v} for leg in legs]
        assert rule.legs == kept, rule.key


@pytest.mark.parametrize("path", [LIST, ADD, FORM])
def test_it_is_for_staff_with_the_permission_alone(client, stored, path):
    assert client.get(path).status_code == 302
    client.force_login(User.objects.create_user("trader"))
    assert client.post(path, given(title="Mine"), follow=True).status_code == 403
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get(path).status_code == 403
    assert client.post(path, given(title="Mine")).status_code == 403
    assert ComboRule.objects.get().title == ROW["title"]


def test_who_may_only_look_sees_the_legs_and_changes_nothing(helper, stored):
    page = helper.get(FORM)
    assert page.status_code == 200
    assert "1d resistance_break or new_high (bullish) within 5 days" in page.content.decode()
    assert b'name="_save"' not in page.content
    switch = {"action": "switch_off", "_selected_action": ["breakout-vwap"]}
    assert helper.post(FORM, given(title="Mine")).status_code == 403
    helper.post(LIST, switch)
    assert (stored.title, ComboRule.objects.get().enabled) == (ROW["title"], True)


def test_a_change_needs_a_csrf_token(stored):
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("operator"))
    assert client.post(FORM, given(title="Mine")).status_code == 403
    assert ComboRule.objects.get().title == ROW["title"]


def test_a_rule_is_added_as_the_stream_reads_it_with_who_and_when(operator):
    assert operator.post(ADD, given()).status_code == 302
    row = ComboRule.objects.get()
    fields = ("key", "title", "direction", "legs", "cool_down_minutes", "min_confidence")
    assert {name: getattr(row, name) for name in fields} == ROW
    assert row.changed_by == "operator"
    with connection.cursor() as cursor:
        rules, _ = read_rules(cursor)
    assert [rule.key for rule in rules] == ["breakout-vwap"]


def test_a_leg_between_may_be_left_empty_and_the_last_one_filled_in_is_the_trigger(operator):
    third = {
        "leg3_timeframe": "5m",
        "leg3_pattern_types": ["flag"],
        "leg3_direction": "bullish",
        "leg2_timeframe": "",
        "leg2_pattern_types": None,
    }
    assert operator.post(ADD, given(**third)).status_code == 302
    assert [leg["pattern_types"] for leg in ComboRule.objects.get().legs] == [
        ["resistance_break", "new_high"],
        ["flag"],
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"leg1_pattern_types": ["resistence_break"]},
         "Leg 1: Unknown pattern 'resistence_break'. Did you mean 'resistance_break'?"),
        ({"leg1_pattern_types": ["vwap_loss"]},
         "Leg 1: 'vwap_loss' is not looked for in 1d, but in 1m, 5m, 15m or 1h"),
        ({"leg1_timeframe": "2h"}, "Leg 1: timeframe is '2h'; it must be 1m, 5m, 15m, 1h or 1d."),
        ({"leg1_direction": "up"}, "Leg 1: direction is 'up'; it must be bullish"),
        ({"leg1_states": ["gone"]}, "Leg 1: states is 'gone'; it must be formed, confirmed"),
        ({"leg1_within_minutes": "0"},
         "Leg 1: within_minutes is 0; it must be a whole number from 1 to 43200"),
        ({"leg1_within_minutes": None}, "Leg 1: within_minutes is None; it must be a whole number"),
        ({"leg2_within_minutes": "5"}, "Leg 2: within_minutes is 5; the last leg is the trigger"),
        ({"leg2_timeframe": "", "leg2_pattern_types": None},
         "Legs are 1; a rule has a list of 2 to 5 legs"),
        ({"direction": "bearish"},
         "Leg 2: direction is 'bullish'; the trigger of a bearish rule is bearish or neutral"),
        ({"direction": "up"}, "Direction is 'up'; it must be bullish, bearish or neutral"),
        ({"cool_down_minutes": "-1"}, "Cool_down_minutes is -1; it must be a whole number from 0"),
        ({"min_confidence": "1.5"}, "Min_confidence is 1.5; it must be a number from 0.0 to 1.0"),
        ({"key": "doji"}, "'doji' is a pattern's name; a rule needs one of its own"),
        ({"leg1_within_minutes": "soon"}, "Enter a whole number."),
    ],
)  # fmt: skip
def test_what_no_rule_can_be_is_refused_with_the_leg_the_value_and_what_is_allowed(
    operator, changed, said
):
    page = operator.post(ADD, given(**changed))
    assert page.status_code == 200
    (told,) = errors(page)
    assert said in told
    assert ComboRule.objects.count() == 0


def test_a_leg_that_is_left_out_keeps_its_number_in_the_words(operator):
    page = operator.post(ADD, given(
        leg2_timeframe="", leg2_pattern_types=None,
        leg4_timeframe="1d", leg4_pattern_types=["flag"], leg4_within_minutes="9",
    ))  # fmt: skip
    assert any(text.startswith("Leg 4: within_minutes is 9") for text in errors(page))


def test_two_rules_have_two_keys_and_a_stored_key_stays(operator, stored):
    assert "already exists" in " ".join(errors(operator.post(ADD, given())))
    operator.post(FORM, given(key="another", title="New"))
    assert list(ComboRule.objects.values_list("key", "title")) == [("breakout-vwap", "New")]


def test_chosen_rules_are_switched_off_and_on(operator, stored):
    for action, on in (("switch_off", False), ("switch_on", True)):
        operator.post(LIST, {"action": action, "_selected_action": ["breakout-vwap"]})
        assert ComboRule.objects.get().enabled is on
    words = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert words == ["Switched off.", "Switched on."]


def test_djangos_own_log_has_old_and_new_values(operator):
    operator.post(ADD, given())
    operator.post(FORM, given(leg1_within_minutes="1440", enabled=None))
    operator.post(FORM, given(leg1_within_minutes="1440", enabled=None))
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")] == [
        "Added: 1d resistance_break or new_high (bullish) within 5 days, "
        "then 5m vwap_reclaim (bullish).",
        "On: yes → no. Leg 1 within minutes: 7200 → 1440.",
        "Saved without a change.",
    ]


def test_a_stored_rule_that_can_not_be_used_is_told_of_and_can_be_mended(operator, stored):
    ComboRule.objects.update(legs=[{**ROW["legs"][0], "pattern_types": ["gone"]}, ROW["legs"][1]])
    assert "Unknown pattern &#x27;gone&#x27;" in operator.get(LIST).content.decode()
    assert "The stream leaves this rule out" in operator.get(FORM).content.decode()
    assert operator.post(FORM, given()).status_code == 302
    assert operator.get(LIST).context["faults"] == []


@pytest.mark.parametrize("legs", [[], {}, "text", 7, ["x"], [{}], [{"pattern_types": 5}]])
def test_a_row_with_any_json_has_its_form(operator, stored, legs):
    ComboRule.objects.update(legs=legs)
    assert operator.get(LIST).status_code == 200
    assert operator.get(FORM).status_code == 200


def test_every_pattern_can_be_chosen_and_a_rule_can_be_deleted(operator, stored):
    field = operator.get(FORM).context["adminform"].form.fields["leg1_pattern_types"]
    offered = {name for _, group in field.choices for name, _ in group}
    assert offered == {detector.pattern_type for detector in standard().detectors}
    operator.post(f"{LIST}breakout-vwap/delete/", {"post": "yes"})
    assert ComboRule.objects.count() == 0


def test_the_pages_have_no_inline_script_or_style(operator, stored):
    for path in (LIST, ADD, FORM):
        page = operator.get(path).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
