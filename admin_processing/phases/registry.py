"""The phases that there are; a new one is one module, and one line here."""

from __future__ import annotations

import importlib
from functools import cache

from admin_processing.runs.phase import Phase

MODULES = {
    "import": "import_bars",
    "cache": "sync_cache",
    "indicators": "indicators",
    "patterns": "patterns",
    "heal": "heal",
    "reconcile": "reconcile",
}


@cache
def phase_named(name: str) -> Phase:
    """The phase of this name in the contract. Raises KeyError."""
    module = importlib.import_module(f"admin_processing.phases.{MODULES[name]}")
    phase: Phase = module.PHASE
    return phase
