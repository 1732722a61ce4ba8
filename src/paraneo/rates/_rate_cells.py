"""Cells of a rate table as arrays (groups, ages, periods): fill, look up, add together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

Codes = NDArray[np.intp]


class Filled(NamedTuple):
    """Which cells have no row (flat numbers), and which rows share a cell with another."""

    holes: Codes
    doubled: Codes


def check_cells(cell: Codes, size: int) -> Filled:
    """Find the cells without a row and the rows that are not alone in theirs."""
    rows = np.bincount(cell, minlength=size)
    return Filled(np.flatnonzero(rows == 0), np.flatnonzero(rows[cell] > 1))


def fill_cells(cell: Codes, values: Vector, shape: tuple[int, ...]) -> Vector:
    """Return the array of cells; NaN where there is no row."""
    filled = np.full(int(np.prod(shape)), np.nan)
    filled[cell] = values
    return filled.reshape(shape)


def highest_neighbour(rates: Vector) -> Vector:
    """Return the highest rate in the ages and periods next to each cell; NaN where none is known.

    Rates of 0 do not count, since few people give many of them.
    """
    positive = np.where(rates > 0, rates, -np.inf)
    known = np.pad(positive, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    sides = (known[:, :-2, 1:-1], known[:, 2:, 1:-1], known[:, 1:-1, :-2], known[:, 1:-1, 2:])
    highest = np.maximum.reduce(sides)
    return np.asarray(np.where(np.isfinite(highest), highest, np.nan))


def divide(cases: Vector, person_years: Vector) -> Vector:
    """Return cases per person-year; NaN where there is no person-time."""
    rates = np.full(np.shape(cases), np.nan)
    np.divide(cases, person_years, out=rates, where=person_years > 0)
    return rates


def hazard_of_probability(probability: Vector, width: Vector) -> Vector:
    """Return the constant hazard under which the probability comes about in ``width`` years."""
    return np.asarray(-np.log1p(-probability) / width)


def widths(edges: Vector) -> Vector:
    """Return the widths of bands, an open last one as wide as the one before it."""
    wide = np.diff(edges)
    if len(wide) and np.isinf(wide[-1]):
        wide[-1] = wide[-2] if len(wide) > 1 else 1.0
    return np.asarray(wide)


def rates_in(rates: Vector, group: Codes, age: Codes, period: Codes) -> Vector:
    """Return the rates of cells, NaN where any of the three is -1."""
    known = (group >= 0) & (age >= 0) & (period >= 0)
    return np.where(known, rates[group, age, period], np.nan)


def add_cells(cells: Vector, ages: Codes, periods: Codes) -> Vector:
    """Add up the cells between the edges at these places, along ages and along periods."""
    inner = cells[:, : ages[-1], : periods[-1]]
    wide = np.add.reduceat(inner, ages[:-1], axis=1)
    return np.asarray(np.add.reduceat(wide, periods[:-1], axis=2), dtype=np.float64)
