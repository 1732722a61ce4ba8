"""How many events a published ratio and its confidence limits would need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level, numbers, together
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result

from ._implied import implied_events


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImpliedCount(Result):
    """Counts of events that published limits imply.

    Attributes
    ----------
    events : array
        Not rounded; NaN where the numbers do not stand in the order 0 ≤ lower ≤ upper, with
        upper above lower and estimate.
    estimate, lower, upper : array
        As given.
    level : float
    """

    events: Vector
    estimate: Vector
    lower: Vector
    upper: Vector
    level: float

    def summary(self) -> pd.DataFrame:
        """Return ``estimate lower upper implied_events``, a row a ratio."""
        columns = {
            "estimate": self.estimate,
            "lower": self.lower,
            "upper": self.upper,
            "implied_events": self.events,
        }
        return pd.DataFrame({name: np.ravel(values) for name, values in columns.items()})

    def _heading(self) -> str:
        return f"Events that {100 * self.level:g}% confidence limits imply, taken as exact"


@verb
def implied_count(
    estimate: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, level: float = 0.95
) -> ImpliedCount:
    """Find the count whose exact limits are as far apart as those published.

    Exact limits of a count O stand in the ratio upper(O)/lower(O), which falls as O
    rises and does not depend on the expected count; its root in O, held against the printed
    count, reveals a misprint.

    Parameters
    ----------
    estimate, lower, upper : float or array
        A ratio or rate and its confidence limits. Where a lower limit is 0 the ratio of
        ``upper`` to ``estimate`` is used; where that too is 0 the count is 0.
    level : float
        Of the confidence interval, in (0, 1).

    Examples
    --------
    Chen 2010 printed 95 events with these limits:

    >>> implied_count(5.11, 5.01, 5.22).summary().round()
       estimate  lower  upper  implied_events
    0       5.0    5.0    5.0          9162.0
    """
    faults = Faults("the arguments of implied_count")
    check_level(level, faults)
    given = {"estimate": estimate, "lower": lower, "upper": upper}
    read = together({name: numbers(x, name, (), faults) for name, x in given.items()}, faults)
    faults.raise_any()
    point, low, high = read.values()
    return ImpliedCount(implied_events(point, low, high, level), point, low, high, level)
