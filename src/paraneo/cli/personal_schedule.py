"""Schedules of visits side by side, as a table and a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paraneo.errors import ArgumentError, Faults
from paraneo.screening import (
    CancerRisk,
    ScheduleComparison,
    ScreeningYield,
    best_schedule,
    compare_schedules,
    screening_yield,
)

from . import pages
from .console import CAUTION, csv, grid, option, options, page, picture, say, write
from .personal_inputs import Person, person_of
from .personal_risk import people, said_of, uncertainty

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Compared when none is named.
IMACS = "IMACS 2023, high risk"
DEFAULT = {
    IMACS: [0.0, 1.0, 2.0, 3.0],
    "once": [0.0],
    "half-yearly for 3 years": [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0],
}
#: No figure for the mean sojourn is published: what schedules find is shown over these years.
SOJOURNS = (0.25, 0.5, 1.0, 2.0)
#: What is assumed of an examination where nothing is given.
USUAL_TEST = {"sensitivity": 0.7, "specificity": 0.9, "mean_sojourn": 0.8}
BEST = 4
#: The options that the arguments of verbs come from.
NAMES = {
    "sensitivity": "--test-sensitivity",
    "specificity": "--test-specificity",
    "mean_sojourn": option("mean_sojourn"),
    "schedules": "--visits",
    "visits": "--visits",
}
COLUMNS = {
    "screen_detected": "Found\nat a visit",
    "interval_cancers": "Interval\ncancers",
    "after_last_visit": "After the\nlast visit",
    "lead_time": "Lead time,\nyears",
    "false_positives": "False\npositives",
    "examinations": "Tests",
    "examinations_per_found": "Tests per\ncancer",
}


def run(given: dict[str, Any], named: list[str], test: dict[str, Any], out: Path) -> None:
    """Score the schedules, print them, and write a table and a picture."""
    schedules = read_schedules(named)
    person = person_of(given)
    risk = person.risk()
    compared = compared_schedules(risk, schedules, test)
    frame = compared.summary()
    console = page()
    title = "What schedules of visits find and cost, per 1000 people"
    console.print(grid(shown(frame), title, words=("Schedule", "Visits, years")))
    moved = by_sojourn(risk, compared, test)
    heading = "Found at a visit per 1000, by mean sojourn time (no figure is published)"
    console.print(grid(shown_by_sojourn(moved), heading, words=("Schedule",)))
    say(
        console,
        assumed(person, risk, compared, test),
        uncertainty(person, risk).replace(" The table below shows how far the answer moves.", ""),
        *said_of(person, risk),
        CAUTION,
    )
    drawings = [
        partial(_panel, done, name, first=not k)
        for k, (name, done) in enumerate(compared.schedules.items())
    ]
    drawn = picture(*drawings, size=(3.6, 3.8), sharey=True)
    files: dict[str, Callable[[Path], object]] = {
        "schedules.csv": csv(frame),
        "schedules_by_sojourn.csv": csv(moved),
        "schedules.png": drawn,
        "timeline.png": partial(_timeline, frame, risk.horizon),
    }
    what = assumed(person, risk, compared, test)
    notes = said_of(person, risk)
    files[pages.NAME] = lambda path: pages.of_person(
        path.parent,
        files,
        title=f"Schedules of visits: {people(person)} aged {person.age:g} with {person.disease}",
        words=[what, CAUTION],
        tables={title: shown(frame), heading: shown_by_sojourn(moved)},
        pictures=["schedules", "timeline"],
        notes=notes[:-1] if person.sources else notes,
        sources=person.sources,
        results=[risk, compared],
    ).save(path)
    write(console, out, files)


def _timeline(frame: pd.DataFrame, horizon: float, path: Path) -> None:
    """Draw when the visits of each schedule are."""
    from paraneo.plotting.forest import size_of
    from paraneo.plotting.timeline import timeline

    visits = visits_of(frame)
    none = pd.DataFrame(columns=["label", "start", "end"])
    draw = partial(timeline, none, visits, horizon=horizon)
    picture(lambda ax: draw(ax=ax), size=size_of([str(name) for name in frame["schedule"]]))(path)


def visits_of(schedules: pd.DataFrame) -> pd.DataFrame:
    """Return schedules as ``label time``, a row a visit."""
    rows = [
        (one.schedule, float(year))
        for one in schedules.itertuples(index=False)
        for year in str(one.visits).split(",")
    ]
    return pd.DataFrame(rows, columns=["label", "time"])


def compared_schedules(
    risk: CancerRisk, named: Mapping[str, list[float]], test: dict[str, Any]
) -> ScheduleComparison:
    """Return the named schedules side by side; without one the usual ones and the best."""
    schedules: dict[str, Any] = dict(named)
    with options(NAMES):
        if not named:
            free = risk.cancer_free_for
            last = risk.horizon
            for name, visits in DEFAULT.items():
                schedules[name] = [free + v for v in visits if free + v < last]
            schedules[f"best {BEST} visits"] = best_schedule(risk, BEST, **test).visits
        return compare_schedules(risk, schedules, **test)


def by_sojourn(
    risk: CancerRisk, compared: ScheduleComparison, test: dict[str, Any]
) -> pd.DataFrame:
    """Return what each schedule finds under other sojourns: ``schedule mean_sojourn estimate``.

    NaN where the hazard falls faster than a sojourn of that length allows.
    """
    alone = replace(risk, engine=replace(risk.engine, rows=risk.engine.rows.first))
    rows = []
    for name, done in compared.schedules.items():
        for mean in sorted({*SOJOURNS, test["mean_sojourn"]}):
            try:
                other = screening_yield(alone, done.visits, **(test | {"mean_sojourn": mean}))
                found = other.totals.set_index("measure")["estimate"]["screen_detected"]
            except ArgumentError:
                found = np.nan
            rows.append((name, float(mean), float(found)))
    return pd.DataFrame(rows, columns=["schedule", "mean_sojourn", "estimate"])


def shown_by_sojourn(moved: pd.DataFrame) -> pd.DataFrame:
    """Return them as they are printed, a column a sojourn."""
    wide = moved.pivot_table(
        index="schedule", columns="mean_sojourn", values="estimate", sort=False, dropna=False
    )
    frame = pd.DataFrame({"Schedule": list(wide.index)})
    for mean in sorted(map(float, wide.columns)):
        values = wide[mean]
        frame[f"{mean:g} years"] = ["too long" if x != x else f"{x:.0f}" for x in values]
    return frame


def assumed(
    person: Person, risk: CancerRisk, compared: ScheduleComparison, test: dict[str, Any]
) -> str:
    """Say of whom the schedules are, and what is assumed of a visit."""
    cancers = compared.summary()["cancers"].iloc[0]
    return (
        f"Per 1000 people, of whom {cancers:.0f} would be diagnosed with cancer within "
        f"{risk.horizon:g} years of diagnosis if nobody died of other causes; mortality is "
        f"{person.dying.name}. Assumed of a visit: sensitivity {test['sensitivity']:g}, "
        f"specificity {test['specificity']:g}, mean sojourn time {test['mean_sojourn']:g} years."
    )


def read_schedules(named: list[str]) -> dict[str, list[float]]:
    """Read NAME=YEARS, such as yearly=0,1,2,3."""
    faults = Faults("the options")
    read: dict[str, list[float]] = {}
    for words in named:
        name, equals, years = words.partition("=")
        try:
            times = [float(year) for year in years.split(",")]
        except ValueError:
            times = []
        if not equals or not times:
            said, cure = f"{words!r} is not a schedule", "Write NAME=YEARS, such as yearly=0,1,2,3"
            faults.add("--visits", said, cure)
        elif name in read:
            faults.add("--visits", f"{name!r} is named twice", "Give each schedule its own name")
        read[name] = times
    faults.raise_any()
    return read


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Return schedules as they are printed."""
    columns = {"Schedule": frame["schedule"], "Visits, years": frame["visits"]}
    return pd.DataFrame(
        columns
        | {
            heading: [f"{x:.{2 if name == 'lead_time' else 0}f}" for x in frame[name]]
            for name, heading in COLUMNS.items()
        }
    )


def _panel(done: ScreeningYield, name: str, ax: Axes, *, first: bool) -> None:
    from paraneo.plotting.style import plain_label

    done.plot(ax)
    ax.set_title(plain_label(name), fontsize=10)
    if not first:
        ax.set_ylabel("")
