"""How common a condition is, from a test that errs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, xlog1py, xlogy

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, PROBABILITY, check_level, check_option, numbers, together
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, normal_quantile, t_quantile
from paraneo.numerics.roots import close_roots
from paraneo.results.estimate import Estimate

from ._predictive import covariance_of
from ._proportions import NAMES, ProportionInterval, proportion_limits
from .new_setting import df_of
from .two_by_two import Counts


@verb
def rogan_gladen_prevalence(
    positives: ArrayLike,
    n: ArrayLike,
    *,
    sensitivity: ArrayLike | None = None,
    specificity: ArrayLike | None = None,
    accuracy: Any = None,
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
    accuracy : DiagnosticAccuracy, PooledAccuracy or alike
        Estimated from other people; its uncertainty is then carried.
    interval : str, default "wilson"
        How the confidence interval of the proportion positive is made, as in
        `diagnostic_accuracy`; the formula turns it into that of the prevalence. With
        ``accuracy`` of counted people it is Lang and Reiczigel's, which adds pseudo-counts so that
        an empty cell is not taken as knowledge; of a pooled or published one the distances of all
        three limits are joined by squares (MOVER), the accuracy's own degrees of freedom kept.
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
    if accuracy is not None and not hasattr(accuracy, "sensitivity"):
        said = f"it is of type {type(accuracy).__name__}, not an accuracy"
        faults.add("accuracy", said, "Make one with diagnostic_accuracy(tp, fp, fn, tn)")
    elif accuracy is not None:
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
    counts = getattr(accuracy, "counts", None)
    if counts is not None:
        return _by_adjusted_counts(x, people, counts, level)
    if accuracy is not None:
        return _by_limits(x, people, accuracy, interval, level)
    low, high = proportion_limits(x, people, interval=interval, level=level)
    value, lower, upper = (
        np.clip((q + sp - 1) / (se + sp - 1), 0.0, 1.0) for q in (x / people, low, high)
    )
    lower, upper = _reaching(value, lower, upper, (x, people, se, sp), level)
    return Estimate(value, lower, upper, level=level, method=f"Rogan-Gladen, {NAMES[interval]}")


def _reaching(
    value: Vector, lower: Vector, upper: Vector, given: tuple[Vector, ...], level: float
) -> tuple[Vector, Vector]:
    """Widen limits that lie on a bound, by the likelihood ratio within [0, 1].

    So few people (or so many) test positive there that no prevalence explains it well; which
    ones explain it worse than the bound does is what the data still say.
    """
    x, n, se, sp = (np.broadcast_to(part, value.shape) for part in given)
    fall = normal_quantile(level) ** 2 / 2

    def height(share: Vector, x: Vector, n: Vector, se: Vector, sp: Vector) -> Vector:
        q = share * se + (1 - share) * (1 - sp)
        return np.asarray(xlogy(x, q) + xlog1py(n - x, -q))

    def limit(near: float, far: float) -> Vector:
        ends = np.full(value.shape, near), np.full(value.shape, far)
        parts = (x, n, se, sp)
        top = height(ends[0], *parts)
        never = top - height(ends[1], *parts) < fall

        def gap(share: Vector, top: Vector, *rest: Vector) -> Vector:
            return height(share, *rest) - top + fall

        inside = np.where(never, near, ends[1])
        found = close_roots(gap, ends[0], inside, top, *parts)
        return np.where(never, far, found)

    if ((value == 0) & (upper <= 0)).any():
        upper = np.where((value == 0) & (upper <= 0), limit(0.0, 1.0), upper)
    if ((value == 1) & (lower >= 1)).any():
        lower = np.where((value == 1) & (lower >= 1), limit(1.0, 0.0), lower)
    return lower, upper


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
    limits = _reaching(
        value, np.minimum(low, value), np.maximum(high, value), (x, n, se, sp), level
    )
    return Estimate(value, *limits, std_error, level=level, method="Rogan-Gladen, Lang-Reiczigel")


def _by_limits(x: Vector, n: Vector, accuracy: Any, interval: str, level: float) -> Estimate:
    """Join the distances of the limits of q, Se and Sp by squares (MOVER), each moved alone."""
    q = x / n
    low, high = proportion_limits(x, n, interval=interval, level=level)
    se, sp = (np.asarray(one.value) for one in (accuracy.sensitivity, accuracy.specificity))
    (se_low, se_high), (sp_low, sp_high) = _own_limits(accuracy, level)
    rho = _correlation(accuracy)

    def share(q: Vector, se: Vector, sp: Vector) -> Vector:
        return np.asarray((q + sp - 1) / np.maximum(se + sp - 1, 1e-12))

    raw = share(q, se, sp)

    def distance(q: Vector, se_end: Vector, sp_end: Vector) -> Vector:
        of_q, of_se = share(q, se, sp) - raw, share(x / n, se_end, sp) - raw
        of_sp = share(x / n, se, sp_end) - raw
        # a higher Se and a higher Sp move the prevalence in opposite directions
        total = of_q**2 + of_se**2 + of_sp**2 - 2 * rho * of_se * of_sp
        return np.sqrt(np.maximum(total, 0.0))

    # where there are fewer positives than false ones, a higher Se raises the negative value
    lower = raw - distance(low, np.where(raw > 0, se_high, se_low), sp_low)
    upper = raw + distance(high, np.where(raw > 0, se_low, se_high), sp_high)
    value, lower, upper = (np.clip(part, 0.0, 1.0) for part in (raw, lower, upper))
    lower, upper = _reaching(value, lower, upper, (x, n, se, sp), level)
    return Estimate(value, lower, upper, level=level, method="Rogan-Gladen, MOVER")


def _own_limits(accuracy: Any, level: float) -> list[tuple[Vector, Vector]]:
    """Return limits of Se and of Sp: by their logits, or as they are where one is infinite."""
    found = []
    covariance = covariance_of(accuracy)
    for k, one in enumerate((accuracy.sensitivity, accuracy.specificity)):
        place = np.asarray(accuracy.mean)[..., k]
        half = t_quantile(level, df_of(accuracy)) * np.sqrt(covariance[..., k, k])
        inside = np.isfinite(place) & np.isfinite(half)
        ends = (expit(np.where(inside, place + side * half, 0.0)) for side in (-1, 1))
        own = (np.asarray(one.lower), np.asarray(one.upper))
        low, high = (np.where(inside, a, b) for a, b in zip(ends, own, strict=True))
        found.append((low, high))
    return found


def _correlation(accuracy: Any) -> Vector:
    covariance = covariance_of(accuracy)
    with np.errstate(divide="ignore", invalid="ignore"):
        rho = covariance[..., 0, 1] / np.sqrt(covariance[..., 0, 0] * covariance[..., 1, 1])
    return np.asarray(np.where(np.isfinite(rho), rho, 0.0))
