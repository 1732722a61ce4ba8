"""Rows of a rate table read through the gate: groups, edges, values, and what is wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, PROBABILITY, numbers, optional, scale
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


def edges(
    source: Columns, name: str, width: float | None, faults: Faults, *, open_last: bool
) -> tuple[Vector, Codes]:
    """Return the edges of a column's bands, the last one made up by the rule for its kind."""
    series = source.native(name)
    if width is not None:
        numbers(width, "period_width", POSITIVE, faults)
    if series is None or not len(series):
        return np.array([0.0, np.inf]), np.zeros(source.length, dtype=np.intp)
    edges, code = bands.band_edges(bands.read_bands(series, name, faults), name, faults)
    if np.isnan(edges[-1]) and source.has(f"{name}_end"):
        edges[-1] = np.max(source.numbers(f"{name}_end"))
    if width is not None:
        edges[-1] = edges[-2] + width
    elif np.isnan(edges[-1]):
        last = edges[-2] - edges[-3] if len(edges) > 2 else 1.0
        edges[-1] = np.inf if open_last else edges[-2] + last
    return edges, code


def values(
    source: Columns,
    rate: str | None,
    cases: str | None,
    person_years: str | None,
    per: float,
    kind: str,
) -> dict[str, Vector]:
    """Return rates per person-year (or probabilities) and, where given, counts; a row each."""
    if rate is not None:
        given = source.numbers(rate, optional(NONNEGATIVE)) / per
        if kind == "probability":
            for rule in optional(PROBABILITY)[1:]:
                source.rows_where(rule.broken(given), rate, rule.problem, rule.remedy)
            cure = "Give the rate of this band, or leave the cell empty"
            source.rows_where(given == 1, rate, "a probability of 1 is no finite hazard", cure)
        return {"rate": given}
    if cases is None or person_years is None:
        return {"rate": np.full(source.length, np.nan)}
    seen = source.numbers(cases, optional(NONNEGATIVE))
    years = source.numbers(person_years, optional(NONNEGATIVE))
    cure = "Correct one of the two"
    source.rows_where((years == 0) & (seen > 0), cases, "cases without person-years", cure)
    return {"rate": _rate_cells.divide(seen, years), "cases": seen, "person_years": years}


def check_cells(
    cell: Codes,
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
            rows=list(found.doubled),
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


def check_height(
    name: str, rates: Vector, highest: float, source: Columns, *, of_rates: bool
) -> None:
    """Note rates so high that their unit must be another."""
    unit = "Give per=, such as per=100_000" if of_rates else "Give person-years in single years"
    source.rows_where(
        rates > highest,
        name,
        f"more than {highest:g} events per person-year; the unit must be another",
        f"{unit}, or raise highest_rate= if the rates are right",
    )


def check_neighbours(name: str, rates: Vector, cell: Codes, source: Columns) -> None:
    """Note rows whose rate stands far above all around it, as after a slip of the unit."""
    jump = (rates > _HIGH) & (rates > _JUMP * _rate_cells.highest_neighbour(rates))
    source.rows_where(
        jump.ravel()[cell],
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
