"""From a table of studies and formulas to the arrays that the pooling kernels take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT
from paraneo.gate.formulas import Design, design
from paraneo.gate.frames import Table
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector

OUTCOMES = ("sensitivity", "specificity")
#: What a caller may have done about zero cells in the normal model.
Correction = Literal["none", "single", "all"]
#: What is added to each of the four cells.
HALF = 0.5


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
    own : array of int, shape (rows,)
        The study of each row; rows of one study share its random effects.
    """

    labels: tuple[Any, ...]
    counts: Vector
    covariates: pd.DataFrame
    designs: tuple[Design, Design]
    own: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many studies there are; several rows of one count once."""
        return len(np.unique(self.own))

    def said(self) -> tuple[str, ...]:
        """Return what a reader should know of rows that are no whole study."""
        tp, fp, fn, tn = self.counts.T
        notes = [
            f"{int((people == 0).sum())} of {len(self.own)} rows have nobody {who} the condition "
            f"and count for {other} alone."
            for people, who, other in (
                (tp + fn, "with", "specificity"), (tn + fp, "without", "sensitivity")
            )
            if (people == 0).any()
        ]  # fmt: skip
        if self.count < len(self.own):
            notes.append(f"{len(self.own)} rows of {self.count} studies: those of one study share "
                         "its random effects.")  # fmt: skip
        return tuple(notes)

    def frame(self) -> pd.DataFrame:
        """Return a row a study: its counts, sensitivity and specificity."""
        tp, fp, fn, tn = self.counts.T
        names = ("tp", "fp", "fn", "tn")
        cells = dict(zip(names, self.counts.T.astype(np.int64), strict=True))
        with np.errstate(invalid="ignore"):
            shares = {"sensitivity": tp / (tp + fn), "specificity": tn / (tn + fp)}
        return pd.DataFrame({"study": list(self.labels), **cells, **shares})


def read_studies(
    data: Table,
    cells: Mapping[str, str],
    study: str,
    formula: str | Mapping[str, str] | None,
    faults: Faults,
    *,
    normal: bool = False,
) -> Studies:
    """Read and check the table; what is wrong is noted in ``faults``.

    The normal model needs both sides of every study, and a row a study.
    """
    source = Columns(data, faults)
    counts = [source.numbers(cells[name], COUNT) for name in ("tp", "fp", "fn", "tn")]
    if source.has(study) or study != "study":
        labels = source.labels(study)
    else:
        labels = np.array([str(row + 1) for row in range(source.length)], dtype=object)
    own = pd.factorize(pd.Series(labels, dtype=object))[0].astype(np.int64)
    if len(np.unique(own)) == 1:
        faults.add(None, "it has one study", "Pooling needs two; use diagnostic_accuracy")
    _check_people(counts, cells, source, own, normal=normal)
    covariates, designs = _read_designs(source, formula, own, counts, faults)
    _check_labels(labels, study, source, covariates, normal=normal)
    return Studies(tuple(labels), np.stack(counts, axis=1), covariates, designs, own)


def _check_labels(
    labels: Any, study: str, source: Columns, covariates: pd.DataFrame, *, normal: bool
) -> None:
    """Note a study named twice, unless a category of the formula distinguishes its tests."""
    known = pd.Series(labels, dtype=object)
    groups = [name for name in covariates if covariates[name].dtype.kind not in "iuf"]
    problem = "label is named more than once"
    cure = (
        "Give every study its own label; the same people must not be pooled twice. Several tests "
        "in one study are distinguished by their column in the formula, such as formula='test'"
    )
    keys = pd.DataFrame({"study": known}).join(covariates[groups].astype(str))
    if groups and normal and known.duplicated().any():
        problem += ", which the normal model cannot join"
        cure = "Take model='binomial', in which tests of one study share its effects"
        keys = keys[["study"]]
    twice = np.asarray(keys.duplicated(keep=False) & known.notna())
    source.rows_where(twice, study, problem, cure)


def _check_people(
    counts: list[Vector], cells: Mapping[str, str], source: Columns, own: Any, *, normal: bool
) -> None:
    tp, fp, fn, tn = counts
    nobody = tp + fp + fn + tn == 0
    source.rows_where(
        nobody,
        cells["tp"],
        "all four counts are zero",
        "Leave the study out; it holds no information",
    )
    for one, other, people, who in (
        ("tp", "fn", tp + fn, "with"),
        ("tn", "fp", tn + fp, "without"),
    ):
        column = f"{cells[one]} + {cells[other]}"
        empty = (people == 0) & ~nobody
        if normal:
            cure = "Take model='binomial', to which such a study adds its other side"
            source.rows_where(empty, column, f"nobody {who} the condition was counted", cure)
        elif empty.any() and len(np.unique(own[people > 0])) < 2:
            cure = "Pooling needs two studies with such people; pool the other measure by itself"
            source.rows_where(empty, column, f"nobody {who} the condition was counted", cure)


def _read_designs(
    source: Columns,
    formula: str | Mapping[str, str] | None,
    own: Any,
    counts: list[Vector],
    faults: Faults,
) -> tuple[pd.DataFrame, tuple[Design, Design]]:
    whole = not isinstance(formula, Mapping)
    given = dict(formula) if isinstance(formula, Mapping) else dict.fromkeys(OUTCOMES, formula)
    for name in set(given) - set(OUTCOMES):
        faults.add("formula", f"there is no outcome {name!r}", f"Name {' or '.join(OUTCOMES)}")
    plain = Design(np.ones((source.length, 1)), ("Intercept",))
    made: dict[str, Design] = {}
    for outcome in OUTCOMES:
        if whole and made:
            made[outcome] = made[OUTCOMES[0]]
            continue
        made[outcome] = design(source, given.get(outcome)) or plain
        _check_size(made[outcome], len(np.unique(own)), outcome, faults)
    tp, fp, fn, tn = counts
    for outcome, people in zip(OUTCOMES, (tp + fn, tn + fp), strict=True):
        _check_rank(made[outcome], people, outcome, faults)
    first, second = made.values()
    used = sorted({*first.variables, *second.variables})
    covariates = {name: source.native(name) for name in used}
    known = {name: x.reset_index(drop=True) for name, x in covariates.items() if x is not None}
    return pd.DataFrame(known, index=range(source.length)), (first, second)


def _check_size(made: Design, studies: int, outcome: str, faults: Faults) -> None:
    columns = len(made.columns)
    if made.spec is not None and columns >= studies:
        faults.add(
            "formula",
            f"{columns} coefficients of {outcome} cannot be estimated from {studies} studies",
            "Take fewer covariates or merge their levels",
        )


def _check_rank(made: Design, people: Vector, outcome: str, faults: Faults) -> None:
    """Note covariates that the studies with people of one side cannot tell apart."""
    held = made.matrix[people > 0]
    if faults.found or len(held) == len(made.matrix) or len(held) == 0:
        return
    if np.linalg.matrix_rank(held / np.abs(held).max(axis=0).clip(1e-300)) < held.shape[1]:
        faults.add(
            "formula",
            f"the studies that count for {outcome} do not differ in its covariates",
            f"Take the covariates of {outcome} out, or merge their levels",
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
