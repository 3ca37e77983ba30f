"""What an analysis gives: indicator values as a matrix, detections as columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterns.context import HIGHER_TREND
from patterns.definitions import DAILY, DIRECTION_NAMES, Detector, Direction, Floats, Parts
from patterns.evidence import agreement
from patterns.geometry import described
from patterns.identity import detection_id
from patterns.levels import Levels
from patterns.views import BarView, Bools, Ints

FORMED = "formed"
REVISED = "revised"

AGREEMENT = "agreement"
AGREEMENT_WEIGHT = 0.15
"""What the next higher timeframe counts in every confidence, beside the detector's own parts."""


def tier_of(timeframe: str) -> str:
    """`daily` for daily bars, `intraday` for the others."""
    return "daily" if timeframe in DAILY else "intraday"


@dataclass(frozen=True, slots=True)
class Detection:
    """One pattern on one bar.

    detection_key: `pattern_type:timeframe`; detection_id follows from symbol, key and bar time.
    price: close of the bar that completed it. bar_time_ms: that bar's start.
    pattern_data: parts, price, bars (start times in ms, oldest first), strength, holds, levels
        (trigger, stop, target) of one with a direction, geometry of one that has lines, and
        partial where a bar of the pattern is partial.
    """

    detection_id: str
    detection_key: str
    symbol: str
    pattern_type: str
    timeframe: str
    tier: str
    direction: str
    confidence: float
    price: float
    bar_time_ms: int
    state: str
    pattern_data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LifeChange:
    """A detection that has come to another state.

    life: its states so far, each with the start of the bar that made it: `[[state, ms], …]`.
    """

    detection: Detection
    life: list[list[str | int]]


@dataclass(frozen=True, slots=True)
class StoredLife:
    """A detection as the database has it; life: `[state, bar's start in ms]`, in order."""

    detection: Detection
    life: list[list[Any]]


@dataclass(frozen=True, slots=True)
class Hits:
    """All that one detector found in one view, as columns of one length.

    row: position in the symbols list. bar: number of the bar, 0 the symbol's first that is known.
    bars_ms: shape (hits, span), oldest bar first. partial: whether a bar of the pattern is.
    geometry: one object a hit, or empty where the detector has none.
    """

    detector: Detector
    row: Ints
    bar: Ints
    strength: NDArray[np.int16]
    direction: Direction
    confidence: Floats
    price: Floats
    bars_ms: Ints
    partial: Bools
    parts: Parts
    levels: Levels
    geometry: list[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.row)

    def where(self, kept: Bools) -> Hits:
        """Those of them that are kept."""
        if kept.all():
            return self
        levels = self.levels
        return Hits(
            detector=self.detector,
            row=self.row[kept],
            bar=self.bar[kept],
            strength=self.strength[kept],
            direction=self.direction[kept],
            confidence=self.confidence[kept],
            price=self.price[kept],
            bars_ms=self.bars_ms[kept],
            partial=self.partial[kept],
            parts={name: values[kept] for name, values in self.parts.items()},
            levels=Levels(
                levels.trigger[kept], levels.stop[kept], levels.target[kept], levels.slope[kept]
            ),
            geometry=[self.geometry[i] for i in np.flatnonzero(kept)] if self.geometry else [],
        )

    def detections(self, symbols: Sequence[str], timeframe: str) -> Iterator[Detection]:
        """One object a hit."""
        pattern_type, key = self.detector.pattern_type, self.detector.key(timeframe)
        tier = tier_of(timeframe)
        columns = (self.row, self.direction, self.confidence, self.price)
        rows = zip(*(column.tolist() for column in columns), self._data(), strict=True)
        for row, direction, confidence, price, data in rows:
            symbol, bar_time_ms = symbols[row], data["bars"][-1]
            yield Detection(
                detection_id=detection_id(symbol, key, bar_time_ms),
                detection_key=key,
                symbol=symbol,
                pattern_type=pattern_type,
                timeframe=timeframe,
                tier=tier,
                direction=DIRECTION_NAMES[direction],
                confidence=confidence,
                price=price,
                bar_time_ms=bar_time_ms,
                state=FORMED,
                pattern_data=data,
            )

    def _data(self) -> Iterator[dict[str, Any]]:
        """Each hit's `pattern_data`."""
        names = list(self.parts)
        parts = zip(*(np.round(self.parts[name], 6).tolist() for name in names), strict=True)
        columns = (self.price, self.bars_ms, self.strength, self.partial)
        rows = zip(parts, *(column.tolist() for column in columns), self._levels(), strict=True)
        for number, (values, price, bars_ms, strength, partial, levels) in enumerate(rows):
            data: dict[str, Any] = {
                "parts": dict(zip(names, values, strict=True)),
                "price": price,
                "bars": bars_ms,
                "strength": strength,
                "holds": True,
            }
            if levels is not None:
                data["levels"] = levels
            if self.geometry:
                data["geometry"] = self.geometry[number]
            if partial:
                data["partial"] = True
            yield data

    def _levels(self) -> Iterator[dict[str, float] | None]:
        sides = (self.levels.trigger, self.levels.stop, self.levels.target, self.levels.slope)
        for row in zip(*(np.round(side, 6).tolist() for side in sides), strict=True):
            trigger, stop, target, slope = row
            if not all(isfinite(price) for price in row):
                yield None
            elif slope:
                yield {"trigger": trigger, "stop": stop, "target": target, "slope": slope}
            else:
                yield {"trigger": trigger, "stop": stop, "target": target}


