"""Operator pages that live under /admin/ beside Django's own."""

from django.contrib import admin
from django.urls import path

from admin_processing import quality_views, views

app_name = "operations"

urlpatterns = [
    path("data/<slug:slug>/", admin.site.admin_view(views.browse), name="listing"),
    path("data-quality/", admin.site.admin_view(quality_views.data_quality), name="data-quality"),
]
