"""Django's admin as operators see it. The web may read the market and the runs, not write them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from admin_processing import combo_admin, detector_admin  # noqa: F401 - register themselves
from admin_processing.admin import (  # noqa: F401 - register themselves
    fidelity,
    imports,
    market,
    runs,
    schedules,
    stream,
)
from admin_processing.admin.read_only import ReadOnly
from admin_processing.navigation import navigation

__all__ = ["ReadOnly"]

admin.site.site_header = "TickStock administration"
admin.site.site_title = "TickStock"
admin.site.index_title = "Administration"
admin.site.index_template = "admin_processing/index.html"
admin.site.empty_value_display = "–"
admin.site.enable_nav_sidebar = False  # base_site.html brings its own

_plain_context = admin.site.each_context


def _with_navigation(request: HttpRequest) -> dict[str, Any]:
    """Every admin page's context, with what this user may open and where they are."""
    groups = navigation(request)
    here = next((link for group in groups for link in group.links if link.current), None)
    return _plain_context(request) | {"navigation": groups, "here": here}


@login_not_required
def _sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The site's one sign-in page; a trader who is signed in has no business here."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


admin.site.each_context = _with_navigation  # type: ignore[method-assign]
admin.site.login = _sign_in  # type: ignore[method-assign]
