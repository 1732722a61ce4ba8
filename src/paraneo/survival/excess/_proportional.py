"""The piecewise likelihood where effects are proportional and times exact: sums of products.

The same numbers as the kernel in `_likelihood`, which serves every case; here the hazard
factors into a part of the row and a part of the band, so that linear algebra does the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paraneo.numerics.arrays import Vector

if TYPE_CHECKING:
    from ._likelihood import Rows


def is_proportional(rows: Rows) -> bool:
    """Return whether no event is in an interval and no effect changes from band to band."""
    return len(rows.gap) == 0 and bool((rows.slots == rows.slots[:1]).all())


def event_sums(rows: Rows) -> Vector | None:
    """Return events by band, then their covariates summed; None over a background.

    Without a background the events' part of the log-likelihood is linear in these.
    """
    if (rows.background * rows.events).any():
        return None
    by_band = np.bincount(rows.band, rows.events, minlength=rows.exposure.shape[1])
    return np.concatenate([by_band, rows.events @ rows.covariates])


def expected_sums(rows: Rows, theta: Vector) -> tuple[Vector, Vector]:
    """Return the expected events of each band, and of each row."""
    bands = rows.exposure.shape[1]
    rate = np.exp(theta[:bands])
    ratio = np.exp(rows.covariates @ theta[bands:])
    return rate * (ratio @ rows.exposure), ratio * (rows.exposure @ rate)


def proportional(
    rows: Rows, theta: Vector, sums: Vector | None = None
) -> tuple[float, Vector, Vector]:
    """Return log-likelihood, gradient and Hessian; ``sums`` are those of `event_sums`."""
    x, years = rows.covariates, rows.exposure
    bands = years.shape[1]
    rate, effects = np.exp(theta[:bands]), theta[bands:]
    weighted = np.empty((len(x), 1 + len(effects)))
    ratio = np.exp(x @ effects)
    weighted[:, 0] = ratio
    np.multiply(x, ratio[:, None], out=weighted[:, 1:])
    by_band = (weighted.T @ years) * rate
    expected = years @ rate
    gradient = -np.concatenate([by_band[0], expected @ weighted[:, 1:]])
    hessian = np.zeros((len(theta), len(theta)))
    hessian[np.arange(bands), np.arange(bands)] = -by_band[0]
    hessian[bands:, :bands] = -by_band[1:]
    hessian[bands:, bands:] = -((x * expected[:, None]).T @ weighted[:, 1:])
    value = -float(by_band[0].sum())
    if sums is None:
        value += _add_events(rows, theta, ratio, gradient, hessian)
    else:
        gradient += sums
        some = sums != 0  # a band without events may have a log hazard of minus infinity
        value += float(sums[some] @ theta[some])
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
