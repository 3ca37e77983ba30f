"""What is asked for: nothing twice, nothing left out, and with as few requests as it takes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_processing.providers.base import Unit, Wanted
from admin_processing.providers.massive import plan
from admin_processing.providers.missing import around, blocks, sessions, spans, together
from market.calendar import calendar

XNYS = calendar("XNYS")
# From the NYSE's calendar: closed on 2024-11-28 (Thanksgiving), open on the 29th.
WEEK = ["2024-11-25", "2024-11-26", "2024-11-27", "2024-11-29"]


def day(text: str) -> date:
    return date.fromisoformat(text)


def wanted(symbols, first: str, last: str, known=None, timeframe: str = "1d") -> Wanted:
    spans = {s: (day(a), day(b)) for s, (a, b) in (known or {}).items()}
    return Wanted(timeframe, symbols, day(first), day(last), spans)


def requests(units: list[Unit]) -> int:
    return sum(len(unit["days"]) if "days" in unit else 1 for unit in units)


def test_many_symbols_that_lack_a_few_days_are_asked_for_by_the_day():
    symbols = [f"S{number}" for number in range(100)]
    known = dict.fromkeys(symbols, ("2020-01-01", "2024-11-24"))
    (unit,) = plan.units(wanted(symbols, "2020-01-01", "2024-11-30", known), XNYS)
    assert unit["days"] == WEEK
    assert unit["symbols"] == symbols
    assert (unit["first"], unit["last"]) == ("2024-11-25", "2024-11-30")
    assert unit["name"] == "all symbols 2024-11-25 to 2024-11-29"


def test_few_symbols_that_lack_years_are_asked_for_one_by_one():
    units = plan.units(wanted(["AAPL", "BRK.B"], "2020-01-01", "2024-11-30"), XNYS)
    assert [unit["name"] for unit in units] == ["AAPL", "BRK.B"]
    assert all("days" not in unit and len(unit["symbols"]) == 1 for unit in units)


def test_a_new_symbol_among_many_known_ones_is_asked_for_by_itself():
    symbols = [f"S{number}" for number in range(100)]
    known = dict.fromkeys(symbols, ("2020-01-01", "2024-11-24"))
    units = plan.units(wanted([*symbols, "NEW"], "2020-01-01", "2024-11-30", known), XNYS)
    assert [unit["name"] for unit in units] == ["all symbols 2024-11-25 to 2024-11-29", "NEW"]
    assert requests(units) == 4 + 1


def test_what_lies_before_and_after_the_known_days_is_asked_for_by_itself():
    known = {"AAPL": ("2022-01-01", "2023-12-31")}
    units = plan.units(wanted(["AAPL"], "2020-01-01", "2024-11-30", known), XNYS)
    assert [(unit["first"], unit["last"]) for unit in units] == [
        ("2020-01-01", "2021-12-31"),
        ("2024-01-01", "2024-11-30"),
    ]
    assert len({unit["name"] for unit in units}) == 2


def test_nothing_is_asked_for_where_only_closed_days_are_missing():
    known = {"AAPL": ("2024-11-01", "2024-11-27")}
    assert plan.units(wanted(["AAPL"], "2024-11-01", "2024-11-28", known), XNYS) == []


def test_all_symbols_of_the_market_come_by_the_day():
    (unit,) = plan.units(wanted([], "2024-11-23", "2024-11-30"), XNYS)
    assert unit["days"] == WEEK
    assert "symbols" not in unit


def test_minutes_come_symbol_by_symbol_no_more_than_an_answer_holds():
    units = plan.units(wanted(["AAPL"], "2024-01-01", "2024-12-31", timeframe="1m"), XNYS)
    assert len(units) == 6  # 252 sessions, 50 of them at once
    assert len({unit["name"] for unit in units}) == 6
    held = [sessions((day(u["first"]), day(u["last"])), XNYS) for u in units]
    assert [len(days) for days in held] == [50, 50, 50, 50, 50, 2]
    ends = [(day(u["first"]), day(u["last"])) for u in units]
    assert together(ends) == [(day("2024-01-01"), day("2024-12-31"))]


def test_days_before_the_calendar_begins_are_weekdays():
    assert sessions((day("1999-01-01"), day("1999-01-04")), XNYS) == (
        day("1999-01-01"),
        day("1999-01-04"),
    )


DAYS = st.integers(0, 400).map(lambda number: day("2023-11-01") + timedelta(days=number))
SPANS = st.tuples(DAYS, DAYS).map(lambda ends: (min(ends), max(ends)))
KNOWN = st.dictionaries(st.sampled_from(["A", "B", "C", "D", "E"]), SPANS, max_size=5)


@given(SPANS, KNOWN, st.integers(1, 5))
def test_exactly_the_missing_sessions_are_asked_for_and_no_way_is_cheaper(whole, known, count):
    symbols = ["A", "B", "C", "D", "E"][:count]
    about = Wanted("1d", symbols, *whole, known)
    units = plan.units(about, XNYS)
    asked: dict[str, set[date]] = {symbol: set() for symbol in symbols}
    for unit in units:
        held = sessions((day(unit["first"]), day(unit["last"])), XNYS)
        assert "days" not in unit or [day(text) for text in unit["days"]] == list(held)
        for symbol in unit["symbols"]:
            asked[symbol].update(held)
    lacking = {
        symbol: set(sessions(whole, XNYS))
        - (set(sessions(known[symbol], XNYS)) if symbol in known else set())
        for symbol in symbols
    }
    for symbol in symbols:
        assert lacking[symbol] <= asked[symbol] <= set(sessions(whole, XNYS))
    ranges = sum(len(missing) for missing in spans(about, XNYS).values())
    by_day = len(set().union(*lacking.values()))
    assert requests(units) <= min(ranges, by_day)
    assert len({unit["name"] for unit in units}) == len(units)


@given(SPANS, st.integers(1, 60))
def test_blocks_leave_no_day_between_them(span, length):
    found = blocks(span, XNYS, length)
    assert together(found) == [span]
    assert all(len(sessions(block, XNYS)) <= length for block in found)
    assert sum(len(sessions(block, XNYS)) for block in found) == len(sessions(span, XNYS))


@pytest.mark.parametrize(
    ("known", "left"),
    [
        (
            ("2024-01-05", "2024-01-10"),
            [("2024-01-03", "2024-01-04"), ("2024-01-11", "2024-01-20")],
        ),
        (("2024-01-01", "2024-01-10"), [("2024-01-11", "2024-01-20")]),
        (("2024-01-10", "2024-01-31"), [("2024-01-03", "2024-01-09")]),
        (("2024-01-01", "2024-01-31"), []),
        (("2023-01-01", "2023-01-31"), [("2024-01-03", "2024-01-20")]),
    ],
)
def test_what_lies_around_a_known_span(known, left):
    def span(ends):
        return day(ends[0]), day(ends[1])

    assert around(span(("2024-01-03", "2024-01-20")), span(known)) == [span(ends) for ends in left]
