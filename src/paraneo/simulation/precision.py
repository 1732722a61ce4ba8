"""Sample sizes for a given width of the confidence interval of an accuracy, by enumeration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from paraneo.accuracy import diagnostic_accuracy, predictive_values
from paraneo.errors import Faults
from paraneo.gate.arguments import POSITIVE, PROBABILITY, check_level, check_option, numbers
from paraneo.gate.verbs import verb

from .enumeration import exact_coverage
from .study_size import StudySize

#: No study of more people is looked for.
MOST_PEOPLE = 100_000
#: Counts less likely than this on either side are left out.
NEGLIGIBLE = 1e-12
#: A size counts as enough where it and so many larger ones, each by a factor, are.
ALSO, FACTOR = 2, 1.5


class _People(NamedTuple):
    """People with and without the condition."""

    diseased: int
    healthy: int


@verb
def people_needed(
    proportion: float, *, half_width: float, interval: str = "wilson", level: float = 0.95
) -> StudySize:
    """Return the sample size for a given half-width of a proportion's confidence interval.

    The mean half-width over all possible counts is computed exactly; the n from which on it
    is at most ``half_width`` is returned. For a predictive value at a known prevalence
    see `predictive_people_needed`.

    Parameters
    ----------
    proportion : float
        The sensitivity, specificity, or predictive value in a cohort, expected; in [0, 1].
    half_width : float
        Of the interval, in (0, 0.5).
    interval : str
        As in `diagnostic_accuracy`.
    level : float
        In (0, 1).

    Returns
    -------
    StudySize
        ``people``: those with the condition for a sensitivity, without it for a specificity;
        divide by the prevalence (or by 1 less it) for those to be recruited.

    Raises
    ------
    ArgumentError
        Where a number is outside its range or more than 100 000 people would be needed.

    References
    ----------
    Buderer 1996, doi:10.1111/j.1553-2712.1996.tb03538.x.

    Examples
    --------
    >>> people_needed(0.78, half_width=0.10)["people"]
    63
    """
    faults = Faults("the number of people")
    share = numbers(proportion, "proportion", PROBABILITY, faults)
    check_level(level, faults)
    _check_half_width(half_width, faults)
    faults.raise_any()

    def enough(n: int) -> bool:
        found = exact_coverage("binomial", interval=interval, n=n, truth=share, level=level)
        return float(found.table["mean_width"].iloc[0]) <= 2 * half_width

    found = _from_which_on(enough, MOST_PEOPLE)
    if found is None:
        faults.add("half_width", f"needs more than {MOST_PEOPLE} people", "Ask for a wider one")
    faults.raise_any()
    table = pd.DataFrame({"people": [int(found or 0)]})
    return StudySize(table, _asked("a proportion", half_width, level))


@verb
def predictive_people_needed(
    measure: Literal["ppv", "npv"],
    *,
    sensitivity: float,
    specificity: float,
    prevalence: float,
    half_width: float,
    healthy_per_diseased: float = 1.0,
    interval: Literal["logit", "adjusted-logit", "bayes", "likelihood-ratio"] = "logit",
    level: float = 0.95,
) -> StudySize:
    """Return the sample size for a given half-width of the confidence interval of PPV or NPV.

    Sensitivity comes from the diseased, specificity from the healthy of a study, and the
    prevalence is known. The mean half width over the two-by-two tables that such a study may
    find is worked out exactly.

    Parameters
    ----------
    measure : {"ppv", "npv"}
    sensitivity, specificity, prevalence : float
        Expected, in (0, 1); the prevalence where the test is to be used.
    half_width : float
        Of the interval, in (0, 0.5).
    healthy_per_diseased : float
        Healthy people of the study for each diseased one, above 0. PPV at a low prevalence
        hangs on the specificity, and so on the healthy.
    interval : str
        As in `predictive_values`.
    level : float
        In (0, 1).

    Returns
    -------
    StudySize
        ``diseased`` and ``healthy``: from this size on the mean half-width is at most
        the wanted one.

    Raises
    ------
    ArgumentError
        Where a number is outside its range or more than 100 000 people would be needed.

    References
    ----------
    Steinberg, Fine & Chappell 2009, doi:10.1093/biostatistics/kxn018.

    Examples
    --------
    >>> predictive_people_needed("ppv", sensitivity=0.8, specificity=0.9, prevalence=0.2,
    ...                          half_width=0.15, healthy_per_diseased=2).summary()
       diseased  healthy
    0        38       76
    """
    faults = Faults("the number of people")
    check_option(measure, ("ppv", "npv"), "measure", faults)
    given = {"sensitivity": sensitivity, "specificity": specificity, "prevalence": prevalence}
    for name, value in given.items():
        share = numbers(value, name, PROBABILITY, faults)
        if share.ndim or share in (0.0, 1.0):
            faults.add(name, f"{value!r} leaves nothing to find out", "Give one in (0, 1)")
    numbers(healthy_per_diseased, "healthy_per_diseased", POSITIVE, faults)
    check_level(level, faults)
    _check_half_width(half_width, faults)
    if not faults.found and healthy_per_diseased >= MOST_PEOPLE:
        name, said = "healthy_per_diseased", f"one diseased needs more than {MOST_PEOPLE} healthy"
        faults.add(name, said, "Give a smaller number")
    faults.raise_any()

    def both(diseased: int) -> _People:
        return _People(diseased, max(int(np.ceil(healthy_per_diseased * diseased)), 1))

    def enough(diseased: int) -> bool:
        wide = _mean_width(measure, both(diseased), given, interval=interval, level=level)
        return wide <= 2 * half_width

    most = int(MOST_PEOPLE / (1 + healthy_per_diseased))
    found = _from_which_on(enough, max(most, 1))
    if found is None:
        faults.add("half_width", f"needs more than {MOST_PEOPLE} people", "Ask for a wider one")
    faults.raise_any()
    return StudySize(
        pd.DataFrame([both(found or 0)._asdict()]),
        _asked(measure.upper(), half_width, level),
    )


def _asked(measure: str, half_width: float, level: float) -> str:
    return f"People for a {100 * level:g}% CI of {measure} of half-width {half_width:g}"


def _check_half_width(half_width: float, faults: Faults) -> None:
    if not 0 < half_width < 0.5:
        faults.add("half_width", f"{half_width!r} is not in (0, 0.5)", "Such as 0.1")


def _mean_width(measure: str, people: _People, given: dict[str, float], **options: Any) -> float:
    """Return the mean width of the limits over the tables that a study may find.

    Where there are many people only some of the counts are taken, a quarter of a standard
    deviation apart: a sum over a normal shape then has no error that doubles could hold.
    """
    ill, well = people
    tp, tn = (
        part.ravel()
        for part in np.meshgrid(
            _likely(ill, given["sensitivity"]), _likely(well, given["specificity"])
        )
    )
    weight = stats.binom.pmf(tp, ill, given["sensitivity"])
    weight = weight * stats.binom.pmf(tn, well, given["specificity"])
    accuracy = diagnostic_accuracy(tp, well - tn, ill - tp, tn, level=options["level"])
    limits = getattr(predictive_values(accuracy, given["prevalence"], **options), measure)
    width = np.asarray(limits.upper) - np.asarray(limits.lower)
    known = np.isfinite(width)
    return float(weight[known] @ width[known] / weight[known].sum())


def _likely(n: int, share: float) -> Any:
    """Return the counts of n that may well happen."""
    first = int(stats.binom.ppf(NEGLIGIBLE, n, share))
    last = int(stats.binom.isf(NEGLIGIBLE, n, share))
    step = max(int(np.sqrt(n * share * (1 - share)) / 4), 1)
    return np.arange(first, min(last + 1, n) + 1, step)


def _from_which_on(enough: Callable[[int], bool], most: int) -> int | None:
    """Return the smallest number that is enough, and larger ones with it.

    Some limits are narrow for no reason where there are hardly any people, so that a number
    is taken only where larger ones are enough too.
    """
    if not enough(most):
        return None
    short, first, agreed, size = 0, 0, 0, 1
    while agreed <= ALSO:
        if enough(size):
            first, agreed = (size if agreed == 0 else first), agreed + 1
        else:
            short, agreed = size, 0
            if size >= most:
                return None
        size = max(size + 1, int(size * FACTOR))
        size = min(size, most) if agreed == 0 else size
    while first - short > 1:
        middle = (short + first) // 2
        short, first = (short, middle) if enough(middle) else (middle, first)
    return first
