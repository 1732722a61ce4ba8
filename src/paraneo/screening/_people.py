"""The people a risk is asked for: read, checked, and put on the grid of the rate tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, NUMBER, Rule, numbers, together
from paraneo.numerics.arrays import Vector
from paraneo.rates import RateTable
from paraneo.rates.given import given_rates

from ._absolute_risk import Grid, merged_edges
from ._sources import Source

#: Nobody was older at a diagnosis.
OLDEST = 120.0
_SHOWN = 8
#: Rounding by which a part may exceed the whole.
MORE_THAN_ALL = 1e-9
#: Into which the years before a diagnosis are cut.
STEPS_BEFORE = 24
_AGE = (
    *NONNEGATIVE,
    Rule(
        lambda x: np.isfinite(x) & (x > OLDEST),
        f"it is above {OLDEST:g}",
        "Give the age in years, not the year of birth",
    ),
)


def read_people(
    age: Any, sex: Any, year: Any, groups: dict[str, Any], faults: Faults
) -> tuple[Vector, Vector, dict[str, Any]]:
    """Return age, year and labels of n people, each of shape (n,)."""
    given = {
        "age": numbers(age, "age", _AGE, faults),
        "year": numbers(year, "year", NUMBER, faults),
    }
    labels = {"sex": np.asarray(sex, dtype=object)} if sex is not None else {}
    labels |= {name: np.asarray(value, dtype=object) for name, value in groups.items()}
    for name, value in given.items():
        if not value.size:
            faults.add(name, "it is empty", "Give one for all, or one a person")
    read = together(given | {k: np.zeros(v.shape) for k, v in labels.items()}, faults)
    shape = read["age"].shape
    n = max(int(np.prod(shape)), 1)
    flat = {
        name: np.broadcast_to(value, shape or (1,)).reshape(n) for name, value in labels.items()
    }
    ages, years = (np.array(np.broadcast_to(read[k], shape or (1,)).reshape(n)) for k in given)
    return ages, years, flat


def grid_of(
    people: tuple[Vector, Vector, dict[str, Any]],
    rates: RateTable,
    mortality: RateTable,
    source: Source,
    mortality_ratio: tuple[Vector, Vector],
    faults: Faults,
    *,
    cancer_deaths: RateTable | None = None,
    start: float = 0.0,
) -> Grid | None:
    """Return the merged grid from a start on; note people whom a table does not cover.

    ``mortality_ratio`` says from which years on the disease multiplies mortality by how much;
    ``cancer_deaths`` are a part of that of the population which is no other cause of death.
    Where the grid starts later than at 0, what a table does not cover takes its last rate.
    """
    given = {"rates": rates, "mortality": mortality}
    if cancer_deaths is not None:
        given["cancer_mortality"] = cancer_deaths
    read = [given_rates(table, faults, name) for name, table in given.items()]
    if any(table is None for table in read):
        return None
    age, year, labels = people
    end = float(source.edges[-1])
    tables = tuple((table.age_edges, table.period_edges) for table in given.values())
    begins, ratio = mortality_ratio
    edges = start + merged_edges(
        (age + start, year + start), tables, np.union1d(source.edges, begins) - start, end - start
    )
    middle = (edges[:, :-1] + edges[:, 1:]) / 2
    lasting = np.diff(edges, axis=1) > 0
    found = {}
    for name, table in given.items():
        absent = [column for column in table.by if column not in labels]
        if absent:
            cure = "Pass sex" if absent == ["sex"] else f"Pass groups={{{absent[0]!r}: …}}"
            faults.add(name, f"it differs by {', '.join(absent)}", cure)
            continue
        group = table.group_codes(labels if labels else {"": age})
        _note(faults, group < 0, table, name)
        ages, years = age[:, None] + middle, year[:, None] + middle
        if start:
            ages, years = _last_known(ages, table.age_edges), _last_known(years, table.period_edges)
        at = table.rates_at(ages, years, group[:, None])
        if start:
            at = np.nan_to_num(at)
        missing = np.isnan(at) & lasting & (group >= 0)[:, None]
        _note_missing(faults, missing, age, year, end, name)
        found[name] = np.where(lasting, at, 0.0)
    if len(found) < len(given) or any(np.isnan(part).any() for part in found.values()):
        return None
    piece = np.clip(
        np.searchsorted(source.edges, middle, side="right") - 1, 0, len(source.edges) - 2
    )
    natural = found["mortality"]
    if cancer_deaths is not None:
        _note_more_than_all(faults, natural, found["cancer_mortality"], age[:, None] + edges)
        natural = np.maximum(natural - found["cancer_mortality"], 0.0)
    death = natural * ratio[np.searchsorted(begins, middle, side="right") - 1]
    return Grid(edges, found["rates"], death, natural, piece)


def _note_more_than_all(faults: Faults, every: Vector, own: Vector, age: Vector) -> None:
    """Note a mortality that is lower than the part of it which is that of the cancer."""
    wrong = own > every * (1 + MORE_THAN_ALL)
    rows = np.flatnonzero(wrong.any(axis=1))
    if len(rows):
        at = rows[0], int(np.flatnonzero(wrong[rows[0]])[0])
        faults.add(
            "mortality",
            f"at age {age[at]:.3g} it is {every[at]:.3g} a year, lower than that of the cancer "
            f"alone, {own[at]:.3g}",
            "Check the units of both tables; mortality is that from all causes",
            rows=list(rows) if len(age) > 1 else (),
        )


def _last_known(at: Vector, edges: Vector) -> Vector:
    """Return ages or years, those beyond a table moved just within it."""
    return np.minimum(at, np.nextafter(edges[-1], -np.inf)) if len(edges) else at


def before_diagnosis(
    people: tuple[Vector, Vector, dict[str, Any]],
    rates: RateTable,
    before: tuple[float, float],
    faults: Faults,
) -> Vector:
    """Return cumulative ordinary and excess hazards of the years before diagnosis, (n, 2)."""
    age, year, labels = people
    ratio, years = before
    if not years or faults.found:
        return np.zeros((len(age), 2))
    back = years * (np.arange(STEPS_BEFORE) + 0.5) / STEPS_BEFORE
    group = rates.group_codes(labels if labels else {"": age})
    at = rates.rates_at(age[:, None] - back, year[:, None] - back, group[:, None])
    missing = np.isnan(at).any(axis=1)
    if missing.any():
        faults.add(
            "before",
            f"the table of rates does not cover the {years:g} years before the diagnosis",
            "Shorten them, or use a table that covers them",
            rows=list(np.flatnonzero(missing)) if len(age) > 1 else (),
        )
    natural = np.nan_to_num(at).mean(axis=1) * years
    return np.stack([natural * min(ratio, 1.0), natural * max(ratio - 1.0, 0.0)], axis=1)


def _note(faults: Faults, unknown: Any, table: RateTable, name: str) -> None:
    if np.any(unknown):
        labels = table.groups.head(_SHOWN).astype(str).agg(", ".join, axis="columns")
        more = " …" if len(table.groups) > _SHOWN else ""
        faults.add(
            ", ".join(table.by),
            f"there is no such group in the table of {name}",
            f"It has: {'; '.join(labels)}{more}",
            rows=list(np.flatnonzero(unknown)) if len(unknown) > 1 else (),
        )


def _note_missing(
    faults: Faults, missing: Any, age: Vector, year: Vector, end: float, table: str
) -> None:
    rows = np.flatnonzero(missing.any(axis=1))
    if len(rows):
        one = rows[0]
        faults.add(
            "age",
            f"the table of {table} does not cover age {age[one]:g} in {year[one]:g} for "
            f"{end:g} years",
            "Shorten the horizon, or use a table that covers it",
            rows=list(rows) if len(age) > 1 else (),
        )
