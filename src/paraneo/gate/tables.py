"""The one gate for tables: any frame, plan, stream, file or dict of columns in, arrays out.

Every fault is reported at once, in the caller's own column names, with row and cure.
No module outside the gate touches narwhals frames.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from difflib import get_close_matches
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.numerics.arrays import Vector

from .arguments import Rule, apply_rules
from .frames import Table, as_table, columns_differ, frame_of
from .gathered import series_to_pandas
from .written_codes import Recode, as_written, check_recode, recoded
from .written_dates import DateFormat, check_format
from .written_numbers import Decimal, read_numbers

Labels = NDArray[np.object_]
#: Among the ``attrs`` of a frame: the column in each group of which a person stands once.
ONE_WITHIN = "one_row_a_person_within"


class Columns:
    """A table seen through the gate.

    Parameters
    ----------
    data : frame, plan, mapping or path
        Any frame that narwhals knows, a plan or an Arrow stream of one, a mapping from name
        to column, or the path of a file that holds a table.
    faults : Faults
        Where faults are noted. The caller raises them when all is read.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text; left out, each column tells.
    missing : collection, optional
        Values that mean a missing number, beside the usual marks.
    recode : mapping of str to mapping, optional
        What the codes of a column stand for, as in ``{"sex": {1: "male", 2: "female"}}``.
    date_format : str or mapping of str to str, optional
        How dates are written, where not year-month-day; see `written_dates.read_dates`.
    """

    def __init__(
        self,
        data: Table,
        faults: Faults,
        *,
        decimal: Decimal | None = None,
        missing: Collection[Any] = (),
        recode: Recode | None = None,
        date_format: DateFormat | None = None,
    ) -> None:
        self.faults = faults
        faults.in_table = True
        if decimal not in (".", ",", None):
            faults.add("decimal", f"there is no decimal mark {decimal!r}", "Give '.' or ','")
        data = as_table(data)
        self.decimal = decimal
        attributes = getattr(data, "attrs", {})
        self.likely: Decimal | None = attributes.get("decimal")
        self.one_within: str | None = attributes.get(ONE_WITHIN)
        self.missing = tuple(missing)
        self._pandas = (
            data if isinstance(data, pd.DataFrame) and columns_differ(data, faults) else None
        )
        self._native = None if isinstance(data, pd.DataFrame) else frame_of(data, faults)
        whole = self._native if self._pandas is None else self._pandas
        self.length = 0 if whole is None else len(whole)
        check_format(date_format, faults)
        self.date_format = date_format
        self._later: dict[str, Vector] = {}
        self._recoded: dict[str, pd.Series[Any]] = {}
        self._recoded = self._words_for_codes(recode)
        if whole is not None and self.length == 0:
            faults.add(None, "it has no rows", "Pass a table with at least one row")

    @property
    def _frame(self) -> nw.DataFrame[Any] | None:
        """The table as narwhals has it: a pandas frame is only wrapped where that is needed."""
        if self._native is None and self._pandas is not None:
            self._native = nw.from_native(self._pandas, eager_only=True)
        return self._native

    @property
    def names(self) -> list[str]:
        """The table's column names."""
        return [] if self._frame is None else list(self._frame.columns)

    def has(self, name: str) -> bool:
        """Return whether the table has a column of this name."""
        return name in self.names

    def numbers(self, name: str, rules: Iterable[Rule] = ()) -> Vector:
        """Return a column as floats; NaN where it is absent or holds no number."""
        plain = self.plain(name)
        words: list[int] = []
        if plain is not None:
            values: Vector = plain.astype(np.float64)
        elif (series := self._series(name)) is not None:
            values, words = self._as_floats(series, name)
        else:
            return np.full(self.length, np.nan)
        for value in self.missing:
            if isinstance(value, int | float):
                values[values == value] = np.nan
        if name in self._later:
            values += self._later[name]
        apply_rules(values, name, rules, self.faults, noted=words)
        return values

    def plain(self, name: str) -> NDArray[Any] | None:
        """Return a column as it is held, not copied; None unless it holds plain numbers."""
        if self._pandas is None or name not in self._pandas.columns or name in self._recoded:
            return None
        values = self._pandas[name].to_numpy()
        return values if values.dtype.kind in "biuf" else None

    def labels(self, name: str) -> Labels:
        """Return a column as objects for grouping; a missing label is a fault."""
        series = self._series(name)
        if series is None:
            return np.full(self.length, None, dtype=object)
        labels = self._of_words(pd.Series(_objects(series), dtype=object), name).to_numpy()
        missing = np.flatnonzero(pd.isna(labels) & ~self._at_fault(name))
        if len(missing):
            self.faults.add(
                name, "label is missing", "Fill it in or leave the row out", rows=list(missing)
            )
        return labels

    def text(self, name: str) -> Labels:
        """Return a column as text for showing; "" where it is missing."""
        series = self._series(name)
        if series is None:
            return np.full(self.length, "", dtype=object)
        shown = _objects(series)
        shown[pd.isna(shown)] = ""
        return np.array([str(value) for value in shown], dtype=object)

    def native(self, name: str) -> pd.Series[Any] | None:
        """Return a column as a pandas series, dates as datetime64; None where absent."""
        if name in self._recoded:
            return self._recoded[name]
        if self._pandas is not None and name in self._pandas.columns:
            return _as_numpy(self._pandas[name])
        series = self._series(name)
        if series is None:
            return None
        column = series_to_pandas(series)
        zone = getattr(series.dtype, "time_zone", None)
        if zone is not None and getattr(column.dtype, "tz", None) is None:
            column = column.dt.tz_localize("UTC").dt.tz_convert(zone)
        return column

    def _at_fault(self, name: str) -> NDArray[np.bool_]:
        """Return which rows of a column have a fault already."""
        known = np.zeros(self.length, dtype=bool)
        known[self.faults.rows_of(name)] = True
        return known

    def _of_words(self, column: pd.Series[Any], name: str) -> pd.Series[Any]:
        """Return a column in which lists and the like, which are faults, are missing."""
        if column.dtype != object:
            return column
        try:
            pd.factorize(column)
        except TypeError:
            wrong = np.array([not _has_hash(value) for value in column])
            said = "there is a list or the like in a cell"
            self.rows_where(wrong, name, said, "Give one number, date or word a row")
            return column.mask(wrong, None)
        return column

    def kept(self, rows: NDArray[np.bool_]) -> Columns:
        """Return the table with some of its rows; later faults name the rows of the whole."""
        part, place = copy(self), np.flatnonzero(rows)
        if self._pandas is not None:
            part._pandas, part._native = self._pandas.iloc[place], None
        elif self._native is not None:
            part._native = self._native[place]
        part._recoded = {name: column.iloc[place] for name, column in self._recoded.items()}
        part._later = {name: years[place] for name, years in self._later.items()}
        part.length = len(place)
        self.faults.positions = place.tolist()
        return part

    def later(self, name: str, by: Vector) -> Columns:
        """Return the table with the times of a column so much later, in its own unit."""
        part = copy(self)
        part._later = {**self._later, name: by}
        return part

    def added(self, name: str) -> Vector | None:
        """Return by how much the times of a column are later than it says, if they are."""
        return self._later.get(name)

    def unheard(self) -> Columns:
        """Return the same table, whose faults nobody hears of."""
        part = copy(self)
        part.faults = Faults(self.faults.subject)
        return part

    def require(self, names: Sequence[str]) -> None:
        """Note every column that is absent."""
        for name in names:
            self._series(name)

    def rows_where(self, broken: NDArray[np.bool_], name: str, problem: str, remedy: str) -> None:
        """Note a fault at the rows where ``broken`` is true."""
        rows = np.flatnonzero(broken)
        if len(rows):
            self.faults.add(name, problem, remedy, rows=list(rows))

    def form_of_dates(self, name: str) -> str | None:
        """Return how the dates of a column are written, where that was said."""
        if isinstance(self.date_format, Mapping):
            return self.date_format.get(name)
        return self.date_format

    def _words_for_codes(self, recode: Recode | None) -> dict[str, pd.Series[Any]]:
        """Return the columns whose codes are replaced, noting values that are no code."""
        found: dict[str, pd.Series[Any]] = {}
        for name, words in check_recode(recode, self.faults).items():
            column = self.native(name)
            if column is None:
                continue
            found[name], unknown = recoded(column, words)
            if unknown.any():
                value, codes = column[unknown].iloc[0], ", ".join(map(repr, words))
                said = f"{as_written(value)!r} is not among the codes in recode ({codes})"
                self.rows_where(unknown, name, said, "Add what it means, or correct it")
        return found

    def _as_floats(self, series: nw.Series[Any], name: str) -> tuple[Vector, list[int]]:
        """Return a series as floats, and the rows that hold no number, which are faults."""
        plain = series.to_numpy()
        if plain.dtype.kind in "fiub":  # what is missing is NaN already
            return np.array(plain, dtype=np.float64), []
        read = read_numbers(
            _objects(series), decimal=self.decimal, likely=self.likely, missing=self.missing
        )
        rows = [int(row) for row in np.flatnonzero(read.unread)]
        if rows:
            value = series[rows[0]]
            cure = "Correct it, or leave it empty where it is not known"
            self.faults.add(name, f"{value!r} is not a number", cure, rows=rows)
        if read.doubtful is not None:
            cure = "Write it plainly, or name decimal='.' or decimal=',' where the table is read"
            self.faults.add(name, str(read.doubtful), cure)
        return read.numbers, rows

    def _series(self, name: str) -> nw.Series[Any] | None:
        if self._frame is None:
            return None
        if name in self._recoded:
            return nw.from_native(self._recoded[name], series_only=True)
        if name in self._frame.columns:
            return self._frame[name]
        if not any(fault.column == name and not fault.rows for fault in self.faults.found):
            near = get_close_matches(str(name), map(str, self._frame.columns), n=1)
            hint = f"Did you mean '{near[0]}'?" if near else _these(self._frame.columns)
            self.faults.add(name, "there is no such column", hint)
        return None


