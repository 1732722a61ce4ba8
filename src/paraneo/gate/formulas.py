"""Design matrices from model formulas, with their faults named."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.numerics.arrays import Vector
from paraneo.numerics.splines import spline_transform

from .tables import Columns, Table


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A design matrix and how to make the same columns from other rows.

    Attributes
    ----------
    matrix : array, shape (rows, columns)
    columns : tuple of str
        Names that the formula gives them.
    variables : tuple of str
        Columns of the table that the formula uses.
    numeric : bool
        Whether any of these holds numbers rather than categories.
    spec : object
        Formulaic's memory of levels and transforms; None without a formula.
    """

    matrix: Vector
    columns: tuple[str, ...]
    variables: tuple[str, ...] = ()
    numeric: bool = False
    spec: Any = None

    def rows(self, data: Table) -> Vector:
        """Return the matrix of other rows, with the levels and transforms of this one."""
        faults = Faults("the table of covariates")
        source = Columns(data, faults)
        frame = _variables(source, self.variables)
        faults.raise_any()
        if self.spec is None:
            return np.ones((source.length, 1))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # a level that no row has is no reference level
                matrix = self.spec.get_model_matrix(frame, context=_context())
        except Exception as error:  # formulaic raises many kinds
            faults.add(None, f"the formula cannot be applied ({_first_line(error)})", _LEVELS)
            faults.raise_any()
            raise
        values = np.asarray(matrix, dtype=np.float64)
        if not np.isfinite(values).all():
            broken = np.asarray(~np.isfinite(values).all(axis=1))
            source.rows_where(broken, ", ".join(self.variables), "gives no finite number", _LEVELS)
            faults.raise_any()
        return values


_LEVELS = "Use the columns and the levels that the model was fitted with"


def design(source: Columns, formula: str | None, *, name: str = "formula") -> Design | None:
    """Return the design matrix of a one-sided formula over a table's rows.

    Faults (a formula that cannot be read, absent or missing covariates, constant or
    collinear columns) are noted in ``source.faults``; None comes back where no matrix
    could be made. Without a formula the matrix is one column of ones, "Intercept".

    Parameters
    ----------
    source : Columns
    formula : str or None
        Such as ``"~ population + C(country)"``; the tilde may be left out. ``ns(x, df=3)``
        or ``ns(x, knots=[1, 5])`` is a natural cubic spline.
    """
    if formula is None:
        return Design(np.ones((source.length, 1)), ("Intercept",))
    from formulaic import Formula

    faults = source.faults
    try:
        parsed = Formula(formula)
        words = set(re.findall(r"\w+", formula)) & set(source.names)
        used = tuple(sorted((words | set(map(str, parsed.required_variables))) - set(_context())))
    except Exception as error:
        faults.add(name, f"it cannot be read ({_first_line(error)})", "Write '~ a + b'")
        return None
    if hasattr(parsed, "lhs"):
        faults.add(name, "it has a left-hand side", "Write only what stands after '~'")
        return None
    before = len(faults.found)
    frame = _variables(source, used)
    _note_constant(frame, faults)
    if len(faults.found) > before or source.length == 0:
        return None
    try:
        with np.errstate(all="ignore"):
            made = parsed.get_model_matrix(frame, context=_context())
    except Exception as error:
        faults.add(name, f"it cannot be applied ({_first_line(error)})", "Check its terms")
        return None
    matrix = np.asarray(made, dtype=np.float64)
    columns = tuple(map(str, made.columns))
    _note_collinear(matrix, columns, name, faults)
    numeric = any(frame[column].dtype.kind in "iufM" for column in frame)
    return Design(matrix, columns, used, numeric, made.model_spec)


def design_terms(made: Design) -> list[tuple[str, list[str]]]:
    """Return the terms of a formula, each with the columns that it makes; the intercept apart."""
    if made.spec is None:
        return []
    parts = [(str(part.term), list(map(str, part.columns))) for part in made.spec.structure]
    return [(term, columns) for term, columns in parts if term != "1" and columns]


def _context() -> dict[str, Any]:
    return {"np": np, "ns": spline_transform()}


def _variables(source: Columns, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the covariates as a frame, noting those absent or missing somewhere."""
    columns = {}
    for name in names:
        series = source.native(name)
        if series is None:
            continue
        missing = series.isna().to_numpy(dtype=bool)
        source.rows_where(missing, name, "covariate is missing", "Fill it in or leave the row out")
        columns[name] = series.reset_index(drop=True)
    return pd.DataFrame(columns, index=range(source.length))


def _note_constant(frame: pd.DataFrame, faults: Faults) -> None:
    for name in frame.columns:
        if len(frame) and not _varies(frame[name]):
            faults.add(
                str(name), "covariate is the same in every row", "Leave it out of the formula"
            )


def _varies(column: pd.Series[Any]) -> bool:
    """Return whether a column has two values or more, missing ones apart."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        values = column.to_numpy()  # counting distinct numbers takes many times as long
        return bool(np.fmin.reduce(values) < np.fmax.reduce(values))
    return int(column.nunique(dropna=True)) > 1


def _note_collinear(matrix: Vector, columns: tuple[str, ...], name: str, faults: Faults) -> None:
    """Note the columns that are sums of those before them."""
    if not np.isfinite(matrix).all():
        faults.add(name, "a term gives an infinite or undefined number", "Check its terms")
        return
    with np.errstate(all="ignore"):
        size = np.linalg.norm(matrix, axis=0)
        products = (matrix.T @ matrix) / np.outer(size, size)
    if np.isfinite(products).all() and np.linalg.eigvalsh(products)[0] > 1e-8:
        return  # all singular values are above 1e-4: only where one may vanish is it said which
    scaled = matrix / np.where(size > 0, size, 1.0)
    kept: list[int] = []
    for column in range(matrix.shape[1]):
        if np.linalg.matrix_rank(scaled[:, [*kept, column]], tol=1e-9) > len(kept):
            kept.append(column)
    lost = [columns[c] for c in range(matrix.shape[1]) if c not in kept]
    if lost:
        faults.add(
            name,
            f"collinear: {', '.join(lost)} can be made from the other columns",
            "Leave out a covariate, or merge levels",
        )


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0].rstrip(".") if text else type(error).__name__
