"""Ratios of many sites drawn towards their mean, and how much the sites differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import special

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level, check_option
from paraneo.numerics.arrays import Vector
from paraneo.numerics.poisson_limits import limits_of_counts
from paraneo.results.bands import with_bands
from paraneo.results.result import Result
from paraneo.results.tests import frame_of_tests

from . import _shrinkage
from .published import fit_poisson_normal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Prior = Literal["gamma", "log-normal"]
Method = Literal["bayes", "ml", "moments"]
#: Sites that can tell anything of how sites differ.
_FEWEST = 3
#: Quadrature nodes of the log-normal likelihood.
_NODES = 41
_WAYS = {
    "bayes": "mean and spread of the sites integrated over",
    "ml": "mean and spread of the sites by maximum likelihood",
    "moments": "mean and spread of the sites by moments",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ShrunkenRatios(Result):
    """Incidence ratios drawn towards the mean of all sites.

    Attributes
    ----------
    groups : DataFrame
        The labels of each site.
    texts : mapping
        The text of bands among the labels.
    observed, expected : array
    estimate, lower, upper : array
        Posterior mean of each ratio and its credible interval.
    above_1 : array
        Posterior probability of a ratio above 1.
    prior, method : str
        As asked for.
    level : float
    mean, variance : float
        Of the ratios over all sites, as estimated; NaN where they are integrated over.
    statistic : float
        Twice the gain in log-likelihood over ratios that are all the same.
    """

    groups: pd.DataFrame
    texts: Mapping[str, Sequence[str]]
    observed: Vector
    expected: Vector
    estimate: Vector
    lower: Vector
    upper: Vector
    above_1: Vector
    prior: str
    method: str
    level: float
    mean: float
    variance: float
    statistic: float

    def summary(self) -> pd.DataFrame:
        """Return one row per site, in the order of the ratios.

        ``ratio``, ``ratio_lower`` and ``ratio_upper`` are observed over expected with exact
        limits; ``estimate``, ``lower`` and ``upper`` the same drawn towards the mean, with a
        credible interval; ``above_1`` is the probability of a ratio above 1.
        """
        low, high = limits_of_counts(self.observed, "exact", self.level)
        return with_bands(self.groups, self.texts).assign(
            observed=self.observed.astype(np.int64),
            expected=self.expected,
            ratio=self.observed / self.expected,
            ratio_lower=low / self.expected,
            ratio_upper=high / self.expected,
            estimate=self.estimate,
            lower=self.lower,
            upper=self.upper,
            above_1=self.above_1,
        )

    def tests(self) -> pd.DataFrame:
        """Test that all sites share one ratio, by likelihood ratio: ``test statistic df p_value``.

        A variance cannot be below 0: where the ratios are all the same the statistic is 0
        every other time, and the p-value is half that of a chi-square with one degree of freedom.
        """
        p = 1.0 if self.statistic <= 0 else 0.5 * float(special.chdtrc(1.0, self.statistic))
        return frame_of_tests(["likelihood ratio"], [self.statistic], [1], [p])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw a caterpillar: the sites by their estimate, the ratios as observed in grey."""
        from paraneo.plotting.forest import forest

        frame = self.summary().sort_values("estimate", ascending=False, kind="stable")
        labels = self.groups.assign(**self.texts).loc[frame.index]
        frame["group"] = [" / ".join(map(str, row)) for row in labels.itertuples(index=False)]
        return forest(
            frame,
            label="group",
            xlabel=f"Observed / expected cancers ({100 * self.level:g}% intervals)",
            name="drawn towards the mean",
            second=("ratio_lower", "ratio_upper"),
            second_name="each site by itself",
            ax=ax,
        )

    def _heading(self) -> str:
        known = (
            "" if np.isnan(self.mean) else f", mean {self.mean:.3g}, variance {self.variance:.3g}"
        )
        interval = f"{100 * self.level:g}% credible intervals"
        note = ""
        if self.method != "bayes" and self.variance == 0:
            note = "; no spread was found, so that all have the common ratio and its exact interval"
        return f"Shrunken ratios, {self.prior} prior{known}, {interval}, {_WAYS[self.method]}{note}"


