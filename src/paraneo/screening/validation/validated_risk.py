"""Is a predicted risk right? Calibration, Brier score and discrimination in a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level
from paraneo.gate.tables import as_names
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result
from paraneo.screening.risk import CAUTION
from paraneo.survival.curve_limits import probability_limits

from ._measured import Measured
from ._predictiveness import measures, smoothed
from ._validation_input import Cohorts, read_cohorts
from ._validation_tables import by_group, difference, with_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Measures in which two predictions are compared.
COMPARED = ("expected", "brier", "scaled_brier", "auc", "auc_event_free")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ValidatedRisk(Result):
    """How right predicted risks are in a cohort.

    Attributes
    ----------
    horizon : float
        By which the risks are, in the unit of time of the data.
    risks : tuple of str
        Columns of the predicted risks.
    groups : pandas.DataFrame
        Calibration by group of predicted risk: the ``by`` columns, ``risk group from to n
        predicted estimate lower upper std_error``. ``predicted`` is the mean predicted risk of
        a group [from, to), ``estimate`` its Aalen-Johansen risk; NaN where nobody in the group
        is followed to the horizon, and its limits where it is 0 or 1.
    level : float
        Of all limits.
    """

    horizon: float
    risks: tuple[str, ...]
    groups: pd.DataFrame
    level: float
    _cohorts: Cohorts
    _measured: tuple[tuple[dict[str, Measured], ...], ...]

    def summary(self) -> pd.DataFrame:
        """Return the ``by`` columns and ``risk measure estimate lower upper std_error``.

        ``observed`` is the risk by the horizon (Aalen-Johansen), ``expected`` the mean
        predicted one, ``observed/expected`` calibration in the large. ``calibration_intercept``
        and ``calibration_slope`` are of a logistic regression of the outcome on the logit of the
        risk (0 and 1 are right), the intercept with a slope of 1; ``ici`` is the mean distance of
        the risk from the smooth curve of `curve`. ``brier`` is the mean
        squared distance of the risk from what happened, ``scaled_brier`` the share by which it
        is less than with one risk, the observed, for all (1 is perfect, below 0 worse than
        that). ``auc`` is the chance that who gets a cancer by the horizon had a higher risk
        than who does not, ``auc_event_free`` than who is alive without one at the horizon.
        The standard error of ``observed/expected`` is that of its logarithm, of Brier score
        and AUC that of the logit.
        """
        frames = []
        for of_group in self._measured:
            rows = [
                {"risk": name, "measure": measure} | with_limits(measure, one, self.level)
                for name, found in zip(self.risks, of_group, strict=True)
                for measure, one in found.items()
            ]
            frames.append(pd.DataFrame(rows))
        return self._cohorts.labelled(frames)

    def differences(self, reference: str | None = None) -> pd.DataFrame:
        """Return each other risk's measure less that of the reference, in the same people.

        Parameters
        ----------
        reference : str, optional
            One of ``risks``; left out, the first.

        Returns
        -------
        pandas.DataFrame
            The ``by`` columns, ``risk reference measure estimate lower upper std_error
            p_value``. Below 0 is better for ``brier``, above 0 for the other scores.
        """
        faults = Faults("the comparison of risks")
        base = self.risks[0] if reference is None else reference
        if base not in self.risks:
            faults.add("reference", f"{base!r} is not among the risks", f"Use {self.risks}")
        elif len(self.risks) < 2:
            faults.add("risk", "at least two are required", "Name several columns as risk")
        faults.raise_any()
        frames = []
        for of_group in self._measured:
            by_name = dict(zip(self.risks, of_group, strict=True))
            rows = [
                {"risk": name, "reference": base, "measure": measure}
                | difference(by_name[name][measure], by_name[base][measure], self.level)
                for name in self.risks
                if name != base
                for measure in COMPARED
            ]
            frames.append(pd.DataFrame(rows))
        return self._cohorts.labelled(frames)

    def curve(self, *, points: int = 50, span: float = 0.75) -> pd.DataFrame:
        """Return a smooth calibration curve: observed risk over predicted risk.

        A local line by weighted least squares (loess of degree 1), with the weights that make
        up for censoring and delayed entry.

        Parameters
        ----------
        points : int
            At most so many risks, evenly spaced in rank from the lowest to the highest.
        span : float
            The share of the people that each point looks at, in (0, 1].

        Returns
        -------
        pandas.DataFrame
            The ``by`` columns, ``risk predicted estimate lower upper std_error``. Limits are
            pointwise and do not account for the bias of smoothing. NaN where nobody near has a
            known outcome.
        """
        faults = Faults("the calibration curve")
        if not isinstance(points, int | np.integer) or points < 2:
            faults.add("points", f"{points!r} is too few", "Give 2 or more")
        if not 0 < span <= 1:
            faults.add("span", f"{span!r} does not lie in (0, 1]", "Such as 0.75")
        faults.raise_any()
        frames = []
        for cohort in self._cohorts.each:
            for k, name in enumerate(self.risks):
                risk = cohort.risks[:, k]
                at = np.unique(np.quantile(risk, np.linspace(0, 1, points)))
                value, error = smoothed(cohort.outcomes, risk, at, span)
                value = np.clip(value, 0.0, 1.0)
                lower, upper = probability_limits(value, error, "plain", self.level)
                made = {"risk": name, "predicted": at, "estimate": value, "lower": lower}
                frames.append(pd.DataFrame(made | {"upper": upper, "std_error": error}))
        whole = [
            pd.concat(frames[k : k + len(self.risks)])
            for k in range(0, len(frames), len(self.risks))
        ]
        return self._cohorts.labelled(whole)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw observed over predicted risk: groups with limits, and the smooth curve."""
        from paraneo.plotting.calibration import calibration_plot

        by = list(self._cohorts.groups)
        frames = [self.groups, self.curve()]
        for frame in frames:
            names = [*by, "risk"] if len(self.risks) > 1 or not by else by
            frame["label"] = frame[names].astype(str).agg(" / ".join, axis=1)
        return calibration_plot(*frames, horizon=self.horizon, level=self.level, ax=ax)

    def _heading(self) -> str:
        n = sum(len(cohort.people.exit) for cohort in self._cohorts.each)
        found = sum(int(cohort.outcomes.case.sum()) for cohort in self._cohorts.each)
        return (
            f"Predicted risk by {self.horizon:g} in {n} people, {found} events observed by then "
            f"({100 * self.level:g}% CI)\n{CAUTION}"
        )


