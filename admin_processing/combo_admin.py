"""Combo rules in the administration: added, changed and switched without a restart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from admin_processing.combo_forms import MOST_LEGS, ComboRuleForm, changes, leg_fields
from patterns.combo_rules import BadRule, parse
from patterns.models import ComboRule
from patterns.registry import standard

EFFECT = "It takes effect with the next minute."
DAY = 1440


def in_words(legs: Any) -> str:
    """`1d squeeze within 5 days, then 5m flag (bullish)`; any other JSON as it is."""
    if not isinstance(legs, list) or not all(isinstance(leg, Mapping) for leg in legs):
        return repr(legs)
    return ", then ".join(map(_leg_in_words, legs))


def _leg_in_words(leg: Mapping[str, Any]) -> str:
    names = leg.get("pattern_types")
    patterns = " or ".join(map(str, names)) if isinstance(names, list) else repr(names)
    pointing = leg.get("direction", "any")
    direction = "" if pointing == "any" else f" ({pointing})"
    within = leg.get("within_minutes")
    return f"{leg.get('timeframe')} {patterns}{direction}{_span(within) if within else ''}"


def _span(minutes: Any) -> str:
    whole_days = isinstance(minutes, int) and minutes % DAY == 0
    if not whole_days:
        return f" within {minutes} minutes"
    return f" within {minutes // DAY} day{'' if minutes == DAY else 's'}"


def fault(rule: ComboRule) -> str:
    """Why the stream leaves the rule out; empty where it does not."""
    row = {field.name: getattr(rule, field.name) for field in ComboRule._meta.fields}
    try:
        parse(row, standard())
    except BadRule as error:
        return str(error)
    return ""


@admin.register(ComboRule)
class ComboRuleAdmin(admin.ModelAdmin):
    """Rules by key; the last leg that is filled in is the trigger."""

    form = ComboRuleForm
    change_list_template = "admin_processing/combo_rules.html"
    change_form_template = "admin_processing/combo_rule.html"
    list_display = ("title", "state", "legs_in_words", "direction", "cool_down_minutes", "changed")
    search_fields = ("key", "title")
    actions = ("switch_on", "switch_off")

    # --- list -----------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With what is wrong with the rules that are left out."""
        faults = [text for rule in ComboRule.objects.all() if (text := fault(rule))]
        extra = {"title": "Combo rules", "faults": faults}
        return super().changelist_view(request, (extra_context or {}) | extra)

    @admin.display(description="State", ordering="enabled")
    def state(self, rule: ComboRule) -> str:
        """On, off, or on and of no use."""
        if not rule.enabled:
            return "Off"
        return "Left out" if fault(rule) else "On"

    @admin.display(description="Legs")
    def legs_in_words(self, rule: ComboRule) -> str:
        """All of them, in one sentence."""
        return in_words(rule.legs)

    @admin.display(description="Changed (UTC)", ordering="changed_at")
    def changed(self, rule: ComboRule) -> str:
        """When, and by whom."""
        return f"{rule.changed_at:%Y-%m-%d %H:%M} {rule.changed_by}".strip()

    @admin.action(description="Switch the chosen on", permissions=["change"])
    def switch_on(self, request: HttpRequest, chosen: QuerySet[ComboRule]) -> None:
        """They make combos again."""
        self._switch(request, chosen, True)

    @admin.action(description="Switch the chosen off", permissions=["change"])
    def switch_off(self, request: HttpRequest, chosen: QuerySet[ComboRule]) -> None:
        """They make none until they are switched on."""
        self._switch(request, chosen, False)

    def _switch(self, request: HttpRequest, chosen: QuerySet[ComboRule], on: bool) -> None:
        word = "on" if on else "off"
        with transaction.atomic():
            rules = list(chosen.exclude(enabled=on))
            for rule in rules:
                rule.enabled = on
                self._save(request, rule)
                self.log_change(request, rule, f"Switched {word}.")
        self.message_user(request, f"{len(rules)} switched {word}. {EFFECT}")

    # --- form -----------------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With what is wrong with the stored rule."""
        rule = ComboRule.objects.filter(pk=object_id).first()
        extra = {"fault": fault(rule) if rule is not None else ""}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | extra)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The key names what is stored, so it stays."""
        return ("key",) if obj is not None else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The rule, then its legs."""
        about = ("key", "title", "enabled", "direction", "cool_down_minutes", "min_confidence")
        if obj is not None and not self.has_change_permission(request, obj):
            return [(None, {"fields": (*about, "legs_in_words")})]
        legs = [
            (f"Leg {number}", {"fields": leg_fields(number)}) for number in range(1, MOST_LEGS + 1)
        ]
        return [(None, {"fields": about}), *legs]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """With who and when; Django's own log gets the change."""
        self._save(request, obj)
        self.message_user(request, EFFECT, messages.INFO)

    def _save(self, request: HttpRequest, rule: ComboRule) -> None:
        rule.changed_by, rule.changed_at = request.user.get_username(), timezone.now()
        rule.save()

    def construct_change_message(  # type: ignore[override] # text is as good, and says more
        self, request: HttpRequest, form: forms.ModelForm, formsets: Any, add: bool = False
    ) -> str:
        """Old and new values, for the log."""
        if add:
            return f"Added: {in_words(form.instance.legs)}."
        assert isinstance(form, ComboRuleForm)
        return changes(form) or "Saved without a change."
