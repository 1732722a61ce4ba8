"""Distributions of the time to detection of an occult cancer, with their derivatives.

Every distribution has a scale of time that covariates stretch: ``shift`` is added to its
logarithm. For hazards constant in bands it divides the hazard instead, so that a positive
effect means later detection under every distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from paraneo.numerics.arrays import Vector

#: A time of 0 as the logarithm can take it.
NEVER = 1e-300
#: Largest absolute logarithm of a shape. Beyond it a distribution is a spike, and a spike at one
#: event makes the likelihood rise without end once the background explains the other events.
STEEPEST = float(np.log(20.0))
#: Step of the central difference by the log shape of a gamma distribution: its own error is near
#: 1e-9 of the slope, and the same whatever the unit of time; rounding is a thousandth of that.
SHAPE_STEP = 1e-4
#: Largest absolute value of a parameter at which exponentials can be computed.
LARGEST = 50.0


class Detection(NamedTuple):
    """A distribution at some times, one a row.

    Attributes
    ----------
    detected, undetected : (n,) float
        G(t) and 1 - G(t), each without cancellation.
    log_density : (n,) float
        log g(t), per year; of no meaning at t = 0.
    slopes, log_slopes : (n, k + 1) float
        Derivatives of G and of log g by the k parameters and, last, by the shift.
    """

    detected: Vector
    undetected: Vector
    log_density: Vector
    slopes: Vector
    log_slopes: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """Which distribution: its parameters' names and, for bands, its edges (the last infinite)."""

    word: str
    edges: Vector

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        if self.word == "piecewise":
            pairs = zip(self.edges[:-1], self.edges[1:], strict=True)
            return tuple(f"log_rate[{a:g}, {b:g})" for a, b in pairs)
        return _NAMES[self.word]

    def at(self, parameters: Vector, shift: Vector, time: Vector) -> Detection:
        """Return the distribution at the times, under the shifts of log time of each row."""
        if self.word == "piecewise":
            return _bands(self.edges, parameters, shift, time)
        return _SMOOTH[self.word](parameters, shift, time)

    def allowed(self, parameters: Vector) -> bool:
        """Return whether the distribution is no spike, and its numbers can be computed."""
        shapes = parameters[:0] if self.word == "piecewise" else parameters[1:]
        steep = (np.abs(shapes) > STEEPEST).any()
        return bool(not steep and (np.abs(parameters) < LARGEST).all())

    def start(self, years: float) -> Vector:
        """Return parameters under which half are detected within so many years or so."""
        if self.word == "piecewise":
            return np.full(len(self.edges) - 1, -np.log(years))
        first = np.zeros(len(self.names))
        first[0] = np.log(years)
        return first


_NAMES = {
    "exponential": ("log_scale",),
    "weibull": ("log_scale", "log_shape"),
    "log-normal": ("log_scale", "log_sigma"),
    "gamma": ("log_scale", "log_shape"),
    "log-logistic": ("log_scale", "log_shape"),
}


def _log(time: Vector) -> Vector:
    return np.asarray(np.log(np.maximum(time, NEVER)))


def _weibull(parameters: Vector, shift: Vector, time: Vector) -> Detection:
    shape = np.exp(parameters[1])
    log_time = _log(time)
    log_u = np.minimum(shape * (log_time - parameters[0] - shift), 700.0)
    u = np.exp(log_u)
    undetected = np.exp(-u)
    by_scale, by_shape = -shape * u, u * log_u
    return Detection(
        -np.expm1(-u),
        undetected,
        parameters[1] + log_u - log_time - u,
        undetected[:, None] * np.stack([by_scale, by_shape, by_scale], axis=1),
        np.stack([-shape - by_scale, 1.0 + log_u - by_shape, -shape - by_scale], axis=1),
    )


def _exponential(parameters: Vector, shift: Vector, time: Vector) -> Detection:
    found = _weibull(np.append(parameters, 0.0), shift, time)
    return found._replace(slopes=found.slopes[:, ::2], log_slopes=found.log_slopes[:, ::2])


