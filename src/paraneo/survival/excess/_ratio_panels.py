"""Expected events of a spline of the ratio with proportional effects, by integrals kept once.

Time is cut into panels in which the ratio is smooth. What a person's background makes of any smooth
function on a panel is a sum over a few nodes, whatever the ratio is: a rate, where one rate holds
all through the panel, else moments by Legendre polynomials. So a step of the search looks at each
panel's nodes once for all people, and at each person only to multiply kept numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from paraneo.numerics.arrays import Vector
from paraneo.survival._spells import Integers, product

from ._ratio_likelihood import Curves, Parts
from ._spline_terms import fill_basis

#: Nodes of a panel. A ratio of 2 between its ends leaves 5.8 ** -16 of a smooth curve.
NODES = 16


def _tables() -> tuple[Vector, Vector, Vector]:
    """Return nodes, weights, and the matrix from values at nodes to Legendre coefficients."""
    at, weight = np.polynomial.legendre.leggauss(NODES)
    values = np.polynomial.legendre.legvander(at, NODES - 1)
    size = 0.5 * (2.0 * np.arange(NODES) + 1.0)
    return at, weight, size[:, None] * values.T * weight


AT, WEIGHT, TO_LEGENDRE = _tables()


@dataclass(frozen=True, slots=True, eq=False)
class Panels:
    """What the backgrounds of n people make of functions on p panels.

    Attributes
    ----------
    log_time : (p, nodes) float
        Of the nodes.
    half : (p,) float
        Half the widths of the panels.
    rate : (n, p) float
        The hazard that holds all through a panel, else 0.
    owner, first : (k,) int, (p + 1,) int
        Whose the moments are; those of panel j stand from ``first[j]`` to ``first[j + 1]``.
    moments : (k, nodes) float
        Integrals of the hazard times each Legendre polynomial, in half widths.
    rest : Parts
        What lies before the first knot and does not fill its panel.
    """

    log_time: Vector
    half: Vector
    rate: Vector
    owner: Integers
    first: Integers
    moments: Vector
    rest: Parts

    def each(self, values: Vector) -> Vector:
        """Return everybody's integral of a function given at the nodes, shape (p, nodes)."""
        found = self.rate @ (self.half * (values @ WEIGHT))
        coefficients = self.half[:, None] * (values @ TO_LEGENDRE.T)
        for j, (low, high) in enumerate(zip(self.first[:-1], self.first[1:], strict=True)):
            if high > low:
                own = self.moments[low:high] @ coefficients[j]
                found[self.owner[low:high]] += own  # once a person and panel
        return np.asarray(found)

    def summed(self, scale: Vector) -> Vector:
        """Return the weights of the nodes that give sums of scaled integrals, (s, p, nodes).

        ``scale`` has a row a person and a column a sum.
        """
        nodes = (scale.T @ self.rate * self.half)[:, :, None] * WEIGHT
        for j, (low, high) in enumerate(zip(self.first[:-1], self.first[1:], strict=True)):
            if high > low:
                sums = scale[self.owner[low:high]].T @ self.moments[low:high]
                nodes[:, j] += self.half[j] * (sums @ TO_LEGENDRE)
        return np.asarray(nodes)

    def basis(self, knots: Vector) -> Vector:
        """Return the basis of a spline at the nodes, shape (p, nodes, k)."""
        log_time = np.ascontiguousarray(self.log_time.ravel())
        out = np.zeros((len(log_time), len(knots)))
        fill_basis(
            out, np.zeros(len(log_time), dtype=np.int64), log_time, knots, np.ones(len(log_time))
        )
        return out.reshape(*self.log_time.shape, len(knots))


