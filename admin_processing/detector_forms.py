"""The form of one detector's setting: a field for each of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from patterns.catalogue import COMMON_MEANINGS, number_text, words_of
from patterns.definitions import BadParameter, Detector
from patterns.models import DetectorSetting
from patterns.registry import standard
from patterns.settings import Setting, faults, overrides


class DetectorForm(forms.ModelForm):
    """On or off, and the parameters; an empty one is the default."""

    detector: Detector

    class Meta:
        model = DetectorSetting
        fields = ("enabled",)
        labels = {"enabled": "On"}
        help_texts = {"enabled": "Off: it is not looked for, from the next minute on."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(present_values(self.detector, self.instance.parameters))

    def clean(self) -> dict[str, Any]:
        """Each value within its bounds, and all of them together a detector."""
        cleaned = super().clean() or {}
        for name in self.detector.adjustable:
            self._refuse_out_of_bounds(name, cleaned.get(name))
        if not self.errors:
            setting = Setting(self.detector.pattern_type, True, self.chosen())
            for fault in faults(standard(), (setting,)):
                self.add_error(None, fault.reason)
        return cleaned

    def _refuse_out_of_bounds(self, name: str, value: float | None) -> None:
        if value is None or name in self.errors:
            return
        try:
            self.detector.with_parameters({name: value})
        except BadParameter as error:
            self.add_error(name, _sentence(self.detector, error))
        except ValueError:
            pass  # it does not go with another parameter's default: all are looked at together

    def chosen(self) -> dict[str, float]:
        """The parameters that differ from the detector's own."""
        given = {name: self.cleaned_data.get(name) for name in self.detector.adjustable}
        return overrides(
            self.detector, {n: value for n, value in given.items() if value is not None}
        )


def detector_form(detector: Detector) -> type[DetectorForm]:
    """The form class of one detector."""
    fields = {name: _field(detector, name) for name in detector.adjustable}
    return type("SettingForm", (DetectorForm,), {"detector": detector, **fields})


def present_values(detector: Detector, stored: Any) -> dict[str, float]:
    """The detector's parameters, as far as the stored ones change them."""
    own = detector.adjustable
    if not isinstance(stored, Mapping):
        return own
    return own | {name: value for name, value in stored.items() if name in own}


def _field(detector: Detector, name: str) -> forms.Field:
    default, (low, high) = detector.adjustable[name], detector.bound(name)
    whole = isinstance(default, int)
    kind = "a whole number" if whole else "a number"
    bounds = f"from {number_text(low)} to {number_text(high)}"
    meaning = COMMON_MEANINGS.get(name, "")
    about = f"Default {number_text(default)}; {bounds}."
    limits = {"min": low, "max": high, "step": 1 if whole else "any"}
    make: type[forms.Field] = forms.IntegerField if whole else forms.FloatField
    return make(
        required=False,
        label=words_of(name),
        help_text=f"{about} {words_of(meaning)}." if meaning else about,
        error_messages={"invalid": f"{words_of(name)} must be {kind} {bounds}."},
        widget=forms.NumberInput(attrs=limits),
    )


def _sentence(detector: Detector, error: BadParameter) -> str:
    return words_of(str(error).removeprefix(f"{detector.pattern_type}: ")) + "."


def changes(detector: Detector, form: DetectorForm) -> str:
    """What a saved form changed, for the log: `On: yes → no. Penetration: 0.3 → 0.5.`"""
    own = detector.adjustable
    return " ".join(
        f"{form.fields[name].label}: {_word(form.initial.get(name))} → "
        f"{_word(_settled(form.cleaned_data[name], own.get(name)))}."
        for name in form.changed_data
    )


def _settled(value: Any, default: Any) -> Any:
    return default if value is None else value


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number_text(value) if isinstance(value, int | float) else str(value)
