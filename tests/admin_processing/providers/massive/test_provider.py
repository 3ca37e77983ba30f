"""The provider against the double: bars as traded, of the right days, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from admin_processing.providers.base import (
    BarBatch,
    MarketDay,
    Provider,
    ProviderRefused,
    UnitFailed,
    Wanted,
)
from admin_processing.providers.massive.client import MassiveClient
from admin_processing.providers.massive.provider import MassiveProvider
from admin_processing.providers.massive.retry import RetryRules
from market.calendar import calendar
from tests.doubles.massive_market import Bars, Market, daily_bars
from tests.doubles.massive_rest import MassiveRestDouble

FIRST, LAST = date(2024, 3, 7), date(2024, 3, 12)
DAYS = ["2024-03-07", "2024-03-08", "2024-03-11", "2024-03-12"]  # the clocks change on the 10th
SYMBOLS = ["AAPL", "BRK.B", "MSFT"]
ROWS = [
    (symbol, day, 100.0 + at, 110.0 + at, 90.0 + at, 105.0 + at, 1000.0 * (number + 1))
    for number, symbol in enumerate(SYMBOLS)
    for at, day in enumerate(DAYS)
]
SPLIT = {"ticker": "MSFT", "execution_date": "2024-03-11", "split_from": 1, "split_to": 2}


@pytest.fixture(autouse=True)
def market(server: MassiveRestDouble) -> Market:
    server.market = Market(daily_bars(ROWS), splits=[SPLIT])
    return server.market


def rows(batch: BarBatch) -> list[tuple]:
    days = batch.time_ms.astype("datetime64[ms]").astype("datetime64[D]").astype(str)
    columns = (batch.symbol, days, batch.open, batch.high, batch.low, batch.close, batch.volume)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def imported(provider: Provider, symbols: list[str], **more) -> list[tuple]:
    units = provider.units(Wanted("1d", symbols, FIRST, LAST, **more))
    return sorted(row for unit in units for batch in provider.bars(unit) for row in rows(batch))


def test_ranges_give_the_bars_as_traded(server, provider: MassiveProvider):
    assert imported(provider, SYMBOLS) == sorted(ROWS)
    assert server.asked == {"range": 3}
    assert {request.query["adjusted"] for request in server.requests} == {"false"}


def test_days_of_many_symbols_give_the_same(server, provider: MassiveProvider):
    others = [f"S{number}" for number in range(10)]
    assert imported(provider, SYMBOLS + others) == sorted(ROWS)
    assert server.asked == {"grouped": 4}
    assert {request.query["adjusted"] for request in server.requests} == {"false"}


def test_a_day_gives_only_the_symbols_that_were_asked_for(provider: MassiveProvider):
    others = [f"S{number}" for number in range(10)]
    assert {row[0] for row in imported(provider, ["AAPL", *others])} == {"AAPL"}
    assert {row[0] for row in imported(provider, [])} == set(SYMBOLS)


def test_a_symbol_without_bars_is_an_answer_without_any(provider: MassiveProvider):
    assert imported(provider, ["ZZZ"]) == []


def test_a_range_of_many_pages_is_the_same(server, provider: MassiveProvider):
    server.script.page_rows = 1
    assert imported(provider, ["AAPL"]) == sorted(ROWS)[:4]
    assert server.asked["range"] == 4


def test_half_of_the_requests_failing_changes_nothing(
    server, make_client: Callable[..., MassiveClient]
):
    server.script.fail_share, server.script.page_rows = 0.5, 1
    client = make_client(rules=RetryRules(30, 0.0, 0.0, 0.0))
    assert imported(MassiveProvider(client, calendar("XNYS")), SYMBOLS) == sorted(ROWS)
    assert server.asked["range"] > 12


def test_a_unit_that_fails_may_be_had_later(server, provider: MassiveProvider):
    (unit,) = provider.units(Wanted("1d", ["AAPL"], FIRST, LAST))
    server.script.fail_next = ["500"] * 4
    with pytest.raises(UnitFailed, match="500 internal error"):
        list(provider.bars(unit))
    (batch,) = provider.bars(unit)
    assert len(batch) == 4


def test_a_bar_that_changes_after_the_close_comes_anew(provider: MassiveProvider, market: Market):
    market.revised[("AAPL", "2024-03-12")] = {"c": 103.5, "v": 1234.0}
    before, after = imported(provider, ["AAPL"]), imported(provider, ["AAPL"])
    assert before == sorted(ROWS)[:4]
    assert after[:3] == before[:3]
    assert after[3] == ("AAPL", "2024-03-12", 103.0, 113.0, 93.0, 103.5, 1234.0)


def test_odd_rows_cost_only_themselves(server, provider: MassiveProvider):
    server.script.odd_rows = [{"T": "AAPL", "t": "soon", "o": None}, None]
    found = imported(provider, ["AAPL"])
    assert sorted(ROWS)[:4] == [row for row in found if np.isfinite(row[2])]
    assert len(found) == 6


def test_minutes_of_days_on_both_sides_of_the_change_of_clocks(server, provider: MassiveProvider):
    # 09:30 in New York: 14:30 UTC on Friday the 8th, 13:30 UTC on Monday the 11th.
    minutes = [1_709_908_200_000, 1_709_908_260_000, 1_710_163_800_000]
    columns = {"symbol": np.repeat("AAPL", 3), "key": np.array(minutes)}
    columns |= {name: np.full(3, 100.0) for name in ("o", "h", "l", "c", "v", "vw")}
    server.market = Market(minute=Bars(columns | {"n": np.array([3, 4, 5])}))
    (unit,) = provider.units(Wanted("1m", ["AAPL"], FIRST, LAST))
    (batch,) = provider.bars(unit)
    assert batch.time_ms.tolist() == minutes
    assert batch.trade_count.tolist() == [3, 4, 5]
    assert server.requests[0].query["limit"] == "50000"


def test_minutes_of_everything_at_once_are_refused(provider: MassiveProvider):
    with pytest.raises(ProviderRefused, match="name some"):
        provider.units(Wanted("1m", [], FIRST, LAST))


def test_a_symbol_with_a_slash_is_asked_for_as_one(server, provider: MassiveProvider):
    odd = "A/B C"
    server.market = Market(daily_bars([(odd, *ROWS[0][1:])]))
    assert imported(provider, [odd]) == [(odd, *ROWS[0][1:])]


TICKERS = [
    {"ticker": "AAPL", "name": "Apple Inc.", "active": True, "type": "CS"},
    {"ticker": "SPY", "name": "SPDR S&P 500", "active": True, "type": "ETF"},
    {"ticker": "TWTR", "active": False, "type": "CS", "delisted_utc": "2022-11-08T05:00:00Z"},
    {"ticker": "AAPL", "active": False, "name": "an older one", "type": "CS"},
]


def test_symbols_that_are_active_come_before_those_that_are_gone(server, provider):
    server.market = Market(tickers=TICKERS)
    server.script.page_rows = 1
    found = list(provider.symbols())
    assert [row.symbol for row in found] == ["AAPL", "SPY", "TWTR"]
    assert [row.asset_type for row in found] == ["stock", "etf", "stock"]
    assert [row.active for row in found] == [True, True, False]
    assert found[2].delisted_on == date(2022, 11, 8)
    assert found[0].name == "Apple Inc."


def test_named_symbols_are_asked_for_by_name_and_first_among_the_active(server, provider):
    server.market = Market(tickers=TICKERS)
    found = list(provider.symbols(["TWTR", "AAPL"]))
    assert [row.symbol for row in found] == ["AAPL", "TWTR"]
    asked = [(r.query["ticker"], r.query["active"]) for r in server.requests]
    assert asked == [("TWTR", "true"), ("AAPL", "true"), ("TWTR", "false")]


def test_many_named_symbols_are_picked_from_the_list(server, provider):
    server.market = Market(tickers=TICKERS)
    found = list(provider.symbols(["SPY", *(f"S{number}" for number in range(20))]))
    assert [row.symbol for row in found] == ["SPY"]
    assert server.asked["tickers"] == 2


def test_splits_and_dividends_of_some_days(server, provider: MassiveProvider):
    paid = {"ticker": "AAPL", "cash_amount": 0.24}
    days = ["2024-02-09", "2024-03-07", "2024-03-12", "2024-03-13"]
    server.market = Market(
        splits=[SPLIT], dividends=[paid | {"ex_dividend_date": day} for day in days]
    )
    assert [row.split_to for row in provider.splits(FIRST, LAST)] == [2]
    assert list(provider.splits(date(2024, 3, 12), LAST)) == []
    found = sorted(row.ex_date.isoformat() for row in provider.dividends(FIRST, LAST))
    assert found == ["2024-03-07", "2024-03-12"]


def test_a_holiday_is_told_with_its_name_and_an_early_close_is_a_day_of_trading(server, provider):
    server.market = Market(
        upcoming=[
            {"exchange": "NYSE", "name": "Christmas", "date": "2024-12-25", "status": "closed"},
            {"exchange": "OTC", "name": "OTC only", "date": "2024-12-23", "status": "closed"},
            {"exchange": "NASDAQ", "name": "Eve", "date": "2024-12-24", "status": "early-close"},
        ],
        now={"market": "open", "serverTime": "2024-12-26T10:00:00-05:00"},
    )
    christmas, eve = date(2024, 12, 25), date(2024, 12, 24)
    assert provider.market_day(christmas) == MarketDay(christmas, False, "Christmas (closed)")
    assert provider.market_day(eve) == MarketDay(eve, True, "Eve (early-close)")
    assert provider.market_day(date(2024, 12, 26)).is_open
    assert provider.market_day(date(2024, 12, 23)) is None
