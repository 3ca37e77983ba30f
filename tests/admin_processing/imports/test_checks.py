"""What is wrong with a row: hand-made cases, and what holds for any batch."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_processing.imports.checks import check, explain
from admin_processing.imports.reasons import Reason
from admin_processing.providers.base import BarBatch, SplitRow, empty_bars
from market.calendar import MarketCalendar
from tests.admin_processing.made_provider import bars

XNYS = MarketCalendar("XNYS", today=date(2026, 11, 25))
EVENING = int(datetime(2026, 11, 24, 22, tzinfo=UTC).timestamp() * 1000)
GOOD = (10.0, 11.0, 9.0, 10.5, 1000.0)
NAN, INF = float("nan"), float("inf")


def reasons(
    batch: BarBatch,
    *,
    before: BarBatch | None = None,
    timeframe: str = "1d",
    now_ms: int = EVENING,
    hours: MarketCalendar = XNYS,
    splits: tuple[SplitRow, ...] = (),
) -> list[str]:
    found = check(batch, before or empty_bars(), timeframe, now_ms, hours, splits)
    return [Reason(code).code for code in found.reason.tolist()]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (GOOD, "good"),
        ((10, 10, 10, 10, 1), "good"),
        ((111.18, 11.696, 110.64, 111.26, 722258), "range"),
        ((0.8874, 91.075, 88.701, 90.437, 954125), "range"),
        ((10, 9, 11, 10, 5), "range"),
        ((0, 11, 0, 10, 5), "price"),
        ((-1, 11, -2, 10, 5), "price"),
        ((NAN, 11, 9, 10, 5), "price"),
        ((10, INF, 9, 10, 5), "price"),
        ((10, 11, 9, 10, -5), "volume"),
        ((10, 11, 9, 10, NAN), "volume"),
        ((10, 11, 9, 10, 0), "no_volume"),
        ((10, 9, 11, 10, -5), "range"),
        ((10, 11, 9, 10, 5, 0.0), "price"),
        ((10, 11, 9, 10, 5, 12.5), "good"),  # odd lots move the vwap out of the range
    ],
)
def test_a_row_by_itself(values, reason):
    assert reasons(bars(("A", "2026-11-24", *values))) == [reason]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-11-24", "good"),
        ("2026-11-25", "future"),  # today's session is not over
        ("2031-01-02", "future"),
        ("2026-11-22", "session"),  # a Sunday
        ("2026-07-03", "session"),  # Independence Day is kept on the Friday
        ("2001-09-10", "good"),  # before the calendar begins, a Monday
        ("2001-09-09", "session"),
    ],
)
def test_a_daily_bar_belongs_to_a_session_that_is_over(day, reason):
    now_ms = EVENING + 20 * 3_600_000  # 13:00 in New York on the 25th
    assert reasons(bars(("A", day, *GOOD)), now_ms=now_ms) == [reason]


def test_a_daily_bar_begins_at_midnight():
    assert reasons(bars(("A", 1_795_478_400_000 + 1, *GOOD))) == ["session"]


@pytest.mark.parametrize(
    ("hour", "minute", "reason"),
    [
        (14, 30, "good"),  # 09:30 in New York
        (21, 0, "good"),  # the closing auction
        (21, 30, "unwanted"),  # after hours, which MARKET_SESSION=regular does not take
        (8, 59, "session"),  # 03:59 in New York
    ],
)
def test_a_minute_lies_in_the_hours_of_the_market(hour, minute, reason):
    moment = int(datetime(2026, 11, 23, hour, minute, tzinfo=UTC).timestamp() * 1000)
    assert reasons(bars(("A", moment, *GOOD)), timeframe="1m") == [reason]
    assert reasons(bars(("A", moment + 1000, *GOOD)), timeframe="1m") == ["session"]


def test_a_minute_that_is_not_over_is_of_the_future():
    moment = int(datetime(2026, 11, 24, 15, 0, tzinfo=UTC).timestamp() * 1000)
    batch = bars(("A", moment, *GOOD))
    assert reasons(batch, timeframe="1m", now_ms=moment + 59_999) == ["future"]
    assert reasons(batch, timeframe="1m", now_ms=moment + 60_000) == ["good"]


def test_a_minute_may_have_moved_the_price_alone():
    moment = int(datetime(2026, 11, 23, 15, 0, tzinfo=UTC).timestamp() * 1000)
    assert reasons(bars(("A", moment, 10, 11, 9, 10, 0)), timeframe="1m") == ["good"]


@pytest.mark.parametrize("name", ["", "A" * 25, "A\x00B", "A\nB"])
def test_a_symbol_has_a_name(name):
    assert reasons(bars((name, "2026-11-24", *GOOD))) == ["name"]


def test_the_same_row_twice_is_one_and_with_other_values_none_can_be_trusted():
    other = (10.0, 11.0, 9.0, 10.6, 1000.0)
    batch = bars(
        ("A", "2026-11-24", *GOOD),
        ("B", "2026-11-24", *GOOD),
        ("A", "2026-11-24", *GOOD),
        ("B", "2026-11-24", *other),
        ("B", "2026-11-24", *GOOD),
    )
    assert reasons(batch) == ["good", "duplicate", "repeated", "duplicate", "duplicate"]


def test_a_broken_version_of_a_bar_does_not_spoil_the_good_one():
    batch = bars(("A", "2026-11-24", *GOOD), ("A", "2026-11-24", 10, 9, 9, 10, 5))
    assert reasons(batch) == ["good", "range"]


DAYS = ["2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12", "2026-11-13", "2026-11-16"]


def test_the_fifth_daily_bar_alike_is_stale_and_those_after_it():
    alike = bars(*(("A", day, *GOOD) for day in DAYS))
    assert reasons(alike) == ["good"] * 4 + ["stale"] * 2


def test_a_stale_run_may_begin_among_the_stored_bars():
    stored = bars(*(("A", day, *GOOD) for day in DAYS[:4]))
    assert reasons(bars(("A", DAYS[4], *GOOD)), before=stored) == ["stale"]
    assert reasons(bars(("A", DAYS[4], *GOOD)), before=stored.where(np.arange(1, 4))) == ["good"]


def closes(*prices: float, symbol: str = "A") -> BarBatch:
    """One bar a day, around each price."""
    return bars(
        *(
            (symbol, day, p, p * 1.1, p * 0.9, p, 100 + n)
            for n, (day, p) in enumerate(zip(DAYS, prices, strict=False))
        )
    )


def test_a_price_that_jumps_and_comes_back_is_set_aside_alone():
    assert reasons(closes(10, 100, 10)) == ["good", "jump", "good"]
    assert reasons(closes(10, 2, 10)) == ["good", "jump", "good"]


def test_a_price_that_stays_where_it_jumped_to_is_set_aside_once():
    assert reasons(closes(10, 50, 51, 52)) == ["good", "jump", "good", "good"]


def test_a_jump_of_four_times_is_none_yet():
    assert reasons(closes(10, 40)) == ["good", "good"]
    assert reasons(closes(40, 10)) == ["good", "good"]


def test_a_known_split_explains_a_jump_and_another_symbols_does_not():
    split = SplitRow("A", date(2026, 11, 10), 1, 10)
    assert reasons(closes(500, 50), splits=(split,)) == ["good", "good"]
    assert reasons(closes(500, 50, symbol="B"), splits=(split,)) == ["good", "jump"]
    reverse = SplitRow("A", date(2026, 11, 10), 20, 1)
    assert reasons(closes(1, 20), splits=(reverse,)) == ["good", "good"]
    long_ago = SplitRow("A", date(2026, 10, 10), 1, 10)
    assert reasons(closes(500, 50), splits=(long_ago,)) == ["good", "jump"]


def test_a_jump_is_seen_against_the_bar_stored_before():
    stored = bars(("A", "2026-11-06", *GOOD))
    assert reasons(closes(100), before=stored) == ["jump"]
    assert reasons(closes(12), before=stored) == ["good"]


def test_after_a_long_halt_any_price_may_be_right():
    assert reasons(closes(100), before=bars(("A", "2026-10-01", *GOOD))) == ["good"]


def test_a_broken_row_is_nothing_to_hold_the_next_against():
    batch = bars(("A", DAYS[0], *GOOD), ("A", DAYS[1], 100, 99, 98, 100, 5), ("A", DAYS[2], *GOOD))
    assert reasons(batch) == ["good", "range", "good"]


def test_what_is_wrong_is_told_with_its_values_and_the_bound():
    batch = closes(10, 100)
    told = explain(batch, check(batch, empty_bars(), "1d", EVENING, XNYS), 1)
    assert told.startswith("open 100, close 100 after 10: more than 4 times")


def test_a_market_that_never_closes_has_bars_on_every_day():
    always = MarketCalendar("24/7", today=date(2026, 11, 25))
    assert reasons(bars(("BTC", "2026-11-22", *GOOD)), hours=always) == ["good"]
    minute = bars(("BTC", 1_795_305_600_000 + 60_000, *GOOD))
    assert reasons(minute, timeframe="1m", hours=always) == ["good"]


PRICE = st.sampled_from([1.0, 2.0, 2.5, 9.0, 100.0, 0.0, -1.0, NAN, INF])
ROW = st.tuples(
    st.sampled_from(["A", "B", ""]),
    st.sampled_from([*DAYS, "2026-11-15", "2027-01-04"]),
    PRICE,
    PRICE,
    PRICE,
    PRICE,
    st.sampled_from([0.0, 5.0, 6.0, -1.0, NAN]),
)


@given(st.lists(ROW, max_size=40))
def test_what_is_let_in_obeys_the_tables_rules_and_no_bar_is_let_in_twice(rows):
    batch = bars(*rows)
    found = check(batch, empty_bars(), "1d", EVENING, XNYS)
    good = batch.where(found.good)
    assert (good.low <= np.minimum(good.open, good.close)).all()
    assert (good.high >= np.maximum(good.open, good.close)).all()
    assert (good.low > 0).all()
    assert np.isfinite(good.high).all()
    assert (good.volume > 0).all()
    keys = list(zip(good.symbol.tolist(), good.time_ms.tolist(), strict=True))
    assert len(set(keys)) == len(keys)


@given(st.lists(ROW, max_size=40))
def test_each_row_is_stored_or_listed_or_a_repetition_of_a_stored_one(rows):
    batch = bars(*rows)
    found = check(batch, empty_bars(), "1d", EVENING, XNYS)
    repeated = found.count(Reason.REPEATED)
    assert np.count_nonzero(found.good) + np.count_nonzero(found.faults) + repeated == len(batch)
    assert not (found.good & found.faults).any()


@given(st.lists(ROW, max_size=30), st.randoms(use_true_random=False))
def test_the_order_in_which_rows_come_changes_nothing(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert outcome(rows) == outcome(shuffled)


def outcome(rows: list[tuple[object, ...]]) -> list[str]:
    told = zip(map(repr, rows), reasons(bars(*rows)), strict=True)
    return sorted(f"{row} {reason}" for row, reason in told)
