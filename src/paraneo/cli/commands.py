"""`paraneo analyse` for published figures, and `paraneo cohort` for people followed."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from .app import app
from .output import with_output

OUT = Annotated[
    Path, typer.Option(metavar="DIR", help="Where tables (CSV), pictures (PNG) and pages go.")
]
RESULTS = Path("paraneo-results")


def _rates(text: str, *names: str, metavar: str | None = None) -> Any:
    """Return an option of the panel on the rates of a cohort's population."""
    return typer.Option(*names, metavar=metavar, help=text, rich_help_panel="Its rates")


def _more(text: str, *names: str) -> Any:
    """Return an option of the panel on what is worked out."""
    return typer.Option(*names, help=text, rich_help_panel="What is worked out")


@app.command()
@with_output
def analyse(
    accuracy: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV or Parquet, one row a study: `study` and either tp, fp, fn, tn (people), "
            "or sensitivity, specificity (proportions, with _lower and _upper if known), or "
            "positive_likelihood_ratio, negative_likelihood_ratio.",
        ),
    ] = None,
    ratios: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV or Parquet, one row a ratio: `study`, observed (cancers), expected or sir, "
            "and the printed confidence limits ci_low, ci_high if there are any.",
        ),
    ] = None,
    prevalence: Annotated[
        str | None,
        typer.Option(
            help="The proportion with cancer among those tested: 0.17, 17%, or counted, such as "
            "17/100, whose own uncertainty is then carried. Without it: 0.17.",
        ),
    ] = None,
    out: OUT = RESULTS,
) -> None:
    """Read published accuracy and incidence ratios, check them, and show what they mean.

    Says what a positive and a negative antibody result mean at a prevalence, and
    recomputes the confidence interval of each published incidence ratio from its count,
    naming those whose printed interval cannot be right. Without --accuracy and --ratios it
    reads the published figures that come with paraneo.
    """
    from .console import answered

    with answered(out):
        from .published import run

        run(accuracy, ratios, prevalence, out)


@app.command()
@with_output
def cohort(
    people: Annotated[
        Path,
        typer.Argument(
            metavar="PEOPLE",
            help="CSV or Parquet, one row a person: columns of birth, entry and exit (dates such "
            "as 1999-12-31, or years such as 1999.5) and of the event.",
        ),
    ],
    rates: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="CSV or Parquet, one row a cell: age, rate (or cases and person_years), period "
            "or year if the rates differ by it, and columns such as sex that the cohort has "
            "too. With --rates-as the file of a registry or database.",
        ),
    ],
    birth: Annotated[str, typer.Option(help="Column of the birth.")] = "birth",
    entry: Annotated[str, typer.Option(help="Column of the start of follow-up.")] = "entry",
    exit_: Annotated[str, typer.Option("--exit", help="Column of its end.")] = "exit",
    event: Annotated[str, typer.Option(help="Column of the event, 0 or 1.")] = "event",
    cause: Annotated[str, typer.Option(help="Values of --event that count, such as 162,163.")] = "",
    competing: Annotated[
        str,
        typer.Option(
            help="Values of --event that compete, such as deaths. Without it: every other number."
        ),
    ] = "",
    endpoint: Annotated[
        str | None,
        typer.Option(
            help="Column of the rates that tells cancers apart, each counted by itself; the "
            "column of people of this name, or --event, says which it was."
        ),
    ] = None,
    censored: Annotated[
        str, typer.Option(help="With --endpoint: the label of people without an event.")
    ] = "no event",
    suppress: Annotated[
        int | None, typer.Option(help="With --endpoint: mask counts below it, such as 5.")
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(help="Column of time zero, such as diagnosis. Without it: the entry."),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option("--id", help="Column that identifies people who have several rows."),
    ] = None,
    date_format: Annotated[
        str,
        typer.Option(
            help="How dates are written if not 1999-12-31: %d/%m/%Y, 'day-first', or as days of "
            "stata, sas, r or excel."
        ),
    ] = "",
    recode: Annotated[
        str, typer.Option(help="What codes stand for, such as sex:1=male,2=female.")
    ] = "",
    zero_time: Annotated[
        str, typer.Option(help="Exit on the day of entry: exclude, include or half_day.")
    ] = "exclude",
    by: Annotated[str, _more("Columns of groups, such as sex,country.")] = "",
    age: Annotated[str, _more("Edges of age, such as 0,50,60,inf or 0:80:10,inf.")] = "",
    period: Annotated[str, _more("Edges of calendar years.")] = "",
    follow_up: Annotated[str, _more("Edges of years since origin.")] = "",
    window: Annotated[str, _more("Years since origin that count, such as 0.1667,inf.")] = "",
    formula: Annotated[
        str, _more("A model of the ratio, such as '~ sex + C(follow_up)'; ns(age, df=3) bends.")
    ] = "",
    standard: Annotated[
        str, _more("Standardise the rates to: segi, who, esp-1976, esp-2013 or nordic.")
    ] = "",
    rates_as: Annotated[
        str,
        _rates(
            "What the file is: table (a row a cell), or as it comes: hmd, ci5, globocan, "
            "seerstat, popmort, r-ratetable."
        ),
    ] = "table",
    rate: Annotated[str | None, _rates("Column of the rates. Without it: rate.")] = None,
    rate_age: Annotated[str, _rates("Column of age in the rates.")] = "age",
    per: Annotated[float, _rates("Person-years that rates refer to, such as 100000.")] = 1.0,
    period_width: Annotated[
        float | None, _rates("Years in the last period of the rates, if not the one before it.")
    ] = None,
    highest_rate: Annotated[
        float | None, _rates("Rates per person-year above it are taken for a mistake. Usual: 2.")
    ] = None,
    holes: Annotated[str, _rates("Cells without a row: raise or missing.")] = "raise",
    cancers: Annotated[str, _rates("Of ci5: codes, such as 1,2. Of globocan: the cancer.")] = "",
    area: Annotated[str | None, _rates("Of ci5: the registry. Of globocan: the area.")] = None,
    population: Annotated[
        Path | None, _rates("Of ci5: pop.csv of the summary database.", metavar="FILE")
    ] = None,
    missing_rates: Annotated[str, _rates("Without a rate: raise, nearest or drop.")] = "raise",
    out: OUT = RESULTS,
) -> None:
    """Count person-years, observed and expected cancers of a cohort, and their ratios.

    Where --event tells deaths apart also the cumulative incidence, and with --follow-up the excess
    hazard; with --formula a model of the ratio, and with --standard standardised rates.
    """
    given = locals() | {"exit": exit_, "id": person}
    from .console import answered

    with answered(out):
        from .cohort import run
        from .cohort_inputs import CohortOptions

        options = CohortOptions(**{one.name: given[one.name] for one in fields(CohortOptions)})
        run(people, rates, options, out)
