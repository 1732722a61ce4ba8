"""A number with its confidence limits: the one class for every estimate of the package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level
from paraneo.gate.verbs import Checked, made_by_hand
from paraneo.numerics.arrays import Vector

Kind = Literal["confidence", "credible", "prediction"]
#: What an interval is called in print, by its kind.
INTERVALS = {
    "confidence": "CI",
    "credible": "credible interval",
    "prediction": "prediction interval",
}


def _plain(value: ArrayLike) -> float | Vector:
    """Return a float for a scalar, an array of floats for anything else."""
    array = np.asarray(value, dtype=np.float64)
    return float(array) if array.ndim == 0 else array


def three_digits(number: float) -> str:
    """Return a number as a paper prints it: three significant digits, 0 as it is.

    >>> [three_digits(x) for x in (0.61549, 0.68, 10.33, 1234.5, 0.0)]
    ['0.615', '0.680', '10.3', '1234', '0']
    """
    if number == 0:
        return "0"
    if 999.5 <= abs(number) < 1e6:
        return f"{number:.0f}"
    return f"{number:#.3g}".removesuffix(".")


@made_by_hand
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Estimate(Checked):
    """An estimate with its confidence interval.

    Attributes
    ----------
    value, lower, upper : float or array
        The estimate and its two-sided confidence limits, all of one shape. An undefined
        value is NaN; a limit that does not exist is infinite.
    std_error : float or array
        On the scale on which the limits were made (``method`` says which); NaN
        where the method needs none.
    level : float
        Of the interval, in (0, 1).
    method : str
        How the interval was made.
    kind : {"confidence", "credible", "prediction"}
        What the interval is; a credible one is Bayesian.

    Examples
    --------
    >>> Estimate(0.775, 0.6155, 0.8916, level=0.95, method="Clopper-Pearson")
    0.775 (95% CI 0.616 to 0.892, Clopper-Pearson)
    """

    value: float | Vector
    lower: float | Vector
    upper: float | Vector
    std_error: float | Vector = float("nan")
    level: float = 0.95
    method: str = ""
    kind: Kind = "confidence"

    def __post_init__(self) -> None:
        shape = np.shape(self.value)
        faults = Faults("the estimate")
        for name in ("lower", "upper", "std_error"):
            if np.shape(getattr(self, name)) not in ((), shape):
                faults.add(name, "it has not the shape of value", "Give one for each value")
        check_level(self.level, faults)
        faults.raise_any()
        for name in ("value", "lower", "upper", "std_error"):
            given = getattr(self, name)
            object.__setattr__(self, name, _plain(np.broadcast_to(given, shape)))

    def __repr__(self) -> str:
        interval = f"{100 * self.level:g}% {INTERVALS[self.kind]}"
        method = f", {self.method}" if self.method else ""
        if np.ndim(self.value):
            return f"{interval}{method}\n{self.summary()!r}"
        value, lower, upper = (three_digits(float(x)) for x in (self.value, self.lower, self.upper))
        return f"{value} ({interval} {lower} to {upper}{method})"

    def summary(self) -> pd.DataFrame:
        """Return the columns ``estimate``, ``lower`` and ``upper``, a row a value."""
        return pd.DataFrame(
            {
                "estimate": np.ravel(self.value),
                "lower": np.ravel(self.lower),
                "upper": np.ravel(self.upper),
            }
        )
