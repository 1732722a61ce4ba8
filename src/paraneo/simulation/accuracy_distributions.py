"""Distributions of the true accuracy of a test over studies, for simulated meta-analyses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike
from scipy.special import expit, logit, ndtr

from paraneo.errors import Faults
from paraneo.gate.arguments import (
    NONNEGATIVE,
    NUMBER,
    PROBABILITY,
    Rule,
    check_level,
    numbers,
    together,
)
from paraneo.gate.verbs import Checked, made_by_hand
from paraneo.numerics.arrays import Limits, Vector, normal_quantile

from ._draws import predictive_pair, single

#: Nodes of the quadrature of marginal means: right to 1e-10 for standard deviations up to 2.
NODES = 160
_INSIDE = (*PROBABILITY, Rule(lambda x: (x == 0) | (x == 1), "has no logit", "Move it inside"))
_CORRELATION = (*NUMBER, Rule(lambda x: np.abs(x) > 1, "lies outside −1 to 1", "Correct it"))


class AccuracyDistribution(Checked, ABC):
    """A normal distribution of (logit Se, logit Sp) over studies, and what follows from it."""

    @property
    @abstractmethod
    def mean(self) -> Vector:
        """Mean of (logit Se, logit Sp), shape (2,)."""

    @property
    @abstractmethod
    def between_study(self) -> Vector:
        """Covariance of (logit Se, logit Sp) over studies, shape (2, 2)."""

    @abstractmethod
    def draw(self, shape: tuple[int, ...], rng: Generator) -> dict[str, Vector]:
        """Draw studies: ``logit_sensitivity`` and ``logit_specificity``, and what is behind."""

    @property
    def median(self) -> Vector:
        """Sensitivity and specificity of the average study on the logit scale, shape (2,).

        This is what `pooled_accuracy` estimates.
        """
        return np.asarray(expit(self.mean))

    @property
    def marginal(self) -> Vector:
        """Mean sensitivity and mean specificity over studies, shape (2,), by quadrature.

        Nearer to one half than `median`, the more so the more studies differ.
        """
        node, weight = np.polynomial.hermite_e.hermegauss(NODES)
        spread = np.sqrt(np.diag(self.between_study))
        height = expit(self.mean[:, None] + spread[:, None] * node)
        return np.asarray(height @ weight / weight.sum())

    def predictive_values(self, prevalence: ArrayLike) -> tuple[Vector, Vector]:
        """Return PPV and NPV of the average study's test at a prevalence."""
        faults = Faults("the truth of the simulated studies")
        share = numbers(prevalence, "prevalence", PROBABILITY, faults)
        faults.raise_any()
        sensitivity, specificity = self.median
        return predictive_pair(sensitivity, specificity, share)

    def prediction(self, level: float = 0.95) -> Limits:
        """Return between which values sensitivity and specificity of studies lie, shape (2,)."""
        faults = Faults("the truth of the simulated studies")
        check_level(level, faults)
        faults.raise_any()
        reach = normal_quantile(level) * np.sqrt(np.diag(self.between_study))
        return Limits(np.asarray(expit(self.mean - reach)), np.asarray(expit(self.mean + reach)))

    def share_within(self, lower: ArrayLike, upper: ArrayLike) -> Vector:
        """Return which share of studies has its true values between two limits.

        Sensitivity and specificity each, shape (2,) (or (…, 2) as the limits). That is how often
        prediction limits contain the value of a further study.
        """
        faults = Faults("the truth of the simulated studies")
        given = zip((lower, upper), ("lower", "upper"), strict=True)
        ends = [numbers(x, name, PROBABILITY, faults) for x, name in given]
        for name, end in zip(("lower", "upper"), ends, strict=True):
            if end.shape and end.shape[-1] not in (1, 2):
                faults.add(name, f"there are {end.shape[-1]}", "Give one for Se and one for Sp")
        together(dict(zip(("lower", "upper"), ends, strict=True)), faults)
        faults.raise_any()
        low, high = (logit(end) - self.mean for end in ends)
        spread = np.sqrt(np.diag(self.between_study))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = ndtr(high / spread) - ndtr(low / spread)
        return np.asarray(np.where(spread > 0, share, (low <= 0) & (high >= 0)))


