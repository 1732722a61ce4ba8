"""Sums over people at each time that net survival and crude probabilities are made from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from paraneo.follow_up.engine import Pieces, integral
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


def sums_at(people: Followed, grid: Vector, *, beyond: bool) -> Vector:
    """Return the sums over (grid[j - 1], grid[j]], shape (times, 10).

    The sums of everybody followed, beyond their exits too, take a walk of each person through
    all times; without ``beyond`` they are left out, and the time is proportional to the times.
    The grid has to hold all times of entry and exit.
    """
    p = people.pieces
    if not beyond:
        return _at_risk_sums(people, grid)
    return np.asarray(
        _sums(
            p.first, p.start, p.end, p.rate,
            people.entry, people.exit, people.until, people.died, grid,
        )
    )  # fmt: skip


def with_times(people: Followed, own: Vector, sums: Vector, grid: Vector) -> Vector:
    """Return the sums over a grid that has further times beside its own, from those over its own.

    In a step nobody comes or goes, so that a time within it splits its sums in two.
    """
    known = np.isin(grid, own)
    new, old = np.flatnonzero(~known), np.flatnonzero(known)
    out = np.zeros((len(grid), sums.shape[1]))
    out[known] = sums
    p = people.pieces
    zero = np.zeros(len(people.exit))
    for j in new.tolist():
        t = grid[j]
        here = (people.entry < t) & (people.exit >= t)
        before = grid[j - 1] if j else 0.0
        low = np.asarray(integral(*p, zero, np.full(len(zero), before)))[here]
        high = np.asarray(integral(*p, zero, np.full(len(zero), t)))[here]
        out[j, AT_RISK], out[j, HAZARD] = here.sum(), np.sum(high - low)
        out[j, WEIGHT_BEFORE], out[j, WEIGHT] = np.exp(low).sum(), np.exp(high).sum()
        if j < old[-1]:  # what is left of the step
            rest = old[np.searchsorted(old, j)]
            out[rest, HAZARD] -= out[j, HAZARD]
            out[rest, WEIGHT_BEFORE] = out[j, WEIGHT]
    return out


@njit(cache=True, nogil=True)
def _sums(first, start, end, rate, entry, exit_, until, died, grid):  # type: ignore[no-untyped-def]
    """Walk each person's pieces and the times together.

    With S a person's expected survival and h the hazard gathered since the time before: at
    risk, h, 1 / S before and now, deaths and their 1 / S and 1 / S²; and of everybody
    followed, S before and now and h S.
    """
    sums = np.zeros((len(grid), 10))
    for i in range(len(entry)):
        k, now = first[i], start[i]
        weight, alive = 1.0, 1.0
        for j in range(len(grid)):
            t = grid[j]
            if t > until[i]:
                break
            step = 0.0
            while k < first[i + 1] and end[k] < t:
                step += (end[k] - now) * rate[k]
                now = end[k]
                k += 1
            if k < first[i + 1] and t > now:
                step += (t - now) * rate[k]
                now = t
            grown = np.exp(step)
            if entry[i] < t and exit_[i] >= t:
                sums[j, 0] += 1.0
                sums[j, 1] += step
                sums[j, 2] += weight
                sums[j, 3] += weight * grown
                if died[i] and exit_[i] == t:
                    sums[j, 4] += 1.0
                    sums[j, 5] += weight * grown
                    sums[j, 6] += (weight * grown) ** 2
            weight *= grown
            sums[j, 7] += alive
            alive = 1.0 / weight
            sums[j, 8] += alive
            sums[j, 9] += step * alive
    return sums


def _at_risk_sums(people: Followed, grid: Vector) -> Vector:
    """Return the sums over those at risk.

    People whose rate is the same at a time have weights that grow by the same factor, so that the
    sum of the weights of such people is followed, not each of them.
    """
    p, m = people.pieces, len(grid)
    came = np.searchsorted(grid, people.entry, side="right")
    left = np.searchsorted(grid, people.exit, side="left")
    at_entry, at_exit, hazard, part, pieces = _pieces_at_risk(
        p.first, p.start, p.end, p.rate, people.entry, people.exit, came, grid
    )
    sums = np.zeros((m, 10))
    leaving, dead = left + 1, left[people.died]
    sums[:, AT_RISK] = np.cumsum(
        np.bincount(came, minlength=m) - np.bincount(leaving, minlength=m)[:m]
    )
    sums[:, HAZARD] = np.cumsum(hazard)[:m] * np.diff(grid, prepend=0.0) + part
    weight = np.exp(at_exit)
    # what those who come add to the weight before each step, less those who left
    sums[:, WEIGHT_BEFORE] = np.bincount(came, np.exp(at_entry), m)
    sums[:, WEIGHT_BEFORE] -= np.bincount(leaving, weight, m + 1)[:m]
    for column, power in ((DEATHS, 0), (DEATHS_WEIGHTED, 1), (DEATHS_SQUARED, 2)):
        sums[:, column] = np.bincount(dead, weight[people.died] ** power, m)
    order = np.argsort(p.rate, kind="stable")
    low, high, enter, leave = (piece[order] for piece in pieces)
    _add_weights(sums[:, WEIGHT], low, high, enter, leave, p.rate[order], grid)
    sums[1:, WEIGHT_BEFORE] += sums[:-1, WEIGHT]
    return sums


@njit(cache=True, nogil=True)
def _pieces_at_risk(first, start, end, rate, entry, exit_, came, grid):  # type: ignore[no-untyped-def]
    """Return hazards gathered by entry and exit, expected deaths, and the pieces among the times.

    Expected deaths as changes of the rate of whole steps, and what is added in part of a step. A
    piece is there at the times from ``low`` to ``high`` - 1, its weight ``enter`` at the first of
    them and ``leave`` at the last.
    """
    m, n = len(grid), len(rate)
    full, part = np.zeros(m + 1), np.zeros(m)
    low, high = np.zeros(n, np.intp), np.zeros(n, np.intp)
    enter, leave = np.zeros(n), np.zeros(n)
    at_entry, at_exit = np.zeros(len(entry)), np.zeros(len(entry))
    for i in range(len(entry)):
        now, gathered, ja = start[i], 0.0, came[i]
        for k in range(first[i], first[i + 1]):
            a, b, h = now, min(end[k], exit_[i]), rate[k]
            if b <= a:
                continue
            if entry[i] > a:
                at_entry[i] = gathered + (min(entry[i], b) - a) * h
            if b > entry[i]:
                jb = np.searchsorted(grid, b, side="right")
                low[k], high[k] = ja, jb
                if ja < jb:
                    enter[k] = np.exp(gathered + h * (grid[ja] - a))
                    leave[k] = np.exp(gathered + h * (grid[jb - 1] - a))
                # the step in which the piece ends may go on
                last = min(np.searchsorted(grid, b, side="left"), m - 1)
                if ja == last:
                    part[ja] += h * (b - max(a, entry[i]))
                else:
                    part[ja] += h * (grid[ja] - max(a, entry[i]))
                    full[ja + 1] += h
                    full[last] -= h
                    part[last] += h * (b - grid[last - 1])
                ja = jb
            gathered += h * (b - a)
            now = b
        at_exit[i] = gathered
    return at_entry, at_exit, full, part, (low, high, enter, leave)


@njit(cache=True, nogil=True)
def _add_weights(sums, low, high, enter, leave, rate, grid):  # type: ignore[no-untyped-def]
    """Add the weights of the pieces at each time; they come in the order of their rates."""
    m, n = len(grid), len(rate)
    came, left, people = np.zeros(m + 1), np.zeros(m + 1), np.zeros(m + 1)
    k = 0
    while k < n:
        begin, from_, to = k, m, 0
        while k < n and rate[k] == rate[begin]:
            if low[k] < high[k]:
                came[low[k]] += enter[k]
                left[high[k]] += leave[k]
                people[low[k]] += 1.0
                people[high[k]] -= 1.0
                from_, to = min(from_, low[k]), max(to, high[k])
            k += 1
        total, count = 0.0, 0.0
        for j in range(from_, min(to + 1, m)):
            if count > 0.0:
                total = (total - left[j]) * np.exp(rate[begin] * (grid[j] - grid[j - 1]))
            total += came[j]
            count += people[j]
            came[j], left[j], people[j] = 0.0, 0.0, 0.0
            if count == 0.0:
                total = 0.0  # nothing is left of rounding once nobody is there
            else:
                sums[j] += total


@njit(cache=True, nogil=True)
def expected_at(first, end, rate, group, groups, times):  # type: ignore[no-untyped-def]
    """Return sums over the people of each group of expected survival, and of years lived."""
    alive, lived = np.zeros((groups, len(times))), np.zeros((groups, len(times)))
    for i in range(len(group)):
        g, k, now, left, years = group[i], first[i], 0.0, 1.0, 0.0
        for j in range(len(times)):
            while now < times[j]:
                last = k + 1 >= first[i + 1]
                until = times[j] if last else min(end[k], times[j])
                step, h = until - now, rate[k]
                years += left * (-np.expm1(-h * step) / h if h > 0.0 else step)
                left *= np.exp(-h * step)
                now = until
                if not last and end[k] <= now:
                    k += 1
            alive[g, j] += left
            lived[g, j] += years
    return alive, lived


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
