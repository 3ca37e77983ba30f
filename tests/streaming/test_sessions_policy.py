"""Windows of the New York exchanges, against facts that the exchanges published."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from market.calendar import MarketCalendar
from streaming.sessions_policy import (
    CLOSE_PATIENCE_MS,
    SessionWindow,
    next_window,
    should_close,
    should_stream,
)

AUCTION_MS = 5 * 60_000  # the closing auction prints after the bell


def ms(text: str) -> int:
    """Unix milliseconds of a UTC time such as `2024-07-03 17:00`."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.fixture(scope="module")
def nyse() -> MarketCalendar:
    return MarketCalendar("XNYS", today=date(2025, 6, 2))


# NYSE, "Holidays & Trading Hours": 9:30–16:00 Eastern, which is UTC-4 from the second Sunday of
# March to the first Sunday of November, else UTC-5; 13:00 closes on 3 July 2024, 29 November 2024
# and 24 December 2024; closed on 9 January 2025, the national day of mourning for Jimmy Carter.
SESSIONS = [
    ("an ordinary summer day", "2024-07-02", "13:30", "20:00"),
    ("an early close before Independence Day", "2024-07-03", "13:30", "17:00"),
    ("the Friday before clocks go forward", "2024-03-08", "14:30", "21:00"),
    ("the Monday after clocks have gone forward", "2024-03-11", "13:30", "20:00"),
    ("the Friday before clocks go back", "2024-11-01", "13:30", "20:00"),
    ("the Monday after clocks have gone back", "2024-11-04", "14:30", "21:00"),
    ("the early close after Thanksgiving", "2024-11-29", "14:30", "18:00"),
    ("the early close on Christmas Eve", "2024-12-24", "14:30", "18:00"),
]


@pytest.mark.parametrize(("day", "opens", "closes"), [row[1:] for row in SESSIONS], ids=lambda v: v)
def test_a_session_opens_and_closes_with_the_exchange(
    nyse: MarketCalendar, day: str, opens: str, closes: str
) -> None:
    start, bell = ms(f"{day} {opens}"), ms(f"{day} {closes}")
    window = SessionWindow(start, bell + AUCTION_MS, date.fromisoformat(day))
    assert should_stream(nyse, start, False) == window
    assert should_stream(nyse, bell + AUCTION_MS - 1, False) == window
    assert should_stream(nyse, start - 1, False) is None
    assert should_stream(nyse, bell + AUCTION_MS, False) is None


@pytest.mark.parametrize(
    "moment",
    [
        "2024-07-04 15:00",  # Independence Day
        "2024-11-28 15:00",  # Thanksgiving
        "2025-01-09 15:00",  # day of mourning
        "2025-04-18 15:00",  # Good Friday
        "2024-07-06 15:00",  # a Saturday
        "2024-07-03 18:00",  # after an early close
    ],
)
def test_no_session_is_open_while_the_exchange_is_closed(nyse: MarketCalendar, moment: str) -> None:
    assert should_stream(nyse, ms(moment), False) is None


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2024-07-03 18:00", "2024-07-05 13:30"),  # over the holiday
        ("2024-11-01 21:00", "2024-11-04 14:30"),  # over a weekend and the end of summer time
        ("2025-01-08 22:00", "2025-01-10 14:30"),  # over the day of mourning
        ("2024-07-02 13:29", "2024-07-02 13:30"),
        ("2024-07-02 13:30", "2024-07-03 13:30"),
    ],
)
def test_the_next_session_is_the_next_day_that_trades(
    nyse: MarketCalendar, moment: str, opens: str
) -> None:
    assert next_window(nyse, ms(moment)).start_ms == ms(opens)


def test_extended_hours_run_from_four_to_eight_new_york_time() -> None:
    extended = MarketCalendar("XNYS", "extended", today=date(2025, 6, 2))
    window = should_stream(extended, ms("2024-07-02 08:00"), False)
    assert window == SessionWindow(ms("2024-07-02 08:00"), ms("2024-07-03 00:00"), date(2024, 7, 2))


def test_ignoring_market_hours_opens_at_once_until_stopped(nyse: MarketCalendar) -> None:
    saturday = ms("2024-07-06 15:00")
    assert should_stream(nyse, saturday, True) == SessionWindow(saturday, None, None)


def test_a_market_that_never_closes_has_one_session_until_stopped() -> None:
    always = MarketCalendar("24/7", today=date(2025, 6, 2))
    window = should_stream(always, ms("2024-07-06 15:00"), False)
    assert window is not None
    assert window.end_ms is None
    assert not should_close(window, ms("2025-07-06 15:00"), ms("2025-07-06 15:00"))


def test_a_session_closes_once_its_last_minute_has() -> None:
    window = SessionWindow(0, 1_000_000, None)
    assert not should_close(window, watermark_ms=999_999, now_ms=999_999)
    assert not should_close(window, watermark_ms=999_750, now_ms=1_000_100)
    assert should_close(window, watermark_ms=1_000_000, now_ms=1_000_300)


def test_a_session_whose_feed_fell_silent_closes_after_its_patience() -> None:
    window = SessionWindow(0, 1_000_000, None)
    assert not should_close(window, 500_000, 1_000_000 + CLOSE_PATIENCE_MS - 1)
    assert should_close(window, 500_000, 1_000_000 + CLOSE_PATIENCE_MS)
