"""A row of every model that the administration shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
)

from admin_processing.models import (
    AuditEntry,
    FidelityDay,
    FidelityDifference,
    ImportCoverage,
    ImportedFile,
    JobCommand,
    ProcessingFailure,
    ProcessingRun,
    RejectedRow,
)
from market.models import (
    AdjustedHistory,
    Dividend,
    Membership,
    Symbol,
    Universe,
    UniverseMember,
)
from patterns.models import ComboRule
from streaming.models import FeedGap, StreamingSession
from tickstock_site.models import ApiToken

NOW = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
DAY = date(2026, 11, 24)
BAR = {"open": 10.0, "high": 11.5, "low": 9.5, "close": 10.5, "volume": 1200.0}


def a_run(**given: Any) -> ProcessingRun:
    """A run that imported 3 of 4 symbols, and has four minutes of indicators behind it."""
    begun = {"rows": 0, "failed": 0, "finished_at": None}
    counts = {
        "indicators": begun | {"total": 8, "done": 2, "started_at": NOW.isoformat()},
        "import": {
            "total": 4,
            "done": 3,
            "failed": 1,
            "rows": 1234,
            "started_at": NOW.isoformat(),
            "finished_at": (NOW + timedelta(seconds=90)).isoformat(),
        },
    }
    values = {"kind": "daily", "status": "running", "triggered_by": "operator", "started_at": NOW}
    return ProcessingRun.objects.create(**values | {"counts": counts} | given)


def rejected(symbol: str, reason: str, **given: Any) -> RejectedRow:
    """A row that was set aside."""
    values = {"source": "massive", "timeframe": "1d", "timestamp": NOW, "row": BAR}
    return RejectedRow.objects.create(symbol=symbol, reason=reason, **values | given)


def scored(day: date, bars: int, unexplained: int) -> FidelityDay:
    """A day that was compared."""
    figures = {"bars": bars, "equal": bars - unexplained, "unexplained": unexplained}
    score = (bars - unexplained) / bars
    return FidelityDay.objects.create(day=day, source="massive", score=score, **figures)


def one_of_each(user: User) -> list[Any]:
    """One row a model; in the order of the navigation."""
    run = a_run()
    symbol = Symbol.objects.create(symbol="AAPL", name="Apple Inc.")
    universe = Universe.objects.create(key="market_leaders:top_500")
    UniverseMember.objects.create(universe=universe, symbol=symbol, rank=1)
    crontab = CrontabSchedule.objects.create(minute="30", hour="17", timezone="America/New_York")
    token = ApiToken(user=user, name="script")
    token.new_secret()
    token.save()
    failure = {"phase": "import", "symbol": "<b>V</b>", "error": "429 Too Many Requests"}
    minute = {"day": DAY, "source": "massive", "symbol": "AAPL", "timestamp": NOW}
    coverage = {"source": "massive", "timeframe": "1d", "symbol": "AAPL"}
    gap = {"feed": "massive", "started_at": NOW, "minutes": 3, "cause": "the connection was lost"}
    leg = {"pattern_types": ["squeeze"], "timeframe": "1d", "direction": "bullish"}
    leg |= {"states": ["formed"], "within_minutes": 60}
    return [
        run,
        ProcessingFailure.objects.create(run=run, **failure),
        rejected("AAPL", "high_below_low"),
        scored(DAY, 1000, 1),
        FidelityDifference.objects.create(ours=BAR, theirs=None, **minute),
        ImportCoverage.objects.create(since=date(2021, 11, 24), through=DAY, **coverage),
        ImportedFile.objects.create(source="csv", path="/data/daily.csv", size=1, modified_ns=1),
        JobCommand.objects.create(job_id="nightly-7", command={}, run_id=run.pk),
        AuditEntry.objects.create(who="operator", action="cancel", outcome="no run is under way"),
        symbol,
        universe,
        Membership.objects.create(universe=universe.key, symbol="AAPL", since=DAY),
        Dividend.objects.create(symbol="AAPL", ex_date=DAY, cash_amount=0.25),
        AdjustedHistory.objects.create(first_day=DAY, last_day=DAY, **coverage),
        ComboRule.objects.create(
            key="two", title="Two", direction="bullish", legs=[leg, leg | {"timeframe": "5m"}]
        ),
        StreamingSession.objects.create(universe=universe.key, symbol_count=1, start_time=NOW),
        FeedGap.objects.create(**gap),
        PeriodicTask.objects.create(
            name="Evening", task="admin_processing.tasks.drop_old_data", crontab=crontab
        ),
        crontab,
        IntervalSchedule.objects.create(every=10, period="minutes"),
        ClockedSchedule.objects.create(clocked_time=NOW),
        user,
        Group.objects.create(name="operators"),
        token,
    ]
