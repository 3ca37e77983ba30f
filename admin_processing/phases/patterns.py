"""The phase `patterns`: detections of the daily tier with their lives, and combos with them."""

from admin_processing.phases.daily_bars import DailyBarsPhase
from patterns.daily_job import DETECTIONS

PHASE = DailyBarsPhase("patterns", DETECTIONS)
