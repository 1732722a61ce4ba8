"""From a table of studies and formulas to the arrays that the pooling kernels take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT
from paraneo.gate.tables import Columns, Table
from paraneo.numerics.arrays import Vector

OUTCOMES = ("sensitivity", "specificity")
#: What a caller may have done about zero cells in the normal model.
Correction = Literal["none", "single", "all"]
#: What is added to each of the four cells.
HALF = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The model matrix of one outcome.

    Attributes
    ----------
    matrix : array, shape (studies, columns)
    columns : tuple of str
    terms : dict
        Columns of every term but the intercept, by the term's name.
    spec : object or None
        What builds rows for other values of the covariates; None without covariates.
    """

    matrix: Vector
    columns: tuple[str, ...]
    terms: dict[str, list[int]]
    spec: Any

    def without(self, terms: set[str]) -> Design:
        """Return the design without some terms."""
        gone = {column for term in terms for column in self.terms.get(term, [])}
        kept = [j for j in range(len(self.columns)) if j not in gone]
        names = tuple(self.columns[j] for j in kept)
        return Design(np.ascontiguousarray(self.matrix[:, kept]), names, {}, None)


@dataclass(frozen=True, slots=True, eq=False)
class Studies:
    """What was read.

    Attributes
    ----------
    labels : tuple
    counts : array, shape (studies, 4)
        tp, fp, fn, tn as counted.
    covariates : DataFrame
        Those that the formulas name.
    designs : tuple of Design
        Of sensitivity and of specificity.
    """

    labels: tuple[Any, ...]
    counts: Vector
    covariates: pd.DataFrame
    designs: tuple[Design, Design]

    def frame(self) -> pd.DataFrame:
        """Return a row a study: its counts, sensitivity and specificity."""
        tp, fp, fn, tn = self.counts.T
        names = ("tp", "fp", "fn", "tn")
        cells = dict(zip(names, self.counts.T.astype(np.int64), strict=True))
        shares = {"sensitivity": tp / (tp + fn), "specificity": tn / (tn + fp)}
        return pd.DataFrame({"study": list(self.labels), **cells, **shares})


def read_studies(
    data: Table,
    cells: Mapping[str, str],
    study: str,
    formula: str | Mapping[str, str] | None,
    faults: Faults,
) -> Studies:
    """Read and check the table; what is wrong is noted in ``faults``."""
    source = Columns(data, faults)
    counts = [source.numbers(cells[name], COUNT) for name in ("tp", "fp", "fn", "tn")]
    if source.has(study) or study != "study":
        labels = source.labels(study)
    else:
        labels = np.array([str(row + 1) for row in range(source.length)], dtype=object)
    if source.length == 1:
        faults.add(None, "it has one study", "Pooling needs two; use diagnostic_accuracy")
    _check_labels(labels, study, source)
    _check_people(counts, cells, source)
    covariates, designs = _read_designs(source, formula, faults)
    return Studies(tuple(labels), np.stack(counts, axis=1), covariates, designs)


def _check_labels(labels: Any, study: str, source: Columns) -> None:
    known = pd.Series(labels, dtype=object)
    source.rows_where(
        np.asarray(known.duplicated(keep=False) & known.notna()),
        study,
        "label is named more than once",
        "Give every study its own label; the same people must not be pooled twice",
    )


def _check_people(counts: list[Vector], cells: Mapping[str, str], source: Columns) -> None:
    tp, fp, fn, tn = counts
    nobody = tp + fp + fn + tn == 0
    source.rows_where(
        nobody,
        cells["tp"],
        "all four counts are zero",
        "Leave the study out; it holds no information",
    )
    for one, other, empty, who in (
        ("tp", "fn", tp + fn == 0, "with"),
        ("tn", "fp", tn + fp == 0, "without"),
    ):
        source.rows_where(
            empty & ~nobody,
            f"{cells[one]} + {cells[other]}",
            f"nobody {who} the condition was counted",
            "Leave the study out, or pool the other measure by itself",
        )


def _read_designs(
    source: Columns, formula: str | Mapping[str, str] | None, faults: Faults
) -> tuple[pd.DataFrame, tuple[Design, Design]]:
    given = dict.fromkeys(OUTCOMES, formula) if isinstance(formula, str) else dict(formula or {})
    for name in set(given) - set(OUTCOMES):
        faults.add("formula", f"there is no outcome {name!r}", f"Name {' or '.join(OUTCOMES)}")
    texts = {name: given.get(name) for name in OUTCOMES}
    columns: dict[str, Any] = {}
    for text in texts.values():
        for name in _variables(text, faults):
            if name not in columns:
                columns[name] = _covariate(source, name)
    known = {name: series for name, series in columns.items() if series is not None}
    frame = pd.DataFrame(known, index=range(source.length))
    plain = Design(np.ones((source.length, 1)), ("Intercept",), {}, None)
    if faults.found:
        return frame, (plain, plain)
    first, second = (
        plain if text is None else _design(text, frame, name, faults)
        for name, text in texts.items()
    )
    return frame, (first, second)


