"""The fitted excess hazard: estimates, curves, tests and residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from paraneo._arguments import NONNEGATIVE, check_option, numbers
from paraneo._convergence import Convergence
from paraneo._estimate import Vector
from paraneo._result import Result
from paraneo._tables import Columns
from paraneo.errors import Faults

from . import _diagnostics
from ._fit import Fit, fit
from ._predictions import Curve, Fitted, mean_background
from ._problem import Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from paraneo._design import Design

#: Times at which a curve is drawn.
POINTS = 200


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExcessHazard(Result):
    """An excess hazard over the background's, or a ratio to it, along follow-up.

    Attributes
    ----------
    names : tuple of str
        Parameters: the baseline's in time order, then the covariates'.
    parameters : (p,) float
        Logs of hazards per year or of ratios; minus infinity for a band or a group with
        no more events than expected, NaN where no optimum was found.
    covariance : DataFrame, (p, p)
        Of the parameters, from the observed information; NaN for those on a bound.
    log_likelihood : float
        Without the background's cumulative hazard, which no parameter touches.
    convergence : Convergence
    shape, scale, level
        As asked for.
    n, events : int
        Rows and events that were used.
    excluded : DataFrame
        Rows and events that lie outside the bands: ``reason n events``.
    """

    names: tuple[str, ...]
    parameters: Vector
    covariance: pd.DataFrame
    log_likelihood: float
    convergence: Convergence
    shape: str
    scale: str
    level: float
    n: int
    events: int
    excluded: pd.DataFrame
    _fit: Fit
    _problem: Problem
    _fitted: Fitted
    _design: Design
    _groups: pd.DataFrame

    @property
    def coefficients(self) -> pd.DataFrame:
        """One row a parameter, named in the index: estimate, std_error, lower, upper, z, p_value.

        Limits are Wald's; for a parameter on its bound the other limit is by profile
        likelihood. ``z`` and ``p_value``, of an effect of 0, stand with the covariates.
        """
        error = np.sqrt(np.diag(self.covariance))
        z = self.parameters / error
        z[: self._fitted.model.bands] = np.nan
        columns = {
            "estimate": self.parameters,
            "std_error": error,
            "lower": self._fit.lower,
            "upper": self._fit.upper,
            "z": z,
            "p_value": 2.0 * special.ndtr(-np.abs(z)),
        }
        return pd.DataFrame(columns, index=pd.Index(self.names, name="term"))

    def summary(self) -> pd.DataFrame:
        """Return the coefficients with their names in the column ``term``."""
        return self.coefficients.reset_index()

    @property
    def edges(self) -> Vector:
        """Edges of the bands, or knots of the spline, in years."""
        grid = self._problem.grid
        return np.exp(grid) if self.shape == "spline" else grid

    @property
    def follow_up(self) -> float:
        """The longest follow-up in years."""
        rows = self._problem.rows
        if hasattr(rows, "exit"):
            return float(max(rows.exit.max(), np.nanmax(rows.upper, initial=0.0)))
        return float(self._problem.grid[-1])

    @property
    def aic(self) -> float:
        """Akaike's criterion, -2 log-likelihood + 2 parameters."""
        return 2.0 * (len(self.names) - self.log_likelihood)

    @property
    def bic(self) -> float:
        """Schwarz's criterion with the number of events for the size of the sample."""
        return float(np.log(self.events)) * len(self.names) - 2.0 * self.log_likelihood

    @property
    def robust_covariance(self) -> pd.DataFrame:
        """The sandwich covariance, over clusters where ``cluster`` was given, else over rows."""
        found = _diagnostics.robust_covariance(
            self._fitted.model.scores(self._fit.point),
            self.covariance.to_numpy(),
            self._problem.cluster,
        )
        return pd.DataFrame(found, index=list(self.names), columns=list(self.names))

    def hazard(
        self,
        t: ArrayLike,
        at: Any = None,
        *,
        background: ArrayLike | None = None,
        kind: Literal["excess", "total"] = "excess",
        extrapolate: bool = False,
    ) -> pd.DataFrame:
        """Return the hazard per year at times t, with pointwise limits.

        Parameters
        ----------
        t : array
            Years since the origin.
        at : mapping or frame, optional
            Covariates and ``by`` columns, a row a person; left out, all columns of
            covariates are 0.
        background : array, optional
            The background hazard per year at the times; left out, its mean over those
            under observation. Only the total and the relative scale need it.
        kind : {"excess", "total"}
            With or without the background.
        extrapolate : bool
            Allow times beyond the longest follow-up.

        Returns
        -------
        DataFrame
            Index ``time``, columns ``estimate lower upper``, and ``row`` first where
            ``at`` has several rows.
        """
        faults = Faults("the arguments of hazard")
        check_option(kind, ("excess", "total"), "kind", faults)
        faults.raise_any()
        add = (kind == "total") - (self.scale == "relative")

        def curve(time: Vector, x: Vector, stratum: int, rate: Vector) -> Curve:
            found = self._fitted.baseline(time, x, stratum)
            times = rate if self.scale == "relative" else 1.0
            plus = (kind == "total") * rate if self.scale == "additive" else (add * rate)
            return Curve(*(part * times + plus for part in found))

        return self._frames(t, at, background, extrapolate, curve)

    def ratio(
        self,
        t: ArrayLike,
        at: Any = None,
        *,
        background: ArrayLike | None = None,
        extrapolate: bool = False,
    ) -> pd.DataFrame:
        """Return the ratio of the whole hazard to the background's at times t, with limits.

        The arguments are those of `hazard`; on the additive scale it is
        1 + excess / background.
        """

        def curve(time: Vector, x: Vector, stratum: int, rate: Vector) -> Curve:
            found = self._fitted.baseline(time, x, stratum)
            if self.scale == "relative":
                return found
            with np.errstate(divide="ignore"):
                return Curve(*(1.0 + part / rate for part in found))

        return self._frames(t, at, background, extrapolate, curve)

    def cumulative_hazard(
        self, t: ArrayLike, at: Any = None, *, extrapolate: bool = False
    ) -> pd.DataFrame:
        """Return the cumulative excess hazard up to times t, with limits.

        On the relative scale it is that over the mean background of those under
        observation. Arguments and frame are those of `hazard`.
        """

        def curve(time: Vector, x: Vector, stratum: int, rate: Vector) -> Curve:  # noqa: ARG001
            if self.scale == "additive":
                return self._fitted.cumulative(time, x, stratum)
            edges, mean = self._mean
            found = self._fitted.cumulative(time, x, stratum, mean)
            width = np.diff(np.minimum(edges, time[:, None]), axis=1)
            known = np.where(width > 0, width * mean, 0.0).sum(axis=1)
            return Curve(*(part - known for part in found))

        return self._frames(t, at, None, extrapolate, curve, need=False)

    def survival_function(
        self, t: ArrayLike, at: Any = None, *, extrapolate: bool = False
    ) -> pd.DataFrame:
        """Return exp(-cumulative excess hazard): event-free, net of the background.

        Arguments and frame are those of `hazard`.
        """
        frame = self.cumulative_hazard(t, at, extrapolate=extrapolate)
        sides = frame[["estimate", "upper", "lower"]].to_numpy()
        frame[["estimate", "lower", "upper"]] = np.exp(-sides)
        return frame

    def rates_at(self, t: ArrayLike, at: Any = None, parameters: Vector | None = None) -> Vector:
        """Return exp(x b) times the baseline as an array, shape (rows of at, times).

        An excess hazard per year, or a ratio on the relative scale. ``parameters`` may be
        a row of `draws`; nothing is checked, and times beyond follow-up are extrapolated.
        """
        theta = self.parameters if parameters is None else parameters
        time = np.atleast_1d(np.asarray(t, dtype=np.float64))
        model = self._fitted.model
        rows = zip(*self._rows(at), strict=True)
        return np.exp([model.log_hazard(theta, time, x, int(s))[0] for x, s in rows])

    def cumulative_at(
        self, t: ArrayLike, at: Any = None, parameters: Vector | None = None
    ) -> Vector:
        """Return the integral of `rates_at` from 0 as an array, shape (rows of at, times)."""
        theta = self.parameters if parameters is None else parameters
        time = np.atleast_1d(np.asarray(t, dtype=np.float64))
        model = self._fitted.model
        rows = zip(*self._rows(at), strict=True)
        return np.array([model.cumulative(theta, time, x, int(s))[0] for x, s in rows])

    def draws(self, size: int, *, rng: np.random.Generator) -> Vector:
        """Return parameters drawn from their normal approximation, shape (size, p).

        Parameters on a bound stay there.
        """
        found = np.tile(self.parameters, (size, 1))
        covariance = self.covariance.to_numpy()
        free = np.isfinite(np.diag(covariance))
        part = covariance[np.ix_(free, free)]
        found[:, free] = rng.multivariate_normal(self.parameters[free], part, size, method="eigh")
        return found

    def wald_test(self, terms: str | Sequence[str]) -> pd.DataFrame:
        """Test that effects are 0, by Wald: one row with test, chi2, df and p_value.

        ``terms`` names columns of covariates, or terms of the formula such as "sex".
        """
        columns = set(self._columns(terms))
        names = [self._problem.covariates[k] for k in columns]
        slots = [k for k, own in enumerate(self.names) if _begins(own, names)]
        return _diagnostics.wald_test(self.parameters, self.covariance.to_numpy(), slots)

    def likelihood_ratio_test(self, terms: str | Sequence[str]) -> pd.DataFrame:
        """Test that effects are 0 by fitting without them: test, chi2, df and p_value."""
        return self._against(self._problem.without(self._columns(terms)))

    def time_dependence_test(
        self, terms: str | Sequence[str], *, breaks: ArrayLike | None = None
    ) -> pd.DataFrame:
        """Test by likelihood ratio whether effects change with time.

        Parameters
        ----------
        terms : str or sequence of str
        breaks : array, optional
            For bands the edges, among those of the model, where an effect may change;
            left out, the one nearest the median event. For a spline the years of its
            outermost and inner knots; left out, an effect linear in log time.
        """
        columns = self._columns(terms)
        wider = self._problem.with_changing(columns, _changing_grid(self._problem, breaks))
        return self._against(wider)

    def residuals(self, kind: Literal["martingale", "deviance"] = "martingale") -> Vector:
        """Return a residual for each row that was used.

        The martingale kind is events less those expected, the background's among them;
        for an event within an interval, its expectation given the interval.
        """
        faults = Faults("the arguments of residuals")
        check_option(kind, ("martingale", "deviance"), "kind", faults)
        faults.raise_any()
        found = _diagnostics.martingale(self._problem, self._fitted.model, self._fit.point)
        if kind == "martingale":
            return found
        return _diagnostics.deviance(_diagnostics.observed(self._problem), found)

    def calibration(
        self, by: Literal["risk", "follow_up"] = "follow_up", *, groups: int = 10
    ) -> pd.DataFrame:
        """Return observed against expected events, with exact limits of their ratio.

        Parameters
        ----------
        by : {"risk", "follow_up"}
            In groups of rising exp(x b), or by band of follow-up.
        groups : int
            How many groups of risk, at most.

        Returns
        -------
        DataFrame
            ``observed expected estimate lower upper``, after ``group n`` or ``follow_up``.
            Expected events include the background's.
        """
        faults = Faults("the arguments of calibration")
        check_option(by, ("risk", "follow_up"), "by", faults)
        faults.raise_any()
        model, theta = self._fitted.model, self._fit.point
        if by == "follow_up":
            edges = self._mean_edges
            return _diagnostics.calibration_by_follow_up(
                self._problem, model, theta, edges, self.level
            )
        residual = _diagnostics.martingale(self._problem, model, theta)
        slots = [k for k in range(model.bands, model.size)]
        middle = np.full(self._problem.rows.length, _middle(self._problem))
        risk = model.terms_of_rows(middle)[:, slots] @ theta[slots]
        return _diagnostics.calibration_by_risk(self._problem, residual, risk, groups, self.level)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: Literal["hazard", "ratio", "survival"] = "hazard",
        at: Any = None,
    ) -> Axes:
        """Draw the excess hazard, the ratio or net survival, with limits and numbers at risk."""
        from paraneo.plotting.hazard_curve import hazard_curve

        faults = Faults("the arguments of plot")
        check_option(kind, ("hazard", "ratio", "survival"), "kind", faults)
        faults.raise_any()
        end = self.follow_up if np.isfinite(self.follow_up) else float(self.edges[-2]) * 1.5
        time = np.unique(np.append(np.linspace(end / POINTS, end, POINTS), self._inside(end)))
        make = {"hazard": self.hazard, "ratio": self.ratio, "survival": self.survival_function}
        frame = make[kind](time, at)
        percent = f"({100 * self.level:g}% limits)"
        labels = {
            "hazard": f"Excess hazard per year\n{percent}",
            "ratio": f"Hazard / background\n{percent}",
            "survival": f"Net survival\n{percent}",
        }
        return hazard_curve(
            frame.reset_index(), self._at_risk(end), ylabel=labels[kind],
            reference=1.0 if kind == "ratio" else None, top=1.0 if kind == "survival" else None, ax=ax,
        )  # fmt: skip
