"""The person, the population and the evidence behind `paraneo risk` and `paraneo schedule`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo.accuracy import pooled_accuracy, published_accuracy
from paraneo.errors import ArgumentError, Faults, TableError
from paraneo.evidence import load
from paraneo.gate.arguments import check_option
from paraneo.gate.files import read_table
from paraneo.rates import RateTable, rate_table
from paraneo.screening import CancerRisk, cancer_risk

from . import disease as published
from .accuracies import COUNTS, in_rows, read_sources
from .console import option, options
from .disease import DISEASES, Published

#: Years within which the studies of an antibody counted cancers, where none are given.
USUAL_WINDOW = 3.0
#: Where none is typed.
USUAL_SEX, USUAL_YEAR = "female", 2014.0
#: The options that the arguments of verbs come from.
NAMES = {
    **{
        name: option(name)
        for name in (
            *("age", "sex", "year", "horizon", "rates", "mortality", "mortality_ratio", "before"),
            "cancer_mortality",
            *("accuracy_window", "sensitivity", "specificity", "marker", "accuracy"),
        )
    },
    "cancer_free_for": "--cancer-free",
    "model": "--ratios",
}
MARKERS = {"positive": "positive", "negative": "negative", "unknown": None}
OF_MARKER = ("sensitivity", "specificity", "accuracy", "accuracy_window", "before")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, with all that their risk is worked out from."""

    disease: str
    age: float
    sex: str
    year: float
    marker: str
    cancer_free: float
    horizon: float
    ratios: Published
    accuracy: Published | None
    window: float
    before: tuple[float, float] | None
    dying: Published
    rates: RateTable
    mortality: RateTable
    cancer_mortality: RateTable | None
    sources: tuple[str, ...]

    def risk(self) -> CancerRisk:
        """Return the risk of cancer."""
        try:
            with options(NAMES):
                return self._risk()
        except TableError as error:
            of_options = [fault for fault in error.faults if fault.column in NAMES]
            if of_options:
                raise ArgumentError("the options", of_options).renamed(NAMES) from None
            raise TableError(self.ratios.source, error.faults) from None

    def _risk(self) -> CancerRisk:
        accuracy = self.accuracy
        risk = cancer_risk(
            self.ratios.value,
            age=self.age,
            sex=self.sex,
            year=self.year,
            rates=self.rates,
            mortality=self.mortality,
            cancer_mortality=self.cancer_mortality,
            horizon=self.horizon,
            accuracy=None if accuracy is None else accuracy.value,
            marker=MARKERS[self.marker],
            accuracy_window=None if accuracy is None else self.window,
            before=self.before,
            mortality_ratio=self.dying.value,
        )
        return risk.given(self.cancer_free) if self.cancer_free else risk


def person_of(given: dict[str, Any]) -> Person:
    """Return the person that the options of the command line describe, naming every fault."""
    faults = Faults("the options")
    known = check_option(given["disease"], DISEASES, "--disease", faults)
    check_option(given["marker"], MARKERS, "--marker", faults)
    if given["marker"] == "unknown":
        for name in OF_MARKER:
            if given[name] is not None:
                cure = "Give --marker positive or negative, or leave it out"
                faults.add(option(name), "it has no meaning without a result", cure)
    before = _pair(given["before"], "--before", faults)
    dying = _dying(given["mortality_ratio"], faults)
    own = {name: _figure(given[name], option(name), faults) for name in OF_MARKER[:2]}
    faults.raise_any()
    disease = given["disease"] if known else DISEASES[0]
    ratios = published.ratios(disease)[0]
    if given["ratios"] is not None:
        ratios = Published(
            "your ratios", read_ratios(given["ratios"]), f"ratios of {given['ratios'].name}"
        )
    else:
        _check_reach(given)
    accuracy = None
    if given["marker"] != "unknown":
        accuracy = _accuracy(disease, own, given["accuracy"])
    dying = dying or published.mortality(disease)
    rates, mortality = (
        _rates(given["rates"], "us_cancer_rates"),
        _rates(given["mortality"], "us_mortality_2014"),
    )
    of_cancer = given["cancer_mortality"]
    cancer_mortality = None if of_cancer is None else _rates(of_cancer, "")
    _check_idle(given, (rates, mortality))
    said = [ratios.source]
    if given["rates"] is None:
        said.append("coarse US cancer rates derived from Siegel 2014 (doi:10.3322/caac.21208)")
    if given["mortality"] is None:
        said.append("US mortality of 2014")
    said += [dying.source, accuracy.source if accuracy else ""]
    return Person(
        disease=disease,
        age=given["age"],
        sex=given["sex"] or USUAL_SEX,
        year=USUAL_YEAR if given["year"] is None else given["year"],
        marker=given["marker"],
        cancer_free=given["cancer_free"],
        horizon=given["horizon"],
        ratios=ratios,
        accuracy=accuracy,
        window=USUAL_WINDOW if given["accuracy_window"] is None else given["accuracy_window"],
        before=before,
        dying=dying,
        rates=rates,
        mortality=mortality,
        cancer_mortality=cancer_mortality,
        sources=tuple(filter(None, said)),
    )


