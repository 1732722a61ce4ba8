"""Tests as every result gives them: which, its statistic, degrees of freedom and p-value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike


def frame_of_tests(
    test: Sequence[str] | str,
    statistic: ArrayLike,
    df: ArrayLike,
    p_value: ArrayLike,
    part: Mapping[str, Sequence[Any]] | None = None,
) -> pd.DataFrame:
    """Return tests, one row each; ``part`` are columns that say of what, such as ``term``.

    Examples
    --------
    >>> frame_of_tests(["score"], [3.9], [1], [0.048])
        test  statistic  df  p_value
    0  score        3.9   1    0.048
    """
    columns = {"test": test, "statistic": statistic, "df": df, "p_value": p_value}
    return pd.DataFrame({**(part or {}), **columns})
