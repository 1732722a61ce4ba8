"""Many accuracy meta-analyses fitted at once, as simulation needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, check_option, numbers, together
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result

from . import _bivariate as kernel
from . import _bivariate_ladder as ladder
from ._bivariate_evidence import Evidence
from ._pooling import Method, Model, Structure, constant_of, kind_of
from ._pooling_input import HALF, OUTCOMES, Correction, answers, logits


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PooledBatch(Result):
    """Fits of many meta-analyses at once, m of them.

    Attributes
    ----------
    mean, covariance : array, shape (m, 2) and (m, 2, 2)
        Of (logit Se, logit Sp); infinite where all answers are right, or all wrong.
    between_study : array, shape (m, 2, 2)
    log_likelihood, largest_gradient : array, shape (m,)
    structure : array of str, shape (m,)
        Of the between-study covariance, as in `PooledAccuracy`.
    reached : array of bool, shape (m,)
    """

    mean: Vector
    covariance: Vector
    between_study: Vector
    log_likelihood: Vector
    largest_gradient: Vector
    structure: NDArray[np.str_]
    reached: NDArray[np.bool_]

    def summary(self) -> pd.DataFrame:
        """Return a row a meta-analysis: ``sensitivity specificity structure reached``."""
        shares = dict(zip(OUTCOMES, expit(self.mean.T), strict=True))
        return pd.DataFrame({**shares, "structure": self.structure, "reached": self.reached})

    def _heading(self) -> str:
        return f"{len(self.mean)} accuracy meta-analyses, {int(self.reached.sum())} at an optimum"


@verb
def pooled_accuracy_batch(
    tp: ArrayLike,
    fp: ArrayLike,
    fn: ArrayLike,
    tn: ArrayLike,
    *,
    model: Model = "binomial",
    method: Method = "ml",
    nodes: int = 15,
    correction: Correction = "none",
    structure: Structure | Literal["shared"] = "ladder",
) -> PooledBatch:
    """Fit many meta-analyses in one call, without covariates.

    Parameters
    ----------
    tp, fp, fn, tn : array, shape (m, n)
        Counts of m meta-analyses of up to n studies. A place with four zeros holds no
        study, so that meta-analyses may differ in size; each needs two studies.
    model, method, structure
        As in `pooled_accuracy`.
    nodes : int
        Taken as given, not raised.
    correction : {"none", "single", "all"}
        For the normal model, within each meta-analysis.

    Returns
    -------
    PooledBatch

    Raises
    ------
    ArgumentError
        Naming every fault; rows are those of meta-analyses.

    Examples
    --------
    >>> one = [18, 31, 9, 44], [4, 29, 0, 12], [6, 5, 1, 31], [70, 88, 35, 140]
    >>> batch = pooled_accuracy_batch(*([cell, cell] for cell in one))
    >>> batch.mean.shape, bool(batch.reached.all())
    ((2, 2), True)
    """
    faults = Faults("the meta-analyses")
    given = zip(("tp", "fp", "fn", "tn"), (tp, fp, fn, tn), strict=True)
    cells = together({name: numbers(x, name, COUNT, faults) for name, x in given}, faults)
    check_option(model, get_args(Model), "model", faults)
    check_option(method, get_args(Method), "method", faults)
    check_option(correction, get_args(Correction), "correction", faults)
    check_option(structure, ("ladder", *kernel.STRUCTURES), "structure", faults)
    if model == "binomial" and method == "reml":
        faults.add("method", "the binomial model has no restricted likelihood", "Choose 'ml'")
    if cells["tp"].ndim != 2:
        faults.add(None, "the counts have no two dimensions", "Give shape (meta-analyses, studies)")
    faults.raise_any()
    counts = np.stack(list(cells.values()), axis=-1)
    used = counts.sum(axis=-1) > 0
    zero = (counts == 0).any(axis=-1) & used
    _check_studies(counts, used, faults)
    if model == "normal":
        if correction == "none" and zero.any():
            rows = np.flatnonzero(zero.any(axis=1)).tolist()
            faults.add("correction", "there are zero cells", "Choose 'single' or 'all'", rows=rows)
        which = zero if correction == "single" else zero.any(axis=1, keepdims=True) & used
        counts = counts + HALF * (which & (correction != "none"))[..., None]
    faults.raise_any()
    safe = np.where(used[..., None], counts, 1.0)
    table = logits(safe) if model == "normal" else answers(counts)
    one = np.ones((*used.shape, 1))
    evidence = Evidence.of(kind_of(model, method), table, one, one, used=used)
    climb = ladder.climb_down(evidence, nodes, structure)
    mean, covariance = ladder.means(climb, evidence, np.ones(1), np.ones(1))
    return PooledBatch(
        mean,
        covariance,
        ladder.between(climb),
        climb.fits.value + constant_of(evidence),
        np.abs(climb.fits.slopes).max(axis=1),
        kernel.structures_of(climb.fits.free),
        ladder.regular(climb.fits),
    )


def _check_studies(counts: Vector, used: NDArray[np.bool_], faults: Faults) -> None:
    few = used.sum(axis=1) < 2
    if few.any():
        rows = np.flatnonzero(few).tolist()
        faults.add(None, f"{few.sum()} have fewer than two studies", "Leave them out", rows=rows)
    tp, fp, fn, tn = np.moveaxis(counts, -1, 0)
    for name, people, who in (("tp + fn", tp + fn, "with"), ("tn + fp", tn + fp, "without")):
        empty = ((people == 0) & used).any(axis=1)
        if empty.any():
            note = f"a study has nobody {who} the condition"
            faults.add(name, note, "Leave the study out", rows=np.flatnonzero(empty).tolist())
