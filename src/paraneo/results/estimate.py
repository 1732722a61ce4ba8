"""A number with its limits: the one class for every estimate of the package."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.numerics.arrays import Vector


def _plain(value: ArrayLike) -> float | Vector:
    """Return a float for a scalar, an array of floats for anything else."""
    array = np.asarray(value, dtype=np.float64)
    return float(array) if array.ndim == 0 else array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Estimate:
    """An estimate with its limits.

    Attributes
    ----------
    value, lower, upper : float or array
        The estimate and its two-sided limits, all of one shape. An undefined
        value is NaN; a limit that does not exist is infinite.
    std_error : float or array
        On the scale on which the limits were made (``method`` says which); NaN
        where the method needs none.
    level : float
        Of the limits, in (0, 1).
    method : str
        How the limits were made.

    Examples
    --------
    >>> Estimate(0.775, 0.6155, 0.8916, level=0.95, method="exact")
    0.775 (95% limits 0.6155 to 0.8916, exact)
    """

    value: float | Vector
    lower: float | Vector
    upper: float | Vector
    std_error: float | Vector = float("nan")
    level: float = 0.95
    method: str = ""

    def __post_init__(self) -> None:
        shape = np.shape(self.value)
        for name in ("value", "lower", "upper", "std_error"):
            given = getattr(self, name)
            object.__setattr__(self, name, _plain(np.broadcast_to(given, shape)))

    def __repr__(self) -> str:
        if np.ndim(self.value):
            return f"{self.method} limits at {self.level:g}\n{self.summary()!r}"
        method = f", {self.method}" if self.method else ""
        return (
            f"{self.value:.4g} ({100 * self.level:g}% limits "
            f"{self.lower:.4g} to {self.upper:.4g}{method})"
        )

    def summary(self) -> pd.DataFrame:
        """Return the columns ``estimate``, ``lower`` and ``upper``, a row a value."""
        return pd.DataFrame(
            {
                "estimate": np.ravel(self.value),
                "lower": np.ravel(self.lower),
                "upper": np.ravel(self.upper),
            }
        )
