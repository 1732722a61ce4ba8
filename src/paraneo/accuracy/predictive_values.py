"""What a positive and a negative result mean at a given prevalence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level, check_option, numbers
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Limits, Vector
from paraneo.results.estimate import Estimate, Kind
from paraneo.results.result import Result

from ._predictive import (
    Moments,
    Ratios,
    covariance_of,
    implied_accuracy,
    normal_limits,
    ratio_moments,
    substituted_limits,
)
from ._proportions import proportion
from ._values_of_counts import Found, value_of_counts
from .new_setting import NewSetting, by_t, deviate, elsewhere, is_extreme
from .prevalence import Prevalence, read_prevalence
from .two_by_two import Counts, frequencies, ratio_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Interval = Literal["logit", "adjusted-logit", "bayes", "likelihood-ratio"]
NO_LIMITS = (
    "CIs are unavailable when sensitivity/specificity was reported without a CI, equals 0 or 1, "
    "or a cell is zero."
)
NOBODY = "Nobody had such a result, so that its predictive value in the study is unknown."
LIMITS_AT = "Take level={:g}, that of its limits, or published_accuracy at another"
TOOK_OVER = (
    "Where a predictive value has an empty cell of its own (TP or FP; FN or TN), or both hold "
    "everybody, it is the posterior median with a credible interval."
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PredictiveValues(Result):
    """Predictive values of a test at one prevalence or several.

    Attributes
    ----------
    ppv, npv : Estimate
        P(condition | positive) and P(no condition | negative), in [0, 1]; ``method``
        says how the interval was made.
    prevalence : float or array
        The proportion with the condition.
    window : str
        The time for which the prevalence, and so the predictive value, holds.
    methods : tuple of str
        Of every PPV in turn, then of every NPV, as the summary shows them.
    notes : tuple of str
        What was done that the caller may not expect.
    new_setting : NewSetting or None
        The distribution of both values in a further setting, between-study variance
        included; only from a pooled accuracy whose mean and variances are finite.
    """

    ppv: Estimate
    npv: Estimate
    prevalence: float | Vector
    window: str
    methods: tuple[str, ...]
    notes: tuple[str, ...]
    new_setting: NewSetting | None = None

    def summary(self) -> pd.DataFrame:
        """Return ``prevalence measure estimate lower upper method``, PPV first."""
        frames = []
        half = len(self.methods) // 2
        both = (("ppv", self.ppv, self.methods[:half]), ("npv", self.npv, self.methods[half:]))
        for measure, estimate, methods in both:
            frame = estimate.summary()
            frame.insert(0, "prevalence", np.ravel(self.prevalence))
            frame.insert(1, "measure", measure)
            frame["method"] = list(methods)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def natural_frequencies(self, *, per: float = 1000) -> pd.DataFrame:
        """Natural frequencies: expected test results per 1000 people.

        The sensitivity and specificity are those that go with the two predictive
        values at this prevalence. Where one value is unknown, the prevalence is 0 or 1,
        or the test is uninformative, they are not determined and the four numbers are NaN.

        Examples
        --------
        >>> from paraneo.accuracy import diagnostic_accuracy
        >>> values = predictive_values(diagnostic_accuracy(31, 12, 9, 148), 0.1)
        >>> values.natural_frequencies()["false_negatives"].round(1).tolist()
        [22.5]
        """
        values = (np.asarray(x) for x in (self.ppv.value, self.npv.value, self.prevalence))
        return frequencies(*implied_accuracy(*values), self.prevalence, per)

    def plot(self, ax: Axes | None = None, *, kind: Literal["curve", "nomogram"] = "curve") -> Axes:
        """Draw what a result means; matplotlib is loaded only here.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
        kind : {"curve", "nomogram"}
            ``curve``: both values over prevalence with their intervals; ``nomogram``: Fagan's,
            from one prevalence over the likelihood ratio to the probability of the condition.
        """
        from paraneo.plotting.accuracy.predictive_values import predictive_values_plot

        faults = Faults("the arguments of plot")
        check_option(kind, ("curve", "nomogram"), "kind", faults)
        if kind == "nomogram" and np.size(self.prevalence) != 1:
            said = f"there are {np.size(self.prevalence)} values"
            faults.add("kind", said, "A nomogram has one prevalence and one test")
        faults.raise_any()
        if kind == "nomogram":
            from paraneo.plotting.accuracy.nomogram import nomogram

            return nomogram(self.summary(), window=self.window, ax=ax)
        return predictive_values_plot(self.summary(), window=self.window, ax=ax)

    def _heading(self) -> str:
        window = f" {self.window}" if self.window else ", window of the prevalence not stated"
        lines = [f"Predictive values{window}, {100 * self.ppv.level:g}% CI"]
        return "\n".join([*lines, *self.notes])


@verb
def predictive_values(
    accuracy: Any,
    prevalence: ArrayLike | Prevalence | None,
    *,
    interval: Interval = "logit",
    level: float = 0.95,
    prior: tuple[float, float] = (0.5, 0.5),
) -> PredictiveValues:
    """Estimate what a positive and a negative test result mean at a prevalence π.

    logit PPV = logit π + log LR+ and logit(1 − NPV) = logit π + log LR−.

    Parameters
    ----------
    accuracy : DiagnosticAccuracy, PooledAccuracy or alike
        Or anything with ``.mean`` and ``.covariance`` of (logit Se, logit Sp).
    prevalence : float, array, Prevalence or None
        A proportion in [0, 1], not a percentage. A `Prevalence` brings its own
        uncertainty and its window. None means the proportion in the study itself, which
        only a cohort can give; the intervals are then Clopper-Pearson's of tp/(tp + fp) and
        tn/(tn + fn), whatever ``interval`` says. An array must fit that of the tables.
    interval : {"logit", "adjusted-logit", "bayes", "likelihood-ratio"}, default "logit"
        ``logit`` adds the variances of the logarithms of a value's own two cells: TP and FP
        of PPV, FN and TN of NPV. Where one of the two is 0, ``bayes`` takes over.
        ``adjusted-logit`` adds z²/2 to each cell, which shifts the value as well; ``bayes``
        gives the median and the equal-tailed credible interval; ``likelihood-ratio`` puts
        the confidence limits of the likelihood ratios into the formula.
    level : float
        Of the two-sided intervals, in (0, 1).
    prior : (float, float), default (0.5, 0.5), Jeffreys'
        Beta prior of both sensitivity and specificity, for ``bayes``. The prevalence,
        if counted, has Jeffreys' prior. Quantiles are found by quadrature: no random
        numbers are drawn.

    Returns
    -------
    PredictiveValues

    Raises
    ------
    ArgumentError
        Naming every fault at once; among them a case–control table without external
        prevalence: its share of people with the condition was chosen, not found.

    Notes
    -----
    ``logit`` is the default since its interval of PPV covers 0.94 and more, by enumeration, at a
    specificity of 0.9 or less from 10 people with and 20 without the condition on. Where a value
    has an empty cell of its own the posterior takes over, and ``method`` and ``notes`` say so: at a
    specificity of 0.99 with 20 healthy people the adjusted logit covers 0.14 there, ``bayes`` 0.97.
    At prevalence 0 or 1 PPV is 0 or 1 without doubt. With a
    counted prevalence ``likelihood-ratio`` joins distances on the logit scale by squares. An
    accuracy pooled with ``test="t"`` gives confidence limits by t.

    References
    ----------
    Mercaldo, Lau & Zhou 2007, doi:10.1002/sim.2677; Stamey & Holt 2010, Commun Stat
    Simul Comput 39:101-110.

    Examples
    --------
    >>> from paraneo.accuracy import diagnostic_accuracy
    >>> predictive_values(diagnostic_accuracy(31, 12, 9, 148), 0.1).ppv
    0.534 (95% CI 0.394 to 0.670, logit)
    """
    faults = Faults("the predictive values")
    check_level(level, faults)
    known = check_option(interval, get_args(Interval), "interval", faults)
    counts: Counts | None = getattr(accuracy, "counts", None)
    if not (hasattr(accuracy, "mean") and hasattr(accuracy, "covariance")):
        faults.add(
            "accuracy",
            f"expected a DiagnosticAccuracy, not {accuracy!r}",
            "Create one with diagnostic_accuracy(tp, fp, fn, tn)",
        )
    elif known and interval in ("adjusted-logit", "bayes") and counts is None:
        faults.add("interval", f"'{interval}' needs the counts", "Choose logit instead")
    _check_prior(prior, faults)
    share = read_prevalence(accuracy, prevalence, counts, faults)
    shape = _common_shape(accuracy, share, faults)
    if known and is_extreme(accuracy) and accuracy.level != level:
        how = "Pool at this level" if hasattr(accuracy, "between_study") else LIMITS_AT
        faults.add("level", "a proportion is 0 or 1", how.format(accuracy.level))
    faults.raise_any()
    if prevalence is None and counts is not None:
        return _own_values(counts, share, level)
    if isinstance(prevalence, Prevalence):
        odds = prevalence.logit_moments()
    else:
        odds = Moments(logit(share), np.zeros_like(share))
    odds = Moments(*(np.broadcast_to(part, shape) for part in odds))
    counted = prevalence if isinstance(prevalence, Prevalence) else None
    ppv, npv, methods, notes = _values(accuracy, odds, counted, interval, level, prior)
    if counted is not None and counted.at_the_edge:
        notes += ("0.5 was added to both counts of the prevalence (0 or all events).",)
    return PredictiveValues(
        ppv=ppv,
        npv=npv,
        prevalence=np.broadcast_to(share, shape).copy() if shape else float(share),
        window=counted.window if counted is not None else "",
        methods=tuple(np.broadcast_to(methods, 2 * max(odds.mean.size, 1)).tolist()),
        notes=notes,
        new_setting=elsewhere(accuracy, odds, level),
    )


def _check_prior(prior: tuple[float, float], faults: Faults) -> None:
    values = numbers(prior, "prior", (), faults)
    if values.shape != (2,) or not (np.isfinite(values) & (values > 0)).all():
        faults.add("prior", f"{prior!r} must be two Beta parameters", "Give two numbers above zero")


def _common_shape(accuracy: Any, share: Vector, faults: Faults) -> tuple[int, ...]:
    tables = np.shape(getattr(accuracy, "mean", (0, 0)))[:-1]
    try:
        return np.broadcast_shapes(tables, share.shape)
    except ValueError:
        faults.add(
            "prevalence",
            f"its shape {share.shape} does not fit that of the tables, {tables}",
            "Pass one prevalence, one a table, or a column against a row of tables",
        )
        return ()


def _own_values(counts: Counts, share: Vector, level: float) -> PredictiveValues:
    tp, fp, fn, tn = counts
    method = "Clopper-Pearson (the study's own prevalence)"

    return PredictiveValues(
        ppv=replace(proportion(tp, tp + fp, interval="exact", level=level), method=method),
        npv=replace(proportion(tn, tn + fn, interval="exact", level=level), method=method),
        prevalence=share if share.ndim else float(share),
        window="in the study itself",
        methods=(method,) * (2 * share.size),
        notes=(NOBODY,) if ((tp + fp == 0) | (tn + fn == 0)).any() else (),
    )


def _values(
    accuracy: Any,
    odds: Moments,
    counted: Prevalence | None,
    interval: str,
    level: float,
    prior: tuple[float, float],
) -> tuple[Estimate, Estimate, Any, tuple[str, ...]]:
    """Return both values, the method of each entry, and notes."""
    counts: Counts | None = getattr(accuracy, "counts", None)
    if interval == "likelihood-ratio" or is_extreme(accuracy):
        return _substituted(accuracy, odds, level)
    if counts is not None:
        how = (interval, level, prior)
        cells = (("tp", "fp"), ("fn", "tn"))
        found = [value_of_counts(counts, pair, odds, counted, how) for pair in cells]
        ppv, npv = (_named(one, odds, level) for one in found)
        methods = np.concatenate([np.ravel(one.methods) for one in found])
        took_over = interval == "logit" and any(one.credible.any() for one in found)
        return ppv, _mirror(npv), methods, (TOOK_OVER,) if took_over else ()
    ratios = _ratios(accuracy)
    method = "logit, t" if by_t(accuracy) else "logit"
    z = deviate(accuracy, level)
    ppv = _estimate(*normal_limits(odds, ratios.positive, z), odds, level, method)
    npv = _mirror(_estimate(*normal_limits(odds, ratios.negative, z), odds, level, method))
    return ppv, npv, method, _missing([ppv, npv])


def _named(found: Found, odds: Moments, level: float) -> Estimate:
    """Return a predictive value with the methods of its entries."""
    method = "; ".join(np.unique(found.methods).tolist())
    kind: Kind = "credible" if found.credible.all() else "confidence"
    limits = Limits(found.lower, found.upper)
    return _estimate(found.value, limits, found.std_error, odds, level, method, kind)


def _missing(found: list[Estimate]) -> tuple[str, ...]:
    gaps = any(np.isnan(one.summary().to_numpy()).any() for one in found)
    return (NO_LIMITS,) if gaps else ()


def _ratios(accuracy: Any) -> Ratios:
    """Return moments of the log ratios."""
    mean = np.asarray(accuracy.mean)
    if not np.isnan(mean).all():
        return ratio_moments(mean, covariance_of(accuracy))
    both = (accuracy.positive_likelihood_ratio, accuracy.negative_likelihood_ratio)
    with np.errstate(divide="ignore"):
        positive, negative = (
            Moments(np.log(np.asarray(one.value)), np.asarray(one.std_error) ** 2) for one in both
        )
    return Ratios(positive, negative)


def _estimate(
    value: Vector,
    limits: Limits,
    error: ArrayLike,
    odds: Moments,
    level: float,
    method: str,
    kind: Kind = "confidence",
) -> Estimate:
    """Return the estimate; at prevalence 0 or 1 nothing is in doubt."""
    sure = np.isinf(odds.mean)
    certain = expit(odds.mean)
    middle, low, high = (np.where(sure, certain, part) for part in (value, *limits))
    return Estimate(middle, low, high, np.where(sure, 0.0, error), level, method, kind)


def _mirror(one: Estimate) -> Estimate:
    """Return 1 − estimate."""
    value, lower, upper = (1 - np.asarray(x) for x in (one.value, one.upper, one.lower))
    return Estimate(value, lower, upper, one.std_error, one.level, one.method, one.kind)


def _substituted(
    accuracy: Any, odds: Moments, level: float
) -> tuple[Estimate, Estimate, str, tuple[str, ...]]:
    own = hasattr(accuracy, "positive_likelihood_ratio") and hasattr(accuracy, "ratio_interval")
    z = deviate(accuracy, level)
    if own or is_extreme(accuracy):
        if own:
            positive, negative = ratio_limits(accuracy, level)
        else:
            positive = accuracy.positive_likelihood_ratio
            negative = accuracy.negative_likelihood_ratio
        method = f"likelihood-ratio ({positive.method})"
        parts = [
            (np.asarray(r.value), Limits(np.asarray(r.lower), np.asarray(r.upper)))
            for r in (positive, negative)
        ]
    else:
        ratios = ratio_moments(np.asarray(accuracy.mean), covariance_of(accuracy))
        method = "likelihood-ratio (delta)"
        parts = []
        for mean, variance in ratios:
            half = z * np.sqrt(variance)
            parts.append((np.exp(mean), Limits(np.exp(mean - half), np.exp(mean + half))))
    found = []
    for value, limits in parts:
        with np.errstate(divide="ignore", invalid="ignore"):
            centre = expit(odds.mean + np.log(value))
        bounds = substituted_limits(odds, value, limits, z)
        found.append(_estimate(centre, bounds, np.nan, odds, level, method))
    return found[0], _mirror(found[1]), method, _missing(found)
