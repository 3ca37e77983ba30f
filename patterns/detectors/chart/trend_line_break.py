"""Trend-line break: a close beyond the line through the last three highs, or lows."""

from __future__ import annotations

from functools import partial

import numpy as np

from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.chart.lines import (
    Line,
    at_these,
    bars_from,
    chosen,
    closes,
    judged,
    read_at,
)
from patterns.evidence import or_unknown, ratio, saturating, volume_part
from patterns.examples import path
from patterns.geometry import Anchor, Geometry
from patterns.levels import Levels, levels
from patterns.pivots import MAX_AGE, PIVOT_INPUTS, PIVOT_WARM_UP, UNIT_BARS, pivots, unit
from patterns.views import BarView, Bools, Floats

Side = int | Floats
"""1 for the line through highs, whose break is bullish; -1 for the one through lows."""

FEWEST_BARS = 15
LONGEST_REST = 40
SPAN = 2


def _pivot(view: BarView, side: Side, number: int) -> Anchor:
    """The high (side 1) or low (side -1) that `number` of its kind have followed."""
    swing = pivots(view)
    newest = np.where(swing.newest_is_high, 1.0, -1.0) == side
    return chosen(newest, swing.anchor(2 * number), swing.anchor(2 * number + 1))


def _line(view: BarView, side: Side) -> Line:
    return Line(_pivot(view, side, 2), _pivot(view, side, 0))


def _crossed(view: BarView, side: int) -> Bools:
    """A close beyond the line, and the close before not beyond it; the line runs against it."""
    line = _line(view, side)
    now, before = view.close[0] - line.at(0.0), view.close[1] - line.at(1.0)
    return (line.slope * side < 0) & (now * side > 0) & (before * side <= 0)


def _off_line(view: BarView, side: Side) -> Floats:
    """How far the middle one of the three pivots lies off the line, in mean ranges."""
    ago, price = _pivot(view, side, 1)
    return ratio(np.abs(price - _line(view, side).at(ago)), unit(view))


def _unbroken(view: BarView, line: Line, side: int) -> Bools:
    """Whether every close since the line's last pivot kept to its side, until the newest."""
    ago, close = closes(view, LONGEST_REST)
    beyond = (close - line.at(ago)) * side > 0
    last = line.last[0]
    return (last <= LONGEST_REST) & ~(beyond & (ago > 0) & (ago < last)).any(axis=0)


def _farthest(view: BarView, side: Side) -> Floats:
    """How far the line lies from the farthest pivot of the other kind between its ends."""
    line = _line(view, side)
    farthest = np.zeros(line.first[0].shape)
    for number in range(3):
        ago, price = _pivot(view, -side, number)
        between = (ago < line.first[0]) & (ago > line.last[0])
        gap = side * (line.at(ago) - price)
        farthest = np.where(between, np.maximum(farthest, gap), farthest)
    return farthest


def _extreme(view: BarView, side: Floats, last: Floats) -> Floats:
    """The lowest low (bearish: the highest high) since the line's last pivot."""
    ago = bars_from(np.zeros(last.shape), LONGEST_REST + 1)
    since = ago <= last
    low = np.where(since, read_at(view, "low", ago), np.inf).min(axis=0)
    high = np.where(since, read_at(view, "high", ago), -np.inf).max(axis=0)
    return np.where(side > 0, low, high)


def _fresh(view: BarView, side: int) -> Bools:
    """Whether the line was not broken before, and this close has not gone the whole way."""
    line = _line(view, side)
    gone = side * (view.close[0] - line.at(0.0))
    return _unbroken(view, line, side) & (gone < _farthest(view, side))


def _levels(view: BarView, direction: Direction, span: int) -> Levels:
    side = direction.astype(np.float64)
    line = _line(view, side)
    trigger = line.at(0.0)
    stop = _extreme(view, side, line.last[0])
    return levels(trigger, stop, trigger + side * _farthest(view, side), line.slope)


def _geometry(view: BarView, direction: Direction) -> Geometry:
    side = direction.astype(np.float64)
    names = ("first", "second", "third")
    return Geometry(
        pivots={name: _pivot(view, side, 2 - number) for number, name in enumerate(names)},
        lines={"trend": _line(view, side).drawn},
    )


def trend_line_break(off_line: float = 0.4, steep: float = 0.06) -> Detector:
    """off_line: how many mean ranges the middle one of three pivots may lie off the line.

    steep: mean ranges that the line must move a bar.
    """

    def judge(view: BarView, side: int) -> Floats:
        line = _line(view, side)
        right = (
            (line.first[0] - line.last[0] >= FEWEST_BARS)
            & (_off_line(view, side) <= off_line)
            & (-side * line.slope >= steep * unit(view))
        )
        return at_these(view, right, lambda few: _fresh(few, side))

    def find(view: BarView) -> Strength:
        up, down = (
            judged(view, _crossed(view, side), partial(judge, side=side)) for side in (1, -1)
        )
        return (up - down).astype(np.int16)

    def parts(view: BarView, direction: Direction) -> Parts:
        side = direction.astype(np.float64)
        beyond = side * ratio(view.close[0] - _line(view, side).at(0.0), unit(view))
        return {
            "fit": or_unknown(np.clip(1.0 - _off_line(view, side) / off_line, 0.0, 1.0)),
            "volume": volume_part(view),
            "break": or_unknown(saturating(2.0 * beyond)),
        }

    return Detector(
        pattern_type="trend_line_break",
        title="Trend-line break",
        family="breakout",
        formula=f"the last three highs lie on a falling line (the middle one within {off_line:g} "
        f"mean ranges of it), which is {FEWEST_BARS} bars long or more and falls by {steep:g} "
        "mean ranges a bar or more; no close since its last high was beyond it until this bar's, "
        "which has not yet gone the whole way; the bearish one mirrored, through lows; trigger "
        "the line (a second close beyond it confirms), stop the lowest low since its last high, "
        "target as far beyond the line as the farthest low between its ends is from it",
        source="Robert D. Edwards and John Magee, Technical Analysis of Stock Trends, 1948; "
        "measure rule as in Thomas N. Bulkowski, Encyclopedia of Chart Patterns",
        parameters={"off_line": off_line, "steep": steep},
        bounds={"off_line": (0.05, 2.0), "steep": (0.0, 0.5)},
        make=trend_line_break,
        inputs=PIVOT_INPUTS,
        warm_up=PIVOT_WARM_UP + UNIT_BARS,
        lookback=MAX_AGE + 1,
        span=SPAN,
        gaps="counts bars, not minutes: a gap is one step of the line",
        find=find,
        parts=parts,
        weights={"fit": 0.4, "volume": 0.3, "break": 0.3},
        geometry=_geometry,
        levels=_levels,
        example=path(
            [(0, 50), (12, 60), (18, 54), (24, 57), (30, 51), (36, 54), (42, 49.5), (46, 52)],
            wick=0.3,
        ),
        min_confidence=0.5,
        cool_down=15,
        expires=20,
    )


DEFINITIONS = (trend_line_break(),)
