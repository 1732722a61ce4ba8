"""Poisson regression of standardised incidence ratios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import ConvergenceWarning, Faults, warn
from paraneo.follow_up.by_band import SCALES
from paraneo.gate.arguments import COUNT, NONNEGATIVE, check_level, check_option
from paraneo.gate.formulas import Design, design
from paraneo.gate.tables import Columns, as_table
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.convergence import Convergence
from paraneo.results.result import Result

from . import _poisson_model, _regression_tests
from ._poisson_model import PoissonFit
from ._regression_table import band_middles, check_ages, check_cells, grid, ratio_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RatioRegression(Result):
    """A log-linear model of the incidence ratio, fitted to observed and expected counts.

    Attributes
    ----------
    formula : str
    columns : tuple of str
        Names of the coefficients, "Intercept" first.
    coefficients : array, shape (p,)
        Log ratios; -inf or inf where the estimate is infinite.
    covariance : array, shape (p, p)
        NaN in the rows of infinite estimates.
    log_likelihood, deviance : float
    df_residual : int
        Cells less coefficients, of those that bound each other.
    dispersion : float
        By which the covariance was multiplied; 1 with ``variance="poisson"``.
    empty : int
        Cells without expected or observed cancers, which say nothing and were left out.
    convergence : Convergence
        ``at_boundary`` names the infinite coefficients.
    """

    formula: str
    columns: tuple[str, ...]
    coefficients: Vector
    covariance: Vector
    log_likelihood: float
    deviance: float
    df_residual: int
    dispersion: float
    empty: int
    level: float
    interval: str
    variance: str
    convergence: Convergence
    _design: Design
    _matrix: Vector
    _observed: Vector
    _offset: Vector
    _fit: PoissonFit
    _covariates: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Return one row per coefficient.

        Columns ``term estimate lower upper p_value coefficient std_error``. The estimate
        is the ratio of incidence ratios; for the intercept it is the incidence ratio where
        all covariates are at their reference or 0. An infinite coefficient gives an
        estimate of 0 or infinity; its other limit is by profile likelihood, and its
        p-value by the likelihood ratio, whatever ``interval`` was asked for.
        """
        contrasts = np.eye(len(self.columns))
        low, high = self._limits(contrasts, profiled=self.interval == "profile")
        spread = np.sqrt(np.diag(self.covariance))
        return pd.DataFrame(
            {
                "term": self.columns,
                "estimate": ratio_of(self.coefficients),
                "lower": ratio_of(low),
                "upper": ratio_of(high),
                "p_value": self._p_values(contrasts, spread),
                "coefficient": self.coefficients,
                "std_error": spread,
            }
        )

    def tests(self) -> pd.DataFrame:
        """Test each term of the formula by likelihood ratio.

        A term is left out of the model that has all other terms save those that contain
        it (an interaction contains its main effects). A covariate given as a number is
        tested for a log-linear trend, one given as categories for heterogeneity, a product
        for interaction. Columns ``term chi2 df p_value``. With ``variance="quasi-poisson"``
        chi2 is divided by the dispersion and p-values are those of an F test.
        """
        scale = self.dispersion if self.variance == "quasi-poisson" else None
        return _regression_tests.terms(
            self._design, self._matrix, self._observed, self._offset, scale, self.df_residual
        )

    def overdispersion(self) -> pd.DataFrame:
        """Hold the scatter of the counts against that of a Poisson law.

        Rows "Pearson" and "deviance": the statistic, its df, and ``ratio`` between them,
        about 1 where the law holds. Their chi-square p-values need expected events of some
        5 a cell. Row "score" tests against a variance of mean + tau mean² and holds in many
        small cells too: statistic and ratio are a standard normal deviate, one-sided.

        References
        ----------
        Dean CB. Testing for overdispersion in Poisson and binomial regression models.
        J Am Stat Assoc 1992;87:451-457. https://doi.org/10.1080/01621459.1992.10475225
        """
        return _regression_tests.scatter(self._observed, self._fit.fitted, self.df_residual)

    def ratios(self, data: Any) -> pd.DataFrame:
        """Return the modelled incidence ratio for rows of covariates, with limits."""
        table = as_table(data)
        return self._estimates(self._design.rows(table))

    def curve(
        self,
        variable: str,
        *,
        at: ArrayLike | None = None,
        given: Mapping[str, Any] | None = None,
        reference: Any = None,
    ) -> pd.DataFrame:
        """Return the incidence ratio over one covariate, such as a spline of follow-up.

        Parameters
        ----------
        variable : str
            A covariate of the formula.
        at : array, optional
            Where to take it. Left out, 101 places over the range of a number, or all
            categories.
        given : mapping, optional
            The value of each other covariate.
        reference : optional
            A value of ``variable``: the curve is then relative to the ratio there.

        Returns
        -------
        DataFrame
            Columns ``variable``'s name, then ``estimate lower upper``. Limits hold point
            by point and are Wald's on the log scale, or by profile where the estimate is 0
            or infinite.
        """
        places, rows, base = grid(self._covariates, variable, at, dict(given or {}), reference)
        contrasts = self._design.rows(rows)
        if base is not None:
            contrasts = contrasts - self._design.rows(base)
        frame = self._estimates(contrasts)
        frame.insert(0, variable, places)
        return frame

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the relative incidence ratios, without the intercept and splines."""
        from paraneo.plotting.forest import forest

        frame = self.summary()
        relative = frame[
            (frame["term"] != "Intercept") & ~frame["term"].str.contains("ns(", regex=False)
        ]
        shown = (relative if len(relative) else frame).reset_index(drop=True)
        label = f"Ratio of incidence ratios ({100 * self.level:g}% limits)"
        return forest(shown, label="term", xlabel=label, ax=ax)

    def plot_curve(
        self,
        variable: str,
        *,
        at: ArrayLike | None = None,
        given: Mapping[str, Any] | None = None,
        reference: Any = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw `curve` on a log axis."""
        from paraneo.plotting.ratio_by_covariate import ratio_by_covariate

        frame = self.curve(variable, at=at, given=given, reference=reference)
        what = "Observed / expected" if reference is None else f"Relative to {reference}"
        label = f"{what} ({100 * self.level:g}% limits)"
        scale = SCALES.get(variable, variable)
        return ratio_by_covariate(frame, x=variable, xlabel=scale, ylabel=label, ax=ax)

    def _heading(self) -> str:
        cells = f"{len(self._observed)} cells"
        if self.empty:
            cells += f" ({self.empty} more without expected cancers say nothing)"
        scale = f", dispersion {self.dispersion:.4g}" if self.dispersion != 1 else ""
        return (
            f"RatioRegression {self.formula}: {self._observed.sum():.0f} observed, "
            f"{np.exp(self._offset).sum():.6g} expected in {cells}; deviance "
            f"{self.deviance:.6g} on {self.df_residual} df{scale}; {100 * self.level:g}% "
            f"limits, {self.interval}\n{self.convergence}"
        )

    def _estimates(self, contrasts: Vector) -> pd.DataFrame:
        finite = _poisson_model.bounded(self._fit, contrasts)
        way = np.sign(contrasts @ self._fit.away)
        far = np.select([way < 0, way > 0], [-np.inf, np.inf], np.nan)
        value = np.where(finite, contrasts @ self._fit.inner, far)
        if not self.convergence.reached:
            value = np.full(len(contrasts), np.nan)
        low, high = map(ratio_of, self._limits(contrasts, profiled=False))
        return pd.DataFrame({"estimate": ratio_of(value), "lower": low, "upper": high})

    def _limits(self, contrasts: Vector, *, profiled: bool) -> tuple[Vector, Vector]:
        """Return limits of contrasts on the log scale."""
        z = _regression_tests.deviate(self.level, self._df())
        known, spread = self._fit.inner, self._fit.inner_covariance * self.dispersion
        variance = np.einsum("ij,jk,ik->i", contrasts, spread, contrasts)
        width = z * np.sqrt(np.maximum(variance, 0.0))
        low, high = contrasts @ known - width, contrasts @ known + width
        if not self.convergence.reached:
            return np.full(len(low), np.nan), np.full(len(low), np.nan)
        finite = _poisson_model.bounded(self._fit, contrasts)
        deviate = z * float(np.sqrt(self.dispersion))
        data = (self._matrix, self._observed, self._offset)
        for row in np.flatnonzero(contrasts.any(axis=1) & (profiled | ~finite)):
            low[row], high[row] = _poisson_model.profile_limits(*data, contrasts[row], deviate)
        return low, high

    def _p_values(self, contrasts: Vector, spread: Vector) -> Vector:
        """Return p-values of no effect, Wald's or by likelihood ratio as the limits are."""
        size = np.abs(self.coefficients / spread)
        data = (self._matrix, self._observed, self._offset)
        profiled = np.isnan(spread) | (self.interval == "profile")
        for k in np.flatnonzero(profiled & self.convergence.reached):
            at_one = _poisson_model.profile(*data, contrasts[k], 0.0)
            size[k] = np.sqrt(2.0 * max(0.0, self.log_likelihood - at_one) / self.dispersion)
        return _regression_tests.two_sided(size, self._df())

    def _df(self) -> float:
        """Return the degrees of freedom of an estimated dispersion; infinite without one."""
        return float(self.df_residual) if self.variance == "quasi-poisson" else np.inf


