"""Accuracy tables as users and papers give them, and what follows from each row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from paraneo.accuracy import (
    AuditedAccuracy,
    DiagnosticAccuracy,
    Prevalence,
    audited_accuracy,
    diagnostic_accuracy,
    predictive_values,
    published_accuracy,
)
from paraneo.errors import Faults, TableError
from paraneo.evidence import NOT_ESTABLISHED, load
from paraneo.gate.arguments import COUNT, NONNEGATIVE, PROBABILITY, numbers, optional
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector

from .console import options

COUNTS = ("tp", "fp", "fn", "tn")
PROPORTIONS = ("sensitivity", "specificity")
RATIOS = ("positive_likelihood_ratio", "negative_likelihood_ratio")
#: What a row was worked out from, as it is called in the tables.
BASES = {COUNTS: "counts", PROPORTIONS: "sensitivity, specificity", RATIOS: "likelihood ratios"}
#: Papers print sensitivity and specificity in whole percent.
HALF_PERCENT = 0.005


@dataclass(frozen=True, slots=True)
class Source:
    """One row of an accuracy table, worked out from one kind of figure."""

    name: str
    basis: str
    accuracy: DiagnosticAccuracy


def embedded() -> pd.DataFrame:
    """Return the published antibody studies that have complete figures."""
    studies = load("antibody_accuracy")
    studies = studies[studies["doi_or_pmid"] != NOT_ESTABLISHED].dropna(subset=list(COUNTS))
    single = pd.DataFrame(
        {"study": studies["study"] + " " + studies["year"].astype(str)}
        | {name: studies[name] for name in COUNTS}
    )
    pooled = load("antibody_pooled")
    pooled = pooled[(pooled["meta_analysis"] == "Trallero-Araguas") & (pooled["year"] == 2012)]
    printed = pooled.set_index("measure")[["estimate", "ci_low", "ci_high"]].astype(float)
    row: dict[str, Any] = {"study": "Trallero-Araguas 2012, pooled"}
    for name, measure, unit in (
        ("sensitivity", "sensitivity", 100.0),
        ("specificity", "specificity", 100.0),
        ("positive_likelihood_ratio", "LR+", 1.0),
        ("negative_likelihood_ratio", "LR-", 1.0),
    ):
        figures = printed.loc[measure].to_numpy(dtype=np.float64) / unit
        row |= dict(zip((name, f"{name}_lower", f"{name}_upper"), figures, strict=True))
    return pd.concat([pd.DataFrame([row]), single], ignore_index=True)


def in_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy that `paraneo analyse` wrote, a row a measure, as a row a study.

    Of counts and of likelihood ratios sensitivity and specificity are kept, where they are there.
    """
    if not {"measure", "estimate"} <= set(table.columns) or "study" in table.columns:
        return table
    rows = []
    frame = (
        table.assign(source=table["source"]) if "source" in table else table.assign(source="pooled")
    )
    for name, part in frame.groupby("source", sort=False):
        measures = part.drop_duplicates("measure").set_index("measure")
        row: dict[str, Any] = {"study": name}
        kinds = (PROPORTIONS, RATIOS)
        for measure in next((k for k in kinds if set(k) <= set(measures.index)), ()):
            row[measure] = measures.loc[measure, "estimate"]
            for side in ("lower", "upper"):
                if side in measures:
                    row[f"{measure}_{side}"] = measures.loc[measure, side]
        rows.append(row)
    return pd.DataFrame(rows)


def audit(table: pd.DataFrame, subject: str) -> AuditedAccuracy | None:
    """Check printed figures against the counts; None where there is nothing to compare."""
    names = set(table.columns)
    if not names & {"n", *COUNTS}:
        return None
    try:
        found = audited_accuracy(table)
    except TableError as error:
        raise TableError(subject, error.faults) from None
    idle = found.summary()["verdict"].str.startswith("not checked")
    return None if idle.all() else found


def read_prevalence(text: str) -> float | Prevalence:
    """Read 0.17, 17% or 17/100."""
    faults = Faults("the options")
    counted = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
    if counted:
        names = dict.fromkeys(("events", "n"), "--prevalence")
        with options(names):
            return Prevalence(int(counted[1]), int(counted[2]))
    value = np.nan
    try:
        value = float(text.rstrip(" %")) / (100.0 if "%" in text else 1.0)
    except ValueError:
        faults.add("--prevalence", f"{text!r} is not a number", "Write 0.17, 17% or 17/100")
    if not faults.found:
        numbers(value, "--prevalence", PROBABILITY, faults)
    faults.raise_any()
    return value


def share(prevalence: float | Prevalence) -> float:
    """Return a prevalence as a number, however it was given."""
    return float(prevalence.estimate.value if isinstance(prevalence, Prevalence) else prevalence)


def read_sources(table: pd.DataFrame, subject: str) -> list[Source]:
    """Return what each row gives; a row may give figures of more than one kind."""
    faults = Faults(subject)
    columns = Columns(table, faults)
    names = columns.text("study") if columns.length else np.array([], dtype=object)
    read = _read_figures(columns)
    _check_limits(read, columns)
    _check_people(read, columns)
    complete = {kind: _complete(read, kind, columns.length) for kind in BASES}
    columns.rows_where(
        ~np.any([*complete.values()], axis=0),
        "study",
        "the row has no complete set of figures",
        "Give tp, fp, fn and tn; or sensitivity and specificity; or both likelihood ratios",
    )
    faults.raise_any()
    found = []
    for row in range(columns.length):
        for kind, basis in BASES.items():
            if complete[kind][row]:
                found.append(Source(str(names[row]), basis, _accuracy(read, kind, row)))
    return found