def _log_normal(parameters: Vector, shift: Vector, time: Vector) -> Detection:
    sigma = np.exp(parameters[1])
    log_time = _log(time)
    z = (log_time - parameters[0] - shift) / sigma
    log_height = -0.5 * z**2 - 0.5 * np.log(2.0 * np.pi)
    height = np.exp(log_height)
    by_scale = -height / sigma
    return Detection(
        special.ndtr(z),
        special.ndtr(-z),
        log_height - parameters[1] - log_time,
        np.stack([by_scale, -z * height, by_scale], axis=1),
        np.stack([z / sigma, z**2 - 1.0, z / sigma], axis=1),
    )


def _log_logistic(parameters: Vector, shift: Vector, time: Vector) -> Detection:
    shape = np.exp(parameters[1])
    log_time = _log(time)
    z = shape * (log_time - parameters[0] - shift)
    detected, undetected = special.expit(z), special.expit(-z)
    both, lean = detected * undetected, undetected - detected
    by_scale = -shape * both
    return Detection(
        detected,
        undetected,
        parameters[1] - log_time + special.log_expit(z) + special.log_expit(-z),
        np.stack([by_scale, z * both, by_scale], axis=1),
        np.stack([-shape * lean, 1.0 + z * lean, -shape * lean], axis=1),
    )


def _gamma(parameters: Vector, shift: Vector, time: Vector) -> Detection:
    shape = np.exp(parameters[1])
    log_time = _log(time)
    log_u = np.minimum(log_time - parameters[0] - shift, 700.0)
    u = np.exp(log_u)
    log_height = shape * log_u - u - special.gammaln(shape)
    by_scale = -np.exp(log_height)
    by_shape = _by_log_shape(parameters[1], u)
    of_density = shape * (log_u - special.digamma(shape))
    return Detection(
        special.gammainc(shape, u),
        special.gammaincc(shape, u),
        log_height - log_time,
        np.stack([by_scale, by_shape, by_scale], axis=1),
        np.stack([u - shape, of_density, u - shape], axis=1),
    )


def _by_log_shape(log_shape: float, u: Vector) -> Vector:
    """Return the derivative of the gamma distribution function, from the smaller of its tails."""
    steps = SHAPE_STEP * np.array([-1.0, 1.0])
    weights = np.array([-1.0, 1.0]) / (2.0 * SHAPE_STEP)
    shapes = np.exp(log_shape + steps)
    upper = u > np.exp(log_shape)
    found = np.empty_like(u)
    found[~upper] = weights @ special.gammainc(shapes[:, None], u[~upper])
    found[upper] = -weights @ special.gammaincc(shapes[:, None], u[upper])
    return found


def _bands(edges: Vector, parameters: Vector, shift: Vector, time: Vector) -> Detection:
    spent = np.clip(time[:, None] - edges[:-1], 0.0, np.diff(edges))
    parts = spent * np.exp(parameters - shift[:, None])
    u = parts.sum(axis=1)
    undetected = np.exp(-u)
    band = np.clip(np.searchsorted(edges, time, side="left") - 1, 0, len(parameters) - 1)
    own = (band[:, None] == np.arange(len(parameters))).astype(np.float64)
    return Detection(
        -np.expm1(-u),
        undetected,
        parameters[band] - shift - u,
        undetected[:, None] * np.column_stack([parts, -u]),
        np.column_stack([own - parts, u - 1.0]),
    )


_SMOOTH: dict[str, Callable[[Vector, Vector, Vector], Detection]] = {
    "exponential": _exponential,
    "weibull": _weibull,
    "log-normal": _log_normal,
    "gamma": _gamma,
    "log-logistic": _log_logistic,
}
#: Distributions with a density that is smooth, over which the average is taken.
SMOOTH = tuple(_SMOOTH)
#: The words for distributions.
DISTRIBUTIONS = (*SMOOTH, "piecewise")
