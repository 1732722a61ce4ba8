"""Several tests read together: the accuracy of a panel, and what each pattern means."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, PROBABILITY, check_level, check_option, numbers
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, t_quantile
from paraneo.numerics.mover import Bounded
from paraneo.results.coefficients import covariance_frame
from paraneo.results.estimate import Estimate
from paraneo.results.result import Result

from ._predictive import covariance_of, ratio_moments
from ._ratios import FROM_LIMITS, ratios_of_limits
from .new_setting import df_of
from .published import recovered_error
from .two_by_two import diagnostic_accuracy

Rule = Literal["any", "all", "serial"]
MEASURES = ("sensitivity", "specificity")
#: Patterns double with each test.
MOST_TESTS = 8
#: Step of the differences behind the delta method, on the logit scale.
STEP = 1e-5


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PanelAccuracy(Result):
    """The accuracy of a panel of tests under a rule.

    Attributes
    ----------
    sensitivity, specificity : Estimate
        Of the panel.
    mean, covariance : array, shape (2,), and DataFrame
        Of (logit Se, logit Sp), for `predictive_values`.
    tests : tuple of str
    rule : str
    patterns : pandas.DataFrame
        A row a pattern: the tests (True where positive), ``panel``, ``given_condition`` and
        ``given_none``: its chance with and without the condition.
    tests_used : tuple of float
        Mean number of tests done in people with and without the condition; with
        ``serial`` a test is done only after those before it were positive.
    level : float
    df : float
        Degrees of freedom of the limits: the fewest among the accuracies that went in; infinite
        where all of them have normal limits.
    """

    sensitivity: Estimate
    specificity: Estimate
    mean: Vector
    covariance: pd.DataFrame
    tests: tuple[str, ...]
    rule: str
    patterns: pd.DataFrame
    tests_used: tuple[float, float]
    level: float
    df: float
    _log_ratio_error: Vector

    def summary(self) -> pd.DataFrame:
        """Return ``measure estimate lower upper`` for sensitivity and specificity."""
        frame = pd.concat([self.sensitivity.summary(), self.specificity.summary()])
        frame.insert(0, "measure", MEASURES)
        return frame.reset_index(drop=True)

    @property
    def positive_likelihood_ratio(self) -> Estimate:
        """Se/(1 − Sp) of the panel, with limits."""
        return self._ratio(0)

    @property
    def negative_likelihood_ratio(self) -> Estimate:
        """(1 − Se)/Sp of the panel, with limits."""
        return self._ratio(1)

    def _ratio(self, which: int) -> Estimate:
        if np.isfinite(self.mean).all():
            one = ratio_moments(self.mean, covariance_of(self))[which]
            half = t_quantile(self.level, self.df) * np.sqrt(one.variance)
            value, low, high = (np.exp(one.mean + move) for move in (0.0, -half, half))
            error = np.sqrt(one.variance)
            return Estimate(value, low, high, error, self.level, "delta, log scale")
        both = (self.sensitivity, self.specificity)
        made = ratios_of_limits(
            *(Bounded(*map(np.asarray, (x.value, x.lower, x.upper))) for x in both)
        )
        return Estimate(*made[which], level=self.level, method=FROM_LIMITS)

    def posterior(self, prevalence: float) -> pd.DataFrame:
        """Return the probability of the condition given each pattern of results.

        Parameters
        ----------
        prevalence : float
            In [0, 1], not a percentage.

        Returns
        -------
        pandas.DataFrame
            The tests, ``likelihood_ratio estimate lower upper``; NaN for a pattern that
            nobody can have; confidence limits are NaN where it was not observed.
        """
        faults = Faults("the prevalence")
        share = numbers(prevalence, "prevalence", PROBABILITY, faults)
        faults.raise_any()
        ill, well = (
            self.patterns[name].to_numpy(dtype=np.float64)
            for name in ("given_condition", "given_none")
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = ill / well
            centre = logit(share) + np.log(ratio)
            half = t_quantile(self.level, self.df) * self._log_ratio_error
            return self.patterns[list(self.tests)].assign(
                likelihood_ratio=ratio,
                estimate=expit(centre),
                lower=expit(centre - half),
                upper=expit(centre + half),
            )

    def _heading(self) -> str:
        first = f"Panel of {', '.join(self.tests)}: positive if {self.rule}"
        gaps = self.summary()["lower"].isna().any()
        return first + ("\nA test without limits gives the panel none." if gaps else "")


@verb
def panel_accuracy(
    tests: Any,
    *,
    rule: Rule = "any",
    diseased: str = "diseased",
    healthy: str = "healthy",
    covariance: tuple[float, float] | None = None,
    level: float = 0.95,
) -> PanelAccuracy:
    """Estimate the accuracy of several tests read together.

    Parameters
    ----------
    tests : frame, or mapping from name to accuracy
        A frame is the joint table: one column a test (0 or 1), one row a pattern, and the
        people with and without the condition who had it; no independence is assumed. A
        mapping gives the accuracy of each test (anything with ``.mean`` and ``.covariance``
        of logit Se and logit Sp), to be combined as independent given the condition,
        or with ``covariance``.
    rule : {"any", "all", "serial"}, default "any"
        Positive where any test is; where all are; or the same as ``all``, each test being
        done only after those before it were positive.
    diseased, healthy : str
        Columns of the joint table.
    covariance : (float, float), optional
        Of two tests' results in people with and in people without the condition, where
        they are not independent; positive where both tend to err in the same people.
    level : float
        In (0, 1).

    Returns
    -------
    PanelAccuracy

    Raises
    ------
    ArgumentError, TableError
        Naming every fault at once: fewer than two tests, results other than 0 and 1, a
        pattern twice, nobody with or without the condition, a covariance that the two
        accuracies do not allow.

    Notes
    -----
    Confidence intervals: Wilson's from a joint table; by the delta method on the logit scale
    from accuracies, or where one of them is 0 or 1 from the limits of each (MOVER). Tests on the
    same blood are rarely independent: with positive covariance a panel is worse than independence
    says.

    References
    ----------
    Vacek 1985, doi:10.2307/2530967 (conditional dependence); Pepe 2003, The Statistical
    Evaluation of Medical Tests, ch. 9.

    Examples
    --------
    >>> from paraneo import published_accuracy
    >>> tif1 = published_accuracy(sensitivity=(0.6, 0.45, 0.73), specificity=(0.87, 0.8, 0.92))
    >>> nxp2 = published_accuracy(sensitivity=(0.2, 0.1, 0.36), specificity=(0.9, 0.84, 0.94))
    >>> panel_accuracy({"TIF1": tif1, "NXP2": nxp2}, rule="any").sensitivity
    0.680 (95% CI 0.544 to 0.791, delta, logit scale)
    """
    faults = Faults("the panel")
    check_option(rule, ("any", "all", "serial"), "rule", faults)
    check_level(level, faults)
    if isinstance(tests, Mapping) and all(hasattr(one, "covariance") for one in tests.values()):
        return _of_accuracies(tests, rule, covariance, level, faults)
    return _of_table(tests, rule, diseased, healthy, level, faults)


def _panel(results: Any, rule: str) -> Any:
    return results.any(axis=1) if rule == "any" else results.all(axis=1)


def _used(results: Any, chance: Vector, rule: str) -> float:
    """Return the mean number of tests done."""
    if rule != "serial":
        return float(results.shape[1])
    done = 1 + np.cumprod(results[:, :-1], axis=1).sum(axis=1)
    return float(done @ chance)


def _patterns(names: tuple[str, ...], results: Any, rule: str, ill: Vector, well: Vector) -> Any:
    frame = pd.DataFrame(results, columns=list(names))
    return frame.assign(panel=_panel(results, rule), given_condition=ill, given_none=well)


def _of_accuracies(
    tests: Mapping[str, Any],
    rule: str,
    covariance: tuple[float, float] | None,
    level: float,
    faults: Faults,
) -> PanelAccuracy:
    names = tuple(map(str, tests))
    if not 2 <= len(names) <= MOST_TESTS:
        faults.add("tests", f"there are {len(names)}", f"Give 2 to {MOST_TESTS}")
    means = [np.asarray(one.mean, dtype=np.float64) for one in tests.values()]
    for name, mean in zip(names, means, strict=True):
        if mean.shape != (2,) or np.isnan(mean).any():
            faults.add(name, "has no sensitivity and specificity", "Give both of one test")
    if covariance is not None and len(names) != 2:
        faults.add("covariance", "is for two tests", "Give the joint table for more")
    faults.raise_any()
    results = np.array(list(itertools.product([True, False], repeat=len(names))))
    plus = covariance if covariance is not None else (0.0, 0.0)
    centre = np.concatenate(means)
    chance = _chances(centre, results, plus)
    if min(part.min() for part in chance) < -1e-12:
        faults.add("covariance", "is larger than the accuracies allow", "Give a smaller one")
    faults.raise_any()
    spread = np.zeros((len(centre), len(centre)))
    for k, one in enumerate(tests.values()):
        spread[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = covariance_of(one)

    df = min(df_of(one) for one in tests.values())
    if not np.isfinite(centre).all():
        return _of_limits(tests, names, results, rule, plus, level, df)

    def logits(parameters: Vector) -> Vector:
        ill, well = _chances(parameters, results, plus)
        positive = _panel(results, rule)
        return np.asarray([logit(ill[positive].sum()), logit(well[~positive].sum())])

    def ratios(parameters: Vector) -> Vector:
        ill, well = _chances(parameters, results, plus)
        return np.asarray(np.log(ill) - np.log(well))

    mean, slope = logits(centre), _slopes(logits, centre)
    both = slope @ spread @ slope.T
    lean = _slopes(ratios, centre)
    error = np.sqrt(np.einsum("ij,jk,ik->i", lean, spread, lean))
    spread_of_logits = np.sqrt(np.diag(both))
    half = t_quantile(level, df) * spread_of_logits
    parts = [
        Estimate(
            expit(mean[k]),
            expit(mean[k] - half[k]),
            expit(mean[k] + half[k]),
            spread_of_logits[k],
            level=level,
            method="delta, logit scale" + ("" if np.isinf(df) else ", t"),
        )
        for k in range(2)
    ]
    return PanelAccuracy(
        parts[0], parts[1], mean, covariance_frame(MEASURES, both), names, rule,
        _patterns(names, results, rule, *chance),
        (_used(results, chance[0], rule), _used(results, chance[1], rule)), float(level), df, error,
    )  # fmt: skip


def _of_limits(
    tests: Mapping[str, Any], names: tuple[str, ...], results: Any, rule: str,
    plus: tuple[float, float], level: float, df: float,
) -> PanelAccuracy:  # fmt: skip
    """Return a panel of which a test has a proportion of 0 or 1, which has no logit.

    A limit moves each test to its own limit in turn; the distances are joined by squares.
    """
    ends = [
        np.array([[float(getattr(getattr(one, outcome), end)) for outcome in MEASURES]
                  for one in tests.values()])
        for end in ("value", "lower", "upper")
    ]  # fmt: skip
    positive = _panel(results, rule)

    def right(at: Vector) -> Vector:
        ill, well = _chances_of(at[:, 0], at[:, 1], results, plus)
        return np.asarray([ill[positive].sum(), well[~positive].sum()])

    value, limits = right(ends[0]), []
    for end in ends[1:]:
        moves = []
        for k in range(len(names)):
            at = ends[0].copy()
            at[k] = end[k]
            moves.append(right(at) - value)
        limits.append(np.sqrt(np.sum(np.square(moves), axis=0)))
    low, high = np.clip(value - limits[0], 0, 1), np.clip(value + limits[1], 0, 1)
    parts = [
        Estimate(value[k], low[k], high[k], level=level, method="MOVER, from limits of each test")
        for k in range(2)
    ]
    chance = _chances_of(ends[0][:, 0], ends[0][:, 1], results, plus)
    with np.errstate(divide="ignore"):
        mean = np.asarray(logit(value))
        ends_of = (logit(np.array([value[k], low[k], high[k]])) for k in range(2))
        errors = [recovered_error(on_scale, level) for on_scale in ends_of]
    covariance = covariance_frame(MEASURES, np.diag(np.square(errors)))
    return PanelAccuracy(
        parts[0], parts[1], mean, covariance, names, rule,
        _patterns(names, results, rule, *chance),
        (_used(results, chance[0], rule), _used(results, chance[1], rule)), float(level), df,
        np.full(len(results), np.nan),
    )  # fmt: skip


def _chances(parameters: Vector, results: Any, plus: tuple[float, float]) -> tuple[Vector, Vector]:
    """Return the chance of each pattern with and without the condition."""
    return _chances_of(expit(parameters[0::2]), expit(parameters[1::2]), results, plus)


def _chances_of(
    se: Vector, sp: Vector, results: Any, plus: tuple[float, float]
) -> tuple[Vector, Vector]:
    found = []
    for positive, extra in ((se, plus[0]), (1 - sp, plus[1])):
        chance = np.where(results, positive, 1 - positive).prod(axis=1)
        if extra:
            chance = chance + np.where(results[:, 0] == results[:, 1], extra, -extra)
        found.append(np.asarray(chance))
    return found[0], found[1]


def _slopes(function: Any, centre: Vector) -> Vector:
    columns = []
    for k in range(len(centre)):
        move = np.zeros(len(centre))
        move[k] = STEP
        columns.append((function(centre + move) - function(centre - move)) / (2 * STEP))
    return np.stack(columns, axis=-1)


def _of_table(
    data: Any, rule: str, diseased: str, healthy: str, level: float, faults: Faults
) -> PanelAccuracy:
    source = Columns(data, faults)
    names = tuple(name for name in source.names if name not in (diseased, healthy))
    ill, well = source.numbers(diseased, COUNT), source.numbers(healthy, COUNT)
    columns = []
    for name in names:
        values = source.numbers(name)
        source.rows_where(~np.isin(values, (0, 1)), name, "is neither 0 nor 1", "Code results so")
        columns.append(values == 1)
    if not 2 <= len(names) <= MOST_TESTS:
        faults.add("tests", f"there are {len(names)} columns of results", f"Give 2 to {MOST_TESTS}")
    faults.raise_any()
    results = np.stack(columns, axis=1)
    doubled = pd.DataFrame(results).duplicated().to_numpy()
    source.rows_where(doubled, names[0], "this pattern of results is named twice", "Add them up")
    for name, count in ((diseased, ill), (healthy, well)):
        if count.sum() == 0:
            faults.add(name, "nobody was counted", "Accuracy needs both groups")
    faults.raise_any()
    positive = _panel(results, rule)
    tp, fp = ill[positive].sum(), well[positive].sum()
    done = diagnostic_accuracy(tp, fp, ill.sum() - tp, well.sum() - fp, level=level)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(1 / ill - 1 / ill.sum() + 1 / well - 1 / well.sum())
    error = np.where(np.isfinite(error), error, np.nan)
    shares = ill / ill.sum(), well / well.sum()
    return PanelAccuracy(
        done.sensitivity, done.specificity, done.mean, done.covariance, names, rule,
        _patterns(names, results, rule, *shares),
        (_used(results, shares[0], rule), _used(results, shares[1], rule)), float(level), np.inf,
        error,
    )  # fmt: skip
