"""Whether follow-up was long enough for the excess cancers to have ceased.

With t the longest follow-up, t* the time of the last event and n the people, Maller and Zhou
(1996) count the events in the interval (2 t* - t, t*], as long before t* as follow-up goes on
after it. Were follow-up too short, few would be expected there: with N of them the p-value is
(1 - N/n)^n, and q = N/n. Shen (2000) counts from (t w + t* (1 - w)) t*/t on, w = t*/t.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from paraneo.numerics.arrays import Vector

from ._average import Component

#: So many excess events, or fewer, may lie after the last one: some of the events of a
#: population with a background are the background's.
HALF = 0.5


def sufficiency(
    time: Vector, weight: Vector, people: int, longest: float, undetected: float
) -> pd.DataFrame:
    """Return the tests of follow-up that is too short: ``test statistic df p_value``.

    Parameters
    ----------
    time, weight : (m,) float
        Of each event, and the probability that it is no event of the background's.
    people : int
    longest : float
        The longest follow-up.
    undetected : float
        Part of the occult cancers that a model has undetected then.
    """
    order = np.argsort(time)
    time, weight = time[order], weight[order]
    later = np.cumsum(weight[::-1])[::-1]
    some = np.flatnonzero(later >= HALF)
    counts = np.zeros(2)
    if len(some):
        last = float(time[some[-1]])
        share = last / longest
        horizon = longest * share + last * (1.0 - share)
        first = (2.0 * last - longest, horizon * share)
        inside = (time > first[0]) & (time <= last), (time >= first[1]) & (time <= last)
        counts = np.array([weight[one].sum() for one in inside])
    chance = np.power(np.maximum(1.0 - counts / people, 0.0), people)
    return pd.DataFrame(
        {
            "test": [
                "follow-up too short, Maller and Zhou",
                "follow-up too short, Shen",
                "q of Maller and Zhou",
                "occult cancers undetected after follow-up",
            ],
            "statistic": [*counts, counts[0] / people, undetected],
            "df": np.nan,
            "p_value": [*chance, np.nan, np.nan],
        }
    )


def excess_events(components: Sequence[Component]) -> tuple[Vector, Vector]:
    """Return the time of each event, and how likely it is to be none of the background's.

    An event within an interval counts at its middle.
    """
    rows = components[0].model.rows
    between = ~np.isnan(rows.upper)
    hit = rows.event | between
    time = np.where(between, 0.5 * (rows.exit + rows.upper), rows.exit)[hit]
    rate = np.where(rows.event, rows.background, rows.gap / (rows.upper - rows.exit))[hit]
    if not (rate > 0).any():
        return time, np.ones(len(time))
    weight = np.zeros(len(time))
    for one in components:
        share, timing, effects = one.model.split(one.fit.theta)
        with np.errstate(all="ignore"):
            at = one.model.distribution.at(timing, rows.timing[hit] @ effects, time)
            pi = special.expit(rows.share[hit] @ share)
            density = pi * np.exp(at.log_density)
            own = density / (density + rate * (1.0 - pi * at.detected))
        weight += one.weight * np.nan_to_num(own)
    return time, weight