def panels(parts: Parts, cuts: Vector, knots: Vector, people: int) -> Panels:
    """Gather parts of steps, each within one panel, person by person and panel by panel."""
    edges = np.concatenate(([0.0], cuts))
    edges = edges[: np.searchsorted(edges, parts.end.max(initial=edges[1])) + 1]
    if edges[-1] < parts.end.max(initial=0.0):
        edges = np.append(edges, parts.end.max())
    count = len(edges) - 1
    place = np.clip(np.searchsorted(edges, parts.end, side="left") - 1, 0, count - 1)
    whole = (parts.start == edges[place]) & (parts.end == edges[place + 1])
    full = np.bincount(parts.owner[whole] * count + place[whole], parts.rate[whole], people * count)
    early = ~whole & (parts.start < np.exp(knots[0]))
    late = np.flatnonzero(~whole & ~early)
    # in the order of panels and people, so that each person's of a panel is one row
    key = place[late] * people + parts.owner[late]
    order = np.argsort(key, kind="stable")
    late, key = late[order], key[order]
    opens = np.concatenate(([True], key[1:] != key[:-1])) if len(key) else np.zeros(0, dtype=bool)
    row = np.cumsum(opens) - 1
    half, middle = 0.5 * np.diff(edges), 0.5 * (edges[1:] + edges[:-1])
    moments = np.zeros((int(opens.sum()), NODES))
    own = place[late]
    _add_moments(
        (parts.start[late] - middle[own]) / half[own],
        (parts.end[late] - middle[own]) / half[own],
        parts.rate[late], row, moments,
    )  # fmt: skip
    first = np.searchsorted(own[opens], np.arange(count + 1))
    log_time = np.log(middle[:, None] + half[:, None] * AT)
    return Panels(
        log_time, half, full.astype(np.float64).reshape(people, count),
        parts.owner[late][opens], first, moments,
        Parts(*(column[early] for column in parts)),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _add_moments(low, high, rate, row, moments):  # type: ignore[no-untyped-def]
    """Add the integrals of Legendre polynomials from low to high, by their recursion."""
    for i in range(len(low)):
        for u, sign in ((low[i], -rate[i]), (high[i], rate[i])):
            before, now = 1.0, u
            moments[row[i], 0] += sign * (u + 1.0)
            for m in range(1, moments.shape[1]):
                after = ((2.0 * m + 1.0) * u * now - m * before) / (m + 1.0)
                moments[row[i], m] += sign * (after - before) / (2.0 * m + 1.0)
                before, now = now, after


def exposures(
    p: Panels, curves: Curves, theta: Vector, gradient: Vector, hessian: Vector, scores: Vector
) -> float:
    """Return minus the expected events of the panels; add derivatives, the Hessian's lower half."""
    width, at = len(curves.knots), curves.baselines
    z = p.basis(curves.knots)
    x = curves.covariates
    ratio = np.exp(x @ theta[at:])
    value = 0.0
    for base in range(0, at, width):
        own = curves.stratum == base // width
        scale = ratio if at == width else np.where(own, ratio, 0.0)
        curve = np.exp(z @ theta[base : base + width])
        each = scale * p.each(curve)
        sums = p.summed(scale[:, None] * np.column_stack((np.ones(len(x)), x))) * curve
        weighted = sums[0]
        here = slice(base, base + width)
        value -= float(weighted.sum())
        slope = np.einsum("pn,pnj->j", weighted, z)
        gradient[here] -= slope
        gradient[at:] -= each @ x
        hessian[here, here] -= np.einsum("pn,pnj,pnm->jm", weighted, z, z, optimize=True)
        hessian[at:, here] -= np.einsum("kpn,pnj->kj", sums[1:], z)
        hessian[at:, at:] -= x.T @ (x * each[:, None])
        if len(scores):
            scores[:, at:] -= x * each[:, None]
            for j in range(width):
                scores[:, base + j] -= scale * p.each(curve * z[:, :, j])
    return value


def expected(p: Panels, curves: Curves, theta: Vector, total: Vector) -> None:
    """Add the expected events of the panels to the total of each row."""
    width, at = len(curves.knots), curves.baselines
    z = p.basis(curves.knots)
    ratio = np.exp(product(curves.covariates, theta[at:]))
    for base in range(0, at, width):
        curve = np.exp(product(z.reshape(-1, width), theta[base : base + width]))
        each = ratio * p.each(curve.reshape(z.shape[:2]))
        own = curves.stratum == base // width
        total[own] += each[own]
