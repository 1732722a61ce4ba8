"""Cancers found in the years before diagnosis, given survival to it.

Looking back from diagnosis, a share kappa had an associated cancer found within the window
of W years, at a time before diagnosis with the same density g as after it, mirrored, thinned by
the survival exp(-mu u) of those who lived u years with their cancer to be diagnosed:

    kappa g(u) exp(-mu u) / N(W),  N(u) = integral of g(v) exp(-mu v) over 0 to u.

To it comes the background's hazard, thinned alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from paraneo.numerics.arrays import Vector

from ._detection_times import Distribution

#: Nodes of the quadrature over (0, u).
NODES = 40


@dataclass(frozen=True, slots=True, eq=False)
class Before:
    """What is known of the years before diagnosis.

    Attributes
    ----------
    years, background : (m,) float
        Of each cancer found before: years before diagnosis, and the background hazard then.
    none : int
        How many people had none.
    window : float
        Years looked back.
    death : float
        Yearly hazard of death after a cancer.
    """

    years: Vector
    background: Vector
    none: int
    window: float
    death: float

    def slope(
        self, logit: float, distribution: Distribution, timing: Vector
    ) -> tuple[float, float, Vector]:
        """Return the log-likelihood and its slopes by the share's logit and by the timing."""
        share, rest = special.expit(logit), special.expit(-logit)
        ends = np.append(self.years, self.window)
        inside, slopes = self._thinned(distribution, timing, ends)
        whole, of_whole = inside[-1], slopes[-1]
        at = distribution.at(timing, np.zeros(len(self.years)), self.years)
        fraction = inside[:-1] / whole
        of_fraction = (slopes[:-1] - fraction[:, None] * of_whole) / whole
        density = np.exp(at.log_density) / whole
        of_density = density[:, None] * (at.log_slopes[:, :-1] - of_whole / whole)
        rate = self.background
        total = rate * (1.0 - share * fraction) + share * density
        by_timing = (share / total)[:, None] * (of_density - rate[:, None] * of_fraction)
        by_share = share * rest * (density - rate * fraction) / total
        value = np.log(total).sum() + self.none * np.log(rest)
        return float(value), float(by_share.sum() - self.none * share), by_timing.sum(axis=0)

    def _thinned(
        self, distribution: Distribution, timing: Vector, ends: Vector
    ) -> tuple[Vector, Vector]:
        """Return N(u) and its slopes: G(u) s(u) + mu times the integral of G s, by parts."""
        found = distribution.at(timing, np.zeros(len(ends)), ends)
        survival = np.exp(-self.death * ends)
        value, slopes = found.detected * survival, found.slopes[:, :-1] * survival[:, None]
        if self.death == 0.0:
            return value, slopes
        place, weight = np.polynomial.legendre.leggauss(NODES)
        times = 0.5 * ends[:, None] * (1.0 + place)
        inner = distribution.at(timing, np.zeros(times.size), times.ravel())
        each = (0.5 * self.death * ends[:, None] * weight * np.exp(-self.death * times)).ravel()
        shape = (len(ends), NODES)
        value = value + (each * inner.detected).reshape(shape).sum(axis=1)
        more = (each[:, None] * inner.slopes[:, :-1]).reshape(*shape, -1).sum(axis=1)
        return value, slopes + more
