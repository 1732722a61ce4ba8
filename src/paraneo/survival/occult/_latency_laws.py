"""Laws of the time to detection of a hidden cancer, with their derivatives.

Every law has a scale of time that covariates stretch: ``shift`` is added to its logarithm.
For hazards constant in bands it divides the hazard instead, so that a positive effect
means later detection under every law.
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
#: Largest absolute logarithm of a shape. Beyond it a law is a spike, and a spike at one event
#: makes the likelihood rise without end once the background explains the other events.
STEEPEST = float(np.log(20.0))

Slopes = Vector


class Law(NamedTuple):
    """A law at some times, one a row.

    Attributes
    ----------
    detected, hidden : (n,) float
        G(t) and 1 - G(t), each without cancellation.
    log_density : (n,) float
        log g(t), per year; of no meaning at t = 0.
    slopes, log_slopes : (n, k + 1) float
        Derivatives of G and of log g by the k parameters and, last, by the shift.
    """

    detected: Vector
    hidden: Vector
    log_density: Vector
    slopes: Slopes
    log_slopes: Slopes


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Which law: its parameters' names and, for bands, its edges (the last one infinite)."""

    word: str
    edges: Vector

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        if self.word == "piecewise":
            pairs = zip(self.edges[:-1], self.edges[1:], strict=True)
            return tuple(f"log_rate[{a:g}, {b:g})" for a, b in pairs)
        return _NAMES[self.word]

    def at(self, parameters: Vector, shift: Vector, time: Vector) -> Law:
        """Return the law at the times, under the shifts of log time of each row."""
        if self.word == "piecewise":
            return _bands(self.edges, parameters, shift, time)
        return _SMOOTH[self.word](parameters, shift, time)

    def allowed(self, parameters: Vector) -> bool:
        """Return whether the law is no spike, and its numbers can be computed."""
        shapes = parameters[1:] if self.word in ("weibull", "log-normal") else parameters[:0]
        return bool((np.abs(shapes) <= STEEPEST).all() and (np.abs(parameters) < 50).all())

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
}


def _weibull(parameters: Vector, shift: Vector, time: Vector) -> Law:
    shape = np.exp(parameters[1])
    log_time = np.log(np.maximum(time, NEVER))
    log_u = np.minimum(shape * (log_time - parameters[0] - shift), 700.0)
    u = np.exp(log_u)
    hidden = np.exp(-u)
    by_scale, by_shape = -shape * u, u * log_u
    return Law(
        -np.expm1(-u),
        hidden,
        parameters[1] + log_u - log_time - u,
        hidden[:, None] * np.stack([by_scale, by_shape, by_scale], axis=1),
        np.stack([-shape - by_scale, 1.0 + log_u - by_shape, -shape - by_scale], axis=1),
    )


def _exponential(parameters: Vector, shift: Vector, time: Vector) -> Law:
    found = _weibull(np.append(parameters, 0.0), shift, time)
    return found._replace(slopes=found.slopes[:, ::2], log_slopes=found.log_slopes[:, ::2])


def _log_normal(parameters: Vector, shift: Vector, time: Vector) -> Law:
    sigma = np.exp(parameters[1])
    log_time = np.log(np.maximum(time, NEVER))
    z = (log_time - parameters[0] - shift) / sigma
    log_height = -0.5 * z**2 - 0.5 * np.log(2.0 * np.pi)
    height = np.exp(log_height)
    by_scale = -height / sigma
    return Law(
        special.ndtr(z),
        special.ndtr(-z),
        log_height - parameters[1] - log_time,
        np.stack([by_scale, -z * height, by_scale], axis=1),
        np.stack([z / sigma, z**2 - 1.0, z / sigma], axis=1),
    )


def _bands(edges: Vector, parameters: Vector, shift: Vector, time: Vector) -> Law:
    spent = np.clip(time[:, None] - edges[:-1], 0.0, np.diff(edges))
    parts = spent * np.exp(parameters - shift[:, None])
    u = parts.sum(axis=1)
    hidden = np.exp(-u)
    band = np.clip(np.searchsorted(edges, time, side="left") - 1, 0, len(parameters) - 1)
    own = (band[:, None] == np.arange(len(parameters))).astype(np.float64)
    return Law(
        -np.expm1(-u),
        hidden,
        parameters[band] - shift - u,
        hidden[:, None] * np.column_stack([parts, -u]),
        np.column_stack([own - parts, u - 1.0]),
    )


_SMOOTH: dict[str, Callable[[Vector, Vector, Vector], Law]] = {
    "exponential": _exponential,
    "weibull": _weibull,
    "log-normal": _log_normal,
}
#: The words for laws.
LAWS = (*_SMOOTH, "piecewise")