def read(
    data: Table,
    columns: Mapping[str, Collection[Rule]],
    *,
    table: str,
) -> dict[str, Vector]:
    """Return the named columns as floats; raise one error for all their faults.

    Examples
    --------
    >>> from paraneo.gate.arguments import COUNT
    >>> read({"observed": [3, 8]}, {"observed": COUNT}, table="the incidence table")
    {'observed': array([3., 8.])}
    """
    faults = Faults(table)
    source = Columns(data, faults)
    arrays = {name: source.numbers(name, rules) for name, rules in columns.items()}
    faults.raise_any()
    return arrays


def as_names(by: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return one column name, several or none as a tuple."""
    if by is None:
        return ()
    return (by,) if isinstance(by, str) or not isinstance(by, Iterable) else tuple(by)


def _as_numpy(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return dates of pyarrow as numpy's, and numbers with their bytes in this machine's order.

    Any other column comes back as it is.
    """
    kind = column.dtype
    if isinstance(kind, np.dtype) and not kind.isnative:
        return column.astype(kind.newbyteorder("="))
    arrow = getattr(column.dtype, "pyarrow_dtype", None)
    if arrow is None or not str(arrow).startswith(("date", "timestamp")):
        return column
    import pyarrow

    dates: pd.Series[Any] = pyarrow.array(column).to_pandas(date_as_object=False)
    return dates.set_axis(column.index)


def _these(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:12])
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"The table has {shown}{more}" if names else "The table has no columns"


def _has_hash(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _objects(series: nw.Series[Any]) -> Labels:
    values = np.empty(len(series), dtype=object)
    values[:] = series.to_list()
    return values
