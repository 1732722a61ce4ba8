"""Rates of a population by age, period and other columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults
from paraneo.gate import guards
from paraneo.gate.arguments import PRESENT, Rule, check_option, numbers, together
from paraneo.gate.groups import match_groups, read_groups
from paraneo.gate.tables import Columns, as_names
from paraneo.gate.verbs import verb
from paraneo.gate.written_codes import Recode
from paraneo.numerics.arrays import Vector
from paraneo.results.bands import banded
from paraneo.results.result import Result

from . import _rate_cells, _rate_rows, _wide, bands

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Codes = NDArray[np.intp]

#: No population dies or falls ill faster than this per person-year, save in the first
#: hours of life and among the last survivors.
HIGHEST_RATE = 2.0
_HEIGHT = (PRESENT, Rule(lambda x: x <= 0, "must be above zero", "Leave it out"))
_ROWS_PRINTED = 12


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RateTable(Result):
    """Rates per person-year, constant within cells of age and period.

    Attributes
    ----------
    rates : array, shape (groups, ages, periods)
        Events per person-year; NaN where a rate is missing, which is never zero.
    age_edges : array, shape (ages + 1,)
        Bands are [a, b); the last edge is infinite where the last band is open.
    period_edges : array, shape (periods + 1,)
        In calendar years; -inf and inf where the rates hold for any period.
    by : tuple of str
        The columns that tell the groups apart.
    groups : DataFrame
        One row per group with its labels; one row and no column where ``by`` is empty.
    cases, person_years : array or None
        Counts, shaped like the rates, where the table was made from them.
    provenance : mapping
        What is known of the source: region, years, definition of the sites, …
    """

    rates: Vector
    age_edges: Vector
    period_edges: Vector
    by: tuple[str, ...]
    groups: pd.DataFrame
    cases: Vector | None
    person_years: Vector | None
    provenance: Mapping[str, str]

    def summary(self) -> pd.DataFrame:
        """Return one row per cell.

        The ``by`` columns, then ``age``, ``age_band`` (its text, such as "40 to 45") and
        ``age_end``, the same of ``period`` where the table has periods, ``cases`` and
        ``person_years`` where they are known, and ``rate`` per person-year.
        """
        group, age, period = (place.ravel() for place in np.indices(self.rates.shape))
        frame = self.groups.iloc[group].reset_index(drop=True)
        columns = banded("age", self.age_edges, age) | {"age_end": self.age_edges[age + 1]}
        if self.has_periods:
            columns |= banded("period", self.period_edges, period)
            columns["period_end"] = self.period_edges[period + 1]
        if self.cases is not None and self.person_years is not None:
            columns |= {"cases": self.cases.ravel(), "person_years": self.person_years.ravel()}
        return frame.assign(**columns, rate=self.rates.ravel())

    @property
    def has_periods(self) -> bool:
        """Whether the rates differ by calendar period."""
        return bool(np.isfinite(self.period_edges[0]))

    def group_codes(self, labels: Mapping[str, ArrayLike]) -> Codes:
        """Return the row of ``groups`` that each person belongs to, -1 where none does.

        Parameters
        ----------
        labels : mapping
            For each column in ``by`` the labels of the people, all of one length. A
            label matches when it is the same value (1, 1.0 and "1" are), the same word
            in other case or with blanks around it, or another word for the same sex (m,
            male, man, men; f, w, female, woman, women). Numbers never stand for words:
            1 is a man in one register and a woman in the next.

        Examples
        --------
        >>> table = rate_table({"age": [0, 0], "sex": ["F", "M"], "rate": [0.1, 0.2]},
        ...                    rate="rate", by="sex")
        >>> table.group_codes({"sex": ["male", "Women", "?"]})
        array([ 1,  0, -1])
        """
        faults = Faults("the labels of the people")
        for name in self.by:
            if name not in labels:
                faults.add(name, "the rates differ by this column", "Supply it")
        faults.raise_any()
        if not self.by:
            length = max((np.size(column) for column in labels.values()), default=1)
            return np.zeros(length, dtype=np.intp)
        return match_groups([labels[name] for name in self.by], self.groups)

    def rates_at(
        self, age: ArrayLike, year: ArrayLike | None = None, group: ArrayLike = 0
    ) -> Vector:
        """Return the rate per person-year at an age, in a calendar year, of a group.

        Parameters
        ----------
        age, year : number or array
            In years; ``year`` may be left out where the table has no periods.
        group : int or array of int
            Rows of ``groups``, as from `group_codes`.

        Returns
        -------
        array
            NaN where the table says nothing: no such cell, or a missing rate.
        """
        faults = Faults("the place in the rate table")
        if year is None and self.has_periods:
            faults.add("year", "the rates differ by period", "Give the calendar year")
        faults.raise_any()
        when = 0.0 if year is None or not self.has_periods else year
        given = {"age": age, "year": when, "group": group}
        read = {name: numbers(value, name, (), faults) for name, value in given.items()}
        places = (read["group"] >= -1) & (read["group"] < len(self.groups))
        if not places.all() or (read["group"] % 1 > 0).any():
            faults.add("group", "it is not a row of .groups", "Take it from group_codes()")
        read = together(read, faults)
        faults.raise_any()
        return _rate_cells.rates_in(
            self.rates,
            read["group"].astype(np.intp),
            bands.band_of(self.age_edges, read["age"]),
            bands.band_of(self.period_edges, read["year"]),
        )

    def coarser(
        self, *, age: ArrayLike | None = None, period: ArrayLike | None = None
    ) -> RateTable:
        """Return the table in wider bands, from the counts and never from the rates.

        Parameters
        ----------
        age, period : array, optional
            Edges to keep, each an edge of this table. What lies outside the first and
            the last of them is left out.

        Raises
        ------
        ArgumentError
            When the table was made from rates alone: the mean of rates is not the rate
            of the sum.

        Examples
        --------
        >>> fine = rate_table({"age": [0, 5], "cases": [1, 8], "n": [1000, 2000]},
        ...                   cases="cases", person_years="n")
        >>> fine.coarser(age=[0, float("inf")]).rates.ravel()
        array([0.003])
        """
        faults = Faults("the coarser rate table")
        if self.cases is None or self.person_years is None:
            faults.add(
                None,
                "the table holds rates without counts, and rates must not be averaged",
                "Make it from cases and person_years",
            )
        ages = bands.kept_edges(self.age_edges, age, "age", faults)
        periods = bands.kept_edges(self.period_edges, period, "period", faults)
        faults.raise_any()
        counts, years = (
            _rate_cells.add_cells(cells, ages, periods)
            for cells in (self.cases, self.person_years)
            if cells is not None
        )
        return replace(
            self,
            rates=_rate_cells.divide(counts, years),
            age_edges=self.age_edges[ages],
            period_edges=self.period_edges[periods],
            cases=counts,
            person_years=years,
        )

    def plot(self, ax: Axes | None = None, *, per: float = 100_000) -> Axes:
        """Draw the rates by age on a log axis, a line a group, in the latest period."""
        from paraneo.plotting.rates_by_age import rates_by_age

        frame = self.summary()
        if self.has_periods:
            frame = frame[frame["period"] == frame["period"].max()]
        labels = frame[list(self.by)].itertuples(index=False)
        frame["group"] = [", ".join(map(str, row)) for row in labels] if self.by else "all"
        when = bands.span(self.period_edges[-2:]) if self.has_periods else ""
        return rates_by_age(frame, per=per, title=when, ax=ax)

    def _heading(self) -> str:
        groups, ages, periods = self.rates.shape
        first = f"RateTable: {groups} groups x {ages} ages"
        if self.has_periods:
            first += f" x {periods} periods ({bands.span(self.period_edges)})"
        missing = int(np.isnan(self.rates).sum())
        if missing:
            first += f"; {missing} rates missing"
        known = [f"{key}: {value}" for key, value in self.provenance.items()]
        return "\n".join([f"{first}; rates per person-year", *known])

    def __repr__(self) -> str:
        frame = self.summary().to_string(index=False, max_rows=_ROWS_PRINTED)
        return f"{self._heading()}\n{frame}"

    def _repr_html_(self) -> str:
        frame = self.summary().to_html(index=False, max_rows=_ROWS_PRINTED, border=0)
        heading = escape(self._heading()).replace("\n", "<br>")
        return f"<p>{heading}</p>{frame}"


@verb
def rate_table(
    data: Any,
    *,
    rate: str | None = None,
    cases: str | None = None,
    person_years: str | None = None,
    per: float = 1.0,
    age: str = "age",
    period: str | None = None,
    by: str | Sequence[str] = (),
    wide: str | None = None,
    kind: Literal["hazard", "probability"] = "hazard",
    age_codes: bands.AgeCodes | None = None,
    period_width: float | None = None,
    decimal: Literal[".", ","] | None = None,
    missing: Sequence[Any] = (),
    recode: Recode | None = None,
    holes: Literal["raise", "missing"] = "raise",
    highest_rate: float = HIGHEST_RATE,
    provenance: Mapping[str, str] | None = None,
) -> RateTable:
    """Read rates of a population, one row per cell of age, period and ``by`` columns.

    Parameters
    ----------
    data : frame
        In long form. The order of rows does not matter.
    rate : str, optional
        Column of rates; an empty cell is a missing rate, never a rate of zero.
    cases, person_years : str, optional
        Columns of counts, instead of ``rate``. With counts the table can be made
        `coarser`. Where there are neither cases nor person-years the rate is missing.
    per : float
        Person-years to which the rates refer, such as 100_000. Daily rates have
        ``per=1 / 365.25``, since a day is that part of a year.
    age, period : str
        Columns of lower edges, or of labels such as "40-44", "under 1", "85+",
        "[40, 45)", "2008-2012". The next edge closes a band, and the last age is open
        unless its label ends. The last period is as wide as the others (1 year where
        there is but one) unless its label or ``period_width`` says otherwise. A column of
        the same name with ``_end``, such as ``age_end``, tells where bands end. Numbers
        that look like codes of age groups, or like the middles of groups, are refused.
        Rows of unknown age are left out, and counted in the provenance; so are rows of
        all ages. Without ``period`` the rates hold for any year.
    by : str or sequence of str
        Columns of further labels, such as sex. Groups stand in their order.
    wide : str, optional
        What goes across in a wide table, one column of rates for each: "period" for years, or
        a group such as "sex". All columns but those of age and ``by`` are taken.
    kind : {"hazard", "probability"}
        A probability q of the event within a band of width w becomes the hazard
        -log(1 - q) / w. The last, open age has no width unless it follows single years,
        when it counts as one year; there a probability of 1 is a missing rate.
    age_codes : "5-year" or mapping, optional
        What the codes of age groups mean: "5-year" is 1 for 0-4, 2 for 5-9, … 18 for 85
        and over; otherwise a label for each code, as in ``{1: "0-14", 2: "15+", 9:
        "unknown"}``.
    period_width : float, optional
        Years in the last period.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text, where it does not show by itself.
    missing : sequence, optional
        Values that mean a missing number, such as 999. Empty cells and the usual marks
        (".", "-", "~", "NA", "<5", "Suppressed", …) always do.
    recode : mapping of str to mapping, optional
        What codes stand for, by column, as in ``{"sex": {1: "male", 2: "female"}}``.
    holes : {"raise", "missing"}
        What to do with cells that have no row at all.
    highest_rate : float
        Events per person-year above which a rate is taken for a mistaken unit; ten times
        as much at ages from 95 on. So is a rate above 0.01 that is more than 300 times
        those of the ages and periods next to it, and a table most of whose rates are
        above 0.5, or a quarter of it where that is more. Infinity takes all rates as they are.
    provenance : mapping of str to str, optional
        Source, region, years, definition of the sites; kept and printed.

    Returns
    -------
    RateTable

    Raises
    ------
    TableError
        Telling at once every fault: absent columns, labels that are no bands, holes and
        overlaps, two rows for one cell, negative rates, rates that are too high.

    References
    ----------
    Breslow NE, Day NE. Statistical Methods in Cancer Research II. IARC 1987, ch. 2.

    Examples
    --------
    >>> table = rate_table(
    ...     {"age": ["40-59", "60+"], "rate": [210.0, 1540.0]}, rate="rate", per=100_000
    ... )
    >>> table.rates_at([59.9, 60, 97, 39])
    array([0.0021, 0.0154, 0.0154,    nan])
    """
    faults = Faults("the rate table")
    if wide is not None:
        data = _wide.long_table(data, wide, (age, *as_names(by), *as_names(period)), faults)
        period, by = ("period", by) if wide == "period" else (period, (*as_names(by), wide))
        rate = rate or "rate"
    source = Columns(data, faults, decimal=decimal, missing=missing, recode=recode)
    names = as_names(by)
    check_option(kind, ("hazard", "probability"), "kind", faults)
    check_option(holes, ("raise", "missing"), "holes", faults)
    bands.check_codes(age_codes, faults)
    numbers(highest_rate, "highest_rate", _HEIGHT, faults)
    unit = _rate_rows.check_columns(rate, cases, person_years, per, kind, faults)
    groups, group = read_groups(source, names, taken=_rate_rows.OUTPUT)
    _rate_rows.check_labels(source, groups, group)
    open_to = holes == "missing"
    ages = bands.read_scale(source, age, codes=age_codes, holes=open_to)
    periods = bands.one_period(source.length)
    if period is not None:
        periods = bands.read_scale(source, period, of="period", width=period_width, holes=open_to)
    values = _rate_rows.values(source, rate, cases, person_years, unit)
    known = dict(provenance or {})
    if note := _rate_rows.left_out(values, ages):
        known.setdefault("left_out", note)
    kept = ages.kept & periods.kept
    values = {name: np.where(kept, value, np.nan) for name, value in values.items()}
    faults.raise_any()
    named = rate or cases or "rate"
    if kind == "probability":
        values["rate"] = _rate_rows.hazards(source, named, values["rate"], ages)
    if cases is not None and person_years is not None:
        guards.check_people(
            source, (cases, values["cases"]), (person_years, values["person_years"])
        )
    begin, end = ages.edges[ages.code], ages.edges[ages.code + 1]
    guards.check_unit(
        source, named, values["rate"], (begin, end), highest_rate, of_rates=rate is not None
    )
    rows = np.flatnonzero(kept)
    present, group = np.unique(group[rows], return_inverse=True)
    groups = groups.iloc[present].reset_index(drop=True)
    shape = (len(groups), len(ages.edges) - 1, len(periods.edges) - 1)
    cell = np.ravel_multi_index((group, ages.code[rows], periods.code[rows]), shape)
    both = (ages.edges, periods.edges)
    _rate_rows.check_cells(cell, rows, groups, both, (age, period), faults, holes=open_to)
    faults.raise_any()
    filled = {name: _rate_cells.fill_cells(cell, x[rows], shape) for name, x in values.items()}
    if np.isfinite(highest_rate):
        _rate_rows.check_neighbours(named, filled["rate"], cell, rows, source)
    faults.raise_any()
    return RateTable(
        filled["rate"],
        ages.edges,
        periods.edges,
        names,
        groups,
        filled.get("cases"),
        filled.get("person_years"),
        known,
    )
