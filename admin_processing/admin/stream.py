"""What the stream left behind: its sessions, and the stretches it may have missed."""

from __future__ import annotations

from django.contrib import admin

from admin_processing.admin.open_filter import Open
from admin_processing.admin.read_only import ReadOnly, figure, moment, told
from admin_processing.badges import badge
from streaming.models import FeedGap, StreamingSession


@admin.register(StreamingSession)
class StreamingSessionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "began",
        "ended",
        "state",
        "source",
        "universe",
        figure("symbol_count"),
        figure("ticks_processed"),
        figure("bars_written"),
        figure("patterns_detected"),
        figure("error_count"),
    )
    list_filter = ("status", "source")
    date_hierarchy = "start_time"

    @admin.display(description="began", ordering="start_time")
    def began(self, session: StreamingSession) -> str:
        """When it was opened."""
        return moment(session.start_time)

    @admin.display(description="ended", ordering="end_time")
    def ended(self, session: StreamingSession) -> str:
        """When it was closed."""
        return moment(session.end_time)

    @admin.display(description="status", ordering="status")
    def state(self, session: StreamingSession) -> str:
        """The status as a badge."""
        return badge(session.status)


@admin.register(FeedGap)
class FeedGapAdmin(ReadOnly, admin.ModelAdmin):
    list_display = (
        "began",
        "ended",
        "feed",
        figure("minutes"),
        told("cause"),
        "state",
        "healed_how",
    )
    list_filter = (("healed_at", Open), "feed", "cause")
    date_hierarchy = "started_at"

    @admin.display(description="began", ordering="started_at")
    def began(self, gap: FeedGap) -> str:
        """The first moment that may have been missed."""
        return moment(gap.started_at)

    @admin.display(description="ended", ordering="ended_at")
    def ended(self, gap: FeedGap) -> str:
        """When ticks came again."""
        return moment(gap.ended_at)

    @admin.display(description="state", ordering="healed_at")
    def state(self, gap: FeedGap) -> str:
        """Whether it was healed."""
        return badge("healed" if gap.healed_at else "open")
