"""Coefficients of a regression as every verb gives them: linear scale first, ratios beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

#: Columns of every frame of coefficients, in this order, after any that say which part is meant.
COLUMNS = (
    *("term", "estimate", "std_error", "lower", "upper", "p_value"),
    *("ratio", "ratio_lower", "ratio_upper"),
)


def coefficient_frame(
    terms: Sequence[str],
    *,
    estimate: ArrayLike,
    std_error: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    p_value: ArrayLike,
    part: Mapping[str, Sequence[Any]] | None = None,
) -> pd.DataFrame:
    """Return coefficients, one row a term.

    Parameters
    ----------
    terms
        Their names.
    estimate, std_error, lower, upper, p_value
        On the model's linear scale, the log of a ratio or the logit of a probability.
    part
        Columns that stand before ``term`` where a model has several parts, such as
        ``outcome`` for sensitivity and specificity.

    Examples
    --------
    >>> coefficient_frame(
    ...     ["age"], estimate=[0.0], std_error=[0.1], lower=[-0.2], upper=[0.2], p_value=[1.0]
    ... )[["term", "estimate", "ratio"]]
      term  estimate  ratio
    0  age       0.0    1.0
    """
    with np.errstate(over="ignore"):
        ratios = {
            name: np.exp(np.asarray(values, dtype=np.float64))
            for name, values in (
                ("ratio", estimate),
                ("ratio_lower", lower),
                ("ratio_upper", upper),
            )
        }
    return pd.DataFrame(
        {
            **(part or {}),
            "term": list(terms),
            "estimate": estimate,
            "std_error": std_error,
            "lower": lower,
            "upper": upper,
            "p_value": p_value,
            **ratios,
        }
    )


def covariance_frame(terms: Sequence[str], matrix: ArrayLike) -> pd.DataFrame:
    """Return a covariance matrix with the names of its terms on both sides."""
    names = list(terms)
    return pd.DataFrame(np.asarray(matrix, dtype=np.float64), index=names, columns=names)
