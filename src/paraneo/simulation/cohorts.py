"""Simulated cohorts: people with an index disease, their cancers and deaths, and the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, POSITIVE, check_fits, check_rng, numbers
from paraneo.gate.tables import ONE_WITHIN
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result

from ._cohort_design import SEXES, CohortDesign, SimulatedMarker, design
from ._streams import Draws
from .cohort_truth import CohortTruth
from .excess_hazards import PiecewiseRatio, TrueExcess

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from paraneo.rates import RateTable

Flags = NDArray[np.bool_]
_DATES = ("birth", "diagnosis", "entry", "exit", "lower", "upper", "cancer_before")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SimulatedCohort(Result):
    """People of a simulated cohort, and what is true of them.

    Attributes
    ----------
    data : pandas.DataFrame
        As `summary` gives it.
    truth : CohortTruth
        Cumulative incidence, hazards, incidence ratio and predictive values of the distributions
        behind the cohort, by quadrature.
    latent : pandas.DataFrame
        What nobody sees, a row a person: ``cancer death`` in years since diagnosis, each as
        if the other did not exist (infinity where later than anybody looks).
    not_seen : int
        People who had left before they entered, and so are not in the data.
    """

    data: pd.DataFrame
    truth: CohortTruth
    latent: pd.DataFrame
    not_seen: int

    def summary(self) -> pd.DataFrame:
        """Return one row a person.

        ``id sex birth diagnosis entry exit`` (points in time), ``event`` (0 censored, 1
        cancer, 2 death), ``cancer`` and ``death`` (0/1), ``exposed`` and ``marker`` where
        there are such, ``lower`` and ``upper`` (within which the cancer arose) with
        visits, ``cancer_before`` (when a cancer before diagnosis was found, else missing)
        and ``prevalent`` (0/1) where such are asked for; ``replicate`` from 0 where several
        cohorts were drawn at once.
        """
        return self.data.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the true cumulative incidence of cancer and of death."""
        from paraneo.plotting.true_incidence import true_incidence

        last = self.truth._design.last_time()
        return true_incidence(self.truth.cumulative_incidence(np.linspace(0, last, 121)), ax=ax)

    def _heading(self) -> str:
        cancers, deaths = int(self.data["cancer"].sum()), int(self.data["death"].sum())
        return (
            f"SimulatedCohort: {len(self.data)} people, {cancers} cancers, {deaths} deaths; "
            f"{self.not_seen} left before entry"
        )

    def _shown(self) -> pd.DataFrame:
        return self.data.head(6)


