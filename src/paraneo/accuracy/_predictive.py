"""Predictive values from ratios and prevalence: arrays in, arrays out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, log_expit

from paraneo.numerics.arrays import Limits, Vector

#: How far from logit π the search for a logit goes on either side.
FARTHEST = 700.0
#: Both values closer than this to saying the same carry no accuracy, only rounding.
LEAST_APART = 1e-12
#: How far rounding may put a share outside its bounds.
ROUNDING = 1e-9


class Moments(NamedTuple):
    """A mean and a variance, each shaped like the other."""

    mean: Vector
    variance: Vector


class Ratios(NamedTuple):
    """Moments of the logarithms of both likelihood ratios."""

    positive: Moments
    negative: Moments


def ratio_moments(mean: Vector, covariance: Vector) -> Ratios:
    """Carry (logit Se, logit Sp), shape (..., 2) and (..., 2, 2), to log LR+ and log LR−.

    With a = logit Se and b = logit Sp: log LR+ = log Se − log(1 − Sp) has gradient
    (1 − Se, Sp); log LR− = log(1 − Se) − log Sp has gradient (−Se, −(1 − Sp)).
    """
    a, b = mean[..., 0], mean[..., 1]
    with np.errstate(invalid="ignore"):
        positive = log_expit(a) - log_expit(-b)
        negative = log_expit(-a) - log_expit(b)
    toward_positive = np.stack([expit(-a), expit(b)], axis=-1)
    toward_negative = np.stack([-expit(a), -expit(-b)], axis=-1)

    def variance(gradient: Vector) -> Vector:
        with np.errstate(invalid="ignore"):
            return np.asarray(np.einsum("...i,...ij,...j->...", gradient, covariance, gradient))

    return Ratios(
        Moments(positive, variance(toward_positive)),
        Moments(negative, variance(toward_negative)),
    )


def covariance_of(accuracy: Any) -> Vector:
    """Return the covariances of (logit Se, logit Sp), shape (..., 2, 2), of any accuracy."""
    shape = (*np.shape(accuracy.mean), 2)
    own = getattr(accuracy, "mean_covariance", None)  # a regression's is of its coefficients
    covariance = accuracy.covariance if own is None else own
    return np.asarray(covariance, dtype=np.float64).reshape(shape)


def logit_moments(tp: Vector, fp: Vector, fn: Vector, tn: Vector) -> tuple[Vector, Vector]:
    """Return mean and covariance of (logit Se, logit Sp) from counts."""
    with np.errstate(divide="ignore"):
        mean = np.stack([np.log(tp) - np.log(fn), np.log(tn) - np.log(fp)], axis=-1)
        covariance = np.zeros((*np.shape(tp), 2, 2))
        covariance[..., 0, 0] = 1 / tp + 1 / fn
        covariance[..., 1, 1] = 1 / tn + 1 / fp
    return mean, covariance


def ratio_of_counts(right: Vector, n: Vector, wrong: Vector, m: Vector) -> Moments:
    """Return mean and variance of log (right/n) − log (wrong/m), infinite at an empty cell."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.log(right / n) - np.log(wrong / m)
        return Moments(mean, (n - right) / (right * n) + (m - wrong) / (wrong * m))


def normal_limits(odds: Moments, ratio: Moments, z: float) -> tuple[Vector, Limits, Vector]:
    """Return expit(logit π + log LR), its limits, and the standard error of the logit."""
    with np.errstate(invalid="ignore"):
        centre = odds.mean + ratio.mean
        error = np.sqrt(odds.variance + ratio.variance)
        limits = Limits(expit(centre - z * error), expit(centre + z * error))
        return expit(centre), limits, error


def implied_accuracy(ppv: Vector, npv: Vector, share: Vector) -> tuple[Vector, Vector]:
    """Return the sensitivity and specificity that go with both values at a prevalence.

    NaN where they are not determined: at a prevalence of 0 or 1, where a result is uninformative
    (PPV = 1 − NPV), and where no accuracy gives both values.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        # the share testing positive solves π = PPV·s + (1 − NPV)(1 − s)
        apart = ppv + npv - 1
        positive = (share - (1 - npv)) / apart
        known = (share > 0) & (share < 1) & (np.abs(apart) > LEAST_APART)
        known &= (positive > -ROUNDING) & (positive < 1 + ROUNDING)
        positive = np.where(known, np.clip(positive, 0.0, 1.0), np.nan)
        return ppv * positive / share, npv * (1 - positive) / (1 - share)


def substituted_limits(odds: Moments, value: Vector, limits: Limits, z: float) -> Limits:
    """Carry limits of a likelihood ratio to a predictive value.

    The uncertainty of the prevalence joins by the squares of the distances (MOVER): on the log
    scale, and at a ratio of 0 or infinity, which has no logarithm, on that of the odds.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centre, low, high = np.log(value), np.log(limits.lower), np.log(limits.upper)
        own = z * np.sqrt(odds.variance)
        more = own / 2 - np.log(2 - np.exp(-own)) / 2
        known, nil, endless = own == 0, np.isneginf(centre), np.isposinf(centre)
        below = np.select(
            [known, nil, endless],
            [odds.mean + low, -np.inf, odds.mean + low - more],
            odds.mean + centre - np.hypot(centre - low, own),
        )
        above = np.select(
            [known, endless, nil],
            [odds.mean + high, np.inf, odds.mean + high + more],
            odds.mean + centre + np.hypot(high - centre, own),
        )
    return Limits(expit(below), expit(above))
