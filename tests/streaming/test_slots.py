"""One minute of all symbols: room, ranges and what late trades changed."""

from __future__ import annotations

import numpy as np

from streaming.slots import MinuteBars, MinuteSlot
from tests.streaming.entries import NOON_MS, Trade, batch, trade


def slot_of(*trades: Trade, symbols: int = 1) -> MinuteSlot:
    slot = MinuteSlot(NOON_MS, symbols)
    added = batch(trades)
    slot.add(added, added.flags)
    return slot


def test_a_slot_makes_room_for_symbols_that_come_later() -> None:
    slot = slot_of(trade(1, 5.0))
    slot.reserve(1000)
    late = batch([trade(2, 6.0, symbol=999)])
    slot.add(late, late.flags)
    assert slot.bars().symbol_id.tolist() == [0, 999]
    assert slot.bars().close.tolist() == [5.0, 6.0]


def test_a_price_that_sets_the_close_lies_in_the_range_whatever_else_it_may() -> None:
    bars = slot_of(trade(1, 5.0), trade(2, 9.0, flags=2)).bars()
    assert (bars.low.tolist(), bars.high.tolist(), bars.close.tolist()) == ([5.0], [9.0], [9.0])


def test_revised_bars_are_told_once() -> None:
    slot = slot_of(trade(1, 5.0), trade(1, 7.0, symbol=1), symbols=2)
    late = batch([trade(2, 6.0, symbol=1), trade(3, 8.0, symbol=1)])
    slot.revise(late, late.flags)
    first: MinuteBars = slot.take_revised()
    assert (first.symbol_id.tolist(), first.revision.tolist()) == ([1], [2])
    assert len(slot.take_revised()) == 0


def test_a_late_trade_that_may_update_nothing_revises_nothing() -> None:
    slot = slot_of(trade(1, 5.0))
    late = batch([trade(2, 6.0, flags=0)])
    slot.revise(late, late.flags)
    assert len(slot.take_revised()) == 0


def test_the_last_price_is_told_with_its_time() -> None:
    bars = slot_of(trade(30, 5.0), trade(10, 6.0)).bars()
    assert bars.last_ms.tolist() == [NOON_MS + 30_000]
    assert bars.vwap.dtype == np.float64
