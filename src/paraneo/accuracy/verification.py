"""Accuracy where not everybody had the reference test, and prevalence by an imperfect test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, PROBABILITY, check_level, check_option, numbers, together
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.results.estimate import Estimate
from paraneo.results.result import Result

from ._predictive import covariance_of
from ._proportions import NAMES, ProportionInterval, proportion, proportion_limits
from .published import published_accuracy
from .two_by_two import Counts, DiagnosticAccuracy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VerifiedAccuracy(Result):
    """Accuracy corrected for verifying some people only.

    Attributes
    ----------
    sensitivity, specificity, prevalence : Estimate
        Corrected, with confidence intervals made on the logit scale.
    naive_sensitivity, naive_specificity : Estimate
        Of the verified people alone, with Wilson intervals: biased, shown for comparison.
    correlation : float
        Between the estimates of logit Se and logit Sp.
    level : float
        Of all confidence intervals.
    """

    sensitivity: Estimate
    specificity: Estimate
    prevalence: Estimate
    naive_sensitivity: Estimate
    naive_specificity: Estimate
    correlation: float
    level: float

    def summary(self) -> pd.DataFrame:
        """Return one row a measure: ``measure estimate lower upper method``."""
        names = (
            "sensitivity",
            "specificity",
            "prevalence",
            "naive_sensitivity",
            "naive_specificity",
        )
        found: list[Estimate] = [getattr(self, name) for name in names]
        frame = pd.concat([one.summary() for one in found], ignore_index=True)
        frame.insert(0, "measure", names)
        return frame.assign(method=[one.method for one in found])

    @property
    def accuracy(self) -> DiagnosticAccuracy:
        """The corrected accuracy, its correlation kept, for ``predictive_values``."""
        se, sp = (
            (float(one.value), float(one.lower), float(one.upper))
            for one in (self.sensitivity, self.specificity)
        )
        known = not np.isnan([*se, *sp]).any()
        return published_accuracy(
            sensitivity=se if known else se[0],
            specificity=sp if known else sp[0],
            correlation=self.correlation if known else 0.0,
            level=self.level,
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the corrected and the naive proportions with their limits."""
        from paraneo.plotting.forest import forest

        frame = self.summary()
        frame["measure"] = frame["measure"].str.replace("_", " ")
        label = f"Proportion ({100 * self.level:g}% CI)"
        return forest(frame, label="measure", xlabel=label, reference=0.5, log=False, ax=ax)

    def _heading(self) -> str:
        return f"Accuracy corrected for partial verification, {100 * self.level:g}% CI"


