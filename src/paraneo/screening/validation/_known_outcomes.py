"""Who is known to have had what by a horizon, and how much each of them counts: arrays only.

A person censored before the horizon has no known outcome; those who have one stand for them.
An event at s counts S(s-)/Y(s), the step of the Aalen-Johansen curve over the number of events;
whoever is seen without an event at the horizon t counts S(t) over their number. Without late
entry these are the inverse-probability-of-censoring weights 1/(n G); with it they also undo the
selection of those who lived to enter. They add up to 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from paraneo.numerics.arrays import Vector
from paraneo.survival.risk_sets import Index, People, risk_sets, spans

Flags = NDArray[np.bool_]


class Outcomes(NamedTuple):
    """Outcomes by the horizon of n people, over m distinct times of events up to it.

    ``weight``, ``case``, ``other`` and ``free`` have shape (n,): how much each counts, and whether
    the cancer, another event or no event is known by the horizon. ``first`` and ``last`` say at
    which times each is at risk; ``before``, ``after``, ``at_risk`` and ``events`` have shape (m,).
    """

    weight: Vector
    case: Flags
    other: Flags
    free: Flags
    first: Index
    last: Index
    before: Vector
    after: Vector
    at_risk: Vector
    events: Vector


def known_outcomes(people: People, horizon: float) -> Outcomes:
    """Return outcomes by the horizon; cause 1 is the cancer, whoever leaves at it was seen."""
    happened = (people.cause > 0) & (people.exit <= horizon)
    sets = risk_sets(people._replace(cause=(people.cause > 0).astype(np.intp)), 1)
    upto = sets.time <= horizon
    time, at_risk, events = sets.time[upto], sets.at_risk[upto], sets.events[upto, 0]
    after = np.cumprod(1 - events / at_risk)
    before = np.concatenate([[1.0], after[:-1]])[: len(after)]
    free = ~happened & (people.exit >= horizon)
    if people.entry is not None:
        free &= people.entry < horizon
    first, last = spans(people, time)
    weight = np.zeros(len(people.exit))
    place = last[happened] - 1
    weight[happened] = before[place] / at_risk[place]
    if free.any():
        weight[free] = (after[-1] if len(after) else 1.0) / free.sum()
    case = happened & (people.cause == 1)
    return Outcomes(
        weight, case, happened & ~case, free, first, last, before, after, at_risk, events
    )


def reaches(outcomes: Outcomes) -> bool:
    """Return whether the weights stand for everybody: nobody is left without an outcome."""
    emptied = outcomes.after == 0
    if not emptied.any():
        return bool(outcomes.free.any())
    # once nobody is left, later entrants have nobody to stand for
    return bool(emptied.argmax() == len(emptied) - 1 and not outcomes.free.any())


def mean_of(outcomes: Outcomes, value: Vector) -> tuple[Vector, Vector]:
    """Return the weighted mean of what is known of each person, and its influences.

    Parameters
    ----------
    value : array, shape (n, k)
        Used only of people whose outcome is known.

    Returns
    -------
    mean : array, shape (k,)
    influence : array, shape (n, k)
        The derivative of the mean with respect to how often each person counts. They add up to
        0, and the sum of their squares is the variance: the infinitesimal jackknife, in which
        the weights vary too.
    """
    weight, case, other, free, first, last, before, after, at_risk, events = outcomes
    happened = np.flatnonzero(case | other)
    place = last[happened] - 1
    m, k = len(before), value.shape[1]
    add = csr_array((np.ones(len(happened)), (place, happened)), shape=(m, len(weight)))
    at_events = np.asarray(add @ value)
    rest = value[free].mean(axis=0) if free.any() else np.zeros(k)
    final = after[-1] if m else 1.0
    steps = np.concatenate([(before / at_risk)[:, None] * at_events, (final * rest)[None]])
    ahead = np.cumsum(steps[::-1], axis=0)[::-1]
    # what those still at risk after each time will come to on average
    still = np.where(after > 0, after, np.inf)[:, None]
    later = ahead[1:] / still
    drop = (before / at_risk**2)[:, None] * (at_events - later * events[:, None])
    total = np.concatenate([np.zeros((1, k)), np.cumsum(drop, axis=0)])
    influence = total[first] - total[last]
    influence[happened] += weight[happened, None] * (value[happened] - later[place])
    influence[free] += weight[free, None] * (value[free] - rest)
    return ahead[0], influence
