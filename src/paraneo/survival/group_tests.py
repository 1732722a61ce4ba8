"""What all tests of groups share: which groups and strata there are, and chi-squared from gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from paraneo.numerics.arrays import Vector

from .risk_sets import Index

#: What the covariance of all groups, whose gaps sum to 0, leaves of its last eigenvalue.
RANK = 1e-10


class Quadratic(NamedTuple):
    """A statistic, its degrees of freedom and its p-value, NaN where nothing is compared."""

    statistic: float
    df: int
    p_value: float


def quadratic(gap: Vector, covariance: Vector) -> Quadratic:
    """Return the test that all gaps are 0, over as many of them as are known apart."""
    size = float(np.diag(covariance).max(initial=0.0))
    if not size > 0.0:
        return Quadratic(0.0, 0, np.nan)
    scaled = covariance / size
    df = int(np.linalg.matrix_rank(scaled, rtol=RANK, hermitian=True))
    statistic = float(gap @ np.linalg.pinv(scaled, rtol=RANK, hermitian=True) @ gap) / size
    return Quadratic(statistic, df, float(chdtrc(df, statistic)))


def placed(groups: pd.DataFrame, strata: Sequence[str]) -> tuple[pd.DataFrame, Index, Index]:
    """Return groups without their strata, and of each group and stratum its number."""
    labels = groups.drop(columns=[*strata])
    group, stratum = _numbered(labels), _numbered(groups[[*strata]])
    first = np.unique(group, return_index=True)[1]
    return labels.iloc[first].reset_index(drop=True), group, stratum


def _numbered(labels: pd.DataFrame) -> Index:
    """Return the number of each row's labels, in the order in which they come."""
    if not labels.shape[1]:
        return np.zeros(len(labels), dtype=np.intp)
    by = labels.groupby([*labels], observed=True, dropna=False, sort=False)
    return np.asarray(by.ngroup(), dtype=np.intp)