def usual(disease: str, *, age: float, sex: str, horizon: float, marker: str) -> Person:
    """Return a person of whom all the rest is taken from the published evidence."""
    tables = ("ratios", "rates", "mortality", "cancer_mortality", "mortality_ratio")
    given = dict.fromkeys((*tables, "year", *OF_MARKER))
    fixed = {"disease": disease, "age": age, "sex": sex, "horizon": horizon, "cancer_free": 0.0}
    return person_of(given | fixed | {"marker": marker})


def _check_reach(given: dict[str, Any]) -> None:
    """Note years of which the published ratios say nothing."""
    faults = Faults("the options")
    for name in ("horizon", "accuracy_window"):
        if (given[name] or 0.0) > published.OPEN_END:
            said = f"the published ratios are used for {published.OPEN_END:g} years"
            faults.add(option(name), said, "Ask for less, or give --ratios that reach further")
    faults.raise_any()


def _check_idle(given: dict[str, Any], tables: tuple[RateTable, RateTable]) -> None:
    """Note options that change nothing, for the tables do not differ by them."""
    faults = Faults("the options")
    if given["year"] is not None and not any(len(table.period_edges) > 2 for table in tables):
        said = "neither cancer rates nor mortality differ by calendar year"
        faults.add("--year", said, "Leave it out, or give --rates or --mortality with a period")
    if given["sex"] is not None and not any("sex" in table.by for table in tables):
        said = "neither cancer rates nor mortality differ by sex"
        faults.add("--sex", said, "Leave it out, or give rates with a column sex")
    faults.raise_any()


def _figure(text: str | None, name: str, faults: Faults) -> Any:
    """Read 0.78, or 0.78,0.6,0.9 with its confidence limits; None where nothing was typed."""
    numbers = _numbers(text)
    if text is not None and len(numbers) not in (1, 3):
        said = f"{text!r} is neither a number nor a number with its two limits"
        faults.add(name, said, "Write 0.78, or 0.78,0.6,0.9 for a 95% CI of 0.6 to 0.9")
        return None
    if not numbers:
        return None
    return numbers[0] if len(numbers) == 1 else tuple(numbers)


def _numbers(text: str | None) -> list[float]:
    try:
        return [] if text is None else [float(part) for part in text.split(",")]
    except ValueError:
        return []


def _pair(text: str | None, name: str, faults: Faults) -> tuple[float, float] | None:
    numbers = _numbers(text)
    if text is not None and len(numbers) != 2:
        said = f"{text!r} is not a ratio and a number of years"
        faults.add(name, said, "Write 3,2 for a ratio of 3 over the 2 years before")
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def _dying(text: str | None, faults: Faults) -> Published | None:
    """Read 2.6, or 0:5.6,1:2.6 with the years from which each holds."""
    if text is None:
        return None
    steps: dict[str, list[float]] = {"start": [], "estimate": []}
    for part in text.split(","):
        start, colon, ratio = part.rpartition(":")
        try:
            read = float(start) if colon else 0.0, float(ratio)
        except ValueError:
            read = np.nan, np.nan
        steps["start"].append(read[0])
        steps["estimate"].append(read[1])
    starts = np.array(steps["start"])
    wrong = starts[0] != 0 or (np.diff(starts) <= 0).any() or not np.isfinite(starts).all()
    if wrong or not (np.array(steps["estimate"]) >= 0).all():
        said = f"{text!r} is neither a ratio nor steps of one in time that begin at 0"
        cure = "Write 2.6, or 0:5.6,1:2.6 for 5.6 in the first year and 2.6 later"
        faults.add("--mortality-ratio", said, cure)
        return None
    return Published(published.words_of(steps), steps, "")


