"""Tables of bars by whatever names and times they have."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_processing.imports.row_checks import check_rows
from admin_processing.providers.base import UnitFailed
from admin_processing.providers.tables import bar_table, layout, times
from market.calendar import calendar

# 2024-03-08 (winter time in New York) and 2024-03-11 (summer time), 00:00 UTC.
FRIDAY, MONDAY = 1_709_856_000_000, 1_710_115_200_000
HOUR = 3_600_000
NOW_MS = 1_795_000_000_000


def table(time: pa.Array, **more: object) -> pa.Table:
    values = {name: [10.0] * len(time) for name in ("open", "high", "low", "close", "volume")}
    return pa.table({"symbol": ["A"] * len(time), "date": time} | values | more)


@pytest.mark.parametrize(
    "time",
    [
        pa.array(["2024-03-08", "2024-03-11"]),
        pa.array(["2024-03-08T00:00:00Z", "2024-03-11 00:00:00+00:00"]),
        pa.array(["2024-03-08 00:00:00", None]).fill_null("2024-03-11"),
        pa.array(["2024-03-08T00:00:00-05:00", "2024-03-11T00:00:00-04:00"]),
        pa.array(["20240308", "20240311"]),
        pa.array([20_240_308, 20_240_311]),
        pa.array([FRIDAY, MONDAY], pa.timestamp("ms")),
        pa.array([FRIDAY * 1_000_000, MONDAY * 1_000_000], pa.timestamp("ns")),
        pa.array([FRIDAY // 1000, MONDAY // 1000], pa.timestamp("s")),
        pa.array([FRIDAY + 5 * HOUR, MONDAY + 4 * HOUR], pa.timestamp("ms", "America/New_York")),
        pa.array([FRIDAY // 86_400_000, MONDAY // 86_400_000], pa.int32()).cast(pa.date32()),
        pa.array([FRIDAY, MONDAY]).cast(pa.date64()),
        pa.array([FRIDAY // 1000, MONDAY // 1000]),
        pa.array([FRIDAY, MONDAY]),
        pa.array([FRIDAY * 1000, MONDAY * 1000]),
        pa.array([FRIDAY * 1_000_000, MONDAY * 1_000_000]),
        pa.array([float(FRIDAY), float(MONDAY)]),
        pa.array([str(FRIDAY), str(MONDAY)]),
        pa.array([f"{FRIDAY + 5 * HOUR}", f"{MONDAY + 4 * HOUR}"]),
        pa.array(["2024-03-08", "2024-03-11"]).dictionary_encode(),
    ],
    ids=lambda array: f"{array.type} {array[0]}",
)
def test_days_in_any_form_are_midnight_utc_of_their_date(time: pa.Array):
    bars = bar_table(table(time)).batch("1d")
    assert bars.time_ms.tolist() == [FRIDAY, MONDAY]


@pytest.mark.parametrize(
    "text", ["", "soon", "2024-02-31", "20240231", "08/03/2024", "99999999", "1e99", "nan", None]
)
def test_a_row_without_a_time_is_set_aside_and_its_neighbour_is_not(text: str | None):
    bars = bar_table(table(pa.array(["2024-03-08", text]))).batch("1d")
    assert (check_rows(bars, "1d", NOW_MS, calendar("XNYS")) != 0).tolist() == [False, True]


def test_columns_are_known_in_any_order_and_letter_case():
    found = ["Vol", "CLOSE", " Low", "High", "Open", "Date", "Ticker", "extra"]
    assert layout(found) == {
        "symbol": "Ticker",
        "time": "Date",
        "open": "Open",
        "high": "High",
        "low": " Low",
        "close": "CLOSE",
        "volume": "Vol",
    }


def test_a_missing_column_is_named_with_what_it_would_be_called():
    with pytest.raises(
        UnitFailed, match=r"no column for volume, .* volume or vol or v; .* date, o"
    ):
        layout(["date", "o", "h", "l", "c"])


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(UnitFailed, match="the same name"):
        layout(["date", "open", "Open", "high", "low", "close", "volume"])


def test_a_value_that_is_no_number_is_set_aside_and_its_neighbour_is_not():
    texts = pa.array(["10.5", "n/a"])
    bars = bar_table(table(pa.array(["2024-03-08", "2024-03-11"]), close=texts)).batch("1d")
    reasons = check_rows(bars, "1d", NOW_MS, calendar("XNYS"))
    assert (reasons != 0).tolist()[1]
    assert bars.close[0] == 10.5


def test_counts_of_trades_are_kept_unknown_ones_are_zero_and_wrong_ones_set_aside():
    days = pa.array(["2024-03-07", "2024-03-08", "2024-03-11"])
    bars = bar_table(table(days, transactions=pa.array(["7", None, "x"]))).batch("1d")
    assert bars.trade_count.tolist() == [7, 0, -1]


def test_bars_of_another_length_than_asked_for_are_refused():
    minutes = bar_table(table(pa.array([FRIDAY, FRIDAY + 60_000, FRIDAY + 120_000])))
    assert minutes.batch("1m").time_ms.tolist() == [FRIDAY, FRIDAY + 60_000, FRIDAY + 120_000]
    with pytest.raises(UnitFailed, match="minute bars, and daily bars were asked for"):
        minutes.batch("1d")
    with pytest.raises(UnitFailed, match="daily bars, and minute bars were asked for"):
        bar_table(table(pa.array([FRIDAY, MONDAY]))).batch("1m")


def test_symbols_may_be_numbers_or_have_odd_bytes():
    odd = pa.array([b"A\xff", b" B "]).cast(pa.binary())
    days = pa.array([FRIDAY, MONDAY])
    assert bar_table(table(days, symbol=odd)).names.tolist() == ["A�", "B"]
    assert bar_table(table(days, symbol=pa.array([7, 8]))).names.tolist() == ["7", "8"]


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.none(), min_size=1, max_size=20))
def test_any_numbers_are_times_or_none(values):
    assert len(times(pa.array(values, pa.int64()))) == len(values)


@given(st.lists(st.text(max_size=30) | st.none(), min_size=1, max_size=20))
def test_any_texts_are_times_or_none(values):
    assert len(times(pa.array(values, pa.string()))) == len(values)