@verb
def verified_accuracy(
    tp: int,
    fp: int,
    fn: int,
    tn: int,
    *,
    unverified_positive: int,
    unverified_negative: int,
    level: float = 0.95,
) -> VerifiedAccuracy:
    r"""Correct sensitivity and specificity for verifying some people only (Begg–Greenes).

    Where people with a positive test are verified more often than those with a negative
    one, sensitivity among the verified is too high and specificity too low. With
    :math:`\varphi` the proportion positive among all tested, and :math:`p_1, p_0` the proportions
    with the condition among verified positives and negatives,

    .. math:: \mathrm{Se} = \frac{p_1 \varphi}{p_1 \varphi + p_0 (1 - \varphi)}, \quad
       \mathrm{Sp} = \frac{(1 - p_0)(1 - \varphi)}{(1 - p_0)(1 - \varphi) + (1 - p_1)\varphi}.

    Parameters
    ----------
    tp, fp, fn, tn : int
        Verified people: true and false positives, false and true negatives.
    unverified_positive, unverified_negative : int
        People with a positive and with a negative test whose condition is not known.
    level : float
        Of the two-sided confidence intervals, in (0, 1).

    Returns
    -------
    VerifiedAccuracy

    Raises
    ------
    ArgumentError
        Naming every fault at once: counts negative or not whole, nobody verified among
        positives or among negatives.

    Notes
    -----
    It is assumed that, given the test's result, whether somebody was verified has nothing
    to do with the condition. Where symptoms beside the test led to verification, this does
    not hold. With :math:`m` verified and :math:`n` tested, var logit Se is
    :math:`(1-p_1)/(m_1 p_1) + (1-p_0)/(m_0 p_0) + 1/n_1 + 1/n_0`, and Se and Sp covary by
    :math:`1/m_1 + 1/m_0 - 1/n_1 - 1/n_0` on the logit scale. Nothing is added to an empty
    verified cell: where Se or Sp is 0 or 1 its confidence limits are NaN.

    References
    ----------
    Begg CB, Greenes RA. Biometrics 1983;39:207-215. doi:10.2307/2530820.

    Examples
    --------
    Liver scans, with 344 of 650 patients verified (Drum & Christacopoulos 1972):

    >>> scan = verified_accuracy(231, 32, 27, 54, unverified_positive=166,
    ...                          unverified_negative=140)
    >>> scan.summary()[["measure", "estimate", "lower", "upper"]].round(2)
                 measure  estimate  lower  upper
    0        sensitivity      0.84   0.78   0.88
    1        specificity      0.74   0.66   0.81
    2         prevalence      0.69   0.64   0.74
    3  naive_sensitivity      0.90   0.85   0.93
    4  naive_specificity      0.63   0.52   0.72
    """
    faults = Faults("the partly verified table")
    check_level(level, faults)
    given = {
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "tn": tn,
        "unverified_positive": unverified_positive,
        "unverified_negative": unverified_negative,
    }
    read = {name: numbers(value, name, COUNT, faults) for name, value in given.items()}
    for name, value in read.items():
        if value.ndim:
            faults.add(name, "must be one number", "Correct one table at a time")
    if not faults.found:
        for one, other, who in (("tp", "fp", "positive"), ("fn", "tn", "negative")):
            if read[one] + read[other] == 0:
                faults.add(
                    f"{one} + {other}",
                    f"nobody with a {who} test was verified",
                    "Without any, the accuracy cannot be corrected",
                )
    faults.raise_any()
    return _corrected(*(float(value) for value in read.values()), level=float(level))


