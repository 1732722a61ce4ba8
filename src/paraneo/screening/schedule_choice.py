"""Which schedule: named ones side by side, the best of so many visits, what more would find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import PROBABILITY, check_option, numbers
from paraneo.gate.verbs import verb

from ._schedule_input import (
    Sojourn,
    cancers_met,
    check_count,
    check_one_person,
    read_per,
    read_sojourn,
    read_test,
)
from ._schedule_search import candidate_times, tried_schedules
from .risk import CancerRisk
from .schedules import ScreeningYield, scored, screening_yield

Aim = Literal["found", "delay", "examinations"]


@verb
def compare_schedules(
    risk: CancerRisk, schedules: Mapping[str, ArrayLike], **options: Any
) -> pd.DataFrame:
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
    pandas.DataFrame
        A row a schedule: ``schedule visits`` and the estimate of every measure of
        `screening_yield`. Limits stand in the score of each schedule by itself.

    Raises
    ------
    ArgumentError
        As in `screening_yield`, and where no schedule is given.

    Examples
    --------
    >>> from paraneo import cancer_risk, rate_table
    >>> flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    >>> ratios = {"start": [0, 1, 3], "end": [1, 3, 10], "estimate": [7.0, 2.0, 1.1]}
    >>> risk = cancer_risk(ratios, age=60, year=2020, rates=flat, mortality=flat, horizon=5)
    >>> named = {"once": [0], "yearly": [0, 1, 2]}
    >>> found = compare_schedules(risk, named, sensitivity=0.8, mean_sojourn=0.5)
    >>> found[["schedule", "found", "examinations"]].round(1)
      schedule  found  examinations
    0     once   24.6        1000.0
    1   yearly   37.0        2817.0
    """
    if not schedules:
        faults = Faults("the schedules")
        faults.add("schedules", "there is none", "Give at least one, such as {'yearly': [0, 1, 2]}")
        faults.raise_any()
    rows = []
    for name, visits in schedules.items():
        done = screening_yield(risk, visits, **options)
        shown = ", ".join(f"{v:g}" for v in done.visits)
        values = dict(zip(done.totals["measure"], done.totals["estimate"], strict=True))
        rows.append({"schedule": name, "visits": shown} | values)
    return pd.DataFrame(rows)


@verb
def best_schedule(
    risk: CancerRisk,
    visits: int,
    *,
    sensitivity: float,
    specificity: float = 1.0,
    mean_sojourn: float | None = None,
    sojourn: Sojourn | None = None,
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
    sensitivity, specificity, mean_sojourn, sojourn, per
        As in `screening_yield`; one sensitivity and specificity for all visits.
    aim : {"found", "delay", "examinations"}
        Most cancers found; least delay, that is the largest sum of lead times; or
        fewest examinations among the schedules that find the share ``share``.
    share : float, optional
        Of the cancers, in [0, 1], for ``examinations``.
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
    >>> ratios = {"start": [0, 1, 3], "end": [1, 3, 10], "estimate": [7.0, 2.0, 1.1]}
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
    sens = read_test(sensitivity, "sensitivity", np.zeros(1), faults)
    spec = read_test(specificity, "specificity", np.zeros(1), faults)
    law = read_sojourn(mean_sojourn, sojourn, risk.horizon, faults)
    start = read_per(per, faults)
    many = int(visits) if not faults.found else 1
    times = candidate_times(risk, candidates, many, aim, faults)
    faults.raise_any()
    cancers = cancers_met(risk, times, law)
    sizes = range(1, many + 1) if aim == "examinations" else [many]
    tried = pd.concat(
        [tried_schedules(cancers, times, size, float(sens[0]), law) for size in sizes],
        ignore_index=True,
    )
    total = float(cancers.mass[0].sum())
    tried["share_found"] = tried["found"] / total
    if aim == "examinations":
        enough = tried[tried["share_found"] >= float(part) - 1e-12]
        if enough.empty:
            faults.add(
                "share",
                f"no schedule of {many} visits finds more than {tried['share_found'].max():.3f}",
                "Allow more visits, or ask for less",
            )
        faults.raise_any()
        ordered = enough.sort_values(["examinations", "found"], ascending=[True, False])
    else:
        by = {"found": "found", "delay": "lead_time"}[aim]
        ordered = tried.sort_values([by, "examinations"], ascending=[False, True], kind="stable")
    best = np.asarray(ordered["visits"].iloc[0])
    one = np.ones(len(best))
    done = scored(risk, best, one * sens, one * spec, law, start)
    scaled = ordered.assign(
        **{name: start * ordered[name] for name in ("found", "lead_time", "examinations")}
    )
    return ScreeningYield(
        done.visits, done.totals, done.by_visit, done.per, scaled.reset_index(drop=True)
    )


@verb
def schedule_frontier(risk: CancerRisk, visits: int, **options: Any) -> pd.DataFrame:
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
    pandas.DataFrame
        ``n_visits visits found share_found examinations examinations_per_found``; counts
        are per ``per`` people.

    Raises
    ------
    ArgumentError
        As in `best_schedule`.

    Examples
    --------
    >>> from paraneo import cancer_risk, rate_table
    >>> flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    >>> ratios = {"start": [0, 1, 3], "end": [1, 3, 10], "estimate": [7.0, 2.0, 1.1]}
    >>> risk = cancer_risk(ratios, age=60, year=2020, rates=flat, mortality=flat, horizon=5)
    >>> found = schedule_frontier(risk, 2, sensitivity=0.8, mean_sojourn=0.5)
    >>> found[["n_visits", "visits", "found"]].round(1)
       n_visits  visits  found
    0         1       0   24.6
    1         2  0, 0.5   38.4
    """
    faults = Faults("the frontier of schedules")
    check_count(visits, faults)
    faults.raise_any()
    rows = []
    for k in range(1, visits + 1):
        done = best_schedule(risk, k, **options)
        values = dict(zip(done.totals["measure"], done.totals["estimate"], strict=True))
        shown = ", ".join(f"{v:g}" for v in done.visits)
        names = ("found", "share_found", "examinations", "examinations_per_found")
        rows.append({"n_visits": k, "visits": shown} | {name: values[name] for name in names})
    return pd.DataFrame(rows)
