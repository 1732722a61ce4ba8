"""`paraneo risk` and `paraneo schedule`: one person's risk, and visits scored side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from paraneo.errors import ParaneoError

from .app import app

AGE = Annotated[float, typer.Option(help="Age at diagnosis, in years.")]
SEX = Annotated[str, typer.Option(help="A label of the rate tables, such as female.")]
YEAR = Annotated[float, typer.Option(help="Calendar year of diagnosis.")]
MARKER = Annotated[str, typer.Option(help="The antibody result: positive, negative or unknown.")]
FREE = Annotated[float, typer.Option(help="Years since diagnosis without a cancer.")]
RATIOS = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="CSV or Parquet of ratios by time since diagnosis: start, end (years), estimate, "
        "and lower, upper if known. Without it: a curve pooled from the published ratios of "
        "myositis (Chow 1995, Buchbinder 2001).",
    ),
]
RATES = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Cancer rates per person-year: age, rate, sex. Without it: coarse rates of the US.",
    ),
]
MORTALITY = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Mortality, as the rates. Without it: that of the US in 2014."
    ),
]
MORTALITY_RATIO = Annotated[
    float, typer.Option(help="By how much the disease multiplies mortality.")
]
SE = Annotated[float, typer.Option(help="Sensitivity of the antibody, a proportion.")]
SP = Annotated[float, typer.Option(help="Specificity of the antibody, a proportion.")]
OUT = Annotated[Path, typer.Option(metavar="DIR", help="Where tables and pictures go.")]


@app.command()
def risk(
    age: AGE,
    sex: SEX = "female",
    year: YEAR = 2014.0,
    marker: MARKER = "unknown",
    cancer_free: FREE = 0.0,
    horizon: Annotated[float, typer.Option(help="Years since diagnosis to look ahead to.")] = 5.0,
    ratios: RATIOS = None,
    rates: RATES = None,
    mortality: MORTALITY = None,
    mortality_ratio: MORTALITY_RATIO = 1.0,
    sensitivity: SE = 0.78,
    specificity: SP = 0.89,
    accuracy_window: Annotated[
        float, typer.Option(help="Years within which the antibody's studies counted cancers.")
    ] = 3.0,
    out: OUT = Path("paraneo-results"),
) -> None:
    """Say which risk of cancer a person still runs, given a marker and time without cancer.

    Death of other causes competes. The antibody's accuracy is by default that of
    anti-TIF1-gamma as pooled by Trallero-Araguás 2012. For research, not for the care of a person.
    """
    from .personal_risk import run

    given = _given(locals())
    _told(lambda: run(given, cancer_free=cancer_free, out=out))


@app.command()
def schedule(
    age: AGE,
    visits: Annotated[
        list[str] | None,
        typer.Option(
            help="A schedule as NAME=YEARS, such as yearly=0,1,2,3; may be given several times. "
            "Without it: once, yearly for three years, and the best four visits."
        ),
    ] = None,
    sex: SEX = "female",
    year: YEAR = 2014.0,
    marker: MARKER = "unknown",
    horizon: Annotated[float, typer.Option(help="Years over which cancers are counted.")] = 6.0,
    test_sensitivity: Annotated[
        float, typer.Option(help="Share of the cancers present that a visit finds.")
    ] = 0.7,
    test_specificity: Annotated[
        float, typer.Option(help="Share of those without that a visit leaves in peace.")
    ] = 0.9,
    mean_sojourn: Annotated[
        float, typer.Option(help="Mean years for which a cancer can be found before it shows.")
    ] = 0.8,
    ratios: RATIOS = None,
    rates: RATES = None,
    mortality: MORTALITY = None,
    mortality_ratio: MORTALITY_RATIO = 1.0,
    sensitivity: SE = 0.78,
    specificity: SP = 0.89,
    accuracy_window: Annotated[
        float, typer.Option(help="Years within which the antibody's studies counted cancers.")
    ] = 3.0,
    out: OUT = Path("paraneo-results"),
) -> None:
    """Compare schedules of visits by the cancers they find and the examinations they cost.

    Sensitivity, specificity and sojourn of the examination are assumptions: change them and
    look again. For research, not for the care of a person.
    """
    from .personal_schedule import run

    given = _given(locals())
    test = {
        "sensitivity": test_sensitivity,
        "specificity": test_specificity,
        "mean_sojourn": mean_sojourn,
    }
    _told(lambda: run(given, visits or [], test, out))


def _given(words: dict[str, Any]) -> dict[str, Any]:
    """Return what both commands share."""
    names = ("age", "sex", "year", "marker", "horizon", "ratios", "rates", "mortality")
    more = ("mortality_ratio", "sensitivity", "specificity", "accuracy_window")
    return {name: words[name] for name in (*names, *more)}


def _told(work: Any) -> None:
    try:
        work()
    except ParaneoError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
