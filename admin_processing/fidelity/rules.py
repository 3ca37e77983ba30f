"""Why own and provider's bar may differ without either being wrong: one rule a reason.

A rule explains only what it has evidence for. A trade that was lost and one that came too late look
alike in a bar, so looks alone explain nothing that a fault could look like, too. The first rule
that holds, in the order of `RULES`, gives its name; what none explains is listed as unexplained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from admin_processing.fidelity.grid import Mask
from admin_processing.providers.base import Floats, Ints

ROUND_LOT = 100.0
VWAP_SHARE = 1e-4
"""One hundredth of a percent."""
PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class Side:
    """One side's bars, one a difference; NaN where there is no bar or a value is not known."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats
    trade_count: Floats

    @property
    def has(self) -> Mask:
        """Whether there is a bar."""
        return ~np.isnan(self.close)


@dataclass(frozen=True, slots=True)
class Differences:
    """Bars that differ, as columns, with what else is known of their minutes.

    place, minute: the cell in the grid. partial: the own bar said that trades may be missing.
    in_gap: the gap ledger has the minute. streamed: a streaming session ran all through it, or
    nothing is known of sessions that day. in_hours: MARKET_SESSION takes the minute's ticks.
    auction: one of the minutes after the close that a regular session keeps for the closing
    auction; after_auction: but for the first of them. was_equal: when the day was compared before,
    the two bars were alike. dropped: how many ticks the streams of the day counted in no bar.
    """

    place: Ints
    minute: Ints
    ours: Side
    theirs: Side
    partial: Mask
    in_gap: Mask
    streamed: Mask
    in_hours: Mask
    auction: Mask
    after_auction: Mask
    was_equal: Mask
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.place)

    @property
    def both(self) -> Mask:
        """Where both have a bar."""
        return self.ours.has & self.theirs.has


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason. explains(differences): which of them; takes_over: the provider's bar is better."""

    name: str
    explains: Callable[[Differences], Mask]
    takes_over: bool = True


def alike(one: Floats, other: Floats) -> Mask:
    """Equal numbers, but for what adding up in another order does to them."""
    return np.asarray(np.abs(one - other) <= 1e-6 + 1e-9 * np.abs(one))


def same_prices(d: Differences) -> Mask:
    """Open, high, low and close are equal."""
    pairs = [alike(getattr(d.ours, name), getattr(d.theirs, name)) for name in PRICES]
    return np.asarray(np.logical_and.reduce(pairs))


def same_volume(d: Differences) -> Mask:
    """The volumes are equal, and so are the numbers of trades where both are known."""
    return alike(d.ours.volume, d.theirs.volume) & (missing_trades(d) == 0)


def missing_trades(d: Differences) -> Floats:
    """How many more trades theirs has; 0 where either number is not known."""
    return np.nan_to_num(d.theirs.trade_count - d.ours.trade_count)


def outside_session(d: Differences) -> Mask:
    """MARKET_SESSION does not take this minute: it was stored when it did, or by an import."""
    return ~d.in_hours


def partial_bar(d: Differences) -> Mask:
    """The own bar is marked: the stream began, or lost the feed, within its minute."""
    return d.partial


def gap(d: Differences) -> Mask:
    """The gap ledger has the minute."""
    return d.in_gap


def not_streamed(d: Differences) -> Mask:
    """No own bar, and no streaming session that ran all through the minute, but others that day."""
    return ~d.ours.has & ~d.streamed


def odd_lots_only(d: Differences) -> Mask:
    """No own bar, and fewer shares than a round lot: none of the trades could make a price."""
    return ~d.ours.has & (d.theirs.volume < ROUND_LOT)


def closing_auction(d: Differences) -> Mask:
    """After the close, where the provider's post-market bars take prices of Form T trades in full.

    A regular session counts those for their volume alone. So volume and trades are equal, and the
    own range lies within theirs. Or there is no own bar, in a minute after the auction's first:
    then Form T is what trades, and makes no price.
    """
    within = (d.ours.high <= d.theirs.high) & (d.ours.low >= d.theirs.low)
    return (d.auction & d.both & within & same_volume(d)) | (d.after_auction & ~d.ours.has)


def correction(d: Differences) -> Mask:
    """The bars were alike when the day was compared before: the provider has changed its own."""
    return d.was_equal


def late_trade(d: Differences) -> Mask:
    """Trades within the bar's range are missing, and the streams know that they left some out.

    A trade later than 15 minutes revises no bar; it is counted as dropped. All that are missing
    from the bars compared together must be among those.
    """
    missing = missing_trades(d)
    more = d.theirs.volume - d.ours.volume
    paid = d.theirs.vwap * d.theirs.volume - d.ours.vwap * d.ours.volume
    with np.errstate(divide="ignore", invalid="ignore"):
        price = paid / more
    # The provider's vwap has four digits: of many shares, they leave the price of a few uncertain.
    slack = 1e-4 * d.theirs.volume / np.where(more > 0, more, np.nan)
    within = (price >= d.ours.low - slack) & (price <= d.ours.high + slack)
    found = d.both & same_prices(d) & (more > 0) & (missing > 0) & within
    return found & (float(missing[found].sum()) <= d.dropped)


def fractional_sizes(d: Differences) -> Mask:
    """Fractions of shares are counted here; the provider's volume is a whole number."""
    theirs_whole = d.theirs.volume == np.round(d.theirs.volume)
    ours_whole = alike(d.ours.volume, np.round(d.ours.volume))
    near = np.abs(d.theirs.volume - d.ours.volume) < 1.0
    known = ~np.isnan(d.ours.trade_count) & ~np.isnan(d.theirs.trade_count)
    same_trades = known & (missing_trades(d) == 0)
    return same_prices(d) & near & theirs_whole & ~ours_whole & same_trades & vwap_near(d)


def vwap_tolerance(d: Differences) -> Mask:
    """Everything is equal but vwap, and that by less than a hundredth of a percent."""
    return same_prices(d) & same_volume(d) & vwap_near(d)


def vwap_near(d: Differences) -> Mask:
    """The two vwaps are within a hundredth of a percent, or one is not known."""
    return ~(np.abs(d.ours.vwap - d.theirs.vwap) > VWAP_SHARE * np.abs(d.theirs.vwap))


RULES = (
    Rule("outside_session", outside_session, takes_over=False),
    Rule("partial_bar", partial_bar),
    Rule("gap", gap),
    Rule("not_streamed", not_streamed),
    Rule("odd_lots_only", odd_lots_only, takes_over=False),
    Rule("closing_auction", closing_auction, takes_over=False),
    Rule("fractional_sizes", fractional_sizes, takes_over=False),
    Rule("vwap_tolerance", vwap_tolerance, takes_over=False),
    Rule("correction", correction),
    Rule("late_trade", late_trade),
)
UNEXPLAINED = -1


def explain(d: Differences) -> Ints:
    """The place in `RULES` of the first rule that explains each difference; -1 where none does."""
    found = np.full(len(d), UNEXPLAINED, np.int64)
    for number, rule in enumerate(RULES):
        found[(found == UNEXPLAINED) & rule.explains(d)] = number
    return found