@verb
def simulated_cohort(
    n: int,
    *,
    rng: Generator | Sequence[Generator],
    rates: RateTable | float,
    mortality: RateTable | float = 0.0,
    excess: TrueExcess | PiecewiseRatio | None = None,
    age: tuple[float, float] = (55.0, 14.0),
    age_range: tuple[float, float] = (18.0, 90.0),
    female: float = 0.65,
    diagnosed: tuple[float, float] = (2000.0, 2010.0),
    end: float = np.inf,
    follow_up: float = 10.0,
    exposed: float = 0.0,
    exposure_effect: float = 1.0,
    marker: SimulatedMarker | None = None,
    cancers_before: tuple[float, float] = (0.0, 1.0),
    entry_delay: float = 0.0,
    loss: float = 0.0,
    visit_interval: float | None = None,
    rounding: Literal["none", "day", "month", "year"] = "none",
) -> SimulatedCohort:
    r"""Draw a cohort whose truth is known.

    Cancer comes at the population's rate at the attained age, year and sex, with the excess
    added (or as the ratio multiplies it), and death at the population's. Times are found by
    using up unit-exponential amounts of cumulative hazard, :math:`\Lambda(T) = E`.

    Parameters
    ----------
    n : int
        People diagnosed.
    rng : numpy.random.Generator, or sequence of them
        Several draw as many cohorts at once, a column ``replicate`` telling them apart; each
        is the one that its generator would have drawn alone.
    rates, mortality : RateTable or float
        Of cancer and of death; by sex or not, or one rate per person-year for all.
    excess : PiecewiseExcess, PiecewiseRatio, SplineExcess or HiddenCancer, optional
        The cancer that comes with the disease, by time since diagnosis.
    age : (float, float)
        Mean and standard deviation of the normal distribution of age at diagnosis, cut off at
        ``age_range``; a deviation of 0 gives everybody the mean.
    female : float
        Share of women.
    diagnosed : (float, float)
        Calendar years between which diagnoses fall evenly.
    end : float
        Calendar year in which the study closes.
    follow_up : float
        Longest follow-up in years.
    exposed, exposure_effect : float
        Share of exposed people, and by what their excess hazard (or ratio) is multiplied.
    marker : SimulatedMarker, optional
    cancers_before : (float, float)
        Years looked back from diagnosis, and ratio to the population's cancer rates then.
        Whoever had one stays in the data, with ``prevalent`` 1.
    entry_delay : float
        Mean years from diagnosis to entry, exponential; 0 for entry at diagnosis.
    loss : float
        Rate of loss to follow-up a year.
    visit_interval : float, optional
        Years between check-ups, at which cancers come to light; also at death, at loss and
        at the end. The cancer arose between ``lower`` and ``upper``.
    rounding : {"none", "day", "month", "year"}
        Points in time as plain years, or as dates: the day, the 15th of the month, 1 July.

    Returns
    -------
    SimulatedCohort

    Raises
    ------
    ArgumentError
        Telling every fault at once; also where a table has no rate for somebody's time.

    References
    ----------
    Bender R, Augustin T, Blettner M (2005). Stat Med 24:1713, doi:10.1002/sim.2059.
    Crowther MJ, Lambert PC (2013). Stat Med 32:4118, doi:10.1002/sim.5823.

    Examples
    --------
    >>> from paraneo.simulation import PiecewiseExcess
    >>> cohort = simulated_cohort(200, rng=np.random.default_rng(1), rates=0.01, mortality=0.02,
    ...                           excess=PiecewiseExcess([0, 1], [0.1, 0.01]), follow_up=5)
    >>> cohort.truth.cumulative_incidence([1, 5]).round(4)
       time  cancer   death
    0   1.0  0.1032  0.0188
    1   5.0  0.1681  0.0837
    >>> list(cohort.summary())
    ['id', 'sex', 'birth', 'diagnosis', 'entry', 'exit', 'event', 'cancer', 'death']
    """
    faults = Faults("the simulated cohort")
    many = numbers(n, "n", (*COUNT, *POSITIVE), faults)
    if many.ndim == 0 and many > 0:
        check_fits(30.0 * float(many), "n", faults)
    several = isinstance(rng, Sequence) and len(rng) > 0 and not isinstance(rng, str)
    given: Any = rng if several else [rng]
    generators = [check_rng(one, faults) for one in given]
    faults.raise_any()
    plan = design(
        rates=rates, mortality=mortality, excess=excess, age=age, age_range=age_range,
        female=female, diagnosed=diagnosed, end=end, follow_up=follow_up, exposed=exposed,
        exposure_effect=exposure_effect, marker=marker, cancers_before=cancers_before,
        entry_delay=entry_delay, loss=loss, visit_interval=visit_interval, rounding=rounding,
    )  # fmt: skip
    draws = Draws(generators, int(n))
    people = _people(plan, draws)
    latent = _latent(people, plan, draws)
    data, seen = _observed(people, latent, plan, draws)
    place = np.flatnonzero(seen)
    draws.keep(seen)
    if plan.marker is not None:
        chance = plan.marker.positive_at(latent["cancer"])[place]
        data["marker"] = (draws.uniform() < chance).astype(np.int64)
    if plan.cancers_before[0] > 0:
        _add_cancers_before(data, people.iloc[place], plan, draws)
    data.insert(0, "id", place % int(n))
    if several:
        data.insert(0, "replicate", place // int(n))
    dated = _rounded(data, plan.rounding)
    if several:
        dated.attrs[ONE_WITHIN] = "replicate"
    kept = latent.iloc[place].reset_index(drop=True)
    return SimulatedCohort(dated, CohortTruth(plan), kept, len(seen) - len(dated))


def _people(plan: CohortDesign, draws: Draws) -> pd.DataFrame:
    """Return sex (a code), age and year at diagnosis, and exposure."""
    first, last = plan.diagnosed
    return pd.DataFrame(
        {
            "sex": (draws.uniform() >= plan.female).astype(np.intp),
            "age": plan.age_at(draws.uniform()),
            "year": first + (last - first) * draws.uniform(),
            "exposed": (draws.uniform() < plan.exposed).astype(np.int64),
        }
    )


def _walk(
    name: str, people: pd.DataFrame, plan: CohortDesign, wanted: Vector, limit: Vector, back: float,
    steps: tuple[Vector, Vector],
) -> Vector:  # fmt: skip
    """Return when the table's hazard is used up, from ``back`` years before diagnosis on."""
    from ._lives import times_at

    table = plan.table(name)
    time: Vector = times_at(
        wanted, people["age"].to_numpy() - back, people["year"].to_numpy() - back,
        table.group[people["sex"].to_numpy()], limit, table.rates, table.ages, table.years, *steps,
    )  # fmt: skip
    faults = Faults("the simulated cohort")
    if np.isnan(time).any():
        faults.add(
            name,
            f"the table has no rate for the time of {int(np.isnan(time).sum())} people",
            "Extend its ages and years, or narrow age_range, diagnosed and follow_up",
        )
    faults.raise_any()
    return time


def _latent(people: pd.DataFrame, plan: CohortDesign, draws: Draws) -> pd.DataFrame:
    """Return the times of cancer and of death, each as if the other did not exist."""
    n = len(people)
    limit = np.full(n, plan.last_time()) if plan.marker else plan.end_of(people["year"].to_numpy())
    effect = np.where(people["exposed"] == 1, plan.exposure_effect, 1.0)
    relative = isinstance(plan.excess, PiecewiseRatio)
    with np.errstate(divide="ignore"):
        share = draws.exponential() / (effect if relative else 1.0)
    cancer = _walk("rates", people, plan, share, limit, 0.0, plan.ratio_steps())
    if plan.excess is not None and not isinstance(plan.excess, PiecewiseRatio):
        with np.errstate(divide="ignore"):
            cancer = np.minimum(cancer, plan.excess.time_at(draws.exponential() / effect))
    one = np.array([0.0, np.inf]), np.ones(1)
    death = _walk("mortality", people, plan, draws.exponential(), limit, 0.0, one)
    return pd.DataFrame({"cancer": cancer, "death": death})


def _observed(
    people: pd.DataFrame, latent: pd.DataFrame, plan: CohortDesign, draws: Draws
) -> tuple[pd.DataFrame, Flags]:
    """Return what is seen of the people who are seen, and which they are."""
    n, year = len(people), people["year"].to_numpy()
    cancer, death = (latent[name].to_numpy() for name in ("cancer", "death"))
    lost = draws.exponential() / plan.loss if plan.loss > 0 else np.full(n, np.inf)
    enters = draws.exponential() * plan.entry_delay
    stops = np.minimum(np.minimum(lost, plan.end_of(year)), death)
    ill = cancer <= stops
    lower, found = cancer, np.where(ill, cancer, stops)
    if plan.visit_interval is not None:
        visit = np.ceil(np.where(ill, cancer, 0.0) / plan.visit_interval)
        found = np.where(ill, np.minimum(visit * plan.visit_interval, stops), stops)
        lower = np.maximum((visit - 1) * plan.visit_interval, enters)
    seen = np.asarray(np.minimum(cancer, stops) > enters)
    event = np.where(ill, 1, np.where(death <= stops, 2, 0))
    columns = {
        "sex": np.array(SEXES, dtype=object)[people["sex"]],
        "birth": year - people["age"].to_numpy(),
        "diagnosis": year,
        "entry": year + enters,
        "exit": year + found,
        "event": event,
        "cancer": (event == 1).astype(np.int64),
        "death": (event == 2).astype(np.int64),
    }
    if plan.exposed > 0:
        columns["exposed"] = people["exposed"].to_numpy()
    if plan.visit_interval is not None:
        columns["lower"] = np.where(ill, year + lower, np.nan)
        columns["upper"] = np.where(ill, year + found, np.nan)
    place = np.flatnonzero(seen)
    return pd.DataFrame({name: values[place] for name, values in columns.items()}), seen


def _add_cancers_before(
    data: pd.DataFrame, people: pd.DataFrame, plan: CohortDesign, draws: Draws
) -> None:
    back, ratio = plan.cancers_before
    with np.errstate(divide="ignore"):
        wanted = draws.exponential() / np.float64(ratio)
    one = np.array([0.0, np.inf]), np.ones(1)
    time = _walk("rates", people, plan, wanted, np.full(len(people), back), back, one)
    had = np.isfinite(time)
    data["cancer_before"] = np.where(had, data["diagnosis"] - back + np.where(had, time, 0), np.nan)
    data["prevalent"] = had.astype(np.int64)


def _rounded(data: pd.DataFrame, rounding: str) -> pd.DataFrame:
    """Return the points in time as years, or as dates."""
    if rounding == "none":
        return data
    for name in data.columns.intersection(list(_DATES)):
        year = data[name].to_numpy()
        known = np.isfinite(year)
        whole = np.floor(np.where(known, year, 2000.0)).astype(np.int64)
        part = np.where(known, year, 2000.0) - whole
        begin, until = ((whole + k - 1970).astype("datetime64[Y]") for k in (0, 1))
        length = (until.astype("datetime64[D]") - begin.astype("datetime64[D]")).astype(np.int64)
        day = begin.astype("datetime64[D]") + np.floor(part * length).astype(np.int64)
        if rounding == "month":
            day = day.astype("datetime64[M]").astype("datetime64[D]") + 14
        elif rounding == "year":
            day = begin.astype("datetime64[M]").astype("datetime64[D]") + _HALF_YEAR[_leap(whole)]
        data[name] = np.where(known, day.astype("datetime64[ns]"), np.datetime64("NaT", "ns"))
    return data


#: Days from 1 January to 1 July, in common and in leap years.
_HALF_YEAR = np.array([181, 182])


def _leap(year: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray((year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)), dtype=np.int64)
