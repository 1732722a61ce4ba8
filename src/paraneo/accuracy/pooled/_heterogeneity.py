"""How unlike the studies of an accuracy meta-analysis are, and whether small ones differ."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import stdtr

from paraneo.numerics.arrays import Vector


class Asymmetry(NamedTuple):
    """Deeks' regression, ``statistic`` being t of its slope."""

    statistic: float
    df: int
    p_value: float
    slope: float
    std_error: float
    intercept: float


def typical_variance(mean: Vector, variance: Vector, people: Vector) -> Vector:
    """Return the within-study variance of a logit that is typical of the studies.

    The mean of 1/n times E[1/(p(1 − p))] over the normal logit, which is
    exp(τ²/2 + μ) + exp(τ²/2 − μ) + 2.
    """
    spread = np.exp(variance / 2 + mean) + np.exp(variance / 2 - mean) + 2
    return np.asarray(spread * np.nanmean(1 / people, axis=0))


def inconsistency(mean: Vector, between: Vector, people: Vector) -> Vector:
    """Return I² of sensitivity, of specificity and of both, in [0, 1].

    ``people``, shape (studies, 2): with and without the condition. For both, roots of
    generalised variances take the place of variances.
    """
    variance = np.diag(between)
    own = typical_variance(mean, variance, people)
    joint = np.sqrt(max(np.linalg.det(between), 0.0))
    return np.array([*(variance / (variance + own)), joint / (joint + np.sqrt(np.prod(own)))])


def asymmetry(log_odds_ratio: Vector, people: Vector) -> Asymmetry:
    """Regress log DOR on 1/√ESS, weighted by the effective sample size ESS = 4 n1 n2/(n1 + n2)."""
    size = 4 * people[:, 0] * people[:, 1] / people.sum(axis=1)
    x = 1 / np.sqrt(size)
    centre = np.average(x, weights=size)
    apart = size @ (x - centre) ** 2
    slope = float(size @ ((x - centre) * log_odds_ratio) / apart)
    intercept = float(np.average(log_odds_ratio, weights=size) - slope * centre)
    df = len(x) - 2
    left = size @ (log_odds_ratio - intercept - slope * x) ** 2
    std_error = float(np.sqrt(left / df / apart))
    t = slope / std_error
    return Asymmetry(t, df, float(2 * stdtr(df, -abs(t))), slope, std_error, intercept)
