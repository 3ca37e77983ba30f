"""What Django admin shows of the market and of the stream. The web may read it, not write it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from admin_processing import combo_admin, detector_admin  # noqa: F401 - register themselves
from admin_processing.listings import LISTINGS
from market.models import Symbol, Universe, UniverseMember
from streaming.models import FeedGap, StreamingSession

admin.site.site_header = "TickStock administration"
admin.site.site_title = "TickStock"
admin.site.index_title = "Administration"
admin.site.index_template = "admin_processing/index.html"


_plain_context = admin.site.each_context


def _with_listings(request: HttpRequest) -> dict[str, Any]:
    """Every admin page's context, with the listings that this user may see."""
    allowed = [
        (listing.slug, listing.title)
        for listing in LISTINGS.values()
        if request.user.has_perm(listing.permission)
    ]
    return _plain_context(request) | {"listings": allowed}


@login_not_required
def _sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The site's one sign-in page; a trader who is signed in has no business here."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


admin.site.each_context = _with_listings  # type: ignore[method-assign]
admin.site.login = _sign_in  # type: ignore[method-assign]


class ReadOnly:
    """Looked at here, written by the stream and the jobs."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """No."""
        return False


@admin.register(Symbol)
class SymbolAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("symbol", "name", "asset_type", "exchange", "sector", "active")
    list_filter = ("active", "asset_type", "sector")
    search_fields = ("symbol", "name", "industry")


class MemberInline(ReadOnly, admin.TabularInline):
    model = UniverseMember
    fields = ("rank", "symbol")
    extra = 0


@admin.register(Universe)
class UniverseAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("key", "name", "symbols")
    search_fields = ("key", "name")
    inlines = (MemberInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of members."""
        return super().get_queryset(request).annotate(count=Count("members"))

    @admin.display(ordering="count")
    def symbols(self, universe: Any) -> int:
        """How many symbols it has."""
        return int(universe.count)


@admin.register(StreamingSession)
class StreamingSessionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "start_time",
        "end_time",
        "status",
        "source",
        "universe",
        "symbol_count",
        "ticks_processed",
        "bars_written",
        "patterns_detected",
        "error_count",
    )
    list_filter = ("status", "source")
    date_hierarchy = "start_time"


@admin.register(FeedGap)
class FeedGapAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("feed", "started_at", "ended_at", "minutes", "cause", "healed_at", "healed_how")
    list_filter = ("feed", "cause")
    date_hierarchy = "started_at"
