"""What a definition may read that its own bars do not hold: values from other timeframes.

They are inputs like any indicator's output (`view.given(name)`), and NaN where nobody gave them.
All of them were known before the current bar began, so they are no look-ahead.
"""

HIGHER_TREND = "HIGHER_TREND"
"""Signed efficiency, -1 … 1, of the last closed bars of the next higher timeframe."""

EXPECTED_VOLUME = "EXPECTED_VOLUME"
"""Mean volume of this symbol's bars at this time of day, over earlier sessions."""

NAMES = (HIGHER_TREND, EXPECTED_VOLUME)
