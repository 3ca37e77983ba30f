"""Channel: a trend between two parallel lines, its trend line touched for the third time."""

from __future__ import annotations

from functools import partial

import numpy as np

from patterns.candles import as_strength
from patterns.definitions import Detector, Direction, Parts, Strength
from patterns.detectors.chart.formation import (
    Swings,
    closeness,
    formation,
    formed,
    here,
    share,
    volume_round,
)
from patterns.examples import path
from patterns.geometry import Geometry, line_at, line_slope
from patterns.levels import Levels
from patterns.views import BarView, Bools, Floats

EXAMPLE = path(
    [(0, 106), (22, 100), (31, 109), (38, 104), (47, 113), (54, 108), (57, 110.5)],
)
BOUNDS = {
    "tolerance": (0.05, 2.0),
    "width": (1.0, 20.0),
    "rise": (0.1, 10.0),
    "length": (10, 110),
}


class Lane(Swings):
    """Levels of a rising channel; a falling one (`side` -1) is read upside down.

    The trend line goes through pivots 4 and 0, the channel line through 3 and 1.
    """

    def trend_line(self, ago: Floats | float) -> Floats:
        """Level of the trend line `ago` bars back."""
        return line_at((self.ago(4), self.level(4)), (self.ago(0), self.level(0)), ago)

    def channel_line(self, ago: Floats | float) -> Floats:
        """Level of the line that runs along the other ends of the swings."""
        return line_at((self.ago(3), self.level(3)), (self.ago(1), self.level(1)), ago)

    def widths(self) -> tuple[Floats, Floats]:
        """From the trend line to the two touches of the channel line."""
        first = self.level(3) - self.trend_line(self.ago(3))
        return first, self.level(1) - self.trend_line(self.ago(1))

    def width(self) -> Floats:
        """Their mean."""
        first, second = self.widths()
        return (first + second) / 2.0

    def off(self) -> Floats:
        """How far the middle touch lies from the trend line."""
        return self.level(2) - self.trend_line(self.ago(2))

    def slope(self) -> Floats:
        """How much the channel line rises a bar."""
        return line_slope((self.ago(3), self.level(3)), (self.ago(1), self.level(1)))

    def rise(self) -> Floats:
        """What the trend line rises from its first touch to its last."""
        return self.level(0) - self.level(4)


def channel(
    tolerance: float = 0.5, width: float = 2.5, rise: float = 0.75, length: int = 20
) -> Detector:
    """Three touches of the trend line and two of its parallel, all within `tolerance` units.

    The lines lie `width` units apart; over `length` bars or more they rise by `rise` times that.
    """

    def found(view: BarView, side: int) -> Bools:
        lane = Lane(view, side)
        near = tolerance * lane.unit
        first, second = lane.widths()
        return (
            (np.abs(lane.off()) <= near)
            & (np.abs(first - second) <= near)
            & (np.minimum(first, second) >= width * lane.unit)
            & (lane.rise() >= rise * lane.width())
            & (lane.ago(4) - lane.ago(0) >= length)
            & (lane.close > lane.trend_line(0.0))
            & (lane.close < lane.channel_line(0.0))
        )

    def find(view: BarView) -> Strength:
        up, down = (formed(view, -side, partial(found, side=side)) for side in (1, -1))
        return as_strength(up) - as_strength(down)

    def parts(view: BarView, direction: Direction) -> Parts:
        lane = Lane(view, direction)
        near = tolerance * lane.unit
        first, second = lane.widths()
        ends, starts = (
            volume_round(view, lane.ago(i)) + volume_round(view, lane.ago(j))
            for i, j in ((3, 1), (2, 0))
        )
        return {
            "fit": 0.5 * closeness(lane.off(), near) + 0.5 * closeness(first - second, near),
            "volume": share(ends, starts),
            "trend": share(lane.rise(), lane.width()),
        }

    def levels(view: BarView, direction: Direction, span: int) -> Levels:
        lane = Lane(view, direction)
        line = lane.channel_line(0.0)
        return lane.levels(line, lane.trend_line(0.0), line + lane.width(), lane.slope())

    def geometry(view: BarView, direction: Direction) -> Geometry:
        lane = Lane(view, direction)
        ends = (direction * lane.trend_line(0.0), direction * lane.channel_line(0.0))
        return Geometry(
            pivots={f"touch_{n}": lane.anchor(5 - n) for n in range(1, 6)},
            lines={
                "trend_line": (lane.anchor(4), here(ends[0])),
                "channel_line": (lane.anchor(3), here(ends[1])),
            },
        )

    return formation(
        pattern_type="channel",
        title="Channel",
        family="continuation",
        formula="rising: three swing lows on one rising line, the middle one within "
        f"{tolerance:g} units of it; the two swing highs between them equally far from it within "
        f"{tolerance:g} units, and at least {width:g} units away; it rises by at least {rise:g} "
        f"times that, over at least {length} bars; the close between the lines. Falling: "
        "mirrored. A unit is the mean true range of 20 bars. Trigger: the line through the two "
        "highs (lows), which moves on; stop: the trend line at this bar; target: the width "
        "beyond the trigger. volume: more at the ends of the moves with the trend.",
        source="John J. Murphy, Technical Analysis of the Financial Markets (the channel line)",
        parameters={"tolerance": tolerance, "width": width, "rise": rise, "length": length},
        bounds=BOUNDS,
        make=channel,
        find=find,
        parts=parts,
        levels=levels,
        geometry=geometry,
        example=EXAMPLE,
        expires=30,
    )


DEFINITIONS = (channel(),)
