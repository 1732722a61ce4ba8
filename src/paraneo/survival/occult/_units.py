"""A fit that does not depend on units: searched in standard ones, reported in the covariates'.

The search has each covariate centred and in standard deviations. Its parameters gamma become
``back @ gamma``, those of the covariates as they came. The profile of such a parameter is sought
in coordinates in which it takes the place of one of gamma's, the others staying as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from paraneo.gate.formulas import Design
from paraneo.numerics.arrays import Vector
from paraneo.numerics.newton import Optimum, Value

from ._occult_fit import OccultFit
from ._occult_likelihood import OccultModel


def in_standard_units(model: OccultModel) -> OccultModel:
    """Return the model with its covariates centred and scaled."""
    share, time = _designs(model)
    rows = replace(model.rows, share=share.standardised()[0], timing=time.standardised()[0][:, 1:])
    return replace(model, rows=rows)


def back_from(model: OccultModel) -> Vector:
    """Return the matrix that turns parameters of the standard units into those as they came."""
    share, time = _designs(model)
    own, of_time = share.standardised()[1], time.standardised()[1]
    p, k, q = len(own), len(model.distribution.names), len(of_time) - 1
    whole = np.eye(model.size)
    whole[:p, :p] = own
    effects = slice(p + k, p + k + q)
    whole[effects, effects] = of_time[1:, 1:]
    # what centring took from the effects goes to the scale, and out of rates of detection
    if model.distribution.word == "piecewise":
        whole[p : p + k, effects] = -of_time[0, 1:]
    else:
        whole[p, effects] = of_time[0, 1:]
    return whole


def _designs(model: OccultModel) -> tuple[Design, Design]:
    """Return the covariates of the share and of the scale of time, each with ones first."""
    rows = model.rows
    made = rows.share, np.column_stack([np.ones(len(rows.exit)), rows.timing])
    share, time = (Design(one, tuple(map(str, range(one.shape[1])))) for one in made)
    return share, time


def told(fit: OccultFit, back: Vector) -> OccultFit:
    """Return the fit in the units of its covariates, limits by Wald's turned by the covariance."""
    if np.array_equal(back, np.eye(len(back))):
        return fit
    theta = _applied(back, fit.theta)
    covariance = _covariance(back, fit.covariance)
    reach = (fit.upper - fit.theta) / np.sqrt(np.diag(fit.covariance))
    deviate = float(np.nanmedian(reach)) if np.isfinite(reach).any() else np.nan
    half = deviate * np.sqrt(np.diag(covariance))
    lower, upper = theta - half, theta + half
    held = np.isinf(fit.theta)
    lower[held], upper[held] = fit.lower[held], fit.upper[held]
    return replace(fit, theta=theta, covariance=covariance, lower=lower, upper=upper)


@dataclass(frozen=True, slots=True, eq=False)
class Turned:
    """A model in coordinates in which row k of ``back`` is the k-th, the others being gamma's."""

    model: OccultModel
    into: Vector

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return self.model.size

    def slope(self, theta: Vector) -> tuple[float, Vector]:
        """Return the log-likelihood and its gradient."""
        value, gradient = self.model.slope(_applied(self.into, theta))
        return value, self.into.T @ gradient

    def objective(self, theta: Vector, free: NDArray[np.bool_] | None = None) -> Value:
        """Return the log-likelihood, its gradient and its Hessian."""
        found = self.model.objective(_applied(self.into, theta), None)
        hessian = self.into.T @ found.hessian @ self.into
        if free is not None:
            hessian[~free] = hessian[:, ~free] = 0.0
        return Value(found.value, self.into.T @ found.gradient, hessian)


def turned(
    back: Vector, model: OccultModel, best: Optimum, covariance: Vector, k: int
) -> tuple[OccultModel | Turned, Optimum, Vector]:
    """Return model, optimum and covariance in coordinates with parameter k as it came."""
    row = back[k] / back[k, k]
    if np.count_nonzero(row) == 1:
        return model, best, covariance
    there, into = np.eye(len(back)), np.eye(len(back))
    there[k], into[k] = row, -row
    into[k, k] = 1.0
    at = best.at
    moved = Value(at.value, into.T @ at.gradient, into.T @ at.hessian @ into)
    point = _applied(there, best.point)
    return (
        Turned(model, into),
        best._replace(point=point, at=moved),
        _covariance(there, covariance),
    )


def _applied(matrix: Vector, theta: Vector) -> Vector:
    """Return the product, in which parameters that are infinite or unknown stay as they are."""
    known = np.isfinite(theta)
    found = matrix @ np.where(known, theta, 0.0)
    return np.asarray(np.where(known, found, theta))


def _covariance(matrix: Vector, covariance: Vector) -> Vector:
    known = np.isfinite(np.diag(covariance))
    found = matrix @ np.nan_to_num(covariance) @ matrix.T
    return np.asarray(np.where(np.outer(known, known), found, np.nan))
