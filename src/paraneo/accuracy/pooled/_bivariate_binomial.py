"""The bivariate binomial model by adaptive Gauss–Hermite quadrature, for many studies at once.

In each table of a study true positives are Bin(n1, expit(e1)) and true negatives
Bin(n2, expit(e2)) with e1 = eta1 + a z1, e2 = eta2 + b z1 + c z2 and z standard normal, shared
by the tables of the study, so that the covariance of the two random effects is L L' with
L = [[a, 0], [b, c]]. The integral is taken over z, whose posterior is one hill of finite width
even where L is singular.

The slopes are those of the quadrature sum itself, the movement of its nodes with the
parameters included, so that they fit the value for any number of nodes, one (Laplace) too.

Arrays of studies have shape (S,), of tables (S, t), of nodes a further q (of z1) or q, q.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector

from ._bivariate_evidence import Tables

#: Newton steps towards the peak of a study, halvings of one, and where they end.
STEPS, HALVINGS, CLOSE = 100, 40, 1e-10
#: So many nodes are held at a time: they stay in the processor's own memory.
NODES_AT_ONCE = 20_000


@lru_cache(maxsize=16)
def gauss_hermite(nodes: int) -> tuple[Vector, Vector]:
    """Return r = √2 x and log(weight) + x² of the rule for a standard normal."""
    x, weight = np.polynomial.hermite.hermgauss(nodes)
    return math.sqrt(2.0) * x, np.log(weight) + x**2


class Place(NamedTuple):
    """Where the studies stand: predictors of tables, (S, t), and a, b, c."""

    eta1: Vector
    eta2: Vector
    a: Vector
    b: Vector
    c: Vector


class Outcomes(NamedTuple):
    """What every table, (S, t), adds to the hill at one point.

    Of its log-density in the predictor s is the slope, w minus the second derivative, and k the
    slope of w.
    """

    s1: Vector
    s2: Vector
    w1: Vector
    w2: Vector
    k1: Vector
    k2: Vector


class Peak(NamedTuple):
    """The top of each study's hill; ``f`` is the lower factor of the inverse curvature there."""

    z1: Vector
    z2: Vector
    height: Vector
    tables: Outcomes
    f: tuple[Vector, Vector, Vector]

    def at(self, part: slice) -> Peak:
        """Return those of some studies."""
        tables, f = Outcomes(*(x[part] for x in self.tables)), tuple(x[part] for x in self.f)
        return Peak(self.z1[part], self.z2[part], self.height[part], tables, (f[0], f[1], f[2]))


def _log_density(right: Vector, people: Vector, eta: Vector) -> Vector:
    """Return right·log p + wrong·log(1 − p), without the binomial coefficient."""
    above = np.maximum(eta, 0.0) + np.log1p(np.exp(-np.abs(eta)))
    answer: Vector = right * eta - people * above
    return answer


def _chance(eta: Vector) -> tuple[Vector, Vector]:
    """Return p and p(1 − p)."""
    small = np.exp(-np.abs(eta))
    return np.where(eta > 0, 1.0, small) / (1 + small), small / (1 + small) ** 2


def _predictors(place: Place, z1: Vector, z2: Vector) -> tuple[Vector, Vector]:
    e1 = place.eta1 + (place.a * z1)[:, None]
    return e1, place.eta2 + (place.b * z1 + place.c * z2)[:, None]


def _height(cells: Vector, place: Place, z1: Vector, z2: Vector) -> Vector:
    """Return the log of the integrand at z of each study, without constants."""
    e1, e2 = _predictors(place, z1, z2)
    density = _log_density(cells[..., 0], cells[..., 1], e1)
    density = density + _log_density(cells[..., 2], cells[..., 3], e2)
    answer: Vector = density.sum(axis=1) - 0.5 * (z1 * z1 + z2 * z2)
    return answer


def _outcomes(cells: Vector, place: Place, z1: Vector, z2: Vector) -> Outcomes:
    e1, e2 = _predictors(place, z1, z2)
    (p1, v1), (p2, v2) = _chance(e1), _chance(e2)
    w1, w2 = cells[..., 1] * v1, cells[..., 3] * v2
    s1, s2 = cells[..., 0] - cells[..., 1] * p1, cells[..., 2] - cells[..., 3] * p2
    return Outcomes(s1, s2, w1, w2, w1 * (1 - 2 * p1), w2 * (1 - 2 * p2))


def _curvature(place: Place, tables: Outcomes) -> tuple[Vector, Vector, Vector]:
    """Return H = I + L'wL of each study: 11, 21, 22."""
    a, b, c = place.a, place.b, place.c
    w1, w2 = tables.w1.sum(axis=1), tables.w2.sum(axis=1)
    return 1 + a * a * w1 + b * b * w2, b * c * w2, 1 + c * c * w2


