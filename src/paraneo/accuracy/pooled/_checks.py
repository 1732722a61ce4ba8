"""Whether one study, or small ones, move a pooled accuracy: frames for its result."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from paraneo.errors import Faults
from paraneo.numerics.arrays import Vector

from . import _heterogeneity, _pooling
from ._pooled_measures import measures
from ._pooling import Fitted, Omitted, Problem
from ._pooling_input import OUTCOMES


def asymmetry_frame(studies: pd.DataFrame) -> pd.DataFrame:
    """Return Deeks' regression of studies with the columns ``tp fp fn tn``."""
    faults = Faults("the test of asymmetry")
    counts = studies[["tp", "fp", "fn", "tn"]].to_numpy(np.float64)
    tp, fp, fn, tn = counts.T
    counts = counts[(tp + fn > 0) & (tn + fp > 0)]  # an odds ratio needs both sides
    tp, fp, fn, tn = counts.T
    people = np.stack([tp + fn, tn + fp], axis=1)
    if len(counts) < 3:
        faults.add(None, "there are two studies or fewer", "The regression needs three or more")
    elif np.ptp(people[:, 0] * people[:, 1] / people.sum(axis=1)) == 0:
        faults.add(None, "all studies are of one size", "The regression needs several sizes")
    faults.raise_any()
    zero = (counts == 0).any(axis=1)
    tp, fp, fn, tn = (counts + np.where(zero, 0.5, 0.0)[:, None]).T
    found = _heterogeneity.asymmetry(np.log(tp * tn / (fp * fn)), people)
    return pd.DataFrame([{"test": "Deeks", **found._asdict(), "corrected": int(zero.sum())}])


def influence_frame(problem: Problem, fitted: Fitted) -> pd.DataFrame:
    """Return Cook's distance of every study from the fits without it."""
    found = _without_each(problem, fitted, "the influence of single studies")
    finite = np.isfinite(found.mean).all(axis=1) & np.isfinite(fitted.mean).all()
    shift = np.zeros_like(found.mean)
    shift[finite] = found.mean[finite] - fitted.mean
    covariance = fitted.mean_covariance
    inverse = np.linalg.inv(np.where(np.isfinite(covariance), covariance, 1.0))
    distance = np.einsum("mi,ij,mj->m", shift, inverse, shift) / 2
    shares = expit(found.mean)
    return pd.DataFrame(
        {
            "study": list(problem.studies.labels),
            "sensitivity": shares[:, 0],
            "specificity": shares[:, 1],
            "distance": np.where(finite, distance, np.inf),
            "structure": found.structure,
            "reached": found.reached,
        }
    )


def leave_one_out_frame(problem: Problem, fitted: Fitted, df: float, level: float) -> pd.DataFrame:
    """Return sensitivity and specificity with limits from the fits without each study.

    ``df`` are those of t with one study fewer. Limits of a proportion of 0 or 1 are exact ones.
    """
    found = _without_each(problem, fitted, "the fits without one study")
    rows = []
    for out, study in enumerate(problem.studies.labels):
        rest = np.delete(problem.studies.counts, out, axis=0)
        made = measures(found.mean[out], found.covariance[out], rest, level, "", df)
        for j, outcome in enumerate(OUTCOMES):
            one = made[outcome]
            rows.append((study, outcome, one.value, one.lower, one.upper, found.between[out, j, j],
                         found.structure[out], bool(found.reached[out])))  # fmt: skip
    columns = ["without", "measure", "estimate", "lower", "upper"]
    columns += ["between_study_variance", "structure", "reached"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values("measure", kind="stable", ignore_index=True)


def _without_each(problem: Problem, fitted: Fitted, what: str) -> Omitted:
    faults = Faults(what)
    if len(problem.counts) < 3:
        faults.add(None, "there are two studies", "Leaving one out needs three or more")
    if problem.studies.covariates.shape[1]:
        faults.add("formula", "the model has covariates", "Pool without a formula for this")
    faults.raise_any()
    at: Vector = np.ones(1)
    return _pooling.leave_one_out(problem, fitted.quadrature.nodes, at, at)
