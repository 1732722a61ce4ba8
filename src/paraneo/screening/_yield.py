"""What a schedule of visits finds, by quadrature over the time of the cancer: arrays only.

A cancer that would show by itself at time T can be found from T - X on, X being its sojourn in
the stage that a test sees. A visit finds it with the test's sensitivity, if the person is
alive, it has not shown, and no earlier visit found it. Shapes: r rows of parameters, q nodes of T,
v visits, c schedules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

#: Gauss-Legendre nodes between two neighbouring cuts: hazards are constant there, and the
#: cuts of a sojourn's law leave little of its fall to each stretch.
NODES = 10


class Cancers(NamedTuple):
    """Cancers that would show within the horizon if nobody died before.

    ``time`` (q,), ``mass`` (r, q) and ``excess`` (r, q), the mass that is not the
    background's, per person; ``alive`` (q,) and ``alive_at`` (v,) the chance of not having
    died at T and at the visits.
    """

    time: Vector
    mass: Vector
    excess: Vector
    alive: Vector
    alive_at: Vector


class Found(NamedTuple):
    """What becomes of the cancers, per person, shape (r,), and by visit, (r, v)."""

    found: Vector
    found_excess: Vector
    interval: Vector
    interval_excess: Vector
    never: Vector
    lead_time: Vector
    too_late: Vector
    examinations: Vector
    false_positives: Vector


def nodes_between(cuts: Vector) -> tuple[Vector, Vector]:
    """Return quadrature nodes and weights for the stretch between each two cuts."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    width = np.diff(cuts)[:, None]
    return (cuts[:-1, None] + width * (x + 1) / 2).ravel(), (width * w / 2).ravel()


def found_at_visits(
    time: Vector, visits: Vector, sensitivity: Vector, sojourn: Callable[[Vector], Vector]
) -> Vector:
    """Return the chance that each visit finds a cancer with T, were everybody alive: (q, v)."""
    ahead = time[:, None] - visits
    seen = np.where(ahead > 0, sojourn(np.maximum(ahead, 0.0)), 0.0)
    fresh = np.diff(seen, axis=1, prepend=0.0)
    hidden = np.zeros(len(time))
    found = np.empty_like(seen)
    for k in range(len(visits)):
        # a cancer that shows before the visit is out of its reach
        hidden = np.where(ahead[:, k] > 0, hidden + fresh[:, k], 0.0)
        found[:, k] = sensitivity[k] * hidden
        hidden = hidden - found[:, k]
    return found


def outcomes(
    cancers: Cancers,
    visits: Vector,
    sensitivity: Vector,
    specificity: Vector,
    sojourn: Callable[[Vector], Vector],
) -> Found:
    """Return what becomes of the cancers under one schedule."""
    by_visit = found_at_visits(cancers.time, visits, sensitivity, sojourn)
    found = cancers.mass @ (by_visit * cancers.alive_at)
    shown = 1 - by_visit.sum(axis=1)
    interval = cancers.mass @ (shown * cancers.alive)
    total = cancers.mass.sum(axis=1)
    ahead = cancers.time[:, None] - visits
    earlier = np.cumsum(by_visit, axis=1) - by_visit
    out = np.where(ahead > 0, earlier, 1.0)
    examined = (1 - cancers.mass @ out) * cancers.alive_at
    seen = np.where(ahead > 0, sojourn(np.maximum(ahead, 0.0)), 0.0)
    with_cancer = cancers.mass @ (np.maximum(seen - earlier, 0.0)) * cancers.alive_at
    return Found(
        found=found,
        found_excess=cancers.excess @ (by_visit * cancers.alive_at),
        interval=interval,
        interval_excess=cancers.excess @ (shown * cancers.alive),
        never=total - found.sum(axis=1) - interval,
        lead_time=cancers.mass @ (by_visit * ahead * cancers.alive_at),
        too_late=cancers.mass
        @ (by_visit * np.maximum(cancers.alive_at - cancers.alive[:, None], 0.0)),
        examinations=examined,
        false_positives=(examined - with_cancer) * (1 - specificity),
    )


class Scores(NamedTuple):
    """Found, sum of lead times and examinations of each schedule, per person, (c,)."""

    found: Vector
    lead_time: Vector
    examinations: Vector


def scores(
    cancers: Cancers,
    candidates: Vector,
    schedules: NDArray[np.intp],
    sensitivity: float,
    sojourn: Callable[[Vector], Vector],
) -> Scores:
    """Return the scores of many schedules at the first row of parameters.

    Parameters
    ----------
    candidates : array, shape (m,)
        Rising times at which a visit may be; ``cancers.alive_at`` belongs to them.
    schedules : array of int, shape (c, k)
        Places of the visits among the candidates, rising.
    """
    ahead = cancers.time[:, None] - candidates
    seen = np.where(ahead > 0, sojourn(np.maximum(ahead, 0.0)), 0.0)
    mass = cancers.mass[0]
    shape = (len(schedules), len(cancers.time))
    hidden, before, gone = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    found, lead, examined = (np.zeros(len(schedules)) for _ in range(3))
    for k in range(schedules.shape[1]):
        place = schedules[:, k]
        now, gap, alive = seen[:, place].T, ahead[:, place].T, cancers.alive_at[place]
        reach = gap > 0
        examined += alive * (1 - np.where(reach, gone, 1.0) @ mass)
        hidden = np.where(reach, hidden + now - before, 0.0)
        caught = sensitivity * hidden
        found += alive * (caught @ mass)
        lead += alive * ((caught * gap) @ mass)
        hidden, gone, before = hidden - caught, gone + caught, now
    return Scores(found, lead, examined)
