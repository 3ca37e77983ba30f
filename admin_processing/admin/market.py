"""Symbols, the universes they are in, and what happened to their shares."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from admin_processing.admin.read_only import LongTable, ReadOnly, figure
from market.models import (
    AdjustedHistory,
    Dividend,
    Membership,
    Symbol,
    Universe,
    UniverseMember,
)


@admin.register(Symbol)
class SymbolAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("symbol", "name", "asset_type", "exchange", "sector", "active", "bars")
    list_filter = ("active", "asset_type", "sector")
    search_fields = ("symbol", "name", "industry")
    readonly_fields = ("bars",)

    @admin.display(description="bars")
    def bars(self, symbol: Symbol) -> str:
        """Where its bars are."""
        return format_html(
            '<a href="{}?symbol={}">daily</a> · <a href="{}?symbol={}">1m</a>',
            reverse("operations:listing", args=["daily-bars"]),
            symbol.symbol,
            reverse("operations:listing", args=["bars"]),
            symbol.symbol,
        )


class MemberInline(ReadOnly, admin.TabularInline):
    model = UniverseMember
    fields = ("rank", "symbol", "name")
    readonly_fields = ("name",)
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the symbols' names."""
        return super().get_queryset(request).select_related("symbol")

    def name(self, member: UniverseMember) -> str:
        """The symbol's name."""
        return member.symbol.name


@admin.register(Universe)
class UniverseAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("key", "name", "figure_symbols")
    search_fields = ("key", "name")
    inlines = (MemberInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of members."""
        return super().get_queryset(request).annotate(count=Count("members"))

    @admin.display(description="symbols", ordering="count")
    def figure_symbols(self, universe: Any) -> int:
        """How many symbols it has."""
        return int(universe.count)


@admin.register(Membership)
class MembershipAdmin(LongTable, admin.ModelAdmin):
    list_display = ("symbol", "universe", "since", "until", "source")
    list_filter = ("universe", "source")
    search_fields = ("=symbol",)
    search_help_text = "A symbol"


@admin.register(Dividend)
class DividendAdmin(LongTable, admin.ModelAdmin):
    list_display = ("symbol", "ex_date", figure("cash_amount"), "currency", "kind", "pay_date")
    list_filter = ("kind", "currency")
    search_fields = ("=symbol",)
    search_help_text = "A symbol"
    ordering = ("-ex_date", "symbol")


@admin.register(AdjustedHistory)
class AdjustedHistoryAdmin(LongTable, admin.ModelAdmin):
    list_display = ("symbol", "timeframe", "first_day", "last_day", "source", "declared_at")
    list_filter = ("source", "timeframe")
    search_fields = ("=symbol",)
    search_help_text = "A symbol"
    ordering = ("symbol", "timeframe")
