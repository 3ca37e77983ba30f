"""The phase `indicators`: stored indicators of daily bars that have none, or whose bars changed."""

from admin_processing.phases.daily_bars import DailyBarsPhase
from patterns.daily_job import INDICATORS

PHASE = DailyBarsPhase("indicators", INDICATORS)
