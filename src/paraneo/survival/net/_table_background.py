"""What the population's rates predict for each interval of a life table."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from paraneo.follow_up.engine import Pieces, hazard_before
from paraneo.numerics.arrays import Vector


class Followed(NamedTuple):
    """People of one group, times in years since the origin; the rates as pieces."""

    entry: Vector
    exit: Vector
    died: NDArray[np.bool_]
    pieces: Pieces


class Predicted(NamedTuple):
    """Sums over people in each interval, each of shape (intervals,).

    Attributes
    ----------
    expected : array
        The population's hazard over the time at risk: expected deaths.
    time, hazard, events, squares : array
        Time at risk, expected and observed deaths, each person weighted by one over
        their expected survival; and deaths by the square of that weight.
    """

    expected: Vector
    time: Vector
    hazard: Vector
    events: Vector
    squares: Vector


def predicted(people: Followed, breaks: Vector, population: str) -> Predicted:
    """Return the sums with the rates followed exactly, or taken at midpoints."""
    if population == "midpoint":
        return at_midpoints(people, breaks)
    sums = _exact(*people.pieces, people.entry, people.exit, people.died, breaks)
    return Predicted(*np.asarray(sums))


@njit(cache=True, nogil=True)
def _exact(first, start, end, rate, entry, exit_, died, breaks):  # type: ignore[no-untyped-def]
    """Walk each person's pieces of constant hazard and the intervals together.

    Over a piece with hazard h the weight 1 / S grows as exp(h t), so that its integral has
    a closed form and the weighted expected deaths are its growth.
    """
    m = len(breaks) - 1
    sums = np.zeros((5, m))
    for i in range(len(entry)):
        j, now, gathered = 0, start[i], 0.0
        for k in range(first[i], first[i + 1]):
            h = rate[k]
            while j < m and now < end[k]:
                if now >= breaks[j + 1]:
                    j += 1
                    continue
                until = min(end[k], breaks[j + 1], exit_[i])
                if until <= now:
                    break
                begin = max(now, entry[i])
                if until > begin:
                    weight = np.exp(gathered + (begin - now) * h)
                    grown = np.expm1((until - begin) * h)
                    sums[0, j] += (until - begin) * h
                    sums[1, j] += weight * (grown / h if h > 0.0 else until - begin)
                    sums[2, j] += weight * grown
                gathered += (until - now) * h
                now = until
        if died[i]:
            last = np.searchsorted(breaks, exit_[i]) - 1
            if 0 <= last < m:
                weight = np.exp(gathered)
                sums[3, last] += weight
                sums[4, last] += weight * weight
    return sums


def at_midpoints(people: Followed, breaks: Vector, *, towards: float = 1.0) -> Predicted:
    """Return the sums with one rate a person and interval: that at the middle of their time.

    The weight is that at the middle between the start of their time and the end of the
    interval; ``towards`` is the sign of the hazard on the way there.
    """
    first, start, end, rate = people.pieces
    sums = np.zeros((5, len(breaks) - 1))
    gathered = np.zeros(len(people.exit))
    for j in range(len(breaks) - 1):
        begin, until = np.maximum(breaks[j], start), np.minimum(breaks[j + 1], people.exit)
        own = np.minimum(np.maximum(begin, people.entry), until)
        own = np.where(own < until, own, begin)
        here = until > begin
        # an age or year that begins just there counts from there on
        middle = np.nextafter((own + until) / 2, np.inf)
        h = np.where(here, hazard_before(first, end, rate, middle), 0.0)
        time = np.where(here, np.maximum(until - np.maximum(begin, people.entry), 0.0), 0.0)
        weight = np.exp(gathered + towards * h * (breaks[j + 1] - begin) / 2)
        dead = people.died & (people.exit > breaks[j]) & (people.exit <= breaks[j + 1])
        for row, summand in enumerate(
            (h * time, time * weight, h * time * weight, dead * weight, dead * weight**2)
        ):
            sums[row, j] = np.where(here, summand, 0.0).sum()
        gathered += h * np.maximum(until - begin, 0.0)
    return Predicted(*sums)
