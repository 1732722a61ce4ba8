"""Design matrices from model formulas, with their faults named."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.numerics.arrays import Vector
from paraneo.numerics.splines import spline_transform

from .formula_words import Words, first_line, read_words
from .frames import Table
from .groups import one_each
from .tables import Columns
from .written_numbers import read_numbers


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
    numbers : tuple of str
        Those of them that are read as numbers.
    spec : object
        Formulaic's memory of levels and transforms; None without a formula.
    """

    matrix: Vector
    columns: tuple[str, ...]
    variables: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    spec: Any = None

    @property
    def numeric(self) -> bool:
        """Whether any of the variables holds numbers rather than categories."""
        return bool(self.numbers)

    def rows(self, data: Table) -> Vector:
        """Return the matrix of other rows, with the levels and transforms of this one."""
        faults = Faults("the table of covariates")
        source = Columns(data, faults)
        columns = {name: _again(source, name, name in self.numbers) for name in self.variables}
        faults.raise_any()
        if self.spec is None:
            return np.ones((source.length, 1))
        frame = pd.DataFrame(columns, index=range(source.length))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # a level that no row has is no reference level
                matrix = self.spec.get_model_matrix(frame, context=_context())
        except Exception as error:  # formulaic raises many kinds
            faults.add(None, f"the formula cannot be applied ({first_line(error)})", _LEVELS)
            faults.raise_any()
            raise
        values = np.asarray(matrix, dtype=np.float64)
        if not np.isfinite(values).all():
            broken = np.asarray(~np.isfinite(values).all(axis=1))
            source.rows_where(broken, ", ".join(self.variables), "gives no finite number", _LEVELS)
            faults.raise_any()
        return values

    def without(self, terms: Collection[str]) -> Design:
        """Return the design without some terms."""
        gone = {
            column for term, columns in design_terms(self) if term in terms for column in columns
        }
        kept = [j for j, column in enumerate(self.columns) if column not in gone]
        matrix = np.ascontiguousarray(self.matrix[:, kept])
        return Design(matrix, tuple(self.columns[j] for j in kept))

    def standardised(self) -> tuple[Vector, Vector]:
        """Return the matrix centred and scaled, and what turns its coefficients into its own.

        A fit to the first is the same whatever unit and origin a covariate has; of its
        coefficients γ, ``back @ γ`` are those of ``matrix``.
        """
        matrix = self.matrix
        plain = (matrix == 1).all(axis=0)
        centre = np.where(plain | ~plain.any(), 0.0, matrix.mean(axis=0))
        moved = matrix - centre
        size = np.sqrt(np.mean(moved**2, axis=0))
        size = np.where(plain | ~(size > 0), 1.0, size)
        back = np.diag(1.0 / size)
        if plain.any():
            back[int(np.argmax(plain))] -= np.where(plain, 0.0, centre / size)
        return np.ascontiguousarray(moved / size), back


_LEVELS = "Use the columns and the levels that the model was fitted with"


def design(source: Columns, formula: str | None, *, name: str = "formula") -> Design | None:
    """Return the design matrix of a one-sided formula over a table's rows.

    Faults (a formula that cannot be read or calls what it may not, absent or missing
    covariates, text among numbers, constant or collinear columns) are noted in
    ``source.faults``; None comes back where no matrix could be made. Without a formula the
    matrix is one column of ones, "Intercept". Categories that no row has are left out.

    Parameters
    ----------
    source : Columns
    formula : str or None
        Such as ``"~ population + C(country)"``; the tilde may be left out. ``ns(x, df=3)``
        or ``ns(x, knots=[1, 5])`` is a natural cubic spline; which functions there are says
        `paraneo.gate.formula_words.FUNCTIONS`.
    """
    if formula is None:
        return Design(np.ones((source.length, 1)), ("Intercept",))
    faults = source.faults
    words = read_words(formula, name, source.names, faults)
    if words is None:
        return None
    from formulaic import Formula, SimpleFormula

    try:
        parsed = Formula(formula)
    except Exception as error:  # formulaic raises many kinds
        faults.add(name, f"it cannot be read ({first_line(error)})", "Write '~ a + b'")
        return None
    if not isinstance(parsed, SimpleFormula):
        what = "a left-hand side" if hasattr(parsed, "lhs") else "several parts"
        faults.add(name, f"it has {what}", "Write only what stands after '~'")
        return None
    before = len(faults.found)
    frame, numbers = _variables(source, words)
    _note_constant(frame, faults)
    if len(faults.found) > before or source.length == 0:
        return None
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is not finite is named below
            made = parsed.get_model_matrix(frame, context=_context())
    except Exception as error:
        faults.add(name, f"it cannot be applied ({first_line(error)})", "Check its terms")
        return None
    matrix = np.asarray(made, dtype=np.float64)
    columns = tuple(map(str, made.columns))
    if not columns:
        faults.add(name, "it has no terms", "Keep at least the intercept")
        return None
    _note_collinear(matrix, columns, name, faults)
    return Design(matrix, columns, tuple(frame.columns), numbers, made.model_spec)


