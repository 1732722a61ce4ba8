"""What is wrong with studies as a whole, noted in the caller's own words."""

from __future__ import annotations

import pandas as pd

from paraneo.gate.formulas import Design
from paraneo.gate.tables import Columns

from ._pooling import separated
from ._study_counts import Studies, StudyColumns


def note_labels(source: Columns, study: str, read: Studies) -> None:
    labels = pd.Series(read.label, dtype=object)
    doubled = labels.duplicated(keep=False).to_numpy(dtype=bool)
    source.rows_where(
        doubled & ~pd.isna(read.label),
        study,
        "a study stands in more than one row",
        "Add up its rows, label its cohorts apart, or use pooled_ratio_curve if they are "
        "windows of time",
    )


def note_too_few(source: Columns, columns: Design) -> None:
    k, p = columns.matrix.shape
    if k < 2:
        source.faults.add(None, "there are fewer than two studies", "Pooling needs two at least")
    elif k <= p:
        source.faults.add(
            "formula",
            f"{k} studies cannot carry {p} coefficients and a variance between studies",
            "Leave out covariates, or merge levels",
        )


def note_cases(
    source: Columns, names: StudyColumns, read: Studies, columns: Design, model: str
) -> None:
    column = names.observed or names.ratio or "observed"
    none = read.observed == 0
    if model == "normal":
        source.rows_where(
            none,
            column,
            "a study without a case has no log ratio",
            "Use model='poisson', which takes it as it is",
        )
    elif none.all():
        source.faults.add(column, "no study has a case", "A ratio of 0 has no finite logarithm")
    elif separated(read.observed, columns.matrix):
        source.faults.add(
            "formula",
            "it sets apart studies none of which has a case, so that a ratio of 0 fits best",
            "Merge levels, or leave the covariate out",
        )
