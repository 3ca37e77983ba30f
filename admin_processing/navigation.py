"""What the administration has, in groups, for those who may open it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from admin_processing.listings import LISTINGS


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: what it is called, the name of its address, what it holds, who may see it.

    permissions: any of them will do; none means every member of staff.
    """

    title: str
    address: str
    about: str
    permissions: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """An entry that this visitor may open."""

    title: str
    url: str
    about: str
    current: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Links that belong together."""

    title: str
    links: list[Link]


def _model(title: str, label: str, about: str) -> Entry:
    app, name = label.split(".")
    permissions = (f"{app}.view_{name}", f"{app}.change_{name}")
    return Entry(title, f"admin:{app}_{name}_changelist", about, permissions)


def _listing(slug: str, about: str) -> Entry:
    listing = LISTINGS[slug]
    return Entry(listing.title, "operations:listing", about, (listing.permission,), (slug,))


def _page(title: str, name: str, about: str, permission: str) -> Entry:
    return Entry(title, f"operations:{name}", about, (permission,))


ENTRIES: dict[str, tuple[Entry, ...]] = {
    "Operations": (
        Entry(
            "Daily processing", "operations:daily-processing", "Status, next run, and the buttons"
        ),
        _page(
            "Data quality",
            "data-quality",
            "What is missing, stale or set aside",
            "admin_processing.view_rejectedrow",
        ),
        _model("Runs", "admin_processing.processingrun", "Every run, phase by phase"),
        _model("Failures", "admin_processing.processingfailure", "What a retry works through"),
        _model("Rejected rows", "admin_processing.rejectedrow", "Set aside, with the reason"),
        _model("Fidelity", "admin_processing.fidelityday", "Own bars against the provider's"),
        _model("Differences", "admin_processing.fidelitydifference", "Minute by minute"),
        _model("Import coverage", "admin_processing.importcoverage", "Which days were answered"),
        _model("Imported files", "admin_processing.importedfile", "Read whole, not read again"),
        _model("Job commands", "admin_processing.jobcommand", "From other programs, over Redis"),
        _model("Audit log", "admin_processing.auditentry", "Who asked for what, from where"),
    ),
    "Market": (
        _model("Symbols", "market.symbol", "Everything that is traded here"),
        _model("Universes", "market.universe", "Named sets of symbols"),
        _model("Membership history", "market.membership", "Who was in a universe, and when"),
        _listing("splits", "Shares that became more or fewer"),
        _model("Dividends", "market.dividend", "Cash, by the day it left the price"),
        _model("Adjusted history", "market.adjustedhistory", "Bars that came adjusted"),
        _listing("bars", "As traded, minute by minute"),
        _listing("daily-bars", "As traded, day by day"),
        _listing("rolled-bars", "Added up from minute bars"),
    ),
    "Patterns": (
        _model("Detectors", "patterns.detectorsetting", "Switched on and off, and set"),
        _model("Combo rules", "patterns.comborule", "Detections that belong together"),
        _listing("detections", "All tiers, and what became of them"),
        _listing("combos", "With the legs they are made of"),
        _listing("indicators", "Those that are stored"),
        _listing("daily-indicators", "Of daily bars"),
    ),
    "Stream": (
        _model("Sessions", "streaming.streamingsession", "One a trading day"),
        _model("Gaps", "streaming.feedgap", "Stretches that may have been missed"),
        _listing("flow", "Tick, bar, detection, saved, told"),
    ),
    "Schedules": (
        _model("Schedules", "django_celery_beat.periodictask", "What runs by itself, and when"),
        _model("Times of day", "django_celery_beat.crontabschedule", "As crontabs, in a zone"),
        _model("Intervals", "django_celery_beat.intervalschedule", "Every so often"),
        _model("Once", "django_celery_beat.clockedschedule", "At one moment"),
    ),
    "Access": (
        _model("Users", "auth.user", "Who may sign in"),
        _model("Groups", "auth.group", "Permissions by the dozen"),
        _model("API tokens", "tickstock_site.apitoken", "What programs sign in with"),
        Entry("Own password", "admin:password_change", "Change it"),
    ),
}


def navigation(request: HttpRequest) -> list[Group]:
    """The groups that are not empty for this visitor, with the page they are on marked."""
    groups = []
    for title, entries in ENTRIES.items():
        links = [link for entry in entries if (link := _link(entry, request)) is not None]
        if links:
            groups.append(Group(title, links))
    return groups


def _link(entry: Entry, request: HttpRequest) -> Link | None:
    if entry.permissions and not any(map(request.user.has_perm, entry.permissions)):
        return None
    try:
        url = reverse(entry.address, args=entry.arguments)
    except NoReverseMatch:
        return None
    return Link(entry.title, url, entry.about, request.path.startswith(url))
