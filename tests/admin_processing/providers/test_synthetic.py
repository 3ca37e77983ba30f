"""The synthetic market's past is one, whoever asks for it and in whatever pieces."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from admin_processing.providers.base import ProviderRefused, Wanted
from admin_processing.providers.synthetic import SyntheticProvider
from market.calendar import calendar, to_ms
from streaming.daily_seed import ensure_daily_history

HOURS = calendar("XNYS")
FIRST, LAST = date(2024, 3, 1), date(2024, 3, 15)
Bars = dict[tuple[str, int], tuple[float, ...]]


def bars(seed: int, symbols: list[str], first: date = FIRST, last: date = LAST, **more) -> Bars:
    provider = SyntheticProvider(seed, HOURS)
    found: Bars = {}
    for unit in provider.units(Wanted("1d", symbols, first, last, **more)):
        for batch in provider.bars(unit):
            keys = zip(batch.symbol.tolist(), batch.time_ms.tolist(), strict=True)
            values = (batch.open, batch.high, batch.low, batch.close, batch.volume)
            rows = zip(*(column.tolist() for column in values), strict=True)
            found |= dict(zip(keys, rows, strict=True))
    return found


def test_the_same_seed_gives_the_same_bars_in_whatever_pieces():
    symbols = [f"S{number}" for number in range(60)]
    whole = bars(1, symbols)
    assert len(whole) == 60 * 11  # sessions from the 1st to the 15th of March 2024
    assert bars(1, symbols[::-1]) == whole
    one = {key: row for key, row in whole.items() if key[0] == "S7"}
    known = {"S7": (date(2024, 3, 1), date(2024, 3, 7))}
    later = {key: row for key, row in one.items() if key[1] > 1_709_769_600_000}
    assert bars(1, ["S7"]) == one
    assert bars(1, ["S7"], known=known) == later
    assert bars(2, ["S7"]) != one


@pytest.mark.django_db
def test_they_are_the_bars_that_the_stream_starts_with():
    now = datetime(2024, 3, 16, 12, tzinfo=UTC)
    ensure_daily_history(["AAPL", "BRK.B"], HOURS, to_ms(now), seed=5)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT symbol, (extract(epoch FROM timestamp) * 1000)::bigint, open, high, low,"
            " close, volume FROM ohlcv_daily WHERE timestamp >= '2024-03-01'"
        )
        stored = {(row[0], row[1]): row[2:] for row in cursor.fetchall()}
    assert bars(5, ["AAPL", "BRK.B"]) == stored


def test_a_bar_is_whole():
    for opened, high, low, close, volume in bars(1, ["AAPL", "MSFT"]).values():
        assert 0 < low <= min(opened, close) <= max(opened, close) <= high
        assert volume > 0


def test_minutes_are_refused():
    with pytest.raises(ProviderRefused, match="the stream makes them"):
        SyntheticProvider(1, HOURS).units(Wanted("1m", ["AAPL"], FIRST, LAST))


def test_the_symbols_are_those_of_the_sp500():
    found = {row.symbol: row for row in SyntheticProvider(1, HOURS).symbols(["AAPL", "ZZZ"])}
    assert list(found) == ["AAPL"]
    assert found["AAPL"].sector == "Information Technology"
