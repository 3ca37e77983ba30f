"""Time spent in chosen functions, by wrapping them for a while."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any


@contextlib.contextmanager
def stopwatch(places: Mapping[str, tuple[Any, str]]) -> Iterator[dict[str, float]]:
    """Seconds by label, of calls to `(object, attribute)`; they grow while the block runs."""
    spent = dict.fromkeys(places, 0.0)
    originals = {label: getattr(*place) for label, place in places.items()}
    for label, (owner, attribute) in places.items():
        setattr(owner, attribute, _timed(originals[label], label, spent))
    try:
        yield spent
    finally:
        for label, (owner, attribute) in places.items():
            setattr(owner, attribute, originals[label])


def _timed(function: Any, label: str, spent: dict[str, float]) -> Any:
    def timed(*args: Any, **kwargs: Any) -> Any:
        begun = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[label] += time.perf_counter() - begun

    return timed
