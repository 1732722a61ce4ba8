"""Strata that share no parameter are fitted one by one, and their fits joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from paraneo.results.convergence import Convergence

from ._fit import Fit, Model, fit

if TYPE_CHECKING:
    from ._flexible import Flexible
    from ._piecewise import Piecewise


def fit_all(model: Piecewise | Flexible, names: Sequence[str], level: float, interval: str) -> Fit:
    """Return the fit of a model.

    Where strata share no effect the log-likelihood is a sum over them, so that the work
    grows with their number and not with the cube of it, as it would in one search.
    """
    if not model.constant or model.size > model.bands or model.strata == 1:
        return fit(model, names, level, interval)
    parts: Sequence[Model] = model.by_stratum()
    bounds = np.cumsum([0, *(part.size for part in parts)])
    fits = [
        fit(part, names[low:high], level, interval)
        for part, low, high in zip(parts, bounds[:-1], bounds[1:], strict=True)
    ]
    how = _together([found.convergence for found in fits])
    if not how.reached:
        return _no_answer(model.size, how)
    return Fit(
        theta=np.concatenate([found.theta for found in fits]),
        covariance=_block_diagonal(fits),
        lower=np.concatenate([found.lower for found in fits]),
        upper=np.concatenate([found.upper for found in fits]),
        profiled=np.concatenate([found.profiled for found in fits]),
        log_likelihood=float(sum(found.log_likelihood for found in fits)),
        convergence=how,
        point=np.concatenate([found.point for found in fits]),
    )


def _together(parts: Sequence[Convergence]) -> Convergence:
    """Return how the searches ended: all must have reached an optimum."""
    return Convergence(
        all(part.reached for part in parts),
        max(part.iterations for part in parts),
        max(part.largest_gradient for part in parts),
        tuple(name for part in parts for name in part.at_boundary),
        next((part.note for part in parts if part.note), ""),
    )


def _block_diagonal(fits: Sequence[Fit]) -> np.ndarray:
    """Return the covariances side by side; parameters on a bound have none with any other."""
    whole = linalg.block_diag(*(found.covariance for found in fits))
    held = np.concatenate([np.isnan(np.diag(found.covariance)) for found in fits])
    whole[held] = whole[:, held] = np.nan
    return np.asarray(whole)


def _no_answer(size: int, how: Convergence) -> Fit:
    none = np.full(size, np.nan)
    unknown = np.full((size, size), np.nan)
    return Fit(none, unknown, none, none, np.zeros(size, dtype=bool), np.nan, how, none)
