"""A predictive value beside a risk: why the two differ for the same test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paraneo.accuracy import predictive_values
from paraneo.errors import Faults
from paraneo.gate.arguments import PROBABILITY, numbers
from paraneo.gate.verbs import verb
from paraneo.results.result import Result

from ._absolute_risk import Grid
from ._risk_arguments import SIGN
from ._schedule_input import check_one_person
from .risk import CAUTION, CancerRisk

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ReconciledRisk(Result):
    """The way from a predictive value to a person's risk.

    Attributes
    ----------
    frame : pandas.DataFrame
        As `summary` gives it.
    window : float
        Years within which the cancers count.
    """

    frame: pd.DataFrame
    window: float

    def summary(self) -> pd.DataFrame:
        """Return ``step unknown positive negative``: the chance of a cancer by marker.

        The first two are predictive values, PPV and 1 - NPV, the others risks.
        """
        return self.frame.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the chance of a cancer by marker, a group of bars a step."""
        from paraneo.plotting.reconciled import reconciled_plot

        return reconciled_plot(self.summary(), window=self.window, ax=ax)

    def _heading(self) -> str:
        return f"Chance of a cancer within {self.window:g} years, by marker\n{CAUTION}"


@verb
def reconciled_risk(risk: CancerRisk, *, prevalence: Any = None) -> ReconciledRisk:
    """Go from predictive values of a test to the risk of a person, one step at a time.

    Over the window of the accuracy's studies a predictive value at the person's own prevalence,
    the risk F(w) with nobody dying and cancers counted as those studies did, is the person's risk
    given the result: Bayes' rule and `cancer_risk` agree to the last digit. What sets a
    published predictive value apart is its prevalence; what takes the risk further down is
    cancers before the diagnosis, which are not ahead, and death.

    Parameters
    ----------
    risk : CancerRisk
        Of one person, at diagnosis, with an accuracy; its horizon as long as the accuracy's window.
    prevalence : float, optional
        Another one to start from, such as that of a clinic.

    Returns
    -------
    ReconciledRisk

    Raises
    ------
    ArgumentError
        Where the risk has no accuracy, or one that varies with time, or is of a later time.

    Examples
    --------
    >>> from paraneo import cancer_risk, published_accuracy, rate_table
    >>> flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    >>> test = published_accuracy(sensitivity=0.7, specificity=0.89)
    >>> ratios = {"start": [0, 1], "end": [1, 10], "estimate": [7.0, 2.0]}
    >>> risk = cancer_risk(ratios, age=60, year=2020, rates=flat, mortality=flat, horizon=3,
    ...                    accuracy=test, accuracy_window=3)
    >>> reconciled_risk(risk, prevalence=0.17).summary().drop(columns="step").round(3)
       unknown  positive  negative
    0    0.170     0.566     0.065
    1    0.104     0.425     0.038
    2    0.104     0.425     0.038
    3    0.103     0.422     0.037
    """
    faults = Faults("the risk to be reconciled")
    check_one_person(risk, faults)
    window = float(risk.engine.bands[-1])
    logits = risk.engine.rows.logits[0]
    if np.isnan(logits).any():
        faults.add("risk", "it was made without an accuracy", "Pass accuracy= to cancer_risk")
    elif len(logits) > 2:
        faults.add("risk", "its sensitivity varies with time", "Pass one for the whole window")
    if risk.cancer_free_for or risk.engine.marker_time:
        faults.add("risk", "it is not of the time of diagnosis", "Pass the one before .given()")
    if window > risk.horizon * (1 + 1e-12):
        problem = f"its horizon of {risk.horizon:g} years is shorter than the accuracy's window"
        faults.add("risk", problem, f"Make it {window:g} years or more")
    if prevalence is not None:
        start = numbers(prevalence, "prevalence", PROBABILITY, faults)
        if start.ndim:
            faults.add("prevalence", "must be one number", "Ask for one after the other")
    faults.raise_any()
    rows = []
    own = _own_prevalence(risk, window)
    test = SimpleNamespace(mean=logits, covariance=np.full((2, 2), np.nan))
    too = ", cancers before the diagnosis too" if risk.engine.before.any() else ""
    for name, share in (("that is given", prevalence), (f"of the person{too}", own)):
        if share is not None:
            values = predictive_values(test, float(share))
            found = float(share), values.ppv.value, 1 - values.npv.value
            rows.append((f"predictive values at the prevalence {name}", *map(float, found)))
    alive = risk.engine.grid
    net = alive._replace(death=np.zeros_like(alive.death))
    for name, grid in (("nobody dying", net), ("death competing", alive)):
        rows.append((f"risk of the person, {name}", *_by_marker(risk, grid, window)))
    frame = pd.DataFrame(rows, columns=["step", "unknown", "positive", "negative"])
    return ReconciledRisk(frame, window)


def _own_prevalence(risk: CancerRisk, window: float) -> float:
    """Return the chance of a first cancer within the window, as its studies count them."""
    engine = replace(risk.engine, sign=np.zeros(1, dtype=np.int64))
    ahead = engine.curves(engine.rows.first, 0.0, np.array([window])).cumulative[0, 0, 0]
    return float(-np.expm1(-(ahead + engine.before[0].sum())))


def _by_marker(risk: CancerRisk, grid: Grid, window: float) -> list[float]:
    """Return the risk within the window of the untested, the positive and the negative."""
    found = []
    for marker in (None, "positive", "negative"):
        engine = replace(risk.engine, grid=grid, sign=np.array([SIGN[marker]]))
        found.append(float(engine.curves(engine.rows.first, 0.0, np.array([window])).risk[0, 0, 0]))
    return found
