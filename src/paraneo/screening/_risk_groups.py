"""Risks of all, of a marker group and of the population, from curves on a grid: arrays only."""

from __future__ import annotations

import numpy as np

from paraneo.numerics.arrays import Vector

from ._absolute_risk import Curves, Grid, curves
from ._markers import marker_weights, of_the_marked


def of_group(found: Curves, asked: Vector, logits: Vector, sign: int) -> Vector:
    """Return risks from the start to each time; the last three times are start, marker, window."""
    times, (start, _, end) = asked[:-3], asked[-3:]
    alive = np.exp(-found.cancer - found.death)
    if sign == 0:
        return np.asarray((found.crude[..., :-3] - found.crude[..., -3:-2]) / alive[..., -3:-2])
    since = found.cancer - found.cancer[..., -2:-1]
    net = -np.expm1(-since)
    crude = (found.crude - found.crude[..., -2:-1]) / alive[..., -2:-1]
    weights = marker_weights(logits, net[..., -1], positive=sign > 0)

    def marked(values: Vector, k: int, time: float) -> Vector:
        last = values[..., -1]
        return of_the_marked(values[..., k], last, values[..., k] if time <= end else last, weights)

    before = marked(crude, -3, start)
    death = found.death[..., -3] - found.death[..., -2]
    free = np.exp(-death) * (1 - marked(net, -3, start))
    risks = [(marked(crude, k, time) - before) / free for k, time in enumerate(times)]
    return np.stack(risks, axis=-1)


def of_population(grid: Grid, estimand: str, start: float, times: Vector) -> Vector:
    """Return the population's risk from ``start`` to each time, shape (people, times)."""
    death = grid.natural_death if estimand == "crude" else np.zeros_like(grid.death)
    plain = grid._replace(death=death, piece=np.zeros_like(grid.piece))
    asked = np.concatenate([times, [start]])
    found = curves(plain, np.ones((1, 1, 1)), np.zeros((1, 1, 1)), asked[None, :])
    alive = np.exp(-found.cancer[..., -1] - found.death[..., -1])
    return np.asarray(((found.crude[..., :-1] - found.crude[..., -1:]) / alive[..., None])[:, 0])
