"""A cohort's observed and expected cancers, from files to tables and pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console
from rich.table import Table

from paraneo.errors import ArgumentError, Faults, TableError
from paraneo.follow_up import PersonYears, lexis_diagram, person_years
from paraneo.gate.files import write_csv, written_together, written_whole
from paraneo.incidence import IncidenceRatios, RatioRegression, StandardisedRates, incidence_ratios
from paraneo.rates import RateTable

from . import cohort_models, pages, shown
from .cohort_inputs import CohortOptions, as_options, event_of, read_cohort
from .rate_sources import read_rates

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE_WIDTH = 118
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
    notes: list[str]


def run(
    cohort: Path | None,
    rates: Path | None,
    options: CohortOptions,
    out: Path,
    *,
    published: Path | None = None,
) -> None:
    """Do the whole job; nothing is written before everything is worked out."""
    faults = Faults("the options of the cohort")
    for name, file in (("--cohort", cohort), ("--rates", rates)):
        if file is None:
            faults.add(name, "it is missing", "Name both --cohort and --rates")
    if published is not None:
        faults.add(
            None, "published figures and a cohort are two jobs", "Run them one after the other"
        )
    faults.raise_any()
    found = analysed(Path(str(cohort)), Path(str(rates)), options)
    console = Console()
    if not console.is_terminal:
        console = Console(width=PAGE_WIDTH)
    _show(console, found)
    written = _files(found, options)
    with console.status("Writing tables and pictures …"), written_together(out) as folder:
        for name, write in written.items():
            write(folder / name)
        page = pages.of_cohort(
            folder,
            found,
            file=Path(str(cohort)),
            source=_source(found.rates),
            ratios=shown.cohort(ratios_of(found)),
        )
        page.save(folder / pages.NAME)
    names = ", ".join([*written, pages.NAME])
    console.print(f"Written into {out}: {names}", highlight=False, markup=False)


def analysed(cohort: Path, rates: Path, options: CohortOptions) -> Analysis:
    """Read the files and count."""
    people = read_cohort(cohort, options)
    table = read_rates(rates, people, options)
    edges = options.edges()
    notes: list[str] = []
    try:
        with cohort_models.noted(notes, "all"):
            counted = person_years(
                people,
                birth=options.birth,
                entry=options.entry,
                exit=options.exit,
                event=event_of(options),
                by=options.names(),
                origin=options.origin,
                id=options.id,
                rates=table,
                missing_rates=options.missing_rates,  # type: ignore[arg-type]
                zero_time=options.zero_time,  # type: ignore[arg-type]
                window=options.limits(),
                **edges,  # type: ignore[arg-type]
            )
    except TableError as error:
        raise TableError(f"'{cohort}'", error.faults) from None
    except ArgumentError as error:
        raise as_options(error) from None
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
        notes=notes,
    )


def _check_expected(table: PersonYears, dimensions: list[str]) -> None:
    """Note strata in which nothing is expected, and which so have no ratio."""
    faults = Faults("the strata of the cohort")
    frame = table.summary()
    for name in dimensions:
        sums = frame.groupby(name, sort=False)["expected"].sum()
        empty = sums.index[sums <= 0].to_series()
        if len(empty):
            shown = ", ".join(_band_labels(table, name, empty))
            option = f"--{name.replace('_', '-')}" if name in table.bands else "--by"
            said = f"no events are expected in {name} {shown}, so that there is no ratio"
            faults.add(option, said, "Merge it with another, or leave it out")
    if len(frame) and not dimensions and frame["expected"].sum() <= 0:
        faults.add("--rates", "no events are expected: the rates met are 0", "See the rates")
    if not len(frame):
        faults.add(None, "nobody was followed", "See the window, the bands and the dates")
    faults.raise_any()


def ratios_of(found: Analysis) -> pd.DataFrame:
    """Return the ratio of the whole cohort, then by each dimension, a row a stratum."""
    frames = [found.total.summary().assign(dimension="all", stratum="all")]
    for name, ratios in found.by.items():
        summary = ratios.summary()
        labels = _band_labels(found.table, name, summary[name])
        frames.append(summary.drop(columns=name).assign(dimension=name, stratum=labels))
    together = pd.concat(frames, ignore_index=True)
    first = ["dimension", "stratum"]
    return together[[*first, *together.columns.drop(first)]]


def _band_labels(table: PersonYears, name: str, labels: pd.Series) -> list[str]:
    """Return bands by both edges, and other labels as they are."""
    if name not in table.bands:
        return [str(label) for label in labels]
    edges = table.bands[name]
    upper = dict(pairwise(edges))
    return [
        f"{low:g}+" if upper[low] == float("inf") else f"{low:g} to {upper[low]:g}"
        for low in labels
    ]


def _files(found: Analysis, options: CohortOptions) -> dict[str, Callable[[Path], None]]:
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
    written: dict[str, Callable[[Path], None]] = {
        name: partial(write_csv, frame) for name, frame in frames.items()
    }
    written["incidence_ratios.png"] = partial(_save, partial(_forest, found))
    written["lexis.png"] = partial(_save, partial(_lexis, found, options))
    for name in found.table.bands:
        written[f"ratio_by_{name}.png"] = partial(_save, partial(_bands, found, name))
    if found.model is not None:
        written["regression.png"] = partial(_save, partial(_model, found.model))
    return written


def _save(draw: Callable[[], Figure], path: Path) -> None:
    import matplotlib.pyplot as plt

    figure = draw()
    with written_whole(path) as part:
        figure.savefig(part, dpi=150, format="png")
    plt.close(figure)


def _forest(found: Analysis) -> Figure:
    import matplotlib.pyplot as plt

    from paraneo.plotting.forest import MARGIN, ROW_HEIGHT, forest

    frame = ratios_of(found)
    frame["label"] = [
        "all" if name == "all" else f"{name.replace('_', '-')}: {stratum}"
        for name, stratum in zip(frame["dimension"], frame["stratum"], strict=True)
    ]
    size = (9.0, MARGIN + ROW_HEIGHT * len(frame))
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    forest(frame, label="label", xlabel="Observed / expected (log scale, 95% limits)", ax=ax)
    return figure


def _lexis(found: Analysis, options: CohortOptions) -> Figure:
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7.0, 6.0), layout="constrained")
    people = found.cohort
    event = options.event if options.event in people else None
    codes = event_of(options)[""][1] if event and options.event_codes else None
    lexis_diagram(
        people,
        birth=options.birth,
        entry=options.entry,
        exit=options.exit,
        event=event,
        cause=codes,
        age=found.table.bands.get("age", ()),
        period=found.table.bands.get("period", ()),
        ax=ax,
    )
    return figure


def _bands(found: Analysis, over: str) -> Figure:
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
    found.table.plot(over=over, by=found.table.by, ax=ax)
    return figure


def _model(model: RatioRegression) -> Figure:
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8.5, 1.3 + 0.32 * len(model.columns)), layout="constrained")
    model.plot(ax=ax)
    return figure


def _show(console: Console, found: Analysis) -> None:
    console.print(_source(found.rates), highlight=False, markup=False)
    ratios = ratios_of(found)
    console.print(_table(ratios.head(MOST_ROWS)))
    if len(ratios) > MOST_ROWS:
        more = len(ratios) - MOST_ROWS
        console.print(f"{more} more rows are in incidence_ratios.csv.", highlight=False)
    for _, row in found.tests.iterrows():
        said = f"{row['dimension']}: {row['test']}, chi2 {row['chi2']:.2f} on {row['df']:.0f} df"
        console.print(f"{said}, p = {row['p_value']:.2g}", highlight=False, markup=False)
    for frame, what in ((found.table.excluded, "Left out"), (found.table.borrowed, "Borrowed")):
        for _, row in frame.iterrows():
            said = f"{what}: {row.iloc[0]}, {row['rows']:,d} rows, {row['events']:,d} events"
            years = f"{row['person_years']:,.1f} person-years."
            console.print(f"{said}, {years}", highlight=False, markup=False)
    console.print()
    cohort_models.show(console, found.model, found.standardised)
    for note in found.notes:
        console.print(f"Note. {note}", highlight=False, markup=False)
    if found.notes:
        console.print()


def _source(rates: RateTable) -> str:
    """Say where the rates come from."""
    groups = ", ".join(rates.by) or "none"
    known = [f"{key} {value}" for key, value in rates.provenance.items() if key != "file"]
    return f"Rates: {'; '.join([rates.provenance['file'], *known])}; groups by {groups}."


def _table(ratios: pd.DataFrame) -> Table:
    """Return the ratios as they are printed, a section a dimension."""
    frame = shown.cohort(ratios)
    table = Table(title="Observed and expected, with exact 95% limits")
    for k, heading in enumerate(frame.columns):
        table.add_column("" if k < 2 else str(heading), justify="left" if k < 2 else "right")
    previous = ""
    for dimension, *cells in frame.itertuples(index=False):
        if dimension != previous:
            table.add_section()
        table.add_row("" if dimension == previous else str(dimension), *map(str, cells))
        previous = dimension
    return table
