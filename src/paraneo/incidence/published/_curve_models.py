"""The two shapes of a ratio curve, fitted, and what can be read off them: arrays only."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector

from ._curve_rows import Windows
from ._ratio_curve import (
    CurveFit,
    Rows,
    band_shares,
    fit_decay,
    fit_mixture,
    mean_decay,
    roughness,
    smoothed,
)

#: Logarithms of the smoothing tried; at the last one the ratio is as good as constant.
_SMOOTHING = np.linspace(np.log(1e-3), np.log(1e5), 17)


class Curve(NamedTuple):
    """Parameters on the log scale and what is made of them.

    ``edges`` is empty for a decay, whose covariance is that of γ and log κ; ``kept`` says
    which of plateau and excess it has.
    """

    gamma: Vector
    covariance: Vector
    edges: Vector
    log_rate: float
    kept: tuple[bool, bool]

    def parts(self, low: Vector, high: Vector | None) -> tuple[Vector, Vector]:
        """Return the ratio at ``low``, or its mean from there to ``high``, and its slopes."""
        if len(self.edges):
            if high is None:
                inside = np.searchsorted(self.edges, low, side="right") - 1
                inside = np.where(low == self.edges[-1], len(self.edges) - 2, inside)
                mix = (inside[:, None] == np.arange(len(self.edges) - 1)).astype(np.float64)
            else:
                mix = band_shares(low, high, self.edges)
            parts = mix * np.exp(self.gamma)
            return parts.sum(axis=1), parts
        if high is None:
            mean = np.exp(-np.exp(self.log_rate) * low)
            turn = -np.exp(self.log_rate) * low * mean
        else:
            mean, turn = mean_decay(low, high, self.log_rate)
        mix = np.column_stack([np.ones(len(low)), mean])[:, np.array(self.kept)]
        parts = mix * np.exp(self.gamma)
        slopes = [parts, (parts[:, -1] * turn / mean)[:, None]] if self.kept[1] else [parts]
        return parts.sum(axis=1), np.hstack(slopes)

    def log_moments(self, low: Vector, high: Vector | None = None) -> tuple[Vector, Vector]:
        """Return the log ratio and its covariance between times or windows."""
        with np.errstate(divide="ignore", invalid="ignore"):
            value, slopes = self.parts(low, high)
            relative = slopes / value[:, None]
            return np.log(value), relative @ self.covariance @ relative.T


class Fitted(NamedTuple):
    """A fit, its curve, what ended on a bound, and the profile over τ²."""

    fit: CurveFit
    curve: Curve
    smoothing: float
    bounds: tuple[str, ...]
    note: str
    height: Callable[[float], float]


def fitted_steps(rows: Rows, windows: Windows, edges: Vector, wanted: float | None) -> Fitted:
    """Fit steps; λ is ``wanted``, or chosen where that is None."""
    constant = wanted == np.inf
    used = edges[[0, -1]] if constant else edges
    mix = band_shares(windows.start, windows.end, used)
    bands, note = len(used) - 1, ""
    bounds: tuple[str, ...] = ()
    if bands == 1:
        matrix, chosen = np.zeros((1, 1)), np.nan if wanted is None else wanted
        fit = fit_mixture(rows, mix, matrix)
    else:
        matrix = roughness(used)
        if wanted is None:
            chosen, fit = smoothed(rows, mix, matrix, _SMOOTHING)
            if np.log(chosen) > _SMOOTHING[-2]:
                bounds, note = ("smoothing",), "the ratio is as good as constant"
        else:
            chosen, fit = wanted, fit_mixture(rows, mix, wanted * matrix)
    penalty = np.zeros((1, 1)) if bands == 1 else chosen * matrix
    curve = Curve(fit.gamma, _covariance(fit.information), used, 0.0, (True, True))
    return Fitted(
        fit,
        curve,
        float(chosen),
        bounds,
        note,
        lambda v: fit_mixture(rows, mix, penalty, v=v, start=fit.gamma).penalised,
    )


def fitted_decay(rows: Rows, windows: Windows) -> Fitted:
    """Fit a decay to a plateau, or the simpler curve that is left of it."""
    shortest = float((windows.end - windows.start).min())
    longest = float(windows.end.max() - windows.start.min())
    span = float(np.log(0.2 / longest)), float(np.log(10.0 / shortest))
    found = fit_decay(rows, windows.start, windows.end, span)
    bounds: tuple[str, ...] = ()
    note = ""
    if not found.kept[1]:
        bounds, note = ("excess",), "there is no decay: a constant ratio was fitted"
    elif not found.kept[0]:
        bounds, note = ("plateau",), "no plateau: a decay to 0 was fitted"
    if found.kept[1] and min(abs(found.log_rate - x) for x in span) < 1e-3:
        bounds, note = (*bounds, "half_life"), "windows do not tell how fast the excess falls"
    mean = mean_decay(windows.start, windows.end, found.log_rate)[0]
    mix = np.column_stack([np.ones(len(mean)), mean])[:, np.array(found.kept)]
    none = np.zeros((mix.shape[1], mix.shape[1]))
    covariance = _covariance(found.information)
    curve = Curve(found.fit.gamma, covariance, np.empty(0), found.log_rate, found.kept)
    return Fitted(
        found.fit,
        curve,
        float("nan"),
        bounds,
        note,
        lambda v: fit_mixture(rows, mix, none, v=v, start=found.fit.gamma).penalised,
    )


def _covariance(information: Vector) -> Vector:
    """Return the covariance of all parameters but τ², the last; NaN where there is none."""
    if np.linalg.eigvalsh(information)[0] <= 0:
        return np.full((len(information) - 1, len(information) - 1), np.nan)
    return np.asarray(np.linalg.inv(information)[:-1, :-1], dtype=np.float64)
