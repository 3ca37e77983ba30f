"""Detectors in the administration: switched on and off, and set, without a restart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from admin_processing.detector_forms import changes, detector_form, present_values
from patterns.catalogue import Entry, grouped, number_text, pattern_entry
from patterns.definitions import Detector
from patterns.models import DetectorSetting
from patterns.registry import UnknownDefinition, standard
from patterns.settings import Fault, Setting, faults

LIST = "admin:patterns_detectorsetting_changelist"
FORM = "admin:patterns_detectorsetting_change"


@dataclass(frozen=True, slots=True)
class Row:
    """One detector in the list. values: its parameters as they are set, changed ones first."""

    entry: Entry
    setting: DetectorSetting
    stored: bool
    values: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Section:
    """A family of detectors."""

    title: str
    rows: list[Row]


def sections(stored: dict[str, DetectorSetting], query: str = "") -> list[Section]:
    """Every registered detector by family, those without a row as they were written."""
    entries = [pattern_entry(detector) for detector in standard().detectors]
    found = grouped(entry for entry in entries if entry.matches(query))
    return [
        Section(family.title, [_row(entry, stored) for entry in family.entries]) for family in found
    ]


def _row(entry: Entry, stored: dict[str, DetectorSetting]) -> Row:
    setting = stored.get(entry.name) or DetectorSetting(pattern_type=entry.name)
    assert isinstance(entry.definition, Detector)
    return Row(entry, setting, entry.name in stored, _values(entry.definition, setting))


def _values(detector: Detector, setting: DetectorSetting) -> list[tuple[str, str, str]]:
    """(name, present value, default where it differs)."""
    own, rows = detector.adjustable, []
    for name, value in present_values(detector, setting.parameters).items():
        usable = isinstance(value, int | float) and not isinstance(value, bool)
        default = number_text(own[name]) if value != own[name] else ""
        rows.append((name, number_text(value) if usable else repr(value), default))
    return sorted(rows, key=lambda row: not row[2])


def unusable(stored: Iterable[DetectorSetting]) -> tuple[Fault, ...]:
    """The rows that the stream leaves out."""
    rows = (Setting(row.pattern_type, row.enabled, row.parameters) for row in stored)
    return faults(standard(), rows)


@admin.register(DetectorSetting)
class DetectorSettingAdmin(admin.ModelAdmin):
    """Lists every registered detector, and makes its row when it is first changed."""

    change_form_template = "admin_processing/detector.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Detectors are written, not added here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Switching off keeps the row."""
        return False

    # --- list -----------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """All of them; a POST switches the chosen ones."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            self._switch(request, request.POST.getlist("chosen"), "_on" in request.POST)
            return HttpResponseRedirect(request.get_full_path())
        stored = DetectorSetting.objects.in_bulk()
        query = request.GET.get("q", "").strip()[:100]
        context = self.admin_site.each_context(request) | {
            "title": "Detectors",
            "opts": self.opts,
            "sections": sections(stored, query),
            "query": query,
            "faults": unusable(stored.values()),
            "off": sum(not row.enabled for row in stored.values()),
            "may_change": self.has_change_permission(request),
        }
        return render(request, "admin_processing/detectors.html", context)

    def _switch(self, request: HttpRequest, names: Sequence[str], on: bool) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied
        word, switched = "on" if on else "off", 0
        with transaction.atomic():
            for name in names:
                setting = self.get_object(request, name)
                if setting is not None and setting.enabled != on:
                    setting.enabled = on
                    self._save(request, setting, f"Switched {word}.")
                    switched += 1
        self.message_user(request, f"{switched} switched {word}. {EFFECT}" if switched else NOTHING)

    # --- form -----------------------------------------------------------------------------------

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> DetectorSetting | None:
        """The stored row, or a new one of a detector that has none; None for an unknown one."""
        try:
            standard().detector(object_id)
        except UnknownDefinition:
            return None
        found = DetectorSetting.objects.filter(pk=object_id).first()
        return found or DetectorSetting(pattern_type=object_id)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One detector's form; its other button puts everything back."""
        setting = self.get_object(request, object_id)
        if setting is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if request.method == "POST" and "_reset" in request.POST:
            return self._reset(request, setting)
        entry = pattern_entry(standard().detector(object_id))
        extra = {"title": entry.title, "entry": entry, "faults": unusable([setting])}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | extra)

    def _reset(self, request: HttpRequest, setting: DetectorSetting) -> HttpResponse:
        if not self.has_change_permission(request, setting):
            raise PermissionDenied
        setting.enabled, setting.parameters = True, {}
        with transaction.atomic():
            self._save(request, setting, "Reset to the defaults.")
        self.message_user(request, f"Reset to the defaults. {EFFECT}", messages.SUCCESS)
        return HttpResponseRedirect(reverse(FORM, args=[setting.pattern_type]))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """On or off, then its own parameters, then those that every detector has."""
        detector = standard().detector(obj.pattern_type)
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": ("enabled", "present")})]
        common = [name for name in detector.adjustable if name not in detector.parameters]
        own = [("Parameters", {"fields": list(detector.parameters)})] if detector.parameters else []
        last = ("Confidence, pause and end", {"fields": common})
        return [(None, {"fields": ("enabled",)}), *own, last]

    @admin.display(description="Parameters")
    def present(self, setting: DetectorSetting) -> str:
        """For those who may look and not change."""
        rows = _values(standard().detector(setting.pattern_type), setting)
        return ", ".join(f"{name} {value}" for name, value, _ in rows)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        """A field for each parameter of this detector."""
        return detector_form(standard().detector(obj.pattern_type))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Only what differs from the default is stored; Django's own log gets the change."""
        obj.parameters = form.chosen()
        obj.changed_by = request.user.get_username()
        obj.save()

    def construct_change_message(  # type: ignore[override] # text is as good, and says more
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> str:
        """Old and new values, for the log."""
        return changes(form.detector, form) or "Saved without a change."

    def _save(self, request: HttpRequest, setting: DetectorSetting, message: str) -> None:
        setting.changed_by = request.user.get_username()
        setting.save()
        self.log_change(request, setting, message)


EFFECT = "It takes effect with the next minute."
NOTHING = "Nothing to switch: choose detectors first."
