"""Observed and expected cancers of published studies, recovered where they are not printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.gate.arguments import COUNT, NONNEGATIVE, POSITIVE, check_level, check_option, optional
from paraneo.gate.frames import as_table
from paraneo.gate.tables import Columns, Labels
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.numerics.poisson_limits import exact, log_wald
from paraneo.results.result import Result

from ._implied import implied_events

PublishedInterval = Literal["closest", "exact", "log-wald"]

GIVEN = "observed and expected as given"
DIVIDED = "expected = observed / ratio"
MULTIPLIED = "observed = expected × ratio, rounded"
EXACT = "observed implied by the limits, taken as exact Poisson"
LOG_WALD = "observed implied by the limits, taken as log-Wald"
FROM_UPPER = "observed implied by ratio and upper limit, taken as exact Poisson"
NO_CASE = "no case; expected implied by the upper limit, taken as exact Poisson"

#: Columns that a table may do without, and their rules.
_USUAL = {
    "observed": ("observed", COUNT),
    "expected": ("expected", POSITIVE),
    "ratio": ("sir", NONNEGATIVE),
    "lower": ("ci_low", NONNEGATIVE),
    "upper": ("ci_high", NONNEGATIVE),
}
#: What our own results call the columns of published tables.
OWN_NAMES = {
    "sir": "estimate",
    "ci_low": "lower",
    "ci_high": "upper",
    "window_start_years": "start",
    "window_end_years": "end",
}
#: A ratio this far from observed over expected, and a case or more, is no rounding.
_APART = 0.05


@dataclass(frozen=True, slots=True)
class StudyColumns:
    """The caller's names of the columns; None where a column is not to be used."""

    study: str = "study"
    observed: str | None = "observed"
    expected: str | None = "expected"
    ratio: str | None = "sir"
    lower: str | None = "ci_low"
    upper: str | None = "ci_high"


class Studies(NamedTuple):
    """What is known of each row.

    ``observed`` may be fractional where it comes from log-Wald limits and was not rounded.
    ``assumption``
    says in words how each row's two numbers were had.
    """

    label: Labels
    observed: Vector
    expected: Vector
    assumption: Labels


class _Printed(NamedTuple):
    observed: Vector
    expected: Vector
    ratio: Vector
    lower: Vector
    upper: Vector


def study_table(studies: Any) -> Any:
    """Return a table of studies; of a pooled result's summary the studies alone."""
    table = as_table(studies)
    if isinstance(table, pd.DataFrame) and "kind" in table and (table["kind"] == "study").any():
        return table[table["kind"] == "study"].reset_index(drop=True)
    return table


def level_of(studies: Any, level: float | None) -> float:
    """Return the level of published intervals: as given, that of a result, or 0.95."""
    if level is not None:
        return level
    return float(getattr(studies, "level", 0.95)) if isinstance(studies, Result) else 0.95


def named(source: Columns, name: str) -> str:
    """Return the column to read: our own name for it where the usual one is not there."""
    own = OWN_NAMES.get(name, name)
    return own if not source.has(name) and source.has(own) else name


def read_studies(
    source: Columns, names: StudyColumns, *, rule: str, published_level: float, whole: bool
) -> Studies:
    """Return the studies of a table, noting in ``source.faults`` what is wrong with it.

    Of what a row prints, observed and expected are used first, then observed and ratio,
    then expected and ratio, then ratio and limits. With ``whole`` counts implied by limits
    are rounded, to 1 at least, before the expected number is made from them.
    """
    faults = source.faults
    if names.study == "study" and not source.has("study"):
        label = np.array([str(row + 1) for row in range(source.length)], dtype=object)
    else:
        label = source.labels(names.study)
    columns: dict[str, Vector] = {}
    for part, (usual, rules) in _USUAL.items():
        given = getattr(names, part)
        name = named(source, given or usual)
        absent = given is None or (given == usual and not source.has(name))
        columns[part] = (
            np.full(source.length, np.nan) if absent else source.numbers(name, optional(rules))
        )
    check_option(rule, get_args(PublishedInterval), "published_interval", faults)
    check_level(published_level, faults, name="published_level")
    printed = _Printed(**columns)
    if not faults.found:
        _note_contradictions(source, names, printed)
    if faults.found:
        nothing = np.full(source.length, np.nan)
        return Studies(label, nothing, nothing, np.full(source.length, "", dtype=object))
    return Studies(label, *recovered(printed, rule, published_level, whole=whole))


