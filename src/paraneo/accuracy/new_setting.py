"""Predictive values in a setting not among the studies that were pooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit, ndtr, ndtri, stdtrit

from paraneo.errors import Faults
from paraneo.gate.arguments import PROBABILITY, numbers
from paraneo.numerics.arrays import Vector, t_quantile
from paraneo.numerics.roots import roots
from paraneo.results.estimate import Estimate
from paraneo.results.result import Result

from ._predictive import FARTHEST, Moments, covariance_of

#: Gauss–Legendre nodes over the quantiles of the one logit, and of a counted prevalence.
NODES, PREVALENCE_NODES = 120, 24


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NewSetting(Result):
    """The distribution of both predictive values in a further setting.

    The true (logit Se, logit Sp) there is normal with the pooled mean, and the sum of the
    mean's covariance and the between-study covariance; a counted prevalence adds its own
    spread. Quantiles are found by quadrature, without random numbers. Where the accuracy was
    pooled with limits by t, they lie as many standard deviations out as those of t with one
    degree of freedom less (Higgins et al. 2009, doi:10.1111/j.1467-985X.2008.00552.x).

    Attributes
    ----------
    ppv, npv : Estimate
        Median and equal-tailed prediction limits.
    """

    ppv: Estimate
    npv: Estimate
    _mean: Vector
    _covariance: Vector
    _odds: Moments
    _df: float

    def quantiles(self, probabilities: Sequence[float]) -> pd.DataFrame:
        """Return ``measure setting probability value``; settings count prevalences from 0."""
        faults = Faults("the quantiles")
        wanted = np.atleast_1d(numbers(probabilities, "probabilities", PROBABILITY, faults))
        if not faults.found and not ((wanted > 0) & (wanted < 1)).all():
            faults.add("probabilities", "reach 0 or 1", "Give numbers strictly between")
        faults.raise_any()
        rows = []
        for p in wanted.tolist():
            both = _both(_of_t(p, self._df), self._mean, self._covariance, self._odds)
            for measure, values in zip(("ppv", "npv"), both, strict=True):
                rows += [(measure, k, p, value) for k, value in enumerate(values.ravel())]
        return pd.DataFrame(rows, columns=["measure", "setting", "probability", "value"])

    def summary(self) -> pd.DataFrame:
        """Return ``measure estimate lower upper``, PPV first; the estimate is the median."""
        frames = []
        for measure, estimate in (("ppv", self.ppv), ("npv", self.npv)):
            frame = estimate.summary()
            frame.insert(0, "measure", measure)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def _heading(self) -> str:
        level = f"{100 * self.ppv.level:g}%"
        return f"Predictive values in a further setting, median and {level} prediction interval"


def new_setting(
    mean: Vector, covariance: Vector, odds: Moments, level: float, df: float = np.inf
) -> NewSetting:
    """Return the distribution for pooled logits and the moments of logit π."""
    tail = (1 - level) / 2
    places = (_of_t(p, df) for p in (0.5, tail, 1 - tail))
    middle, low, high = (_both(p, mean, covariance, odds) for p in places)
    ppv, npv = (
        Estimate(middle[j], low[j], high[j], level=level, method="quantiles", kind="prediction")
        for j in range(2)
    )
    return NewSetting(ppv, npv, mean, covariance, odds, df)


def _of_t(probability: float, df: float) -> float:
    """Return the normal probability of as many standard deviations as t has at one."""
    if np.isinf(df) or probability == 0.5:
        return probability
    # with no degree of freedom left nothing is known of the tails
    return float(ndtr(stdtrit(df, probability))) if df > 0 else float(probability > 0.5)


def df_of(accuracy: Any) -> float:
    """Return the degrees of freedom of an accuracy's limits, infinite where they are normal."""
    return float(getattr(accuracy, "df", np.inf))


def by_t(accuracy: Any) -> bool:
    """Return whether this is an accuracy pooled with confidence limits by t."""
    return bool(np.isfinite(df_of(accuracy)))


def deviate(accuracy: Any, level: float) -> float:
    """Return the two-sided deviate of an accuracy's limits: of t where it was pooled so."""
    return t_quantile(level, df_of(accuracy))


def is_extreme(accuracy: Any) -> bool:
    """Return whether a proportion or ratio of 0 or 1 is known by its limits alone."""
    if getattr(accuracy, "counts", None) is not None:
        return False
    ratios = [
        np.asarray(getattr(accuracy, name).value)
        for name in ("positive_likelihood_ratio", "negative_likelihood_ratio")
        if hasattr(accuracy, name)
    ]
    empty = any(bool(((one == 0) | np.isinf(one)).any()) for one in ratios)
    mean = getattr(accuracy, "mean", None)  # other things have none, or a method
    return empty or (not (mean is None or callable(mean)) and bool(np.isinf(mean).any()))


def elsewhere(accuracy: Any, odds: Moments, level: float) -> NewSetting | None:
    """Return the distribution where the accuracy was pooled, its logits and Σ being finite."""
    known = hasattr(accuracy, "between_study") and np.isfinite(accuracy.between_study).all()
    if not known or is_extreme(accuracy):
        return None
    total = covariance_of(accuracy) + accuracy.between_study
    return new_setting(accuracy.mean, total, odds, level, df_of(accuracy) - 1.0)


def _both(p: float, mean: Vector, covariance: Vector, odds: Moments) -> tuple[Vector, Vector]:
    """Return the quantiles of PPV and of NPV at probability p."""
    ppv = expit(_quantile(p, mean, covariance, odds))
    npv = 1 - expit(_quantile(1 - p, -mean, covariance, odds))
    sure = np.isinf(odds.mean)
    certain = expit(odds.mean)
    return np.where(sure, certain, ppv), np.where(sure, 1 - certain, npv)


def _quantile(p: float, mean: Vector, covariance: Vector, odds: Moments) -> Vector:
    """Return the p-quantile of logit π + log expit(x) − log expit(−y), (x, y) normal.

    Given y and π, the sum is at most t where x is at most logit(exp(s)) with
    s = t − logit π + log expit(−y), which is certain from s = 0 on.
    """
    if p in (0.0, 1.0):
        return np.full(odds.mean.shape, np.inf if p else -np.inf)
    at, weights = np.polynomial.legendre.leggauss(NODES)
    z = ndtri((at + 1) / 2)
    spread = np.sqrt(covariance[1, 1])
    y = mean[1] + spread * z
    slope = covariance[0, 1] / spread
    left = np.sqrt(max(covariance[0, 0] - slope**2, 1e-12))
    centre, loss = mean[0] + slope * z, log_expit(-y)
    steps, heavy = np.polynomial.legendre.leggauss(PREVALENCE_NODES)
    if not np.any(odds.variance > 0):
        steps, heavy = np.zeros(1), np.full(1, 2.0)
    known = np.where(np.isinf(odds.mean), 0.0, odds.mean).ravel()
    grid = known[:, None] + np.sqrt(odds.variance).reshape(-1, 1) * ndtri((steps + 1) / 2)

    def excess(t: Vector, row: Vector) -> Vector:
        s = t[:, None, None] - grid[row.astype(np.intp)][:, :, None] + loss
        inside = np.minimum(s, -1e-300)
        bound = inside - np.log(-np.expm1(inside))
        chance = np.where(s >= 0, 1.0, ndtr((bound - centre) / left))
        return np.asarray(np.einsum("kqj,q,j->k", chance, heavy / 2, weights / 2) - p)

    rows = np.arange(known.size, dtype=np.float64)
    far = np.full(rows.shape, FARTHEST)
    return roots(excess, -far, far, rows).reshape(odds.mean.shape)