def _peaks(cells: Vector, place: Place) -> Peak:
    """Climb every study's hill by Newton steps; who has arrived stays where it is."""
    a, b, c = place.a, place.b, place.c
    z1, z2 = np.zeros_like(a), np.zeros_like(a)
    height = _height(cells, place, z1, z2)
    going = np.ones(len(a), dtype=np.bool_)
    for _ in range(STEPS):
        now = _outcomes(cells, place, z1, z2)
        s2 = now.s2.sum(axis=1)
        g1, g2 = a * now.s1.sum(axis=1) + b * s2 - z1, c * s2 - z2
        h11, h21, h22 = _curvature(place, now)
        det = h11 * h22 - h21 * h21
        d1, d2 = (h22 * g1 - h21 * g2) / det, (h11 * g2 - h21 * g1) / det
        length = np.where(going, 1.0, 0.0)
        for _halving in range(HALVINGS):
            reached = _height(cells, place, z1 + length * d1, z2 + length * d2)
            lower = going & ~(reached >= height - 1e-13 * (1 + np.abs(height)))
            if not lower.any():
                break
            length[lower] *= 0.5
        z1, z2, height = z1 + length * d1, z2 + length * d2, np.where(going, reached, height)
        going &= np.maximum(np.abs(d1), np.abs(d2)) >= CLOSE
        if not going.any():
            break
    top = _outcomes(cells, place, z1, z2)
    h11, h21, h22 = _curvature(place, top)
    f11 = np.sqrt(h22 / (h11 * h22 - h21 * h21))
    return Peak(z1, z2, height, top, (f11, -f11 * h21 / h22, 1 / np.sqrt(h22)))


class Moments(NamedTuple):
    """Means over a study's nodes, each with its share p of the integral.

    Sums over z2 at one z1 have shape (S, ..., q). ``p`` holds those of p z2ᵏ for k = 0, 1,
    ``ps2`` of p s2 z2ᵏ for k = 0, 1, ``bend2`` (S, t, t, 3, q) of p (s2 s2' − w2) z2ᵏ, where w2
    counts for a table with itself; ``s2_r`` and ``z2_r`` of p s2 r2 and p z2 r2.
    """

    z1: Vector
    p: Vector
    s1: Vector
    bend1: Vector
    ps2: Vector
    bend2: Vector
    s2_r: Vector
    z2_r: Vector
    log_total: Vector


def _moments(cells: Vector, place: Place, peak: Peak, r: Vector, log_weight: Vector) -> Moments:
    size, t, q = *cells.shape[:2], len(r)
    f11, f21, f22 = (x[:, None] for x in peak.f)
    z1 = peak.z1[:, None] + f11 * r
    middle = peak.z2[:, None] + f21 * r
    z2 = middle[:, :, None] + (f22 * r)[:, None, :]
    e1 = place.eta1[:, :, None] + (place.a[:, None] * z1)[:, None, :]
    shift = place.b[:, None] * z1 + place.c[:, None] * middle
    gain = (place.c[:, None] * f22 * r)[:, None, None, :]
    e2 = (place.eta2[:, :, None] + shift[:, None, :])[..., None] + gain
    first = _log_density(cells[:, :, 0, None], cells[:, :, 1, None], e1).sum(axis=1)
    first += log_weight - 0.5 * z1 * z1 - peak.height[:, None]
    right, people = cells[:, :, 2, None, None], cells[:, :, 3, None, None]
    small = np.exp(-np.abs(e2))
    whole = 1 + small
    density = right * e2 - people * (np.maximum(e2, 0.0) + np.log(whole))
    total = density[:, 0] if t == 1 else density.sum(axis=1)
    p = np.exp(total - 0.5 * z2 * z2 + (first[:, :, None] + log_weight))
    sum_p = p.sum(axis=(1, 2))
    p /= sum_p[:, None, None]
    chance1, spread1 = _chance(e1)
    s1 = cells[:, :, 0, None] - cells[:, :, 1, None] * chance1
    share = small / whole
    s2 = right - people * np.where(e2 > 0, 1 - share, share)
    ps2 = p[:, None] * s2
    bend2 = ps2[:, :, None] * s2[:, None]
    own = np.arange(t)
    bend2[:, own, own] -= p[:, None] * (people * (share / whole))
    powers = np.stack([np.ones(q), r, r * r], axis=1)
    scale = (middle[:, :, None], f22[:, :, None])
    bend1 = s1[:, :, None] * s1[:, None]
    bend1[:, own, own] -= cells[:, :, 1, None] * spread1
    flat, p_r, ps2_r = bend2.reshape(size, t * t, q, q), p @ powers, ps2 @ powers[:, :2]
    return Moments(
        z1,
        _about_zero(p_r[:, None, :, :2], *scale)[:, 0],
        s1,
        bend1,
        _about_zero(ps2_r, *scale),
        _about_zero(flat @ powers, *scale).reshape(size, t, t, 3, q),
        ps2_r[..., 1].sum(axis=1),
        middle * p_r[..., 1] + f22 * p_r[..., 2],
        np.log(sum_p),
    )


