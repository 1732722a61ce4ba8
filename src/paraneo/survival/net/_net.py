"""Sums over people at each time that net survival and crude probabilities are made from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from paraneo.follow_up.engine import Pieces
from paraneo.numerics.arrays import Vector

#: Columns of the sums.
AT_RISK, HAZARD, WEIGHT_BEFORE, WEIGHT, DEATHS, DEATHS_WEIGHTED, DEATHS_SQUARED = range(7)
EXPECTED_BEFORE, EXPECTED, HAZARD_EXPECTED = range(7, 10)


class Followed(NamedTuple):
    """People of one group, times in years since the origin.

    Attributes
    ----------
    entry, exit : array
        At risk over (entry, exit].
    until : array
        Up to when the expected survival of each is followed.
    died : array of bool
    pieces : Pieces
        The population's hazard, from the origin on.
    """

    entry: Vector
    exit: Vector
    until: Vector
    died: NDArray[np.bool_]
    pieces: Pieces


class Relative(NamedTuple):
    """Net or relative survival at each time, and the standard error of its logarithm."""

    survival: Vector
    error: Vector


class Crude(NamedTuple):
    """Crude probabilities of death from the disease and from other causes, with variances."""

    disease: Vector
    population: Vector
    var_disease: Vector
    var_population: Vector


def sums_at(people: Followed, grid: Vector) -> Vector:
    """Return the sums over (grid[j - 1], grid[j]], shape (times, 10)."""
    p = people.pieces
    return np.asarray(
        _sums(
            p.first, p.start, p.end, p.rate,
            people.entry, people.exit, people.until, people.died, grid,
        )
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _sums(first, start, end, rate, entry, exit_, until, died, grid):  # type: ignore[no-untyped-def]
    """Walk each person's pieces and the times together.

    With S a person's expected survival and h the hazard gathered since the time before: at
    risk, h, 1 / S before and now, deaths and their 1 / S and 1 / S²; and of everybody
    followed, S before and now and h S.
    """
    sums = np.zeros((len(grid), 10))
    for i in range(len(entry)):
        gathered, k, now = 0.0, first[i], start[i]
        before = 0.0
        for j in range(len(grid)):
            t = grid[j]
            if t > until[i]:
                break
            while k < first[i + 1] and end[k] < t:
                gathered += (end[k] - now) * rate[k]
                now = end[k]
                k += 1
            if k < first[i + 1] and t > now:
                gathered += (t - now) * rate[k]
                now = t
            step = gathered - before
            if entry[i] < t and exit_[i] >= t:
                weight = np.exp(gathered)
                sums[j, 0] += 1.0
                sums[j, 1] += step
                sums[j, 2] += np.exp(before)
                sums[j, 3] += weight
                if died[i] and exit_[i] == t:
                    sums[j, 4] += 1.0
                    sums[j, 5] += weight
                    sums[j, 6] += weight * weight
            sums[j, 7] += np.exp(-before)
            sums[j, 8] += np.exp(-gathered)
            sums[j, 9] += step * np.exp(-gathered)
            before = gathered
    return sums


def relative_survival(sums: Vector, method: str, form: str, n: int) -> Relative:
    """Return net or relative survival by one of the four methods."""
    s = sums.T
    weighted = method == "pohar-perme"
    events, at_risk = (DEATHS_WEIGHTED, WEIGHT) if weighted else (DEATHS, AT_RISK)
    squares = s[DEATHS_SQUARED] if weighted else s[DEATHS]
    hazard = _over(s[events], s[at_risk])
    if weighted:
        hazard -= np.log(np.where(s[WEIGHT] > 0, s[WEIGHT], 1.0))
        hazard += np.log(np.where(s[WEIGHT] > 0, s[WEIGHT_BEFORE], 1.0))
    elif method == "ederer2":
        hazard -= _over(s[HAZARD], s[AT_RISK])
    whole = np.cumprod(1.0 - hazard) if form == "product" else np.exp(-np.cumsum(hazard))
    survival = np.asarray(whole, dtype=np.float64)
    if method == "ederer1":
        survival = _over(survival, s[EXPECTED] / n)
    elif method == "hakulinen":
        survival *= np.exp(np.cumsum(_hakulinen_hazard(s, form)))
    return Relative(survival, np.sqrt(np.cumsum(_over(squares, s[at_risk] ** 2))))


def _hakulinen_hazard(s: Vector, form: str) -> Vector:
    if form == "product":
        return _over(s[HAZARD_EXPECTED], s[EXPECTED])
    some = s[EXPECTED] > 0
    return np.log(np.where(some, s[EXPECTED_BEFORE], 1.0) / np.where(some, s[EXPECTED], 1.0))


def crude_probabilities(sums: Vector) -> Crude:
    """Return crude probabilities: the population's hazard acts between the deaths.

    The population's hazard is known, so that only the deaths bring errors: each changes
    what follows, and that of the disease at once.
    """
    s = sums.T
    share, step = _over(s[DEATHS], s[AT_RISK]), _over(s[HAZARD], s[AT_RISK])
    after = np.cumprod(1.0 - share)
    before = np.concatenate(([1.0], after[:-1]))
    population = np.cumsum(before * step)
    disease = np.cumsum(before * (share - step))
    noise = _over(s[DEATHS], s[AT_RISK] ** 2)
    return Crude(
        disease,
        population,
        _summed_squares(disease, disease + after, noise),
        _summed_squares(population, population, noise),
    )


def _summed_squares(value: Vector, base: Vector, noise: Vector) -> Vector:
    """Return the sum over k up to j of (value[j] - base[k])² noise[k], for every j."""
    first, second = np.cumsum(base * noise), np.cumsum(base**2 * noise)
    return np.asarray(value**2 * np.cumsum(noise) - 2.0 * value * first + second)


def _over(a: Vector, b: Vector) -> Vector:
    return np.asarray(np.divide(a, b, out=np.zeros(len(b)), where=b > 0))