def _read_figures(columns: Columns) -> dict[str, Vector]:
    read = {}
    for kind, rules in ((COUNTS, COUNT), (PROPORTIONS, PROBABILITY), (RATIOS, NONNEGATIVE)):
        for name in kind:
            for column in (name, f"{name}_lower", f"{name}_upper"):
                if columns.has(column):
                    read[column] = columns.numbers(column, optional(rules))
    return read


def _check_limits(read: dict[str, Vector], columns: Columns) -> None:
    for name in PROPORTIONS + RATIOS:
        low, high = read.get(f"{name}_lower"), read.get(f"{name}_upper")
        if name in read and low is not None and high is not None:
            columns.rows_where(
                (low > read[name]) | (high < read[name]) | (np.isnan(low) != np.isnan(high)),
                name,
                "does not lie between its confidence limits, or one of them is missing",
                "Check the three numbers, or leave both limits empty",
            )


def _check_people(read: dict[str, Vector], columns: Columns) -> None:
    for right, wrong, who in (("tp", "fn", "with"), ("tn", "fp", "without")):
        if right in read and wrong in read:
            columns.rows_where(
                read[right] + read[wrong] == 0,
                right,
                f"nobody {who} the condition was counted ({right} + {wrong} is 0)",
                "Leave such a row out; its accuracy is unknown",
            )


def _complete(read: dict[str, Vector], kind: tuple[str, ...], length: int) -> Any:
    if not all(name in read for name in kind):
        return np.zeros(length, dtype=bool)
    return ~np.any([np.isnan(read[name]) for name in kind], axis=0)


def _accuracy(read: dict[str, Vector], kind: tuple[str, ...], row: int) -> DiagnosticAccuracy:
    if kind == COUNTS:
        return diagnostic_accuracy(*(read[name][row] for name in COUNTS))
    given: dict[str, Any] = {}
    for name in kind:
        limits = [
            read.get(f"{name}_{side}", read[name] * np.nan)[row] for side in ("lower", "upper")
        ]
        alone = bool(np.isnan(limits).any())
        given[name] = float(read[name][row]) if alone else (read[name][row], *limits)
    return published_accuracy(**given)


def measures(sources: list[Source]) -> pd.DataFrame:
    """Return the accuracy of every source, a row a measure."""
    return _labelled(sources, [source.accuracy.summary() for source in sources])


def values_at(sources: list[Source], prevalence: float | Prevalence) -> pd.DataFrame:
    """Return the predictive values of every source, a row a measure."""
    frames = [predictive_values(source.accuracy, prevalence).summary() for source in sources]
    return _labelled(sources, frames)


def frequencies(sources: list[Source], prevalence: float | Prevalence) -> pd.DataFrame:
    """Return expected results per 1000 people tested, where Se and Sp are known."""
    known = [s for s in sources if s.basis != BASES[RATIOS]]
    return _labelled(known, [s.accuracy.natural_frequencies(share(prevalence)) for s in known])


def _labelled(sources: list[Source], frames: list[pd.DataFrame]) -> pd.DataFrame:
    for source, frame in zip(sources, frames, strict=True):
        frame.insert(0, "source", source.name)
        frame.insert(1, "basis", source.basis)
    return pd.concat(frames, ignore_index=True)


def notes(sources: list[Source], values: pd.DataFrame) -> list[str]:
    """Say why figures of one source do not agree with each other."""
    by_name: dict[str, dict[str, DiagnosticAccuracy]] = {}
    for source in sources:
        by_name.setdefault(source.name, {})[source.basis] = source.accuracy
    table = values.set_index(["source", "basis", "measure"])["estimate"]
    found = []
    for name, given in by_name.items():
        one, other = given.get(BASES[PROPORTIONS]), given.get(BASES[RATIOS])
        if one is None or other is None:
            continue
        se, sp = float(one.sensitivity.value), float(one.specificity.value)
        low = (se - HALF_PERCENT) / (1 - sp + HALF_PERCENT)
        high = (se + HALF_PERCENT) / (1 - sp - HALF_PERCENT)
        shown = {
            (basis, measure): f"{100 * float(table[(name, basis, measure)]):.1f} %"
            for basis in (BASES[RATIOS], BASES[PROPORTIONS])
            for measure in ("ppv", "npv")
        }
        found.append(
            f"{name}: the printed likelihood ratios ({other.positive_likelihood_ratio.value:.4g} "
            f"and {other.negative_likelihood_ratio.value:.3g}) are not those of the printed "
            f"sensitivity and specificity ({one.positive_likelihood_ratio.value:.3g} and "
            f"{one.negative_likelihood_ratio.value:.3g}). Each figure was rounded by itself: "
            f"with sensitivity and specificity in whole percent LR+ may be anything from "
            f"{low:.2f} to {high:.2f}. So PPV is {shown[BASES[RATIOS], 'ppv']} from the ratios "
            f"and {shown[BASES[PROPORTIONS], 'ppv']} from the proportions, NPV "
            f"{shown[BASES[RATIOS], 'npv']} and {shown[BASES[PROPORTIONS], 'npv']}."
        )
    return found
