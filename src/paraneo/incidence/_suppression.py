"""Which cells of a table to mask so that small counts cannot be worked out: arrays only.

A table of counts with totals is a set of linear equations. A reader who is shown some counts
knows of a masked one that it lies between the least and the greatest value that the equations
allow. Masking goes on until that range says no more of a small count than that it is small.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from paraneo.numerics.arrays import Vector

Bools = NDArray[np.bool_]


def masked_cells(count: Vector, sums: Sequence[tuple[int, Sequence[int]]], below: int) -> Bools:
    """Return which cells are masked: small counts, and as many others as hide them.

    Parameters
    ----------
    count : array, shape (cells,)
    sums : sequence of (cell, cells)
        Each a total and the cells that add up to it.
    below : int
        Counts from 1 up to below this are small.
    """
    small = (count > 0) & (count < below)
    masked = small.copy()
    rows = np.zeros((len(sums), len(count)))
    for k, (total, parts) in enumerate(sums):
        rows[k, list(parts)] = 1.0
        rows[k, total] -= 1.0
    while True:
        cells = [int(cell) for cell in np.flatnonzero(small)]
        bare = [cell for cell in cells if not _hidden(cell, count, rows, masked, below)]
        if not bare:
            return masked
        for cell in bare:
            _hide(cell, count, rows, masked, below)


def _hide(cell: int, count: Vector, rows: Vector, masked: Bools, below: int) -> None:
    """Mask further cells until one is hidden, those of least counts first."""
    while not _hidden(cell, count, rows, masked, below):
        # the cells that stand in an equation with a masked one that leads to this
        reached = np.zeros(len(count), dtype=bool)
        reached[cell] = True
        for _ in range(len(rows)):
            near = (rows[:, reached & masked] != 0).any(axis=1)
            reached = (rows[near] != 0).any(axis=0) | reached
        open_ = np.flatnonzero(reached & ~masked)
        if not len(open_):
            open_ = np.flatnonzero(~masked)
        masked[open_[np.argmin(np.where(count[open_] > 0, count[open_], np.inf))]] = True


def _hidden(cell: int, count: Vector, rows: Vector, masked: Bools, below: int) -> bool:
    """Return whether the equations leave open any small count of a cell."""
    low, high = value_range(cell, count, rows, masked)
    return low <= 1.0 + 1e-7 and high >= below - 1.0 - 1e-7


def value_range(cell: int, count: Vector, rows: Vector, masked: Bools) -> tuple[float, float]:
    """Return the least and the greatest value of a masked cell, given all that is shown."""
    hidden = np.flatnonzero(masked)
    used = (rows[:, hidden] != 0).any(axis=1)
    if not used.any():
        return 0.0, np.inf
    known = np.where(masked, 0.0, count)
    goal = (hidden == cell).astype(np.float64)
    limits = []
    for sign in (1.0, -1.0):
        found = optimize.linprog(
            sign * goal,
            A_eq=rows[np.ix_(used, hidden)],
            b_eq=-(rows[used] @ known),
            bounds=(0, None),
            method="highs",
        )
        reached = np.inf if found.fun is None or found.status == 3 else sign * float(found.fun)
        limits.append(reached)
    return (0.0 if np.isinf(limits[0]) else limits[0]), limits[1]