def _corrected(
    tp: float, fp: float, fn: float, tn: float, more: float, fewer: float, *, level: float
) -> VerifiedAccuracy:
    m1, m0 = tp + fp, fn + tn
    n1, n0 = m1 + more, m0 + fewer
    share, p1, p0 = n1 / (n1 + n0), tp / m1, fn / m0
    # the four kinds of people among all tested
    ill1, well1, ill0, well0 = p1 * n1, (1 - p1) * n1, p0 * n0, (1 - p0) * n0
    tested = 1 / n1 + 1 / n0
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / np.array([tp, fp, fn, tn])
    var_se = inverse[0] - 1 / m1 + inverse[2] - 1 / m0 + tested
    var_sp = inverse[1] - 1 / m1 + inverse[3] - 1 / m0 + tested
    covariance = 1 / m1 + 1 / m0 - tested
    prevalence = p1 * share + p0 * (1 - share)
    spread = (
        share**2 * p1 * (1 - p1) / m1
        + (1 - share) ** 2 * p0 * (1 - p0) / m0
        + (p1 - p0) ** 2 * share * (1 - share) / (n1 + n0)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        var_prevalence = np.float64(spread) / (prevalence * (1 - prevalence)) ** 2
        correlation = float(covariance / np.sqrt(var_se * var_sp))
    return VerifiedAccuracy(
        sensitivity=_on_logit(ill1, ill0, var_se, level),
        specificity=_on_logit(well0, well1, var_sp, level),
        prevalence=_on_logit(prevalence, 1 - prevalence, var_prevalence, level),
        naive_sensitivity=_naive(tp, tp + fn, level),
        naive_specificity=_naive(tn, tn + fp, level),
        correlation=correlation,
        level=level,
    )


def _on_logit(part: float, rest: float, variance: float, level: float) -> Estimate:
    if part + rest == 0:
        return Estimate(np.nan, np.nan, np.nan, level=level, method="Begg-Greenes, logit")
    value = part / (part + rest)
    inside = 0 < value < 1 and np.isfinite(variance)
    std_error = float(np.sqrt(variance)) if inside else np.nan
    half = normal_quantile(level) * std_error
    centre = logit(value) if inside else np.nan
    low, high = expit(centre - half), expit(centre + half)
    return Estimate(value, low, high, std_error, level=level, method="Begg-Greenes, logit")


def _naive(x: float, n: float, level: float) -> Estimate:
    return proportion(np.array(x), np.array(n), interval="wilson", level=level)


@verb
def rogan_gladen_prevalence(
    positives: ArrayLike,
    n: ArrayLike,
    *,
    sensitivity: ArrayLike | None = None,
    specificity: ArrayLike | None = None,
    accuracy: DiagnosticAccuracy | None = None,
    interval: ProportionInterval = "wilson",
    level: float = 0.95,
) -> Estimate:
    r"""Estimate how common a condition is from an imperfect test.

    With :math:`q` the proportion that tests positive,
    :math:`\pi = (q + \mathrm{Sp} - 1) / (\mathrm{Se} + \mathrm{Sp} - 1)`, kept in [0, 1].

    Parameters
    ----------
    positives, n : int or array
        People who tested positive, and people tested.
    sensitivity, specificity : float or array
        Known, in [0, 1], not percentages. Give these or ``accuracy``.
    accuracy : DiagnosticAccuracy
        Estimated from other people; its uncertainty is then carried.
    interval : str, default "wilson"
        How the confidence interval of the proportion positive is made, as in
        `diagnostic_accuracy`; the formula turns it into that of the prevalence. With
        ``accuracy`` of counted people it is Lang and Reiczigel's, which adds pseudo-counts so that
        an empty cell is not taken as knowledge; of a pooled or published one the delta method.
    level : float
        In (0, 1).

    Returns
    -------
    Estimate
        The prevalence with its confidence interval, within [0, 1]: one frozen value, whose
        ``summary()`` has the columns of every estimate.

    Raises
    ------
    ArgumentError
        Naming every fault at once: counts that are not whole, more positives than people, a test
        no better than chance (Se + Sp ≤ 1), both or neither way to give the accuracy.

    References
    ----------
    Rogan WJ, Gladen B. Am J Epidemiol 1978;107:71-76.
    doi:10.1093/oxfordjournals.aje.a112510. Lang Z, Reiczigel J. Prev Vet Med 2014;113:13-22.
    doi:10.1016/j.prevetmed.2013.09.015.

    Examples
    --------
    >>> rogan_gladen_prevalence(15, 100, sensitivity=0.9, specificity=0.95)
    0.118 (95% CI 0.0507 to 0.215, Rogan-Gladen, Wilson)
    """
    faults = Faults("the prevalence by an imperfect test")
    check_level(level, faults)
    check_option(interval, NAMES, "interval", faults)
    given = {"positives": positives, "n": n}
    arrays = {name: numbers(value, name, COUNT, faults) for name, value in given.items()}
    known = {"sensitivity": sensitivity, "specificity": specificity}
    if (accuracy is None) == any(value is None for value in known.values()):
        faults.add(
            "accuracy",
            "the accuracy is given twice or not at all",
            "Pass sensitivity and specificity, or accuracy",
        )
    if accuracy is not None:
        arrays["sensitivity"] = np.asarray(accuracy.sensitivity.value)
        arrays["specificity"] = np.asarray(accuracy.specificity.value)
    elif not any(value is None for value in known.values()):
        for name, value in known.items():
            arrays[name] = numbers(value, name, PROBABILITY, faults)  # type: ignore[arg-type]
    arrays = together(arrays, faults)
    if not faults.found:
        _check_people(arrays, faults)
    faults.raise_any()
    x, people, se, sp = (arrays[k] for k in ("positives", "n", "sensitivity", "specificity"))
    if accuracy is not None and accuracy.counts is not None:
        return _by_adjusted_counts(x, people, accuracy.counts, level)
    if accuracy is not None:
        return _by_delta(x, people, accuracy, level)
    low, high = proportion_limits(x, people, interval=interval, level=level)
    value, lower, upper = (
        np.clip((q + sp - 1) / (se + sp - 1), 0.0, 1.0) for q in (x / people, low, high)
    )
    return Estimate(value, lower, upper, level=level, method=f"Rogan-Gladen, {NAMES[interval]}")


def _check_people(arrays: dict[str, Vector], faults: Faults) -> None:
    def rows(broken: NDArray[np.bool_]) -> list[int]:
        return [int(i) for i in np.flatnonzero(broken)] if np.ndim(broken) else []

    x, n = arrays["positives"], arrays["n"]
    if np.any(n == 0):
        faults.add("n", "nobody was tested", "Leave such a group out", rows=rows(n == 0))
    if np.any(x > n):
        faults.add(
            "positives",
            "there are more positives than people tested",
            "Check both counts",
            rows=rows(x > n),
        )
    chance = arrays["sensitivity"] + arrays["specificity"] <= 1
    if np.any(chance):
        faults.add(
            "sensitivity + specificity",
            "is not above 1: such a test carries no information about the prevalence",
            "Check that they were not exchanged",
            rows=rows(chance),
        )


def _by_adjusted_counts(x: Vector, n: Vector, counts: Counts, level: float) -> Estimate:
    """Return the interval of Lang and Reiczigel, its midpoint moved by the adjusted counts."""
    tp, fp, fn, tn = counts
    z = normal_quantile(level)
    value = np.clip((x / n - fp / (fp + tn)) / (tp / (tp + fn) - fp / (fp + tn)), 0.0, 1.0)
    people, ill, well = n + z**2, tp + fn + 2.0, tn + fp + 2.0
    q, se, sp = (x + z**2 / 2) / people, (tp + 1.0) / ill, (tn + 1.0) / well
    gap = se + sp - 1
    gap = np.where(gap > 0, gap, np.nan)  # so few people that the test may be no better than chance
    share = (q + sp - 1) / gap
    of_ill, of_well = se * (1 - se) / ill, sp * (1 - sp) / well
    middle = share + 2 * z**2 * (share * of_ill - (1 - share) * of_well)
    variance = q * (1 - q) / people + share**2 * of_ill + (1 - share) ** 2 * of_well
    std_error = np.sqrt(variance) / gap
    low, high = (np.clip(middle + side * z * std_error, 0.0, 1.0) for side in (-1, 1))
    low, high = np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=1.0)
    limits = np.minimum(low, value), np.maximum(high, value)
    return Estimate(value, *limits, std_error, level=level, method="Rogan-Gladen, Lang-Reiczigel")


def _by_delta(x: Vector, n: Vector, accuracy: DiagnosticAccuracy, level: float) -> Estimate:
    se, sp = (np.asarray(one.value) for one in (accuracy.sensitivity, accuracy.specificity))
    gap, q = se + sp - 1, x / n
    raw = (q + sp - 1) / gap
    slopes = np.stack([se * (1 - se), sp * (1 - sp)], axis=-1)
    with np.errstate(invalid="ignore"):
        spread = covariance_of(accuracy) * slopes[..., :, None] * slopes[..., None, :]
    # at 0 or 1 the logit has no variance; the proportion's own is then 0 as well
    spread = np.where(np.isfinite(spread), spread, 0.0)
    lean = np.stack([-raw, 1 - raw], axis=-1)
    variance = q * (1 - q) / n + np.einsum("...i,...ij,...j->...", lean, spread, lean)
    std_error = np.sqrt(variance) / gap
    half = normal_quantile(level) * std_error
    low, value, high = (np.clip(v, 0.0, 1.0) for v in (raw - half, raw, raw + half))
    return Estimate(value, low, high, std_error, level=level, method="Rogan-Gladen, delta")