def _about_zero(sums: Vector, middle: Vector, width: Vector) -> Vector:
    """Turn sums with r2ᵏ, (S, ..., q, k), into those with z2ᵏ, (S, ..., k, q).

    z2 is middle + width · r2.
    """
    zero, one = sums[..., 0], sums[..., 1]
    m, f = middle[:, None, :, 0], width[:, None, :, 0]
    parts = [zero, m * zero + f * one]
    if sums.shape[-1] == 3:
        parts.append(m * m * zero + 2 * m * f * one + f * f * sums[..., 2])
    answer: Vector = np.stack(parts, axis=-2)
    return answer


def _derivatives(m: Moments) -> tuple[Vector, Vector]:
    """Return slopes and second derivatives of the integral in the predictors, a, b, c.

    The second are those of the integral: mean second derivative plus variance of the first.
    The parameters stand in the order of both predictors of the t tables, then a, b, c.
    """
    size, t = m.s1.shape[:2]
    width = 2 * t + 3
    p, z1, one = m.p[:, 0], m.z1, m.s1.sum(axis=1)
    mean, second = np.empty((size, width)), np.zeros((size, width, width))
    two = m.ps2.sum(axis=1)
    mean[:, :t] = (m.s1 @ p[:, :, None])[..., 0]
    mean[:, t : 2 * t] = m.ps2[:, :, 0].sum(axis=2)
    mean[:, -3] = (one * z1 * p).sum(axis=1)
    mean[:, -2] = (two[:, 0] * z1).sum(axis=1)
    mean[:, -1] = two[:, 1].sum(axis=1)
    first = np.concatenate([m.s1, (one * z1)[:, None]], axis=1)
    last = np.concatenate([m.ps2[:, :, 0], (two[:, 0] * z1)[:, None], two[:, 1][:, None]], axis=1)
    ones, others = [*range(t), 2 * t], [*range(t, 2 * t), 2 * t + 1, 2 * t + 2]
    second[np.ix_(range(size), ones, others)] = first @ np.swapaxes(last, 1, 2)
    second[np.ix_(range(size), others, ones)] = last @ np.swapaxes(first, 1, 2)
    bent = m.bend1 * p[:, None, None]
    row = (bent.sum(axis=2) * z1[:, None]).sum(axis=2)
    second[:, :t, :t] = bent.sum(axis=3)
    second[:, :t, -3] = second[:, -3, :t] = row
    second[:, -3, -3] = (bent.sum(axis=(1, 2)) * z1 * z1).sum(axis=1)
    rows = m.bend2.sum(axis=2)
    along = rows[:, :, 0] * z1[:, None]
    second[:, t : 2 * t, t : 2 * t] = m.bend2[:, :, :, 0].sum(axis=3)
    second[:, t : 2 * t, -2] = second[:, -2, t : 2 * t] = along.sum(axis=2)
    second[:, t : 2 * t, -1] = second[:, -1, t : 2 * t] = rows[:, :, 1].sum(axis=2)
    both = rows.sum(axis=1)
    second[:, -2, -2] = (both[:, 0] * z1 * z1).sum(axis=1)
    second[:, -2, -1] = second[:, -1, -2] = (both[:, 1] * z1).sum(axis=1)
    second[:, -1, -1] = both[:, 2].sum(axis=1)
    return mean, second - mean[:, :, None] * mean[:, None, :]


def _turns(place: Place, peak: Peak) -> tuple[Vector, ...]:
    """Return how each parameter alone moves the slope and the curvature of the hill.

    In turn, with shape (S, 2t + 3): w de1, w de2, k de1 and k de2 added up over the tables, the
    parts of d(L's) in z1 and z2 that come of L itself, and those of L'wL (11, 21, 22).
    """
    a, b, c, o = place.a, place.b, place.c, peak.tables
    size, t = o.s1.shape
    parts = np.zeros((9, size, 2 * t + 3))
    for at, own1, own2 in ((0, o.w1, o.w2), (2, o.k1, o.k2)):
        parts[at, :, :t], parts[at, :, -3] = own1, peak.z1 * own1.sum(axis=1)
        two = own2.sum(axis=1)
        parts[at + 1, :, t:-3], parts[at + 1, :, -2] = own2, peak.z1 * two
        parts[at + 1, :, -1] = peak.z2 * two
    s2, w1, w2 = o.s2.sum(axis=1), o.w1.sum(axis=1), o.w2.sum(axis=1)
    parts[4, :, -3], parts[4, :, -2], parts[5, :, -1] = o.s1.sum(axis=1), s2, s2
    parts[6, :, -3], parts[6, :, -2] = 2 * a * w1, 2 * b * w2
    parts[7, :, -2], parts[7, :, -1] = c * w2, b * w2
    parts[8, :, -1] = 2 * c * w2
    return tuple(parts)


