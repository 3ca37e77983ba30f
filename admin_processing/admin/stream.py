"""What the stream left behind: its sessions, and the stretches it may have missed."""

from __future__ import annotations

from django.contrib import admin

from admin_processing.admin.open_filter import Open
from admin_processing.admin.read_only import ReadOnly
from admin_processing.badges import badge
from streaming.models import FeedGap, StreamingSession


@admin.register(StreamingSession)
class StreamingSessionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "start_time",
        "end_time",
        "state",
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

    @admin.display(description="status", ordering="status")
    def state(self, session: StreamingSession) -> str:
        """The status as a badge."""
        return badge(session.status)


@admin.register(FeedGap)
class FeedGapAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("started_at", "ended_at", "feed", "minutes", "cause", "state", "healed_how")
    list_filter = (("healed_at", Open), "feed", "cause")
    date_hierarchy = "started_at"

    @admin.display(description="state", ordering="healed_at")
    def state(self, gap: FeedGap) -> str:
        """Whether it was healed."""
        return badge("healed" if gap.healed_at else "open")
