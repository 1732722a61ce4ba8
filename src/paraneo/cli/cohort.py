"""A cohort's observed and expected cancers, from files to tables and pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from paraneo.errors import Faults, TableError
from paraneo.follow_up import PersonYears, lexis_diagram, person_years
from paraneo.gate.files import read_table
from paraneo.incidence import IncidenceRatios, RatioRegression, StandardisedRates, incidence_ratios
from paraneo.rates import RateTable

from . import cohort_courses, cohort_models, pages, shown
from .cohort_inputs import NAMES, CohortOptions, read_recode
from .console import csv, grid, page, picture, say, write
from .console import options as options_named
from .rate_sources import read_rates

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.console import Console

#: Of longer tables the rest is left to the file.
MOST_ROWS = 30


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was worked out from a cohort, before anything is shown or written."""

    cohort: pd.DataFrame
    rates: RateTable
    table: PersonYears
    total: IncidenceRatios
    by: dict[str, IncidenceRatios]
    tests: pd.DataFrame
    model: RatioRegression | None
    standardised: StandardisedRates | None
    courses: cohort_courses.Courses
    notes: list[str]


def run(people: Path, rates: Path, options: CohortOptions, out: Path) -> None:
    """Do the whole job; nothing is written before everything is worked out."""
    if options.endpoint:
        from . import cohort_endpoints

        cohort_endpoints.run(people, rates, options, out)
        return
    found = analysed(people, rates, options)
    console = page()
    _show(console, found)
    files = _files(found, options)
    files[pages.NAME] = lambda path: pages.of_cohort(
        path.parent,
        files,
        found,
        file=people,
        source=_source(found.rates),
        ratios=shown.cohort(ratios_of(found)),
    ).save(path)
    write(console, out, files)


def counted_cohort(
    cohort: Path, rates: Path, options: CohortOptions, notes: list[str]
) -> tuple[pd.DataFrame, RateTable, PersonYears]:
    """Read the files and count: people, rates, person-years."""
    people = read_table(cohort)
    table = read_rates(rates, people, options)
    edges = options.edges()
    event = options.event
    if options.endpoint and event not in people:
        event = options.endpoint
    try:
        with options_named(NAMES), cohort_models.noted(notes, "all"):
            counted = person_years(
                people,
                birth=options.birth,
                entry=options.entry,
                exit=options.exit,
                event=event,
                cause=options.causes(),
                endpoint=options.endpoint,
                censored=options.censored if options.endpoint else None,
                by=options.names(),
                origin=options.origin,
                id=options.id,
                rates=table,
                missing_rates=options.missing_rates,  # type: ignore[arg-type]
                zero_time=options.zero_time,  # type: ignore[arg-type]
                window=options.limits(),
                date_format=options.date_format or None,
                recode=read_recode(options.recode),
                **edges,  # type: ignore[arg-type]
            )
    except TableError as error:
        raise TableError(f"'{cohort}'", error.faults) from None
    return people, table, counted


def analysed(cohort: Path, rates: Path, options: CohortOptions) -> Analysis:
    """Read the files, count, and work out all that is shown."""
    notes: list[str] = []
    people, table, counted = counted_cohort(cohort, rates, options, notes)
    edges = options.edges()
    dimensions = [*edges, *options.names()]
    _check_expected(counted, dimensions)
    by = {name: incidence_ratios(counted, by=name) for name in dimensions}
    return Analysis(
        people,
        table,
        counted,
        incidence_ratios(counted),
        by,
        tests=cohort_models.tests_of(counted, by, notes),
        model=cohort_models.model_of(counted, options, notes),
        standardised=cohort_models.standardised_of(counted, options),
        courses=cohort_courses.courses_of(people, counted, options, notes),
        notes=notes,
    )


def _check_expected(table: PersonYears, dimensions: list[str]) -> None:
    """Note strata in which nothing is expected, and which so have no ratio."""
    faults = Faults("the strata of the cohort")
    frame = table.summary()
    for name in dimensions:
        label = f"{name}_band" if name in table.bands else name
        sums = frame.groupby(label, sort=False, observed=True)["expected"].sum()
        empty = sums.index[sums <= 0]
        if len(empty):
            shown = ", ".join(map(str, empty))
            option = f"--{name.replace('_', '-')}" if name in table.bands else "--by"
            said = f"no events are expected in {name} {shown}, so that there is no ratio"
            faults.add(option, said, "Merge it with another, or leave it out")
    if len(frame) and not dimensions and frame["expected"].sum() <= 0:
        faults.add("--rates", "no events are expected: the rates met are 0", "Check the rates")
    if not len(frame):
        faults.add(None, "nobody was followed", "Check the window, the bands and the dates")
    faults.raise_any()


