"""How large a study has to be: events and patients of a ratio, replicates of a simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, check_level, check_option, numbers
from paraneo.gate.verbs import verb
from paraneo.incidence import PoissonInterval
from paraneo.numerics.arrays import Vector
from paraneo.numerics.poisson_limits import limits_of_counts

from ._cohort_design import design
from .cohort_truth import CohortTruth
from .excess_hazards import PiecewiseRatio, TrueExcess
from .study_size import StudySize

if TYPE_CHECKING:
    from paraneo.rates import RateTable

#: No more expected events are looked for.
MOST_EVENTS = 20_000.0
#: Poisson counts less likely than this on either side are left out.
NEGLIGIBLE = 1e-13
INTERVALS = ("exact", "mid-p", "byar", "score", "profile", "log-wald", "vandenbroucke")


@verb
def ratio_power(
    expected: ArrayLike,
    *,
    true_ratio: float,
    against: float = 1.0,
    interval: PoissonInterval = "exact",
    level: float = 0.95,
) -> StudySize:
    """Return the power to exclude a stated value of an incidence ratio.

    The power is the probability that the confidence interval lies wholly above (or below) it.

    Parameters
    ----------
    expected : float or array
        Expected events, above 0.
    true_ratio : float
        The true ratio, 0 or more.
    against : float
        The value to be excluded, above 0. With a true ratio below it, only intervals that end
        below it count, and the other way round: a study that errs to the other side has
        shown nothing.
    interval : str
        As in `poisson_limits`.
    level : float
        In (0, 1).

    Returns
    -------
    StudySize
        Columns ``expected`` and ``power``, one row an expected number of events.

    Raises
    ------
    ArgumentError
        Where a number is outside its range.

    Examples
    --------
    >>> round(ratio_power(6.7, true_ratio=2.0)["power"], 3)
    0.58
    """
    faults = Faults("the power of a ratio")
    e = numbers(expected, "expected", POSITIVE, faults)
    _check(true_ratio, against, interval, level, faults)
    faults.raise_any()
    flat = np.atleast_1d(e).ravel()
    power = _power(flat, true_ratio, against, interval, level)
    asked = f"Power to exclude a ratio of {against:g} where it is {true_ratio:g}"
    return StudySize(pd.DataFrame({"expected": flat, "power": power}), asked)


@verb
def expected_needed(
    *,
    true_ratio: float,
    against: float = 1.0,
    power: float = 0.8,
    interval: PoissonInterval = "exact",
    level: float = 0.95,
) -> StudySize:
    """Return how many expected events show that a ratio is above, or below, a stated value.

    To show that a window has ended, take the ratio thought true after it (such as 1) and
    the largest that would still be acceptable as ``against`` (such as 1.5);
    `window_patients_needed` turns the answer into patients and years.

    Parameters
    ----------
    true_ratio, against, interval, level
        As in `ratio_power`.
    power : float
        Wanted, in (0, 1).

    Returns
    -------
    StudySize
        ``expected``: from this many expected events on the power never falls below the
        wanted one (it rises like a saw, since counts are whole).

    Raises
    ------
    ArgumentError
        Where a number is outside its range, the two ratios are equal, or more than 20 000
        expected events would be needed.

    Examples
    --------
    >>> round(expected_needed(true_ratio=1.0, against=1.5, power=0.8)["expected"], 2)
    43.19
    """
    faults = Faults("the number of expected events")
    _check(true_ratio, against, interval, level, faults)
    if not 0 < power < 1:
        faults.add("power", f"{power!r} is not in (0, 1)", "Such as 0.8")
    if true_ratio == against:
        faults.add("true_ratio", "equals the value it is to differ from", "Give another")
    faults.raise_any()
    found = _from_which_on(true_ratio, against, power, interval, level)
    if found > MOST_EVENTS:
        faults.add("power", f"needs more than {MOST_EVENTS:g} expected events", "Ask for less")
    faults.raise_any()
    asked = f"Expected events that exclude a ratio of {against:g} where it is {true_ratio:g}"
    return StudySize(pd.DataFrame({"expected": [found]}), f"{asked}, with power {power:g}")


@verb
def window_patients_needed(
    years: ArrayLike,
    *,
    start: float,
    rates: RateTable | float,
    against: float,
    true_ratio: float = 1.0,
    power: float = 0.8,
    mortality: RateTable | float = 0.0,
    excess: TrueExcess | PiecewiseRatio | None = None,
    age: tuple[float, float] = (55.0, 14.0),
    age_range: tuple[float, float] = (18.0, 90.0),
    female: float = 0.65,
    diagnosed: tuple[float, float] = (2000.0, 2010.0),
    entry_delay: float = 0.0,
    loss: float = 0.0,
    interval: PoissonInterval = "exact",
    level: float = 0.95,
) -> StudySize:
    r"""Return how many patients, by years of follow-up, show that a window has ended.

    The window is shown to have ended where the limits of the incidence ratio from ``start``
    on leave out ``against``. Patients are `expected_needed` divided by the cancers that the
    population's rates expect of one patient between ``start`` and the end of follow-up. Cancers
    take patients away at their own rate: with a rate λ, a mortality μ and a true ratio ρ after s
    that do not change, :math:`\lambda e^{-(\lambda + \mu) s}
    (1 - e^{-(\rho\lambda + \mu)(t - s)}) / (\rho\lambda + \mu)`.

    Parameters
    ----------
    years : float or array
        Follow-up since diagnosis, above ``start``.
    start : float
        Where the window is thought to end, in years since diagnosis.
    rates, mortality, excess, age, age_range, female, diagnosed, entry_delay, loss
        Of the cohort, as in `simulated_cohort`. The excess takes away patients who have a
        cancer within the window; the ratio after it is ``true_ratio``.
    against : float
        The largest ratio that would still be acceptable, such as 1.5.
    true_ratio, power, interval, level
        As in `expected_needed`.

    Returns
    -------
    StudySize
        ``years``, ``expected`` cancers a patient, and ``patients``.

    Raises
    ------
    ArgumentError
        Telling every fault at once, as `expected_needed` and `simulated_cohort` do.

    Examples
    --------
    >>> size = window_patients_needed([3, 5, 10], start=2, rates=0.01, mortality=0.02, against=1.5)
    >>> size.summary()
       years  expected  patients
    0    3.0  0.009278      4655
    1    5.0  0.027019      1599
    2   10.0  0.066982       645
    """
    faults = Faults("the number of patients")
    until = np.atleast_1d(numbers(years, "years", POSITIVE, faults))
    begin = numbers(start, "start", NONNEGATIVE, faults)
    if not until.size:
        faults.add("years", "it is empty", "Give a length of follow-up, or several")
    if not faults.found and (begin.ndim or (until <= begin).any()):
        faults.add("years", f"does not lie beyond the start, {start!r}", "Give a longer follow-up")
    faults.raise_any()
    wanted = expected_needed(
        true_ratio=true_ratio, against=against, power=power, interval=interval, level=level
    )["expected"]
    plan = design(
        rates=rates, mortality=mortality, excess=excess, age=age, age_range=age_range,
        female=female, diagnosed=diagnosed, end=np.inf, follow_up=float(until.max()),
        exposed=0.0, exposure_effect=1.0, marker=None, cancers_before=(0.0, 1.0),
        entry_delay=entry_delay, loss=loss, visit_interval=None, rounding="none",
    )  # fmt: skip
    time, by = CohortTruth(plan).expected_by(after=(float(begin), float(true_ratio)))
    each = np.interp(until, time, by) - np.interp(begin, time, by)
    if (each <= 0).any():
        faults.add("rates", "no cancer is expected after the start", "Give rates above zero")
    faults.raise_any()
    patients = np.ceil(wanted / each).astype(np.int64)
    table = pd.DataFrame({"years": until, "expected": each, "patients": patients})
    return StudySize(table, f"Patients that show a window to have ended at {start:g} years")


@verb
def replicates_needed(
    measure: Literal["bias", "coverage", "rejection", "empirical_se"],
    *,
    mcse: float,
    expected: float = 0.95,
    std_deviation: float | None = None,
) -> StudySize:
    """Return how many replicates give a measure a wanted Monte Carlo error.

    Parameters
    ----------
    measure : {"bias", "coverage", "rejection", "empirical_se"}
    mcse : float
        Wanted Monte Carlo standard error, above 0; for proportions 0.005 means half a
        percentage point.
    expected : float
        The share expected, for ``coverage`` and ``rejection``; in [0, 1].
    std_deviation : float, optional
        Of the estimates, for ``bias`` and ``empirical_se``.

    Returns
    -------
    StudySize
        ``replicates``, at least 2.

    Raises
    ------
    ArgumentError
        Where a number is missing or outside its range.

    References
    ----------
    Morris, White & Crowther 2019, doi:10.1002/sim.8086, section 5.3.

    Examples
    --------
    >>> replicates_needed("coverage", mcse=0.005)["replicates"]
    1900
    """
    faults = Faults("the number of replicates")
    known = ("bias", "coverage", "rejection", "empirical_se")
    check_option(measure, known, "measure", faults)
    if not 0 < mcse < np.inf:
        faults.add("mcse", f"{mcse!r} is not above zero", "Give a number such as 0.005")
    share = measure in ("coverage", "rejection")
    if share and not 0 <= expected <= 1:
        faults.add("expected", f"{expected!r} does not lie in [0, 1]", "Give a number such as 0.95")
    if not share and not (std_deviation is not None and 0 < std_deviation < np.inf):
        faults.add("std_deviation", "is needed for this measure", "Give that of the estimates")
    faults.raise_any()
    spread = std_deviation or 0.0
    wanted = {
        "bias": (spread / mcse) ** 2,
        "empirical_se": 1 + (spread / mcse) ** 2 / 2,
    }.get(measure, expected * (1 - expected) / mcse**2)
    replicates = max(int(np.ceil(np.round(wanted, 9))), 2)
    asked = f"Replicates for a Monte Carlo standard error of {mcse:g}"
    return StudySize(pd.DataFrame({"replicates": [replicates]}), asked)


def _from_which_on(
    true_ratio: float, against: float, power: float, interval: PoissonInterval, level: float
) -> float:
    """Return the expected events from which on power is never below the wanted one.

    Power jumps where a limit of a count divided by the value passes the expected events, and
    is monotone between jumps; so its troughs are known.
    """
    far = 1.0 + 12.0 / abs(np.log(max(true_ratio, against / 100) / against))
    most = int(min(MOST_EVENTS * max(against, true_ratio), 4000.0 * far**2)) + 50
    count = np.arange(most)
    lower, upper = limits_of_counts(count.astype(np.float64), interval, level)
    if true_ratio > against:
        # just above lower[k] / against only counts of k + 1 and more show it
        trough = stats.poisson.sf(count, lower / against * true_ratio)
        short = np.flatnonzero(trough < power)
        if short[-1] == most - 1:
            return np.inf
        return float(special.gammaincinv(short[-1] + 1.0, power)) / true_ratio
    # just below upper[k + 1] / against counts up to k show it
    trough = stats.poisson.cdf(count[:-1], upper[1:] / against * true_ratio)
    short = np.flatnonzero(trough < power)
    if not len(short):
        return float(upper[0]) / against
    return np.inf if short[-1] == most - 2 else float(upper[short[-1] + 1]) / against


def _check(true_ratio: Any, against: Any, interval: str, level: float, faults: Faults) -> None:
    for name, value, least in (("true_ratio", true_ratio, -1.0), ("against", against, 0.0)):
        one = numbers(value, name, (), faults)
        if one.ndim or not (least < one <= MOST_EVENTS) or one < 0:
            faults.add(name, f"{value!r} must be a ratio", "Give a number above zero")
    check_option(interval, INTERVALS, "interval", faults)
    check_level(level, faults)


def _power(
    expected: Vector, true_ratio: float, against: float, interval: PoissonInterval, level: float
) -> Vector:
    mean = expected * true_ratio
    top = float(max(mean.max(), expected.max() * against))
    count = np.arange(int(stats.poisson.isf(NEGLIGIBLE, top)) + 2)
    lower, upper = limits_of_counts(count.astype(np.float64), interval, level)
    bound = expected * against
    if true_ratio > against:
        # limits rise with the count: the first count whose lower limit lies above
        first = np.searchsorted(lower, bound, side="right")
        return np.asarray(stats.poisson.sf(first - 1, mean))
    last = np.searchsorted(upper, bound, side="left")
    return np.asarray(stats.poisson.cdf(last - 1, mean))
