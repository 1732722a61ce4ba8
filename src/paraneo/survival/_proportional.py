"""The piecewise likelihood where effects are proportional and times exact: sums of products.

The same numbers as the kernel in `_likelihood`, which serves every case; here the hazard
factors into a part of the row and a part of the band, so that linear algebra does the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paraneo._estimate import Vector

if TYPE_CHECKING:
    from ._likelihood import Rows


def is_proportional(rows: Rows) -> bool:
    """Return whether no event is in an interval and no effect changes from band to band."""
    return len(rows.gap) == 0 and bool((rows.slots == rows.slots[:1]).all())


def proportional(rows: Rows, theta: Vector) -> tuple[float, Vector, Vector]:
    """Return log-likelihood, gradient and Hessian."""
    x, years = rows.covariates, rows.exposure
    bands = years.shape[1]
    rate, effects = np.exp(theta[:bands]), theta[bands:]
    ratio = np.exp(x @ effects)
    expected = ratio * (years @ rate)
    by_band = rate * (ratio @ years)
    gradient = -np.concatenate([by_band, expected @ x])
    hessian = np.zeros((len(theta), len(theta)))
    hessian[np.arange(bands), np.arange(bands)] = -by_band
    hessian[bands:, :bands] = -((x * ratio[:, None]).T @ years) * rate
    hessian[bands:, bands:] = -((x * expected[:, None]).T @ x)
    value = _add_events(rows, theta, ratio, gradient, hessian) - float(expected.sum())
    hessian[:bands, bands:] = hessian[bands:, :bands].T
    return value, gradient, hessian


def _add_events(
    rows: Rows, theta: Vector, ratio: Vector, gradient: Vector, hessian: Vector
) -> float:
    """Add the events to gradient and lower Hessian; return their log hazards."""
    hit = np.flatnonzero(rows.events > 0)
    bands = rows.exposure.shape[1]
    count, band, known, x = (
        part[hit] for part in (rows.events, rows.band, rows.background, rows.covariates)
    )
    log_hazard = theta[band] + x @ theta[bands:]
    if not known.any():
        gradient[:bands] += np.bincount(band, count, minlength=bands)
        gradient[bands:] += count @ x
        return float(count @ log_hazard)
    hazard = np.exp(theta)[band] * ratio[hit]
    whole = known + hazard
    share = np.where(known > 0, hazard / whole, 1.0)
    weight, curve = count * share, count * share * (1.0 - share)
    gradient[:bands] += np.bincount(band, weight, minlength=bands)
    gradient[bands:] += weight @ x
    hessian[np.arange(bands), np.arange(bands)] += np.bincount(band, curve, minlength=bands)
    for k, column in enumerate(x.T, start=bands):
        hessian[k, :bands] += np.bincount(band, curve * column, minlength=bands)
    hessian[bands:, bands:] += (x * curve[:, None]).T @ x
    return float(count @ np.where(known > 0, np.log(whole), log_hazard))
