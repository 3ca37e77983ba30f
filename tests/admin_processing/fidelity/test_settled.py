"""Which minutes may be changed: those of sessions that nobody streams or revises any more."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np

from admin_processing.fidelity import settled
from market.calendar import calendar, to_ms

XNYS, ALWAYS = calendar("XNYS"), calendar("24/7")


def ms(*moment: int) -> int:
    return to_ms(datetime(*moment, tzinfo=UTC))  # type: ignore[misc]


OPEN = ms(2024, 7, 2, 13, 30)


def test_while_a_session_goes_on_its_minutes_are_left_to_the_stream() -> None:
    assert settled.settled_until(XNYS, ms(2024, 7, 2, 15, 0)) == OPEN


def test_for_sixteen_minutes_after_its_end_it_may_still_be_revised() -> None:
    """A regular session takes ticks until 16:05 New York, 20:05 UTC in summer."""
    assert settled.settled_until(XNYS, ms(2024, 7, 2, 20, 20)) == OPEN
    assert settled.settled_until(XNYS, ms(2024, 7, 2, 20, 21)) == ms(2024, 7, 2, 20, 21)


def test_a_market_that_never_closes_settles_a_day_shortly_after_midnight() -> None:
    assert settled.settled_until(ALWAYS, ms(2024, 7, 2, 0, 5)) == ms(2024, 7, 1)
    assert settled.settled_until(ALWAYS, ms(2024, 7, 2, 0, 16)) == ms(2024, 7, 2)


def test_the_sessions_of_some_days_end_with_the_last_that_is_settled() -> None:
    now = ms(2024, 7, 5, 15, 0)
    found = settled.settled_sessions(XNYS, date(2024, 7, 2), date(2024, 7, 5), now)
    assert [s.day for s in found] == [date(2024, 7, 2), date(2024, 7, 3)]
    assert [s.day for s in settled.last_sessions(XNYS, 2, now)] == [s.day for s in found]


def test_a_gap_touches_the_minutes_of_sessions_alone() -> None:
    early, later = ms(2024, 7, 2, 13, 28, 30), ms(2024, 7, 2, 13, 31, 10)
    touched = settled.minutes_touched(XNYS, early, later)
    assert touched.tolist() == [OPEN, OPEN + 60_000]
    assert len(settled.minutes_touched(XNYS, ms(2024, 7, 4, 14), ms(2024, 7, 4, 15))) == 0


def test_the_closing_auction_s_minutes_follow_an_early_close_too() -> None:
    (session,) = settled.settled_sessions(XNYS, date(2024, 7, 3), date(2024, 7, 3), ms(2024, 8, 1))
    minutes = settled.minutes_of(session)
    auction = minutes[settled.auction_minutes(session, XNYS, minutes)]
    assert np.array_equal(auction, ms(2024, 7, 3, 17) + 60_000 * np.arange(5))
    extended = calendar("XNYS", "extended")
    assert not settled.auction_minutes(session, extended, minutes).any()
