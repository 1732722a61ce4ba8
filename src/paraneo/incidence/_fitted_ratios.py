"""What is read off a fitted model of incidence ratios: estimates of contrasts, on the log scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from paraneo.gate.formulas import Design
from paraneo.numerics.arrays import Vector, t_quantile, two_sided_p
from paraneo.results.coefficients import coefficient_frame

from . import _poisson_model
from ._poisson_model import PoissonFit


@dataclass(frozen=True, slots=True, eq=False)
class FittedRatios:
    """A Poisson model with its cells.

    ``dispersion`` multiplies the covariance; ``df`` are its degrees of freedom, infinite
    where it is 1 by assumption. ``covariates`` are those of the table, for curves.
    """

    design: Design
    matrix: Vector
    observed: Vector
    offset: Vector
    fit: PoissonFit
    dispersion: float
    df: float
    level: float
    covariates: pd.DataFrame

    @property
    def unknown(self) -> float:
        """What to add to a number that is no estimate where no optimum was found."""
        return 0.0 if self.fit.reached else np.nan

    @property
    def covariance(self) -> Vector:
        """Of the coefficients; NaN in the rows of infinite ones."""
        return self.fit.covariance * self.dispersion + self.unknown

    def coefficients(self, *, profiled: bool) -> pd.DataFrame:
        """Return the frame of coefficients."""
        contrasts = np.eye(len(self.design.columns))
        low, high = self._limits(contrasts, profiled=profiled)
        error = np.sqrt(np.diag(self.covariance))
        return coefficient_frame(
            self.design.columns,
            estimate=self.fit.coefficients + self.unknown,
            std_error=error,
            lower=low,
            upper=high,
            p_value=self._p_values(contrasts, error, profiled=profiled),
        )

    def ratios(self, contrasts: Vector) -> pd.DataFrame:
        """Return ratios that contrasts of the coefficients make, with limits."""
        finite = _poisson_model.bounded(self.fit, contrasts)
        way = np.sign(contrasts @ self.fit.away)
        far = np.select([way < 0, way > 0], [-np.inf, np.inf], np.nan)
        value = np.where(finite, contrasts @ self.fit.inner, far) + self.unknown
        low, high = self._limits(contrasts, profiled=False)
        with np.errstate(over="ignore"):  # such as the ratio extrapolated to the year 0
            return pd.DataFrame(
                {"estimate": np.exp(value), "lower": np.exp(low), "upper": np.exp(high)}
            )

    def _limits(self, contrasts: Vector, *, profiled: bool) -> tuple[Vector, Vector]:
        z = t_quantile(self.level, self.df)
        known, spread = self.fit.inner, self.fit.inner_covariance * self.dispersion
        variance = np.einsum("ij,jk,ik->i", contrasts, spread, contrasts)
        width = z * np.sqrt(np.maximum(variance, 0.0))
        low, high = contrasts @ known - width, contrasts @ known + width
        if not self.fit.reached:
            return low + np.nan, high + np.nan
        finite = _poisson_model.bounded(self.fit, contrasts)
        deviate = z * float(np.sqrt(self.dispersion))
        data = (self.matrix, self.observed, self.offset)
        for row in np.flatnonzero(contrasts.any(axis=1) & (profiled | ~finite)):
            low[row], high[row] = _poisson_model.profile_limits(*data, contrasts[row], deviate)
        return low, high

    def _p_values(self, contrasts: Vector, error: Vector, *, profiled: bool) -> Vector:
        """Return p-values of no effect, Wald's or by likelihood ratio as the limits are."""
        size = np.abs(self.fit.coefficients / error)
        data = (self.matrix, self.observed, self.offset)
        for k in np.flatnonzero((np.isnan(error) | profiled) & self.fit.reached):
            at_one = _poisson_model.profile(*data, contrasts[k], 0.0)
            chi2 = 2.0 * max(0.0, self.fit.log_likelihood - at_one)
            size[k] = np.sqrt(chi2 / self.dispersion)
        return two_sided_p(size, self.df)
