"""Absolute risk on a merged grid of cuts: arrays only.

Between two cuts every hazard is constant, so that all integrals have a closed form. Shapes:
n people, r rows of parameters, j pieces, t times.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

#: Elements of (people, rows or times, pieces) worked on at a time: they stay in the cache.
CHUNK = 50_000


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
    """At each time since the start, (n, r, t).

    ``cancer`` and ``death`` are cumulative hazards, ``crude`` the risk and ``excess`` the part of
    it that is beyond the population's hazard.
    """

    cancer: Vector
    crude: Vector
    excess: Vector
    death: Vector


def since(grid: Grid, start: float) -> Grid:
    """Return the grid of those alive without cancer at a time, counted from it on."""
    return grid._replace(edges=np.maximum(grid.edges, start))


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


def cut_at(grid: Grid, times: Vector) -> Grid:
    """Return the grid with further cuts at the same times for everybody."""
    edges = grid.edges
    inside = times[(times > edges[0, 0]) & (times < edges[0, -1])]
    new = np.setdiff1d(inside, edges[0]) if len(edges) == 1 else np.unique(inside)
    if not len(new):
        return grid
    more = np.broadcast_to(new, (len(edges), len(new)))
    cuts = np.sort(np.concatenate([edges, more], axis=1), axis=1)
    middle = (cuts[:, :-1] + cuts[:, 1:]) / 2
    old = np.stack(
        [np.searchsorted(own[1:-1], at, "right") for own, at in zip(edges, middle, strict=True)]
    )
    return Grid(
        edges=cuts,
        population=np.take_along_axis(grid.population, old, axis=1),
        death=np.take_along_axis(grid.death, old, axis=1),
        natural_death=np.take_along_axis(grid.natural_death, old, axis=1),
        piece=np.take_along_axis(grid.piece, old, axis=1),
    )


def curves(
    grid: Grid, ratio: Vector, excess: Vector, times: Vector, *, until: float = np.inf
) -> Curves:
    """Return what has happened by each time.

    Parameters
    ----------
    ratio, excess : array, shape (n or 1, r, model pieces)
        The cancer hazard is ``population * ratio + excess``.
    times : array, shape (n or 1, t)
        Within the edges.
    until : float
        Leave out what is beyond the population's hazard from this time on.
    """
    n, pieces = grid.population.shape
    rows = ratio.shape[1]
    step = max(1, CHUNK // max(max(rows, times.shape[1]) * pieces, 1))
    found = []
    for k in range(0, n, step):
        who = slice(k, k + step)
        part = part_of(grid, who)
        hazard = hazards(
            part,
            ratio if len(ratio) == 1 else ratio[who],
            excess if len(excess) == 1 else excess[who],
        )
        if until < np.inf:
            late = part.edges.T[:-1, :, None] >= until
            hazard = ended(hazard, part.population.T[:, :, None], late)
        asked = np.broadcast_to(times, (n, times.shape[1]))[who]
        found.append(_curves(part, hazard, asked))
    return Curves(*(np.concatenate(part) for part in zip(*found, strict=True)))


def ended(hazard: Vector, natural: Vector, late: NDArray[np.bool_]) -> Vector:
    """Return a hazard without what is beyond the natural one where it is late."""
    return np.where(late, np.minimum(hazard, natural), hazard)


def part_of(grid: Grid, who: slice) -> Grid:
    """Return the grid of some of the people; one that serves all stays."""
    if len(grid.edges) == 1:
        return grid
    edges, population, death, natural, piece = grid
    return Grid(edges[who], population[who], death[who], natural[who], piece[who])


def hazards(grid: Grid, ratio: Vector, excess: Vector) -> Vector:
    """Return the cancer hazard in each piece, shape (j, n, r): sums over pieces are quick so."""
    piece = grid.piece.T
    own = np.arange(len(grid.piece)) if len(ratio) > 1 or len(excess) > 1 else 0
    times, plus = (np.swapaxes(x, 1, 2)[own if len(x) > 1 else 0, piece] for x in (ratio, excess))
    return np.asarray(grid.population.T[:, :, None] * times + plus)


def _curves(grid: Grid, cancer: Vector, times: Vector) -> Curves:
    death, natural = grid.death.T[:, :, None], grid.population.T[:, :, None]
    width = np.diff(grid.edges, axis=1).T[:, :, None]
    both = cancer + death
    spent = both * width
    before = _before(spent)
    free = np.exp(-before)
    # each time lies in one piece; whole pieces before it are summed once for all times
    piece = (grid.edges[:, None, 1:-1] < times[:, :, None]).sum(axis=2).T
    begin = _at(grid.edges.T[:-1, :, None], piece)
    last = np.clip(times.T[:, :, None] - begin, 0.0, _at(width, piece))
    left = _at(free, piece) * _time_lived(_at(both, piece), last)
    whole = free * _lived(both, spent, width)

    def summed(rate: Vector, lived: Vector, end: Vector) -> Vector:
        return _at(_before(rate * lived), piece) + _at(rate, piece) * end

    died = summed(death, width, last)
    crude, ordinary = summed(cancer, whole, left), summed(natural, whole, left)
    found = _at(before, piece) + _at(both, piece) * last - died, crude, crude - ordinary
    return Curves(*(np.moveaxis(x, 0, 2) for x in (*found, np.broadcast_to(died, crude.shape))))


def _before(parts: Vector) -> Vector:
    """Return the sum of the pieces before each one, along the first axis."""
    summed = np.zeros(parts.shape)
    for k in range(len(parts) - 1):
        np.add(summed[k], parts[k], out=summed[k + 1])
    return summed


def _at(values: Vector, piece: NDArray[np.intp]) -> Vector:
    """Return values (j, n, r) in one piece of each person and time, (t, n, r)."""
    return np.asarray(values[piece, np.arange(piece.shape[1])])


def _time_lived(hazard: Vector, width: Vector) -> Vector:
    """Return (1 - exp(-a w))/a, which is w where a is 0."""
    return _lived(hazard, hazard * width, width)


def _lived(hazard: Vector, spent: Vector, width: Vector) -> Vector:
    """Return (1 - exp(-a w))/a from a, a w and w."""
    some = hazard > 0
    if some.all():
        return np.asarray(-np.expm1(-spent) / hazard)
    return np.where(some, -np.expm1(-spent) / np.where(some, hazard, 1.0), width)
