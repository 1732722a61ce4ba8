"""Schedules of visits, scored by what they find and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result

from ._schedule_input import (
    Sojourn,
    cancers_met,
    check_one_person,
    read_per,
    read_sojourn,
    read_test,
    read_visits,
)
from ._sojourn import SojournLaw
from ._uncertainty import limits_of
from ._yield import outcomes
from .risk import CAUTION, CancerRisk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEASURES = (
    "cancers",
    "found",
    "interval",
    "never",
    "cancers_excess",
    "found_excess",
    "interval_excess",
    "never_excess",
    "found_too_late_to_matter",
    "share_found",
    "lead_time",
    "false_positives",
    "examinations",
    "examinations_per_found",
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScreeningYield(Result):
    """What a schedule of visits finds, misses and costs, per so many people.

    Attributes
    ----------
    visits : array
        Years since diagnosis.
    totals : pandas.DataFrame
        As `summary` gives it.
    by_visit : pandas.DataFrame
        ``visit examinations found false_positives`` per ``per`` people.
    per : float
        How many people start.
    considered : pandas.DataFrame or None
        Of `best_schedule`: the schedules it chose among, best first.
    """

    visits: Vector
    totals: pd.DataFrame
    by_visit: pd.DataFrame
    per: float
    considered: pd.DataFrame | None = None

    def summary(self) -> pd.DataFrame:
        """Return ``measure estimate lower upper``.

        Per ``per`` people: ``cancers``, that would show within the horizon if nobody died;
        ``found`` at a visit; ``interval``, that showed by themselves; ``never``, whose bearer
        died first: the three add up. The four with ``_excess`` are those of them beyond the
        population's.
        ``found_too_late_to_matter``: found, in people who die before it would have shown.
        ``share_found`` is found / cancers, ``lead_time`` the mean years by which a found
        cancer is early; then ``false_positives``, ``examinations`` and their number
        per cancer found.
        """
        return self.totals.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what each visit finds and costs."""
        from paraneo.plotting.schedule import visits_plot

        return visits_plot(self.by_visit, per=self.per, ax=ax)

    def _heading(self) -> str:
        at = ", ".join(f"{v:g}" for v in self.visits)
        return f"Visits at {at} years, per {self.per:g} people\n{CAUTION}"


@verb
def screening_yield(
    risk: CancerRisk,
    visits: ArrayLike,
    *,
    sensitivity: ArrayLike,
    specificity: ArrayLike = 1.0,
    mean_sojourn: float | None = None,
    sojourn: Sojourn | None = None,
    per: float = 1000,
) -> ScreeningYield:
    """Score a schedule of visits: cancers found and missed, lead time, examinations.

    Parameters
    ----------
    risk : CancerRisk
        Of one person; its horizon is that of the score. A marker and cancer-free time
        that it is given count. Its hazard is that of cancers showing by themselves.
    visits : array
        Years since diagnosis, rising, below the horizon.
    sensitivity, specificity : float or array
        Of the examination, in [0, 1]; one, or one a visit.
    mean_sojourn : float
        Mean years for which a cancer can be found before it shows; exponential law.
    sojourn : callable, optional
        Instead: the survival function of the sojourn time, from an array of years; from 1
        at 0 it falls or stays, never below 0.
    per : float
        How many people start.

    Returns
    -------
    ScreeningYield

    Raises
    ------
    ArgumentError
        Naming every fault at once: visits unsorted, negative or none, sensitivity
        outside [0, 1], a sojourn of 0 or less.

    Notes
    -----
    A cancer that would show at T can be found from T − X on, X independent of T. Death
    competes and takes no heed of the cancer. Cancers that would show only after the
    horizon are not counted, even if a late visit finds them: let the horizon reach a
    few sojourns beyond the last visit. A false positive does not end the follow-up.
    Limits carry what the risk carries; test and sojourn are taken as known.

    References
    ----------
    Zelen & Feinleib 1969, doi:10.1093/biomet/56.3.601; Shen & Zelen 1999,
    doi:10.1093/biomet/86.3.503.

    Examples
    --------
    >>> from paraneo import cancer_risk, rate_table
    >>> flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    >>> ratios = {"start": [0, 1, 3], "end": [1, 3, 10], "estimate": [7.0, 2.0, 1.1]}
    >>> risk = cancer_risk(ratios, age=60, year=2020, rates=flat, mortality=flat, horizon=5)
    >>> done = screening_yield(risk, [0, 1, 2], sensitivity=0.8, mean_sojourn=0.5)
    >>> done.summary().set_index("measure").loc[["cancers", "found"], "estimate"].round(1)
    measure
    cancers    123.7
    found       37.0
    Name: estimate, dtype: float64
    """
    faults = Faults("the schedule")
    check_one_person(risk, faults)
    at = read_visits(visits, risk, faults)
    sens = read_test(sensitivity, "sensitivity", at, faults)
    spec = read_test(specificity, "specificity", at, faults)
    law = read_sojourn(mean_sojourn, sojourn, risk.horizon, faults)
    start = read_per(per, faults)
    faults.raise_any()
    return scored(risk, at, sens, spec, law, start)


def scored(
    risk: CancerRisk, visits: Vector, sens: Vector, spec: Vector, law: SojournLaw, per: float
) -> ScreeningYield:
    """Score a schedule whose arguments have been checked."""
    cancers = cancers_met(risk, visits, law)
    done = outcomes(cancers, visits, sens, spec, law)
    found, tests = done.found.sum(axis=1), done.examinations.sum(axis=1)
    total = cancers.mass.sum(axis=1)
    excess = [cancers.excess.sum(axis=1), done.found_excess.sum(axis=1), done.interval_excess]
    excess.append(excess[0] - excess[1] - excess[2])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        columns = [
            per * total,
            per * found,
            per * done.interval,
            per * done.never,
            *(per * part for part in excess),
            per * done.too_late.sum(axis=1),
            found / total,
            done.lead_time.sum(axis=1) / found,
            per * done.false_positives.sum(axis=1),
            per * tests,
            tests / found,
        ]
    values = np.stack(columns, axis=-1)[None]
    options = (risk._rows, risk.limits, risk.level)
    estimate, lower, upper = limits_of(values, *options, log=True)
    share = MEASURES.index("share_found")
    # a share has limits that are shares
    part = limits_of(np.clip(values[..., [share]], 0.0, 1.0), *options)
    lower[:, share], upper[:, share] = part[1][:, 0], part[2][:, 0]
    totals = pd.DataFrame(
        {"measure": MEASURES, "estimate": estimate[0], "lower": lower[0], "upper": upper[0]}
    )
    by_visit = pd.DataFrame(
        {
            "visit": visits,
            "examinations": per * done.examinations[0],
            "found": per * done.found[0],
            "false_positives": per * done.false_positives[0],
        }
    )
    return ScreeningYield(visits, totals, by_visit, per)
