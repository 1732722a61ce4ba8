"""The coverage of intervals worked out, not simulated: every count, with its probability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import expit, logit

from paraneo.accuracy import diagnostic_accuracy, predictive_values, proportion_limits
from paraneo.errors import Faults
from paraneo.gate.arguments import (
    COUNT,
    POSITIVE,
    PROBABILITY,
    check_fits,
    check_level,
    check_option,
    numbers,
)
from paraneo.gate.verbs import verb
from paraneo.incidence import poisson_limits
from paraneo.numerics.arrays import Limits, Vector
from paraneo.results.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Family = Literal["binomial", "poisson", "ppv", "npv"]
FAMILIES = ("binomial", "poisson", "ppv", "npv")
#: Counts less likely than this on either side are left out; so much may coverage be off.
NEGLIGIBLE = 1e-13
#: A limit that equals the truth up to rounding still covers it.
ROUNDING = 1e-12

#: (counts, n) to limits of the proportion, or counts to limits of the mean.
OwnLimits = Callable[..., Any]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExactCoverage(Result):
    """How often an interval covers the truth, without simulation error.

    Attributes
    ----------
    table : pandas.DataFrame
        As `summary` gives it.
    family : str
    level : float
        The nominal coverage.
    """

    table: pd.DataFrame
    family: str
    level: float

    def summary(self) -> pd.DataFrame:
        """Return a row a setting and interval.

        The setting's columns (``n truth``; for predictive values ``diseased healthy
        sensitivity specificity prevalence truth``), ``interval coverage``,
        ``misses_below`` and ``misses_above`` (the probability that the whole interval lies
        below or above the truth), ``undefined`` (that there is no interval; it counts
        as a miss) and ``mean_width`` (over finite intervals).
        """
        return self.table.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw coverage over the truth, or as a map where one interval has a grid of settings.

        The map is over the truth and n, or over sensitivity and specificity, from four values
        of each on.
        """
        from paraneo.plotting.coverage import coverage_plot

        return coverage_plot(self.table, level=self.level, ax=ax)

    def _heading(self) -> str:
        return f"Exact coverage ({self.family}), nominal {100 * self.level:g}%"


@verb
def exact_coverage(
    family: Family,
    *,
    interval: str | OwnLimits | Sequence[str | OwnLimits],
    truth: ArrayLike | None = None,
    n: ArrayLike | None = None,
    sensitivity: ArrayLike | None = None,
    specificity: ArrayLike | None = None,
    prevalence: ArrayLike | None = None,
    diseased: int | None = None,
    healthy: int | None = None,
    level: float = 0.95,
) -> ExactCoverage:
    """Work out the coverage of an interval by adding up every count that covers.

    C(θ) = Σₓ P(X = x | θ)·1{lower(x) ≤ θ ≤ upper(x)}.

    Parameters
    ----------
    family : {"binomial", "poisson", "ppv", "npv"}
        What is counted: people of ``n``; events; or the two-by-two tables of
        ``diseased`` and ``healthy`` people, for limits of a predictive value at a known
        prevalence.
    interval : str, sequence of str, or callable
        Option words of `diagnostic_accuracy`, `poisson_limits` or `predictive_values`; or
        a function from counts (and ``n``, for binomial) to (lower, upper).
    truth : array
        True proportions in [0, 1], or true means above 0. Not for predictive values.
    n : int or array
        People, for binomial; every n with every truth.
    sensitivity, specificity, prevalence : array
        In [0, 1], for predictive values; every combination.
    diseased, healthy : int
        For predictive values.
    level : float
        In (0, 1).

    Returns
    -------
    ExactCoverage

    Raises
    ------
    ArgumentError
        Naming every fault at once: numbers out of range, or absent for the family.

    References
    ----------
    Brown, Cai & DasGupta 2001, doi:10.1214/ss/1009213286 (binomial); Barker 2002,
    doi:10.1198/000313002317572736 (Poisson).

    Examples
    --------
    >>> exact_coverage("binomial", interval=["wald", "exact"], n=20, truth=0.1
    ... ).summary()[["interval", "coverage"]].round(4)
      interval  coverage
    0     wald    0.8760
    1    exact    0.9887
    """
    faults = Faults("the coverage")
    known = check_option(family, FAMILIES, "family", faults)
    check_level(level, faults)
    intervals: list[str | OwnLimits] = (
        [interval] if isinstance(interval, str) or callable(interval) else list(interval)
    )
    if not intervals:
        faults.add("interval", "there is none", "Name at least one")
    if known and family in ("ppv", "npv"):
        given = {"sensitivity": sensitivity, "specificity": specificity, "prevalence": prevalence}
        shares = {k: _grid(v, k, PROBABILITY, faults) for k, v in given.items()}
        counts = {"diseased": diseased, "healthy": healthy}
        people = {k: _grid(v, k, (*COUNT, *POSITIVE), faults) for k, v in counts.items()}
        cells = np.prod([part[0] + 1.0 for part in people.values()])
        check_fits(6.0 * cells * np.prod([len(x) for x in shares.values()]), "diseased", faults)
        faults.raise_any()
        table = _predictive(family, intervals, shares, people, level)
    else:
        rules = PROBABILITY if family == "binomial" else POSITIVE
        true = _grid(truth, "truth", rules, faults)
        if family == "binomial":
            sizes = _grid(n, "n", (*COUNT, *POSITIVE), faults)
            check_fits((sizes.max(initial=0.0) + 1.0) * (len(true) + 20.0), "n", faults)
            faults.raise_any()
            table = pd.concat([_binomial(intervals, int(k), true, level) for k in sizes])
        else:
            reach = true.max(initial=0.0) - true.min(initial=0.0) if true.size else 0.0
            reach += 20.0 * np.sqrt(true.max(initial=0.0))
            check_fits(reach * (len(true) + 20.0), "truth", faults)
            faults.raise_any()
            table = _poisson(intervals, true, level)
    return ExactCoverage(table.reset_index(drop=True), family, level)


