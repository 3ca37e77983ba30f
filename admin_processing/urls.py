"""Operator pages that live under /admin/ beside Django's own."""

from django.contrib import admin
from django.urls import path

from admin_processing import views

app_name = "operations"

urlpatterns = [
    path("data/<slug:slug>/", admin.site.admin_view(views.browse), name="listing"),
]
