"""Whether groups whose ratios are compared have their expected cancers at the same ages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import ComparabilityWarning, Faults, ParaneoWarning, warn
from paraneo.gate import doubts, guards
from paraneo.gate.tables import Columns
from paraneo.gate.written_ages import Band, read_band
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
    read = [read_band(value) for value in distinct]
    other = np.array([*(b.kind in ("unknown", "total") or _holds(b, read) for b in read), False])
    other = other[code]
    known = np.bincount(group[~other], minlength=int(np.max(group)) + 1) > 0
    return np.asarray(other & known[group])


def warn_of_rows(
    source: Columns,
    out: NDArray[np.bool_],
    named: Sequence[str],
    cases: tuple[str, Vector],
    expected: tuple[str, Vector],
    person_years: tuple[str, Vector],
) -> None:
    """Warn of rows that are left out, and of those that may be a slip; ``named`` are columns."""
    doubts.warn_of_totals(source, (*named, "age", cases[0], expected[0], person_years[0]))
    doubts.warn_of_copies(source, np.where(out, 0.0, expected[1]))
    doubts.warn_of_nobody(cases, ~out, expected, "expected ones")
    doubts.warn_of_nobody(cases, ~out & (expected[1] > 0), person_years, "person-years")
    doubts.warn_of_many(
        (cases[0], np.where(out, 0.0, cases[1])),
        (person_years[0], np.where(out, 0.0, person_years[1])),
    )
    _warn_of_left_out(out, cases[1])


def _warn_of_left_out(out: NDArray[np.bool_], cases: Vector) -> None:
    """Warn of rows of unknown age or of all ages, with their cases."""
    if out.any():
        one = int(out.sum()) == 1
        warn(
            f"{out.sum():,d} {'row' if one else 'rows'} of unknown age, or of all ages beside rows "
            f"by age, {'is' if one else 'are'} left out, with {np.nansum(cases[out]):,.0f} cases.",
            ParaneoWarning,
        )


def _holds(band: Band, others: Sequence[Band]) -> bool:
    """Return whether a band is a sum of others that stand beside it, as 0-99 or 0+ is."""
    if band.kind not in ("span", "band", "open"):
        return False
    inside = [
        other
        for other in others
        if other is not band
        and band.lower <= other.lower
        and (other.lower if np.isnan(other.upper) else other.upper) <= band.upper
    ]
    return len(inside) > 1


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
