"""Windows of studies read from a table, with their faults named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.gate.arguments import PRESENT, Rule, numbers
from paraneo.gate.tables import Columns, Labels
from paraneo.numerics.arrays import Vector

from ._ratio_curve import band_shares
from ._study_counts import StudyColumns, read_studies

_TIME = (
    PRESENT,
    Rule(
        lambda x: x < 0,
        "window lies before diagnosis",
        "Cancers before diagnosis are another quantity: start windows at 0 or later",
    ),
)


class Windows(NamedTuple):
    """Rows of the table; ``number`` counts the studies from 0, in order of their labels."""

    label: Labels
    number: NDArray[np.intp]
    start: Vector
    end: Vector
    observed: Vector
    expected: Vector
    assumption: Labels


def read_windows(
    source: Columns,
    names: StudyColumns,
    times: tuple[str, str],
    *,
    open_end: float | None,
    rule: str,
    published_level: float,
    decay: bool,
) -> Windows:
    """Return the rows, open windows closed, noting in ``source.faults`` what is wrong."""
    faults = source.faults
    start, end = (source.numbers(name, _TIME) for name in times)
    end = _closed(source, times[1], end, open_end)
    with np.errstate(invalid="ignore"):
        source.rows_where(
            end <= start, times[1], "window does not end after it starts", "Correct its times"
        )
    read = read_studies(source, names, rule=rule, published_level=published_level, whole=True)
    label = pd.Series(read.label, dtype=object)
    number = pd.factorize(label.astype(str), sort=True)[0].astype(np.intp)
    windows = Windows(read.label, number, start, end, read.observed, read.expected, read.assumption)
    if not faults.found:
        _note_overlaps(source, windows, times[0])
        _note_too_little(source, windows, names, decay=decay)
    return windows


def _closed(source: Columns, name: str, end: Vector, open_end: float | None) -> Vector:
    unended = np.isposinf(end)
    if open_end is None:
        source.rows_where(
            unended,
            name,
            "window is open",
            "Say with open_end, in years, where open windows are taken to end",
        )
        return np.where(unended, np.nan, end)
    given = numbers(open_end, "open_end", (), source.faults)
    if given.ndim or not np.isfinite(given) or given <= 0:
        source.faults.add("open_end", f"{open_end!r} is no time in years", "Give one such as 15")
        return np.where(unended, np.nan, end)
    return np.where(unended, float(given), end)


def _note_overlaps(source: Columns, windows: Windows, name: str) -> None:
    """Note windows of one study that overlap without being the same."""
    same_study = windows.number[:, None] == windows.number[None, :]
    start, end = windows.start, windows.end
    apart = (end[:, None] <= start[None, :]) | (end[None, :] <= start[:, None])
    same = (start[:, None] == start[None, :]) & (end[:, None] == end[None, :])
    source.rows_where(
        (same_study & ~apart & ~same).any(axis=1),
        name,
        "windows of one study overlap, so that its cases would count twice",
        "Keep windows that do not overlap",
    )


def _note_too_little(
    source: Columns, windows: Windows, names: StudyColumns, *, decay: bool
) -> None:
    faults = source.faults
    if windows.number.max() < 1:
        faults.add(names.study, "there are fewer than two studies", "Pooling needs two at least")
    if not windows.observed.any():
        faults.add(
            names.observed or names.ratio,
            "no row has a case",
            "A ratio of 0 has no finite logarithm",
        )
    different = len(set(zip(windows.start, windows.end, strict=True)))
    if decay and different < 3:
        faults.add(
            "shape",
            f"{different} different windows cannot tell plateau, excess and half-life apart",
            "Use shape='piecewise', or give more windows",
        )


def checked_edges(
    source: Columns, windows: Windows, breaks: Sequence[float] | None, *, flat: bool
) -> Vector:
    """Return the edges of the steps; ``flat`` says that nothing will be smoothed."""
    faults = source.faults
    nothing = np.empty(0)
    if faults.found:
        return nothing
    edges = np.unique(np.concatenate([windows.start, windows.end]))
    if breaks is not None:
        given = numbers(breaks, "breaks", (PRESENT,), faults)
        outside = given.ndim != 1 or len(given) < 2 or given[0] > edges[0] or given[-1] < edges[-1]
        if outside or not np.all(np.diff(given) > 0) or not np.isfinite(given).all():
            faults.add(
                "breaks",
                "they do not rise from the first start to the last end",
                f"Let them run from {edges[0]:g} or before to {edges[-1]:g} or later",
            )
            return nothing
        edges = given
    if flat:
        _note_bands(source, windows, edges)
    return np.asarray(edges, dtype=np.float64)


def _note_bands(source: Columns, windows: Windows, edges: Vector) -> None:
    shares = band_shares(windows.start, windows.end, edges)
    if np.linalg.matrix_rank(shares) < shares.shape[1]:
        source.faults.add(
            "smoothing",
            "windows do not tell the bands apart",
            "Write smoothing='auto', or give fewer breaks",
        )
        return
    empty = (shares * windows.observed[:, None]).sum(axis=0) == 0
    for j in np.flatnonzero(empty):
        source.faults.add(
            "smoothing",
            f"no case was seen in windows over {edges[j]:g} to {edges[j + 1]:g}, so that a "
            "ratio of 0 fits best",
            "Write smoothing='auto', or give fewer breaks",
        )
