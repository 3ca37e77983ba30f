"""Results as JSON, and as the table in docs/benchmarks.md."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.catalogue import BENCHMARKS
from benchmarks.figures import Figure, goal_text, number
from benchmarks.stage import PROJECT

PAGE = PROJECT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: written by bin/bench --docs -->", "<!-- end of figures -->"
HEAD = (
    "| what | figure | goal | reference of the same run | ratio | command |\n"
    "|---|---|---|---|---|---|"
)
MARKS = {True: "✓ ", False: "✗ ", None: ""}

Results = Mapping[str, Sequence[Figure]]
Kept = dict[str, Any]
"""What the file of results holds: `machine`, and `benchmarks` by name."""


def merged(results: Results, path: Path) -> Kept:
    """These results, and from the file those of the benchmarks that did not run now."""
    kept = json.loads(path.read_text()) if path.exists() else {"benchmarks": {}}
    kept["machine"] = machine()
    for name, figures in results.items():
        kept["benchmarks"][name] = [_without_nan(figure.as_dict()) for figure in figures]
    return kept


def machine() -> dict[str, Any]:
    """What ran it, and when."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[2], 1),
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((ln.partition(":")[2].strip() for ln in lines if ln.startswith("model name")), "")


def _without_nan(made: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in made.items()
    }


def write_page(kept: Kept) -> None:
    """Replace what lies between the marks in docs/benchmarks.md."""
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table(kept)}\n{END}{after}")


def table(kept: Kept) -> str:
    """One row a figure, in the order of the catalogue, and the parts of those that have some."""
    told, made = kept["machine"], kept["benchmarks"]
    figures = [
        (name, Figure.from_dict(f)) for name in BENCHMARKS if name in made for f in made[name]
    ]
    of = (
        f"{told['cpu']}, {told['cores']} cores, Python {told['python']}, {told['measured'][:10]}; "
        f"load of the last 15 minutes, the benchmarks' own included: {told['load']}"
    )
    rows = [_row(name, figure) for name, figure in figures]
    parts = [_parts(figure) for _, figure in figures if figure.detail]
    return "\n".join([f"\nMeasured on {of}.\n", HEAD, *rows, "\n### Parts\n", *parts])


def _row(name: str, figure: Figure) -> str:
    reference = ratio = ""
    if figure.reference_name:
        reference = f"{number(figure.reference)} {figure.unit}: {figure.reference_name}"
        ratio = number(figure.ratio)
    cells = (
        figure.name,
        f"{MARKS[figure.met]}**{number(figure.value)} {figure.unit}**",
        goal_text(figure),
        reference,
        ratio,
        f"`bin/bench {name}`",
    )
    return f"| {' | '.join(cells)} |"


def _parts(figure: Figure) -> str:
    parts = "; ".join(f"{name.strip()} {number(part)}" for name, part in figure.detail.items())
    return f"- **{figure.name}**: {parts}."
