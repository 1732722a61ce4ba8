"""Whom to screen: net benefit of screening all, none, by a marker or above a risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level, numbers
from paraneo.gate.tables import as_names
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.results.result import Result
from paraneo.screening.risk import CAUTION

from ._known_outcomes import mean_of
from ._predictiveness import net_benefits
from ._validation_input import Cohort, Cohorts, read_cohorts

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DecisionCurve(Result):
    """The net benefit of each way to choose whom to screen, over the threshold.

    Attributes
    ----------
    horizon : float
        By which a cancer counts.
    thresholds : array
        Risks from which on one would rather screen.
    strategies : tuple of str
        "all", "none", columns of markers and columns of risks.
    level : float
        Of the limits.
    """

    horizon: float
    thresholds: Vector
    strategies: tuple[str, ...]
    level: float
    _risks: tuple[str, ...]
    _cohorts: Cohorts

    def summary(self) -> pd.DataFrame:
        """Return the ``by`` columns and ``strategy threshold screened estimate …``.

        ``estimate lower upper std_error`` are of the net benefit: cancers by the horizon among
        those screened, per person of the cohort, less the others screened times the odds of
        the threshold. ``screened`` is the share of people who are screened.
        """
        return self._tidy(None)

    def against(self, reference: str) -> pd.DataFrame:
        """Return net benefits less that of another strategy, in the same people.

        Parameters
        ----------
        reference : str
            One of ``strategies``, such as "all".

        Returns
        -------
        pandas.DataFrame
            As `summary`, for the other strategies.
        """
        faults = Faults("the comparison of strategies")
        if reference not in self.strategies:
            cure = f"Use one of {', '.join(self.strategies)}"
            faults.add("reference", f"there is no strategy {reference!r}", cure)
        faults.raise_any()
        return self._tidy(reference)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw net benefit over the threshold, a line a strategy."""
        from paraneo.plotting.decision import decision_plot

        frame = self.summary()
        by = list(self._cohorts.groups)
        frame["label"] = frame[[*by, "strategy"]].astype(str).agg(" / ".join, axis=1)
        return decision_plot(frame, horizon=self.horizon, level=self.level, ax=ax)

    def _heading(self) -> str:
        n = sum(len(cohort.people.exit) for cohort in self._cohorts.each)
        return (
            f"Net benefit of screening for a cancer by {self.horizon:g} in {n} people "
            f"({100 * self.level:g}% CI)\n{CAUTION}"
        )

    def _tidy(self, reference: str | None) -> pd.DataFrame:
        return self._cohorts.labelled(
            [self._of_cohort(cohort, reference) for cohort in self._cohorts.each]
        )

    def _of_cohort(self, cohort: Cohort, reference: str | None) -> pd.DataFrame:
        odds = self.thresholds / (1 - self.thresholds)
        less = 0.0 if reference is None else self._chosen(cohort, reference)
        wide = normal_quantile(self.level)
        frames = []
        for name in self.strategies:
            if name == reference:
                continue
            chosen = self._chosen(cohort, name)
            value, moved = net_benefits(cohort.outcomes, chosen - less, odds)
            error = np.sqrt((moved**2).sum(axis=0))
            late = cohort.people.entry is not None
            share = mean_of(cohort.outcomes, chosen)[0] if late else chosen.mean(axis=0)
            columns = {
                "strategy": name,
                "threshold": self.thresholds,
                "screened": share,
                "estimate": value,
                "lower": value - wide * error,
                "upper": value + wide * error,
                "std_error": error,
            }
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)

    def _chosen(self, cohort: Cohort, name: str) -> Vector:
        """Return who is screened under each threshold, 1 or 0, shape (people, thresholds)."""
        shape = (len(cohort.people.exit), len(self.thresholds))
        if name in ("all", "none"):
            return np.full(shape, float(name == "all"))
        if name in self._risks:
            risk = cohort.risks[:, self._risks.index(name)]
            return np.asarray(risk[:, None] >= self.thresholds, dtype=np.float64)
        markers = [s for s in self.strategies[2:] if s not in self._risks]
        return np.array(np.broadcast_to(cohort.markers[:, [markers.index(name)]], shape))


