"""`paraneo risk` and `paraneo schedule`: one person's risk, and visits scored side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .app import app
from .commands import RESULTS
from .console import answered

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
        "and lower, upper (95% CI) if known. Without it: a curve pooled from the published "
        "ratios of myositis (Chow 1995, Buchbinder 2001).",
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
SE = Annotated[
    float | None, typer.Option(help="Sensitivity of the antibody, a proportion. Without it: 0.78.")
]
SP = Annotated[
    float | None, typer.Option(help="Specificity of the antibody, a proportion. Without it: 0.89.")
]
WINDOW = Annotated[
    float | None,
    typer.Option(help="Years within which the antibody's studies counted cancers. Without it: 3."),
]
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
    sensitivity: SE = None,
    specificity: SP = None,
    accuracy_window: WINDOW = None,
    out: OUT = RESULTS,
) -> None:
    """Predict a person's risk of cancer, given a marker and time without cancer.

    Death from other causes competes. The antibody's accuracy is by default that of
    anti-TIF1-gamma as pooled by Trallero-Araguás 2012. For research, not for the care of a person.
    """
    from .personal_risk import run

    given = _given(locals())
    with answered(out):
        run(given, out)


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
    cancer_free: FREE = 0.0,
    horizon: Annotated[float, typer.Option(help="Years over which cancers are counted.")] = 6.0,
    test_sensitivity: Annotated[
        float, typer.Option(help="Sensitivity of the examination: of the cancers present.")
    ] = 0.7,
    test_specificity: Annotated[
        float, typer.Option(help="Specificity of the examination: of the people without a cancer.")
    ] = 0.9,
    mean_sojourn: Annotated[
        float,
        typer.Option(
            help="Mean sojourn time: years for which a cancer can be detected before symptoms."
        ),
    ] = 0.8,
    ratios: RATIOS = None,
    rates: RATES = None,
    mortality: MORTALITY = None,
    mortality_ratio: MORTALITY_RATIO = 1.0,
    sensitivity: SE = None,
    specificity: SP = None,
    accuracy_window: WINDOW = None,
    out: OUT = RESULTS,
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
    with answered(out):
        run(given, visits or [], test, out)


def _given(words: dict[str, Any]) -> dict[str, Any]:
    """Return what both commands share."""
    names = ("age", "sex", "year", "marker", "cancer_free", "horizon", "ratios", "rates")
    more = ("mortality", "mortality_ratio", "sensitivity", "specificity", "accuracy_window")
    return {name: words[name] for name in (*names, *more)}
