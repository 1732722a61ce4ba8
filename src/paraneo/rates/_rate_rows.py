"""Rows of a rate table read through the gate: groups, edges, values, and what is wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, PROBABILITY, optional, scale
from paraneo.gate.groups import plain_word
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector

from . import _rate_cells, bands

Codes = NDArray[np.intp]

#: How many cells without a row an error names.
_HOLES_SHOWN = 5
#: Between neighbouring ages the rates of a population change by far less than this; only
#: rates above `_HIGH` per person-year are looked at, since low ones rest on few cases.
_JUMP, _HIGH = 300.0, 0.01
#: No life table ends, with a probability of 1, at a lower age.
_LIFE_TABLE_ENDS = 80.0
#: Further columns of a rate table's own frame, which ``by`` may not take.
OUTPUT = ("age", "age_end", "period", "period_end")


def check_columns(
    rate: str | None,
    cases: str | None,
    person_years: str | None,
    per: float,
    kind: str,
    faults: Faults,
) -> float:
    """Return the unit, noting one that does not fit and columns named too few or too many."""
    unit = scale(per, "per", faults)
    counted = cases is not None or person_years is not None
    if rate is None and (cases is None or person_years is None):
        faults.add("rate", "no rates are named", "Name rate, or both cases and person_years")
    if rate is not None and counted:
        faults.add("rate", "rates and counts are both named", "Name one of the two")
    if counted and unit != 1:
        faults.add("per", "it belongs to rates, not to counts", "Leave it out")
    if counted and kind == "probability":
        faults.add("kind", "counts make hazards", "Leave it out")
    return unit


def check_labels(source: Columns, groups: pd.DataFrame, group: Codes) -> None:
    """Note labels that nobody could be matched to, since another is the same word."""
    for name in groups.columns:
        first: dict[str, object] = {}
        for label in groups[name].dropna().unique():
            other = first.setdefault(plain_word(label), label)
            if other is not label and other != label:
                source.rows_where(
                    (groups[name] == label).to_numpy()[group],
                    name,
                    f"{label!r} is {other!r} written in another way",
                    "Write it in one way, or leave one of them out",
                )


def values(
    source: Columns,
    rate: str | None,
    cases: str | None,
    person_years: str | None,
    per: float,
) -> dict[str, Vector]:
    """Return rates per person-year (or probabilities) and, where given, counts; a row each."""
    if rate is not None:
        return {"rate": source.numbers(rate, optional(NONNEGATIVE)) / per}
    if cases is None or person_years is None:
        return {"rate": np.full(source.length, np.nan)}
    counted = source.numbers(cases, optional(NONNEGATIVE))
    years = source.numbers(person_years, optional(NONNEGATIVE))
    return {"rate": _rate_cells.divide(counted, years), "cases": counted, "person_years": years}


def hazards(source: Columns, name: str, given: Vector, ages: bands.Scale) -> Vector:
    """Return the hazards of probabilities, noting those that have none.

    Where a life table ends, a probability of 1 in all groups says nothing of how soon they die:
    there the rate is missing.
    """
    for rule in optional(PROBABILITY)[1:]:
        source.rows_where(rule.broken(given), name, rule.problem, rule.remedy)
    edges = ages.edges
    last = ages.code == len(edges) - 2
    opened = last & np.isinf(edges[-1])
    ended = opened.any() and edges[-2] >= _LIFE_TABLE_ENDS and (given[opened] == 1).all()
    known = np.where(opened & ended, np.nan, given)
    cure = "Give the rate of this band, or leave the cell empty"
    source.rows_where(
        (known == 1) & ages.kept, name, "a probability of 1 is no finite hazard", cure
    )
    width = _rate_cells.widths(edges)
    if width[-1] > 1:
        source.rows_where(
            opened & ~np.isnan(known),
            name,
            "a probability in the last, open age has no width to make a rate with",
            "Give the band its end (as in 85-89), leave the cell empty, or give rates",
        )
    known[known >= 1] = np.nan
    return _rate_cells.hazard_of_probability(known, width[ages.code])


def left_out(values: dict[str, Vector], ages: bands.Scale) -> str:
    """Return what is left out for want of an age, as the provenance says it."""
    rows = ages.unknown
    if not rows.any():
        return ""
    if "cases" in values:
        number = float(np.nansum(values["cases"][rows]))
        return f"{number:,.0f} cases of unknown age" if number else ""
    return f"{rows.sum()} {'row' if rows.sum() == 1 else 'rows'} of unknown age"


def check_cells(
    cell: Codes,
    rows: Codes,
    groups: pd.DataFrame,
    edges: tuple[Vector, Vector],
    names: tuple[str, str | None],
    faults: Faults,
    *,
    holes: bool,
) -> None:
    """Note rows that share a cell and, unless ``holes`` are allowed, cells without a row."""
    shape = (len(groups), len(edges[0]) - 1, len(edges[1]) - 1)
    found = _rate_cells.check_cells(cell, int(np.prod(shape)))
    if len(found.doubled):
        faults.add(
            names[0],
            "two rows hold the same cell",
            "Keep one, or separate them by a further column in by=",
            rows=list(rows[found.doubled]),
        )
    if len(found.holes) and not holes:
        shown = [_cell_name(n, shape, groups, edges, names) for n in found.holes[:_HOLES_SHOWN]]
        count = len(found.holes)
        more = f" and {count - len(shown)} more" if count > len(shown) else ""
        have = "cell has" if count == 1 else "cells have"
        faults.add(
            None,
            f"{count} {have} no row: {'; '.join(shown)}{more}",
            "Add the rows (empty where the rate is not known) or pass holes='missing'",
        )


def check_neighbours(name: str, rates: Vector, cell: Codes, rows: Codes, source: Columns) -> None:
    """Note rows whose rate stands far above all around it, as after a slip of the unit."""
    jump = (rates > _HIGH) & (rates > _JUMP * _rate_cells.highest_neighbour(rates))
    broken = np.zeros(source.length, dtype=bool)
    broken[rows] = jump.ravel()[cell]
    source.rows_where(
        broken,
        name,
        f"the rate is more than {_JUMP:g} times those of the ages and periods beside it",
        "Give it in the unit of the others; if it is right, pass highest_rate=float('inf')",
    )


def _cell_name(
    number: np.intp,
    shape: tuple[int, int, int],
    groups: pd.DataFrame,
    edges: tuple[Vector, Vector],
    names: tuple[str, str | None],
) -> str:
    group, age, period = np.unravel_index(number, shape)
    parts = [f"{name} {groups[name].iloc[group]}" for name in groups.columns]
    parts.append(f"{names[0]} {edges[0][age]:g}")
    if names[1] is not None:
        parts.append(f"{names[1]} {edges[1][period]:g}")
    return ", ".join(parts)
