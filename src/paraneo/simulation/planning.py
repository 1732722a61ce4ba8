"""How many people or expected events a study needs, by enumeration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from paraneo._arguments import POSITIVE, PROBABILITY, check_level, check_option, numbers
from paraneo._estimate import Vector
from paraneo.errors import Faults
from paraneo.incidence.poisson_limits import PoissonInterval, poisson_limits

from .enumeration import exact_coverage

#: No study of more people, and no more expected events, are looked for.
MOST_PEOPLE, MOST_EVENTS = 100_000, 20_000.0
#: Poisson counts less likely than this on either side are left out.
NEGLIGIBLE = 1e-13
INTERVALS = ("exact", "mid-p", "byar", "score", "profile", "log-wald", "vandenbroucke")


def people_needed(
    proportion: float, *, half_width: float, interval: str = "wilson", level: float = 0.95
) -> int:
    """Return how many people bring the limits of a proportion to a wanted half width.

    The mean half width over all possible counts is worked out exactly; the smallest n at
    which it is at most ``half_width`` is returned.

    Parameters
    ----------
    proportion : float
        The sensitivity, specificity or predictive value expected, in [0, 1].
    half_width : float
        Wanted, in (0, 0.5).
    interval : str
        As in `diagnostic_accuracy`.
    level : float
        In (0, 1).

    Returns
    -------
    int
        People with the condition for a sensitivity, without it for a specificity; divide by
        the prevalence (or by 1 less it) for those to be recruited.

    Raises
    ------
    ArgumentError
        Where a number is outside its range or more than 100 000 people would be needed.

    References
    ----------
    Buderer 1996, doi:10.1111/j.1553-2712.1996.tb03538.x.

    Examples
    --------
    >>> people_needed(0.78, half_width=0.10)
    63
    """
    faults = Faults("the number of people")
    share = numbers(proportion, "proportion", PROBABILITY, faults)
    check_level(level, faults)
    if not 0 < half_width < 0.5:
        faults.add("half_width", f"{half_width!r} is not in (0, 0.5)", "Such as 0.1")
    faults.raise_any()

    def enough(n: int) -> bool:
        found = exact_coverage("binomial", interval=interval, n=n, truth=share, level=level)
        return float(found.table["mean_width"].iloc[0]) <= 2 * half_width

    found = _smallest(enough, MOST_PEOPLE)
    if found is None:
        faults.add("half_width", f"needs more than {MOST_PEOPLE} people", "Ask for a wider one")
    faults.raise_any()
    return int(found or 0)


def ratio_power(
    expected: ArrayLike,
    *,
    true_ratio: float,
    against: float = 1.0,
    interval: PoissonInterval = "exact",
    level: float = 0.95,
) -> Vector:
    """Return the chance that the limits of an incidence ratio leave out a stated value.

    Parameters
    ----------
    expected : float or array
        Expected events, above 0.
    true_ratio : float
        What the ratio really is, 0 or more.
    against : float
        The value to be left out, above 0. With a true ratio below it, only limits that end
        below it count, and the other way round: a study that errs to the other side has
        shown nothing.
    interval : str
        As in `poisson_limits`.
    level : float
        In (0, 1).

    Returns
    -------
    array
        Shaped like ``expected``.

    Raises
    ------
    ArgumentError
        Where a number is outside its range.

    Examples
    --------
    >>> float(ratio_power(6.7, true_ratio=2.0).round(3))
    0.58
    """
    faults = Faults("the power of a ratio")
    e = numbers(expected, "expected", POSITIVE, faults)
    _check(true_ratio, against, interval, level, faults)
    faults.raise_any()
    flat = np.atleast_1d(e).ravel()
    return np.asarray(_power(flat, true_ratio, against, interval, level).reshape(e.shape))


def expected_needed(
    *,
    true_ratio: float,
    against: float = 1.0,
    power: float = 0.8,
    interval: PoissonInterval = "exact",
    level: float = 0.95,
) -> float:
    """Return how many expected events show that a ratio is above, or below, a stated value.

    To show that a window has ended, take the ratio thought true after it (such as 1) and
    the largest that would still be acceptable as ``against`` (such as 1.5): the answer
    divided by the expected events of one person-year after the window gives the
    person-years, and so patients times years, that the study needs.

    Parameters
    ----------
    true_ratio, against, interval, level
        As in `ratio_power`.
    power : float
        Wanted, in (0, 1).

    Returns
    -------
    float
        From this many expected events on the power never falls below the wanted one
        (it rises like a saw, since counts are whole).

    Raises
    ------
    ArgumentError
        Where a number is outside its range, the two ratios are equal, or more than 20 000
        expected events would be needed.

    Examples
    --------
    >>> round(expected_needed(true_ratio=1.0, against=1.5, power=0.8), 2)
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
    return found


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
    lower, upper = poisson_limits(count, interval=interval, level=level)
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
        if one.ndim or not (least < one < np.inf) or one < 0:
            faults.add(name, f"{value!r} is no ratio", "Give a number above zero")
    check_option(interval, INTERVALS, "interval", faults)
    check_level(level, faults)


def _power(
    expected: Vector, true_ratio: float, against: float, interval: PoissonInterval, level: float
) -> Vector:
    mean = expected * true_ratio
    top = float(max(mean.max(), expected.max() * against))
    count = np.arange(int(stats.poisson.isf(NEGLIGIBLE, top)) + 2)
    lower, upper = poisson_limits(count, interval=interval, level=level)
    bound = expected * against
    if true_ratio > against:
        # limits rise with the count: the first count whose lower limit lies above
        first = np.searchsorted(lower, bound, side="right")
        return np.asarray(stats.poisson.sf(first - 1, mean))
    last = np.searchsorted(upper, bound, side="left")
    return np.asarray(stats.poisson.cdf(last - 1, mean))


def _smallest(enough: Callable[[int], bool], most: int) -> int | None:
    """Return the smallest number that is enough, where more is never less so."""
    high = 1
    while not enough(high):
        high *= 2
        if high > most:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
