"""Limits of risks from the uncertainty of their parameters: delta method and draws."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from paraneo.numerics.arrays import Vector, normal_quantile

from ._sources import Source

#: Step of the differences behind delta limits, in standard errors.
DELTA_STEP = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Uncertainty:
    """Rows of parameters from which limits are made: draws, or steps for differences.

    ``theta`` (r, p) are the model's, ``logits`` (r, m) those of the sensitivity in each band of
    time and, last, of specificity; the first row of each is the estimate. ``unknown`` names the
    parts whose uncertainty nobody gave: then there are no limits. ``step`` (k,) holds the sizes
    of the differences and ``covariance`` (k, k) belongs to them; both are None for draws.
    ``centre`` (p + m,) and ``spread`` are what all rows were made from.
    """

    theta: Vector
    logits: Vector
    step: Vector | None
    covariance: Vector | None
    centre: Vector
    spread: Vector
    unknown: tuple[str, ...] = ()

    @property
    def first(self) -> Uncertainty:
        """The estimate alone."""
        return replace(self, theta=self.theta[:1], logits=self.logits[:1])

    def drawn(self, draws: int, rng: np.random.Generator) -> Uncertainty:
        """Return as many draws instead; none where everything is known exactly."""
        free = np.flatnonzero(np.diag(self.spread) > 0)
        rows = np.tile(self.centre, (draws + 1 if len(free) else 1, 1))
        if len(free):
            part = self.spread[np.ix_(free, free)]
            rows[1:, free] = rng.multivariate_normal(self.centre[free], part, draws, method="eigh")
        p = self.theta.shape[1]
        return Uncertainty(
            rows[:, :p], rows[:, p:], None, None, self.centre, self.spread, self.unknown
        )


def limits_of(
    value: Vector, rows: Uncertainty, interval: str, level: float, *, log: bool = False
) -> tuple[Vector, Vector, Vector]:
    """Return estimate and limits, (people, times), from all rows, (people, rows, times).

    Limits are made on the complementary log-log scale, or with ``log`` on the log scale.
    """
    estimate = value[:, 0].copy()  # a view would keep all rows alive
    if rows.unknown:
        return estimate, np.full_like(estimate, np.nan), np.full_like(estimate, np.nan)
    if value.shape[1] == 1:
        return estimate, estimate.copy(), estimate.copy()
    if interval == "draws":
        tail = (1 - level) / 2
        lower, upper = np.quantile(value[:, 1:], [tail, 1 - tail], axis=1)
        return estimate, lower, upper
    if rows.step is None or rows.covariance is None or not len(rows.step):
        return estimate, estimate.copy(), estimate.copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.log(value if log else -np.log1p(-value))
        half = len(rows.step)
        slope = (scale[:, 1 : half + 1] - scale[:, half + 1 :]) / (2 * rows.step[:, None])
        variance = np.einsum("nkt,kl,nlt->nt", slope, rows.covariance, slope)
        reach = normal_quantile(level) * np.sqrt(np.maximum(variance, 0.0))
        low, high = (np.exp(scale[:, 0] + s * reach) for s in (-1, 1))
        if not log:
            low, high = -np.expm1(-low), -np.expm1(-high)
    inside = np.isfinite(scale[:, 0])
    return estimate, np.where(inside, low, estimate), np.where(inside, high, estimate)


def excess_limits(
    whole: Vector, natural: Vector, rows: Uncertainty, interval: str, level: float
) -> tuple[Vector, Vector, Vector]:
    """Return what of a probability is beyond the natural one, with limits of either sign.

    The excess is whole (1 - natural/whole); both move with the parameters, one up and the other
    down, so that its limits are made of the limits of the two.
    """
    if rows.unknown or interval == "draws":
        return limits_of(whole - natural, rows, interval, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(whole > 0, natural / whole, 1.0)
    middle, low, high = limits_of(whole, rows, interval, level)
    _, least, most = limits_of(part, rows, interval, level, log=True)
    return middle * (1.0 - part[:, 0]), low * (1.0 - most), high * (1.0 - least)


def uncertainty_of(
    source: Source,
    logits: Vector,
    spread: Vector,
    interval: str,
    draws: int,
    rng: np.random.Generator,
) -> Uncertainty:
    """Return rows of parameters; those known exactly stay where they are."""
    parts = (("the ratios", source.unknown), ("the accuracy", bool(np.isnan(spread).any())))
    unknown = tuple(name for name, missing in parts if missing)
    p = len(source.theta)
    centre = np.concatenate([source.theta, logits])
    covariance = np.zeros((len(centre), len(centre)))
    covariance[:p, :p], covariance[p:, p:] = source.covariance, np.nan_to_num(spread)
    free = np.flatnonzero(np.diag(covariance) > 0)
    part = covariance[np.ix_(free, free)]
    known = Uncertainty(centre[None, :p], logits[None, :], None, None, centre, covariance, unknown)
    if interval == "draws":
        return known.drawn(draws, rng)
    step = DELTA_STEP * np.sqrt(np.diag(part))
    rows = np.tile(centre, (2 * len(free) + 1, 1))
    rows[1 + np.arange(len(free)), free] += step
    rows[1 + len(free) + np.arange(len(free)), free] -= step
    return Uncertainty(rows[:, :p], rows[:, p:], step, part, centre, covariance, unknown)
