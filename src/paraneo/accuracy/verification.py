"""Accuracy where not everybody had the reference test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, check_level, numbers
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import normal_quantile
from paraneo.results.estimate import Estimate
from paraneo.results.result import Result

from ._proportions import proportion
from .published import published_accuracy
from .two_by_two import DiagnosticAccuracy

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
    empty = 0.0 in (tp, fp, fn, tn)
    if empty:  # Jeffreys: 0.5 added to each cell, for the limits alone
        cells = [tp + 0.5, fp + 0.5, fn + 0.5, tn + 0.5]
        m1, m0, n1, n0 = m1 + 1, m0 + 1, n1 + 1, n0 + 1
        p1, p0, share = cells[0] / m1, cells[2] / m0, n1 / (n1 + n0)
    else:
        cells = [tp, fp, fn, tn]
    tested = 1 / n1 + 1 / n0
    around = p1 * n1, (1 - p1) * n1, p0 * n0, (1 - p0) * n0
    inverse = 1 / np.array(cells)
    var_se = inverse[0] - 1 / m1 + inverse[2] - 1 / m0 + tested
    var_sp = inverse[1] - 1 / m1 + inverse[3] - 1 / m0 + tested
    covariance = 1 / m1 + 1 / m0 - tested
    prevalence = (ill1 + ill0) / (ill1 + well1 + ill0 + well0)
    near = p1 * share + p0 * (1 - share)
    spread = (
        share**2 * p1 * (1 - p1) / m1
        + (1 - share) ** 2 * p0 * (1 - p0) / m0
        + (p1 - p0) ** 2 * share * (1 - share) / (n1 + n0)
    )
    var_prevalence = spread / (near * (1 - near)) ** 2
    correlation = float(covariance / np.sqrt(var_se * var_sp))
    return VerifiedAccuracy(
        sensitivity=_on_logit((ill1, ill0), (around[0], around[2]), var_se, level),
        specificity=_on_logit((well0, well1), (around[3], around[1]), var_sp, level),
        prevalence=_on_logit((prevalence, 1 - prevalence), (near, 1 - near), var_prevalence, level),
        naive_sensitivity=_naive(tp, tp + fn, level),
        naive_specificity=_naive(tn, tn + fp, level),
        correlation=correlation,
        level=level,
    )


def _on_logit(
    parts: tuple[float, float], around: tuple[float, float], variance: float, level: float
) -> Estimate:
    """Return part/(part + rest), with limits about the same of ``around`` that reach it."""
    if sum(parts) == 0:
        return Estimate(np.nan, 0.0, 1.0, level=level, method="nobody of this kind was verified")
    value, centre = parts[0] / sum(parts), logit(around[0] / sum(around))
    half = normal_quantile(level) * float(np.sqrt(variance))
    low, high = min(expit(centre - half), value), max(expit(centre + half), value)
    how = "Begg-Greenes, logit" + ("" if parts == around else ", limits with 0.5 in each cell")
    return Estimate(value, low, high, float(np.sqrt(variance)), level=level, method=how)


def _naive(x: float, n: float, level: float) -> Estimate:
    return proportion(np.array(x), np.array(n), interval="wilson", level=level)
