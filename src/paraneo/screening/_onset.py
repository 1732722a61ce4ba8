"""The detectable preclinical phase behind the diagnoses of cancer: arrays only.

Its onset has intensity o(t), and it lasts an exponential time of mean m, independent of onset, that
ends in clinical detection. With f(t) the sub-density of clinical detection without screening,
deaths apart, the prevalence of the phase is P = m f, and o = f + m f'. So f exp(t/m) can never
fall. Where it does, f is replaced by the nearest that does not, with as many cancers in each band.
Shapes: r rows of parameters, c cells between neighbouring cuts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from paraneo.numerics.arrays import Vector

Index = NDArray[np.intp]
#: Relative rounding within which a density does not fall too fast.
ROUNDING = 1e-7
#: Weight of the cancers of each band beside the nearness of the density.
EXACTLY = 1e5
#: Halvings in the search for the longest sojourn.
HALVINGS = 60


def falls_too_fast(cuts: Vector, right: Vector, left: Vector, mean: float) -> bool:
    """Return whether a density falls faster than exp(-t/m) anywhere.

    Parameters
    ----------
    cuts : array, shape (c + 1,)
    right, left : array, shape (c,)
        The density just after the beginning and just before the end of each cell.
    """
    along = np.stack([right, left * np.exp(np.diff(cuts) / mean)], axis=1)
    # from cell to cell, the left limit against the next right one
    steps = np.append(left[:-1], 0.0) - np.append(right[1:], 0.0)
    size = np.abs(right).max(initial=1e-300)
    within = along[:, 1] - along[:, 0]
    return bool((within < -ROUNDING * size).any() or (steps[:-1] > ROUNDING * size).any())


def _reach(cuts: Vector, mean: float) -> Vector:
    """Return the integral of exp(-t/m)/m over each cell, t from the first cut on."""
    since = cuts - cuts[0]
    return np.asarray(np.exp(-since[:-1] / mean) * -np.expm1(-np.diff(since) / mean))


def fits(cuts: Vector, mass: Vector, band: Index, mean: float) -> bool:
    """Return whether a sojourn of a mean can have the cancers of each band, (bands,)."""
    weight = np.bincount(band, _reach(cuts, mean))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        level = np.bincount(band, mass) / weight
    return bool((np.diff(level) >= -ROUNDING * np.abs(level[:-1])).all())


def longest_sojourn(cuts: Vector, mass: Vector, band: Index, mean: float) -> float:
    """Return the longest mean sojourn below one that is too long; 0 where none fits."""
    low, high = 0.0, mean
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(cuts, mass, band, middle) else (low, middle)
    return low if low > 1e-6 * mean else 0.0


def two_points(cuts: Vector) -> Vector:
    """Return two times in each cell, (c, 2), whose mean is that of Gauss and Legendre's rule."""
    half = np.diff(cuts)[:, None] / 2
    return np.asarray(cuts[:-1, None] + half * (1.0 + np.array([-1.0, 1.0]) / np.sqrt(3.0)))


def nearest(
    cuts: Vector, density: Vector, mass: Vector, band: Index, mean: float
) -> tuple[Vector, Vector]:
    """Return Q(t) = f(t) exp(t/m) at beginning and end of each cell, t from the first cut on.

    Q never falls; it is straight within a cell and may jump where a band begins. It is the nearest
    in the integral of the squares, with the mass of each band; bands whose cancers cannot be had
    are joined with their neighbours.

    Parameters
    ----------
    density : array, shape (c, 2)
        At `two_points` of each cell.
    mass : array, shape (c,)
        The integral of the density over each cell.
    band : array of int, shape (c,)
        The band of each cell, rising.
    """
    count, width, reach = len(mass), np.diff(cuts), mean * _reach(cuts, mean)
    joined = _joined(cuts, mass, band, mean)
    member = (joined[:, None] == np.arange(joined.max() + 1)).astype(np.float64)
    # Q is the sum of jumps at the beginnings of bands and of rises along cells: of each what it
    # is worth at the beginning and at the end of every cell
    jumps = np.flatnonzero(np.diff(band, prepend=-1))
    after = np.tril(np.ones((count, count)), -1)
    begin = np.concatenate([(np.arange(count)[:, None] >= jumps).astype(np.float64), after], axis=1)
    end = np.concatenate([begin[:, : len(jumps)], after + np.eye(count)], axis=1)
    late = _late(cuts, mean)[:, None]
    worth = begin * (reach[:, None] - late) + end * late
    scale = max(float(mass.sum()), 1e-300)
    root, near, target = np.sqrt(width / 2)[:, None], [], []
    for k, time in enumerate(two_points(cuts).T):
        past = ((time - cuts[:-1]) / width)[:, None]
        fade = np.exp(-(time - cuts[0]) / mean)[:, None]
        near.append(root * fade * (begin * (1.0 - past) + end * past))
        target.append(root[:, 0] * density[:, k])
    system = np.concatenate([*near, EXACTLY * (member.T @ worth)])
    wanted = np.concatenate([*target, EXACTLY * (member.T @ mass)]) / scale
    size = np.linalg.norm(system, axis=0)
    found = nnls(system / size, wanted, maxiter=50 * len(size))[0] / size * scale
    return np.asarray(begin @ found), np.asarray(end @ found)


def _late(cuts: Vector, mean: float) -> Vector:
    """Return the integral over each cell of exp(-t/m) times the part of the cell that is past."""
    past = np.diff(cuts) / mean
    whole = -np.expm1(-past) / past - np.exp(-past)
    return np.asarray(mean * np.exp(-(cuts[:-1] - cuts[0]) / mean) * whole)


def _joined(cuts: Vector, mass: Vector, band: Index, mean: float) -> Index:
    """Return bands joined until a sojourn of the mean can have the cancers of each."""
    weights, masses = np.bincount(band, _reach(cuts, mean)), np.bincount(band, mass)
    blocks: list[list[float]] = []
    for weight, own in zip(weights, masses, strict=True):
        blocks.append([float(weight), float(own), 1.0])
        while len(blocks) > 1 and blocks[-1][1] / blocks[-1][0] < blocks[-2][1] / blocks[-2][0]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    of_band = np.repeat(np.arange(len(blocks)), [int(block[2]) for block in blocks])
    return np.asarray(of_band[band])
