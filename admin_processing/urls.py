"""Operator pages that live under /admin/ beside Django's own."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from admin_processing import daily_page, quality_views, views

app_name = "operations"

urlpatterns = [
    path(
        "daily-processing",
        admin.site.admin_view(daily_page.daily_processing),
        name="daily-processing",
    ),
    path("daily-processing/", RedirectView.as_view(pattern_name="operations:daily-processing")),
    path("daily-processing/now", admin.site.admin_view(daily_page.daily_now), name="daily-now"),
    path("data/<slug:slug>/", admin.site.admin_view(views.browse), name="listing"),
    path("data-quality/", admin.site.admin_view(quality_views.data_quality), name="data-quality"),
]
