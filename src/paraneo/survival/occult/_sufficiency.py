"""Whether follow-up was long enough for the excess cancers to have ceased.

With t the longest follow-up, t* the time of the last event and n the people, Maller and Zhou
(1996) count the events in the interval (2 t* - t, t*], as long before t* as follow-up goes on
after it. Were follow-up too short, few would be expected there: with N of them the p-value is
(1 - N/n)^n, and q = N/n. Shen (2000) counts from (t w + t* (1 - w)) t*/t on, w = t*/t.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo.numerics.arrays import Vector

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