@made_by_hand
@dataclass(frozen=True)
class BivariateAccuracy(AccuracyDistribution):
    """True logit Se and logit Sp are normal over studies.

    Parameters
    ----------
    sensitivity, specificity : float
        Of the average study on the logit scale, strictly between 0 and 1.
    between : (float, float)
        Standard deviations over studies of logit Se and logit Sp.
    correlation : float
        Of the two over studies; negative where studies differ in their threshold.

    Examples
    --------
    >>> distribution = BivariateAccuracy(0.7, 0.95, between=(0.6, 0.8), correlation=-0.4)
    >>> distribution.marginal.round(4)
    array([0.6867, 0.9356])
    >>> [round(float(x), 3) for x in distribution.predictive_values(0.2)]
    [0.778, 0.927]
    """

    sensitivity: float
    specificity: float
    between: tuple[float, float] = (0.0, 0.0)
    correlation: float = 0.0

    def __post_init__(self) -> None:
        faults = Faults("the distribution of the simulated studies")
        single(self.sensitivity, "sensitivity", _INSIDE, faults)
        single(self.specificity, "specificity", _INSIDE, faults)
        single(self.correlation, "correlation", _CORRELATION, faults)
        if numbers(self.between, "between", NONNEGATIVE, faults).shape != (2,):
            faults.add("between", "takes two numbers", "Give those of logit Se and logit Sp")
        faults.raise_any()

    @property
    def mean(self) -> Vector:
        """Mean of (logit Se, logit Sp), shape (2,)."""
        return np.asarray(logit([self.sensitivity, self.specificity]))

    @property
    def between_study(self) -> Vector:
        """Covariance of (logit Se, logit Sp) over studies, shape (2, 2)."""
        spread = np.asarray(self.between, dtype=np.float64)
        share = np.array([[1.0, self.correlation], [self.correlation, 1.0]])
        return np.asarray(spread[:, None] * share * spread)

    def draw(self, shape: tuple[int, ...], rng: Generator) -> dict[str, Vector]:
        """Draw studies: ``logit_sensitivity logit_specificity``."""
        first, second = rng.standard_normal((2, *shape))
        second = self.correlation * first + np.sqrt(1 - self.correlation**2) * second
        return {
            "logit_sensitivity": self.mean[0] + self.between[0] * first,
            "logit_specificity": self.mean[1] + self.between[1] * second,
        }


@made_by_hand
@dataclass(frozen=True)
class ThresholdAccuracy(AccuracyDistribution):
    r"""Studies differ in accuracy α and in threshold θ, independently (HSROC).

    Over accuracy :math:`\alpha \sim N(\Lambda, \sigma_\alpha^2)` and threshold
    :math:`\theta \sim N(\Theta, \sigma_\theta^2)`, with shape β,

    .. math:: \operatorname{logit} \mathrm{Se} = e^{-\beta/2} (\theta + \alpha/2), \quad
       \operatorname{logit}(1 - \mathrm{Sp}) = e^{\beta/2} (\theta - \alpha/2).

    Parameters
    ----------
    accuracy, threshold, shape : float
        Λ (log diagnostic odds ratio where β is 0), Θ (positive where studies call more people
        positive) and β, by which the curve leaves symmetry.
    accuracy_sd, threshold_sd : float
        Standard deviations over studies.

    References
    ----------
    Rutter CM, Gatsonis CA. Stat Med 2001;20:2865-2884. doi:10.1002/sim.942. Harbord et al.
    Biostatistics 2007;8:239-251. doi:10.1093/biostatistics/kxl004 (as a bivariate distribution).

    Examples
    --------
    >>> distribution = ThresholdAccuracy(accuracy=4.0, threshold=-0.8, shape=0.2, accuracy_sd=0.5,
    ...                         threshold_sd=0.6)
    >>> distribution.median.round(4), distribution.between_study.round(4).tolist()
    (array([0.7476, 0.9567]), [[0.3459, -0.2975], [-0.2975, 0.516]])
    """

    accuracy: float
    threshold: float
    shape: float = 0.0
    accuracy_sd: float = 0.0
    threshold_sd: float = 0.0

    def __post_init__(self) -> None:
        faults = Faults("the distribution of the simulated studies")
        for name in ("accuracy", "threshold", "shape"):
            single(getattr(self, name), name, NUMBER, faults)
        for name in ("accuracy_sd", "threshold_sd"):
            single(getattr(self, name), name, NONNEGATIVE, faults)
        faults.raise_any()

    @property
    def mean(self) -> Vector:
        """Mean of (logit Se, logit Sp), shape (2,)."""
        return self._logits(np.float64(self.accuracy), np.float64(self.threshold))

    @property
    def between_study(self) -> Vector:
        """Covariance of (logit Se, logit Sp) over studies, shape (2, 2)."""
        alpha, theta = self.accuracy_sd**2 / 4, self.threshold_sd**2
        scale = np.exp(np.array([-self.shape, self.shape]) / 2)
        core = np.array([[alpha + theta, alpha - theta], [alpha - theta, alpha + theta]])
        return np.asarray(scale[:, None] * core * scale)

    def draw(self, shape: tuple[int, ...], rng: Generator) -> dict[str, Vector]:
        """Draw studies: ``accuracy threshold logit_sensitivity logit_specificity``."""
        first, second = rng.standard_normal((2, *shape))
        alpha = self.accuracy + self.accuracy_sd * first
        theta = self.threshold + self.threshold_sd * second
        sensitivity, specificity = self._logits(alpha, theta)
        return {
            "accuracy": alpha,
            "threshold": theta,
            "logit_sensitivity": sensitivity,
            "logit_specificity": specificity,
        }

    def _logits(self, alpha: ArrayLike, theta: ArrayLike) -> Vector:
        half, place = np.asarray(alpha) / 2, np.asarray(theta)
        steep = np.exp(self.shape / 2)
        return np.stack([(place + half) / steep, (half - place) * steep])
