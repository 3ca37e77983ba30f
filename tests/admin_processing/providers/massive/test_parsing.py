"""Recorded answers, times that were reckoned by hand, and junk."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_processing.imports.row_checks import check_rows
from admin_processing.providers.base import BarBatch, DividendRow, MarketDay, SplitRow, SymbolRow
from admin_processing.providers.massive import parsing
from admin_processing.providers.massive.parsing import BrokenAnswer
from market.calendar import calendar

NOW_MS = int(datetime(2026, 11, 25, tzinfo=UTC).timestamp()) * 1000
GOOD = {"o": 10, "h": 12, "l": 9.5, "c": 11, "v": 100, "vw": 10.5, "n": 3, "t": 1_709_874_000_000}


def utc(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1000


def answer(*rows: Any, **more: Any) -> bytes:
    return json.dumps({"status": "OK", "results": list(rows)} | more).encode()


def recorded(shared_data: Path, name: str) -> bytes:
    return (shared_data / "massive" / f"{name}.json").read_bytes()


def days(bars: BarBatch) -> list[str]:
    return [str(day) for day in bars.time_ms.astype("datetime64[ms]").astype("datetime64[D]")]


def test_recorded_daily_bars_of_both_sides_of_a_change_of_clocks(shared_data: Path):
    page = parsing.aggregates(recorded(shared_data, "aggs_AAPL_day"), "AAPL", "1d")
    bars = page.rows
    assert days(bars) == ["2005-04-01", "2005-04-04"]
    assert (bars.time_ms % 86_400_000 == 0).all()
    assert bars.symbol.tolist() == ["AAPL", "AAPL"]
    assert bars.open.tolist() == [1.5032, 1.4639]
    assert bars.high.tolist() == [1.5064, 1.4754]
    assert bars.low.tolist() == [1.4489, 1.4343]
    assert bars.close.tolist() == [1.4604, 1.4675]
    assert bars.volume.tolist() == [642646396.0, 578172308.0]
    assert bars.vwap.tolist() == [1.469, 1.4589]
    assert bars.trade_count.tolist() == [82132, 65543]
    assert page.next_url == ""


def test_a_recorded_grouped_day_whose_time_is_the_close(shared_data: Path):
    bars = parsing.grouped(recorded(shared_data, "grouped_daily"), date(2020, 10, 14)).rows
    assert (bars.symbol.tolist(), days(bars)) == (["GIK"], ["2020-10-14"])
    assert (bars.open[0], bars.close[0], bars.trade_count[0]) == (9.99, 10.02, 96)


def test_recorded_tickers_and_the_next_page(shared_data: Path):
    page = parsing.tickers(recorded(shared_data, "reference_tickers"))
    first = SymbolRow("A", "Agilent Technologies Inc.", "stock", "XNYS", currency="USD")
    assert page.rows[0] == first
    assert [row.symbol for row in page.rows] == ["A", "AA"]
    assert page.next_url.startswith("https://api.massive.com/v3/reference/tickers?cursor=YWN0")


def test_recorded_splits(shared_data: Path):
    rows = parsing.splits(recorded(shared_data, "splits")).rows
    assert len(rows) == 10
    assert rows[0] == SplitRow("GOOGL", date(2022, 7, 18), 1, 20)
    assert rows[7] == SplitRow("BRW", date(2022, 5, 20), 2, 1)


def test_recorded_dividends(shared_data: Path):
    rows = parsing.dividends(recorded(shared_data, "dividends")).rows
    paid = date(2025, 6, 30)
    assert rows[0] == DividendRow("CSSEN", date(2025, 6, 12), 0.59375, "CD", paid)
    assert len(rows) == len(json.loads(recorded(shared_data, "dividends"))["results"])


def test_recorded_holidays_and_early_closes(shared_data: Path):
    ahead = parsing.closed_days(recorded(shared_data, "marketstatus_upcoming"))
    assert ahead[date(2022, 5, 30)] == MarketDay(date(2022, 5, 30), False, "Memorial Day (closed)")
    half = date(2022, 11, 25)
    assert ahead[half] == MarketDay(half, True, "Thanksgiving (early-close)")
    assert date(2022, 11, 28) not in ahead


def test_the_recorded_status_tells_the_day_in_new_york(shared_data: Path):
    status = recorded(shared_data, "marketstatus_now")
    assert parsing.trading_now(status) == date(2022, 4, 28)
    assert parsing.trading_now(status.replace(b"extended-hours", b"closed")) is None


# A change of clocks in New York: 2024-03-10 and 2024-11-03, both Sundays.
@pytest.mark.parametrize(
    ("starts", "ends", "day"),
    [
        ((2024, 3, 8, 5), (2024, 3, 8, 21), "2024-03-08"),
        ((2024, 3, 11, 4), (2024, 3, 11, 20), "2024-03-11"),
        ((2024, 11, 1, 4), (2024, 11, 1, 20), "2024-11-01"),
        ((2024, 11, 4, 5), (2024, 11, 4, 21), "2024-11-04"),
        ((2024, 11, 29, 5), (2024, 11, 29, 18), "2024-11-29"),  # closes at 13:00
    ],
)
def test_a_days_bar_is_that_of_the_date_in_new_york(starts, ends, day: str):
    ranged = parsing.aggregates(answer(GOOD | {"t": utc(*starts)}), "AAPL", "1d").rows
    body = answer(GOOD | {"t": utc(*ends), "T": "AAPL"})
    assert days(ranged) == days(parsing.grouped(body, date.fromisoformat(day)).rows) == [day]


def test_a_minutes_time_is_left_as_it_is():
    body = answer(GOOD | {"t": utc(2024, 3, 11, 13, 30)})
    bars = parsing.aggregates(body, "AAPL", "1m").rows
    assert bars.time_ms.tolist() == [utc(2024, 3, 11, 13, 30)]


def test_an_answer_without_results_is_no_bars():
    page = parsing.aggregates(b'{"ticker":"X","status":"OK","resultsCount":0}', "X", "1d")
    assert len(page.rows) == 0
    assert len(parsing.splits(b'{"status":"OK","results":null}').rows) == 0


@pytest.mark.parametrize("name", ["o", "h", "l", "c", "v"])
@pytest.mark.parametrize("value", [None, "12.5", True, [], {}, "gone", "1e400"])
def test_a_row_with_a_bad_field_is_set_aside_and_its_neighbours_are_not(name: str, value: Any):
    odd = GOOD | {name: value}
    if value == "gone":
        del odd[name]
    body = answer(GOOD, odd, GOOD | {"t": 1_710_129_600_000})
    body = body.replace(b'"1e400"', b"1e400")
    bars = parsing.aggregates(body, "AAPL", "1d").rows
    reasons = check_rows(bars, "1d", NOW_MS, calendar("XNYS"))
    assert (reasons != 0).tolist() == [False, True, False]
    assert bars.close[[0, 2]].tolist() == [11, 11]


@pytest.mark.parametrize("value", [None, "1709874000000", 1.5, 2**70, -(2**70), "gone", True])
def test_a_row_without_a_time_is_set_aside(value: Any):
    odd = GOOD | {"t": value}
    if value == "gone":
        del odd["t"]
    for timeframe in ("1d", "1m"):
        bars = parsing.aggregates(answer(odd), "AAPL", timeframe).rows
        assert check_rows(bars, timeframe, NOW_MS, calendar("XNYS"))[0] != 0


def test_rows_that_are_none_and_names_that_are_none_are_set_aside():
    good = GOOD | {"T": "AAPL", "t": utc(2024, 3, 8, 21)}
    body = answer(good, None, 5, [], good | {"T": 7}, good | {"T": "\ud800" * 500})
    bars = parsing.grouped(body, date(2024, 3, 8)).rows
    reasons = check_rows(bars, "1d", NOW_MS, calendar("XNYS"))
    assert (reasons != 0).tolist() == [False, True, True, True, True, True]
    json.dumps(bars.symbol.tolist()).encode()
    "".join(bars.symbol.tolist()).encode()


def test_a_grouped_row_of_another_day_is_set_aside():
    body = answer(GOOD | {"T": "AAPL", "t": utc(2024, 3, 7, 21)})
    bars = parsing.grouped(body, date(2024, 3, 8)).rows
    assert check_rows(bars, "1d", NOW_MS, calendar("XNYS"))[0] != 0


def test_a_split_or_dividend_that_can_not_be_read_is_left_out_and_told(caplog):
    split = {"ticker": "A", "execution_date": "2024-01-02", "split_from": 1, "split_to": 2}
    odd = [split | {"split_to": 0}, split | {"execution_date": "soon"}, split | {"ticker": None}]
    assert len(parsing.splits(answer(split, *odd, None)).rows) == 1
    assert "4 of 5 rows can not be read" in caplog.text
    paid = {"ticker": "A", "ex_dividend_date": "2024-01-02", "cash_amount": 0.5}
    assert len(parsing.dividends(answer(paid, paid | {"cash_amount": "0.5"})).rows) == 1


def test_what_an_error_says_is_one_line_of_bounded_length():
    assert parsing.complaint(b'{"error":"too\\n many   requests"}') == "too many requests"
    assert parsing.complaint(b"<html>") == ""
    assert len(parsing.complaint(json.dumps({"error": "x" * 10_000}).encode())) == 200


PARSERS = (
    lambda body: parsing.aggregates(body, "AAPL", "1d"),
    lambda body: parsing.aggregates(body, "AAPL", "1m"),
    lambda body: parsing.grouped(body, date(2024, 3, 8)),
    parsing.tickers,
    parsing.splits,
    parsing.dividends,
    parsing.closed_days,
    parsing.trading_now,
    parsing.complaint,
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["2024-01-02", "NYSE", "closed", 1_709_874_000_000, 2**63, -1e308])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(
    [*GOOD, "T", "ticker", "name", "type", "active", "execution_date", "split_from", "split_to",
     "ex_dividend_date", "cash_amount", "exchange", "date", "status", "market", "serverTime"]
)  # fmt: skip
ROWS = st.lists(st.dictionaries(NAMES, VALUES, max_size=10) | VALUES, max_size=6)
ANSWERS = st.dictionaries(st.sampled_from(["results", "next_url", "market"]), ROWS | VALUES) | ROWS


def understood(body: bytes) -> None:
    """Every parser gives what it promises, or says that the answer is broken."""
    for parse in PARSERS:
        try:
            found = parse(body)
        except BrokenAnswer:
            continue
        rows = getattr(found, "rows", None)
        if isinstance(rows, BarBatch):
            assert {len(getattr(rows, name)) for name in rows.__dataclass_fields__} == {len(rows)}
            check_rows(rows, "1d", NOW_MS, calendar("XNYS"))


@pytest.mark.fuzz
@given(st.binary(max_size=300))
def test_any_bytes_are_understood_or_refused(body: bytes):
    understood(body)


@pytest.mark.fuzz
@given(ANSWERS)
def test_any_json_is_understood_or_refused(found: Any):
    understood(json.dumps(found).encode())


@pytest.mark.fuzz
@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(GOOD, VALUES)), max_size=6))
def test_any_fields_of_a_row_are_taken_or_set_aside(rows: list[Any]):
    body = answer(GOOD, *rows, GOOD)
    bars = parsing.aggregates(body, "AAPL", "1m").rows
    assert len(bars) == len(rows) + 2
    assert np.isfinite(bars.close[[0, -1]]).all()


@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b'{"results":' * 100_000, b'{"results":[{"o', b""]
)
def test_deep_cut_off_and_empty_answers_are_broken(body: bytes):
    for parse in PARSERS[:7]:
        with pytest.raises(BrokenAnswer):
            parse(body)