def _note_contradictions(source: Columns, names: StudyColumns, printed: _Printed) -> None:
    o, e, r, low, high = printed
    ratio = names.ratio or "ratio"
    with np.errstate(invalid="ignore", divide="ignore"):
        wrong = (low > high) | (low > r) | (high < r) | (low == high)
        apart = (np.abs(r * e - o) > np.maximum(_APART * o, 1.0)) & (e > 0)
        impossible = np.isnan(e) & (((o > 0) & (r == 0)) | ((o == 0) & (r > 0)))
    known = ~np.isnan(o) | ~np.isnan(r)
    counted = ~np.isnan(o) & ~np.isnan(e)
    bounded = ~np.isnan(high) & ((r > 0) | ~(o > 0))
    enough = counted | (~np.isnan(r) & (((o > 0) & (r > 0)) | ~np.isnan(e) | bounded))
    notes: list[tuple[NDArray[np.bool_], str, str, str]] = [
        (
            wrong,
            names.lower or "lower",
            "limits stand in the wrong order: lower, ratio and upper must rise",
            "Correct the misprint, or blank the limits and give observed",
        ),
        (
            apart,
            ratio,
            "ratio is not observed over expected",
            "Correct the row, or blank the number that is not to be trusted",
        ),
        (
            impossible,
            ratio,
            "ratio and observed cannot both be right: one is 0 and the other is not",
            "Correct the row",
        ),
        (
            ~enough & ~impossible & ~wrong,
            ratio if known.any() else names.observed or ratio,
            "the row has too little information",
            "Give observed and expected, or a ratio with observed, with expected, or with "
            "its limits (the upper one at least)",
        ),
    ]
    for broken, column, problem, remedy in notes:
        source.rows_where(np.asarray(broken), column, problem, remedy)


def recovered(
    printed: _Printed, rule: str, level: float, *, whole: bool
) -> tuple[Vector, Vector, Labels]:
    """Return observed, expected and the assumption of each row."""
    o, e, r, _, high = printed
    has_o, has_e, has_r = (~np.isnan(part) for part in (o, e, r))
    none = ~has_e & (r == 0)
    implied, said = np.ones(len(o)), np.full(len(o), "", dtype=object)
    if not (has_o | has_e | none).all():
        implied, said = _from_limits(printed, rule, level)
    if whole:
        implied = np.maximum(np.round(implied), 1.0)
    count = np.where(has_o, o, np.where(has_e, np.round(e * r), np.where(none, 0.0, implied)))
    with np.errstate(invalid="ignore", divide="ignore"):
        divided = np.where(none, -np.log((1.0 - level) / 2.0) / high, count / r)
    expected = np.where(has_e, e, divided)
    words = np.select(
        [has_o & has_e, has_e & has_r, none, has_o],
        [GIVEN, MULTIPLIED, NO_CASE, DIVIDED],
        default="",
    ).astype(object)
    words[words == ""] = said[words == ""]
    return count, expected, words


def _from_limits(printed: _Printed, rule: str, level: float) -> tuple[Vector, Labels]:
    """Return the count that each row's limits imply, and by which assumption."""
    r, low, high = printed.ratio, printed.lower, printed.upper
    one_sided = ~(low > 0)
    whole = np.maximum(np.round(implied_events(r, np.where(one_sided, 0.0, low), high, level)), 1.0)
    z = normal_quantile(level)
    with np.errstate(invalid="ignore", divide="ignore"):
        fractional = (2.0 * z / np.log(high / low)) ** 2
    gaps = []
    for count, limits in ((whole, exact), (fractional, log_wald)):
        safe = np.where(np.isfinite(count), count, 1.0)
        below, above = limits(safe, level)
        with np.errstate(invalid="ignore", divide="ignore"):
            gap = np.abs(np.log(np.stack([below, above]) / safe * r / np.stack([low, high])))
        gaps.append(gap.max(axis=0))
    log_wald_used = ~one_sided & (rule == "log-wald")
    if rule == "closest":
        log_wald_used = ~one_sided & (gaps[1] < gaps[0])
    said = np.where(log_wald_used, LOG_WALD, np.where(one_sided, FROM_UPPER, EXACT))
    return np.where(log_wald_used, fractional, whole), said.astype(object)
