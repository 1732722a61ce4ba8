"""The hierarchical summary ROC curve and regions of a pooled accuracy: arrays in, arrays out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit, fdtri, gammaincinv, logit

from paraneo.numerics.arrays import Vector

#: Half-width (logits) and points of the trapezoid rule for the area; the integrand falls
#: like exp(−|t|) on both sides and is smooth, so that the rule has full accuracy.
FAR, POINTS = 40.0, 2001


class HSROC(NamedTuple):
    """Parameters of the hierarchical summary ROC model (Rutter and Gatsonis).

    Attributes
    ----------
    accuracy, threshold, shape : float
        Λ, Θ and β.
    accuracy_variance, threshold_variance : float
        Between studies.
    shape_estimated : bool
        False where a between-study variance is 0 or infinite: then the data do not determine
        the curve's shape, and a symmetric one (β = 0) is assumed.
    """

    accuracy: float
    threshold: float
    shape: float
    accuracy_variance: float
    threshold_variance: float
    shape_estimated: bool


def hsroc(mean: Vector, between: Vector) -> HSROC | None:
    """Carry the bivariate parameters to those of the HSROC model; None at infinite means."""
    if not np.isfinite(mean).all():
        return None
    s1, s2 = np.sqrt(between[0, 0]), np.sqrt(between[1, 1])
    known = bool(s1 > 0 and s2 > 0 and np.isfinite(s1 + s2))
    if known:
        beta, spread, root = float(np.log(s2 / s1)), s1 * s2, float(np.sqrt(s2 / s1))
    else:
        beta, spread, root = 0.0, (between[0, 0] + between[1, 1]) / 2, 1.0
    first, second = root * mean[0], mean[1] / root
    return HSROC(
        accuracy=float(first + second),
        threshold=float((first - second) / 2),
        shape=beta,
        accuracy_variance=float(2 * (spread + between[0, 1])),
        threshold_variance=float((spread - between[0, 1]) / 2),
        shape_estimated=known,
    )


def curve(parameters: HSROC, false_positive_rate: Vector) -> Vector:
    """Return the sensitivity on the summary curve: logit Se = Λ e^(−β/2) + e^(−β) logit f."""
    steep = np.exp(-parameters.shape)
    return np.asarray(
        expit(parameters.accuracy * np.sqrt(steep) + steep * logit(false_positive_rate))
    )


def area(parameters: HSROC) -> float:
    """Return the area under the whole summary curve."""
    t = np.linspace(-FAR, FAR, POINTS)
    steep = np.exp(-parameters.shape)
    height = expit(parameters.accuracy * np.sqrt(steep) + steep * t) * expit(t) * expit(-t)
    return float(np.trapezoid(height, t))


def region(
    mean: Vector, covariance: Vector, level: float, studies: int | None, points: int
) -> tuple[Vector, Vector]:
    """Return false positive rate and sensitivity along the border of an ellipse of logits.

    ``studies`` of None takes χ² with 2 degrees of freedom, else 2·F(2, studies − 2).
    """
    if studies is None:
        radius = np.sqrt(2 * gammaincinv(1.0, level))
    else:
        radius = np.sqrt(2 * fdtri(2, studies - 2, level))
    angle = np.linspace(0, 2 * np.pi, int(points))
    roots, axes = np.linalg.eigh(covariance)
    along = axes * np.sqrt(np.maximum(roots, 0.0))
    border = mean[:, None] + radius * along @ np.stack([np.cos(angle), np.sin(angle)])
    return expit(-border[1]), expit(border[0])
