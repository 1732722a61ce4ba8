"""The lives of a cohort drawn over calendar time and age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import NUMBER, numbers
from paraneo.gate.events import Events, read_events, read_some_events
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.gate.written_dates import DateFormat
from paraneo.numerics.arrays import Vector
from paraneo.numerics.calendar import calendar_year, years_between

from .moments import read_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: More lines than this are a grey field.
MOST_LINES = 500


@verb
def lexis_diagram(
    data: Any,
    *,
    birth: str,
    entry: str,
    exit: str,  # noqa: A002 - the word for the end of follow-up
    event: str | None = None,
    cause: Any = None,
    age: ArrayLike = (),
    period: ArrayLike = (),
    date_format: DateFormat | None = None,
    most: int = MOST_LINES,
    ax: Axes | None = None,
) -> Axes:
    """Draw the Lexis diagram of a cohort: a line a person, a dot an event.

    Parameters
    ----------
    data : frame
        One row per person, as for `person_years`.
    birth, entry, exit : str
        Columns of dates, or of plain numbers of years.
    event : str, optional
        Column of events, 0 where follow-up ended without one.
    cause : code or sequence of codes, optional
        The codes of the events that are drawn, patterns ("C34*") among them; left out, every
        code but 0.
    age, period : array, optional
        Edges of bands, drawn as a grid.
    date_format : str or mapping of str to str, optional
        How dates are written, as in `person_years`.
    most : int
        Most people drawn: of more, an even choice, and the picture says so.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TableError
        Naming every fault of columns and rows at once.

    References
    ----------
    Keiding N. Statistical inference in the Lexis diagram. Phil Trans R Soc Lond A
    1990;332:487-509.
    """
    from paraneo.plotting.lexis import lexis

    faults = Faults("the table of follow-up")
    source = Columns(data, faults, date_format=date_format)
    frame = _lives(source, birth, entry, exit)
    dots = np.zeros(source.length, dtype=np.intp)
    if event is not None and cause is None:
        dots = read_some_events(source, event, Events("*", (), 0)).number
    elif event is not None:
        dots, _ = read_events(source, event, Events(cause, (), None))
    edges = [np.ravel(numbers(cuts, name, (), faults)) for name, cuts in _edges(age, period)]
    if numbers(most, "most", NUMBER, faults) < 1:
        faults.add("most", f"{most} is less than one line", "Give the number of lines to draw")
    faults.raise_any()
    frame["event"] = dots > 0
    total = len(frame)
    if total > most:
        frame = frame.iloc[np.unique(np.linspace(0, total - 1, int(most)).astype(int))]
    axes = lexis(frame, ages=edges[0], years=edges[1], ax=ax)
    if total > most:
        axes.set_title(f"{len(frame)} of {total} people", fontsize="medium")
    return axes


def _edges(age: ArrayLike, period: ArrayLike) -> list[tuple[str, ArrayLike]]:
    return [("age", age), ("period", period)]


def _lives(source: Columns, birth: str, entry: str, exit_: str) -> pd.DataFrame:
    """Return calendar years and ages at entry and exit, noting what cannot be."""
    points = read_points(source, (birth, entry, exit_))
    if points is None:
        return pd.DataFrame()
    civil, at = points
    born, start, stop = (at[name] for name in (birth, entry, exit_))
    for broken, name, before in ((stop < start, exit_, entry), (start < born, entry, birth)):
        source.rows_where(broken, name, f"it lies before '{before}'", "Correct the two")
    if source.faults.found:
        return pd.DataFrame()
    year, age = (calendar_year, years_between) if civil else (_same, _difference)
    places = {
        "entry_year": year(start),
        "exit_year": year(stop),
        "entry_age": age(born, start),
        "exit_age": age(born, stop),
    }
    return pd.DataFrame(places)


def _same(years: Vector) -> Vector:
    return years


def _difference(earlier: Vector, later: Vector) -> Vector:
    return later - earlier
