"""Whether one study, or small ones, move a pooled ratio: arrays in, arrays out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import stdtr

from paraneo.numerics.arrays import Vector
from paraneo.numerics.random_effects import Between, NormalFit, fit_normal


class Influence(NamedTuple):
    """What each study does to a normal fit; all of shape (k,)."""

    residual: Vector
    dffits: Vector
    cook: Vector
    covariance_ratio: Vector
    hat: Vector


class Filled(NamedTuple):
    """Trim and fill: how many were added, on which side, and all outcomes with variances."""

    added: int
    side: str
    y: Vector
    v: Vector


class Trend(NamedTuple):
    """A statistic with its degrees of freedom and two-sided p-value."""

    statistic: float
    df: float
    p_value: float


def influence(y: Vector, v: Vector, x: Vector, full: NormalFit, each: NormalFit) -> Influence:
    """Return deletion diagnostics; ``full`` is one fit, ``each`` has a fit without each study.

    Viechtbauer and Cheung 2010, doi:10.1002/jrsm.11.
    """
    tau2, beta, covariance = each.tau2, each.mean, each.covariance
    own = np.einsum("kp,kpq,kq->k", x, covariance, x)
    residual = (y - np.einsum("kp,kp->k", x, beta)) / np.sqrt(v + tau2 + own)
    weight = 1.0 / (v + full.tau2[0])
    hat = np.einsum("kp,pq,kq->k", x, full.covariance[0], x) * weight
    moved = full.mean[0] - beta
    shift = np.einsum("kp,kp->k", x, moved)
    cook = np.einsum("kp,pq,kq->k", moved, np.linalg.inv(full.covariance[0]), moved)
    ratio = np.linalg.det(covariance) / np.linalg.det(full.covariance[0])
    return Influence(residual, shift / np.sqrt(hat * (v + tau2)), cook, ratio, hat)


def without_each(y: Vector, v: Vector, x: Vector, tau: Between) -> NormalFit:
    """Fit without each study in turn, all in one stack."""
    k = len(y)
    outcome, variance = np.tile(y, (k, 1)), np.tile(v, (k, 1))
    variance[np.arange(k), np.arange(k)] = np.inf
    return fit_normal(outcome, variance, x, tau)


def egger(y: Vector, v: Vector) -> Trend:
    """Regress y on its standard error with weights 1/v, the scatter being estimated.

    Egger et al. 1997, doi:10.1136/bmj.315.7109.629.
    """
    x = np.column_stack([np.ones(len(y)), np.sqrt(v)])
    root = 1.0 / np.sqrt(v)
    beta, _, _, _ = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)
    left = root * (y - x @ beta)
    df = len(y) - 2
    covariance = np.linalg.inv((x * root[:, None] ** 2).T @ x) * float(left @ left) / df
    t = float(beta[1] / np.sqrt(covariance[1, 1]))
    return Trend(t, float(df), float(2 * stdtr(df, -abs(t))))


def begg(y: Vector, v: Vector) -> Trend:
    """Correlate standardised outcomes with their variances by Kendall's rank correlation.

    Begg and Mazumdar 1994, doi:10.2307/2533446.
    """
    from scipy.stats import kendalltau

    weight = 1.0 / v
    common = float(weight @ y / weight.sum())
    found = kendalltau((y - common) / np.sqrt(v - 1.0 / weight.sum()), v)
    return Trend(float(found.statistic), float("nan"), float(found.pvalue))


def trim_and_fill(y: Vector, v: Vector, tau: Between, side: str | None) -> Filled:
    """Estimate by L0 how many studies are missing on a side, and mirror as many.

    Duval and Tweedie 2000, doi:10.1111/j.0006-341X.2000.00455.x.
    """
    if side is None:
        slope = fit_normal(y[None], v[None], np.column_stack([np.ones(len(y)), np.sqrt(v)]), tau)
        side = "right" if slope.mean[0, 1] < 0 else "left"
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * y, kind="stable")
    place, spread, k = (sign * y)[order], v[order], len(y)
    added, before, centre = 0, -1, 0.0
    for _ in range(100):
        if added == before:
            break
        before = added
        kept = slice(0, k - added)
        one = np.ones((k - added, 1))
        centre = float(fit_normal(place[kept][None], spread[kept][None], one, tau).mean[0, 0])
        off = place - centre
        ranks = np.empty(k)
        ranks[np.argsort(np.abs(off), kind="stable")] = np.arange(1, k + 1)
        above = float(ranks[off > 0].sum())
        added = int(max(0, np.round((4 * above - k * (k + 1)) / (2 * k - 1))))
        added = min(added, k - 2)
    last = slice(k - added, k)
    mirrored = sign * (2 * centre - place[last])
    return Filled(added, side, np.append(y, mirrored), np.append(v, spread[last]))


def subsets(k: int, most: int, rng: np.random.Generator) -> Vector:
    """Return which studies are in each subset of two or more: all of them, or ``most`` drawn."""
    if k <= 60 and 2**k - k - 1 <= most:
        codes = np.arange(2**k, dtype=np.int64)
        inside = (codes[:, None] >> np.arange(k)) & 1
        return np.asarray(inside[inside.sum(axis=1) > 1] == 1)
    drawn = rng.random((2 * most, k)) < 0.5
    return np.asarray(drawn[drawn.sum(axis=1) > 1][:most])
