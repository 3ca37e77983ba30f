"""Every pattern and indicator as people look them up: by family, by name, by words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from patterns.analysis import AGREEMENT, AGREEMENT_WEIGHT
from patterns.definitions import Detector, Indicator
from patterns.levels import REWARD, bar_levels
from patterns.registry import Registry, UnknownDefinition

FAMILIES = {
    "pattern": {
        "candlestick": "Candlesticks",
        "reversal": "Reversals",
        "continuation": "Continuations",
        "breakout": "Breakouts",
        "gap": "Gaps",
        "volume": "Volume",
        "momentum": "Momentum",
        "session": "Session",
    },
    "indicator": {
        "trend": "Trend indicators",
        "momentum": "Momentum indicators",
        "volatility": "Volatility indicators",
        "volume": "Volume indicators",
        "session": "Session indicators",
        "strength": "Strength indicators",
    },
}
OTHERS = {"pattern": "Other patterns", "indicator": "Other indicators"}

PART_MEANINGS = {
    "fit": "how well its shape fits the definition",
    "volume": "how much was traded, against what is usual",
    "trend": "the move before it, and whether the pattern turns it or goes on with it",
    AGREEMENT: "whether the next higher timeframe moves the same way",
}
COMMON_MEANINGS = {
    "min_confidence": "a hit with less confidence is no detection",
    "cool_down": "bars after a detection in which it is not detected again on that symbol",
    "expires": "bars after which a detection that nothing has settled is over",
}


@dataclass(frozen=True)
class Entry:
    """One pattern, or one indicator with all its outputs. name: as addresses and the API have it.

    kind: `pattern` or `indicator`. family: the heading that it stands under.
    """

    kind: str
    name: str
    title: str
    family: str
    definition: Detector | Indicator

    @cached_property
    def text(self) -> str:
        """What a search looks through, in lower case."""
        definition = self.definition
        outputs = definition.outputs if isinstance(definition, Indicator) else ()
        words = (self.title, self.name, *outputs, self.family, definition.formula)
        return " ".join((*words, definition.source)).lower()

    @property
    def sentence(self) -> str:
        """The definition, as a sentence."""
        formula = self.definition.formula.rstrip(".")
        return f"{formula[:1].upper()}{formula[1:]}."

    def matches(self, query: str) -> bool:
        """Whether every word of the query is somewhere in it."""
        return all(word in self.text for word in query.lower().split())


@dataclass(frozen=True, slots=True)
class Family:
    """Entries under one heading."""

    title: str
    entries: tuple[Entry, ...]


def words_of(name: str) -> str:
    """`morning_star` as `Morning star`."""
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def number_text(value: float) -> str:
    """`0.3`, `20`, `1,000,000`: no digit more than needed."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def entries_of(registry: Registry) -> tuple[Entry, ...]:
    """Every pattern, then every indicator that is shown."""
    patterns = (pattern_entry(detector) for detector in registry.detectors)
    shown = (indicator for indicator in registry.indicators if not indicator.internal)
    return (*patterns, *(indicator_entry(indicator) for indicator in shown))


def pattern_entry(detector: Detector) -> Entry:
    """The entry of a detector."""
    name = detector.pattern_type
    title = detector.title or words_of(name)
    return Entry("pattern", name, title, family_title("pattern", detector.family), detector)


def indicator_entry(indicator: Indicator) -> Entry:
    """The entry of an indicator."""
    title = indicator.title or indicator.name.replace("_", " ")
    family = family_title("indicator", indicator.family)
    return Entry("indicator", indicator.name, title, family, indicator)


def family_title(kind: str, family: str) -> str:
    """A family's heading."""
    return FAMILIES[kind].get(family, OTHERS[kind])