@dataclass(frozen=True)
class MinuteAnalysis:
    """All indicators and detections of the symbols that have a bar in one minute.

    row: position in `symbols`, one a bar. names, values: shape (bars, names); NaN in warm-up.
    hits, found: the detections as columns, a block a detector, and as objects.
    changes: detections of earlier bars that have come to another state on this one.
    pattern_types: the detectors that ran, whether they found anything or not.
    revision: it replaces an earlier analysis of these symbols' bars in this minute.
    """

    bar_time_ms: int
    timeframe: str
    symbols: Sequence[str]
    row: Ints
    names: tuple[str, ...]
    values: Floats
    hits: tuple[Hits, ...]
    pattern_types: tuple[str, ...] = ()
    revision: bool = False
    changes: tuple[LifeChange, ...] = ()
    found: tuple[Detection, ...] = ()

    @property
    def detection_count(self) -> int:
        """How many detections there are."""
        return len(self.found)

    def indicators(self, row: int) -> Mapping[str, float]:
        """One symbol's values by name, without those still warming up; none without a bar."""
        known = {}
        for values in self.values[self.row == row].tolist():
            known = dict(zip(self.names, values, strict=True))
        return {name: value for name, value in known.items() if isfinite(value)}


def find_hits(detector: Detector, view: BarView) -> Hits | None:
    """What the detector finds in a view that `points` can narrow; None where it finds nothing.

    Hits below its `min_confidence` are left out; its `cool_down` is applied by who knows what
    was found before (`patterns.cool_downs`).
    """
    strength = detector.strength(view)
    hit = strength != 0
    if not hit.any():
        return None
    if detector.keep is not None:
        hit &= detector.keep(view)
        if not hit.any():
            return None
    points = view.points(hit)
    return _describe(detector, points, view.pick(hit, strength))


def _describe(detector: Detector, points: BarView, strength: NDArray[np.int16]) -> Hits | None:
    direction = detector.direction(points, strength)
    parts = detector.parts(points, direction)
    parts[AGREEMENT] = agreement(points, direction, HIGHER_TREND)
    own = detector.confidence(parts)
    confidence = np.round((1.0 - AGREEMENT_WEIGHT) * own + AGREEMENT_WEIGHT * parts[AGREEMENT], 6)
    good = confidence >= detector.min_confidence
    if not good.any():
        return None
    if not good.all():
        # What is dropped needs neither geometry nor levels.
        parts = {name: values[good] for name, values in parts.items()}
        strength, direction, confidence = strength[good], direction[good], confidence[good]
        points = points.points(good)
    return _hits(detector, points, strength, direction, confidence, parts)


def _hits(
    detector: Detector,
    points: BarView,
    strength: NDArray[np.int16],
    direction: Direction,
    confidence: Floats,
    parts: Parts,
) -> Hits:
    span = range(detector.span - 1, -1, -1)
    geometry = detector.geometry
    return Hits(
        detector=detector,
        row=points.rows,
        bar=points.count - 1,
        strength=strength,
        direction=direction,
        confidence=confidence,
        price=points.close[0],
        bars_ms=np.stack([points.time_ms[ago] for ago in span], axis=1),
        partial=np.logical_or.reduce([points.partial[ago] for ago in span]),
        parts=parts,
        levels=detector.levels(points, direction, detector.span),
        geometry=[] if geometry is None else described(points, geometry(points, direction)),
    )
