"""The arguments of a risk: read and checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, check_level, check_option, numbers
from paraneo.numerics.arrays import Vector

#: How results of a marker are coded.
SIGN = {"positive": 1, "negative": -1, None: 0}
#: Where fitted models keep the design of their covariates.
_DESIGNS = ("_design", "_share_design", "_law_design")


def check_options(options: tuple[Any, ...], faults: Faults) -> None:
    """Note option words and numbers that cannot be."""
    estimand, limits, draws, rng, level, mortality_ratio = options
    check_option(estimand, ("crude", "net"), "estimand", faults)
    check_option(limits, ("delta", "draws"), "limits", faults)
    check_level(level, faults)
    ratio = numbers(mortality_ratio, "mortality_ratio", NONNEGATIVE, faults)
    if ratio.ndim:
        faults.add("mortality_ratio", "must be one number", "Ask for each group by itself")
    if limits == "draws":
        if not isinstance(rng, np.random.Generator):
            faults.add("rng", "is needed for draws", "Pass numpy.random.default_rng(seed)")
        if not isinstance(draws, int | np.integer) or draws < 100:
            faults.add("draws", f"{draws!r} is too few for limits", "Give 1000 or more")


def check_horizon(horizon: float, window: float | None, faults: Faults) -> tuple[float, float]:
    """Return horizon and the accuracy's window; each is NaN where it is at fault."""
    end = numbers(horizon, "horizon", POSITIVE, faults)
    if end.ndim:
        faults.add("horizon", "must be one number", "Ask for the longest; .at() takes several")
        return np.nan, np.nan
    if window is None:
        return float(end), float(end)
    own = numbers(window, "accuracy_window", POSITIVE, faults)
    return float(end), float(own) if own.ndim == 0 else np.nan


def read_marker(marker: Any, size: int, faults: Faults) -> NDArray[np.int64]:
    """Return 1, -1 or 0 for each person: positive, negative, not known."""
    given = [marker] * size if marker is None or isinstance(marker, str) else list(marker)
    wrong = [k for k, one in enumerate(given) if one not in SIGN]
    if wrong:
        faults.add(
            "marker",
            f"{given[wrong[0]]!r} is no result",
            "Write 'positive', 'negative' or None",
            rows=wrong if len(given) > 1 else (),
        )
    elif len(given) != size:
        faults.add("marker", f"{len(given)} results for {size} people", "Give one a person")
    if wrong or len(given) != size:
        return np.zeros(size, dtype=np.int64)
    return np.array([SIGN[one] for one in given], dtype=np.int64)


def check_covariates(at: Any, model: Any, source: Any, size: int, faults: Faults) -> None:
    """Note covariates that the model cannot take, that it lacks, or not one row a person."""
    if source is None:
        return
    if at is None:
        designs = (getattr(model, name, None) for name in _DESIGNS)
        wanted = {name for one in designs if one is not None for name in one.variables}
        if wanted:
            names = ", ".join(sorted(wanted))
            faults.add("covariates", f"the model depends on {names}", "Give them for each person")
        return
    if not hasattr(model, "cumulative_at"):
        faults.add("covariates", f"a {source.name} knows no covariates", "Drop them")
    elif len(at) not in (1, size):
        problem = f"{len(at)} rows for {size} {'person' if size == 1 else 'people'}"
        faults.add("covariates", problem, "Give one row a person, or one for all")


def read_accuracy(accuracy: Any, faults: Faults) -> tuple[Vector, Vector]:
    """Return mean and covariance of the logits; NaN and zero without an accuracy."""
    if accuracy is None:
        return np.full(2, np.nan), np.zeros((2, 2))
    mean = np.asarray(getattr(accuracy, "mean", np.nan), dtype=np.float64)
    if mean.shape != (2,) or not np.isfinite(mean).all():
        faults.add(
            "accuracy",
            "has no finite sensitivity and specificity of one test",
            "Pass the accuracy of one test, without zero cells",
        )
        return np.full(2, np.nan), np.zeros((2, 2))
    return mean, np.nan_to_num(np.asarray(accuracy.covariance, dtype=np.float64))


def check_marker(logits: Vector, sign: NDArray[np.int64], faults: Faults) -> None:
    """Note a result that cannot be given to a risk."""
    if np.isnan(logits).any():
        faults.add("marker", "the risk was made without an accuracy", "Pass it to cancer_risk")
    elif sign.any():
        faults.add("marker", "a result is already given", "Start from the risk without one")
