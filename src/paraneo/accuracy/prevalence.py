"""A prevalence that was itself counted, and the window over which it was counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, PROBABILITY, numbers
from paraneo.gate.verbs import Checked, made_by_hand
from paraneo.numerics.arrays import Vector
from paraneo.results.estimate import Estimate

from ._predictive import Moments
from ._proportions import proportion
from .two_by_two import Counts


@made_by_hand
@dataclass(frozen=True, slots=True)
class Prevalence(Checked):
    """How many of how many people had the condition within a window.

    Parameters
    ----------
    events, n : int
        People with the condition, and people counted in all; ``0 <= events <= n``.
    window : str
        The time over which the condition was looked for, such as "within 3 years of
        diagnosis". A predictive value holds for this window and no other.

    Raises
    ------
    ArgumentError
        Where a count is negative, missing or not whole, where ``n`` is 0 or fewer
        than the events, or where the window is not text.

    Notes
    -----
    On the logit scale the variance is ``1/events + 1/(n - events)``. Where nobody or
    everybody had the condition that does not exist; 0.5 is then added to both counts
    (Jeffreys), and results made with it say so.

    Examples
    --------
    >>> Prevalence(17, 100, window="within 3 years").estimate
    0.170 (95% CI 0.106 to 0.252, Jeffreys)
    """

    events: int
    n: int
    window: str = ""

    def __post_init__(self) -> None:
        faults = Faults("the prevalence")
        events = numbers(self.events, "events", COUNT, faults)
        n = numbers(self.n, "n", COUNT, faults)
        for name, array in (("events", events), ("n", n)):
            if array.ndim:
                faults.add(name, "must be one number", "Make one Prevalence a group")
        if not faults.found and n == 0:
            faults.add("n", "nobody was counted", "Give a group of at least one person")
        elif not faults.found and events > n:
            faults.add("events", "there are more events than people", "Check both counts")
        window: object = self.window
        if not isinstance(window, str):
            faults.add("window", f"{window!r} is not text", "Write for example '3 years'")
        faults.raise_any()
        object.__setattr__(self, "events", int(events))
        object.__setattr__(self, "n", int(n))

    @property
    def estimate(self) -> Estimate:
        """The proportion with a Jeffreys 95% confidence interval."""
        return self.at_level(0.95)

    def at_level(self, level: float) -> Estimate:
        """Return the proportion with a Jeffreys confidence interval at a level in (0, 1)."""
        x, n = np.asarray(float(self.events)), np.asarray(float(self.n))
        return proportion(x, n, interval="jeffreys", level=level)

    @property
    def at_the_edge(self) -> bool:
        """Whether nobody or everybody had the condition."""
        return self.events in (0, self.n)

    def logit_moments(self) -> Moments:
        """Return mean and variance on the logit scale."""
        add = 0.5 if self.at_the_edge else 0.0
        with_it, without = self.events + add, self.n - self.events + add
        mean = np.log(with_it) - np.log(without)
        return Moments(np.asarray(mean), np.asarray(1 / with_it + 1 / without))


def read_prevalence(accuracy: Any, given: Any, counts: Counts | None, faults: Faults) -> Vector:
    """Return the prevalence asked for, or a cohort's own, noting what is wrong with it."""
    if isinstance(given, Prevalence):
        return np.asarray(given.estimate.value)
    if given is not None:
        share = numbers(given, "prevalence", PROBABILITY, faults)
        if share.size == 0:
            faults.add("prevalence", "is empty", "Pass at least one proportion")
        return share
    if counts is None:
        faults.add("prevalence", "is missing and there are no counts", "Pass a prevalence")
    elif accuracy.design != "cohort":
        faults.add(
            "prevalence",
            "is missing; in a case–control study the proportion with the condition was chosen "
            "by the investigator and is not that of any population",
            "Pass the prevalence where the test is to be used",
        )
    else:
        return np.asarray((counts.tp + counts.fn) / sum(counts))
    return np.asarray(np.nan)
