"""Operator pages that live under /admin/ beside Django's own."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
