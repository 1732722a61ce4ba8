"""`paraneo cohort --endpoint`: many cancers at once, from files to tables and pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.follow_up import PersonYears
from paraneo.incidence import IncidenceRatios, StackedRatios, incidence_ratios, stacked_ratios

from .cohort import counted_cohort
from .console import csv, grid, page, picture, say, write

if TYPE_CHECKING:
    from .cohort_inputs import CohortOptions

ENDPOINT = "endpoint"
TITLE = "Observed and expected events of each cancer, with exact 95% CI"
#: Sites from which on ratios say something of how sites differ.
_SITES = 3


def run(people: Path, rates: Path, options: CohortOptions, out: Path) -> None:
    """Do the whole job; nothing is written before everything is worked out."""
    _check(options)
    notes: list[str] = []
    _, table, counted = counted_cohort(people, rates, options, notes)
    dimensions = [*options.edges(), *options.names()]
    ratios = incidence_ratios(counted, by=ENDPOINT)
    stacked = stacked_ratios(counted, by=dimensions, suppress=options.suppress)
    console = page()
    provenance = table.provenance.get("file", rates.name)
    say(console, f"Rates: {provenance}; by {', '.join(table.by)}.")
    shown = stacked.printed()
    console.print(grid(shown, TITLE, words=("Site", "By", "Stratum"), sections="Site"))
    excluded = counted.excluded
    if len(excluded) and options.suppress is None:
        reasons = excluded.groupby("reason", sort=False)[["rows", "events"]].sum()
        for reason, row in reasons.iterrows():
            counts = f"{row['rows']:,d} rows, {row['events']:,d} events over all cancers"
            say(console, f"Excluded: {reason}, {counts}; see excluded.csv.")
    say(console, *(f"Note. {note}" for note in notes))
    files: dict[str, Callable[[Path], object]] = {}
    if options.suppress is None:
        files |= _unmasked(counted, ratios, dimensions)
    files |= {
        "table.csv": csv(stacked.summary()),
        "table.md": partial(_text, text=stacked.to_markdown()),
        "table.tex": partial(_text, text=stacked.to_latex()),
        "table.png": _forest(stacked),
    }
    write(console, out, files)


def _check(options: CohortOptions) -> None:
    """Note options that have no meaning with endpoints."""
    faults = Faults("the options")
    given = {
        "--cause": options.cause,
        "--formula": options.formula,
        "--standard": options.standard,
    }
    for name, value in given.items():
        if value:
            faults.add(name, "it has no meaning with --endpoint", "Leave it out")
    faults.raise_any()


def _unmasked(
    counted: PersonYears, ratios: IncidenceRatios, dimensions: list[str]
) -> dict[str, Callable[[Path], object]]:
    """Return the tables and pictures that show every count."""
    files: dict[str, Callable[[Path], object]] = {
        "person_years.csv": csv(counted.summary()),
        "excluded.csv": csv(counted.excluded),
        "incidence_ratios.csv": csv(_by_strata(_together(counted), dimensions)),
        "funnel.png": picture(lambda ax: ratios.plot(ax, kind="funnel"), size=(7.0, 4.8)),
    }
    for name, rows in counted.summary().groupby(ENDPOINT, sort=False):
        own = rows.drop(columns=ENDPOINT)
        if own["expected"].sum() > 0:
            files[f"incidence_ratios_{_file(str(name))}.csv"] = csv(_by_strata(own, dimensions))
    adjusted = {method: ratios.adjusted(method) for method in ("holm", "bh")}
    many = ratios.summary()
    for method, result in adjusted.items():
        many[f"p_{method}"] = result.p_adjusted
    files["volcano.png"] = picture(adjusted["holm"].plot, size=(7.0, 4.8))
    if len(ratios.observed) >= _SITES and ratios.observed.sum() > 0:
        shrunken = ratios.shrunken()
        many["shrunken"] = shrunken.estimate
        many["shrunken_lower"], many["shrunken_upper"] = shrunken.lower, shrunken.upper
        size = (9.0, 1.3 + 0.32 * len(ratios.observed))
        files["caterpillar.png"] = picture(shrunken.plot, size=size)
    files["many_ratios.csv"] = csv(many)
    return files


def _together(counted: PersonYears) -> pd.DataFrame:
    """Return all cancers that were counted, added up over cancers.

    Person-years are known where one of the cancers has everybody at risk.
    """
    rows = counted.summary()
    keys = [name for name in rows if name not in (ENDPOINT, "n", *_COUNTS)]
    rows = rows.assign(all="all")
    sums = rows.groupby(["all", *keys], sort=False, observed=True, dropna=False)
    frame = sums[["observed", "expected"]].sum().reset_index()
    years = sums["person_years"].max().to_numpy()
    part = counted.excluded
    some = set(part.loc[part["reason"] == "no rates for the group", ENDPOINT])
    everybody = set(rows[ENDPOINT]) - some
    return frame.drop(columns="all").assign(person_years=years if everybody else np.nan)


_COUNTS = ("person_years", "observed", "expected")


def _by_strata(rows: pd.DataFrame, dimensions: list[str]) -> pd.DataFrame:
    """Return ratios of all and by each dimension, as `paraneo cohort` writes those of one event."""
    frames = [incidence_ratios(rows).summary().assign(dimension="all", stratum="all")]
    for name in dimensions:
        some = rows.groupby(name)["expected"].transform("sum") > 0
        if not some.any():
            continue
        summary = incidence_ratios(rows[some], by=name).summary()
        band = f"{name}_band"
        labels = summary.pop(band) if band in summary else summary[name]
        labelled = summary.drop(columns=name).assign(dimension=name, stratum=labels.astype(str))
        frames.append(labelled)
    together = pd.concat(frames, ignore_index=True)
    first = ["dimension", "stratum"]
    return together[[*first, *together.columns.drop(first)]]


def _forest(stacked: StackedRatios) -> Callable[[Path], object]:
    rows = int((~stacked.frame["masked"]).sum())
    return picture(stacked.plot, size=(9.0, 1.3 + 0.32 * max(rows, 1)))


def _file(name: str) -> str:
    """Return a name of a cancer as part of the name of a file.

    >>> _file("Lip, oral cavity")
    'lip_oral_cavity'
    """
    return re.sub(r"\W+", "_", name).strip("_").lower() or "unnamed"


def _text(path: Path, *, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")
