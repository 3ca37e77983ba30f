"""The form of one combo rule: a field for each thing that a leg says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from patterns.catalogue import grouped, pattern_entry
from patterns.combo_rules import (
    ANY,
    COOL_DOWN_MINUTES,
    DIRECTIONS,
    LEG_DIRECTIONS,
    LEGS,
    STATES,
    USUAL_STATES,
    WITHIN_MINUTES,
    BadRule,
    Fault,
    parse,
)
from patterns.definitions import TIMEFRAMES
from patterns.models import ComboRule
from patterns.registry import standard

MOST_LEGS = LEGS[1]
LEG_FIELDS = ("timeframe", "pattern_types", "direction", "states", "within_minutes")
RULE_FIELDS = ("title", "enabled", "direction", "cool_down_minutes", "min_confidence")


def leg_fields(number: int) -> list[str]:
    """The names of one leg's fields in the form; the first leg is 1."""
    return [f"leg{number}_{name}" for name in LEG_FIELDS]


class _Choice(forms.ChoiceField):
    """What is chosen is judged with the rule, whose words name the leg and a near match."""

    def valid_value(self, value: Any) -> bool:
        return True


class _Choices(forms.MultipleChoiceField):
    """The same, for several."""

    def valid_value(self, value: Any) -> bool:
        return True


class ComboRuleForm(forms.ModelForm):
    """The rule, and its legs; those without a timeframe and patterns are left out."""

    direction = _Choice(
        choices=[(name, name) for name in DIRECTIONS],
        help_text="Of the combo. The trigger points the same way, or is neutral.",
    )
    cool_down_minutes = forms.IntegerField(
        initial=390,
        help_text="After a combo the rule makes no other on that symbol for this long; "
        f"{COOL_DOWN_MINUTES[0]} to {COOL_DOWN_MINUTES[1]}. A session has 390.",
    )
    min_confidence = forms.FloatField(
        initial=0.5,
        help_text="0 to 1. Confidence is 0.6 × that of the legs (the trigger counts twice) + 0.2 × "
        "how many point the rule's way + 0.2 × how recent they are.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )

    class Meta:
        model = ComboRule
        fields = ("key", *RULE_FIELDS)
        labels = {"enabled": "On"}
        help_texts = {
            "key": "What the combo is called in the API: small letters, digits, - and _. "
            "It stays as it is.",
            "enabled": "Off: it makes no more combos. What it has made is followed to its end.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**initial_legs(self.instance.legs), **self.initial}

    def clean(self) -> dict[str, Any]:
        """The whole rule, as the stream reads it; each fault stands at its field."""
        cleaned = super().clean() or {}
        row = {name: cleaned.get(name) for name in RULE_FIELDS}
        key = cleaned.get("key") or self.instance.key
        legs = self._legs(cleaned)
        try:
            parse({**row, "key": key, "legs": list(legs.values())}, standard())
        except BadRule as error:
            for fault in error.faults:
                self._tell(fault, list(legs))
        self.instance.legs = list(legs.values())
        return cleaned

    def _legs(self, cleaned: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
        """The legs that are filled in, by their number in the form."""
        given = {
            number: {
                name: cleaned.get(field)
                for name, field in zip(LEG_FIELDS, leg_fields(number), strict=True)
            }
            for number in range(1, MOST_LEGS + 1)
        }
        asked = ("timeframe", "pattern_types", "states", "within_minutes")
        return {
            number: {name: value for name, value in leg.items() if value not in (None, "", [])}
            for number, leg in given.items()
            if any(leg[name] for name in asked)
        }

    def _tell(self, fault: Fault, numbers: list[int]) -> None:
        number = numbers[fault.leg - 1] if fault.leg else 0
        field = f"leg{number}_{fault.field}" if number else fault.field
        known = field if field in self.fields else None
        if known is None or known not in self.errors:
            told = f"Leg {number}: {fault.reason}" if number else fault.reason
            self.add_error(known, f"{told[:1].upper()}{told[1:]}")


def initial_legs(legs: Any) -> dict[str, Any]:
    """A stored rule's legs as the form's values, whatever JSON the row has."""
    known = legs[:MOST_LEGS] if isinstance(legs, list) else []
    return {
        field: leg[name]
        for number, leg in enumerate(known, 1)
        if isinstance(leg, Mapping)
        for name, field in zip(LEG_FIELDS, leg_fields(number), strict=True)
        if name in leg
    }


def _pattern_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every pattern by family; asked for when a form is shown."""
    families = grouped(pattern_entry(detector) for detector in standard().detectors)
    return [(f.title, [(entry.name, entry.title) for entry in f.entries]) for f in families]


def _leg(number: int) -> dict[str, forms.Field]:
    low, high = WITHIN_MINUTES
    fields = (
        _Choice(
            required=False,
            label="Timeframe",
            choices=[("", "–"), *((name, name) for name in TIMEFRAMES)],
        ),
        _Choices(
            required=False,
            label="Patterns",
            choices=_pattern_choices,
            help_text="Any of them.",
            widget=forms.SelectMultiple(attrs={"size": 10}),
        ),
        _Choice(
            required=False,
            label="Direction",
            initial=ANY,
            choices=[(name, name) for name in LEG_DIRECTIONS],
        ),
        _Choices(
            required=False,
            label="States",
            choices=[(name, name.replace("_", " ")) for name in STATES],
            help_text=f"None chosen: {', '.join(USUAL_STATES)}. Not for the trigger.".replace(
                "_", " "
            ),
            widget=forms.CheckboxSelectMultiple,
        ),
        forms.IntegerField(
            required=False,
            label="Within minutes",
            help_text=f"{low} to {high}, from the end of its bar to the end of the trigger's, "
            "nights and weekends counted: a day is 1440, five days reach over a weekend. "
            "Not for the trigger.",
        ),
    )
    return dict(zip(leg_fields(number), fields, strict=True))


for _number in range(1, MOST_LEGS + 1):
    # The administration builds its form from the declared ones.
    ComboRuleForm.declared_fields.update(_leg(_number))
ComboRuleForm.base_fields.update(ComboRuleForm.declared_fields)


def changes(form: ComboRuleForm) -> str:
    """What a saved form changed, for the log: `Leg 1 within minutes: 1440 → 7200.`"""
    return " ".join(
        f"{_label(form, name)}: {_word(form.initial.get(name))} → "
        f"{_word(form.cleaned_data.get(name))}."
        for name in form.changed_data
    )


def _label(form: ComboRuleForm, name: str) -> str:
    label = str(form.fields[name].label or name.replace("_", " ").capitalize())
    prefix = f"Leg {name[3]} " if name.startswith("leg") else ""
    return f"{prefix}{label.lower()}" if prefix else label


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return "–" if value in (None, "") else str(value)