def _movement(place: Place, peak: Peak, pull: Vector) -> Vector:
    """Return what comes to the slopes of the nodes' moving with the parameters.

    ``pull`` holds the mean slopes of the log-integrand in z1 and z2, and those times the
    standard nodes (1·r1, 2·r1, 2·r2).
    """
    a, b, c = (x[:, None] for x in (place.a, place.b, place.c))
    f11, f21, f22 = (x[:, None] for x in peak.f)
    we1, we2, ke1, ke2, up1, up2, l11, l21, l22 = _turns(place, peak)
    u1, u2 = up1 - a * we1 - b * we2, up2 - c * we2
    along = f11 * u1 + f21 * u2
    dz1, dz2 = f11 * along, f21 * along + f22 * f22 * u2
    dw1 = ke1 + peak.tables.k1.sum(axis=1, keepdims=True) * a * dz1
    dw2 = ke2 + peak.tables.k2.sum(axis=1, keepdims=True) * (b * dz1 + c * dz2)
    # Slopes of the curvature H = I + L'wL ...
    h11 = a * a * dw1 + b * b * dw2 + l11
    h21, h22 = b * c * dw2 + l21, c * c * dw2 + l22
    # ... and of its inverse's factor: dF = −F tril(F' dH F) with half the diagonal.
    q11 = f11 * f11 * h11 + 2 * f11 * f21 * h21 + f21 * f21 * h22
    q21, q22 = f22 * (f11 * h21 + f21 * h22), f22 * f22 * h22
    d11, d22 = -0.5 * f11 * q11, -0.5 * f22 * q22
    d21 = -0.5 * f21 * q11 - f22 * q21
    t1, t2, t3, t4, t5 = (x[:, None] for x in pull.T)
    moved: Vector = t1 * dz1 + t2 * dz2 + d11 / f11 + d22 / f22 + t3 * d11 + t4 * d21 + t5 * d22
    return moved


def _pull(place: Place, m: Moments, r: Vector) -> Vector:
    """Return the mean slopes of the log-integrand in z that `_movement` takes, (S, 5)."""
    p, two = m.p[:, 0], m.ps2.sum(axis=1)
    first = p * (place.a[:, None] * m.s1.sum(axis=1) - m.z1) + place.b[:, None] * two[:, 0]
    rows = place.c[:, None] * two[:, 0] - m.p[:, 1]
    last = place.c * m.s2_r.sum(axis=1) - m.z2_r.sum(axis=1)
    return np.stack([first.sum(axis=1), rows.sum(axis=1), first @ r, rows @ r, last], axis=1)


def binomial_studies(
    tables: Tables, theta: Vector, r: Vector, log_weight: Vector
) -> tuple[Vector, Vector, Vector]:
    """Return every study's log-likelihood without binomial coefficients, with derivatives.

    Parameters
    ----------
    tables : Tables
        Cells are true positives, diseased, true negatives, healthy.
    theta : array, shape (S, P)
        Parameters of each study's model: coefficients of both predictors, a, b, c.
    r, log_weight : array
        From `gauss_hermite`.

    Returns
    -------
    value : array, shape (S,)
    slopes : array, shape (S, P)
    curvature : array, shape (S, P, P)
        Second derivatives of the integral, themselves by quadrature; good for Newton steps
        with five nodes or more.
    """
    place = Place(*tables.predictors(theta), theta[:, -3], theta[:, -2], theta[:, -1])
    peak, size = _peaks(tables.cells, place), max(1, NODES_AT_ONCE // len(r) ** 2)
    parts = []
    for at in range(0, len(theta), size):
        some = slice(at, at + size)
        own, top = Place(*(x[some] for x in place)), peak.at(some)
        moments = _moments(tables.cells[some], own, top, r, log_weight)
        parts.append((moments.log_total, *_derivatives(moments), _pull(own, moments, r)))
    log_total, slopes, curvature, pull = (np.concatenate(x) for x in zip(*parts, strict=True))
    slopes = slopes + _movement(place, peak, pull)
    value = peak.height + log_total + np.log(peak.f[0] * peak.f[2] / math.pi)
    return (value, *tables.in_parameters(slopes, curvature))
