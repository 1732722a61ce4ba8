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

from ._schedule_input import Examination, check_one_person, phase_of, read_test, read_visits
from ._uncertainty import excess_limits, limits_of
from ._yield import outcomes
from .risk import CAUTION, CancerRisk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Assumptions that stand under every score.
ASSUMED = (
    "Assumed: a detectable preclinical phase of {mean:g} years on average, independent of its "
    "onset; {never:.3g} % of cancers that no visit sees"
)
REPLACED = (
    "; the nearest course of the hazard that such a phase allows, with as many cancers in each band"
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScreeningYield(Result):
    """What a schedule of visits finds, misses and costs, by default per 1000 people.

    Attributes
    ----------
    visits : array
        Years since diagnosis.
    totals : pandas.DataFrame
        As `summary` gives it.
    by_visit : pandas.DataFrame
        ``visit examinations screen_detected false_positives`` per ``per`` people.
    per : float
        How many people start.
    assumptions : str
        What the score rests on.
    considered : pandas.DataFrame or None
        Of `best_schedule`: the schedules it chose among, best first.
    """

    visits: Vector
    totals: pd.DataFrame
    by_visit: pd.DataFrame
    per: float
    assumptions: str = ""
    considered: pd.DataFrame | None = None

    def summary(self) -> pd.DataFrame:
        """Return ``measure estimate lower upper``.

        Per ``per`` people alive without cancer at the start. ``cancers`` would be diagnosed
        within the horizon without screening if nobody died. With screening and death:
        ``screen_detected``, found at a visit; ``before_first_visit``, ``interval_cancers``
        (between visits) and ``after_last_visit``, diagnosed by themselves within the horizon.
        ``overdiagnosed`` are those screen-detected whose bearers would have died before the
        clinical diagnosis, whenever that had been. The three with ``_excess`` are those of them
        beyond the population's, ``clinical_excess`` of all diagnosed by themselves.
        ``share_found`` is the proportion of the diagnosed that was screen-detected,
        ``lead_time`` the mean lead time in years of the screen-detected, cut at death; then
        ``false_positives``, ``examinations`` and their number per cancer found.
        """
        return self.totals.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what each visit finds and costs."""
        from paraneo.plotting.schedule import visits_plot

        return visits_plot(self.by_visit, per=self.per, ax=ax)

    def _heading(self) -> str:
        at = ", ".join(f"{v:g}" for v in self.visits)
        return f"Visits at {at} years, per {self.per:g} people\n{self.assumptions}\n{CAUTION}"


@verb
def screening_yield(
    risk: CancerRisk,
    visits: ArrayLike,
    *,
    sensitivity: ArrayLike,
    mean_sojourn: float,
    specificity: ArrayLike = 1.0,
    never_seen: float = 0.0,
    per: float = 1000,
) -> ScreeningYield:
    r"""Score a schedule of visits: screen-detected and interval cancers, lead time, examinations.

    A detectable preclinical phase begins with intensity o(t), lasts an exponential time of mean m,
    independent of its onset, and ends in clinical diagnosis. With f(t) the sub-density of
    diagnosis without screening, deaths apart, its prevalence and onset are

    .. math:: P(t) = m f(t), \qquad o(t) = f(t) + m f'(t), \qquad P(0) = m f(0).

    Parameters
    ----------
    risk : CancerRisk
        Of one person; its horizon is that of the score. A marker and cancer-free time
        that it is given count. Its hazard is that of diagnosis without screening.
    visits : array
        Years since diagnosis of the index disease, rising, below the horizon.
    sensitivity, specificity : float or array
        Of the examination, in [0, 1]; one, or one a visit. Sensitivity is that for cancers
        in the preclinical phase, each visit independent of the others.
    mean_sojourn : float
        Mean years for which a cancer can be found before its clinical diagnosis.
    never_seen : float
        Proportion of cancers that no visit sees, in [0, 1]: where errors repeat themselves
        with the same cancer, looking again finds less.
    per : float
        How many people start.

    Returns
    -------
    ScreeningYield

    Raises
    ------
    ArgumentError
        Naming every fault at once: visits unsorted, negative or none, sensitivity
        outside [0, 1], a sojourn of 0 or less, or longer than the fall of the hazard allows.

    Notes
    -----
    Where the hazard falls faster than the sojourn allows, as at the edge of a band, the nearest
    course with the cancers of each band stands for it, and ``.assumptions`` says so.

    Death from other causes is an independent competing risk; beyond the horizon its last hazard
    goes on. A false positive does not end the follow-up. Limits carry what the risk carries; test
    and sojourn are taken as known.

    References
    ----------
    Zelen & Feinleib 1969, doi:10.1093/biomet/56.3.601; Walter & Day 1983,
    doi:10.1093/oxfordjournals.aje.a113705; Shen & Zelen 1999, doi:10.1093/biomet/86.3.503.

    Examples
    --------
    >>> from paraneo import cancer_risk, rate_table
    >>> flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    >>> hidden = {"start": [0, 1, 3], "end": [1, 3, 10], "estimate": [7.0, 4.0, 3.0]}
    >>> risk = cancer_risk(hidden, age=60, year=2020, rates=flat, mortality=flat, horizon=5)
    >>> done = screening_yield(risk, [0, 1, 2], sensitivity=0.8, mean_sojourn=0.5)
    >>> names = ["cancers", "screen_detected", "interval_cancers"]
    >>> done.summary().set_index("measure").loc[names, "estimate"].round(1)
    measure
    cancers             189.4
    screen_detected      57.4
    interval_cancers     61.2
    Name: estimate, dtype: float64
    """
    faults = Faults("the schedule")
    check_one_person(risk, faults)
    at = read_visits(visits, risk, faults)
    test = read_test(sensitivity, specificity, mean_sojourn, never_seen, per, at, faults)
    faults.raise_any()
    return scored(risk, at, test, faults)


def scored(risk: CancerRisk, visits: Vector, test: Examination, faults: Faults) -> ScreeningYield:
    """Score a schedule whose arguments have been checked."""
    phase = phase_of(risk, visits, test.mean_sojourn, faults)
    done = outcomes(phase, test.sensitivity, test.specificity, test.never_seen)
    found, tests = done.found.sum(axis=1), done.examinations.sum(axis=1)
    clinical = done.before + done.between + done.after
    total = phase.density @ phase.weight
    expected = phase.natural_density @ phase.weight
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        measures = {
            "cancers": total,
            "screen_detected": found,
            "before_first_visit": done.before,
            "interval_cancers": done.between,
            "after_last_visit": done.after,
            "cancers_excess": total - expected,
            "screen_detected_excess": done.found_excess.sum(axis=1),
            "clinical_excess": done.clinical_excess,
            "overdiagnosed": done.overdiagnosed.sum(axis=1),
            "share_found": found / (found + clinical),
            "lead_time": done.lead_time.sum(axis=1) / found,
            "false_positives": done.false_positives.sum(axis=1),
            "examinations": tests,
            "examinations_per_found": tests / found,
        }
    #: what an excess measure is a part of
    whole = {
        "cancers_excess": total,
        "screen_detected_excess": found,
        "clinical_excess": clinical,
    }
    how = (risk.engine.rows, risk.interval, risk.level)
    rows = []
    for name, value in measures.items():
        each = value[None, :, None]
        if name in whole:
            sides = excess_limits(
                whole[name][None, :, None], (whole[name] - value)[None, :, None], *how
            )
        else:
            sides = limits_of(each, *how, log=name != "share_found")
        per = 1.0 if name in ("share_found", "lead_time", "examinations_per_found") else test.per
        rows.append((name, *(per * float(side[0, 0]) for side in sides)))
    by_visit = pd.DataFrame(
        {
            "visit": visits,
            "examinations": test.per * done.examinations[0],
            "screen_detected": test.per * done.found[0],
            "false_positives": test.per * done.false_positives[0],
        }
    )
    totals = pd.DataFrame(rows, columns=["measure", "estimate", "lower", "upper"])
    said = ASSUMED.format(mean=test.mean_sojourn, never=100 * test.never_seen)
    said += REPLACED * phase.replaced
    return ScreeningYield(visits, totals, by_visit, test.per, said)