def ratios_of(found: Analysis) -> pd.DataFrame:
    """Return the ratio of the whole cohort, then by each dimension, a row a stratum."""
    frames = [found.total.summary().assign(dimension="all", stratum="all")]
    for name, ratios in found.by.items():
        summary = ratios.summary()
        labels = summary.pop(f"{name}_band") if name in found.table.bands else summary[name]
        labels = labels.astype(str)
        frames.append(summary.drop(columns=name).assign(dimension=name, stratum=labels))
    together = pd.concat(frames, ignore_index=True)
    first = ["dimension", "stratum"]
    return together[[*first, *together.columns.drop(first)]]


def _files(found: Analysis, options: CohortOptions) -> dict[str, Callable[[Path], object]]:
    """Return what is to be written under which name."""
    frames = {
        "person_years.csv": found.table.summary(),
        "incidence_ratios.csv": ratios_of(found),
        "tests.csv": found.tests,
        "excluded.csv": found.table.excluded,
    }
    if found.model is not None:
        frames["regression.csv"] = found.model.summary()
        frames["regression_tests.csv"] = cohort_models.tests_of_model(found.model)
    if found.standardised is not None:
        frames["standardised_rates.csv"] = found.standardised.summary()
    courses = found.courses
    frames |= {f"{name}.csv": frame for name, frame in courses.frames().items()}
    files: dict[str, Callable[[Path], object]] = {
        name: csv(frame) for name, frame in frames.items()
    }
    if courses.risk is not None:
        files["cumulative_incidence.png"] = picture(courses.risk.plot, size=(7.0, 4.6))
    if courses.excess is not None:
        files["excess_hazard.png"] = picture(courses.excess.plot, size=(7.0, 4.6))
    files["incidence_ratios.png"] = partial(_forest, found)
    files["lexis.png"] = picture(partial(_lexis, found, options), size=(7.0, 6.0))
    for name in found.table.bands:
        drawn = partial(_over, found.table, name)
        files[f"ratio_by_{name}.png"] = picture(drawn, size=(7.5, 4.4))
    if found.model is not None:
        size = (8.5, 1.3 + 0.32 * len(found.model.coefficients))
        files["regression.png"] = picture(found.model.plot, size=size)
    return files


def _over(table: PersonYears, name: str, ax: Axes) -> None:
    table.plot(over=name, by=table.by, ax=ax)


def _forest(found: Analysis, path: Path) -> None:
    from paraneo.plotting.forest import MARGIN, ROW_HEIGHT, forest

    frame = ratios_of(found)
    frame["label"] = [
        "all" if name == "all" else f"{name.replace('_', '-')}: {stratum}"
        for name, stratum in zip(frame["dimension"], frame["stratum"], strict=True)
    ]
    xlabel = "Observed / expected (log scale, 95% CI)"
    draw = partial(forest, frame, label="label", xlabel=xlabel)
    picture(lambda ax: draw(ax=ax), size=(9.0, MARGIN + ROW_HEIGHT * len(frame)))(path)


def _lexis(found: Analysis, options: CohortOptions, ax: Axes) -> None:
    people = found.cohort
    event = options.event if options.event in people else None
    lexis_diagram(
        people,
        birth=options.birth,
        entry=options.entry,
        exit=options.exit,
        event=event,
        cause=options.causes() if event else None,
        age=found.table.bands.get("age", ()),
        period=found.table.bands.get("period", ()),
        date_format=options.date_format or None,
        ax=ax,
    )


def _show(console: Console, found: Analysis) -> None:
    say(console, _source(found.rates))
    ratios = ratios_of(found)
    frame = shown.cohort(ratios.head(MOST_ROWS))
    words = ("By", "Stratum")
    console.print(grid(frame, shown.COHORT_TITLE, words=words, sections="By"))
    if len(ratios) > MOST_ROWS:
        say(console, f"{len(ratios) - MOST_ROWS} more rows are in incidence_ratios.csv.")
    for _, row in found.tests.iterrows():
        statistic = f"chi2 {row['statistic']:.2f} on {row['df']:.0f} df"
        say(
            console,
            f"{row['dimension']}: {row['test']}, {statistic}, p = {row['p_value']:.2g}",
        )
    for frame, what in (
        (found.table.excluded, "Excluded"),
        (found.table.borrowed, "Assigned the nearest available rate"),
    ):
        for _, row in frame.iterrows():
            counts = f"{row['rows']:,d} rows, {row['events']:,d} events"
            years = f"{row['person_years']:,.1f} person-years"
            say(console, f"{what}: {row.iloc[0]}, {counts}, {years}.")
    console.print()
    for heading, frame in shown.courses(found.courses.frames()).items():
        console.print(grid(frame.head(MOST_ROWS), heading))
    cohort_models.show(console, found.model, found.standardised)
    say(console, *(f"Note. {note}" for note in found.notes))
    if found.notes:
        console.print()


def _source(rates: RateTable) -> str:
    """Say where the rates come from."""
    known = [f"{key} {value}" for key, value in rates.provenance.items() if key != "file"]
    groups = f"by {', '.join(rates.by)}" if rates.by else "the same for all groups"
    return f"Rates: {'; '.join([rates.provenance['file'], *known])}; {groups}."