def design_terms(made: Design) -> list[tuple[str, list[str]]]:
    """Return the terms of a formula, each with the columns that it makes; the intercept apart."""
    if made.spec is None:
        return []
    parts = [(str(part.term), list(map(str, part.columns))) for part in made.spec.structure]
    return [(term, columns) for term, columns in parts if term != "1" and columns]


def _context() -> dict[str, Any]:
    return {"ns": spline_transform(), "sqrt": np.sqrt}


def _variables(source: Columns, words: Words) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the covariates as a frame, and which are numbers; faults are noted."""
    columns = {}
    for name in sorted(words.columns):
        series = one_each(source, name)
        if series is None:
            continue
        missing = series.isna().to_numpy(dtype=bool)
        source.rows_where(missing, name, "covariate is missing", "Fill it in or leave the row out")
        columns[name] = _covariate(source, series, name, words)
    frame = pd.DataFrame(columns, index=range(source.length))
    numbers = tuple(
        name
        for name in frame.columns
        if frame[name].dtype.kind in "iufM" and name not in words.categories
    )
    return frame, numbers


def _covariate(source: Columns, series: pd.Series[Any], name: str, words: Words) -> pd.Series[Any]:
    """Return a covariate as numbers, or as categories that some row has."""
    series = series.reset_index(drop=True)
    known = name in words.categories
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.remove_unused_categories()
    if pd.api.types.is_bool_dtype(series.dtype) or series.dtype.kind == "M":
        return series
    if pd.api.types.is_numeric_dtype(series.dtype):
        return series if known else series.astype(np.float64)
    text = series.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
    other = ~text & series.notna().to_numpy(dtype=bool)
    if text.any() and other.any():
        value = series[int(np.argmax(text))]
        cure = "Correct it, or make the whole column text"
        source.rows_where(text, name, f"{value!r} is text in a column of numbers", cure)
        return series
    if known or not (text.any() or other.any()):
        return series
    read = read_numbers(series.to_numpy(dtype=object))
    unread = read.unread & (text | other)
    if not unread.any():
        return pd.Series(source.numbers(name))
    if 2 * unread.sum() < (text | other).sum():
        value = series[int(np.argmax(unread))]
        cure = f"Correct it, or write C({name}) where the column is a category"
        source.rows_where(unread, name, f"{value!r} is not a number", cure)
    return series


def _again(source: Columns, name: str, number: bool) -> Any:
    """Return a covariate of other rows in the form that the fitted rows had."""
    series = source.native(name)
    if series is None:
        return None
    missing = series.isna().to_numpy(dtype=bool)
    source.rows_where(missing, name, "covariate is missing", "Fill it in or leave the row out")
    if number and series.dtype.kind != "M":
        return source.numbers(name)
    return series.reset_index(drop=True)


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
    plain = (matrix == 1).all(axis=0)
    if plain.any():  # a column with a far origin is not like the intercept
        matrix = matrix - np.where(plain, 0.0, matrix.mean(axis=0))
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
