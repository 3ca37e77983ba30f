"""One benchmark in a process of its own: `python -m benchmarks.child NAME FILE [--quick]`."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.catalogue import BENCHMARKS


def main() -> None:
    """Run it, and leave its figures in the file; quick ones are too small to judge by goals."""
    name, file, *options = sys.argv[1:]
    quick = "--quick" in options
    figures = BENCHMARKS[name](quick)
    if quick:
        figures = [replace(figure, goal=None) for figure in figures]
    Path(file).write_text(json.dumps([_plain(figure.as_dict()) for figure in figures]))


def _plain(value: Any) -> Any:
    """NaN has no JSON form."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


if __name__ == "__main__":
    main()
