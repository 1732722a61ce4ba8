"""Estimates as rows, from whatever a verb or a user's function returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from paraneo.numerics.arrays import Vector
from paraneo.results.estimate import Estimate

FIGURES = ("estimate", "std_error", "lower", "upper")
#: Columns that go with an estimate and do not name it.
BESIDE = ("ratio", "ratio_lower", "ratio_upper", "p_value", "method", "df", "statistic")
#: The scales on which limits may be symmetric: to it, and back.
SCALES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "identity": (np.asarray, np.asarray),
    "log": (np.log, np.exp),
    "logit": (logit, expit),
}


class NoEstimateError(ValueError):
    """What was returned holds no estimate."""


def rows_of(answer: Any) -> pd.DataFrame:
    """Return ``estimand estimate std_error lower upper``, a row an estimate.

    An `Estimate`; a result with ``.coefficients``, or else its summary; a frame, a mapping or a
    sequence of mappings with ``estimate``. Text columns name the estimand.
    """
    if isinstance(answer, Estimate):
        frame = answer.summary().assign(std_error=np.ravel(answer.std_error))
        number = len(frame) > 1
        return _columns(
            frame.assign(estimand=[str(k) for k in range(len(frame))] if number else "")
        )
    if isinstance(answer, pd.DataFrame):
        return _columns(answer)
    if hasattr(answer, "coefficients") and isinstance(answer.coefficients, pd.DataFrame):
        return _columns(answer.coefficients)
    if hasattr(answer, "summary"):
        return _columns(answer.summary())
    if isinstance(answer, Mapping):
        return _columns(pd.DataFrame([dict(answer)]))
    if isinstance(answer, Sequence) and not isinstance(answer, str):
        return _columns(pd.DataFrame([dict(one) for one in answer]))
    raise NoEstimateError(f"{type(answer).__name__} holds no estimate")


def _columns(frame: pd.DataFrame) -> pd.DataFrame:
    if "estimate" not in frame:
        raise NoEstimateError("there is no column 'estimate'")
    frame = frame.reset_index(drop=True)
    made = pd.DataFrame({name: frame.get(name, np.nan) for name in FIGURES}, index=frame.index)
    made = made.astype(np.float64)
    if "estimand" in frame:
        names = frame["estimand"].astype(str)
    else:
        said = [n for n in frame if n not in (*FIGURES, *BESIDE) and _names(frame[n])]
        names = (
            frame[said].astype(str).agg(", ".join, axis=1) if said else pd.Series("", made.index)
        )
    if names.duplicated().any():
        raise NoEstimateError(f"'{names[names.duplicated()].iloc[0]}' names two estimates")
    made.insert(0, "estimand", names.to_numpy())
    return made


def _names(column: pd.Series[Any]) -> bool:
    return not pd.api.types.is_numeric_dtype(column) or column.name in ("time", "prevalence", "age")


def symmetric_scale(frames: Sequence[pd.DataFrame], close: float = 1e-6) -> str | None:
    """Return the first scale on which all limits lie evenly about their estimates."""
    table = pd.concat(frames)[["estimate", "lower", "upper"]].to_numpy()
    known = table[np.isfinite(table).all(axis=1)]
    if not len(known):
        return None
    for name, (to, _) in SCALES.items():
        with np.errstate(all="ignore"):
            at = to(known)
            off = np.abs(at[:, 1] + at[:, 2] - 2 * at[:, 0])
            if np.isfinite(at).all() and (off <= close * np.ptp(at[:, 1:], axis=1)).all():
                return name
    return None


def on_scale(frame: pd.DataFrame, scale: str, deviate: float) -> tuple[Vector, Vector]:
    """Return estimates and standard errors on a scale, from the limits where there is no error."""
    to = SCALES[scale][0]
    with np.errstate(all="ignore"):
        value = np.asarray(to(frame["estimate"].to_numpy()))
        low, high = (to(frame[name].to_numpy()) for name in ("lower", "upper"))
        given = frame["std_error"].to_numpy()
        error = np.where(np.isfinite(given), given, (high - low) / (2 * deviate))
    return value, np.asarray(error)
