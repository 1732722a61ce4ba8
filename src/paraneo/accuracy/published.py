"""The accuracy of a test from published figures, without its table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from paraneo.errors import Faults
from paraneo.gate.arguments import PROBABILITY, check_level, numbers
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.numerics.mover import Bounded
from paraneo.results.estimate import Estimate

from ._predictive import ratio_moments
from ._ratios import FROM_LIMITS, log_limits, mover_difference, ratios_of_limits
from .two_by_two import DiagnosticAccuracy

#: Below this two equations say the same.
LEAST = 1e-9
#: What a printed interval that goes beyond 0 or 1 was made by; and how far it is off symmetry.
NORMAL, ROUNDED = "published, normal interval cut at 0 and 1", 0.0200001


@verb
def published_accuracy(
    *,
    sensitivity: ArrayLike | None = None,
    specificity: ArrayLike | None = None,
    positive_likelihood_ratio: ArrayLike | None = None,
    negative_likelihood_ratio: ArrayLike | None = None,
    level: float = 0.95,
    correlation: float = 0.0,
) -> DiagnosticAccuracy:
    """Take the accuracy of a test as somebody published it.

    Parameters
    ----------
    sensitivity, specificity : float or (estimate, lower, upper)
        Proportions in [0, 1], not percentages. Both, or neither.
    positive_likelihood_ratio, negative_likelihood_ratio : float or triple
        Likelihood ratios, 0 or more; one or both, and only where sensitivity and
        specificity are not given: papers often round the two so that they disagree,
        and then which one was used has to be plain.
    level : float
        Of the published confidence intervals, in (0, 1).
    correlation : float
        Between logit Se and logit Sp, in [−1, 1]; 0 for one study, whose people with
        and without the condition are different people, negative for most pooled figures.

    Returns
    -------
    DiagnosticAccuracy
        With ``counts`` None. What was not given and does not follow is NaN.

    Raises
    ------
    ArgumentError
        Naming every fault at once: percentages, limits in the wrong order, text, only
        one of sensitivity and specificity, both pairs, or nothing at all.

    Notes
    -----
    The standard error is (g(upper) − g(lower))/2z with g the logit for proportions and
    the logarithm for ratios. A limit at 0 or 1 is infinite on that scale; the other
    one, (g(estimate) − g(lower))/z or its mirror, then serves. A bare number has no
    standard error, and what is made from it has no confidence interval. A printed proportion
    of 0 or 1 has no logit: what is made from it has limits by those of both proportions
    (MOVER, Donner and Zou 2012). Limits beyond 0 or 1, such as 0.90 (0.78 to 1.02), are those of
    a normal interval of the proportion, and are read so. Both likelihood ratios give the
    sensitivity, the specificity and the odds ratio that go with them, and their limits where the
    printed ones can be solved for.

    References
    ----------
    Simel, Samsa & Matchar 1991, doi:10.1016/0895-4356(91)90128-V; Donner & Zou 2012,
    doi:10.1177/0962280210367536 (limits from limits).

    Examples
    --------
    >>> published_accuracy(sensitivity=(0.78, 0.45, 0.94), specificity=(0.89, 0.82, 0.93)
    ... ).positive_likelihood_ratio
    7.09 (95% CI 3.98 to 12.6, delta)
    """
    faults = Faults("the published accuracy")
    check_level(level, faults)
    rho = numbers(correlation, "correlation", (), faults)
    if rho.ndim or not -1 <= rho <= 1:
        faults.add("correlation", f"{correlation!r} is not in [-1, 1]", "Give 0 if unknown")
    given = {
        "sensitivity": sensitivity,
        "specificity": specificity,
        "positive_likelihood_ratio": positive_likelihood_ratio,
        "negative_likelihood_ratio": negative_likelihood_ratio,
    }
    read = {k: _read_published(v, k, faults) for k, v in given.items() if v is not None}
    _check_pairs(set(read), faults)
    _check_sides(read, faults)
    faults.raise_any()
    if "sensitivity" in read:
        return _from_proportions(read["sensitivity"], read["specificity"], float(rho), level)
    return _from_ratios(read, level)


def _check_pairs(given: set[str], faults: Faults) -> None:
    proportions = given & {"sensitivity", "specificity"}
    ratios = given - proportions
    if not given:
        faults.add(None, "no figure was given", "Pass sensitivity and specificity, or ratios")
    if proportions and ratios:
        faults.add(
            None,
            "both proportions and likelihood ratios were given, which need not agree",
            "Make one accuracy of each and compare them",
        )
    elif len(proportions) == 1:
        absent = ({"sensitivity", "specificity"} - proportions).pop()
        faults.add(absent, "is needed with the other one", "Pass both")


def _check_sides(read: dict[str, Vector], faults: Faults) -> None:
    """Note two likelihood ratios on one side of 1, which no accuracy has."""
    both = [read.get(f"{side}_likelihood_ratio") for side in ("positive", "negative")]
    plus, minus = (np.nan if one is None else float(one[0]) for one in both)
    if (plus - 1) * (minus - 1) > 0:
        faults.add(
            "negative_likelihood_ratio",
            f"{minus:g} beside a positive one of {plus:g} is not possible: no sensitivity and "
            "specificity have both on one side of 1",
            "Check that neither was inverted",
        )


def _read_published(value: ArrayLike, name: str, faults: Faults) -> Vector:
    """Return estimate, lower and upper; limits are NaN for a bare number."""
    before = len(faults.found)
    share = name in ("sensitivity", "specificity")
    triple = numbers(value, name, (), faults)
    if share and not (len(faults.found) == before and _is_normal(triple)):
        del faults.found[before:]
        triple = numbers(value, name, PROBABILITY, faults)
    bad = bool(
        np.isnan(triple).any() or (triple < 0).any() or (not share and triple.ravel()[:1] == np.inf)
    )
    if triple.shape not in ((), (3,)):
        faults.add(name, "is neither a number nor three", "Pass (estimate, lower, upper)")
    elif not share and len(faults.found) == before and bad:
        faults.add(name, f"{value!r} is not a likelihood ratio", "Ratios are 0 or more")
    if len(faults.found) > before:
        return np.full(3, np.nan)
    if triple.ndim == 0:
        return np.asarray([float(triple), np.nan, np.nan])
    if not triple[1] <= triple[0] <= triple[2]:
        faults.add(
            name,
            "does not run lower <= estimate <= upper",
            "Write (estimate, lower, upper) in that order",
        )
    return triple


def _is_normal(triple: Vector) -> bool:
    """Return whether limits of a proportion lie beyond 0 or 1 as p ± z·SE may.

    Such an interval is symmetric, but for the rounding of two decimals.
    """
    if triple.shape != (3,) or not np.isfinite(triple).all():
        return False
    value, low, high = (float(x) for x in triple)
    inside = 0 < value < 1 and value - 1 < low < value < high < value + 1
    return inside and (low < 0 or high > 1) and abs(low + high - 2 * value) <= ROUNDED


def _logit_error(triple: Vector, level: float) -> float:
    """Return the standard error of a logit from a printed proportion with its limits."""
    if _is_normal(triple):  # that of the proportion, carried by the delta method
        spread = float(triple[2] - triple[1]) / (2 * normal_quantile(level))
        return spread / float(triple[0] * (1 - triple[0]))
    return recovered_error(logit(triple), level)


def recovered_error(on_scale: Vector, level: float) -> float:
    """Return the standard error from (estimate, lower, upper) on a scale; NaN if none."""
    centre, low, high = (float(x) for x in on_scale)
    z = normal_quantile(level)
    if np.isfinite(low) and np.isfinite(high):
        return (high - low) / (2 * z)
    if np.isfinite(centre) and np.isfinite(low):
        return (centre - low) / z
    return (high - centre) / z if np.isfinite(centre) and np.isfinite(high) else np.nan


def _published(triple: Vector, std_error: float, level: float, what: str) -> Estimate:
    return Estimate(triple[0], triple[1], triple[2], std_error, level=level, method=what)


def _unknown(level: float) -> Estimate:
    return Estimate(np.nan, np.nan, np.nan, level=level, method="not given")


def _from_proportions(se: Vector, sp: Vector, rho: float, level: float) -> DiagnosticAccuracy:
    errors = [_logit_error(part, level) for part in (se, sp)]
    said = [NORMAL if _is_normal(part) else "published" for part in (se, sp)]
    se, sp = (np.clip(part, 0.0, 1.0) for part in (se, sp))
    mean = np.asarray([logit(se[0]), logit(sp[0])])
    covariance = np.outer(errors, errors) * np.asarray([[1.0, rho], [rho, 1.0]])
    ratios = ratio_moments(mean, covariance)

    def derived(centre: ArrayLike, variance: ArrayLike) -> Estimate:
        value, std_error = np.exp(centre), np.sqrt(variance)
        return Estimate(
            value, *log_limits(value, std_error, level), std_error, level=level, method="delta"
        )

    bounded = Bounded(*map(np.asarray, se)), Bounded(*map(np.asarray, sp))
    if np.isfinite(mean).all():
        parts = [derived(*ratios.positive), derived(*ratios.negative)]
        with np.errstate(invalid="ignore", over="ignore"):
            parts.append(derived(mean.sum(), covariance.sum()))
    else:  # a logit is infinite
        made = ratios_of_limits(*bounded)
        parts = [Estimate(*one, level=level, method=FROM_LIMITS) for one in made]
    positive, negative, odds = parts
    return DiagnosticAccuracy(
        sensitivity=_published(se, errors[0], level, said[0]),
        specificity=_published(sp, errors[1], level, said[1]),
        positive_likelihood_ratio=positive,
        negative_likelihood_ratio=negative,
        diagnostic_odds_ratio=odds,
        youden=_youden(bounded, errors, rho, level),
        mean=mean,
        counts=None,
        design="published",
        ratio_interval="log",
        level=float(level),
        _covariance=covariance,
    )


def _youden(
    bounded: tuple[Bounded, Bounded], errors: list[float], rho: float, level: float
) -> Estimate:
    """Return Youden's index: Newcombe's hybrid of both limits, with its correlation."""
    se, sp = bounded
    slopes = np.asarray([one.value * (1 - one.value) for one in bounded]) * errors
    std_error = float(np.sqrt(slopes @ np.asarray([[1.0, rho], [rho, 1.0]]) @ slopes))
    found = mover_difference(se, sp, rho)
    return Estimate(*found, std_error, level, "Newcombe hybrid of both limits")


def _from_ratios(read: dict[str, Vector], level: float) -> DiagnosticAccuracy:
    ratios: dict[str, Any] = {}
    for name in ("positive_likelihood_ratio", "negative_likelihood_ratio"):
        if name in read:
            with np.errstate(divide="ignore"):
                std_error = recovered_error(np.log(read[name]), level)
            ratios[name] = _published(read[name], std_error, level, "published")
        else:
            ratios[name] = _unknown(level)
    implied = _implied(read, ratios, level) if len(read) == 2 else None
    if implied is not None:
        return replace(implied, **ratios)
    return DiagnosticAccuracy(
        sensitivity=_unknown(level),
        specificity=_unknown(level),
        **ratios,
        diagnostic_odds_ratio=_unknown(level),
        youden=_unknown(level),
        mean=np.full(2, np.nan),
        counts=None,
        design="published",
        ratio_interval="log",
        level=float(level),
        _covariance=np.full((2, 2), np.nan),
    )


def _implied(
    read: dict[str, Vector], ratios: dict[str, Estimate], level: float
) -> DiagnosticAccuracy | None:
    """Return the accuracy that two likelihood ratios make: Sp = (LR+ − 1)/(LR+ − LR−).

    The variances of both logits solve var log LR+ = (1 − Se)² v₁ + Sp² v₂ and
    var log LR− = Se² v₁ + (1 − Sp)² v₂. None where neither ratio tells people apart.
    """
    plus, minus = (float(one[0]) for one in read.values())
    if plus == minus:
        return None
    specificity = (plus - 1) / (plus - minus)
    sensitivity = plus * (1 - specificity)
    slopes = np.asarray(
        [[(1 - sensitivity) ** 2, specificity**2], [sensitivity**2, (1 - specificity) ** 2]]
    )
    wanted = np.asarray([one.std_error for one in ratios.values()]) ** 2
    inside = 0 < sensitivity < 1 and 0 < specificity < 1
    known = inside and abs(np.linalg.det(slopes)) > LEAST and np.isfinite(wanted).all()
    variance = np.linalg.solve(slopes, wanted) if known else np.full(2, np.nan)
    variance = np.where(variance.min() > 0, variance, np.nan)
    parts = []
    for share, error in zip((sensitivity, specificity), np.sqrt(variance), strict=True):
        half = normal_quantile(level) * error
        place = float(logit(share))
        parts.append(np.asarray([share, expit(place - half), expit(place + half)]))
    made = _from_proportions(parts[0], parts[1], 0.0, level)
    if not np.isfinite(variance).all():  # the ratios themselves say more than such a mean
        nothing = np.full(2, np.nan), np.full((2, 2), np.nan)
        made = replace(made, mean=nothing[0], _covariance=nothing[1])
    how = "from both likelihood ratios"
    names = ("sensitivity", "specificity", "diagnostic_odds_ratio", "youden")
    return replace(made, **{name: replace(getattr(made, name), method=how) for name in names})
