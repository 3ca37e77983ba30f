"""System checks: every listed indicator and detector must load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register

from patterns import registry
from patterns.store import ALL, stored_names


@register("tickstock")
def definitions_load(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """What is registered loads and fits together, and what is to be stored is registered.

    tickstock.E101 for each module that fails to load, E102 where they do not fit together, E103
    for a name in INDICATORS_STORED that none of them has.
    """
    errors = [
        *_failures("indicator", registry.INDICATOR_MODULES, registry.load_indicators),
        *_failures("detector", registry.DETECTOR_MODULES, registry.load_detectors),
    ]
    return errors or _misfits() or _unknown_stored()


def _failures(
    kind: str, modules: Sequence[str], load: Callable[[str], object]
) -> list[CheckMessage]:
    return [error for module in modules if (error := _failure(kind, module, load)) is not None]


def _failure(kind: str, module: str, load: Callable[[str], object]) -> CheckMessage | None:
    try:
        if load(module):
            return None
        reason = "it lists no DEFINITIONS"
    except Exception as error:  # noqa: BLE001 - a module may fail in any way; this names it
        reason = f"{type(error).__name__}: {error}"
    return Error(
        f"The {kind} module {module!r} does not load: {reason}",
        hint=f"Mend patterns/{kind}s/{module}.py, or take it out of patterns/registry.py.",
        id="tickstock.E101",
    )


def _misfits() -> list[CheckMessage]:
    try:
        registry.standard()
    except (ValueError, LookupError) as error:
        hint = "Names are unique, and a detector's inputs are outputs of registered indicators."
        return [Error(str(error), hint=hint, id="tickstock.E102")]
    return []


def _unknown_stored() -> list[CheckMessage]:
    hint = "Example: INDICATORS_STORED=RSI_14,VWAP, or INDICATORS_STORED=all"
    errors: list[CheckMessage] = []
    for name in stored_names():
        try:
            if name != ALL:
                registry.standard().indicator(name)
        except registry.UnknownDefinition as error:
            errors.append(Error(f"INDICATORS_STORED: {error}", hint=hint, id="tickstock.E103"))
    return errors
