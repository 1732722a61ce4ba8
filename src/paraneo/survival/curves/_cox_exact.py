"""The exact partial likelihood of events at one time: which d of those at risk have theirs.

A set of d people is the one that has its events with a chance proportional to the product of its
r = exp(x b), so that the likelihood of a time is that product over the sum of all such products,
the elementary symmetric polynomial of order d. It is followed person by person as the mean of the
products, e_k / (n over k), which neither grows nor vanishes with n, with its derivatives.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.special import gammaln

from paraneo.numerics.arrays import Vector
from paraneo.survival.risk_sets import Index


class Tied(NamedTuple):
    """Times with several events.

    Attributes
    ----------
    events : (t,) int
        How many have the event at each.
    begin : (t + 1,) int
        Where the people at risk at each begin in ``who``.
    who : (k,) int
    """

    events: Index
    begin: Index
    who: Index


def tied(first: Index, last: Index, time: Index, times: int) -> Tied:
    """Return the times with several events and who is at risk at each."""
    events = np.bincount(time, minlength=times)
    at = np.flatnonzero(events > 1)
    order = np.argsort(last, kind="stable")
    from_ = np.searchsorted(last[order], at, side="right")
    begin, who = _at_risk(first, order, from_, at)
    return Tied(events[at], begin, who)


@njit(cache=True, nogil=True)
def _at_risk(first, order, from_, at):  # type: ignore[no-untyped-def]
    begin = np.zeros(len(at) + 1, np.intp)
    for k in range(len(at)):
        count = 0
        for i in order[from_[k] :]:
            count += first[i] <= at[k]
        begin[k + 1] = begin[k] + count
    who = np.empty(begin[-1], np.intp)
    for k in range(len(at)):
        place = begin[k]
        for i in order[from_[k] :]:
            if first[i] <= at[k]:
                who[place] = i
                place += 1
    return begin, who


def log_sums(x: Vector, risk: Vector, t: Tied) -> tuple[float, Vector, Vector]:
    """Return the log of the sums of products, added up over times, with two derivatives in b."""
    value, gradient, hessian = _log_sums(x, risk, *t)
    n = np.diff(t.begin).astype(np.float64)
    d = t.events.astype(np.float64)
    ways = gammaln(n + 1.0) - gammaln(d + 1.0) - gammaln(n - d + 1.0)
    return float(value + ways.sum()), gradient, hessian


@njit(cache=True, nogil=True)
def _log_sums(x, risk, events, begin, who):  # type: ignore[no-untyped-def]
    p = x.shape[1]
    value, gradient, hessian = 0.0, np.zeros(p), np.zeros((p, p))
    for t in range(len(events)):
        d, members = events[t], who[begin[t] : begin[t + 1]]
        size = 0.0
        for i in members:
            size += risk[i] / len(members)
        mean, slope, bend = np.zeros(d + 1), np.zeros((d + 1, p)), np.zeros((d + 1, p, p))
        mean[0] = 1.0
        for n in range(1, len(members) + 1):
            i = members[n - 1]
            _add(x[i], risk[i] / size, n, mean, slope, bend)
        value += np.log(mean[d]) + d * np.log(size)
        for a in range(p):
            gradient[a] += slope[d, a] / mean[d]
            for b in range(a + 1):
                own = bend[d, a, b] / mean[d] - slope[d, a] * slope[d, b] / mean[d] ** 2
                hessian[a, b] += own
                if b < a:
                    hessian[b, a] += own
    return value, gradient, hessian


@njit(cache=True, nogil=True)
def _add(x, r, n, mean, slope, bend):  # type: ignore[no-untyped-def]
    """Add the n-th person to the means of products of every order, and to their derivatives."""
    p = len(x)
    for k in range(min(len(mean) - 1, n), 0, -1):
        keep, take = (n - k) / n, r * k / n
        for a in range(p):
            for b in range(a + 1):
                mixed = bend[k - 1, a, b] + x[a] * slope[k - 1, b]
                mixed += x[b] * slope[k - 1, a] + x[a] * x[b] * mean[k - 1]
                bend[k, a, b] = keep * bend[k, a, b] + take * mixed
        for a in range(p):
            moved = slope[k - 1, a] + x[a] * mean[k - 1]
            slope[k, a] = keep * slope[k, a] + take * moved
        mean[k] = keep * mean[k] + take * mean[k - 1]
