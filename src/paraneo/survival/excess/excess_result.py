"""The fitted excess hazard: estimates, curves, tests and residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import check_option
from paraneo.gate.formulas import design_terms
from paraneo.gate.tables import as_names
from paraneo.numerics.arrays import Vector
from paraneo.results.coefficients import covariance_frame
from paraneo.survival._fitted_hazard import POINTS, numbers_at_risk
from paraneo.survival._spells import FollowUp
from paraneo.survival.records import row_names

from . import _diagnostics
from ._excess_curves import ExcessCurves
from ._problem import Problem
from ._separate_fits import fit_all

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExcessHazard(ExcessCurves):
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
    shape, scale, interval, level
        As asked for.
    n, events : int
        Rows and events that were used.
    excluded : DataFrame
        What lies outside the bands: ``reason rows events person_years``.
    """

    @property
    def robust_covariance(self) -> pd.DataFrame:
        """The sandwich covariance, over clusters where ``cluster`` was given, else over rows."""
        found = (
            self._turn
            @ _diagnostics.robust_covariance(
                self._fitted.model.scores(self._fit.point),
                self._fit.covariance,
                self._problem.cluster,
            )
            @ self._turn.T
        )
        return covariance_frame(self.names, found)

    def log_likelihood_at(self, parameters: Vector) -> tuple[float, Vector]:
        """Return the log-likelihood at other parameters, and its gradient.

        Minus infinity where a hazard would be negative; infinite effects stay where they are.
        """
        theta = self._inner(np.asarray(parameters, dtype=np.float64))
        found = self._fitted.model.raw_objective(
            np.where(np.isfinite(theta), theta, self._fit.point)
        )
        return found.value, np.linalg.inv(self._turn).T @ found.gradient

    def tests(self) -> pd.DataFrame:
        """Test each term by likelihood ratio: that it has no effect, and that it is proportional.

        Columns ``term test statistic df p_value``, two rows a term of the formula.
        """
        rows = []
        for term, own in design_terms(self._design):
            columns = self._problem.columns_of(own)
            none = self._against(self._problem.without(columns), "no effect")
            steady = self._steady(columns, None)
            rows += [frame.assign(term=term) for frame in (none, steady)]
        columns_shown = ["term", *_diagnostics.TEST_COLUMNS]
        if not rows:
            return pd.DataFrame(columns=columns_shown)
        return pd.concat(rows, ignore_index=True)[columns_shown]

    def wald_test(self, terms: str | Sequence[str]) -> pd.DataFrame:
        """Test that effects are 0, by Wald: one row with test, statistic, df and p_value.

        ``terms`` names columns of covariates, or terms of the formula such as "sex".
        """
        columns = set(self._columns(terms))
        names = [self._problem.covariates[k] for k in columns]
        slots = [k for k, own in enumerate(self.names) if _begins(own, names)]
        return _diagnostics.wald_test(self.parameters, self.covariance.to_numpy(), slots)

    def likelihood_ratio_test(self, terms: str | Sequence[str]) -> pd.DataFrame:
        """Test that effects are 0 by fitting without them: test, statistic, df and p_value."""
        return self._against(self._problem.without(self._columns(terms)), "no effect")

    def time_dependence_test(
        self, terms: str | Sequence[str], *, breaks: ArrayLike | None = None
    ) -> pd.DataFrame:
        """Test by likelihood ratio whether effects change with time.

        Against a fit in which they do; where they already do, against one in which they
        are proportional.

        Parameters
        ----------
        terms : str or sequence of str
        breaks : array, optional
            For bands the edges, among those of the model, where an effect may change;
            left out, the one nearest the median event. For a spline the years of its
            outermost and inner knots; left out, an effect linear in log time.
        """
        return self._steady(self._columns(terms), breaks)

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
            ``observed expected estimate lower upper``, after ``group n``, or
            ``follow_up follow_up_band``. Expected events include the background's.
        """
        faults = Faults("the arguments of calibration")
        check_option(by, ("risk", "follow_up"), "by", faults)
        faults.raise_any()
        model, theta = self._fitted.model, self._fit.point
        if by == "follow_up":
            edges = self._bands()
            return _diagnostics.calibration_by_follow_up(
                self._problem, model, theta, edges, self.level
            )
        residual = _diagnostics.martingale(self._problem, model, theta)
        risk = model.risk(theta, _middle(self._problem))
        return _diagnostics.calibration_by_risk(self._problem, residual, risk, groups, self.level)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: Literal["hazard", "ratio", "survival"] = "hazard",
        at: Any = None,
    ) -> Axes:
        """Draw the excess hazard, the ratio or net survival, with numbers at risk."""
        from paraneo.plotting.hazard_curve import hazard_curve

        faults = Faults("the arguments of plot")
        check_option(kind, ("hazard", "ratio", "survival"), "kind", faults)
        faults.raise_any()
        end = self.follow_up if np.isfinite(self.follow_up) else float(self.edges[-2]) * 1.5
        inner = self.edges[(self.edges > 0) & (self.edges < end)]
        grid = np.linspace(end / POINTS, end, POINTS)
        time = np.unique(np.concatenate([grid, inner, inner + end / POINTS / 50]))
        make = {"hazard": self.hazard, "ratio": self.ratio, "survival": self.survival_function}
        frame = make[kind](time, at)
        percent = f"({100 * self.level:g}% CI)"
        rows = self._problem.rows
        by_stratum = at is None and bool(self._groups.shape[1])
        own = row_names(None, self._groups) if by_stratum else ["all"]
        labels = {
            "hazard": f"Excess hazard per year\n{percent}",
            "ratio": f"Hazard / background\n{percent}",
            "survival": f"Net survival\n{percent}",
        }
        return hazard_curve(
            frame,
            numbers_at_risk(rows, end, own) if isinstance(rows, FollowUp) else None,
            ylabel=labels[kind],
            names=row_names(at, self._groups),
            steps=self.shape == "piecewise" and kind != "survival",
            reference=1.0 if kind == "ratio" else None,
            top=1.0 if kind == "survival" else None,
            ax=ax,
        )

    def _columns(self, terms: str | Sequence[str]) -> list[int]:
        names = as_names(terms)
        faults = Faults("the terms of the test")
        for name in names:
            if not self._problem.columns_of([name]):
                known = ", ".join(self._problem.covariates) or "none: there is no formula"
                faults.add("terms", f"there is no effect {name!r}", f"Choose from: {known}")
        faults.raise_any()
        return self._problem.columns_of(names)

    def _steady(self, columns: list[int], breaks: ArrayLike | None) -> pd.DataFrame:
        """Return the test that effects do not change with time."""
        problem, said = self._problem, "proportional effect"
        if breaks is None and set(columns) <= set(problem.changing):
            return self._against(problem.proportional(columns), said)
        wider = problem.with_changing(columns, changing_grid(problem, breaks))
        return self._against(wider, said)

    def _against(self, other: Problem, said: str) -> pd.DataFrame:
        """Return the likelihood-ratio test against a problem that holds this one or is held."""
        found = fit_all(other.model(), other.names(), self.level, "wald")
        chi2 = 2.0 * abs(self.log_likelihood - found.log_likelihood)
        return _diagnostics.test_frame(
            f"{said}, likelihood ratio", chi2, abs(len(other.names()) - len(self.names))
        )

    def _heading(self) -> str:
        shape = "bands" if self.shape == "piecewise" else "spline"
        return (
            f"ExcessHazard, {self.scale}, {shape}: {self.n} rows, {self.events} events, "
            f"log-likelihood {self.log_likelihood:.4f}; {self.convergence}"
        )


def _begins(name: str, columns: Sequence[str]) -> bool:
    """Return whether a parameter belongs to one of the columns of covariates."""
    return any(
        name == own or name.startswith((f"{own}[", f"{own}:log", f"{own}:v")) for own in columns
    )


def _middle(problem: Problem) -> float:
    """Return the time of the median event."""
    rows = problem.rows
    if isinstance(rows, FollowUp):
        end = np.where(rows.interval, 0.5 * (rows.exit + rows.upper), rows.exit)
        return float(np.median(end[rows.event | rows.interval]))
    order = np.argsort(rows.band, kind="stable")
    half = np.searchsorted(np.cumsum(rows.observed[order]), 0.5 * rows.observed.sum())
    low, high = problem.grid[rows.band[order][half]], problem.grid[rows.band[order][half] + 1]
    return float(low + 1.0 if np.isinf(high) else 0.5 * (low + high))


def changing_grid(problem: Problem, breaks: ArrayLike | None) -> Vector:
    """Return where an effect may change: edges among the model's, or knots in log time."""
    if problem.shape == "spline":
        knots = problem.grid[[0, -1]] if breaks is None else np.log(np.asarray(breaks, float))
        return np.asarray(knots, dtype=np.float64)
    grid = problem.grid
    if breaks is None:
        inner = grid[1:-1]
        near = inner[np.argmin(np.abs(inner - _middle(problem)))] if len(inner) else grid[0]
        return np.unique([grid[0], near, grid[-1]])
    inner = np.intersect1d(np.asarray(breaks, dtype=np.float64), grid[1:-1])
    return np.concatenate([grid[:1], inner, grid[-1:]])
