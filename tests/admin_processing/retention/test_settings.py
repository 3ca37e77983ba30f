"""What the retention's settings refuse, and what they are where nobody says anything."""

from __future__ import annotations

import runpy

import pytest

from tickstock_site import settings
from tickstock_site.env import SettingError

NAMES = ("FLOW", "OUTBOX", "BARS", "ROLLED", "DETECTIONS", "RUNS")


def settings_with(monkeypatch: pytest.MonkeyPatch, **given: str) -> dict[str, object]:
    """The settings' module as it is read with these variables, `ROLLED="5"` for instance."""
    for name in NAMES:
        monkeypatch.delenv(f"RETENTION_{name}_DAYS", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(f"RETENTION_{name}_DAYS", value)
    return runpy.run_path(str(settings.__file__))


def test_nothing_that_can_not_be_made_again_goes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    known = settings_with(monkeypatch)
    days = {name: known[f"RETENTION_{name}_DAYS"] for name in NAMES}
    assert days == {"FLOW": 7, "OUTBOX": 7, "BARS": 0, "ROLLED": 0, "DETECTIONS": 0, "RUNS": 365}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ["-1", "36501", "a year"])
def test_a_wrong_number_of_days_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    told = f"RETENTION_{name}_DAYS='{value}' is not usable: a whole number from 0 to 36500"
    with pytest.raises(SettingError, match=told):
        settings_with(monkeypatch, **{name: value})


def test_longer_bars_outlive_the_minutes_they_are_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingError) as caught:
        settings_with(monkeypatch, BARS="30", ROLLED="29")
    assert str(caught.value) == (
        "RETENTION_ROLLED_DAYS='29' is not usable: 0, or at least the 30 of RETENTION_BARS_DAYS,"
        " whose bars it outlives. Example: RETENTION_ROLLED_DAYS=0"
    )
    for rolled in ("0", "30", "400"):
        assert settings_with(monkeypatch, BARS="30", ROLLED=rolled)
    assert settings_with(monkeypatch, BARS="0", ROLLED="1")
