"""Schedules: what beat starts by itself, and when. Edited here, followed without a restart.

django-celery-beat's own form has a script in the page, which the site's policy refuses, and
fields for message queues that nothing here uses.
"""

from __future__ import annotations

from typing import Any

from celery import current_app
from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import ModelChoiceField, ModelForm
from django.http import HttpRequest
from django_celery_beat.admin import PeriodicTaskAdmin
from django_celery_beat.models import CrontabSchedule, PeriodicTask, SolarSchedule

from admin_processing import (
    schedules,
    tasks,  # noqa: F401 - so that its tasks can be chosen
)
from admin_processing.admin.read_only import figure, moment
from admin_processing.badges import badge
from admin_processing.runs.triggers import Asker

TASKS = "admin_processing.tasks."


def known_tasks() -> list[str]:
    """The names of the tasks that a schedule can start."""
    return sorted(name for name in current_app.tasks if name.startswith(TASKS))


def in_words(crontab: CrontabSchedule) -> str:
    """When it is due, as people say it, with its zone."""
    return str(crontab.human_readable)


class ScheduleForm(ModelForm):
    """A schedule: which task, when, and with which arguments."""

    task = forms.ChoiceField(choices=list)

    class Meta:
        model = PeriodicTask
        fields = (
            "name",
            "task",
            "enabled",
            "description",
            "crontab",
            "interval",
            "clocked",
            "start_time",
            "one_off",
            "kwargs",
            "expires",
            "expire_seconds",
        )
        widgets = {
            "kwargs": forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
            "description": forms.Textarea(attrs={"rows": 2}),
            "start_time": AdminSplitDateTime(attrs={"aria-label": "Starts at"}),
            "expires": AdminSplitDateTime(attrs={"aria-label": "Expires"}),
        }
        labels = {
            "kwargs": "Arguments",
            "crontab": "Time of day",
            "interval": "Interval",
            "clocked": "Once",
            "start_time": "Starts at",
            "one_off": "Only once",
        }
        help_texts = {
            "name": "",
            "enabled": "Off: beat leaves it alone.",
            "description": "",
            "interval": "",
            "clocked": "One moment, once.",
            "start_time": "Not before.",
            "crontab": "A time of day, in the zone that it names: New York for the market's.",
            "kwargs": 'JSON, such as {"days": 5}',
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "task" not in self.fields:
            return  # only looked at
        self._offer_tasks()
        crontab = self.fields["crontab"]
        assert isinstance(crontab, ModelChoiceField)
        crontab.label_from_instance = in_words  # type: ignore[method-assign, assignment]

    def _offer_tasks(self) -> None:
        names = known_tasks()
        if self.instance.task and self.instance.task not in names:
            names.append(self.instance.task)
        field = self.fields["task"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "---------"), *((name, name.removeprefix(TASKS)) for name in names)]

    def clean_kwargs(self) -> str:
        """JSON with names and values."""
        given = self.cleaned_data["kwargs"] or "{}"
        try:
            named = isinstance(forms.JSONField(required=False).clean(given), dict)
        except ValidationError:
            named = False
        if not named:
            raise ValidationError('Arguments are JSON with names, such as {"days": 5}.')
        return str(given)


class ScheduleAdmin(PeriodicTaskAdmin):
    """A schedule's list and form."""

    form = ScheduleForm
    change_form_template = None
    list_display = ("name", "state", "when", "does", "last", figure("total_run_count", "runs"))
    list_filter = ("enabled",)
    date_hierarchy = None
    search_fields = ("name", "task")
    ordering = ("name",)
    actions = ("enable_tasks", "disable_tasks")
    readonly_fields = ("last_run_at", "total_run_count")
    fieldsets = (
        (None, {"fields": ("name", "task", "enabled", "description")}),
        (
            "When: one of the three",
            {"fields": ("crontab", "interval", "clocked", "start_time", "one_off")},
        ),
        ("Arguments", {"fields": ("kwargs",)}),
        ("Too late", {"classes": ("collapse",), "fields": ("expires", "expire_seconds")}),
        ("So far", {"fields": ("last_run_at", "total_run_count")}),
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Saved as ever, and told."""
        super().save_model(request, obj, form, change)
        schedules.announce(obj, _asker(request), {"changed": form.changed_data})

    @admin.action(description="Switch the chosen on", permissions=["change"])
    def enable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        """From now on they are followed."""
        self._switch(request, queryset, True)

    @admin.action(description="Switch the chosen off", permissions=["change"])
    def disable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        """Beat leaves them alone."""
        self._switch(request, queryset, False)

    def _switch(self, request: HttpRequest, chosen: QuerySet[PeriodicTask], on: bool) -> None:
        changed = list(chosen.exclude(enabled=on))
        for task in changed:
            task.enabled = on
            task.save()
            schedules.announce(task, _asker(request), {"enabled": on})
        self.message_user(request, f"{len(changed)} switched {'on' if on else 'off'}.")

    @admin.display(description="state", ordering="enabled")
    def state(self, task: PeriodicTask) -> str:
        """On or off."""
        return badge("on" if task.enabled else "off")

    @admin.display(description="when")
    def when(self, task: PeriodicTask) -> str:
        """In words."""
        if task.crontab:
            return in_words(task.crontab)
        return str(task.interval or task.clocked or "–")

    @admin.display(description="does", ordering="task")
    def does(self, task: PeriodicTask) -> str:
        """The task's short name."""
        return str(task.task).removeprefix(TASKS)

    @admin.display(description="last run", ordering="last_run_at")
    def last(self, task: PeriodicTask) -> str:
        """When beat last started it."""
        return moment(task.last_run_at)


def _asker(request: HttpRequest) -> Asker:
    return Asker(request.user.get_username(), request.META.get("REMOTE_ADDR", ""))


admin.site.unregister(PeriodicTask)
admin.site.unregister(SolarSchedule)  # the market does not follow the sun
admin.site.register(PeriodicTask, ScheduleAdmin)
