"""Draws the hand-checked cases: one picture beside each `<pattern>.json`.

    python tests/patterns/data/draw.py double_top channel

Without names it draws all of them. It needs matplotlib, and the recordings of daily bars
(TICKSTOCK_SHARED_DATA, or `../shared/data` beside the project). A case is

    {"symbol": …, "formed": date, "direction": …, "pivots": {name: [date, price]},
     "lines": {name: [[date, price], [date, price]]}, "levels": {trigger, stop, target, slope}}
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

matplotlib.use("Agg")
import matplotlib.pyplot as plt

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("TICKSTOCK_SHARED_DATA", HERE.parents[3] / "shared" / "data"))
BEFORE, AFTER = 30, 30
COLOURS = {"trigger": "tab:blue", "stop": "tab:red", "target": "tab:green"}


def draw(name: str, bars: pd.DataFrame) -> None:
    """Bars, pivots, lines and levels of one case."""
    case = json.loads((HERE / f"{name}.json").read_text())
    own = bars[bars["symbol"] == case["symbol"]].sort_values("date").reset_index(drop=True)
    place = {str(date)[:10]: at for at, date in enumerate(own["date"])}
    formed = place[case["formed"]]
    first = min(place[date] for date, _ in case["pivots"].values())
    shown = own.iloc[max(first - BEFORE, 0) : formed + AFTER + 1]

    figure, axes = plt.subplots(figsize=(7, 3.6))
    axes.vlines(shown.index, shown["low"], shown["high"], color="black", linewidth=0.8)
    axes.hlines(shown["close"], shown.index, shown.index + 0.4, color="black", linewidth=0.8)
    for date, price in case["pivots"].values():
        axes.plot(place[date], price, "o", color="tab:orange", markersize=5)
    for start, end in case["lines"].values():
        axes.plot([place[start[0]], place[end[0]]], [start[1], end[1]], color="tab:blue")
    ahead = np.array([0, len(shown) - 1 - (formed - shown.index[0])])
    for level, colour in COLOURS.items():
        slope = case["levels"].get("slope", 0.0) if level == "trigger" else 0.0
        price = case["levels"][level] + slope * ahead
        axes.plot(formed + ahead, price, "--", color=colour, linewidth=1, label=level)
    axes.axvline(formed, color="grey", linewidth=0.6)
    axes.set_title(f"{name}: {case['symbol']}, formed {case['formed']}", fontsize=9)
    ticks = shown.index[:: max(len(shown) // 6, 1)]
    axes.set_xticks(ticks, [str(own["date"][at])[:10] for at in ticks], fontsize=7)
    axes.tick_params(axis="y", labelsize=7)
    axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(HERE / f"{name}.png", dpi=72)
    plt.close(figure)


if __name__ == "__main__":
    daily = pd.read_parquet(DATA / "daily_bars_2012_2017.parquet")
    for wanted in sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.json")):
        draw(wanted, daily)
