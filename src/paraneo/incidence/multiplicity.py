"""Many ratios at once: adjusted p-values, simultaneous intervals, false findings to expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import special

from paraneo.errors import Faults
from paraneo.gate.arguments import check_option
from paraneo.numerics.arrays import Vector
from paraneo.numerics.poisson_limits import limits_of_counts, p_values
from paraneo.results.bands import with_bands
from paraneo.results.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._ratios import IncidenceRatios

Adjustment = Literal["holm", "bh"]
#: What statsmodels calls them.
_METHODS = {"holm": "holm", "bh": "fdr_bh"}
_NAMES = {"holm": "Holm", "bh": "Benjamini-Hochberg"}
#: Counts so many standard deviations from what is expected have no weight.
_REACH = 12.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AdjustedRatios(Result):
    """Incidence ratios of many sites with p-values and intervals for all of them at once.

    Attributes
    ----------
    groups : DataFrame
        The labels of each site.
    texts : mapping
        The text of bands among the labels.
    observed, expected, p_value, p_adjusted : array
    interval : str
        How the intervals are made.
    level : float
        Of the adjusted intervals together.
    method : {"holm", "bh"}
    false_findings : float
        How many sites would have a p-value of 1 - level or less, not adjusted, if every ratio
        were 1: the sum of their exact probabilities under the expected cancers.
    """

    groups: pd.DataFrame
    texts: Mapping[str, Sequence[str]]
    observed: Vector
    expected: Vector
    p_value: Vector
    p_adjusted: Vector
    interval: str
    level: float
    method: str
    false_findings: float

    def summary(self) -> pd.DataFrame:
        """Return one row per site, in the order of the ratios.

        ``estimate``, ``lower`` and ``upper`` are each site's own; ``p_adjusted`` is the least
        error rate at which it would be found among all, and ``adjusted_lower`` and
        ``adjusted_upper`` its wider interval. With "holm" all of these hold together with
        probability ``level`` (Bonferroni). With "bh" they are those of the sites that were
        found, of which a share of at most 1 - level is expected to miss (Benjamini and Yekutieli
        2005); they are NaN for the others.
        """
        low, high = self._limits(self.level)
        wide_low, wide_high = self._wide()
        return with_bands(self.groups, self.texts).assign(
            observed=self.observed.astype(np.int64),
            expected=self.expected,
            estimate=self.observed / self.expected,
            lower=low,
            upper=high,
            p_value=self.p_value,
            p_adjusted=self.p_adjusted,
            adjusted_lower=wide_low,
            adjusted_upper=wide_high,
        )

    @property
    def found(self) -> pd.DataFrame:
        """The rows of ``summary()`` whose adjusted p-value is 1 - level or less."""
        frame = self.summary()
        return frame[self.p_adjusted <= 1.0 - self.level].reset_index(drop=True)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw a volcano: each ratio against its p-value; what was found is named."""
        from paraneo.plotting.volcano import volcano

        labels = self.groups.assign(**self.texts).itertuples(index=False)
        frame = self.summary().assign(
            label=[" / ".join(map(str, row)) for row in labels],
            found=self.p_adjusted <= 1.0 - self.level,
        )
        return volcano(frame, ax=ax)

    def _limits(self, level: float) -> tuple[Vector, Vector]:
        low, high = limits_of_counts(self.observed, self.interval, level)
        return low / self.expected, high / self.expected

    def _wide(self) -> tuple[Vector, Vector]:
        number, error = len(self.observed), 1.0 - self.level
        if self.method == "holm":
            return self._limits(1.0 - error / number)
        found = self.p_adjusted <= error
        if not found.any():
            return np.full(number, np.nan), np.full(number, np.nan)
        low, high = self._limits(1.0 - error * int(found.sum()) / number)
        return np.where(found, low, np.nan), np.where(found, high, np.nan)

    def _heading(self) -> str:
        error = 1.0 - self.level
        alone = int((self.p_value <= error).sum())
        number = int((self.p_adjusted <= error).sum())
        return (
            f"{len(self.observed)} ratios, p-values adjusted by {_NAMES[self.method]}: {number} at "
            f"{error:.3g} or less; {alone} before adjustment, where {self.false_findings:.2g} "
            f"would be expected if every ratio were 1. Intervals {self.interval}"
        )


def adjusted_ratios(ratios: IncidenceRatios, method: Adjustment) -> AdjustedRatios:
    """Return ratios with adjusted p-values; see `IncidenceRatios.adjusted`."""
    faults = Faults("the arguments of adjusted")
    check_option(method, tuple(_METHODS), "method", faults)
    faults.raise_any()
    from statsmodels.stats.multitest import multipletests

    p = p_values(ratios.observed, ratios.expected, ratios.interval)
    adjusted = multipletests(p, method=_METHODS[method])[1]
    return AdjustedRatios(
        ratios.groups,
        ratios.texts,
        ratios.observed,
        ratios.expected,
        p,
        np.asarray(adjusted, dtype=np.float64),
        ratios.interval,
        ratios.level,
        method,
        false_findings=false_findings(ratios.expected, ratios.interval, 1.0 - ratios.level),
    )


def false_findings(expected: Vector, interval: str, error: float) -> float:
    """Return how many p-values are ``error`` or less where every ratio is 1.

    Examples
    --------
    With 0.5 cancers expected three or more give an exact p-value below 0.05 (none at all does
    not), which happens by chance to one site in 70:

    >>> round(70 * false_findings(np.array([0.5]), "exact", 0.05), 2)
    1.01
    """
    total = 0.0
    for one in expected:
        reach = int(np.ceil(one + _REACH * np.sqrt(one) + 40.0))
        count = np.arange(reach + 1, dtype=np.float64)
        log = special.xlogy(count, one) - one - special.gammaln(count + 1.0)
        p = p_values(count, np.full(len(count), one), interval)
        total += float(np.exp(log[p <= error]).sum())
    return total


def funnel_limits(expected: Vector, level: float) -> tuple[Vector, Vector]:
    """Return between which ratios sites of so many expected cancers lie if every ratio is 1.

    Quantiles of the Poisson distribution with the step of a count shared out (Spiegelhalter
    2005, appendix A.1.1).

    References
    ----------
    Spiegelhalter DJ. Funnel plots for comparing institutional performance. Stat Med
    2005;24:1185-1202. https://doi.org/10.1002/sim.1970
    """
    from scipy import stats

    ends = []
    for p in ((1.0 - level) / 2.0, (1.0 + level) / 2.0):
        count = stats.poisson.ppf(p, expected)
        reached = stats.poisson.cdf(count, expected)
        share = (reached - p) / stats.poisson.pmf(count, expected)
        ends.append(np.maximum(count - share, 0.0) / expected)
    return ends[0], ends[1]