def _accuracy(disease: str, own: dict[str, Any], path: Path | None) -> Published:
    """Return the accuracy that was given, or that of the disease's studies."""
    faults = Faults("the options")
    typed = [name for name, figure in own.items() if figure is not None]
    if path is not None and typed:
        faults.add("--accuracy", f"{option(typed[0])} was given too", "Give one of the two")
    elif len(typed) == 1:
        other = next(option(name) for name in own if name not in typed)
        faults.add(other, f"it is needed beside {option(typed[0])}", "Give both, or neither")
    elif path is None and not typed and not published.accuracies(disease):
        said = f"the evidence has no accuracy of an antibody in {disease}"
        faults.add("--marker", said, "Give --sensitivity and --specificity, or --accuracy")
    faults.raise_any()
    if path is not None:
        return _read_accuracy(path)
    if not typed:
        return published.accuracies(disease)[0]
    with options(NAMES):
        return Published("your accuracy", published_accuracy(**own), "")


def _read_accuracy(path: Path) -> Published:
    """Return the accuracy of the one row of a file, or that of its studies pooled."""
    table, subject = in_rows(read_table(path)), f"'{path}'"
    if len(table) > 1 and set(COUNTS) <= set(table.columns):
        try:
            pooled = pooled_accuracy(table)
        except TableError as error:
            raise TableError(subject, error.faults) from None
        return Published("your accuracy, pooled", pooled, f"accuracy pooled from {path.name}")
    found = read_sources(table, subject)
    if len(found) != 1:
        faults = Faults(subject)
        cure = "Leave the row of one test, or give tp, fp, fn and tn of several studies"
        faults.add(None, f"it gives {len(found)} accuracies, which cannot be pooled", cure)
        raise TableError(subject, faults.found)
    return Published("your accuracy", found[0].accuracy, f"accuracy of {path.name}")


def read_ratios(path: Path) -> pd.DataFrame:
    """Return ratios by time since diagnosis; also as `paraneo cohort` writes them."""
    table = read_table(path)
    if not {"dimension", "stratum"} <= set(table.columns):
        return table
    rows = table[table["dimension"] == "follow_up"].reset_index(drop=True)
    edges = [re.findall(r"[\d.]+", str(label)) for label in rows["stratum"]]
    if rows.empty:
        faults = Faults(f"'{path}'")
        cure = "Give paraneo cohort --follow-up, such as 0,1,5,inf"
        faults.add("dimension", "it has no ratios by follow_up", cure)
        raise TableError(f"'{path}'", faults.found)
    starts = [float(edge[0]) for edge in edges]
    ends = [float(edge[1]) if len(edge) > 1 else np.inf for edge in edges]
    return rows[["estimate", "lower", "upper"]].assign(start=starts, end=ends)


def _rates(path: Path | None, name: str) -> RateTable:
    table = load(name) if path is None else read_table(path)
    by = "sex" if "sex" in table.columns else ()
    columns = (column for column in ("period", "year") if column in table.columns)
    period = next((column for column in columns if len(table[column].unique()) > 1), None)
    try:
        return rate_table(table, rate="rate", by=by, period=period)
    except TableError as error:
        subject = f"'{path}'" if path is not None else name
        raise TableError(subject, error.faults) from None


def varied(person: Person) -> list[tuple[str, Person]]:
    """Return the person under other assumptions, each with what is changed."""
    own = person.ratios.name == "your ratios"
    others = published.ratios(person.disease)
    if own:
        first = replace(others[0], name=f"ratios of {person.disease}: {others[0].name}")
        limits = published.at_limits(pd.DataFrame(person.ratios.value), "your ratios")
        others = (person.ratios, *limits, first, *others[1:])
    found = [(ratios.name, replace(person, ratios=ratios)) for ratios in others[1:]]
    watched = published.without_surveillance(person.ratios)
    if watched is not None:
        found.append((watched.name, replace(person, ratios=watched)))
    for ratio in (1.0, 2.6, 5.6):
        steps = {"start": [0.0], "estimate": [ratio]}
        dying = Published(published.words_of(steps), steps, "")
        found.append((f"mortality ratio {ratio:g} throughout", replace(person, dying=dying)))
    if person.accuracy is not None:
        found += [
            (accuracy.name, replace(person, accuracy=accuracy))
            for accuracy in published.accuracies(person.disease)
            if accuracy.name != person.accuracy.name
        ]
    return found
