"""Addresses of the trader's pages."""

from django.urls import path

from streaming import views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("symbols/<path:symbol>", views.symbol_page, name="symbol"),
]
