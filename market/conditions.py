"""Which trades may move a bar: trade condition ids, and what each of them may update.

The rules are data, in `data/conditions.json`, and can be replaced by what the provider's
`/v3/reference/conditions` says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HIGH_LOW = 1
OPEN_CLOSE = 2
VOLUME = 4
EVERYTHING = 7
FORM_T = 8
UNKNOWN = 128

# Ids at or above this are unknown; the provider's are below 100.
SIZE = 256
BUILT_IN = Path(__file__).parent / "data" / "conditions.json"


class ConditionTable:
    """Condition ids to flags.

    `entries`: uint8 of shape (256,); bits 1, 2, 4 say what the id lets a trade update, 8 marks
    Form T (its other bits are those outside regular hours; inside, only the volume counts), 128
    an id that is not known, which lets a trade update everything.
    """

    def __init__(self, entries: Mapping[int, int]) -> None:
        self.entries: NDArray[np.uint8] = np.full(SIZE, EVERYTHING | UNKNOWN, np.uint8)
        for condition, flags in entries.items():
            if not 0 <= condition < SIZE:
                raise ValueError(f"condition id {condition}: must be from 0 to {SIZE - 1}")
            self.entries[condition] = flags

    def flags(self, conditions: Iterable[int]) -> int:
        """What a trade with these conditions may update; any "no" wins.

        Bit 128 is set where an id is unknown: count it, and take it off.
        """
        allowed, marks = EVERYTHING, 0
        for condition in conditions:
            entry = int(self.entries[condition]) if 0 <= condition < SIZE else EVERYTHING | UNKNOWN
            allowed &= entry
            marks |= entry & ~EVERYTHING
        return allowed | marks

    def knows(self, condition: int) -> bool:
        """Whether the table has a rule for this id."""
        return 0 <= condition < SIZE and not self.entries[condition] & UNKNOWN


def from_reference(results: Sequence[Mapping[str, Any]]) -> ConditionTable:
    """The table that `results` of `/v3/reference/conditions` describe.

    Only sale conditions of trades are taken, by their consolidated rules. Form T stays what it
    is: the reference has no field for its rule in extended hours.
    """
    entries = dict(_built_in_entries())
    form_t = {condition for condition, flags in entries.items() if flags & FORM_T}
    for row in results:
        rules = row.get("update_rules", {}).get("consolidated")
        if rules and "trade" in row.get("data_types", ()) and row["id"] not in form_t:
            entries[row["id"]] = _bits(
                rules["updates_high_low"], rules["updates_open_close"], rules["updates_volume"]
            )
    return ConditionTable(entries)


@lru_cache(maxsize=1)
def built_in() -> ConditionTable:
    """The table that comes with the program."""
    return ConditionTable(_built_in_entries())


def _built_in_entries() -> dict[int, int]:
    entries: dict[int, int] = {}
    for rule in json.loads(BUILT_IN.read_text())["rules"]:
        flags = _bits(rule["high_low"], rule["open_close"], rule["volume"])
        if rule.get("extended_hours"):
            flags = EVERYTHING | FORM_T
        entries.update(dict.fromkeys(rule["ids"], flags))
    return entries


def _bits(high_low: bool, open_close: bool, volume: bool) -> int:
    return HIGH_LOW * high_low | OPEN_CLOSE * open_close | VOLUME * volume
