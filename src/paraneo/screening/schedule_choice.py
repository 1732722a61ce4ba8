"""Which schedule: named ones side by side, the best of so many visits, what more would find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import PROBABILITY, check_option, numbers
from paraneo.gate.verbs import verb
from paraneo.results.result import Result

from ._schedule_input import check_count, check_one_person, phase_of, read_test
from ._schedule_search import candidate_times, tried_schedules
from .risk import CAUTION, CancerRisk
from .schedules import ScreeningYield, scored, screening_yield

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Aim = Literal["found", "delay", "examinations"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScheduleComparison(Result):
    """Schedules side by side.

    Attributes
    ----------
    schedules : mapping
        From the name of each to its score.
    """

    schedules: Mapping[str, ScreeningYield]

    def summary(self) -> pd.DataFrame:
        """Return a row a schedule: ``schedule visits`` and every measure's estimate."""
        rows = []
        for name, done in self.schedules.items():
            values = dict(zip(done.totals["measure"], done.totals["estimate"], strict=True))
            rows.append({"schedule": name, "visits": _shown(done)} | values)
        return pd.DataFrame(rows)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the cancers found over the examinations, a point a schedule."""
        from paraneo.plotting.schedule import schedules_plot

        per = next(iter(self.schedules.values())).per
        return schedules_plot(self.summary(), names="schedule", per=per, ax=ax)

    def _heading(self) -> str:
        one = next(iter(self.schedules.values()))
        return f"Schedules of visits, per {one.per:g} people\n{one.assumptions}\n{CAUTION}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScheduleFrontier(Result):
    """The most that 1, 2, … visits can find, and what they cost.

    Attributes
    ----------
    schedules : tuple of ScreeningYield
        The best of each number of visits.
    """

    schedules: tuple[ScreeningYield, ...]

    def summary(self) -> pd.DataFrame:
        """Return a row a number of visits, with what the best schedule finds and costs.

        Columns ``n_visits visits screen_detected share_found examinations
        examinations_per_found``.
        """
        names = ("screen_detected", "share_found", "examinations", "examinations_per_found")
        rows = []
        for done in self.schedules:
            values = dict(zip(done.totals["measure"], done.totals["estimate"], strict=True))
            row = {"n_visits": len(done.visits), "visits": _shown(done)}
            rows.append(row | {name: values[name] for name in names})
        return pd.DataFrame(rows)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the cancers found over the examinations, a point a number of visits."""
        from paraneo.plotting.schedule import schedules_plot

        frame = self.summary()
        per = self.schedules[0].per
        one = frame["n_visits"].map("{:g}".format) + ": " + frame["visits"]
        frame = frame.assign(named=one)
        title = "Visits, at years"
        return schedules_plot(frame, names="named", per=per, title=title, joined=True, ax=ax)

    def _heading(self) -> str:
        one = self.schedules[0]
        return f"Best schedules, per {one.per:g} people\n{one.assumptions}\n{CAUTION}"


def _shown(done: ScreeningYield) -> str:
    return ", ".join(f"{v:g}" for v in done.visits)


@verb
def compare_schedules(
    risk: CancerRisk, schedules: Mapping[str, ArrayLike], **options: Any
) -> ScheduleComparison:
    """Score named schedules side by side.

    Parameters
    ----------
    risk : CancerRisk
    schedules : mapping
        From a name to visits, in years since diagnosis.
    **options
        As in `screening_yield`.

    Returns
    -------
    ScheduleComparison
        With the score of each schedule, confidence limits included, in ``.schedules``.

    Raises
    ------
    ArgumentError
        As in `screening_yield`, and where no schedule is given.

    Examples
    --------
    >>> from paraneo import cancer_risk, rate_table
    >>> flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    >>> ratios = {"start": [0, 1, 3], "end": [1, 3, 10], "estimate": [7.0, 4.0, 3.0]}
    >>> risk = cancer_risk(ratios, age=60, year=2020, rates=flat, mortality=flat, horizon=5)
    >>> named = {"once": [0], "yearly": [0, 1, 2]}
    >>> found = compare_schedules(risk, named, sensitivity=0.8, mean_sojourn=0.5).summary()
    >>> found[["schedule", "screen_detected", "examinations"]].round(1)
      schedule  screen_detected  examinations
    0     once             28.4        1000.0
    1   yearly             57.4        2794.6
    """
    if not schedules:
        faults = Faults("the schedules")
        faults.add("schedules", "at least one is required", "Such as {'yearly': [0, 1, 2]}")
        faults.raise_any()
    scores = {name: screening_yield(risk, at, **options) for name, at in schedules.items()}
    return ScheduleComparison(scores)


