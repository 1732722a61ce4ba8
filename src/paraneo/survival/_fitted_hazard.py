"""What every fitted hazard has: coefficients, draws, curves over time, and numbers at risk."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, numbers
from paraneo.gate.kinds import Flat
from paraneo.numerics.arrays import Vector
from paraneo.numerics.round_times import round_times
from paraneo.results.coefficients import coefficient_frame
from paraneo.results.convergence import Convergence
from paraneo.results.result import Result

from ._spells import Flags, FollowUp

#: Points of a drawn curve.
POINTS = 200
#: Times beyond the longest follow-up by no more than this share of it are rounding.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FittedHazard(Result):
    """A hazard fitted by maximum likelihood, with its parameters and their limits."""

    names: tuple[str, ...]
    parameters: Vector
    covariance: pd.DataFrame
    log_likelihood: float
    convergence: Convergence
    level: float
    interval: str
    n: int
    events: int
    excluded: pd.DataFrame
    _lower: Vector
    _upper: Vector
    _effects: Flags

    @property
    def coefficients(self) -> pd.DataFrame:
        """One row a parameter: ``term estimate std_error lower upper p_value`` and ratios.

        The p-value is Wald's of an effect of 0, NaN for parameters that are no effects.
        """
        return self._coefficients()

    @property
    def aic(self) -> float:
        """Akaike's criterion, -2 log-likelihood + 2 parameters."""
        return 2.0 * (len(self.names) - self.log_likelihood)

    @property
    def far_limits(self) -> Vector:
        """The other limit of each parameter whose estimate is infinite, NaN for the others."""
        other = np.where(self.parameters < 0, self._upper, self._lower)
        return np.where(np.isinf(self.parameters), other, np.nan)

    def summary(self) -> pd.DataFrame:
        """Return the coefficients."""
        return self.coefficients

    def draws(self, size: int, *, rng: np.random.Generator) -> Vector:
        """Return parameters drawn from their normal approximation, shape (size, p).

        Parameters on a bound stay there.
        """
        return normal_draws(self.parameters, self.covariance.to_numpy(), size, rng)

    def _rows_of(self, parameters: ArrayLike | None) -> Vector:
        """Return the parameters of one row, or of several as `draws` gives them."""
        if parameters is None:
            return self.parameters
        found = np.asarray(parameters, dtype=np.float64)
        if found.ndim not in (1, 2) or found.shape[-1] != len(self.parameters):
            faults = Faults("the parameters of the curve")
            said = f"there are not {len(self.parameters)} in a row"
            faults.add("parameters", said, "Give a row of .draws(), or several")
            faults.raise_any()
        return found

    @abstractmethod
    def cumulative_hazard(
        self, t: Flat, at: Any = None, *, extrapolate: bool = False
    ) -> pd.DataFrame:
        """Return the cumulative excess hazard up to times t, with limits."""

    def survival_function(
        self, t: Flat, at: Any = None, *, extrapolate: bool = False
    ) -> pd.DataFrame:
        """Return exp(-cumulative excess hazard): event-free, net of the background.

        Arguments and frame are those of `hazard`.
        """
        frame = self.cumulative_hazard(t, at, extrapolate=extrapolate)
        sides = frame[["estimate", "upper", "lower"]].to_numpy()
        frame[["estimate", "lower", "upper"]] = np.exp(-sides)
        return frame

    def _coefficients(self, part: dict[str, Sequence[str]] | None = None) -> pd.DataFrame:
        """Return the frame of coefficients; ``part`` stands before the terms."""
        error = np.sqrt(np.diag(self.covariance))
        with np.errstate(invalid="ignore", divide="ignore"):
            z = np.where(self._effects, self.parameters / error, np.nan)
        return coefficient_frame(
            self.names,
            estimate=self.parameters,
            std_error=error,
            lower=self._lower,
            upper=self._upper,
            p_value=2.0 * special.ndtr(-np.abs(z)),
            part=part,
        )


def normal_draws(centre: Vector, covariance: Vector, size: int, rng: np.random.Generator) -> Vector:
    """Return draws around parameters, (size, p); those without a variance stay."""
    found = np.tile(centre, (size, 1))
    free = np.isfinite(np.diag(covariance))
    if not free.any():
        return found
    part = covariance[np.ix_(free, free)]
    found[:, free] = rng.multivariate_normal(centre[free], part, size, method="eigh")
    return found


def times_within(t: Flat, end: float, faults: Faults, *, longest: float = np.inf) -> Vector:
    """Return times as an array; note those beyond the follow-up or where a model ends.

    Parameters
    ----------
    t : array
    end : float
        The longest follow-up, or infinity where the user allows to go beyond it.
    longest : float
        Where the model itself ends.
    """
    time = np.atleast_1d(numbers(t, "t", NONNEGATIVE, faults))
    limit = min(end, longest)
    if (time > limit * (1.0 + ROUNDING)).any():
        more = "" if longest <= end else ", or pass extrapolate=True"
        faults.add("t", f"there is no follow-up beyond {limit:g} years", f"Ask earlier times{more}")
    return time


def curve_frame(time: Vector, curves: Iterable[tuple[Vector, Vector, Vector]]) -> pd.DataFrame:
    """Return curves as ``time estimate lower upper``, with ``row`` first where they are several."""
    frames = [
        pd.DataFrame({"row": row, "time": time, "estimate": value, "lower": low, "upper": high})
        for row, (value, low, high) in enumerate(curves)
    ]
    if len(frames) == 1:
        return frames[0].drop(columns="row")
    return pd.concat(frames, ignore_index=True)


def numbers_at_risk(people: FollowUp, end: float, names: Sequence[str]) -> pd.DataFrame:
    """Return how many are under observation at round times: ``label time at_risk``."""
    stratum = people.stratum if len(names) > 1 else np.zeros_like(people.stratum)
    marks = round_times(end)
    counts = [
        np.bincount(stratum[(people.entry <= t) & (people.exit >= t)], minlength=len(names))
        for t in marks
    ]
    frames = [
        pd.DataFrame({"label": name, "time": marks, "at_risk": own})
        for name, own in zip(names, np.transpose(counts), strict=True)
    ]
    return pd.concat(frames, ignore_index=True)