def shrunken_ratios(
    groups: pd.DataFrame,
    texts: Mapping[str, Sequence[str]],
    observed: Vector,
    expected: Vector,
    *,
    prior: Prior,
    method: Method,
    level: float,
) -> ShrunkenRatios:
    """Return ratios drawn towards their mean; see `IncidenceRatios.shrunken`."""
    faults = Faults("the arguments of shrunken")
    check_option(prior, ("gamma", "log-normal"), "prior", faults)
    check_option(method, tuple(_WAYS), "method", faults)
    check_level(level, faults)
    if prior == "log-normal" and method == "moments":
        faults.add("method", "moments belong to the gamma prior", 'Choose "ml" or "bayes"')
    if len(observed) < _FEWEST:
        said = f"{len(observed)} sites say nothing of how sites differ"
        faults.add(None, said, f"Name the column of at least {_FEWEST} sites in by")
    elif observed.sum() == 0:
        faults.add("observed", "no cancer was observed at any site", "There is no mean to draw to")
    faults.raise_any()
    mean, variance, statistic, given = _fitted(observed, expected, prior, method)
    if method == "bayes":
        given = _shrinkage.PRIORS[prior](observed, expected)
    if given is None:
        found = _in_common(observed, expected, level)
    else:
        found = _shrinkage.POSTERIORS[prior](observed, expected, given, level)
    if method == "bayes":
        mean = variance = np.nan
    return ShrunkenRatios(
        groups,
        texts,
        observed,
        expected,
        estimate=found.mean,
        lower=found.lower,
        upper=found.upper,
        above_1=found.above_1,
        prior=prior,
        method=method,
        level=level,
        mean=mean,
        variance=variance,
        statistic=statistic,
    )


def _fitted(
    observed: Vector, expected: Vector, prior: str, method: str
) -> tuple[float, float, float, _shrinkage.Prior | None]:
    """Return mean and variance over sites, twice the gain, and the prior; None of no spread."""
    one = np.ones(1)
    if prior == "gamma":
        mean, spread, gain = _shrinkage.gamma_fit(observed, expected)
        variance = (mean * spread) ** 2
        if method == "moments":
            mean, variance = _shrinkage.moments(observed, expected)
            spread = np.sqrt(variance) / mean
        given = _shrinkage.Prior(one * mean, one * spread, one) if spread > 0 else None
        return mean, variance, gain, given
    design = np.ones((len(observed), 1))
    fit = fit_poisson_normal(observed[None], expected[None], design, nodes=_NODES)
    mu, tau2 = float(fit.mean[0, 0]), float(fit.tau2[0])
    common = observed.sum() / expected.sum()
    alone = float(_shrinkage.gamma_log_likelihood(observed, expected, one * common, 0.0 * one))
    if tau2 <= 0:
        return common, 0.0, 0.0, None
    given = _shrinkage.Prior(one * mu, one * np.sqrt(tau2), one)
    height = _shrinkage.log_normal_height(observed, expected, given)
    mean = float(np.exp(mu + tau2 / 2.0))
    return mean, float(mean**2 * np.expm1(tau2)), max(2.0 * (height - alone), 0.0), given


def _in_common(observed: Vector, expected: Vector, level: float) -> _shrinkage.Posterior:
    """Return the common ratio for each site, where they do not differ more than by chance."""
    total, base = observed.sum(), expected.sum()
    low, high = (x[0] / base for x in limits_of_counts(np.array([total]), "exact", level))
    every = np.ones(len(observed))
    above = special.gammaincc(total + 0.5, base)
    return _shrinkage.Posterior(every * total / base, every * low, every * high, every * above)