@verb
def best_schedule(
    risk: CancerRisk,
    visits: int,
    *,
    sensitivity: float,
    mean_sojourn: float,
    specificity: float = 1.0,
    never_seen: float = 0.0,
    aim: Aim = "found",
    share: float | None = None,
    candidates: ArrayLike | None = None,
    per: float = 1000,
) -> ScreeningYield:
    """Choose the best times for so many visits.

    Parameters
    ----------
    risk : CancerRisk
        Of one person.
    visits : int
        How many; for ``examinations`` at most how many.
    sensitivity, mean_sojourn, specificity, never_seen, per
        As in `screening_yield`; one sensitivity and specificity for all visits.
    aim : {"found", "delay", "examinations"}, default "found"
        Most screen-detected cancers; least delay, that is the largest sum of lead times; or
        fewest examinations among the schedules that find the share ``share``.
    share : float, optional
        Of the diagnosed cancers, in [0, 1], for ``examinations``.
    candidates : array, optional
        Times at which a visit may be; left out, every half year (every year, or every
        second one, where that would be more schedules than can be tried one by one).

    Returns
    -------
    ScreeningYield
        With the schedules that were tried in ``considered``, best first.

    Raises
    ------
    ArgumentError
        As in `screening_yield`; and where no schedule reaches the share, or there are
        too many to try.

    Examples
    --------
    >>> from paraneo import cancer_risk, rate_table
    >>> flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    >>> ratios = {"start": [0, 1, 3], "end": [1, 3, 10], "estimate": [7.0, 4.0, 3.0]}
    >>> risk = cancer_risk(ratios, age=60, year=2020, rates=flat, mortality=flat, horizon=5)
    >>> best_schedule(risk, 2, sensitivity=0.8, mean_sojourn=0.5).visits
    array([0. , 0.5])
    """
    faults = Faults("the best schedule")
    check_one_person(risk, faults)
    check_option(aim, ("found", "delay", "examinations"), "aim", faults)
    check_count(visits, faults)
    if aim == "examinations":
        part = numbers(np.nan if share is None else share, "share", PROBABILITY, faults)
    elif share is not None:
        faults.add("share", "is only for the aim 'examinations'", "Drop it, or change the aim")
    once = np.zeros(1)
    test = read_test(sensitivity, specificity, mean_sojourn, never_seen, per, once, faults)
    many = int(visits) if not faults.found else 1
    times = candidate_times(risk, candidates, many, aim, faults)
    faults.raise_any()
    phase = phase_of(risk, times, test.mean_sojourn, faults)
    sizes = range(1, many + 1) if aim == "examinations" else [many]
    tried = pd.concat(
        [tried_schedules(phase, k, float(test.sensitivity[0]), test.never_seen) for k in sizes],
        ignore_index=True,
    )
    if aim == "examinations":
        enough = tried[tried["share_found"] >= float(part) - 1e-12]
        if enough.empty:
            faults.add(
                "share",
                f"no schedule of {many} visits finds more than {tried['share_found'].max():.3f}",
                "Allow more visits, or ask for less",
            )
        faults.raise_any()
        ordered = enough.sort_values(["examinations", "screen_detected"], ascending=[True, False])
    else:
        by = {"found": "screen_detected", "delay": "lead_time"}[aim]
        ordered = tried.sort_values([by, "examinations"], ascending=[False, True], kind="stable")
    best = np.asarray(ordered["visits"].iloc[0])
    one = np.ones(len(best))
    each = replace(test, sensitivity=one * test.sensitivity, specificity=one * test.specificity)
    done = scored(risk, best, each, faults)
    counts = ("screen_detected", "lead_time", "examinations")
    scaled = ordered.assign(**{name: test.per * ordered[name] for name in counts})
    return replace(done, considered=scaled.reset_index(drop=True))


@verb
def schedule_frontier(risk: CancerRisk, visits: int, **options: Any) -> ScheduleFrontier:
    """Return the most that 1, 2, … visits can find, and what they cost.

    Parameters
    ----------
    risk : CancerRisk
    visits : int
        The most visits.
    **options
        As in `best_schedule`; ``aim`` is "found".

    Returns
    -------
    ScheduleFrontier

    Raises
    ------
    ArgumentError
        As in `best_schedule`.

    Examples
    --------
    >>> from paraneo import cancer_risk, rate_table
    >>> flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    >>> ratios = {"start": [0, 1, 3], "end": [1, 3, 10], "estimate": [7.0, 4.0, 3.0]}
    >>> risk = cancer_risk(ratios, age=60, year=2020, rates=flat, mortality=flat, horizon=5)
    >>> found = schedule_frontier(risk, 2, sensitivity=0.8, mean_sojourn=0.5).summary()
    >>> found[["n_visits", "visits", "screen_detected"]].round(1)
       n_visits  visits  screen_detected
    0         1       0             28.4
    1         2  0, 0.5             47.4
    """
    faults = Faults("the frontier of schedules")
    check_count(visits, faults)
    faults.raise_any()
    best = (best_schedule(risk, k, **options) for k in range(1, visits + 1))
    return ScheduleFrontier(tuple(best))
