"""What is true of simulated published ratios, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike
from scipy import special

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level, numbers, together
from paraneo.gate.kinds import Times
from paraneo.gate.verbs import Checked
from paraneo.numerics.arrays import Limits, Vector
from paraneo.numerics.roots import root

from .excess_hazards import PiecewiseRatio

Effects = Literal["log-normal", "gamma"]
#: Below this τ a gamma distribution's shape is 1/τ² to twelve digits.
_TINY = 1e-4


@dataclass(frozen=True)
class RatioTruth(Checked):
    """The distribution of the true ratios of studies.

    A study's true ratio is that of the average study times its own effect, whose logarithm
    has mean 0 and standard deviation ``tau``, by either distribution.

    Attributes
    ----------
    ratio : float or PiecewiseRatio
        Of the average study on the log scale, which is what `pooled_ratios` estimates; or by
        time since diagnosis, as `pooled_ratio_curve` does.
    tau : float
        Standard deviation over studies of the log ratio.
    effects : str
        "log-normal", or "gamma", which is skew to the left on the log scale.

    Examples
    --------
    >>> truth = RatioTruth(2.0, 0.5)
    >>> round(truth.mean_ratio, 4), [round(float(x), 3) for x in truth.prediction()]
    (2.2663, [0.751, 5.329])
    """

    ratio: float | PiecewiseRatio
    tau: float
    effects: Effects = "log-normal"

    @property
    def tau2(self) -> float:
        """Variance over studies of the log ratio."""
        return float(self.tau) ** 2

    @property
    def mean_effect(self) -> float:
        """Mean over studies of the effect, by which the mean ratio exceeds the average one."""
        if self.tau == 0:
            return 1.0
        if self.effects == "gamma":
            shape = self._shape()
            return float(np.exp(np.log(shape) - special.digamma(shape)))
        return float(np.exp(self.tau2 / 2))

    @property
    def variance_of_effect(self) -> float:
        """Variance over studies of the effect."""
        if self.tau == 0:
            return 0.0
        if self.effects == "gamma":
            return self.mean_effect**2 / self._shape()
        return float(np.expm1(self.tau2) * np.exp(self.tau2))

    @property
    def mean_ratio(self) -> float:
        """Mean over studies of the true ratio; NaN with a curve."""
        return self._centre() * self.mean_effect

    def over(self, start: Times, end: Times) -> Vector:
        """Return the average study's ratio over windows since diagnosis.

        With a curve its mean over each window, expected cancers being spread evenly.
        """
        begin, until = np.broadcast_arrays(np.asarray(start, float), np.asarray(end, float))
        if not isinstance(self.ratio, PiecewiseRatio):
            return np.full(begin.shape, float(self.ratio))
        edges = np.append(np.asarray(self.ratio.breaks), np.inf)
        low, high = (
            np.maximum(begin[..., None], edges[:-1]),
            np.minimum(until[..., None], edges[1:]),
        )
        inside = np.maximum(high - low, 0.0)
        return np.asarray(inside @ np.asarray(self.ratio.ratios) / (until - begin))

    def prediction(self, level: float = 0.95) -> Limits:
        """Return between which values true ratios of studies lie; with a curve, their effects."""
        faults = Faults("the truth of the simulated studies")
        check_level(level, faults)
        faults.raise_any()
        tails = np.array([(1 - level) / 2, (1 + level) / 2])
        centre = 1.0 if isinstance(self.ratio, PiecewiseRatio) else float(self.ratio)
        low, high = centre * np.exp(self._quantile(tails))
        return Limits(low, high)

    def share_within(self, lower: ArrayLike, upper: ArrayLike) -> Vector:
        """Return which share of studies has a true ratio between two limits.

        That is how often a prediction interval holds the ratio of a further study.
        """
        faults = Faults("the truth of the simulated studies")
        ends = [numbers(x, name, (), faults) for x, name in ((lower, "lower"), (upper, "upper"))]
        together(dict(zip(("lower", "upper"), ends, strict=True)), faults)
        faults.raise_any()
        with np.errstate(divide="ignore"):
            low, high = (np.log(np.maximum(end, 0.0)) - np.log(self._centre()) for end in ends)
        if self.tau == 0:
            return np.asarray((low <= 0) & (high >= 0), dtype=np.float64)
        if self.effects == "gamma":
            shape = self._shape()
            low, high = (
                special.gammainc(shape, np.exp(x + special.digamma(shape))) for x in (low, high)
            )
            return np.asarray(high - low)
        return np.asarray(special.ndtr(high / self.tau) - special.ndtr(low / self.tau))

    def draw(self, shape: tuple[int, ...], rng: Generator) -> Vector:
        """Draw effects of studies."""
        if self.tau == 0:
            return np.ones(shape)
        if self.effects == "gamma":
            form = self._shape()
            return np.asarray(rng.gamma(form, np.exp(-special.digamma(form)), shape))
        return np.exp(self.tau * rng.standard_normal(shape))

    def _centre(self) -> float:
        return np.nan if isinstance(self.ratio, PiecewiseRatio) else float(self.ratio)

    def _quantile(self, share: Vector) -> Vector:
        if self.tau == 0:
            return np.zeros_like(share)
        if self.effects == "gamma":
            shape = self._shape()
            return np.asarray(np.log(special.gammaincinv(shape, share)) - special.digamma(shape))
        return np.asarray(self.tau * special.ndtri(share))

    def _shape(self) -> float:
        """Return the shape of the gamma distribution whose logarithm has variance τ²."""
        if self.tau < _TINY:
            return 1 / self.tau2

        def gap(log_shape: float) -> float:
            return float(np.log(special.polygamma(1, np.exp(log_shape))) - np.log(self.tau2))

        # trigamma lies between 1/s and 1/s + 1/s²
        bounds = np.log(1 / self.tau2) - 0.1, np.log(1 / self.tau2 + 1 / self.tau) + 0.1
        return float(np.exp(root(gap, *bounds)))
