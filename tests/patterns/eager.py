"""Detectors that detect all that they find, for tests that want many detections and few detectors.

What is kept, how sure it must be and how long a pattern rests are left out.
"""

from __future__ import annotations

from dataclasses import replace

from patterns.definitions import Detector
from patterns.registry import Registry, standard

SOME_OUTPUTS = ("RSI_14", "SMA_20", "EMA_12", "MACD", "BB_UPPER", "ATR_14", "VWAP", "OBV")
SOME_PATTERNS = (
    "engulfing",
    "hammer",
    "doji",
    "harami",
    "volume_spike",
    "session_high",
    "double_top",
    "inside_bar",
)
"""Of every kind: windows, recursions, sessions, swings with geometry; with a direction or none."""


def eager(detector: Detector, cool_down: int = 0) -> Detector:
    """The same detector, content with all that it finds."""
    return replace(detector, keep=None, min_confidence=0.0, cool_down=cool_down)


def some(cool_down: int = 0) -> Registry:
    """A few definitions of every kind, as eager as can be."""
    part = standard().only(SOME_OUTPUTS, SOME_PATTERNS)
    return Registry(part.indicators, [eager(d, cool_down) for d in part.detectors])
