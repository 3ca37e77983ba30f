"""Why a row is not let in: one reason a row, the first that holds in this order.

What is bounded, and why there:

- A stale source repeats its last bar. `STALE_RUN`: in five years of 505 symbols no daily bar has
  all five values of the one before, so five alike are no trading; a quiet symbol's minutes may be
  alike by a trade of 100 shares each, so it takes half an hour of them.
- `JUMP`: the same 505 symbols moved by at most 2.4 times from one bar to the next; beyond four
  times it is a fault or a split that nobody has told of. A split within `SPLIT_DAYS` explains it:
  sources differ by a few days in when they apply one. A bar older than `LOOK_BACK_DAYS` is not
  held against: after so long a halt any price may be right.
- A day's bar is made of trades. One without volume is filler, as seven of the 505 symbols have on
  one day. A minute may have none: some trades move the price alone (a corrected close).
"""

from __future__ import annotations

from enum import IntEnum

STALE_RUN = {"1d": 5, "1m": 30}
JUMP = 4.0
SPLIT_DAYS = 5
LOOK_BACK_DAYS = 31
LONGEST_NAME = 24


class Reason(IntEnum):
    """Why a row is not stored; `GOOD` ones are, and `REPEATED` and `UNWANTED` are not faults.

    RANGE: high or low contradict open, close or each other. PRICE: one is not finite or not above
    zero. VOLUME: negative or not finite. NO_VOLUME: zero, on a day. NAME: no symbol's name.
    FUTURE: not over yet. SESSION: no session then, or no bar's beginning. DUPLICATE: the same bar
    twice, with other values. STALE, JUMP: see above. MIXED_ADJUSTMENT: would mix adjusted bars
    with bars as traded. REPEATED: the same row again. UNWANTED: outside the hours
    that MARKET_SESSION takes.
    """

    GOOD = 0
    RANGE = 1
    PRICE = 2
    VOLUME = 3
    NO_VOLUME = 4
    NAME = 5
    FUTURE = 6
    SESSION = 7
    DUPLICATE = 8
    STALE = 9
    JUMP = 10
    MIXED_ADJUSTMENT = 11
    REPEATED = 20
    UNWANTED = 21

    @property
    def code(self) -> str:
        """What `rejected_rows.reason` holds."""
        return self.name.lower()

    @property
    def is_fault(self) -> bool:
        """Whether such a row is listed."""
        return Reason.GOOD < self < Reason.REPEATED