@verb
def decision_curve(
    data: Any,
    *,
    exit: str,  # noqa: A002
    event: str,
    horizon: float,
    risk: str | Sequence[str] = (),
    marker: str | Sequence[str] = (),
    thresholds: ArrayLike | None = None,
    entry: str | None = None,
    cause: Any = 1,
    competing: Any = None,
    censored: Any = 0,
    by: str | Sequence[str] = (),
    level: float = 0.95,
) -> DecisionCurve:
    r"""Return the net benefit of screening all, none, marker-positives, or above a risk threshold.

    Whoever screens from a risk of q on holds one cancer screened for worth :math:`(1 - q)/q` people
    without one screened. With D for a cancer by the horizon and L for being screened,

    .. math:: \mathrm{NB}(q) = P(L, D) - P(L, \bar D)\, q/(1 - q).

    Parameters
    ----------
    data : frame or mapping
        One row a person.
    exit, entry, event, cause, competing, censored, by
        As in `validated_risk`.
    horizon : float
        A cancer by then counts; dying first without one does not.
    risk : str, or sequence of str
        Columns of predicted risks: who is at or above the threshold is screened.
    marker : str, or sequence of str
        Columns of results, 1 or true for positive: who is positive is screened.
    thresholds : array, optional
        Risks in (0, 1); left out, 50 from 0.01 to twice the observed risk, or 0.99 at most.
    level : float
        Of the limits, in (0, 1).

    Returns
    -------
    DecisionCurve

    Raises
    ------
    TableError
        Naming every fault at once, as in `validated_risk`.

    Notes
    -----
    Probabilities are estimated with the weights of `validated_risk`, so that censoring, late
    entry and death are taken into account; without censoring they are the plain shares. Limits
    are plain, from the infinitesimal jackknife. Net benefit says nothing of what screening does to
    the cancers it finds: that stands behind the choice of the threshold.

    References
    ----------
    Vickers AJ, Elkin EB (2006). Med Decis Making 26:565-574.
    https://doi.org/10.1177/0272989X06295361
    Vickers AJ, Cronin AM, Elkin EB, Gonen M (2008). BMC Med Inform Decis Mak 8:53.
    https://doi.org/10.1186/1472-6947-8-53

    Examples
    --------
    >>> people = {
    ...     "years": [1, 2, 4, 3, 5, 5],
    ...     "what": [1, 2, 2, 1, 0, 0],
    ...     "antibody": [1, 0, 1, 1, 0, 0],
    ... }
    >>> done = decision_curve(
    ...     people, marker="antibody", exit="years", event="what", horizon=5, thresholds=[0.2]
    ... )
    >>> done.summary()[["strategy", "screened", "estimate"]].round(4)
       strategy  screened  estimate
    0       all        1.0    0.1667
    1      none        0.0    0.0000
    2  antibody        0.5    0.2917
    """
    faults = Faults("the cohort with predicted risks")
    check_level(level, faults)
    names = (*as_names(marker), *as_names(risk))
    for name in sorted({name for name in names if names.count(name) > 1 or name in _ALWAYS}):
        faults.add(name, "a strategy of this name exists already", "Rename or drop one")
    asked = np.empty(0)
    if thresholds is not None:
        asked = np.atleast_1d(numbers(thresholds, "thresholds", (), faults))
        if not ((asked > 0) & (asked < 1)).all() or not asked.size:
            cure = "Give risks such as [0.02, 0.05, 0.1]"
            faults.add("thresholds", "do not all lie between 0 and 1", cure)
    cohorts = read_cohorts(
        data,
        risk=risk,
        marker=marker,
        columns=(exit, event, entry),
        events=(cause, competing, censored),
        by=by,
        horizon=horizon,
        faults=faults,
    )
    if thresholds is None:
        seen = max(float(c.outcomes.weight @ c.outcomes.case) for c in cohorts.each)
        asked = np.linspace(0.01, min(max(2 * seen, 0.05), 0.99), 50)
    return DecisionCurve(
        cohorts.horizon, asked, (*_ALWAYS, *names), float(level), as_names(risk), cohorts
    )


_ALWAYS = ("all", "none")