def grouped(entries: Iterable[Entry]) -> list[Family]:
    """Entries under their families' headings, families in their order, without empty ones."""
    entries = tuple(entries)
    order = [title for kind in FAMILIES for title in (*FAMILIES[kind].values(), OTHERS[kind])]
    groups = ((title, tuple(e for e in entries if e.family == title)) for title in order)
    return [Family(title, members) for title, members in groups if members]


def find_entry(entries: Sequence[Entry], name: str) -> Entry:
    """The entry of a pattern type or of any output; raises UnknownDefinition with a near match."""
    known: dict[str, Entry] = {}
    for entry in entries:
        definition = entry.definition
        names = definition.outputs if isinstance(definition, Indicator) else (entry.name,)
        known |= dict.fromkeys(names, entry)
    found = known.get(name) or known.get(name.upper()) or known.get(name.lower())
    if found is None:
        raise _unknown(name[:60], known)
    return found


def _unknown(name: str, known: Iterable[str]) -> UnknownDefinition:
    """Whoever types an address by hand does not mind capitals."""
    folded = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.5)
    hint = f" Did you mean {folded[near[0]]!r}?" if near else ""
    return UnknownDefinition(f"Unknown pattern or indicator {name!r}.{hint}")


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a confidence. percent: what it counts in the whole."""

    name: str
    percent: float
    meaning: str


def shares(detector: Detector) -> list[Share]:
    """The parts of a detector's confidence, the framework's own included; they make 100 %."""
    own = {name: weight * (1.0 - AGREEMENT_WEIGHT) for name, weight in detector.weights.items()}
    return [
        Share(name, 100.0 * weight, PART_MEANINGS.get(name, ""))
        for name, weight in {**own, AGREEMENT: AGREEMENT_WEIGHT}.items()
    ]


@dataclass(frozen=True, slots=True)
class Adjustable:
    """A parameter that can be set, as text. present: where it is set to something else."""

    name: str
    default: str
    lowest: str
    highest: str
    meaning: str
    present: str = ""


def adjustables(detector: Detector, present: Detector | None = None) -> list[Adjustable]:
    """A detector's parameters, with their bounds, and as they are set in `present`."""
    rows = []
    for name, default in detector.adjustable.items():
        low, high = map(number_text, detector.bound(name))
        now = default if present is None else present.adjustable[name]
        meaning = COMMON_MEANINGS.get(name, "")
        changed = number_text(now) if now != default else ""
        rows.append(Adjustable(name, number_text(default), low, high, meaning, changed))
    return rows


def life(detector: Detector, has_levels: bool = True) -> list[str]:
    """What becomes of a detection, in sentences. has_levels: whether it points anywhere."""
    return [_formed(detector), *(_course(detector) if has_levels else []), _end(detector)]


def _formed(detector: Detector) -> str:
    least = detector.min_confidence
    condition = f", if its confidence is at least {least:g}" if least else ""
    pause = detector.cool_down
    rest = f" For {_bars(pause)} after that it is not detected again on the symbol."
    return f"Formed at the close of the bar that completes it{condition}.{rest if pause else ''}"


def _course(detector: Detector) -> list[str]:
    return [
        _levels(detector),
        "Confirmed by a later close beyond the trigger, in its direction.",
        "Failed by a close beyond the stop; target reached, once confirmed, when a high "
        "(bullish) or a low (bearish) touches the target. A bar that does both fails it.",
    ]


def _levels(detector: Detector) -> str:
    if detector.levels is not bar_levels:
        return (
            "Trigger, stop and target follow from its shape: the picture shows them, and each "
            "detection keeps its own."
        )
    bars = "its bar" if detector.span == 1 else f"its {detector.span} bars"
    return (
        f"Trigger: the end of {bars} that lies in its direction. Stop: the other end. "
        f"Target: {REWARD:g} times the distance between them, beyond the trigger."
    )


def _end(detector: Detector) -> str:
    return f"Expired {_bars(detector.expires)} after it formed, if nothing has settled it by then."


def _bars(count: int) -> str:
    return "1 bar" if count == 1 else f"{count} bars"
