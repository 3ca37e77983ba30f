"""A filter that tells what is open from what is settled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.db.models import Model, QuerySet
from django.http import HttpRequest


class Open(admin.FieldListFilter):
    """By a time that is empty while something is open: `('resolved_at', Open)`."""

    def __init__(
        self,
        field: Any,
        request: HttpRequest,
        params: dict[str, list[str]],
        model: type[Model],
        model_admin: ModelAdmin,
        field_path: str,
    ) -> None:
        self.parameter = f"{field_path}__isnull"
        super().__init__(field, request, params, model, model_admin, field_path)
        self.title = "state"
        given: Any = self.used_parameters.get(self.parameter) or [None]
        self.chosen = None if given[-1] is None else str(given[-1])

    def expected_parameters(self) -> list[str | None]:
        """The one in the address."""
        return [self.parameter]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """All, open, settled."""
        for value, title in ((None, "All"), ("True", "Open"), ("False", "Settled")):
            without = [self.parameter] if value is None else None
            yield {
                "selected": self.chosen == value,
                "query_string": changelist.get_query_string(
                    {} if value is None else {self.parameter: value}, without
                ),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filtered; anything else than True and False filters nothing."""
        if self.chosen not in ("True", "False"):
            return queryset
        return queryset.filter(**{self.parameter: self.chosen == "True"})
