"""Market hours, against dates that the exchange itself has published."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from market.calendar import MarketCalendar, UnknownCalendar, calendar, from_ms, to_ms

NEW_YORK = ZoneInfo("America/New_York")


def ny(day: date, hour: int, minute: int = 0, second: int = 0) -> int:
    return to_ms(datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=NEW_YORK))


def xnys(hours: str = "regular") -> MarketCalendar:
    return calendar("XNYS", hours)


TUESDAY = date(2024, 7, 2)
# NYSE, "Holidays and Trading Hours": early close at 13:00 on these days.
EARLY = [date(2024, 7, 3), date(2024, 11, 29), date(2024, 12, 24), date(2025, 7, 3)]
HOLIDAYS = [date(2024, 7, 4), date(2024, 12, 25), date(2025, 1, 1), date(2025, 1, 9)]


@pytest.mark.parametrize("day", HOLIDAYS)
def test_a_holiday_has_no_session(day: date) -> None:
    assert xnys().session_of_day(day) is None
    assert xnys().session_at(ny(day, 12)) is None


@pytest.mark.parametrize("day", EARLY)
def test_an_early_close_is_at_one_in_the_afternoon(day: date) -> None:
    session = xnys().session_of_day(day)
    assert session is not None
    assert (session.open_ms, session.close_ms) == (ny(day, 9, 30), ny(day, 13))


@pytest.mark.parametrize(
    ("day", "utc_hour"), [(date(2024, 3, 8), 14), (date(2024, 3, 11), 13), (date(2024, 11, 4), 14)]
)
def test_the_open_follows_new_yorks_clock_through_daylight_saving(day: date, utc_hour: int) -> None:
    session = xnys().session_of_day(day)
    assert session is not None
    expected = datetime(day.year, day.month, day.day, utc_hour, 30, tzinfo=UTC)
    assert from_ms(session.open_ms) == expected


def test_regular_hours_take_ticks_up_to_five_past_the_close() -> None:
    moments = [(9, 29, 59), (9, 30, 0), (15, 59, 59), (16, 0, 3), (16, 4, 59), (16, 5, 0)]
    times = np.array([ny(TUESDAY, *moment) for moment in moments])
    assert xnys().in_session(times).tolist() == [False, True, True, True, True, False]


def test_extended_hours_take_ticks_from_four_to_twenty() -> None:
    moments = [(3, 59, 59), (4, 0, 0), (19, 59, 59), (20, 0, 0)]
    times = np.array([ny(TUESDAY, *moment) for moment in moments])
    assert xnys("extended").in_session(times).tolist() == [False, True, True, False]


def test_regular_hours_are_the_same_in_extended_sessions_but_for_the_auctions_minutes() -> None:
    minutes = [(9, 29), (9, 30), (15, 59), (16, 0), (16, 4), (16, 5)]
    times = np.array([ny(TUESDAY, *minute) for minute in minutes])
    assert xnys().regular_hours(times).tolist() == [False, True, True, True, True, False]
    assert xnys("extended").regular_hours(times).tolist() == [False, True, True] + [False] * 3


def test_no_ticks_are_taken_before_the_calendars_first_session() -> None:
    assert not xnys().in_session(np.array([0])).any()
    assert not xnys().regular_hours(np.array([0])).any()
    assert xnys().session_at(0) is None


def test_a_market_that_never_closes_takes_everything() -> None:
    always = calendar("24/7")
    times = np.array([ny(HOLIDAYS[0], 3), ny(TUESDAY, 23)])
    assert always.in_session(times).all()
    assert always.regular_hours(times).all()
    assert always.status(from_ms(times[0])).phase == "regular"


def test_session_indicators_begin_at_the_open_or_before_it_at_the_first_tick() -> None:
    extended = xnys("extended")
    assert extended.session_start(ny(TUESDAY, 12)) == ny(TUESDAY, 9, 30)
    assert extended.session_start(ny(TUESDAY, 8)) == ny(TUESDAY, 4)
    assert extended.session_start(ny(TUESDAY, 22)) == ny(TUESDAY, 0)
    always = calendar("24/7")
    noon = to_ms(datetime(2024, 7, 4, 12, tzinfo=UTC))
    assert always.session_start(noon) == noon - 12 * 3_600_000


def test_the_next_session_after_a_friday_is_mondays() -> None:
    assert xnys().next_session(ny(date(2024, 7, 5), 12)).day == date(2024, 7, 8)


@pytest.mark.parametrize(
    ("hour", "minute", "phase", "is_open"),
    [
        (3, 0, "closed", False),
        (5, 0, "pre", False),
        (9, 30, "regular", True),
        (15, 59, "regular", True),
        (16, 0, "post", False),
        (21, 0, "closed", False),
    ],
)
def test_the_phase_of_a_day_is_told(hour: int, minute: int, phase: str, is_open: bool) -> None:
    status = xnys().status(from_ms(ny(TUESDAY, hour, minute)))
    assert (status.phase, status.is_open) == (phase, is_open)
    assert status.session_day == TUESDAY


def test_a_holidays_status_names_the_next_open() -> None:
    status = xnys().status(from_ms(ny(date(2024, 7, 4), 12)))
    assert (status.phase, status.opens_at, status.session_day) == ("closed", None, None)
    assert status.next_open == from_ms(ny(date(2024, 7, 5), 9, 30))


def test_an_unknown_calendar_is_refused_with_a_near_one() -> None:
    with pytest.raises(UnknownCalendar, match=r"MARKET_CALENDAR='XNYX'.*Did you mean 'XNYS'"):
        MarketCalendar("XNYX")


def test_the_configured_calendar_is_the_settings(settings: object) -> None:
    from market.calendar import configured_calendar, market_status

    assert configured_calendar().name == "XNYS"
    assert market_status(from_ms(ny(TUESDAY, 12))).is_open


def test_a_session_ends_with_its_ticks_or_where_the_next_begins():
    """2024-07-02, a Tuesday: 09:30–16:05 with the auction, 04:00–20:00 where extended."""
    nine, half_past_nine = utc(2024, 7, 2, 13, 0), utc(2024, 7, 2, 13, 30)
    regular, extended = calendar("XNYS"), calendar("XNYS", "extended")
    assert regular.session_end(half_past_nine) == utc(2024, 7, 2, 20, 5)
    assert regular.session_end(nine) == half_past_nine
    assert extended.session_end(nine) == half_past_nine
    assert extended.session_end(half_past_nine) == utc(2024, 7, 3, 0, 0)
    assert extended.day_start(half_past_nine) == extended.day_start(nine) == utc(2024, 7, 2, 8, 0)
    assert regular.day_start(half_past_nine) == half_past_nine
    saturday = utc(2024, 7, 6, 15, 0)
    assert regular.session_end(saturday) == utc(2024, 7, 7, 4, 0)
    assert calendar("24/7").session_end(saturday) == utc(2024, 7, 7, 0, 0)


def utc(*moment: int) -> int:
    return to_ms(datetime(*moment, tzinfo=UTC))
