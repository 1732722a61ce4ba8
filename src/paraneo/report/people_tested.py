"""Of 1000 people tested, who is positive and who is ill, at any prevalence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.accuracy import PredictiveValues, Prevalence, predictive_values
from paraneo.errors import Faults
from paraneo.gate.arguments import PROBABILITY, check_level, numbers
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The kinds of people, in the order in which they are counted.
KINDS = ("true_positives", "false_positives", "false_negatives", "true_negatives")
#: Prevalences that are worked out beside the one that is asked for.
GRID = np.concatenate(
    [np.arange(1, 10) / 1000, np.arange(10, 100, 5) / 1000, np.arange(10, 61) / 100]
)


def whole_people(counts: ArrayLike, per: int) -> NDArray[np.int64]:
    """Return expected numbers as whole people who sum to ``per``, each within 1 of its number.

    Parameters
    ----------
    counts : array, shape (m, k)
        Rows that sum to ``per``; what is left after rounding down goes to the largest parts.

    Examples
    --------
    >>> whole_people([[132.6, 91.3, 37.4, 738.7]], 1000)
    array([[133,  91,  37, 739]])
    """
    exact = np.asarray(counts, dtype=np.float64)
    whole = np.floor(exact + 1e-9).astype(np.int64)
    left = per - whole.sum(axis=1)
    rank = np.argsort(np.argsort(-(exact - whole), axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray(whole + (rank < left[:, None]), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PeopleTested(Result):
    """What a positive and a negative result mean, by prevalence, in people.

    Attributes
    ----------
    table : pandas.DataFrame
        See ``summary()``.
    prevalence : float
        The one that was asked for.
    per : int
        How many people are tested.
    level : float
        Of the intervals.
    """

    table: pd.DataFrame
    prevalence: float
    per: int
    level: float

    def summary(self) -> pd.DataFrame:
        """Return a row a prevalence.

        Columns ``prevalence``, ``ppv`` and ``npv`` with ``_lower`` and ``_upper``, and the
        whole numbers ``true_positives false_positives false_negatives true_negatives``.
        """
        return self.table.copy()

    def chosen(self) -> pd.Series:
        """Return the row of the prevalence that was asked for."""
        return self.table.iloc[self._place()]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw an icon a person at the prevalence that was asked for."""
        from paraneo.plotting.accuracy.people import people_plot

        counts = {name: int(self.chosen()[name]) for name in KINDS}
        title = f"{self.per} people tested, of whom {100 * self.prevalence:.3g}% have the condition"
        return people_plot(counts, title=title, ax=ax)

    def _place(self) -> int:
        return int(np.abs(self.table["prevalence"].to_numpy() - self.prevalence).argmin())

    def _heading(self) -> str:
        return f"Of {self.per} people tested, {100 * self.level:g}% CI at a known prevalence"

    def _shown(self) -> pd.DataFrame:
        return self.table.iloc[[self._place()]]


@verb
def people_tested(
    accuracy: Any, prevalence: float | Prevalence, *, per: int = 1000, level: float = 0.95
) -> PeopleTested:
    """Say what results of a test mean, in whole people, at one prevalence and many others.

    On the page of `html_report` it has a slider over the prevalence. The values are those of
    `predictive_values` at each.

    Parameters
    ----------
    accuracy : DiagnosticAccuracy or PooledAccuracy
        Of one test.
    prevalence : float or Prevalence
        The proportion with the condition among those tested. Of a `Prevalence` the estimate
        is used; the intervals are then those at a known prevalence.
    per : int
        How many people are tested, from 10 to 1000.
    level : float
        Of the confidence intervals.

    Returns
    -------
    PeopleTested

    Raises
    ------
    ArgumentError
        When the prevalence is not a proportion, or the number of people cannot be drawn.

    Notes
    -----
    Expected numbers are rounded so that they sum to ``per``.

    Examples
    --------
    >>> import paraneo as pn
    >>> found = people_tested(pn.diagnostic_accuracy(31, 12, 9, 148), 0.17)
    >>> found.chosen()[["true_positives", "false_positives"]].astype(int).to_dict()
    {'true_positives': 132, 'false_positives': 62}
    >>> round(float(found.chosen()["ppv"]), 3)
    0.679
    """
    faults = Faults("the arguments of people_tested")
    share = prevalence.estimate.value if isinstance(prevalence, Prevalence) else prevalence
    asked = numbers(share, "prevalence", PROBABILITY, faults)
    if not faults.found and np.ndim(asked):
        faults.add("prevalence", "it is not one number", "Give one; others are beside it")
    if isinstance(per, bool) or not isinstance(per, int) or not 10 <= per <= 1000:
        faults.add("per", f"{per!r} is not a whole number from 10 to 1000", "Give 100 or 1000")
    check_level(level, faults)
    faults.raise_any()
    one = float(asked)
    grid = np.unique(np.append(GRID, one))
    values = predictive_values(accuracy, grid, level=level)
    exact = _expected(accuracy, values, grid, per)
    if np.isnan(exact).any():
        said = "sensitivity and specificity are not known"
        faults.add("accuracy", said, "Give the accuracy of one test, with both")
        faults.raise_any()
    return PeopleTested(_table(values, grid, whole_people(exact, per)), one, per, level)


def _expected(accuracy: Any, values: PredictiveValues, grid: Vector, per: int) -> Vector:
    """Return the expected numbers of each kind, those of the predictive values where they tell."""
    exact = values.natural_frequencies(per=per)[list(KINDS)].to_numpy(dtype=np.float64)
    se, sp = (np.ravel(getattr(accuracy, name).value) for name in ("sensitivity", "specificity"))
    ill, well = per * grid, per * (1 - grid)
    if len(se) == len(sp) == 1:
        direct = np.column_stack([ill * se, well * (1 - sp), ill * (1 - se), well * sp])
        exact = np.where(np.isnan(exact), direct, exact)
    return exact


def _table(values: PredictiveValues, grid: Vector, whole: Any) -> pd.DataFrame:
    columns: dict[str, Any] = {"prevalence": grid}
    for name in ("ppv", "npv"):
        one = getattr(values, name)
        columns |= {name: one.value, f"{name}_lower": one.lower, f"{name}_upper": one.upper}
    return pd.DataFrame(columns | {name: whole[:, k] for k, name in enumerate(KINDS)})
