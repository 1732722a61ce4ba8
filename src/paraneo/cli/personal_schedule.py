"""Schedules of visits side by side, as a table and a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from paraneo.errors import Faults
from paraneo.gate.files import write_csv, written_whole
from paraneo.screening import (
    CancerRisk,
    best_schedule,
    compare_schedules,
    screening_yield,
)

from .analysis import PAGE_WIDTH
from .personal_inputs import person_risk, sources
from .personal_risk import CAUTION

#: Compared when none is named; the second is that of the IMACS guideline for high risk.
DEFAULT = {"once": [0.0], "yearly for 3 years": [0.0, 1.0, 2.0, 3.0]}
BEST = 4
COLUMNS = {
    "found": "Found at a visit",
    "interval": "Shown between",
    "lead_time": "Years earlier",
    "false_positives": "False alarms",
    "examinations": "Examinations",
    "examinations_per_found": "Per cancer found",
}


def run(given: dict[str, Any], named: list[str], test: dict[str, Any], out: Path) -> None:
    """Score the schedules, print them, and write a table and a picture."""
    risk = person_risk(given)
    schedules: dict[str, Any] = read_schedules(named) if named else dict(DEFAULT)
    if not named:
        schedules[f"best {BEST} visits"] = best_schedule(risk, BEST, **test).visits
    frame = compare_schedules(risk, schedules, **test)
    console = Console()
    if not console.is_terminal:
        console = Console(width=PAGE_WIDTH)
    _show(console, frame)
    total = frame["cancers"].iloc[0]
    console.print(
        f"Per 1000 people, of whom {total:.0f} would get a cancer within {given['horizon']:g} "
        f"years if nobody died before. Assumed of a visit: sensitivity {test['sensitivity']:g}, "
        f"specificity {test['specificity']:g}, mean sojourn {test['mean_sojourn']:g} years.",
        highlight=False,
        markup=False,
    )
    for line in (sources(given), CAUTION):
        console.print(line, highlight=False, markup=False)
    write_csv(frame, out / "schedules.csv")
    with written_whole(out / "schedules.png") as part:
        _picture(risk, schedules, test, part)
    console.print(
        f"Written into {out}: schedules.csv, schedules.png", highlight=False, markup=False
    )


def read_schedules(named: list[str]) -> dict[str, list[float]]:
    """Read NAME=YEARS, such as yearly=0,1,2,3."""
    faults = Faults("--visits")
    read: dict[str, list[float]] = {}
    for words in named:
        name, equals, years = words.partition("=")
        try:
            times = [float(year) for year in years.split(",")]
        except ValueError:
            times = []
        if not equals or not times:
            faults.add(words, "is no schedule", "Write it as NAME=YEARS, such as yearly=0,1,2,3")
        elif name in read:
            faults.add(name, "is there twice", "Give each schedule a name of its own")
        read[name] = times
    faults.raise_any()
    return read


def _show(console: Console, frame: pd.DataFrame) -> None:
    table = Table(title="What schedules of visits find and cost, per 1000 people")
    table.add_column("Schedule")
    table.add_column("Visits, years")
    for heading in COLUMNS.values():
        table.add_column(heading, justify="right")
    for _, row in frame.iterrows():
        cells = [f"{row[name]:.{2 if name == 'lead_time' else 0}f}" for name in COLUMNS]
        table.add_row(str(row["schedule"]), str(row["visits"]), *cells)
    console.print(table)


def _picture(risk: CancerRisk, schedules: dict[str, Any], test: dict[str, Any], path: Path) -> None:
    import matplotlib.pyplot as plt

    size = (3.6 * len(schedules) + 1, 3.8)
    figure, axes = plt.subplots(
        1, len(schedules), figsize=size, sharey=True, squeeze=False, layout="constrained"
    )
    for ax, (name, visits) in zip(axes.flat, schedules.items(), strict=True):
        done = screening_yield(risk, visits, **test)
        done.plot(ax)
        ax.set_title(name, fontsize=10)
    for ax in axes.flat[1:]:
        ax.set_ylabel("")
    figure.savefig(path, dpi=150, format="png")
    plt.close("all")
