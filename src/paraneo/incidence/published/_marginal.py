"""The probability of a Poisson count with a normal effect on its log mean: arrays only.

A count O is Poisson with mean exp(η + u), u ~ N(0, v). Its probability is an integral over
u, taken by Gauss-Hermite nodes laid around the peak of each integrand. Writing g(θ) for the
Poisson probability at log mean θ, the probability L(η, v) solves the heat equation
∂L/∂v = ½ ∂²L/∂η², so that all derivatives, in v too and also at v = 0, come from
D_n = L⁽ⁿ⁾/L, the mean of g⁽ⁿ⁾/g over the distribution of u given O.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special

from paraneo.numerics.arrays import Vector

#: Log means above this have no part in any integral; their fourth powers are still finite.
_HIGHEST = 150.0


class Marginal(NamedTuple):
    """Log-probability of each count and its derivatives in η and v, all of one shape."""

    log_likelihood: Vector
    eta: Vector
    eta_eta: Vector
    v: Vector
    eta_v: Vector
    v_v: Vector


@lru_cache(maxsize=16)
def _nodes(number: int) -> tuple[Vector, Vector]:
    """Return nodes and the logarithms of their weights without the factor exp(-x²).

    The weights themselves underflow at the outer of many nodes; these come from the
    Hermite functions ψ, as 1 / (n ψ²) with ψ of degree n - 1.
    """
    x = special.roots_hermite(number)[0]
    before, psi = np.zeros(number), np.pi**-0.25 * np.exp(-0.5 * x * x)
    for k in range(1, number):
        before, psi = psi, np.sqrt(2.0 / k) * x * psi - np.sqrt((k - 1.0) / k) * before
    return x, -np.log(number) - 2.0 * np.log(np.abs(psi))


def peak(count: Vector, eta: Vector, v: Vector) -> Vector:
    """Return the mean exp(η + u) at the u that is likeliest given the count.

    There m + log(m)/v = O + η/v, whose solution is Wright's omega function.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = special.wrightomega(np.log(v) + eta + v * count) / v
    return np.where(v > 0, scaled, np.exp(eta))


def marginal(count: Vector, eta: Vector, v: Vector, nodes: int, *, in_v: bool = True) -> Marginal:
    """Return the log-probability of counts and its derivatives.

    Parameters
    ----------
    count, eta, v : arrays that broadcast together
        Counts, log means at u = 0, and variances of u, 0 or more.
    nodes : int
        Number of quadrature nodes.
    in_v : bool
        Whether derivatives in v are wanted; else they are NaN.
    """
    count, eta, v = np.broadcast_arrays(count, eta, v)
    x, log_weight = _nodes(nodes)
    tau = np.sqrt(v)
    mean = peak(count, eta, v)
    width = 1.0 / np.sqrt(1.0 + v * mean)
    # z is the standardised effect: u = τ z.
    z = (tau * (count - mean))[..., None] + np.sqrt(2.0) * width[..., None] * x
    u = tau[..., None] * z
    m = np.exp(np.minimum(eta[..., None] + u, _HIGHEST))
    log_term = count[..., None] * u - m - 0.5 * z * z + log_weight
    top = log_term.max(axis=-1)
    term = np.exp(log_term - top[..., None])
    total = term.sum(axis=-1)
    constant = count * eta - special.gammaln(count + 1.0) + np.log(width) - 0.5 * np.log(np.pi)
    share = term / total[..., None]
    if not in_v:
        d = count - (share * m).sum(axis=-1)
        d1 = np.where(v * count > 1.0, (share * z).sum(axis=-1) / np.sqrt(np.where(v > 0, v, 1)), d)
        away = (share * (m - (count - d)[..., None]) ** 2).sum(axis=-1)
        lost = np.full(d.shape, np.nan)
        return Marginal(np.log(total) + top + constant, d1, away - (count - d), lost, lost, lost)
    d1, d2, d3, d4 = _derivatives(count, m, z, v, share)
    return Marginal(
        log_likelihood=np.log(total) + top + constant,
        eta=d1,
        eta_eta=d2 - d1 * d1,
        v=0.5 * d2,
        eta_v=0.5 * (d3 - d1 * d2),
        v_v=0.25 * (d4 - d2 * d2),
    )


def _derivatives(count: Vector, m: Vector, z: Vector, v: Vector, share: Vector) -> Vector:
    """Return D_1 … D_4, from the Poisson side or the normal side.

    D_n is the mean of g⁽ⁿ⁾/g, and also of the Hermite polynomial He_n(z)/τⁿ. The first
    cancels where counts are large beside 1/v, the second where they are small.
    """
    many = v * np.maximum(count, 1.0) > 1.0
    found = np.empty((4, *count.shape))
    few = ~many
    m, part = m[few], share[few]
    d = count[few][..., None] - m
    dd = d * d
    left = (d, dd - m, d * (dd - 3.0 * m) - m, dd * (dd - 6.0 * m) + m * (3.0 * m - 4.0 * d - 1.0))
    z, rest, tau = z[many], share[many], np.sqrt(v[many])
    zz = z * z
    right = (z, zz - 1.0, z * (zz - 3.0), zz * (zz - 6.0) + 3.0)
    for n, (low, high) in enumerate(zip(left, right, strict=True)):
        found[n, few] = (part * low).sum(axis=-1)
        found[n, many] = (rest * high).sum(axis=-1) / tau ** (n + 1)
    return found
