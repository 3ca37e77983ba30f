"""`python -m benchmarks`, or bin/bench, which sets everything up first."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import report
from benchmarks.catalogue import BENCHMARKS
from benchmarks.figures import Figure, lines
from benchmarks.stage import PROJECT, Environment, stage

RESULTS = PROJECT / "benchmarks" / "results" / "latest.json"
PATIENCE_SECS = 300

Results = dict[str, list[Figure]]


def main() -> int:
    """Run the named benchmarks, or all; 1 if one could not be run."""
    options = _options()
    begun = time.monotonic()
    results: Results = {}
    with stage() as environment:
        for name in options.names or BENCHMARKS:
            print(f"{name}", flush=True)
            figures = _run(name, environment, options.quick)
            if figures is None:
                return 1
            results[name] = figures
            print("\n".join(line for figure in figures for line in lines(figure)), flush=True)
    print(f"took {time.monotonic() - begun:.0f} s")
    if options.json or options.docs:
        kept = report.merged(results, RESULTS)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(kept, indent=2) + "\n")
        if options.docs:
            report.write_page(kept)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measure TickStock.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="small: that all run, not how fast")
    parser.add_argument("--json", action="store_true", help=f"write {RESULTS.relative_to(PROJECT)}")
    parser.add_argument("--docs", action="store_true", help="and the table in docs/benchmarks.md")
    options = parser.parse_args()
    if options.quick and (options.json or options.docs):
        parser.error("--quick only shows that all run; its figures are not kept")
    unknown = set(options.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; one of {', '.join(BENCHMARKS)}")
    return options


def _run(name: str, environment: Environment, quick: bool) -> Sequence[Figure] | None:
    """The figures of a benchmark that ran in a process of its own; None if it failed."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [sys.executable, "-m", "benchmarks.child", name, file.name]
        try:
            done = subprocess.run(
                [*command, "--quick"] if quick else command,
                cwd=PROJECT,
                env=environment,
                stdin=subprocess.DEVNULL,
                check=False,
                timeout=PATIENCE_SECS,
            )
        except subprocess.TimeoutExpired:
            print(f"{name} was not done within {PATIENCE_SECS} s", file=sys.stderr)
            return None
        if done.returncode:
            print(f"{name} ended with code {done.returncode}", file=sys.stderr)
            return None
        return [Figure.from_dict(made) for made in json.loads(Path(file.name).read_text())]


if __name__ == "__main__":
    sys.exit(main())