@verb
def ratio_regression(
    data: Any,
    formula: str | None = None,
    *,
    observed: str = "observed",
    expected: str = "expected",
    interval: Literal["log-wald", "profile"] = "log-wald",
    variance: Literal["poisson", "quasi-poisson"] = "poisson",
    bands: Literal["lower", "middle"] = "lower",
    level: float = 0.95,
) -> RatioRegression:
    """Model the incidence ratio by covariates: log(mean of O / E) = x b.

    Parameters
    ----------
    data : frame, or a result with ``summary()`` such as `PersonYears`
        One row per cell, with observed and expected cancers and covariates.
    formula : str, optional
        Such as ``"~ sex + C(follow_up)"`` for categories, ``"~ follow_up"`` for a
        log-linear trend, ``"~ sex * follow_up"`` for interaction, ``"~ ns(age, df=3)"``
        for a natural cubic spline. Left out, one ratio for all.
    observed, expected : str
        Columns of counts and of expected cancers. A cell with neither is left out and
        counted in ``.empty``.
    interval : {"log-wald", "profile"}
        Limits of the coefficients: log-Wald, or by profile likelihood.
    variance : {"poisson", "quasi-poisson"}
        The second multiplies the covariance by Pearson's chi-square over its df, and
        gives limits and p-values by t.
    bands : {"lower", "middle"}
        What "age", "period" and "follow_up" of a `PersonYears` table stand for as numbers:
        the lower edges of their bands, or their middles.
    level : float

    Returns
    -------
    RatioRegression

    Raises
    ------
    TableError
        Telling every fault at once: columns, counts, constant or collinear covariates,
        missing values.

    Warns
    -----
    ComparabilityWarning
        When the table has a column "age" that the formula leaves out, and groups of the
        formula have their expected cancers at very different ages.
    ConvergenceWarning
        When no optimum was found; the numbers are then NaN.

    Notes
    -----
    Where a category has no events its ratio is estimated at 0: such coefficients are found
    before the fit and come back infinite, with one limit by profile likelihood, and leave the
    other estimates as they would be without that category.

    References
    ----------
    Breslow NE, Day NE. Statistical Methods in Cancer Research II. IARC 1987, ch. 4.
    Correia S, Guimarães P, Zylkin T. Verifying the existence of maximum likelihood
    estimates for generalized linear models. 2019. https://doi.org/10.48550/arXiv.1903.01633

    Examples
    --------
    >>> cells = {"sex": ["F", "F", "M", "M"], "years": [0, 1, 0, 1],
    ...          "observed": [12, 8, 9, 7], "expected": [2.0, 4.0, 3.0, 5.0]}
    >>> model = ratio_regression(cells, "~ sex + years")
    >>> model.summary()[["term", "estimate", "lower", "upper"]].round(2)
            term  estimate  lower  upper
    0  Intercept      5.64   3.33   9.53
    1   sex[T.M]      0.58   0.30   1.11
    2      years      0.39   0.20   0.75
    >>> model.tests().round(3)
        term   chi2  df  p_value
    0    sex  2.735   1    0.098
    1  years  7.994   1    0.005
    """
    faults = Faults("the table of observed and expected cancers")
    table = as_table(data)
    check_option(interval, ("log-wald", "profile"), "interval", faults)
    check_option(variance, ("poisson", "quasi-poisson"), "variance", faults)
    if check_option(bands, ("lower", "middle"), "bands", faults) and bands == "middle":
        table = band_middles(data, table, faults)
    check_level(level, faults)
    source = Columns(table, faults)
    seen, awaited = source.numbers(observed, COUNT), source.numbers(expected, NONNEGATIVE)
    source.rows_where(
        (awaited == 0) & (seen > 0), observed, "cancers where none is expected", "Check the rates"
    )
    made = design(source, formula)
    if source.length and not (faults.found or seen.sum() > 0):
        faults.add(observed, "no cancer was observed", "There is no ratio to model")
    some = awaited > 0
    check_cells(made, some, variance, faults)
    made = faults.checked(made)
    covariates = pd.DataFrame({name: source.native(name) for name in made.variables})
    if source.has("age") and "age" not in made.variables:
        check_ages(source.native("age"), covariates, awaited)
    # an order that does not depend on that of the rows
    order = np.lexsort([awaited[some], seen[some], *made.matrix[some].T])
    rows = (made.matrix[some][order], seen[some][order], np.log(awaited[some][order]))
    return _fitted(made, rows, covariates, formula or "~ 1", level, interval, variance)


