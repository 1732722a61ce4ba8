"""What can be typed after `paraneo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from paraneo import __version__
from paraneo.errors import ParaneoError

from .spoken import spoken

app = typer.Typer(
    name="paraneo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Cancer risk around dermatomyositis and other index diseases. "
    "Start with `paraneo analyse`, which needs nothing but a folder to write into.",
)


def _cohort(text: str, *names: str, metavar: str | None = None) -> Any:
    """Return an option of the panel on cohorts."""
    return typer.Option(*names, metavar=metavar, help=text, rich_help_panel="A cohort")


def _rates(text: str, *names: str, metavar: str | None = None) -> Any:
    """Return an option of the panel on the rates of a cohort's population."""
    return typer.Option(*names, metavar=metavar, help=text, rich_help_panel="Its rates")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"paraneo {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say which version."),
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


@app.command()
def analyse(
    accuracy: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV or Parquet, one row a study: `study` and either tp, fp, fn, tn (people), "
            "or sensitivity, specificity (proportions, with _lower and _upper if known), or "
            "positive_likelihood_ratio, negative_likelihood_ratio. Without it: the published "
            "antibody studies that come with paraneo.",
        ),
    ] = None,
    ratios: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV or Parquet, one row a ratio: `study`, observed (cancers), expected or sir, "
            "and the printed limits ci_low, ci_high if there are any. Without it: the published "
            "ratios that come with paraneo.",
        ),
    ] = None,
    prevalence: Annotated[
        str,
        typer.Option(
            help="The share with cancer among those tested: 0.17, 17%, or counted, such as "
            "17/100, whose own uncertainty is then carried.",
        ),
    ] = "0.17",
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Where tables (CSV), pictures (PNG) and report.html go."),
    ] = Path("paraneo-results"),
    cohort: Annotated[
        Path | None,
        _cohort(
            "CSV or Parquet, one row a person: columns of birth, entry and exit (dates such as "
            "1999-12-31, or years such as 1999.5) and of the event. With it, observed and "
            "expected cancers of this cohort are worked out, and nothing published.",
            metavar="FILE",
        ),
    ] = None,
    rates: Annotated[
        Path | None,
        _cohort(
            "CSV or Parquet, one row a cell: age, rate (or cases and person_years), period or "
            "year if the rates differ by it, and columns such as sex that the cohort has too. "
            "With --rates-as the file of a registry or database.",
            metavar="FILE",
        ),
    ] = None,
    birth: Annotated[str, _cohort("Column of the birth.")] = "birth",
    entry: Annotated[str, _cohort("Column of the start of follow-up.")] = "entry",
    exit_: Annotated[str, _cohort("Column of its end.", "--exit")] = "exit",
    event: Annotated[str, _cohort("Column of the event, 0 or 1.")] = "event",
    event_codes: Annotated[
        str, _cohort("Values of --event that mean the event, such as 162,163.")
    ] = "",
    origin: Annotated[
        str | None, _cohort("Column of time zero, such as diagnosis. Without it: the entry.")
    ] = None,
    person: Annotated[
        str | None, _cohort("Column that tells people apart who have several rows.", "--id")
    ] = None,
    by: Annotated[str, _cohort("Columns of groups, such as sex,country.")] = "",
    age: Annotated[str, _cohort("Edges of age, such as 0,50,60,inf or 0:80:10,inf.")] = "",
    period: Annotated[str, _cohort("Edges of calendar years.")] = "",
    follow_up: Annotated[str, _cohort("Edges of years since origin.")] = "",
    window: Annotated[str, _cohort("Years since origin that count, such as 0.1667,inf.")] = "",
    date_format: Annotated[
        str, _cohort("How dates are written if not 1999-12-31, such as %d/%m/%Y.")
    ] = "",
    formula: Annotated[
        str, _cohort("A model of the ratio, such as '~ sex + C(follow_up)'; ns(age, df=3) bends.")
    ] = "",
    standard: Annotated[
        str, _cohort("Standardise the rates to: segi, who, esp-1976, esp-2013 or nordic.")
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
    zero_time: Annotated[
        str, _cohort("Exit on the day of entry: exclude, include or half_day.")
    ] = "exclude",
) -> None:
    """Read published accuracy and incidence ratios, check them, and show what they mean.

    Says what a positive and a negative antibody result mean at a prevalence, and
    recomputes the limits of each published incidence ratio from its count, naming those
    whose printed limits cannot be right.

    With --cohort and --rates it counts person-years, observed and expected cancers of a
    cohort instead, and their ratios with limits; with --formula a model of the ratio, and
    with --standard standardised rates.
    """
    try:
        if cohort is None and rates is None:
            from .analysis import run

            run(accuracy, ratios, prevalence, out)
            return
        from .cohort import run as run_cohort
        from .cohort_inputs import CohortOptions

        options = CohortOptions(
            birth=birth,
            entry=entry,
            exit=exit_,
            event=event,
            event_codes=event_codes,
            origin=origin,
            id=person,
            by=by,
            age=age,
            period=period,
            follow_up=follow_up,
            window=window,
            date_format=date_format,
            rate=rate,
            rate_age=rate_age,
            per=per,
            period_width=period_width,
            rates_as=rates_as,
            cancers=cancers,
            area=area,
            population=population,
            highest_rate=highest_rate,
            holes=holes,
            formula=formula,
            standard=standard,
            missing_rates=missing_rates,
            zero_time=zero_time,
        )
        run_cohort(cohort, rates, options, out, published=accuracy or ratios)
    except ParaneoError as error:
        typer.echo(spoken(str(error)), err=True)
        raise typer.Exit(1) from None


def main() -> None:
    """Run the command line."""
    app(prog_name="paraneo")
