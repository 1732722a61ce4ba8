"""Bands of age and period: a column of edges, labels or codes turned into edges.

What a column says is judged, not believed: codes of age groups, middles of bands and rows that
are missing look like edges, and would shift every rate without a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults, ParaneoWarning, warn
from paraneo.gate.arguments import MOST_YEARS, POSITIVE, numbers
from paraneo.gate.groups import one_each
from paraneo.gate.tables import Columns
from paraneo.gate.written_ages import Band, read_band
from paraneo.numerics.arrays import Vector

from . import _plain_edges

Codes = NDArray[np.intp]
#: How codes of age groups are read: 1 for 0-4 up to 18 for 85 and over, or by a mapping.
AgeCodes = Literal["5-year"] | Mapping[Any, Any]

_FIVE_YEARS = {code: f"{5 * code - 5}-{5 * code - 1}" for code in range(1, 18)} | {18: "85+"}


class Scale(NamedTuple):
    """The bands of a column.

    Attributes
    ----------
    edges : array
        Bands are [a, b). A hole between the rows' bands is a band that no row has.
    code : array of int
        Each row's band, -1 where the row is left out.
    unknown, total : array of bool
        Rows of unknown age and rows of all ages together, which are left out.
    """

    edges: Vector
    code: Codes
    unknown: NDArray[np.bool_]
    total: NDArray[np.bool_]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """The rows that have a band."""
        return self.code >= 0


def read_scale(
    source: Columns,
    name: str,
    *,
    of: Literal["age", "period"] = "age",
    codes: AgeCodes | None = None,
    width: float | None = None,
    holes: bool = False,
) -> Scale:
    """Return the bands of a column of numbers or labels, noting what cannot be believed.

    The next edge closes a band, unless its label or the column ``name_end`` says otherwise.
    The last age is open and the last period as wide as the others, unless said otherwise.

    Parameters
    ----------
    of : {"age", "period"}
        What the column holds.
    codes : "5-year" or mapping, optional
        What the values mean, where they are codes.
    width : float, optional
        Of the last period.
    holes : bool
        Whether bands may leave a hole between them.
    """
    series = one_each(source, name)
    if series is None or not len(series):
        none = np.zeros(source.length, dtype=bool)
        return Scale(np.array([0.0, np.inf]), none.astype(np.intp), none, none)
    bands = _rows(source, series, name, codes)
    end = _ends(source, name, bands)
    known = np.isfinite(bands.lower)
    if of == "age":
        source.rows_where(
            known & (bands.lower < 0), name, "age is negative", "Leave out rows of unknown age"
        )
    unknown, total = bands.kind == "unknown", bands.kind == "total"
    if not known.any():
        if not source.faults.found:
            source.faults.add(name, f"no row has a known {of}", "Give lower edges or labels")
        return Scale(np.array([0.0, np.inf]), np.where(known, 0, -1), unknown, total)
    if width is not None:
        numbers(width, "period_width", POSITIVE, source.faults)
    starts, place = np.unique(bands.lower[known], return_inverse=True)
    if bool(np.all(bands.kind[known] == "edge")) and np.isnan(end[known]).all():
        judged = _plain_edges.judge_ages if of == "age" else _plain_edges.judge_periods
        stops = judged(starts, name, source.faults, closed=width is not None)
    else:
        stops = np.append(starts[1:], np.nan)
    code = np.full(source.length, -1, dtype=np.intp)
    code[known] = place
    upper = np.where(np.isnan(end), stops[code], end)
    edges, position = _joined(source, name, starts, upper, code, holes=holes)
    if width is not None:
        edges[-1] = starts[-1] + width
    elif np.isnan(edges[-1]):
        step = starts[-1] - starts[-2] if len(starts) > 1 else 1.0
        edges[-1] = np.inf if of == "age" else starts[-1] + step
    return Scale(edges, np.where(known, position[code], -1).astype(np.intp), unknown, total)


def one_period(length: int) -> Scale:
    """Return the scale of so many rows that hold for any year."""
    none = np.zeros(length, dtype=bool)
    return Scale(np.array([-np.inf, np.inf]), none.astype(np.intp), none, none)


def warn_of_unknown(cases: Vector, ages: Scale) -> None:
    """Warn of cases that are left out since their age is unknown."""
    lost = float(np.nansum(cases[ages.unknown]))
    if lost:
        warn(f"{lost:,.0f} cases of unknown age are left out.", ParaneoWarning)


def check_codes(codes: Any, faults: Faults) -> None:
    """Note codes of age groups that are neither known by name nor mapped."""
    if codes is not None and codes != "5-year" and not isinstance(codes, Mapping):
        cure = "Pass '5-year' or a mapping of each code to a label"
        faults.add("age_codes", f"there are no codes {codes!r}", cure)


class _Rows(NamedTuple):
    lower: Vector
    upper: Vector
    kind: NDArray[np.object_]


def _rows(source: Columns, series: pd.Series[Any], name: str, codes: AgeCodes | None) -> _Rows:
    """Return what each row's label says; what is no band is a fault."""
    place, distinct = pd.factorize(series, use_na_sentinel=True)
    read = [_of_code(value, codes) for value in distinct]
    read.append(Band(np.nan, np.nan, "missing"))
    lower, upper, kind = (np.array(part, dtype=object)[place] for part in zip(*read, strict=True))
    low, high = lower.astype(np.float64), upper.astype(np.float64)
    source.rows_where(kind == "missing", name, "band is missing", "Fill it in or leave the row out")
    strange = (kind == "") | (np.abs(low) > MOST_YEARS)
    if strange.any():
        value = series.iloc[int(np.flatnonzero(strange)[0])]
        value = value.item() if isinstance(value, np.generic) else value
        said, cure = f"{value!r} is not a band", "Give lower edges or labels such as 40-44 and 85+"
        if codes is not None:
            said = f"{value!r} is no code of an age group"
            cure = "Map each code to a label, as in age_codes={1: '0-4', 2: '5+', 99: 'unknown'}"
        source.rows_where(strange, name, said, cure)
    return _Rows(np.where(strange, np.nan, low), high, kind)


