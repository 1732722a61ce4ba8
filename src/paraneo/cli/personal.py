"""`paraneo risk` and `paraneo schedule`: one person's risk, and visits scored side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .app import app
from .commands import RESULTS
from .output import with_output


def _evidence(text: str, *names: str, metavar: str | None = None) -> Any:
    """Return an option of the panel on what the risk is worked out from."""
    return typer.Option(*names, metavar=metavar, help=text, rich_help_panel="What it rests on")


AGE = Annotated[float, typer.Option(help="Age at diagnosis, in years.")]
DISEASE = Annotated[
    str,
    typer.Option(
        help="dermatomyositis, polymyositis or myositis: whose published evidence is used."
    ),
]
SEX = Annotated[str | None, typer.Option(help="A label of the rate tables. Without it: female.")]
YEAR = Annotated[
    float | None,
    typer.Option(help="Calendar year of diagnosis, where the rate tables differ by it."),
]
MARKER = Annotated[str, typer.Option(help="The antibody result: positive, negative or unknown.")]
FREE = Annotated[float, typer.Option(help="Years since diagnosis without a cancer.")]
RATIOS = Annotated[
    Path | None,
    _evidence(
        "CSV or Parquet of ratios by time since diagnosis: start, end (years), estimate, and "
        "lower, upper (95% CI) if known; or ratios as `paraneo cohort --follow-up` and "
        "`paraneo analyse` write them. Without it: those published for the disease.",
        metavar="FILE",
    ),
]
RATES = Annotated[
    Path | None,
    _evidence(
        "Cancer rates per person-year: age, rate, sex. Without it: coarse rates of the US.",
        metavar="FILE",
    ),
]
MORTALITY = Annotated[
    Path | None,
    _evidence("Mortality, as the rates. Without it: that of the US in 2014.", metavar="FILE"),
]
CANCER_MORTALITY = Annotated[
    Path | None,
    _evidence(
        "That part of the mortality which is death from the cancer, and so is no competing one: a "
        "table as --mortality. Without it: all of the mortality competes.",
        metavar="FILE",
    ),
]
MORTALITY_RATIO = Annotated[
    str | None,
    _evidence(
        "By how much the disease multiplies mortality from other causes: 2.6, or by years since "
        "diagnosis, such as 0:5.6,1:2.6. Without it: as published for the disease.",
        metavar="RATIO",
    ),
]
SE = Annotated[
    str | None,
    _evidence(
        "Sensitivity of the antibody, a proportion, with its 95% CI if known: 0.78,0.6,0.9.",
        metavar="SE[,LOW,HIGH]",
    ),
]
SP = Annotated[
    str | None, _evidence("Specificity of the antibody, likewise.", metavar="SP[,LOW,HIGH]")
]
ACCURACY = Annotated[
    Path | None,
    _evidence(
        "In place of both: accuracy of one study, counts of several (which are pooled), or "
        "pooled_accuracy.csv of `paraneo analyse`. Without all three: that of anti-TIF1-gamma "
        "in the disease.",
        metavar="FILE",
    ),
]
WINDOW = Annotated[
    float | None,
    _evidence("Years within which the antibody's studies counted cancers. Without it: 3."),
]
BEFORE = Annotated[
    str | None,
    _evidence(
        "Where those studies also counted cancers before the diagnosis: the ratio then and over "
        "how many years, such as 3,2.",
        metavar="RATIO,YEARS",
    ),
]
OUT = Annotated[Path, typer.Option(metavar="DIR", help="Where tables and pictures go.")]


@app.command()
@with_output
def risk(
    age: AGE,
    disease: DISEASE = "dermatomyositis",
    sex: SEX = None,
    year: YEAR = None,
    marker: MARKER = "unknown",
    cancer_free: FREE = 0.0,
    horizon: Annotated[float, typer.Option(help="Years since diagnosis to look ahead to.")] = 5.0,
    ratios: RATIOS = None,
    rates: RATES = None,
    mortality: MORTALITY = None,
    cancer_mortality: CANCER_MORTALITY = None,
    mortality_ratio: MORTALITY_RATIO = None,
    sensitivity: SE = None,
    specificity: SP = None,
    accuracy: ACCURACY = None,
    accuracy_window: WINDOW = None,
    before: BEFORE = None,
    out: OUT = RESULTS,
) -> None:
    """Predict a person's risk of cancer, given a marker and time without cancer.

    Death from other causes competes. What is not given is taken from the published evidence of
    the disease, and a second table shows how the risk moves with it. For research, not for the
    care of a person.
    """
    from .personal_risk import run

    given = _given(locals())
    from .console import answered

    with answered(out):
        run(given, out)


@app.command()
@with_output
def schedule(
    age: AGE,
    visits: Annotated[
        list[str] | None,
        typer.Option(
            help="A schedule as NAME=YEARS, such as yearly=0,1,2,3; may be given several times. "
            "Without it: that of the IMACS 2023 guideline for high risk (at diagnosis and yearly "
            "for three years), once, half-yearly, and the best four visits."
        ),
    ] = None,
    disease: DISEASE = "dermatomyositis",
    sex: SEX = None,
    year: YEAR = None,
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
    cancer_mortality: CANCER_MORTALITY = None,
    mortality_ratio: MORTALITY_RATIO = None,
    sensitivity: SE = None,
    specificity: SP = None,
    accuracy: ACCURACY = None,
    accuracy_window: WINDOW = None,
    before: BEFORE = None,
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
    from .console import answered

    with answered(out):
        run(given, visits or [], test, out)


def _given(words: dict[str, Any]) -> dict[str, Any]:
    """Return what both commands share."""
    names = ("disease", "age", "sex", "year", "marker", "cancer_free", "horizon", "ratios", "rates")
    more = (
        "mortality",
        "cancer_mortality",
        "mortality_ratio",
        "sensitivity",
        "specificity",
        "accuracy",
    )
    last = ("accuracy", "accuracy_window", "before")
    return {name: words[name] for name in (*names, *more, *last)}