def _fitted(
    made: Design,
    rows: tuple[Vector, Vector, Vector],
    covariates: pd.DataFrame,
    formula: str,
    level: float,
    interval: str,
    variance: str,
) -> RatioRegression:
    matrix, observed, offset = rows
    fit = _poisson_model.poisson_fit(matrix, observed, offset)
    df = fit.rows - fit.rank
    infinite = tuple(n for n, b in zip(made.columns, fit.coefficients, strict=True) if np.isinf(b))
    convergence = Convergence(fit.reached, fit.iterations, fit.largest_gradient, infinite)
    scale = 1.0
    if variance == "quasi-poisson":
        scale = _regression_tests.pearson(observed, fit.fitted) / df if df else np.nan
    unknown = 0.0 if fit.reached else np.nan
    if not fit.reached:
        warn(f"the ratio regression {convergence}", ConvergenceWarning)
    return RatioRegression(
        formula=formula,
        columns=made.columns,
        coefficients=fit.coefficients + unknown,
        covariance=fit.covariance * scale + unknown,
        log_likelihood=fit.log_likelihood + unknown,
        deviance=_poisson_model.deviance(observed, fit.fitted) + unknown,
        df_residual=df,
        dispersion=scale,
        empty=len(made.matrix) - len(observed),
        level=level,
        interval=interval,
        variance=variance,
        convergence=convergence,
        _design=made,
        _matrix=matrix,
        _observed=observed,
        _offset=offset,
        _fit=fit,
        _covariates=covariates,
    )