def _of_code(value: Any, codes: AgeCodes | None) -> Band:
    """Return the band of a value, or of what a code stands for."""
    if codes is None:
        return read_band(value)
    known: Mapping[Any, Any] = codes if isinstance(codes, Mapping) else _FIVE_YEARS
    for key in (value, _as_number(value), str(value).strip()):
        if key in known:
            return read_band(known[key])
    band = read_band(value)
    return band if band.kind in ("unknown", "total") else Band(np.nan, np.nan, "")


def _as_number(value: Any) -> Any:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return value
    return int(number) if number.is_integer() else number


def _ends(source: Columns, name: str, rows: _Rows) -> Vector:
    """Return where each row's band ends, NaN where neither label nor column of ends says it."""
    span = rows.kind == "span"
    inclusive = _inclusive(rows.lower, rows.upper, span)
    upper = rows.upper + np.where(span & (inclusive is not False), 1.0, 0.0)
    if not source.has(f"{name}_end"):
        return upper
    edge = rows.kind == "edge"
    given = source.numbers(f"{name}_end")
    if _inclusive(rows.lower, given, edge & np.isfinite(given)):
        given = given + 1.0
    source.rows_where(
        ~edge & (np.abs(upper - given) > 1.0),
        f"{name}_end",
        f"it contradicts the label in '{name}'",
        "Correct one of the two",
    )
    return np.where(edge, given, upper)


def _inclusive(lower: Vector, upper: Vector, spans: NDArray[np.bool_]) -> bool | None:
    """Return whether ends belong to their bands; None where no band begins at or after one.

    "40-44" means up to 45 unless 44 begins the next band; so does a column of ends.
    """
    starts = np.unique(lower[np.isfinite(lower)])
    place = np.searchsorted(starts, lower[spans], side="right")
    following = np.append(starts, np.nan)[place]
    outside, inside = (upper[spans] == following).sum(), (upper[spans] + 1 == following).sum()
    return None if not outside + inside else bool(inside > outside)


def _joined(
    source: Columns, name: str, starts: Vector, upper: Vector, code: Codes, *, holes: bool
) -> tuple[Vector, Codes]:
    """Return the edges of bands, with a band for each hole, and the place of each start."""
    following = np.append(starts[1:], np.nan)[code]
    cure = "Bands must follow each other without overlap"
    hole = (upper < following) & (upper > starts[code]) & (code >= 0)
    if hole.any() and not holes:
        row = int(np.flatnonzero(hole)[0])
        span = f"nothing covers {upper[row]:g} to {following[row]:g}"
        remedy = "Add the rows (empty where the rate is not known) or correct the bands"
        source.rows_where(hole, name, f"the band ends before the next one begins: {span}", remedy)
    over = (upper > following) & (code >= 0)
    source.rows_where(over, name, "the band overlaps the next one", cure)
    back = (upper <= starts[code]) & (code >= 0)
    source.rows_where(back, name, "the band ends before it begins", cure)
    last = code == len(starts) - 1
    ends = np.unique(upper[last & ~np.isnan(upper)])
    if len(ends) > 1:
        source.rows_where(last, name, "the last band has two ends", "Give it the same label")
    stop = np.full(len(starts), np.inf)
    np.fmin.at(stop, code[code >= 0], upper[code >= 0])
    stop[:-1] = np.minimum(stop[:-1], starts[1:])
    stop[-1] = ends[0] if len(ends) else np.nan
    gaps = np.flatnonzero(stop[:-1] < starts[1:])
    edges = np.unique(np.concatenate([starts, stop[gaps]]))
    return np.append(edges, stop[-1]), np.searchsorted(edges, starts).astype(np.intp)


def kept_edges(edges: Vector, wanted: ArrayLike | None, name: str, faults: Faults) -> Codes:
    """Return the places of the edges to keep; what is no edge of the table is a fault."""
    if wanted is None:
        return np.arange(len(edges))
    values = np.atleast_1d(numbers(wanted, name, (), faults))
    if len(values) < 2 or not np.all(np.diff(values) > 0):
        faults.add(name, "edges do not rise, or are fewer than two", "Give rising edges")
        return np.arange(len(edges))
    strange = [f"{value:g}" for value in values[~np.isin(values, edges)]]
    if strange:
        shown = ", ".join(f"{edge:g}" for edge in edges)
        faults.add(name, f"{', '.join(strange)} is no edge of the table", f"Choose from: {shown}")
    return np.searchsorted(edges, values).astype(np.intp)


def band_of(edges: Vector, at: Vector) -> Codes:
    """Return the band [a, b) each number lies in; -1 outside all and for NaN."""
    code = np.searchsorted(edges, at, side="right") - 1
    inside = (at >= edges[0]) & ((at < edges[-1]) | (np.isinf(edges[-1]) & np.isfinite(at)))
    inside |= np.isinf(edges[0]) & np.isinf(edges[-1]) & ~np.isnan(at)
    return np.where(inside, np.minimum(code, len(edges) - 2), -1).astype(np.intp)


def span(edges: Vector) -> str:
    """Return the years that edges cover, as one writes them."""
    first, last = edges[0], edges[-1]
    if last - first == 1 and float(first).is_integer():
        return f"{first:g}"
    return f"{first:g} to {last:g}"
