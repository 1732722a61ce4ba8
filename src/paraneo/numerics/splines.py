"""Natural cubic splines for model formulas: ``ns(x, df=3)``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Vector


def natural_basis(x: Vector, knots: Vector) -> Vector:
    """Return the columns of a natural cubic spline without its constant.

    Parameters
    ----------
    x : array, shape (n,)
    knots : array, shape (k,)
        Rising; beyond the first and the last the spline is a straight line.

    Returns
    -------
    array, shape (n, k - 1)
        The straight line first, then k - 2 columns that bend.

    Examples
    --------
    >>> natural_basis(np.array([0.0, 2.0, 4.0]), np.array([0.0, 1.0, 2.0])).round(4)
    array([[0. , 0. ],
           [2. , 1.5],
           [4. , 4.5]])
    """
    first, before, last = knots[0], knots[-2], knots[-1]
    width = last - first
    columns = [x]
    for knot in knots[:-2]:
        share = (last - knot) / (last - before)
        bend = _cube(x - knot) - share * _cube(x - before) + (share - 1.0) * _cube(x - last)
        columns.append(bend / width**2)
    return np.column_stack(columns)


def _cube(x: Vector) -> Vector:
    return np.asarray(np.maximum(x, 0.0) ** 3, dtype=np.float64)


def spline_knots(x: Vector, df: int | None, knots: ArrayLike | None) -> Vector:
    """Return all knots: the ends of ``x`` and what lies between.

    Without ``knots`` there are ``df`` - 1 inner ones at equally spaced quantiles of ``x``.
    """
    if (df is None) == (knots is None):
        raise ValueError("ns needs either df or knots")
    first, last = float(np.min(x)), float(np.max(x))
    if knots is None:
        if df is None or df < 1 or df != int(df):
            raise ValueError(f"ns cannot have df={df}: a whole number from 1 on")
        inner = np.quantile(x, np.linspace(0, 1, int(df) + 1)[1:-1])
    else:
        inner = np.sort(np.asarray(knots, dtype=np.float64).ravel())
    places = np.concatenate([[first], inner, [last]])
    if not (np.diff(places) > 0).all():
        shown = ", ".join(f"{knot:g}" for knot in places)
        raise ValueError(f"the knots of ns ({shown}) must be distinct and within its variable")
    return places


def spline_transform() -> Any:
    """Return ``ns`` as formulaic wants it: it remembers its knots for other rows."""
    from formulaic.transforms import stateful_transform

    @stateful_transform  # type: ignore[untyped-decorator]
    def ns(
        x: Any,
        df: int | None = None,
        knots: ArrayLike | None = None,
        _state: dict[str, Any] | None = None,
    ) -> dict[str, Vector]:
        values = np.asarray(x, dtype=np.float64)
        state = {} if _state is None else _state
        if "knots" not in state:
            state["knots"] = spline_knots(values, df, knots)
        basis = natural_basis(values, state["knots"])
        return {str(k + 1): basis[:, k] for k in range(basis.shape[1])}

    return ns
