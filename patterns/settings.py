"""What operators have set for the detectors, and the registry that follows from it.

The stream asks `settings_version` between minutes, and builds its registry anew where it has
changed. A row that can not be used is left out and told of: it never stops a minute.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from patterns.definitions import Detector
from patterns.registry import Registry

READ = "SELECT pattern_type, enabled, parameters FROM detector_settings ORDER BY pattern_type"
VERSION = """SELECT coalesce(md5(string_agg(setting::text, ',' ORDER BY pattern_type)), '')
FROM detector_settings AS setting"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One stored row. parameters: those alone that differ from the detector's own."""

    pattern_type: str
    enabled: bool = True
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """A setting that is left out, and why."""

    pattern_type: str
    reason: str


def read_settings(cursor: Any) -> tuple[Setting, ...]:
    """Every stored setting, as it stands."""
    cursor.execute(READ)
    return tuple(Setting(name, enabled, _object(text)) for name, enabled, text in cursor.fetchall())


def settings_version(cursor: Any) -> str:
    """Another text whenever any row is another; one small query."""
    cursor.execute(VERSION)
    return str(cursor.fetchone()[0])


def configured(registry: Registry, settings: Iterable[Setting]) -> Registry:
    """The registry without the detectors that are switched off, with the others as they are set.

    A setting that can not be used leaves its detector as it is; `faults` says which those are.
    """
    detectors = {detector.pattern_type: detector for detector in registry.detectors}
    for setting in settings:
        if setting.pattern_type not in detectors:
            continue
        if not setting.enabled:
            del detectors[setting.pattern_type]
        elif not isinstance(made := _applied(registry, setting), Fault):
            detectors[setting.pattern_type] = made
    return Registry(registry.indicators, detectors.values())


def faults(registry: Registry, settings: Iterable[Setting]) -> tuple[Fault, ...]:
    """The settings that `configured` leaves out."""
    made = (_applied(registry, setting) for setting in settings)
    return tuple(result for result in made if isinstance(result, Fault))


def applied(registry: Registry, setting: Setting) -> Detector:
    """The setting's detector with its parameters.

    Raises UnknownDefinition, or ValueError that names the parameter, the value and the bound.
    """
    detector = registry.detector(setting.pattern_type)
    if not isinstance(setting.parameters, Mapping):
        raise ValueError(f"{setting.pattern_type}: its parameters are no JSON object")
    made = detector.with_parameters(setting.parameters)
    Registry(registry.indicators, (made,))
    return made


def _applied(registry: Registry, setting: Setting) -> Detector | Fault:
    try:
        return applied(registry, setting)
    except (ValueError, LookupError, TypeError, ArithmeticError) as error:
        return Fault(setting.pattern_type, str(error))


def overrides(detector: Detector, values: Mapping[str, float]) -> dict[str, float]:
    """Those of the values that differ from the detector's own."""
    own = detector.adjustable
    return {name: value for name, value in values.items() if value != own[name]}


def _object(value: Any) -> Any:
    """A JSON column's value: Django's connections hand it over as text."""
    return json.loads(value) if isinstance(value, str) else value
