"""API tokens in the administration: made, looked at and revoked, never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tickstock_site.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Superusers see everybody's tokens, and others with the permission their own."""

    list_display = ("name", "user", "hint", "state", "created_at", "last_used_at", "expires_at")
    list_filter = ("revoked_at",)
    search_fields = ("name", "user__username", "hint")
    actions = ("revoke",)
    list_select_related = ("user",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Those that the visitor may see."""
        tokens = super().get_queryset(request)
        return tokens if request.user.is_superuser else tokens.filter(user=request.user)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What is asked for a new one; everything of one that stands."""
        if obj is not None:
            return (*self.list_display, "revoked_at")
        return (
            ("user", "name", "expires_at") if request.user.is_superuser else ("name", "expires_at")
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Nothing of a token that stands can be changed."""
        return () if obj is None else (*self.list_display, "revoked_at")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """One's own, unless somebody else is chosen."""
        return {"user": request.user.pk}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make the secret of a new token."""
        if change:
            return
        if not request.user.is_superuser:
            obj.user = request.user
        request.new_secret = obj.new_secret()  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The one page that shows the secret."""
        context = self.admin_site.each_context(request) | {
            "title": f"{obj.name}: copy the token now",
            "opts": self.opts,
            "token": obj,
            "secret": request.new_secret,  # type: ignore[attr-defined]
            "address": request.build_absolute_uri("/streaming/api/status"),
        }
        return render(request, "admin/tickstock_site/token_made.html", context)

    @admin.action(description="Revoke the chosen tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """From the next request on they open nothing."""
        count = queryset.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
        self.message_user(request, f"{count} revoked.")
