"""Reading bands as numbers, checking ages, and laying out curves for ratio regression."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults
from paraneo.gate.formulas import Design
from paraneo.numerics.arrays import Vector

from ._age_structure import expected_by_age, warn_of_ages

Flags = NDArray[np.bool_]

#: Places of a curve over a number.
PLACES = 101
#: A covariate with more values than this is a number, not a set of groups.
MOST_GROUPS = 20
_CURE = "Add age to the formula, or compare standardised rates (standardised_rates)"


def check_cells(
    made: Design | None, some: NDArray[np.bool_], dispersion: str, faults: Faults
) -> None:
    """Note cells with expected cancers that are too few for the model."""
    if made is None:
        return
    if np.linalg.matrix_rank(made.matrix[some]) < len(made.columns):
        faults.add("formula", "some levels have no expected cancers", "Merge or drop levels")
    if dispersion == "quasi-poisson" and some.sum() <= len(made.columns):
        problem = "no cells beyond the coefficients are left to estimate it from"
        faults.add("dispersion", problem, "Take 'poisson', or a smaller model")


def band_middles(data: Any, table: Any, faults: Faults) -> Any:
    """Return the table of a result with the middles of its bands for their lower edges."""
    edges = getattr(data, "bands", None)
    if edges is None:
        faults.add("bands", "only a PersonYears result has edges of bands", "Leave it out")
        return table
    changed = {}
    for name, cuts in edges.items():
        middle = (cuts[:-1] + cuts[1:]) / 2.0
        place = np.searchsorted(cuts, table[name].to_numpy(), side="right") - 1
        changed[name] = middle[place]
        if not np.isfinite(changed[name]).all():
            faults.add(name, "its open band has no middle", "Close the band, or leave bands out")
    return table.assign(**changed)


def check_ages(age: pd.Series[Any] | None, covariates: pd.DataFrame, expected: Vector) -> None:
    """Warn of groups of the covariates whose expected cancers are at very different ages."""
    few = [str(name) for name in covariates if covariates[name].nunique() <= MOST_GROUPS]
    if age is None or not few:
        return
    grouped = covariates.groupby(few, sort=True, observed=True)
    code = grouped.ngroup().to_numpy()
    by_age = expected_by_age(code, age, expected)
    labels = [_label(few, key) for key, _ in grouped]
    warn_of_ages(by_age, int(by_age.sum(axis=1).argmax()), labels, _CURE)


def _label(names: list[str], key: Any) -> str:
    parts = key if isinstance(key, tuple) else (key,)
    return ", ".join(f"{name} {part}" for name, part in zip(names, parts, strict=True))


def grid(
    covariates: pd.DataFrame,
    variable: str,
    values: ArrayLike | None,
    at: dict[str, Any],
    reference: Any,
) -> tuple[Any, pd.DataFrame, pd.DataFrame | None]:
    """Return places of a variable, rows of covariates there, and the row of the reference."""
    faults = Faults("the curve")
    others = [str(name) for name in covariates if name != variable]
    if variable not in covariates:
        known = ", ".join(map(str, covariates)) or "none"
        faults.add("variable", f"{variable!r} is not a covariate", f"The formula has: {known}")
    for name in others:
        if name not in at:
            faults.add(name, "the ratio depends on it too", f"Write at={{'{name}': …}}")
    for name in at:
        if name not in others:
            faults.add(name, "it is not one of the other covariates", "Leave it out of at")
    if values is not None and np.ndim(values) > 1:
        faults.add("values", "they are not in one row", "Give a flat list")
    if reference is not None and not (pd.api.types.is_scalar(reference) and pd.notna(reference)):
        faults.add("reference", "it is not one value", f"Give a value of '{variable}'")
    faults.raise_any()
    places = _places(covariates[variable]) if values is None else np.atleast_1d(np.asarray(values))
    rows = pd.DataFrame({variable: places}).assign(**at)
    base = None if reference is None else pd.DataFrame({variable: [reference]}).assign(**at)
    return places, rows, base


def _places(column: pd.Series[Any]) -> Any:
    if column.dtype.kind in "iuf":
        return np.linspace(float(column.min()), float(column.max()), PLACES)
    return np.array(sorted(column.unique()), dtype=object)
