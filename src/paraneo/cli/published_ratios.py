"""Published ratios checked against the confidence intervals that their counts give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from paraneo.errors import Faults, TableError
from paraneo.evidence import NOT_ESTABLISHED, load
from paraneo.gate.files import read_table
from paraneo.gate.tables import Columns
from paraneo.incidence import audited_ratios

#: Columns that name the strata of one study.
STRATA = ("dimension", "stratum", "follow_up", "follow_up_band")


def embedded() -> tuple[pd.DataFrame, str]:
    """Return the published incidence ratios, and a sentence on what was left out."""
    overall, by_time = (
        table[table["doi_or_pmid"] != NOT_ESTABLISHED]
        for table in (load("sir_overall"), load("sir_by_time"))
    )
    ratios = overall[(overall["measure"] == "SIR") & overall["sir"].notna()]
    other = len(overall) - len(ratios)
    labels = ratios["study"] + ", " + ratios["population"]
    labels += np.where(ratios["sex"] == "both", "", ", " + ratios["sex"])
    ends = by_time["window_end_years"]
    spans = [
        f"{start:g}+" if np.isinf(end) else f"{start:g}–{end:g}"
        for start, end in zip(by_time["window_start_years"], ends, strict=True)
    ]
    later = by_time["study"] + ", " + by_time["population"] + ", year " + spans
    parts = [
        frame[["observed", "expected", "sir", "ci_low", "ci_high"]].assign(study=label)
        for frame, label in ((ratios, labels), (by_time, later))
    ]
    said = (
        f"{other} published rows without an incidence ratio (odds ratios, hazard ratios, pooled "
        "ratios) are left out here; they stand in the table sir_overall of the evidence."
    )
    return pd.concat(parts, ignore_index=True), said


def read(path: Path) -> pd.DataFrame:
    """Return ratios, also as `paraneo analyse` and `paraneo cohort` write them."""
    table = read_table(path)
    if "kind" in table:
        table = table[table["kind"] == "study"].reset_index(drop=True)
    labels = [name for name in STRATA if name in table]
    if "study" in table or not labels:
        return table
    return table.assign(study=table[labels].astype(str).agg(": ".join, axis="columns"))


def of_studies(path: Path) -> pd.DataFrame | None:
    """Return ratios that can be pooled: those of studies, not of strata of one."""
    table = read(path)
    return None if set(STRATA) & set(table.columns) else table


def check(table: pd.DataFrame, subject: str) -> pd.DataFrame:
    """Return each ratio with a verdict.

    ``lower`` and ``upper`` are the exact confidence limits of the count where it is printed,
    and elsewhere what the audit says is to be used.
    """
    faults = Faults(subject)
    Columns(table, faults).require(["study"])
    faults.raise_any()
    try:
        audit = audited_ratios(table)
    except TableError as error:
        raise TableError(subject, error.faults) from None
    exact = audit.limits().query("rule == 'exact'").reset_index(drop=True)
    counted = audit.summary()["observed"].notna()
    frame = audit.summary()
    for side in ("lower", "upper"):
        frame[f"exact_{side}"] = exact[side].where(counted)
        frame[side] = frame[side].where(~counted, exact[side])
    return frame
