"""Rates of a cohort's population from the files that people hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from paraneo.errors import Faults, FileError, TableError, in_words_of
from paraneo.gate.arguments import check_option
from paraneo.gate.files import read_table
from paraneo.rates import (
    RateTable,
    rate_table,
    read_cdc_wonder,
    read_ci5,
    read_globocan,
    read_hmd,
    read_popmort,
    read_r_ratetable,
    read_seerstat,
)
from paraneo.rates.rate_table import HIGHEST_RATE

from .console import option
from .console import options as options_named

if TYPE_CHECKING:
    from .cohort_inputs import CohortOptions

#: The options that the arguments of readers come from.
_NAMES = {
    **{
        name: option(name)
        for name in ("per", "holes", "highest_rate", "period_width", "cancers", "area")
    },
    "age": "--rate-age",
    "site": "--cancers",
    "registry": "--area",
    "population": "--population",
    "by": "the cohort and the rates",
}
#: Names that columns of rates go by, where none was typed.
RATE, PERIODS = "rate", ("period", "year")
COUNTS = ("cases", "person_years")

_READERS: dict[str, Any] = {
    "cdc-wonder": read_cdc_wonder,
    "hmd": read_hmd,
    "popmort": read_popmort,
    "r-ratetable": read_r_ratetable,
    "seerstat": read_seerstat,
}
FORMS = ("table", "ci5", "globocan", *_READERS)


def read_rates(path: Path, cohort: pd.DataFrame, options: CohortOptions) -> RateTable:
    """Return the rates, read as the form that was typed."""
    faults = Faults("the options")
    check_option(options.rates_as, FORMS, "--rates-as", faults)
    _check(options, faults)
    faults.raise_any()
    try:
        with options_named(_NAMES):
            return _read(path, cohort, options)
    except TableError as error:
        raise TableError(f"'{path}'", error.faults) from None
    except FileError as error:
        raise FileError(in_words_of(_NAMES, str(error))) from None


def _check(options: CohortOptions, faults: Faults) -> None:
    """Note options that have no meaning for the form of the rates."""
    form = options.rates_as
    of_tables = {
        "--rate": options.rate is not None,
        "--rate-age": options.rate_age != "age",
        "--per": options.per != 1.0,
        "--period-width": options.period_width is not None,
        "--highest-rate": options.highest_rate is not None,
        "--holes": options.holes != "raise",
    }
    of_iarc = {"--cancers": bool(options.cancers), "--area": options.area is not None}
    for name, given in (of_tables if form != "table" else {}).items():
        if given:
            faults.add(name, f"it has no meaning with --rates-as {form}", "Leave it out")
    for name, given in (of_iarc if form not in ("ci5", "globocan") else {}).items():
        if given:
            faults.add(name, f"it has no meaning with --rates-as {form}", "Leave it out")
    if options.population is not None and form != "ci5":
        faults.add("--population", "it belongs to --rates-as ci5", "Leave it out")
    codes = [code.strip() for code in options.cancers.split(",")]
    if form == "ci5" and not all(code.isdigit() for code in codes):
        faults.add("--cancers", f"{options.cancers!r} are not codes", "Give codes such as 1,2")


def _read(path: Path, cohort: pd.DataFrame, options: CohortOptions) -> RateTable:
    if options.rates_as == "ci5":
        codes = [int(code) for code in options.cancers.split(",")]
        people = options.population
        return read_ci5(path, cancers=codes, registry=options.area, population=people)
    if options.rates_as == "globocan":
        return read_globocan(path, site=options.cancers or None, area=options.area)
    if options.rates_as in _READERS:
        table: RateTable = _READERS[options.rates_as](path)
        return table
    return _plain(path, cohort, options)


def _plain(path: Path, cohort: pd.DataFrame, options: CohortOptions) -> RateTable:
    """Return the rates of a table; columns that the cohort has too are its groups."""
    rows = read_table(path)
    period = next((name for name in PERIODS if name in rows), None)
    rate = options.rate
    if rate is None and (RATE in rows or not set(COUNTS) <= set(rows)):
        rate = RATE
    taken = {options.rate_age, period, rate, RATE, *COUNTS}
    known = {*map(str, cohort), options.endpoint}
    groups = [str(name) for name in rows if str(name) in known and name not in taken]
    cases, time = (None, None) if rate else COUNTS
    highest = HIGHEST_RATE if options.highest_rate is None else options.highest_rate
    return rate_table(
        rows,
        rate=rate,
        cases=cases,
        person_years=time,
        per=options.per,
        age=options.rate_age,
        period=period,
        period_width=options.period_width,
        by=groups,
        holes=options.holes,  # type: ignore[arg-type]
        highest_rate=highest,
        provenance={"file": path.name},
    )
