"""Tidy frames of pooled ratios."""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo.gate.formulas import Design
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector, t_quantile, two_sided_p
from paraneo.numerics.poisson_limits import exact, log_wald
from paraneo.results.coefficients import coefficient_frame

from ._pooling import Pooled
from ._study_counts import Studies


def study_frame(
    source: Columns,
    read: Studies,
    columns: Design,
    pooled: Pooled,
    *,
    poisson: bool,
    level: float,
) -> pd.DataFrame:
    """Return a row a study with its own limits, weight, assumption and covariates."""
    low, high = (exact if poisson else log_wald)(read.observed, level)
    frame = pd.DataFrame(
        {
            "study": read.label,
            "observed": read.observed,
            "expected": read.expected,
            "estimate": read.observed / read.expected,
            "lower": low / read.expected,
            "upper": high / read.expected,
            "weight": pooled.weight,
            "assumption": read.assumption,
        }
    )
    for name in columns.variables:
        series = source.native(name)
        if series is not None and name not in frame:
            frame[name] = series.to_numpy()
    return frame


def coefficients(columns: Design, pooled: Pooled, level: float) -> pd.DataFrame:
    """Return a row a column of the design."""
    error = np.sqrt(np.diag(pooled.covariance))
    reach = t_quantile(level, pooled.df) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        deviate = np.where(pooled.mean == 0, 0.0, pooled.mean / error)
    return coefficient_frame(
        columns.columns,
        estimate=pooled.mean,
        std_error=error,
        lower=pooled.mean - reach,
        upper=pooled.mean + reach,
        p_value=two_sided_p(deviate, pooled.df),
    )


def ratios_at(fit: Pooled, rows: Vector, prediction_df: float, level: float) -> pd.DataFrame:
    """Return ratios, confidence and prediction limits at some rows of the design."""
    value, error = rows @ fit.mean, np.sqrt(((rows @ fit.covariance) * rows).sum(axis=1))
    reach = t_quantile(level, fit.df) * error
    further = t_quantile(level, prediction_df) * np.sqrt(fit.tau2 + error**2)
    columns = {
        "estimate": value,
        "lower": value - reach,
        "upper": value + reach,
        "prediction_lower": value - further,
        "prediction_upper": value + further,
    }
    with np.errstate(over="ignore"):
        return pd.DataFrame({name: np.exp(part) for name, part in columns.items()})
