"""Predictive values from counts: by logits of their own two cells, or from the posterior."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import betainc, betaincc, betainccinv, betaincinv, expit

from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.numerics.roots import roots

from ._predictive import FARTHEST, Moments, normal_limits, ratio_of_counts
from .prevalence import Prevalence
from .two_by_two import Counts

#: Gauss–Legendre nodes over the probability scale of one posterior.
NODES = 160
#: The same for the prevalence, whose posterior is a second dimension.
PREVALENCE_NODES = 40
ADJUSTED = "adjusted-logit (z²/2 added to each cell)"


class Found(NamedTuple):
    """A predictive value, or 1 − it: arrays of one shape, with the method of each entry."""

    value: Vector
    lower: Vector
    upper: Vector
    std_error: Vector
    methods: Vector
    credible: Vector


def value_of_counts(
    counts: Counts,
    cells: tuple[str, str],
    odds: Moments,
    counted: Prevalence | None,
    how: tuple[str, float, tuple[float, float]],
) -> Found:
    """Return expit(logit π + log LR), LR the ratio of the proportions in two cells.

    Parameters
    ----------
    counts : tp, fp, fn, tn
    cells : {("tp", "fp"), ("fn", "tn")}
        Of PPV, and of 1 − NPV.
    odds : Moments
        Of logit π.
    counted : Prevalence or None
    how : (interval, level, prior)
        By logit, the posterior takes over where one of the two cells is 0, or holds everybody.
    """
    interval, level, prior = how
    shape = odds.mean.shape
    named = dict(zip(("tp", "fp", "fn", "tn"), counts, strict=True))
    parts = {name: np.broadcast_to(cell, shape).astype(np.float64) for name, cell in named.items()}
    z = normal_quantile(level)
    if interval == "adjusted-logit":
        parts = {name: cell + z**2 / 2 for name, cell in parts.items()}
    right, wrong = (parts[name] for name in cells)
    ill, well = parts["tp"] + parts["fn"], parts["fp"] + parts["tn"]
    ratio = ratio_of_counts(right, ill, wrong, well)
    value, limits, error = normal_limits(odds, ratio, z)
    plain = ADJUSTED if interval == "adjusted-logit" else "logit"
    nobody = (right == 0) | (wrong == 0)
    everybody = (right == ill) & (wrong == well)  # no logit has a variance there
    credible = nobody | everybody | (interval == "bayes")
    methods = np.where(credible, bayes(prior), plain)
    found = [np.array(part) for part in (value, *limits, error)]
    if credible.any():
        a, b = prior
        places = np.asarray(credible)
        top = (right[places] + _of(cells[0], a, b), (ill - right)[places] + _of(cells[0], b, a))
        bottom = (wrong[places] + _of(cells[1], a, b), (well - wrong)[places] + _of(cells[1], b, a))
        grid = _grid(np.broadcast_to(odds.mean, shape)[places].ravel(), counted)
        flat = [tuple(np.ravel(part) for part in pair) for pair in (top, bottom)]
        tail = (1 - level) / 2
        for out, p in zip(found, (0.5, tail, 1 - tail), strict=False):
            drawn = posterior_quantile(p, (flat[0][0], flat[0][1]), (flat[1][0], flat[1][1]), grid)
            out[places] = expit(drawn)
        found[3][places] = np.nan
    return Found(found[0], found[1], found[2], found[3], methods, credible)


def bayes(prior: tuple[float, float]) -> str:
    """Return the name of the method."""
    return f"Bayes, Beta({prior[0]:g}, {prior[1]:g}) priors, posterior median"


def _of(cell: str, right: float, wrong: float) -> float:
    """Return the prior count of a cell: right answers are tp and tn."""
    return right if cell in ("tp", "tn") else wrong


def _grid(mean: Vector, counted: Prevalence | None) -> Vector:
    """Return logit π of every entry: one value, or equally heavy ones of a counted prevalence."""
    if counted is None:
        return np.where(np.isinf(mean), 0.0, mean).reshape(-1, 1)
    at = (np.polynomial.legendre.leggauss(PREVALENCE_NODES)[0] + 1) / 2
    x, y = counted.events + 0.5, counted.n - counted.events + 0.5
    # π and 1 − π each as its own quantile, so that neither loses digits
    grid = np.log(betaincinv(x, y, at)) - np.log(betainccinv(y, x, at))
    return np.broadcast_to(grid, (mean.size, PREVALENCE_NODES))


def posterior_quantile(
    probability: float, top: tuple[Vector, Vector], bottom: tuple[Vector, Vector], odds: Vector
) -> Vector:
    """Return a quantile of logit π + log X − log U for independent X and U.

    ``top`` and ``bottom`` are the Beta parameters of X and U, arrays of one flat shape
    (k,); ``odds`` holds logit π, shape (k, q): q equally heavy values, or one. The
    distribution function is the mean over U and π of the Beta distribution function
    of X at u·exp(t − logit π), by Gauss–Legendre on the probability scale of U.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    at, weights = (nodes + 1) / 2, weights / 2
    a, b = (part[:, None] for part in bottom)
    u = np.where(at < 0.5, betaincinv(a, b, at), betainccinv(a, b, 1 - at))
    prevalence_weights = np.ones(1)
    if odds.shape[1] > 1:
        prevalence_weights = np.polynomial.legendre.leggauss(odds.shape[1])[1] / 2

    upper_half = probability > 0.5

    def excess(t: Vector, row: Vector) -> Vector:
        k = row.astype(np.intp)
        shift = np.exp(np.clip(t[:, None] - odds[k], -FARTHEST, FARTHEST))
        x = np.minimum(shift[:, :, None] * u[k][:, None, :], 1.0)
        first, second = top[0][k][:, None, None], top[1][k][:, None, None]
        tail = betaincc if upper_half else betainc
        mean = np.einsum("kqj,q,j->k", tail(first, second, x), prevalence_weights, weights)
        return np.asarray((1 - probability) - mean if upper_half else mean - probability)

    rows = np.arange(len(top[0]), dtype=np.float64)
    low, high = odds.min(axis=1) - FARTHEST, odds.max(axis=1) + FARTHEST
    found = roots(excess, low, high, rows)
    # a quantile beyond the search is 0 or 1 as far as doubles go
    found = np.where(excess(low, rows) > 0, -np.inf, found)
    return np.where(excess(high, rows) < 0, np.inf, found)
