"""What operators set: how it is read, what it changes, and what a bad row can not do."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.db import connection, connections

from patterns.models import DetectorSetting
from patterns.registry import Registry, standard
from patterns.settings import (
    Setting,
    applied,
    configured,
    faults,
    overrides,
    read_settings,
    settings_version,
)

MOST_BARS = 260
"""A year of days, and some: what a live window may hold for each of 11,000 symbols."""


def names(registry: Registry) -> list[str]:
    return [detector.pattern_type for detector in registry.detectors]


def test_without_settings_nothing_changes():
    same = configured(standard(), ())
    assert same.detectors == standard().detectors
    assert same.indicators == standard().indicators


def test_a_detector_that_is_switched_off_is_taken_out_and_the_others_keep_their_order():
    left = names(configured(standard(), [Setting("doji", enabled=False)]))
    assert left == [name for name in names(standard()) if name != "doji"]


def test_parameters_are_applied_to_what_is_found_and_to_what_is_said():
    setting = Setting("morning_star", parameters={"penetration": 0.75, "cool_down": 7})
    made = configured(standard(), [setting]).detector("morning_star")
    assert made.parameters == {"penetration": 0.75}
    assert made.cool_down == 7
    assert "0.75 of the first body" in made.formula
    assert standard().detector("morning_star").parameters == {"penetration": 0.3}


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"penetration": 1.5}, ["penetration", "1.5", "0.0", "1.0"]),
        ({"penetration": "much"}, ["penetration", "'much'", "number"]),
        ({"penetration": True}, ["penetration", "True", "number"]),
        ({"penetration": float("nan")}, ["penetration", "nan"]),
        ({"expires": 2.5}, ["expires", "2.5", "whole"]),
        ({"expires": float("inf")}, []),
        ({"penetratoin": 0.5}, ["penetratoin", "penetration"]),
        (["penetration"], ["JSON object"]),
        (None, ["JSON object"]),
    ],
)
def test_a_setting_that_can_not_be_used_is_told_of_and_left_out(parameters, words):
    settings = [Setting("morning_star", parameters=parameters), Setting("doji", enabled=False)]
    registry = configured(standard(), settings)
    assert registry.detector("morning_star") is standard().detector("morning_star")
    assert "doji" not in names(registry)
    (fault,) = faults(standard(), settings)
    assert fault.pattern_type == "morning_star"
    for word in words:
        assert word in fault.reason


def test_a_detector_that_is_no_longer_there_is_told_of_with_a_near_match():
    settings = [Setting("morning_stars")]
    assert names(configured(standard(), settings)) == names(standard())
    assert "Did you mean 'morning_star'?" in faults(standard(), settings)[0].reason


def test_a_bad_row_that_is_switched_off_stays_off():
    off = Setting("doji", enabled=False, parameters={"none": 1})
    assert "doji" not in names(configured(standard(), [off]))


def test_only_what_differs_is_an_override():
    detector = standard().detector("morning_star")
    assert overrides(detector, dict(detector.adjustable)) == {}
    assert overrides(detector, dict(detector.adjustable) | {"expires": 5}) == {"expires": 5}


def test_every_bound_of_every_parameter_of_every_detector_can_be_set():
    for detector in standard().detectors:
        for name in detector.adjustable:
            for value in detector.bound(name):
                exact = type(detector.adjustable[name])(value)
                made = applied(standard(), Setting(detector.pattern_type, True, {name: exact}))
                assert made.pattern_type == detector.pattern_type
                assert made.lookback <= MOST_BARS, (detector.pattern_type, name, value)


@pytest.mark.django_db
def test_stored_settings_are_read_as_they_were_saved():
    DetectorSetting.objects.create(pattern_type="morning_star", parameters={"penetration": 0.5})
    DetectorSetting.objects.create(pattern_type="doji", enabled=False)
    with connection.cursor() as cursor:
        found = read_settings(cursor)
    assert found == (
        Setting("doji", False, {}),
        Setting("morning_star", True, {"penetration": 0.5}),
    )


@pytest.mark.django_db
def test_rows_of_any_json_are_read():
    with connection.cursor() as cursor:
        for number, value in enumerate(("[1]", "null", '"text"', "7")):
            cursor.execute(
                "INSERT INTO detector_settings (pattern_type, parameters) VALUES (%s, %s)",
                [f"wrong_{number}", value],
            )
        found = read_settings(cursor)
    assert [setting.parameters for setting in found] == [
        json.loads(value) for value in ("[1]", "null", '"text"', "7")
    ]
    assert len(faults(standard(), found)) == 4


@pytest.mark.django_db
def test_the_version_changes_with_every_change_and_only_then():
    with connection.cursor() as cursor:
        versions = [settings_version(cursor)]
        row = DetectorSetting.objects.create(pattern_type="doji")
        versions.append(settings_version(cursor))
        row.enabled = False
        row.save()
        versions.append(settings_version(cursor))
        # By hand, with no new time.
        cursor.execute("UPDATE detector_settings SET enabled = true")
        versions.append(settings_version(cursor))
        assert settings_version(cursor) == versions[-1]
        row.delete()
        versions.append(settings_version(cursor))
    assert len(set(versions)) == 4
    assert versions[0] == versions[-1]


@pytest.mark.django_db
def test_a_row_of_another_program_needs_its_name_alone():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO detector_settings (pattern_type) VALUES ('doji')")
    row = DetectorSetting.objects.get()
    assert (row.enabled, row.parameters, row.changed_by) == (True, {}, "")
    assert abs(row.changed_at - datetime.now(UTC)).total_seconds() < 60


@pytest.mark.django_db(databases=["default", "readwrite", "readonly", "web"])
def test_the_stream_reads_settings_and_the_web_alone_writes_them():
    for alias in ("readwrite", "readonly", "web"):
        with connections[alias].cursor() as cursor:
            assert read_settings(cursor) == ()
            assert settings_version(cursor) == ""
    DetectorSetting.objects.using("web").create(pattern_type="doji", enabled=False)
    from tickstock_site.refusals import RoleRefused

    for alias in ("readwrite", "readonly"):
        with pytest.raises(RoleRefused):
            DetectorSetting.objects.using(alias).create(pattern_type="hammer")
