"""Whether groups whose ratios are compared have their expected cancers at the same ages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import ComparabilityWarning, Faults, ParaneoWarning, warn
from paraneo.gate import guards
from paraneo.gate.tables import Columns
from paraneo.gate.written_ages import read_band
from paraneo.numerics.arrays import Vector

#: Groups are said to differ where less than half of their expected cancers are at ages
#: that they have in common.
LEAST_OVERLAP = 0.5
_NAMED = 4


def beside_known(age: pd.Series[Any] | None, group: Any) -> NDArray[np.bool_]:
    """Return the rows of unknown age, or of all ages, in groups that have rows of known age."""
    if age is None or not len(group):
        return np.zeros(len(group), dtype=bool)
    code, distinct = pd.factorize(age, use_na_sentinel=True)
    kinds = [read_band(value).kind for value in distinct]
    other = np.array([*(kind in ("unknown", "total") for kind in kinds), False])[code]
    known = np.bincount(group[~other], minlength=int(np.max(group)) + 1) > 0
    return np.asarray(other & known[group])


def warn_of_left_out(out: NDArray[np.bool_], cases: Vector) -> None:
    """Warn of rows of unknown age or of all ages, with their cases."""
    if out.any():
        warn(
            f"{out.sum():,d} rows of unknown age, or of all ages beside rows by age, are left "
            f"out, with {np.nansum(cases[out]):,.0f} cases.",
            ParaneoWarning,
        )


def warn_of_repeats(table: Any, name: str, years: Vector, group: Any, age: pd.Series[Any]) -> None:
    """Warn of people who stand anew in each of several rows of one age and group."""
    faults = Faults("the table")
    band = pd.factorize(age, use_na_sentinel=False)[0]
    cell = np.asarray(group) * (int(band.max()) + 1) + band
    guards.check_repeats(Columns(table, faults), name, years, cell)
    for fault in faults.found:
        warn(f"'{name}': {fault.problem}. {fault.remedy}.", ComparabilityWarning)


def expected_by_age(group: Any, age: pd.Series[Any], expected: Vector) -> Vector:
    """Return expected cancers, shape (groups, ages), for codes 0, 1, … of the groups."""
    band = pd.factorize(age, use_na_sentinel=False)[0]
    sums = np.zeros((int(np.max(group)) + 1, int(band.max()) + 1))
    np.add.at(sums, (group, band), expected)
    return sums


def overlap(by_age: Vector, reference: int) -> Vector:
    """Return the share of expected cancers that each group has at the reference's ages."""
    total = by_age.sum(axis=1, keepdims=True)
    share = by_age / np.where(total > 0, total, 1.0)
    common = np.minimum(share, share[reference]).sum(axis=1)
    return np.asarray(np.where(total[:, 0] > 0, common, 1.0))


def warn_of_ages(by_age: Vector, reference: int, labels: Sequence[str], cure: str) -> None:
    """Warn once of all groups whose ages differ much from those of the reference."""
    common = overlap(by_age, reference)
    far = np.flatnonzero(common < LEAST_OVERLAP)
    if not len(far):
        return
    shown = ", ".join(f"{labels[k]} ({100 * common[k]:.0f}%)" for k in far[:_NAMED])
    more = f" and {len(far) - _NAMED} more" if len(far) > _NAMED else ""
    warn(
        f"the ages of {shown}{more} are hardly those of {labels[reference]} (in brackets: "
        "expected cancers at ages in common). Their ratios weigh different ages and are not "
        f"strictly comparable. {cure}",
        ComparabilityWarning,
    )
