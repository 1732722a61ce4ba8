"""The population's hazard along each person's follow-up, exact in the cells of its rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import NUMBER, numbers
from paraneo.gate.guards import warn_of_same_people
from paraneo.gate.kinds import Flat
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.gate.written_codes import Recode
from paraneo.gate.written_dates import DateFormat
from paraneo.numerics.arrays import Vector
from paraneo.numerics.calendar import DAYS_PER_YEAR
from paraneo.rates.given import given_rates
from paraneo.results.result import Result

from ._kinds import read_kinds
from .moments import check_lifespan, read_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from paraneo.rates import RateTable

    from ._pieces import Pieces


Whole = NDArray[np.int64]
#: What is said of rows for whose time there is no rate.
NO_RATE = (
    "the rate table has no rate for some of the time",
    "Extend the table's ages and periods, or end follow-up where it ends",
)


@dataclass(frozen=True, slots=True)
class Lives:
    """Points in time of each row as they were given: days with ``civil``, else years."""

    civil: bool
    birth: Vector
    origin: Vector
    entry: Vector
    exit: Vector

    def years(self, moment: Vector) -> Vector:
        """Return years since the origin."""
        return np.asarray((moment - self.origin) / (DAYS_PER_YEAR if self.civil else 1.0))

    def moment(self, years: Vector) -> Vector:
        """Return the point in time that lies so many years after the origin."""
        return np.asarray(self.origin + years * (DAYS_PER_YEAR if self.civil else 1.0))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BackgroundHazard(Result):
    """The population's hazard of each row of a table.

    Attributes
    ----------
    entry, exit : array
        Years since the origin.
    cumulative : array
        Over (entry, exit], dimensionless: the number of events expected.
    rate : array
        Per year just before exit, as for an event at exit.
    """

    entry: Vector
    exit: Vector
    cumulative: Vector
    rate: Vector
    _pieces: Pieces

    def summary(self) -> pd.DataFrame:
        """Return a row a row of the table: entry, exit, cumulative, rate."""
        names = ("entry", "exit", "cumulative", "rate")
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def hazard(self, time: Flat) -> Vector:
        """Return each row's hazard just before a time in years since the origin.

        One time for all, or one a row; NaN where it is not within entry and exit.
        """
        from ._pieces import hazard_before

        at = self._each(time, "time")
        p = self._pieces
        found = hazard_before(p.first, p.end, p.rate, at)
        return np.where((at >= self.entry) & (at <= self.exit), found, np.nan)

    def between(self, lower: Flat, upper: Flat) -> Vector:
        """Return each row's cumulative hazard within (lower, upper] and its own follow-up."""
        from ._pieces import integral

        low, high = self._each(lower, "lower"), self._each(upper, "upper")
        return np.asarray(integral(*self._pieces, low, high), dtype=np.float64)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the events expected by each time since the origin, over all rows."""
        from paraneo.plotting.expected_events import expected_events

        grid = np.linspace(float(self.entry.min()), float(self.exit.max()), 101)
        frame = pd.DataFrame(
            {"time": grid, "estimate": [self.between(grid[0], t).sum() for t in grid]}
        )
        return expected_events(frame, ax=ax)

    def _shown(self) -> pd.DataFrame:
        return self.summary().head(10)

    def _heading(self) -> str:
        return f"BackgroundHazard: {self.cumulative.sum():.6g} expected in {len(self.entry)} rows"

    def _each(self, value: ArrayLike, name: str) -> Vector:
        faults = Faults("the times asked for")
        given = numbers(value, name, NUMBER, faults)
        if given.shape not in ((), (1,), self.entry.shape):
            said = f"there are {given.size} for {len(self.entry)} rows"
            faults.add(name, said, "Give one for all, or one a row")
        faults.raise_any()
        return np.ascontiguousarray(np.broadcast_to(given, self.entry.shape))


@verb
def background_hazard(
    data: Any,
    *,
    birth: str,
    entry: str,
    exit: str,  # noqa: A002
    rates: RateTable,
    origin: str | None = None,
    recode: Recode | None = None,
    date_format: DateFormat | None = None,
) -> BackgroundHazard:
    """Return each person's hazard in the population along follow-up.

    Parameters
    ----------
    data : frame or mapping
        One row a person, or a part of a person's follow-up.
    birth, entry, exit : str
        Columns of dates, or of years on the scale of the periods of the rates.
    rates : RateTable
        Of cancer or of death; the columns it differs ``by`` have to be in the table.
    origin : str, optional
        Column of time zero, such as diagnosis; left out, entry.
    recode, date_format
        As in `person_years`.

    Returns
    -------
    BackgroundHazard
        Ages change at birthdays and years on 1 January; nothing is taken at midpoints.

    Raises
    ------
    TableError
        Among other faults, where the table has no rate for some of the time.

    Examples
    --------
    >>> from paraneo import rate_table
    >>> rates = rate_table({"age": [0, 60], "rate": [0.01, 0.03]}, rate="rate")
    >>> person = {"born": [1940.0], "from": [1998.0], "to": [2003.0]}
    >>> known = background_hazard(person, birth="born", entry="from", exit="to", rates=rates)
    >>> round(float(known.cumulative[0]), 4), float(known.rate[0])
    (0.11, 0.03)
    """
    faults = Faults("the table of follow-up")
    source = Columns(data, faults, recode=recode, date_format=date_format)
    lives = read_lives(source, birth=birth, entry=entry, exit_column=exit, origin=origin)
    group = rate_groups(source, rates)
    lives = faults.checked(lives)
    cut = cut_lives(source, lives, rates, group, lives.entry, lives.exit, exit)
    faults.raise_any()
    from ._pieces import integral

    begin, end = lives.years(lives.entry), lives.years(lives.exit)
    total = np.asarray(integral(*cut, begin, end), dtype=np.float64)
    return BackgroundHazard(begin, end, total, cut.rate[cut.first[1:] - 1], cut)


def read_lives(
    source: Columns,
    *,
    birth: str,
    entry: str,
    exit_column: str,
    origin: str | None,
    by: str | Sequence[str] | None = (),
) -> Lives | None:
    """Return the points in time in a table; None where faults were noted."""
    names = {"birth": birth, "entry": entry, "exit": exit_column, "origin": origin or entry}
    warn_of_same_people(source, (), by)
    points = read_points(source, names.values())
    if points is None:
        return None
    civil, at = points
    lives = Lives(civil, **{what: at[name] for what, name in names.items()})
    for broken, name, problem in (
        (lives.exit <= lives.entry, entry, f"entry is at or after '{exit_column}'"),
        (lives.entry < lives.birth, entry, f"it lies before '{birth}'"),
        (lives.entry < lives.origin, entry, f"it lies before '{origin}'"),
    ):
        source.rows_where(broken, name, problem, "Correct the two, or leave the row out")
    check_lifespan(source, (birth, lives.birth), (exit_column, lives.exit), civil=civil)
    return None if source.faults.found else lives


def rate_groups(source: Columns, rates: Any, *, optional: bool = False) -> Whole:
    """Return the row of the rate table's groups that each row of the table belongs to.

    What is no rate table is noted.
    """
    rates = given_rates(rates, source.faults, optional=optional)
    if rates is None:
        return np.zeros(source.length, dtype=np.int64)
    kinds = read_kinds(source, (), {"": rates}, known=True)
    return np.asarray(kinds.rate_group[0][kinds.kind])


def cut_lives(
    source: Columns,
    lives: Lives,
    rates: RateTable,
    group: Whole,
    start: Vector,
    stop: Vector,
    name: str,
) -> Pieces:
    """Return the pieces from start to stop, noting rows for whose time there is no rate."""
    from ._pieces import pieces

    cut = pieces(rates, lives.birth, lives.origin, start, stop, group, civil=lives.civil)
    unknown = np.add.reduceat(np.isnan(cut.rate), cut.first[:-1]) > 0
    source.rows_where(
        unknown,
        name,
        *NO_RATE,
    )
    return cut