@verb
def validated_risk(
    data: Any,
    *,
    risk: str | Sequence[str],
    exit: str,  # noqa: A002
    event: str,
    horizon: float,
    entry: str | None = None,
    cause: Any = 1,
    competing: Any = None,
    censored: Any = 0,
    groups: int | Sequence[float] = 5,
    by: str | Sequence[str] = (),
    level: float = 0.95,
) -> ValidatedRisk:
    r"""Check predicted risks against what happened, death competing.

    With outcome :math:`D_i = 1` for the event by the horizon t and 0 for none or another, risk
    :math:`r_i` and weights :math:`w_i` that add up to 1,

    .. math:: O = \sum w_i D_i, \quad B = \sum w_i (D_i - r_i)^2, \quad
        A = \frac{\sum_{ij} w_i w_j D_i (1 - D_j) [r_i > r_j]}{O\,(1 - O)}.

    Parameters
    ----------
    data : frame or mapping
        One row a person.
    risk : str, or sequence of str
        Columns of predicted crude risks by the horizon, in [0, 1]: of the event in people
        who may die of something else first, as `cancer_risk` gives them. They count from
        time 0, whenever the person came under observation.
    exit, entry, event
        Columns of times and of what happened at exit, as in `cumulative_incidence`. Who leaves
        without an event exactly at the horizon was seen up to it.
    horizon : float
        Above 0, in the unit of the times, within the follow-up.
    cause, competing, censored
        Which values of the event column mean what, as in `cumulative_incidence`.
    groups : int, or sequence of float
        How many groups of equal size by predicted risk (fewer where risks are tied), or the
        risks that divide them. A risk at a cut belongs to the group above it.
    by : str or sequence of str
        Columns whose values make groups to be checked each by itself.
    level : float
        Of the limits, in (0, 1).

    Returns
    -------
    ValidatedRisk

    Raises
    ------
    TableError
        Naming every fault at once: risks outside [0, 1], follow-up that ends before the
        horizon, times at which nobody is under observation.

    Notes
    -----
    The weights are steps of the Aalen-Johansen curve, :math:`S(s-)/Y(s)` for an event at s and
    S(t) over their number for those seen without one at t. Without delayed entry they are the usual
    inverse-probability-of-censoring weights; with it they also undo that only people who
    lived to enter are seen. Censoring and entry must have nothing to do with time to event and
    predicted risk, within each group of ``by``. With delayed entry the mean predicted risk is
    weighted too, without it plain.

    Standard errors are the infinitesimal jackknife, weights included. Limits are made on the
    log-log scale for risks, log for observed over expected, logit for AUC and Brier score,
    plain for the scaled Brier score. The risks are taken as they are: a model fitted to the same
    people will look better here than it is.

    ``auc`` takes as controls all who do not get the
    event by the horizon, the dead included (definition ii of Blanche et al.), and
    ``auc_event_free`` those alive without it (definition i).

    References
    ----------
    Austin PC, Steyerberg EW (2019). Stat Med 38:4051-4065. https://doi.org/10.1002/sim.8281
    Blanche P, Dartigues JF, Jacqmin-Gadda H (2013). Stat Med 32:5381-5397.
    https://doi.org/10.1002/sim.5958
    Wolbers M, Koller MT, Witteman JCM, Steyerberg EW (2009). Epidemiology 20:555-561.
    https://doi.org/10.1097/EDE.0b013e3181a39056
    Gerds TA, Schumacher M (2006). Biom J 48:1029-1040.
    https://doi.org/10.1002/bimj.200610301

    Examples
    --------
    Six people: cancers at 1 and 3 years, a death at 2, one lost at 2.5, two seen for 5 years.

    >>> people = {
    ...     "years": [1, 2, 2.5, 3, 5, 5],
    ...     "what": [1, 2, 0, 1, 0, 0],
    ...     "risk": [0.6, 0.3, 0.2, 0.5, 0.4, 0.1],
    ... }
    >>> done = validated_risk(
    ...     people, risk="risk", exit="years", event="what", horizon=5, groups=2
    ... )
    >>> done.summary().set_index("measure")["estimate"].round(3)
    measure
    observed                 0.389
    expected                 0.350
    observed/expected        1.111
    calibration_intercept    0.081
    calibration_slope          NaN
    ici                      0.220
    brier                    0.135
    scaled_brier             0.432
    auc                      1.000
    auc_event_free           1.000
    Name: estimate, dtype: float64
    """
    faults = Faults("the cohort with predicted risks")
    check_level(level, faults)
    cuts = _read_groups(groups, faults)
    cohorts = read_cohorts(
        data,
        risk=risk,
        marker=(),
        columns=(exit, event, entry),
        events=(cause, competing, censored),
        by=by,
        horizon=horizon,
        faults=faults,
    )
    names = as_names(risk)
    late = entry is not None
    measured = tuple(
        tuple(
            measures(cohort.outcomes, cohort.risks[:, k], delayed=late) for k in range(len(names))
        )
        for cohort in cohorts.each
    )
    frames = [
        pd.concat(
            [
                by_group(cohort, name, k, cuts, cohorts.horizon, level)
                for k, name in enumerate(names)
            ]
        )
        for cohort in cohorts.each
    ]
    return ValidatedRisk(
        cohorts.horizon, names, cohorts.labelled(frames), float(level), cohorts, measured
    )


def _read_groups(groups: int | Sequence[float], faults: Faults) -> int | Vector:
    """Return the number of groups, or the cuts between them."""
    if isinstance(groups, int | np.integer) and not isinstance(groups, bool):
        if groups < 1:
            faults.add("groups", f"{groups!r} is too few", "Give 1 or more")
        return int(groups)
    try:
        cuts = np.atleast_1d(np.asarray(groups, dtype=np.float64))
    except (TypeError, ValueError):
        cuts = np.array([np.nan])
    if not ((cuts > 0) & (cuts < 1)).all() or (np.diff(cuts) <= 0).any():
        cure = "Give a whole number, or rising risks between 0 and 1"
        faults.add("groups", f"{groups!r} cannot be used", cure)
    return cuts
