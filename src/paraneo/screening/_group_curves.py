"""One person's curves over a grid of times, for every row of parameters: arrays only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector

from ._absolute_risk import curves
from ._markers import marker_weights, of_the_marked

if TYPE_CHECKING:
    from ._uncertainty import Uncertainty
    from .risk import CancerRisk


class GroupCurves(NamedTuple):
    """At each time since diagnosis, shape (rows, times), for those free at the start.

    ``risk`` is that of the estimand, ``net`` without death, ``alive`` the share alive and
    free, ``excess`` the part of the risk beyond the background's; ``background``, shape
    (times,), is the population's cumulative hazard.
    """

    risk: Vector
    net: Vector
    alive: Vector
    excess: Vector
    background: Vector


def background_of(one: CancerRisk, times: Vector) -> Vector:
    """Return the population's cumulative cancer hazard at times since diagnosis."""
    plain = one._grid._replace(piece=np.zeros_like(one._grid.piece))
    found = curves(plain, np.ones((1, 1, 1)), np.zeros((1, 1, 1)), times[None, :])
    return np.asarray(found.cancer[0, 0])


def group_curves(
    one: CancerRisk, rows: Uncertainty, times: Vector, background: Vector | None = None
) -> GroupCurves:
    """Return the curves of a risk of one person on rising times from its start on.

    ``background`` is that of the times, where it is known already.
    """
    ratio, excess = one._source.rows(rows.theta, one._at)
    grid = one._grid
    if one.estimand == "net":
        grid = grid._replace(death=np.zeros_like(grid.death))
    end = min(one._marker_time + one._window, float(grid.edges[0, -1]))
    asked = np.concatenate([times, [one._marker_time, end]])
    found = curves(grid, ratio, excess, asked[None, :])
    cancer, crude, death = (part[0] for part in (found.cancer, found.crude, found.death))
    if background is None:
        background = background_of(one, times)
    sign = int(one._sign[0])
    if sign == 0:
        net, risk, died = -np.expm1(-cancer[:, :-2]), crude[:, :-2], death[:, :-2]
    else:
        net, risk = _marked(cancer, crude, death, times, end, rows.logits, sign)
        died = death[:, :-2] - death[:, -2:-1]
    free = np.exp(-died) * (1 - net)
    start, first = free[:, :1], net[:, :1]
    risk, alive = (risk - risk[:, :1]) / start, free / start
    steps = np.diff(background)
    # the background's share of the risk: alive is smooth between neighbouring times
    natural = np.cumsum(steps * (alive[:, 1:] + alive[:, :-1]) / 2, axis=1)
    more = risk - np.concatenate([np.zeros_like(risk[:, :1]), natural], axis=1)
    return GroupCurves(risk, (net - first) / (1 - first), alive, more, background)


def _marked(
    cancer: Vector,
    crude: Vector,
    death: Vector,
    times: Vector,
    end: float,
    logits: Vector,
    sign: int,
) -> tuple[Vector, Vector]:
    since = -np.expm1(-(cancer - cancer[:, -2:-1]))
    free = np.exp(-cancer[:, -2:-1] - death[:, -2:-1])
    happened = (crude - crude[:, -2:-1]) / free
    weights = marker_weights(logits, since[:, -1], positive=sign > 0)
    found = []
    for values in (since, happened):
        last = values[:, -1]
        columns = [
            of_the_marked(values[:, k], last, values[:, k] if time <= end else last, weights)
            for k, time in enumerate(times)
        ]
        found.append(np.stack(columns, axis=-1))
    return found[0], found[1]
