"""Absolute risk on a merged grid of cuts: arrays only.

Between two cuts every hazard is constant, so that all integrals have a closed form. Shapes:
n people, r rows of parameters, j pieces, t times.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo._estimate import Vector

#: Elements of (people, rows, pieces) worked on at a time.
CHUNK = 2_000_000


class Grid(NamedTuple):
    """Pieces of follow-up of each person.

    ``edges`` has shape (n, j + 1), rising from 0; ``population`` and ``death`` hold hazards per
    year, shape (n, j); ``natural_death`` is that of the population; ``piece`` says which
    piece of the model each belongs to.
    """

    edges: Vector
    population: Vector
    death: Vector
    natural_death: Vector
    piece: NDArray[np.intp]


class Curves(NamedTuple):
    """At each time: cumulative cancer hazard, crude risk and its excess part, (n, r, t)."""

    cancer: Vector
    crude: Vector
    excess: Vector
    death: Vector


def merged_edges(
    start: tuple[Vector, Vector],
    tables: tuple[tuple[Vector, Vector], ...],
    cuts: Vector,
    end: float,
) -> Vector:
    """Return everyone's cuts in age, period and follow-up, shape (n, j + 1).

    Parameters
    ----------
    start : pair of arrays, shape (n,)
        Age and calendar year at time 0.
    tables : tuple of pairs
        Age edges and period edges of each rate table.
    cuts : array
        The model's own, in years since time 0.
    end : float
        The last time.
    """
    n = len(start[0])
    inside = cuts[(cuts > 0) & (cuts < end)]
    parts = [np.broadcast_to(np.concatenate([[0.0], inside, [end]]), (n, len(inside) + 2))]
    for table in tables:
        for edges, at in zip(table, start, strict=True):
            known = edges[np.isfinite(edges)]
            if len(known):
                parts.append(_ahead(known, at, end))
    return np.asarray(np.sort(np.concatenate(parts, axis=1), axis=1))


def _ahead(edges: Vector, at: Vector, end: float) -> Vector:
    """Return the next edges of each person as times since the start, cut to [0, end]."""
    first = np.searchsorted(edges, at, side="right")
    many = int((np.searchsorted(edges, at + end, side="left") - first).max(initial=0))
    which = first[:, None] + np.arange(many)
    beyond = which >= len(edges)
    times = edges[np.minimum(which, len(edges) - 1)] - at[:, None]
    return np.asarray(np.clip(np.where(beyond, end, times), 0.0, end))


def curves(grid: Grid, ratio: Vector, excess: Vector, times: Vector) -> Curves:
    """Return what has happened by each time.

    Parameters
    ----------
    ratio, excess : array, shape (n or 1, r, model pieces)
        The cancer hazard is ``population * ratio + excess``.
    times : array, shape (n or 1, t)
        Within [0, last edge].
    """
    n, pieces = grid.population.shape
    rows = ratio.shape[1]
    step = max(1, CHUNK // max(rows * pieces, 1))
    found = [
        _curves(
            _part(grid, slice(k, k + step)),
            ratio if len(ratio) == 1 else ratio[k : k + step],
            excess if len(excess) == 1 else excess[k : k + step],
            np.broadcast_to(times, (n, times.shape[1]))[k : k + step],
        )
        for k in range(0, n, step)
    ]
    return Curves(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _part(grid: Grid, who: slice) -> Grid:
    edges, population, death, natural, piece = grid
    return Grid(edges[who], population[who], death[who], natural[who], piece[who])


def hazards(grid: Grid, ratio: Vector, excess: Vector) -> Vector:
    """Return the cancer hazard in each piece, shape (n, r, j)."""
    place = np.broadcast_to(
        grid.piece[:, None, :], (len(grid.piece), ratio.shape[1], grid.piece.shape[1])
    )
    whole = (len(place), *ratio.shape[1:])
    times = np.take_along_axis(np.broadcast_to(ratio, whole), place, axis=2)
    plus = np.take_along_axis(np.broadcast_to(excess, whole), place, axis=2)
    return np.asarray(grid.population[:, None, :] * times + plus)


def _curves(grid: Grid, ratio: Vector, excess: Vector, times: Vector) -> Curves:
    cancer = hazards(grid, ratio, excess)
    more = cancer - grid.population[:, None, :]
    death = grid.death[:, None, :]
    width = np.diff(grid.edges, axis=1)[:, None, :]
    both = cancer + death
    spent = np.cumsum(both * width, axis=2)
    free = np.exp(-np.concatenate([np.zeros_like(spent[..., :1]), spent[..., :-1]], axis=2))
    found: list[list[Vector]] = [[], [], [], []]
    for k in range(times.shape[1]):
        within = np.clip(times[:, k, None, None] - grid.edges[:, None, :-1], 0.0, width)
        # (1 - exp(-a w))/a, which is w where a is 0
        sojourn = np.where(
            both > 0, -np.expm1(-both * within) / np.where(both > 0, both, 1), within
        )
        lived = free * sojourn
        found[0].append((cancer * within).sum(axis=2))
        found[1].append((cancer * lived).sum(axis=2))
        found[2].append((more * lived).sum(axis=2))
        found[3].append((death * within).sum(axis=2))
    return Curves(*(np.stack(part, axis=2) for part in found))