def _grid(value: Any, name: str, rules: Any, faults: Faults) -> Vector:
    if value is None:
        faults.add(name, "is missing", "This family needs it")
        return np.full(1, np.nan)
    return np.unique(np.ravel(numbers(value, name, rules, faults)))


def _name(interval: str | OwnLimits) -> str:
    return interval if isinstance(interval, str) else getattr(interval, "__name__", "own")


def _binomial(
    intervals: Sequence[str | OwnLimits], n: int, truth: Vector, level: float
) -> pd.DataFrame:
    x = np.arange(n + 1.0)
    weight = np.asarray(stats.binom.pmf(x[:, None], n, truth))
    frames = []
    for interval in intervals:
        if isinstance(interval, str):
            diagnostic_accuracy(1, 1, 1, 1, interval=cast(Any, interval))  # knows the option words
            limits = proportion_limits(x, np.full(len(x), float(n)), interval=interval, level=level)
        else:
            limits = Limits(*(np.asarray(part, dtype=np.float64) for part in interval(x, n)))
        frames.append(_scored(weight, limits, truth, _name(interval)).assign(n=n, truth=truth))
    return _ordered(pd.concat(frames), ["n", "truth"])


def _poisson(intervals: Sequence[str | OwnLimits], truth: Vector, level: float) -> pd.DataFrame:
    first = int(stats.poisson.ppf(NEGLIGIBLE, truth.min()))
    last = int(stats.poisson.isf(NEGLIGIBLE, truth.max())) + 1
    x = np.arange(max(first, 0), last + 1)
    weight = np.asarray(stats.poisson.pmf(x[:, None], truth))
    frames = []
    for interval in intervals:
        if isinstance(interval, str):
            found = poisson_limits(x, interval=interval, level=level)  # type: ignore[arg-type]
            limits = Limits(np.asarray(found.lower), np.asarray(found.upper))
        else:
            limits = Limits(*(np.asarray(part, dtype=np.float64) for part in interval(x)))
        frames.append(_scored(weight, limits, truth, _name(interval)).assign(truth=truth))
    return _ordered(pd.concat(frames), ["truth"])


def _predictive(
    family: str,
    intervals: Sequence[str | OwnLimits],
    shares: dict[str, Vector],
    people: dict[str, Vector],
    level: float,
) -> pd.DataFrame:
    ill, well = int(people["diseased"][0]), int(people["healthy"][0])
    tp, tn = (
        part.ravel() for part in np.meshgrid(*map(np.arange, (ill + 1, well + 1)), indexing="ij")
    )
    accuracy = diagnostic_accuracy(tp, well - tn, ill - tp, tn, level=level)
    se, sp = (part.ravel() for part in np.meshgrid(shares["sensitivity"], shares["specificity"]))
    by_ill = np.asarray(stats.binom.pmf(np.arange(ill + 1)[:, None], ill, se))
    by_well = np.asarray(stats.binom.pmf(np.arange(well + 1)[:, None], well, sp))
    weight = (by_ill[:, None] * by_well).reshape(len(tp), -1)
    frames = []
    for interval in intervals:
        for share in shares["prevalence"]:
            if isinstance(interval, str):
                found = predictive_values(
                    accuracy, share, interval=cast(Any, interval), level=level
                )
                one = getattr(found, family)
                limits = Limits(np.asarray(one.lower), np.asarray(one.upper))
            else:
                limits = Limits(*map(np.asarray, interval(tp, well - tn, ill - tp, tn, share)))
            truth = _true_value(family, se, sp, float(share))
            frames.append(
                _scored(weight, limits, truth, _name(interval)).assign(
                    sensitivity=se, specificity=sp, prevalence=share, truth=truth
                )
            )
    table = pd.concat(frames).assign(diseased=ill, healthy=well)
    setting = ["diseased", "healthy", "sensitivity", "specificity", "prevalence", "truth"]
    return _ordered(table, setting)


def _true_value(family: str, se: Vector, sp: Vector, share: float) -> Vector:
    with np.errstate(divide="ignore", invalid="ignore"):
        if family == "ppv":
            return np.asarray(expit(logit(share) + np.log(se) - np.log1p(-sp)))
        return np.asarray(expit(-logit(share) + np.log(sp) - np.log1p(-se)))


def _scored(weight: Vector, limits: Limits, truth: Vector, name: str) -> pd.DataFrame:
    """Return coverage of each truth; weight has shape (counts, truths)."""
    slack = ROUNDING * np.maximum(np.abs(truth), ROUNDING)
    lower, upper = limits.lower[:, None], limits.upper[:, None]
    none = np.isnan(limits.lower) | np.isnan(limits.upper)
    above, below = lower > truth + slack, upper < truth - slack
    width = limits.upper - limits.lower
    finite = np.isfinite(width)
    held = weight[finite].sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_width = (weight[finite] * width[finite, None]).sum(axis=0) / held
    inside = ~above & ~below & ~none[:, None]
    return pd.DataFrame(
        {
            "interval": name,
            "coverage": (weight * inside).sum(axis=0),
            "misses_below": (weight * below).sum(axis=0),
            "misses_above": (weight * above).sum(axis=0),
            "undefined": weight[none].sum(axis=0),
            "mean_width": mean_width,
        }
    )


def _ordered(table: pd.DataFrame, setting: list[str]) -> pd.DataFrame:
    rest = [name for name in table.columns if name not in setting]
    return table[[*setting, *rest]]
