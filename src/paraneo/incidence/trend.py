"""A log-linear trend of the ratio over ordered groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from paraneo.numerics.arrays import Vector
from paraneo.results.coefficients import coefficient_frame
from paraneo.results.result import Result
from paraneo.results.tests import frame_of_tests

from . import _ratio_tests

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RatioTrend(Result):
    """A trend of the log ratio over scores of the groups, by profile likelihood.

    Attributes
    ----------
    coefficients : DataFrame
        One row: ``term estimate std_error lower upper p_value`` of the log ratio per step
        of 1 in the scores, and ``ratio ratio_lower ratio_upper``. Limits and p-value are by
        likelihood ratio. Where all cases lie in an outermost group the estimate and one
        limit are infinite; the other limit still holds.
    level : float
    """

    coefficients: pd.DataFrame
    level: float
    _fit: _ratio_tests.TrendFit

    def summary(self) -> pd.DataFrame:
        """Return the coefficients."""
        return self.coefficients.copy()

    def tests(self) -> pd.DataFrame:
        """Test that there is no trend: ``test statistic df p_value``, two rows."""
        chi2 = np.array([self._fit.likelihood_ratio, self._fit.score])
        names = ["likelihood ratio", "score"]
        return frame_of_tests(names, chi2, 1, special.chdtrc(1, chi2))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the ratio per step with its confidence interval."""
        from paraneo.plotting.forest import forest

        frame = self.coefficients[["term", "ratio", "ratio_lower", "ratio_upper"]].copy()
        frame.columns = pd.Index(["term", "estimate", "lower", "upper"])
        label = f"Ratio per step ({100 * self.level:g}% CI)"
        return forest(frame, label="term", xlabel=label, ax=ax)

    def _heading(self) -> str:
        return f"Trend of the log ratio, {100 * self.level:g}% CI, profile likelihood"


def ratio_trend(
    observed: Vector, expected: Vector, scores: Vector, name: str, level: float
) -> RatioTrend:
    """Fit the trend over scores called ``name``."""
    fit = _ratio_tests.trend(observed, expected, scores, level)
    frame = coefficient_frame(
        [name],
        estimate=[fit.slope],
        std_error=[fit.std_error],
        lower=[fit.lower],
        upper=[fit.upper],
        p_value=[special.chdtrc(1, fit.likelihood_ratio)],
    )
    return RatioTrend(frame, level, fit)
