"""Poisson regression of standardised incidence ratios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import ConvergenceWarning, Faults, warn
from paraneo.follow_up.by_band import SCALES
from paraneo.gate import doubts
from paraneo.gate.arguments import COUNT, NONNEGATIVE, check_level, check_option
from paraneo.gate.formulas import Design, design
from paraneo.gate.frames import as_table
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.coefficients import covariance_frame
from paraneo.results.convergence import Convergence
from paraneo.results.result import Result

from . import _poisson_model, _regression_tests
from ._endpoints import check_endpoints
from ._fitted_ratios import FittedRatios
from ._poisson_model import PoissonFit
from ._regression_table import band_middles, check_ages, check_cells, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RatioRegression(Result):
    """A log-linear model of the incidence ratio, fitted to observed and expected counts.

    Attributes
    ----------
    formula : str
    coefficients : DataFrame
        A row a term, "Intercept" first: ``term estimate std_error lower upper p_value`` of
        the log ratio, and ``ratio ratio_lower ratio_upper``. The ratio is that of incidence
        ratios; for the intercept it is the incidence ratio where all covariates are at
        their reference or 0. An infinite estimate gives a ratio of 0 or infinity; its other
        confidence limit is by profile likelihood, and its p-value by the likelihood ratio,
        whatever ``interval`` was asked for.
    covariance : DataFrame
        Of the estimates; NaN in the rows of infinite ones.
    log_likelihood, deviance : float
    df_residual : int
        Cells less coefficients, of those that bound each other.
    dispersion : float
        By which the covariance was multiplied; 1 with ``dispersion="poisson"``.
    df : float
        Degrees of freedom of intervals and p-values by t; infinite for normal ones.
    excluded : DataFrame
        ``reason rows events person_years``: cells without expected or observed cancers,
        which say nothing. Person-years are NaN where the table has none.
    level, interval
        As asked for.
    convergence : Convergence
        ``at_boundary`` names the infinite coefficients.
    """

    formula: str
    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    log_likelihood: float
    deviance: float
    df_residual: int
    dispersion: float
    df: float
    excluded: pd.DataFrame
    level: float
    interval: str
    convergence: Convergence
    _model: FittedRatios

    def summary(self) -> pd.DataFrame:
        """Return the coefficients, one row a term."""
        return self.coefficients.copy()

    def tests(self) -> pd.DataFrame:
        """Test each term of the formula by likelihood ratio.

        A term is left out of the model that has all other terms save those that contain
        it (an interaction contains its main effects). A covariate given as a number is
        tested for a log-linear trend, one given as categories for heterogeneity, a product
        for interaction. Columns ``term test statistic df p_value``. With
        ``dispersion="quasi-poisson"`` the statistic is divided by the dispersion and its df,
        and is an F.
        """
        model = self._model
        scale = None if np.isinf(self.df) else self.dispersion
        return _regression_tests.terms(
            model.design, model.matrix, model.observed, model.offset, scale, self.df_residual
        )

    def overdispersion(self) -> pd.DataFrame:
        """Test for overdispersion relative to the Poisson: ``test statistic df p_value``.

        The statistics "pearson" and "deviance" are about as large as their df where counts
        are Poisson; their chi-square p-values need expected events of some 5 a cell.
        "score" tests against a variance of mean + tau mean² and holds in many small cells
        too: it is a standard normal deviate, one-sided.

        References
        ----------
        Dean CB. Testing for overdispersion in Poisson and binomial regression models.
        J Am Stat Assoc 1992;87:451-457. https://doi.org/10.1080/01621459.1992.10475225
        """
        model = self._model
        return _regression_tests.scatter(model.observed, model.fit.fitted, self.df_residual)

    def ratios(self, *, at: Any) -> pd.DataFrame:
        """Return the modelled incidence ratio for rows of covariates: ``estimate lower upper``.

        Parameters
        ----------
        at : frame or mapping
            The columns that the formula uses, a row a combination.
        """
        return self._model.ratios(self._model.design.rows(as_table(at)))

    def curve(
        self,
        variable: str,
        *,
        values: ArrayLike | None = None,
        at: Mapping[str, Any] | None = None,
        reference: Any = None,
    ) -> pd.DataFrame:
        """Return the incidence ratio over one covariate, such as a spline of follow-up.

        Parameters
        ----------
        variable : str
            A covariate of the formula.
        values : array, optional
            Of that covariate. Left out, 101 values over the range of a number, or all
            categories.
        at : mapping, optional
            The value of each other covariate.
        reference : optional
            A value of ``variable``: the curve is then relative to the ratio there.

        Returns
        -------
        DataFrame
            Columns ``variable``'s name, then ``estimate lower upper``. Confidence limits hold
            point by point and are Wald's on the log scale, or by profile likelihood where the
            estimate is 0 or infinite.
        """
        model = self._model
        places, rows, base = grid(model.covariates, variable, values, dict(at or {}), reference)
        contrasts = model.design.rows(rows)
        if base is not None:
            contrasts = contrasts - model.design.rows(base)
        frame = model.ratios(contrasts)
        frame.insert(0, variable, places)
        return frame

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the ratios of incidence ratios, without the intercept and splines."""
        from paraneo.plotting.forest import forest

        term = self.coefficients["term"]
        relative = (term != "Intercept") & ~term.str.contains("ns(", regex=False)
        chosen = self.coefficients[relative] if relative.any() else self.coefficients
        shown = pd.DataFrame(
            {
                "term": chosen["term"],
                "estimate": chosen["ratio"],
                "lower": chosen["ratio_lower"],
                "upper": chosen["ratio_upper"],
            }
        ).reset_index(drop=True)
        label = f"Ratio of incidence ratios ({100 * self.level:g}% CI)"
        return forest(shown, label="term", xlabel=label, ax=ax)

    def plot_curve(
        self,
        variable: str,
        *,
        values: ArrayLike | None = None,
        at: Mapping[str, Any] | None = None,
        reference: Any = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw `curve` on a log axis."""
        from paraneo.plotting.ratio_by_covariate import ratio_by_covariate

        frame = self.curve(variable, values=values, at=at, reference=reference)
        what = "Observed / expected" if reference is None else f"Relative to {reference}"
        label = f"{what} ({100 * self.level:g}% CI)"
        scale = SCALES.get(variable, variable)
        return ratio_by_covariate(frame, x=variable, xlabel=scale, ylabel=label, ax=ax)

    def _heading(self) -> str:
        model = self._model
        cells = f"{len(model.observed)} cells"
        left_out = int(self.excluded["rows"].sum())
        if left_out:
            cells += f" ({left_out} more without expected cancers say nothing)"
        scale = f", dispersion {self.dispersion:.4g}" if self.dispersion != 1 else ""
        return (
            f"RatioRegression {self.formula}: {model.observed.sum():.0f} observed, "
            f"{np.exp(model.offset).sum():.6g} expected in {cells}; deviance "
            f"{self.deviance:.6g} on {self.df_residual} df{scale}; {100 * self.level:g}% "
            f"CI, {self.interval}\n{self.convergence}"
        )


@verb
def ratio_regression(
    data: Any,
    *,
    formula: str | None = None,
    observed: str = "observed",
    expected: str = "expected",
    interval: Literal["log-wald", "profile"] = "log-wald",
    dispersion: Literal["poisson", "quasi-poisson"] = "poisson",
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
        reported in ``.excluded``.
    interval : {"log-wald", "profile"}
        Confidence intervals of the coefficients: log-Wald (the default), or by profile
        likelihood.
    dispersion : {"poisson", "quasi-poisson"}
        Variance of a count over its mean: 1, or as estimated by Pearson's chi-square over
        its df, with intervals and p-values by t.
    bands : {"lower", "middle"}
        What "age", "period" and "follow_up" of a `PersonYears` table stand for as numbers:
        the lower edges of their bands, or their middles.
    level : float
        Of the confidence intervals, in (0, 1).

    Returns
    -------
    RatioRegression

    Raises
    ------
    TableError
        Naming every fault at once: columns, counts, constant or collinear covariates,
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
    >>> model = ratio_regression(cells, formula="~ sex + years")
    >>> model.coefficients[["term", "estimate", "ratio", "ratio_lower", "ratio_upper"]].round(2)
            term  estimate  ratio  ratio_lower  ratio_upper
    0  Intercept      1.73   5.64         3.33         9.53
    1   sex[T.M]     -0.55   0.58         0.30         1.11
    2      years     -0.95   0.39         0.20         0.75
    >>> model.tests().round(3)
        term              test  statistic  df  p_value
    0    sex  likelihood ratio      2.735   1    0.098
    1  years  likelihood ratio      7.994   1    0.005
    """
    faults = Faults("the table of observed and expected cancers")
    table = as_table(data)
    check_option(interval, ("log-wald", "profile"), "interval", faults)
    check_option(dispersion, ("poisson", "quasi-poisson"), "dispersion", faults)
    if check_option(bands, ("lower", "middle"), "bands", faults) and bands == "middle":
        table = band_middles(data, table, faults)
    check_level(level, faults)
    source = Columns(table, faults)
    cases, mean = source.numbers(observed, COUNT), source.numbers(expected, NONNEGATIVE)
    source.rows_where(
        (mean == 0) & (cases > 0), observed, "cancers where none is expected", "Check the rates"
    )
    made = design(source, formula)
    check_endpoints(source, () if made is None else made.variables, "formula")
    if source.length and not (faults.found or cases.sum() > 0):
        faults.add(observed, "no cancer was observed", "There is no ratio to model")
    doubts.warn_of_totals(source, (observed, expected, *(() if made is None else made.variables)))
    doubts.warn_of_copies(source, mean)
    some = mean > 0
    check_cells(made, some, dispersion, faults)
    made = faults.checked(made)
    covariates = pd.DataFrame({name: source.native(name) for name in made.variables})
    if source.has("age") and "age" not in made.variables:
        check_ages(source.native("age"), covariates, mean)
    # an order that does not depend on that of the rows
    order = np.lexsort([mean[some], cases[some], *made.matrix[some].T])
    rows = (made.matrix[some][order], cases[some][order], np.log(mean[some][order]))
    years = source.numbers("person_years") if source.has("person_years") else np.nan * mean
    fit = _poisson_model.poisson_fit(*rows)
    model = _model(made, rows, fit, covariates, dispersion == "quasi-poisson", level)
    return _labelled(model, formula or "~ 1", interval, _excluded(~some, years))


def _model(
    made: Design,
    rows: tuple[Vector, Vector, Vector],
    fit: PoissonFit,
    covariates: pd.DataFrame,
    estimated: bool,
    level: float,
) -> FittedRatios:
    df, scale = fit.rows - fit.rank, 1.0
    if estimated:
        scale = _regression_tests.pearson(rows[1], fit.fitted) / df if df else np.nan
    spare = float(df) if estimated else np.inf
    return FittedRatios(made, *rows, fit, scale, spare, level, covariates)


def _excluded(empty: NDArray[np.bool_], person_years: Vector) -> pd.DataFrame:
    """Return what was left out: a row where cells had no expected cancers, else none."""
    some = int(empty.any())
    return pd.DataFrame(
        {
            "reason": ["no expected cancers"] * some,
            "rows": [int(empty.sum())] * some,
            "events": [0] * some,
            "person_years": [float(person_years[empty].sum())] * some,
        }
    )


def _labelled(
    model: FittedRatios, formula: str, interval: str, excluded: pd.DataFrame
) -> RatioRegression:
    fit, terms = model.fit, model.design.columns
    infinite = tuple(n for n, b in zip(terms, fit.coefficients, strict=True) if np.isinf(b))
    convergence = Convergence(fit.reached, fit.iterations, fit.largest_gradient, infinite)
    if not fit.reached:
        warn(f"the ratio regression {convergence}", ConvergenceWarning)
    return RatioRegression(
        formula=formula,
        coefficients=model.coefficients(profiled=interval == "profile"),
        covariance=covariance_frame(terms, model.covariance),
        log_likelihood=fit.log_likelihood + model.unknown,
        deviance=_poisson_model.deviance(model.observed, fit.fitted) + model.unknown,
        df_residual=fit.rows - fit.rank,
        dispersion=model.dispersion,
        df=model.df,
        excluded=excluded,
        level=model.level,
        interval=interval,
        convergence=convergence,
        _model=model,
    )