def _variables(text: Any, faults: Faults) -> list[str]:
    if text is None:
        return []
    from formulaic import Formula

    try:
        return sorted(str(name) for name in Formula(_right(text)).required_variables)
    except Exception as error:  # formulaic raises many kinds
        note = f"{text!r} cannot be read ({type(error).__name__})"
        if not any(fault.problem == note for fault in faults.found):
            faults.add("formula", note, "Write the covariates, such as 'assay + year'")
        return []


def _right(text: Any) -> str:
    """Return the right-hand side of a formula with or without its tilde."""
    return str(text).strip().lstrip("~").strip()


def _covariate(source: Columns, name: str) -> pd.Series[Any] | None:
    series = source.native(name)
    if series is None:
        return None
    series = series.reset_index(drop=True)
    source.rows_where(
        series.isna().to_numpy(), name, "covariate is missing", "Supply it or leave the study out"
    )
    if series.nunique() < 2 and series.notna().any():
        source.faults.add(
            name,
            f"covariate is the same ({series.dropna().iloc[0]}) in all studies",
            "A constant explains nothing; leave it out of the formula",
        )
    return series


def _design(text: str, frame: pd.DataFrame, outcome: str, faults: Faults) -> Design:
    from formulaic import Formula

    made = Formula(_right(text)).get_model_matrix(frame, na_action="raise")
    matrix = np.ascontiguousarray(made.to_numpy(dtype=np.float64))
    names = tuple(map(str, made.columns))
    _check_rank(matrix, names, outcome, faults)
    terms = {}
    for term, place in made.model_spec.term_indices.items():
        if str(term) != "1":
            terms[str(term)] = [int(j) for j in place]
    return Design(matrix, names, terms, made.model_spec)


def _check_rank(matrix: Vector, names: tuple[str, ...], outcome: str, faults: Faults) -> None:
    studies, columns = matrix.shape
    if columns == 0:
        faults.add("formula", f"nothing is left of {outcome}", "Keep at least the intercept")
        return
    if columns >= studies:
        faults.add(
            "formula",
            f"{columns} coefficients of {outcome} cannot be estimated from {studies} studies",
            "Take fewer covariates or merge their levels",
        )
        return
    scaled = matrix / np.maximum(np.abs(matrix).max(axis=0), 1e-300)
    kept: list[int] = []
    for j in range(columns):
        if np.linalg.matrix_rank(scaled[:, [*kept, j]], tol=1e-9) == len(kept) + 1:
            kept.append(j)
        else:
            earlier = ", ".join(f"'{names[k]}'" for k in kept)
            faults.add(
                names[j], f"follows exactly from {earlier} ({outcome})", "Leave one of them out"
            )


def corrected(
    counts: Vector, correction: str | None, cells: Mapping[str, str], faults: Faults
) -> tuple[Vector, int]:
    """Return counts with 0.5 added as the caller chose, and in how many studies."""
    zero = (counts == 0).any(axis=1)
    if correction in (None, "none") and zero.any():
        faults.add(
            ", ".join(cells.values()),
            "a cell is zero, so that a logit of the normal model is infinite",
            "Take model='binomial', which needs no correction, or choose correction='single' "
            "(0.5 to the cells of these studies) or 'all' (0.5 to every study)",
            rows=list(np.flatnonzero(zero)),
        )
    which = zero if correction == "single" else np.full(len(counts), zero.any())
    which = which & (correction in ("single", "all"))
    return counts + np.where(which, HALF, 0.0)[:, None], int(which.sum())


def logits(counts: Vector) -> Vector:
    """Return (logit Se, its variance, logit Sp, its variance) of counts, shape (..., 4)."""
    tp, fp, fn, tn = np.moveaxis(counts, -1, 0)
    parts = [np.log(tp / fn), 1 / tp + 1 / fn, np.log(tn / fp), 1 / tn + 1 / fp]
    return np.stack(parts, axis=-1)


def answers(counts: Vector) -> Vector:
    """Return (tp, diseased, tn, healthy) of counts tp, fp, fn, tn, shape (..., 4)."""
    tp, fp, fn, tn = np.moveaxis(counts, -1, 0)
    return np.stack([tp, tp + fn, tn, tn + fp], axis=-1)
