"""Notes of changed minutes: the earliest counts, and what changes meanwhile is not settled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from patterns import minute_revisions
from patterns.minute_revisions import Stale

pytestmark = pytest.mark.django_db(transaction=True)

NOON, LATER = 1_719_928_800_000, 1_719_932_400_000


def stale(until_ms: int = LATER + 1) -> list[Stale]:
    with connection.cursor() as cursor:
        return minute_revisions.stale(cursor, until_ms)


def note(**since_ms: int) -> None:
    with connection.cursor() as cursor:
        minute_revisions.note(cursor, since_ms)


def settle(done: list[Stale], left_ms: int | None = None) -> None:
    with connection.cursor() as cursor:
        minute_revisions.settle(cursor, done, left_ms)


def test_the_earliest_changed_minute_counts() -> None:
    note(AAPL=LATER, MSFT=NOON)
    note(AAPL=NOON)
    note(AAPL=LATER)
    assert [(item.symbol, item.since_ms) for item in stale()] == [("AAPL", NOON), ("MSFT", NOON)]


def test_what_begins_later_than_one_looks_is_left_out() -> None:
    note(AAPL=LATER, MSFT=NOON)
    assert [item.symbol for item in stale(LATER)] == ["MSFT"]


def test_what_was_analysed_is_settled_or_left_from_a_later_minute_on() -> None:
    note(AAPL=NOON, MSFT=NOON)
    apple, microsoft = stale()
    settle([apple])
    settle([microsoft], LATER)
    assert [(item.symbol, item.since_ms) for item in stale()] == [("MSFT", LATER)]
    note(AAPL=LATER)
    assert [item.since_ms for item in stale()] == [LATER, LATER]


def test_a_change_during_the_analysis_is_not_settled_with_it() -> None:
    note(AAPL=LATER)
    before = stale()
    note(AAPL=NOON)
    settle(before)
    assert [(item.symbol, item.since_ms) for item in stale()] == [("AAPL", NOON)]


def test_who_has_read_bars_asks_what_has_changed_since() -> None:
    with connection.cursor() as cursor:
        moment = minute_revisions.clock(cursor)
        minute_revisions.note(cursor, {"AAPL": NOON})
        names = ["AAPL", "MSFT"]
        assert minute_revisions.changed_since(cursor, names, moment) == ["AAPL"]
        later = minute_revisions.clock(cursor) + timedelta(microseconds=1)
        assert minute_revisions.changed_since(cursor, names, later) == []
