"""The catalogue as its pages show it; what is drawn is drawn once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connections
from django.utils.safestring import SafeString, mark_safe

from patterns import catalogue
from patterns.catalogue import Entry
from patterns.definitions import DIRECTION_NAMES, Detector, Indicator
from patterns.demonstration import Demonstration, demonstrate, demonstrate_indicator
from patterns.registry import standard
from patterns.settings import configured, read_settings
from streaming.pictures import indicators, patterns
from streaming.web.database import ALIAS

Settled = dict[str, Detector]


@cache
def entries() -> tuple[Entry, ...]:
    """Every pattern and every shown indicator."""
    return catalogue.entries_of(standard())


@dataclass(frozen=True, slots=True)
class Card:
    """An entry in the list; hidden where it is not what is searched."""

    entry: Entry
    picture: SafeString
    hidden: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A family in the list."""

    title: str
    cards: list[Card]

    @property
    def hidden(self) -> bool:
        """Whether all of it is."""
        return all(card.hidden for card in self.cards)


def sections(query: str) -> list[Section]:
    """All entries by family; those that the query does not find are hidden."""
    return [
        Section(family.title, [_card(entry, query) for entry in family.entries])
        for family in catalogue.grouped(entries())
    ]


def _card(entry: Entry, query: str) -> Card:
    return Card(entry, small_picture(entry.name), not entry.matches(query))


def entry_of(name: str) -> Entry:
    """Raises UnknownDefinition with a near match."""
    return catalogue.find_entry(entries(), name)


@cache
def _demonstration(name: str) -> Demonstration:
    definition = entry_of(name).definition
    if isinstance(definition, Detector):
        return demonstrate(definition, standard())
    return demonstrate_indicator(definition, standard())


@cache
def small_picture(name: str) -> SafeString:
    """For the list; empty for a pattern without an example."""
    entry, shown = entry_of(name), _demonstration(name)
    if not shown.bars:
        return SafeString("")
    draw = patterns.small_pattern if entry.kind == "pattern" else indicators.small_indicator
    return mark_safe(draw(shown))  # every word in it is escaped by `pictures.svg`


@cache
def picture(name: str) -> SafeString:
    """For an entry's own page; empty for a pattern without an example."""
    entry, shown = entry_of(name), _demonstration(name)
    if not shown.bars:
        return SafeString("")
    pattern = entry.kind == "pattern"
    draw = patterns.pattern_picture if pattern else indicators.indicator_picture
    return mark_safe(draw(entry.name, entry.title, shown))


def settled() -> Settled:
    """The detectors that are on, as they are set here, by name."""
    with connections[ALIAS].cursor() as cursor:
        settings = read_settings(cursor)
    return {made.pattern_type: made for made in configured(standard(), settings).detectors}


def about_pattern(detector: Detector, present: Settled) -> dict[str, Any]:
    """What a pattern's page says beside its definition."""
    detection = _demonstration(detector.pattern_type).detection
    data = {} if detection is None else detection.pattern_data
    parts = data.get("parts", {})
    now = present.get(detector.pattern_type)
    return {
        "off": now is None,
        "parameters": catalogue.adjustables(detector, now),
        "shares": [(part, parts.get(part.name)) for part in catalogue.shares(detector)],
        "confidence": detection.confidence if detection else None,
        "levels": data.get("levels", {}),
        "drawn": bool(data.get("geometry")),
        "life": catalogue.life(detector, detection is None or "levels" in data),
        "direction": detection.direction if detection else DIRECTION_NAMES[0],
    }


def about_indicator(indicator: Indicator) -> dict[str, Any]:
    """What an indicator's page says beside its definition."""
    parameters = {
        catalogue.words_of(name): catalogue.number_text(value)
        for name, value in indicator.parameters.items()
    }
    numbers = (number % indicators.COLOURS + 1 for number in range(len(indicator.outputs)))
    return {
        "parameters": parameters,
        "keys": list(zip(indicator.outputs, numbers, strict=True)),
        "read_by": [entry for entry in entries() if _reads(entry.definition, indicator)],
    }


def _reads(definition: Detector | Indicator, indicator: Indicator) -> bool:
    return isinstance(definition, Detector) and not set(indicator.outputs).isdisjoint(
        definition.inputs
    )
