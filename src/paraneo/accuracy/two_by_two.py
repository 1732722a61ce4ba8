"""The accuracy of a test from a two-by-two table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, PROBABILITY, check_level, check_option, numbers, together
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Limits, Vector
from paraneo.results.coefficients import covariance_frame
from paraneo.results.estimate import Estimate
from paraneo.results.result import Result

from ._conditional_odds import conditional_odds_ratio
from ._predictive import logit_moments
from ._proportions import PROPORTION_INTERVALS, ProportionInterval, proportion, proportion_limits
from ._ratios import (
    koopman_limits,
    log_limits,
    odds_ratio,
    odds_ratio_std_error,
    ratio_std_error,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: How people were sampled, and how confidence intervals of ratios are made.
Design = Literal["cohort", "case-control"]
RatioInterval = Literal["log", "koopman"]
OddsInterval = Literal["woolf", "exact"]
LOG_OR_SCORE = "log; Koopman at an empty cell"
WOOLF_OR_EXACT = "Woolf; exact at an empty cell"
RATIO_NAMES = {"log": "log", "koopman": "Koopman"}
#: The measures in the order in which a summary shows them.
MEASURES = (
    "sensitivity",
    "specificity",
    "positive_likelihood_ratio",
    "negative_likelihood_ratio",
    "diagnostic_odds_ratio",
    "youden",
)


class Counts(NamedTuple):
    """True positives, false positives, false negatives and true negatives."""

    tp: Vector
    fp: Vector
    fn: Vector
    tn: Vector


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DiagnosticAccuracy(Result):
    """How well a test tells people with a condition from people without it.

    Attributes
    ----------
    sensitivity, specificity : Estimate
        Proportions in [0, 1].
    positive_likelihood_ratio, negative_likelihood_ratio : Estimate
        Se/(1 − Sp) and (1 − Se)/Sp; ``std_error`` is on the log scale.
    diagnostic_odds_ratio, youden : Estimate
        The odds ratio of the table, and Se + Sp − 1.
    mean : array, shape (..., 2)
        Of (logit Se, logit Sp); infinite at a zero cell.
    counts : Counts or None
        None where the figures were published without their table.
    design : str
        ``"cohort"``, ``"case-control"`` or ``"published"``.
    ratio_interval : str
        How the confidence intervals of the likelihood ratios were made.
    level : float
        Of all confidence intervals.
    """

    sensitivity: Estimate
    specificity: Estimate
    positive_likelihood_ratio: Estimate
    negative_likelihood_ratio: Estimate
    diagnostic_odds_ratio: Estimate
    youden: Estimate
    mean: Vector
    counts: Counts | None
    design: str
    ratio_interval: str
    level: float
    _covariance: Vector

    @property
    def df(self) -> float:
        """Degrees of freedom of the limits: infinite, one study's being normal or exact."""
        return float("inf")

    @property
    def covariance(self) -> pd.DataFrame:
        """Covariance of (logit Se, logit Sp), labelled; a variance is infinite at a zero cell.

        For arrays of tables the two rows of each stand under its number.
        """
        names = ["sensitivity", "specificity"]
        flat = self._covariance.reshape(-1, 2)
        if self._covariance.ndim == 2:
            return covariance_frame(names, flat)
        rows = pd.MultiIndex.from_product([range(len(flat) // 2), names], names=["table", None])
        return pd.DataFrame(flat, index=rows, columns=names)

    def summary(self) -> pd.DataFrame:
        """Return one row a measure: ``measure estimate lower upper method``.

        For arrays of tables a first column ``table`` counts them from 0.
        """
        frames = []
        for measure in MEASURES:
            estimate: Estimate = getattr(self, measure)
            frame = estimate.summary()
            frame.insert(0, "measure", measure)
            frame["method"] = estimate.method
            if np.ndim(estimate.value):
                frame.insert(0, "table", np.arange(len(frame)))
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def natural_frequencies(self, prevalence: float, *, per: float = 1000) -> pd.DataFrame:
        """Natural frequencies: expected test results per 1000 people.

        Parameters
        ----------
        prevalence : float
            The proportion with the condition, in [0, 1], not a percentage.
        per : float, default 1000
            How many people are tested.

        Returns
        -------
        pandas.DataFrame
            ``prevalence true_positives false_positives false_negatives true_negatives``,
            expected numbers that need not be whole; ``table`` first for arrays.

        Raises
        ------
        ArgumentError
            Where the prevalence is not a probability or ``per`` not above zero.

        Examples
        --------
        >>> table = diagnostic_accuracy(31, 12, 9, 148)
        >>> table.natural_frequencies(0.1).round(1).to_dict("records")
        [{'prevalence': 0.1, 'true_positives': 77.5, 'false_positives': 67.5,
          'false_negatives': 22.5, 'true_negatives': 832.5}]
        """
        return frequencies(self.sensitivity.value, self.specificity.value, prevalence, per)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the proportions with their confidence intervals; matplotlib is loaded only here."""
        from paraneo.plotting.accuracy.predictive_values import proportions_plot

        return proportions_plot(self.summary(), level=self.level, ax=ax)

    def _heading(self) -> str:
        first = f"Accuracy ({self.design}), {100 * self.level:g}% CI"
        gaps = self.counts is None and self.summary()["lower"].isna().any()
        return first + ("\nWhat was published without limits gives none." if gaps else "")


def frequencies(
    sensitivity: ArrayLike, specificity: ArrayLike, prevalence: ArrayLike, per: float
) -> pd.DataFrame:
    """Return the expected numbers of the four kinds of people among ``per``."""
    faults = Faults("the natural frequencies")
    share = numbers(prevalence, "prevalence", PROBABILITY, faults)
    people = numbers(per, "per", (), faults)
    if not faults.found and (people.ndim or not 0 < people < np.inf):
        faults.add("per", f"{per!r} must be a positive number of people", "Give one such as 1000")
    parts = {"sensitivity": np.asarray(sensitivity), "specificity": np.asarray(specificity)}
    se, sp, share = together({**parts, "prevalence": share}, faults).values()
    faults.raise_any()
    ill, well = people * share.ravel(), people * (1 - share.ravel())
    frame = pd.DataFrame(
        {
            "prevalence": share.ravel(),
            "true_positives": ill * se.ravel(),
            "false_positives": well * (1 - sp.ravel()),
            "false_negatives": ill * (1 - se.ravel()),
            "true_negatives": well * sp.ravel(),
        }
    )
    if share.ndim:
        frame.insert(0, "table", np.arange(len(frame)))
    return frame


@verb
def diagnostic_accuracy(
    tp: ArrayLike,
    fp: ArrayLike,
    fn: ArrayLike,
    tn: ArrayLike,
    *,
    design: Design = "cohort",
    interval: ProportionInterval = "wilson",
    ratio_interval: RatioInterval = "log",
    odds_interval: OddsInterval = "woolf",
    level: float = 0.95,
) -> DiagnosticAccuracy:
    """Estimate the accuracy of a test from the counts of one or many two-by-two tables.

    Se = tp/(tp + fn), Sp = tn/(tn + fp), LR+ = Se/(1 − Sp), LR− = (1 − Se)/Sp,
    DOR = tp·tn/(fp·fn), Youden = Se + Sp − 1.

    Parameters
    ----------
    tp, fp, fn, tn : int or array
        True positives, false positives, false negatives, true negatives; whole
        numbers, single or arrays of one shape.
    design : {"cohort", "case-control"}, default "cohort"
        In a case–control study the proportion of people with the condition was chosen by
        the investigator, so the study has no predictive values of its own.
    interval : str, default "wilson"
        Confidence intervals of the two proportions: ``exact`` (Clopper–Pearson), ``wilson``,
        ``wilson-cc``, ``agresti-coull``, ``jeffreys``, ``mid-p``, ``wald``, ``logit``.
    ratio_interval : {"log", "koopman"}, default "log"
        Confidence intervals of the likelihood ratios: normal on the log scale, or the
        inverted score test, which also serves at zero cells.
    odds_interval : {"woolf", "exact"}, default "woolf"
        ``woolf`` keeps the odds ratio of the sample; ``exact`` gives the conditional
        maximum-likelihood odds ratio with its exact confidence interval.
    level : float
        Of the two-sided confidence intervals, in (0, 1).

    Returns
    -------
    DiagnosticAccuracy

    Raises
    ------
    ArgumentError
        Naming every fault at once: counts that are negative, missing, infinite or not
        whole; empty arrays; nobody with, or nobody without, the condition; options
        and levels that do not exist.

    Notes
    -----
    Nothing is ever added to a zero cell. With one, a ratio is 0, infinite or undefined, and
    ``log`` and ``woolf`` have no limits: Koopman's and the exact ones take their place, as
    ``method`` says. Of an undefined ratio (nobody tests positive) they are 0 and infinity.
    Youden's interval is Newcombe's hybrid of two mid-p intervals: by enumeration it covers 0.947
    and more among 10 and 20 people, that of two Wilson intervals 0.886. Wald and
    Agresti–Coull limits are cut at 0 and 1; Jeffreys ones are 0 at x = 0 and 1 at x = n.
    At x = 0 and x = n ``wald`` has no width and ``logit`` no limits: they are those of textbooks.

    ``wilson`` is the default since it covers nearest to the level: by enumeration at 95 %, 0.955
    on average among 10 people and 0.950 among 100, at the least 0.90 and 0.93. ``exact`` never
    covers less than the level and is wider by a sixth and a sixteenth; ``wald`` covers 0.18
    at the least among 10.

    References
    ----------
    Brown, Cai & DasGupta 2001, doi:10.1214/ss/1009213286 (proportions); Simel, Samsa &
    Matchar 1991, doi:10.1016/0895-4356(91)90128-V (log); Koopman 1984,
    doi:10.2307/2531405 (score); Woolf 1955, doi:10.1111/j.1469-1809.1955.tb01348.x.

    Examples
    --------
    >>> table = diagnostic_accuracy(31, 12, 9, 148, interval="exact")
    >>> table.sensitivity
    0.775 (95% CI 0.615 to 0.892, Clopper-Pearson)
    >>> table.positive_likelihood_ratio
    10.3 (95% CI 5.85 to 18.3, log)
    """
    faults = Faults("the two-by-two table")
    counts = _read_counts({"tp": tp, "fp": fp, "fn": fn, "tn": tn}, faults)
    check_option(design, get_args(Design), "design", faults)
    check_option(interval, PROPORTION_INTERVALS, "interval", faults)
    check_option(ratio_interval, RATIO_NAMES, "ratio_interval", faults)
    check_option(odds_interval, get_args(OddsInterval), "odds_interval", faults)
    check_level(level, faults)
    faults.raise_any()
    tp, fp, fn, tn = counts
    ill, well = tp + fn, tn + fp
    mean, covariance = logit_moments(*counts)
    return DiagnosticAccuracy(
        sensitivity=proportion(tp, ill, interval=interval, level=level),
        specificity=proportion(tn, well, interval=interval, level=level),
        positive_likelihood_ratio=likelihood_ratio(tp, ill, fp, well, ratio_interval, level),
        negative_likelihood_ratio=likelihood_ratio(fn, ill, tn, well, ratio_interval, level),
        diagnostic_odds_ratio=_odds(counts, odds_interval, level),
        youden=_youden(counts, level),
        mean=mean,
        counts=counts,
        design=design,
        ratio_interval=ratio_interval,
        level=float(level),
        _covariance=covariance,
    )


def _read_counts(given: dict[str, ArrayLike], faults: Faults) -> Counts:
    read = {name: numbers(value, name, COUNT, faults) for name, value in given.items()}
    read = together(read, faults)
    if not faults.found and read["tp"].size == 0:
        faults.add(None, "at least one table is required", "Pass one of each count")
    if not faults.found:
        for one, other, who in (("tp", "fn", "with"), ("tn", "fp", "without")):
            nobody = read[one] + read[other] == 0
            if nobody.any():
                faults.add(
                    f"{one} + {other}",
                    f"nobody {who} the condition was counted",
                    "Leave such a table out; its accuracy is unknown",
                    rows=list(np.flatnonzero(nobody)) if nobody.ndim else (),
                )
    return Counts(**read)


def likelihood_ratio(
    x: Vector, n: Vector, y: Vector, m: Vector, interval: str, level: float
) -> Estimate:
    """Return the ratio (x/n)/(y/m) with its confidence interval."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (x / n) / (y / m)
    std_error = ratio_std_error(x, n, y, m)
    if interval == "log":
        limits = log_limits(value, std_error, level)
        # nobody in a group, or everybody in both: a logarithm bounds nothing there
        empty = (std_error == 0) | ~np.isfinite(std_error)
        if np.any(empty):
            score = koopman_limits(x, n, y, m, level)
            limits = Limits(*(np.where(empty, b, a) for a, b in zip(limits, score, strict=True)))
            return Estimate(value, *limits, std_error, level=level, method=LOG_OR_SCORE)
    else:
        limits = koopman_limits(x, n, y, m, level)
        std_error = np.full_like(value, np.nan)
    return Estimate(value, *limits, std_error, level=level, method=RATIO_NAMES[interval])


def _odds(counts: Counts, interval: str, level: float) -> Estimate:
    if interval == "exact":
        value, limits = conditional_odds_ratio(*counts, level)
        return Estimate(value, *limits, level=level, method="exact conditional")
    value, std_error = odds_ratio(*counts), odds_ratio_std_error(*counts)
    limits = log_limits(value, std_error, level)
    empty = ~np.isfinite(std_error)
    if np.any(empty):
        some = [np.broadcast_to(count, np.shape(empty))[empty] for count in counts]
        exact = conditional_odds_ratio(some[0], some[1], some[2], some[3], level)[1]
        lower, upper = (np.array(limit) for limit in limits)
        lower[empty], upper[empty] = exact
        return Estimate(value, lower, upper, std_error, level=level, method=WOOLF_OR_EXACT)
    return Estimate(value, *limits, std_error, level=level, method="Woolf")


def _youden(counts: Counts, level: float) -> Estimate:
    tp, fp, fn, tn = counts
    ill, well = tp + fn, tn + fp
    value = tp / ill + tn / well - 1
    std_error = np.sqrt(tp * fn / ill**3 + tn * fp / well**3)
    below, above = np.zeros_like(value), np.zeros_like(value)
    for right, people in ((tp, ill), (tn, well)):
        low, high = proportion_limits(right, people, interval="mid-p", level=level)
        below, above = np.hypot(below, right / people - low), np.hypot(above, high - right / people)
    limits = Limits(np.maximum(value - below, -1.0), np.minimum(value + above, 1.0))
    return Estimate(value, *limits, std_error, level=level, method="Newcombe hybrid, mid-p")


def ratio_limits(accuracy: DiagnosticAccuracy, level: float) -> tuple[Estimate, Estimate]:
    """Return both likelihood ratios with confidence limits at another level."""
    if accuracy.counts is not None:
        tp, fp, fn, tn = accuracy.counts
        how = accuracy.ratio_interval
        return (
            likelihood_ratio(tp, tp + fn, fp, tn + fp, how, level),
            likelihood_ratio(fn, tp + fn, tn, tn + fp, how, level),
        )
    both = (accuracy.positive_likelihood_ratio, accuracy.negative_likelihood_ratio)
    if level == accuracy.level:
        return both
    positive, negative = (
        Estimate(
            one.value,
            *Limits(*log_limits(np.asarray(one.value), np.asarray(one.std_error), level)),
            one.std_error,
            level=level,
            method="log",
        )
        for one in both
    )
    return positive, negative
