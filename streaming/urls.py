"""Addresses of the trader's pages."""

from django.urls import path

from streaming import views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("catalogue", views.catalogue_page, name="catalogue"),
    path("catalogue/<str:name>", views.catalogue_entry, name="catalogue-entry"),
    path("symbols/<path:symbol>", views.symbol_page, name="symbol"),
]
