"""Likelihood-ratio tests of the terms of a Poisson model, and tests of its scatter."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from paraneo.gate.formulas import Design
from paraneo.numerics.arrays import Vector
from paraneo.results.tests import frame_of_tests

from ._poisson_model import deviance, log_likelihood, poisson_fit


def terms(
    made: Design,
    matrix: Vector,
    observed: Vector,
    offset: Vector,
    scale: float | None,
    df_residual: int,
) -> pd.DataFrame:
    """Return a row per term, tested within the model of all terms that do not contain it.

    Chi-square tests where ``scale`` is None, else F tests with that dispersion.
    """
    found = []
    for name, own, containing in _terms(made):
        larger = [k for k in range(matrix.shape[1]) if k not in containing]
        smaller = [k for k in larger if k not in own]
        best, less = (_largest(matrix[:, kept], observed, offset) for kept in (larger, smaller))
        value, df = np.maximum(0.0, 2.0 * (best - less)), len(own)
        p = special.chdtrc(df, value)
        if scale is not None:
            value = value / (scale * df)
            p = special.fdtrc(df, df_residual, value)
        found.append((name, value, df, p))
    frame = pd.DataFrame(found, columns=["term", "statistic", "df", "p_value"])
    test = "likelihood ratio" if scale is None else f"F, {df_residual} residual df"
    frame.insert(1, "test", test)
    return frame


def _terms(made: Design) -> list[tuple[str, list[int], list[int]]]:
    """Return each term's name, its columns, and the columns of terms that contain it."""
    if made.spec is None:
        return []
    slices = {
        str(term): (set(map(str, term.factors)), range(made.matrix.shape[1])[where])
        for term, where in made.spec.term_slices.items()
        if str(term) != "1"
    }
    return [
        (
            name,
            list(own),
            [k for other, columns in slices.values() if other > factors for k in columns],
        )
        for name, (factors, own) in slices.items()
    ]


def _largest(matrix: Vector, observed: Vector, offset: Vector) -> float:
    if matrix.shape[1] == 0:
        return log_likelihood(observed, np.exp(offset))
    fit = poisson_fit(matrix, observed, offset)
    return fit.log_likelihood if fit.reached else np.nan


def pearson(observed: Vector, fitted: Vector) -> float:
    """Return Pearson's chi-square; a mean of 0 without events adds nothing."""
    some = fitted > 0
    return float(((observed[some] - fitted[some]) ** 2 / fitted[some]).sum())


def scatter(observed: Vector, fitted: Vector, df: int) -> pd.DataFrame:
    """Return the tests of overdispersion, a row each."""
    both = np.array([pearson(observed, fitted), deviance(observed, fitted)])
    score = ((observed - fitted) ** 2 - observed).sum() / np.sqrt(2.0 * (fitted**2).sum())
    p = [*special.chdtrc(df, both), special.ndtr(-score)]
    return frame_of_tests(["pearson", "deviance", "score"], [*both, score], [df, df, 1], p)
