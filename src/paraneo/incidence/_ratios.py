"""The ratios of observed to expected cancers, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from paraneo.errors import Faults
from paraneo.follow_up.by_band import SCALES, ratio_bands
from paraneo.gate.arguments import (
    NUMBER,
    check_option,
    numbers,
)
from paraneo.gate.groups import group_named
from paraneo.numerics.arrays import Vector
from paraneo.numerics.poisson_limits import limits_of_counts, p_values
from paraneo.results.bands import with_bands
from paraneo.results.result import Result
from paraneo.results.tests import frame_of_tests

from . import _age_structure, _ratio_pictures, _ratio_tests
from .multiplicity import AdjustedRatios, Adjustment, adjusted_ratios
from .shrunken import Method, Prior, ShrunkenRatios, shrunken_ratios
from .trend import RatioTrend, ratio_trend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CURE = "Compare standardised rates (standardised_rates), or model age (ratio_regression)"
_OUTPUT = (
    "observed",
    "expected",
    "person_years",
    "estimate",
    "lower",
    "upper",
    "p_value",
    "excess_rate",
    "excess_lower",
    "excess_upper",
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IncidenceRatios(Result):
    """Observed over expected cancers, one row per group.

    Attributes
    ----------
    groups : DataFrame
        The ``by`` columns, one row per group in the order of their labels.
    observed, expected, person_years : array
        Sums within groups; person-years are NaN where not known.
    interval, level, per
        As asked for; rates are per ``per`` person-years.
    expected_by_age : array or None
        Expected cancers, shape (groups, ages), where the table was by age and the groups
        are not.
    texts : mapping
        From the name of a time scale in ``by`` to the text of its band in each group.
    """

    groups: pd.DataFrame
    observed: Vector
    expected: Vector
    person_years: Vector
    interval: str
    level: float
    per: float
    expected_by_age: Vector | None = None
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def summary(self) -> pd.DataFrame:
        """Return one row per group.

        Beside a time scale among the ``by`` columns stands the text of its bands, where the
        table has it (``age_band``). ``estimate``, ``lower`` and ``upper`` are the ratio;
        ``excess_rate`` is (observed - expected) / person-years × ``per``, its limits those of
        the count.
        ``p_value`` tests a ratio of 1 by inverting the same interval, so that it is
        below 1 - level exactly where the confidence interval excludes 1.
        """
        low, high = limits_of_counts(self.observed, self.interval, self.level)
        rate = self.per / self.person_years
        values = (
            self.observed.astype(np.int64),
            self.expected,
            self.person_years,
            self.observed / self.expected,
            low / self.expected,
            high / self.expected,
            p_values(self.observed, self.expected, self.interval),
            (self.observed - self.expected) * rate,
            (low - self.expected) * rate,
            (high - self.expected) * rate,
        )
        shown = with_bands(self.groups, self.texts)
        return shown.assign(**dict(zip(_OUTPUT, values, strict=True)))

    def tests(self) -> pd.DataFrame:
        """Return the tests of homogeneity and of trend: ``hypothesis test statistic df p_value``.

        Warns
        -----
        ComparabilityWarning
            As `compare`, groups compared with the one with most expected cancers.
        """
        self._need_two("tests")
        self._warn_of_ages(int(np.argmax(self.expected)))
        trend = self._trend(self._scores())
        parts = {"homogeneity": self._homogeneity(), "no trend": trend.tests()}
        frames = [frame.assign(hypothesis=name) for name, frame in parts.items()]
        frame = pd.concat(frames, ignore_index=True)
        return frame[["hypothesis", *frame.columns.drop("hypothesis")]]

    def homogeneity(self) -> pd.DataFrame:
        """Test that all groups share one ratio: ``test statistic df p_value``.

        The likelihood-ratio and Pearson's chi-square test.

        Warns
        -----
        ComparabilityWarning
            As `compare`, groups compared with the one with most expected cancers.
        """
        self._need_two("homogeneity")
        self._warn_of_ages(int(np.argmax(self.expected)))
        return self._homogeneity()

    def trend(self, scores: ArrayLike | None = None) -> RatioTrend:
        """Fit a log-linear trend of the ratio over the groups, and test it.

        Parameters
        ----------
        scores : array, optional
            One number a group, in the order of ``summary()``. Left out, they are the
            values of ``by`` if that is one numeric column, else 0, 1, 2, …

        Warns
        -----
        ComparabilityWarning
            As `compare`, groups compared with the one with most expected cancers.
        """
        self._need_two("trend")
        faults = Faults("the scores of the trend")
        x = numbers(self._scores() if scores is None else scores, "scores", NUMBER, faults)
        if x.shape != self.observed.shape:
            faults.add(
                "scores",
                f"shape {x.shape} does not fit the groups",
                f"Give {len(self.observed)} numbers",
            )
        elif np.ptp(x) == 0:
            faults.add("scores", "all are the same", "Give at least two different scores")
        faults.raise_any()
        self._warn_of_ages(int(np.argmax(self.expected)))
        return self._trend(x)

    def compare(
        self, reference: Any, *, interval: Literal["exact", "mid-p"] = "exact"
    ) -> pd.DataFrame:
        """Compare each group's ratio with that of a reference group.

        Given the sum of the two counts, one of them is binomial; its exact (or mid-P)
        limits give those of the ratio of ratios, and ``p_value`` is central, twice the
        smaller tail, and so matches the limits.

        Parameters
        ----------
        reference : label, or tuple of labels
            The reference group; a tuple where ``by`` has several columns.
        interval : {"exact", "mid-p"}

        Warns
        -----
        ComparabilityWarning
            When groups have their expected cancers at ages that the reference hardly has,
            as far as the table was by age: ratios with different weights of ages are not
            strictly comparable, while standardised rates are.
        """
        faults = Faults("the arguments of compare")
        check_option(interval, ("exact", "mid-p"), "interval", faults)
        at = group_named(reference, self.groups, faults)
        faults.raise_any()
        self._warn_of_ages(at)
        others = np.arange(len(self.groups)) != at
        a, e = self.observed[others], self.expected[others]
        b, f = np.full(a.shape, self.observed[at]), self.expected[at]
        mid = interval == "mid-p"
        with np.errstate(divide="ignore", invalid="ignore"):
            columns = {
                "estimate": (a / e) / (b / f),
                "lower": _ratio_tests.lower_odds(a, b, self.level, mid=mid) * f / e,
                "upper": f / e / _ratio_tests.lower_odds(b, a, self.level, mid=mid),
                "p_value": _ratio_tests.conditional_p(a, b, e / (e + f), mid=mid),
            }
        kept: pd.DataFrame = with_bands(self.groups, self.texts)[others].reset_index(drop=True)
        return kept.assign(**columns)

    def shrunken(
        self,
        *,
        prior: Prior = "gamma",
        method: Method = "bayes",
        level: float | None = None,
    ) -> ShrunkenRatios:
        """Draw the ratios of many sites towards their mean, those of few cancers most.

        The ratios are taken as a sample of a gamma or log-normal distribution, so that the
        posterior mean is (O + ν) / (E + α) under a gamma of shape ν and rate α.

        Parameters
        ----------
        prior : {"gamma", "log-normal"}
        method : {"bayes", "ml", "moments"}
            How mean and spread of that distribution are found: integrated over, with a flat
            prior on the log mean and a half-normal one of scale 1 on the coefficient of
            variation (or the standard deviation of the log), or estimated and taken for known,
            by maximum likelihood or by moments, which makes intervals too narrow where there are
            few sites.
        level : float, optional
            Of the credible intervals; left out, that of the ratios.

        References
        ----------
        Clayton D, Kaldor J. Empirical Bayes estimates of age-standardized relative risks for
        use in disease mapping. Biometrics 1987;43:671-681. https://doi.org/10.2307/2532003
        Marshall RJ. Mapping disease and mortality rates using empirical Bayes estimators. Appl
        Stat 1991;40:283-294. https://doi.org/10.2307/2347593
        """
        return shrunken_ratios(
            self.groups,
            self.texts,
            self.observed,
            self.expected,
            prior=prior,
            method=method,
            level=self.level if level is None else level,
        )

    def adjusted(self, method: Adjustment = "holm") -> AdjustedRatios:
        """Adjust the p-values, and widen the intervals, for how many ratios there are.

        Parameters
        ----------
        method : {"holm", "bh"}
            Holm's, for the probability of any false finding, or Benjamini and Hochberg's, for
            the share of false ones among the findings.

        References
        ----------
        Benjamini Y, Yekutieli D. False discovery rate-adjusted multiple confidence intervals
        for selected parameters. J Am Stat Assoc 2005;100:71-81.
        https://doi.org/10.1198/016214504000001907
        """
        return adjusted_ratios(self, method)

    def e_values(self) -> pd.DataFrame:
        """Return how strong a confounder would have to be to explain each ratio away.

        The E-value of a ratio R above 1 is R + sqrt(R (R - 1)), of one below 1 that of 1 / R:
        the least ratio by which an unmeasured factor would have to go with both group and
        cancer. Columns ``estimate`` and its ``e_value``, and ``e_value_limit`` of the confidence
        limit nearest to 1, which is 1 where the interval holds 1. That of a ratio of 0 is
        infinite.

        References
        ----------
        VanderWeele TJ, Ding P. Sensitivity analysis in observational research: introducing
        the E-value. Ann Intern Med 2017;167:268-274. https://doi.org/10.7326/M16-2607
        """
        frame = self.summary()
        ratio, low, high = (frame[x].to_numpy(np.float64) for x in ("estimate", "lower", "upper"))
        nearest = np.where(low > 1.0, low, np.where(high < 1.0, high, 1.0))
        labels = with_bands(self.groups, self.texts)
        return labels.assign(
            estimate=ratio, e_value=_e_value(ratio), e_value_limit=_e_value(nearest)
        )

    def _heading(self) -> str:
        return f"Incidence ratios, {100 * self.level:g}% CI, {self.interval}"

    def plot(
        self,
        ax: Axes | None = None,
        *,
        over: str | None = None,
        kind: Literal["forest", "funnel"] = "forest",
    ) -> Axes:
        """Draw the ratios with their confidence intervals on a log axis.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
        over : str, optional
            A column of numbers in ``by``, such as lower edges of follow-up: the ratios are
            then drawn over its bands, a colour for each group of the other columns.
        kind : {"forest", "funnel"}
            A row each, or the ratios over the expected cancers with the limits within which
            95 and 99.8% of them lie where every ratio is 1.
        """
        frame = self.summary()
        if kind == "funnel":
            return _ratio_pictures.funnel_of(frame.assign(label=self._names()), ax)
        label = f"Observed / expected cancers ({100 * self.level:g}% CI)"
        if over is not None:
            from paraneo.plotting.by_band import by_band

            bands = ratio_bands(frame, over, list(map(str, self.groups)))
            where = SCALES.get(over, over)
            others = ", ".join(str(name) for name in self.groups if name != over)
            return by_band(bands, xlabel=where, ylabel=label, reference=1.0, legend=others, ax=ax)
        from paraneo.plotting.forest import forest

        frame["group"] = self._names()
        return forest(frame, label="group", xlabel=label, ax=ax)

    def _homogeneity(self) -> pd.DataFrame:
        chi2 = np.array(_ratio_tests.homogeneity(self.observed, self.expected))
        df = len(self.observed) - 1
        return frame_of_tests(["likelihood ratio", "pearson"], chi2, df, special.chdtrc(df, chi2))

    def _trend(self, scores: Vector) -> RatioTrend:
        name = " / ".join(map(str, self.groups))
        return ratio_trend(self.observed, self.expected, scores, name, self.level)

    def _warn_of_ages(self, reference: int) -> None:
        if self.expected_by_age is not None:
            _age_structure.warn_of_ages(self.expected_by_age, reference, self._names(), _CURE)

    def _names(self) -> list[str]:
        """Return what the groups are called in a picture or a sentence."""
        rows = self.groups.assign(**self.texts).itertuples(index=False)
        names = [
            " / ".join(f"{x:g}" if isinstance(x, float) else str(x) for x in row) for row in rows
        ]
        return names if self.groups.shape[1] else ["all"]

    def _need_two(self, what: str) -> None:
        faults = Faults(f"the result, for {what},")
        if len(self.observed) < 2:
            faults.add("by", "there is only one group", "Name the columns of groups in by")
        faults.raise_any()

    def _scores(self) -> Vector:
        if self.groups.shape[1] == 1 and self.groups.iloc[:, 0].dtype.kind in "iuf":
            return self.groups.iloc[:, 0].to_numpy(dtype=np.float64)
        return np.arange(len(self.observed), dtype=np.float64)


def _e_value(ratio: Vector) -> Vector:
    with np.errstate(divide="ignore"):
        above = np.where(ratio >= 1.0, ratio, 1.0 / ratio)
    return np.asarray(above + np.sqrt(above * (above - 1.0)))
