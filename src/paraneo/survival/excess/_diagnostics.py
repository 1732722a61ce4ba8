"""Tests, residuals, calibration and the robust variance of a fitted excess hazard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from paraneo.numerics.arrays import Vector
from paraneo.numerics.poisson_limits import exact
from paraneo.results.bands import banded
from paraneo.survival._spells import Integers, band_of

from ._cells import Cells
from ._problem import Problem

if TYPE_CHECKING:
    from ._flexible import Flexible
    from ._piecewise import Piecewise


def wald_test(theta: Vector, covariance: Vector, slots: list[int]) -> pd.DataFrame:
    """Test that some parameters are all 0."""
    part = covariance[np.ix_(slots, slots)]
    some = theta[slots]
    known = np.isfinite(part).all() and np.isfinite(some).all()
    chi2 = float(some @ np.linalg.solve(part, some)) if known else np.nan
    return test_frame("no effect, Wald", chi2, len(slots))


#: Columns of every test.
TEST_COLUMNS = ("test", "statistic", "df", "p_value")


def test_frame(test: str, chi2: float, df: int) -> pd.DataFrame:
    """Return the one row of a test by chi-squared."""
    p_value = float(special.chdtrc(df, chi2)) if np.isfinite(chi2) else np.nan
    return pd.DataFrame([(test, chi2, df, p_value)], columns=list(TEST_COLUMNS))


def robust_covariance(scores: Vector, covariance: Vector, cluster: Integers | None) -> Vector:
    """Return the sandwich: the covariance around the summed squares of clusters' scores."""
    free = np.isfinite(np.diag(covariance))
    own = scores[:, free]
    if cluster is not None:
        own = np.column_stack([np.bincount(cluster, column) for column in own.T])
    bread = covariance[np.ix_(free, free)]
    whole = np.full(covariance.shape, np.nan)
    whole[np.ix_(free, free)] = bread @ (own.T @ own) @ bread
    return whole


def observed(problem: Problem) -> Vector:
    """Return the events of each row."""
    rows = problem.rows
    if isinstance(rows, Cells):
        return np.asarray(rows.observed)
    return np.asarray((rows.event | rows.interval).astype(np.float64))


def martingale(problem: Problem, model: Piecewise | Flexible, theta: Vector) -> Vector:
    """Return observed less expected events of each row, the background's among them.

    For an event within an interval over which the cumulative hazard rises from a to a + d
    it is what is expected given that, -a + d / (exp(d) - 1).
    """
    before, within = model.expected(theta)
    residual = observed(problem) - model.background - before.sum(axis=1)
    rows = problem.rows
    if not isinstance(rows, Cells) and rows.interval.any():
        inside = rows.interval
        rise = within.sum(axis=1) + model.gap
        residual[inside] += rise / np.expm1(rise) - 1.0
    return np.asarray(residual, dtype=np.float64)


def deviance(events: Vector, residual: Vector) -> Vector:
    """Return signed square roots of each row's part of the deviance."""
    expected = events - residual
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(events > 0, events * np.log(events / expected), 0.0)
    return np.asarray(np.sign(residual) * np.sqrt(np.maximum(2.0 * (gain - residual), 0.0)))


def calibration_by_risk(
    problem: Problem, residual: Vector, risk: Vector, groups: int, level: float
) -> pd.DataFrame:
    """Return observed and expected events in groups of rising risk; equal risks stay together."""
    events = observed(problem)
    cuts = np.unique(np.quantile(risk, np.linspace(0, 1, groups + 1)[1:-1]))
    code = np.searchsorted(cuts, risk, side="left")
    code = np.unique(code, return_inverse=True)[1]
    number = np.bincount(code)
    frame = pd.DataFrame({"group": np.arange(1, len(number) + 1), "n": number})
    return _compared(frame, np.bincount(code, events), np.bincount(code, events - residual), level)


def calibration_by_follow_up(
    problem: Problem, model: Piecewise | Flexible, theta: Vector, edges: Vector, level: float
) -> pd.DataFrame:
    """Return observed and expected events by band of follow-up.

    An event within an interval counts, with what is expected there, at its middle.
    """
    rows = problem.rows
    events = observed(problem)
    by_band = model.expected_by(theta, edges)
    if isinstance(rows, Cells):
        place = rows.band
        known = np.zeros_like(by_band)
        if not problem.relative:
            known[np.arange(len(place)), place] = rows.expected
    else:
        middle = np.where(rows.interval, 0.5 * (rows.exit + rows.upper), rows.exit)
        place = band_of(middle, edges)
        known = np.zeros_like(by_band)
        if not problem.relative:
            known = rows.background.cumulative(rows.entry, rows.exit, edges)
    rest = events - martingale(problem, model, theta) - (by_band + known).sum(axis=1)
    expected = (by_band + known).sum(axis=0) + np.bincount(place, rest, len(edges) - 1)
    frame = pd.DataFrame(banded("follow_up", edges, np.arange(len(edges) - 1)))
    return _compared(frame, np.bincount(place, events, len(edges) - 1), expected, level)


def _compared(
    frame: pd.DataFrame, events: ArrayLike, expected: ArrayLike, level: float
) -> pd.DataFrame:
    events, expected = np.asarray(events, np.float64), np.asarray(expected, np.float64)
    low, high = exact(events, level)
    return frame.assign(
        observed=events.astype(np.int64),
        expected=expected,
        estimate=events / expected,
        lower=low / expected,
        upper=high / expected,
    )
