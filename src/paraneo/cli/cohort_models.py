"""What is worked out beside the ratios: tests, a model of the ratio, standardised rates."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pandas as pd

from paraneo.errors import Faults, ParaneoWarning, TableError, in_words_of
from paraneo.follow_up import PersonYears
from paraneo.incidence import (
    IncidenceRatios,
    RatioRegression,
    StandardisedRates,
    ratio_regression,
    standardised_rates,
)

from .cohort_inputs import NAMES
from .console import options as options_named
from .console import say

if TYPE_CHECKING:
    from rich.console import Console

    from .cohort_inputs import CohortOptions


@contextmanager
def noted(notes: list[str], about: str) -> Iterator[None]:
    """Keep this package's warnings as notes, each once; others go on as they would."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        if not issubclass(warning.category, ParaneoWarning):
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
            continue
        words = in_words_of(NAMES, str(warning.message)).rstrip(".")
        said = f"{about}: {words}."
        if said not in notes:
            notes.append(said)


def tests_of(
    table: PersonYears, by: Mapping[str, IncidenceRatios], notes: list[str]
) -> pd.DataFrame:
    """Return tests of homogeneity, and of trend over bands, for each dimension."""
    rows = []
    for name, ratios in by.items():
        if len(ratios.observed) < 2:
            continue
        with noted(notes, name):
            numbers = ["statistic", "df", "p_value"]
            rows.append([name, "homogeneity", *ratios.homogeneity().loc[0, numbers]])
            if name in table.bands:
                rows.append([name, "trend", *ratios.trend().tests().loc[0, numbers]])
    return pd.DataFrame(rows, columns=["dimension", "test", "statistic", "df", "p_value"])


def model_of(
    table: PersonYears, options: CohortOptions, notes: list[str]
) -> RatioRegression | None:
    """Return the model of the ratio, if a formula was typed."""
    if not options.formula:
        return None
    curved = "ns(" in options.formula
    try:
        with noted(notes, "model"):
            return ratio_regression(
                table, formula=options.formula, bands="middle" if curved else "lower"
            )
    except TableError as error:
        said = "the model of --formula, whose columns are the bands and those of --by,"
        raise TableError(said, error.faults) from None


def standardised_of(table: PersonYears, options: CohortOptions) -> StandardisedRates | None:
    """Return standardised rates of the groups, if a standard population was typed."""
    if not options.standard:
        return None
    faults = Faults("the options")
    if "age" not in table.bands:
        faults.add("--standard", "there are no bands of age", "Give --age, such as 0:85:5,inf")
    faults.raise_any()
    with options_named({"standard": "--standard", "by": "--by"}):
        return standardised_rates(table, standard=options.standard, by=options.names())


def tests_of_model(model: RatioRegression) -> pd.DataFrame:
    """Return the tests of the terms of a model, and of overdispersion, in one frame."""
    return pd.concat([model.tests(), model.overdispersion().assign(term="overdispersion")])


def show(
    console: Console, model: RatioRegression | None, standardised: StandardisedRates | None
) -> None:
    """Print the model and the rates as their tables read."""
    for result in (model, standardised):
        if result is not None:
            say(console, str(result))
            console.print()
