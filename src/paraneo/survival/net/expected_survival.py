"""How long people would live, and how many of them, if they died as the population does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.follow_up.background import Lives, cut_lives, rate_groups
from paraneo.follow_up.moments import read_points
from paraneo.gate.arguments import NONNEGATIVE, numbers
from paraneo.gate.groups import read_groups
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.gate.written_codes import Recode
from paraneo.gate.written_dates import DateFormat
from paraneo.results.result import Result
from paraneo.survival.left_out import excluded_frame
from paraneo.survival.records import group_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from paraneo.rates import RateTable


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExpectedSurvival(Result):
    """Survival in the population of people like those of a table; no sampling error is in it.

    Attributes
    ----------
    table : DataFrame
        The ``by`` columns, time in years since the origin, n at the start; expected, how many are
        still alive; estimate, their share; years, the mean lived until then.
    groups : DataFrame
        The ``by`` columns, one row a group.
    """

    table: pd.DataFrame
    groups: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Return the table."""
        return self.table.copy()

    @property
    def excluded(self) -> pd.DataFrame:
        """What was read and left out: reason, rows, events, person_years."""
        return excluded_frame()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the share alive in each group."""
        import matplotlib.pyplot as plt

        if ax is None:
            ax = plt.subplots(layout="constrained")[1]
        times = self.table["time"].nunique()
        for k, name in enumerate(group_names(self.groups)):
            part = self.table.iloc[k * times : (k + 1) * times]
            ax.plot(part["time"], part["estimate"], label=name)
        if len(self.groups) > 1:
            ax.legend(title=", ".join(map(str, self.groups.columns)), frameon=False)
        ax.set_xlim(left=0)
        ax.set_ylim(0, 1)
        ax.set_xlabel("Years")
        ax.set_ylabel("Expected survival")
        ax.spines[["top", "right"]].set_visible(False)
        return ax

    def _heading(self) -> str:
        people = int(self.table["n"].iloc[:: self.table["time"].nunique()].sum())
        return f"ExpectedSurvival of {people} people"


@verb
def expected_survival(
    data: Any,
    *,
    birth: str,
    origin: str,
    rates: RateTable,
    times: ArrayLike,
    by: str | Sequence[str] = (),
    recode: Recode | None = None,
    date_format: DateFormat | None = None,
) -> ExpectedSurvival:
    r"""Return how many people would be alive if they died as the population does.

    With :math:`S^*_i` the expected survival of person i from the origin on, the expected number
    :math:`\sum_i S^*_i(t)` says how many a study has left to estimate net survival from,
    whatever the disease; where it is a handful, the curve beyond says little. The mean years
    :math:`\int_0^t \bar S^*(u)\,du`, up to a time when all would be dead, are the potential
    years of life.

    Parameters
    ----------
    data, birth, rates, by, recode, date_format
        As in `net_survival`; ``exit`` plays no part.
    origin : str
        Column of time zero, such as diagnosis.
    times : array
        Years since the origin; the rates must reach as far.

    Returns
    -------
    ExpectedSurvival

    Raises
    ------
    TableError, ArgumentError
        As in `net_survival`.

    References
    ----------
    Pohar Perme M, Estève J, Rachet B (2016). Analysing population-based cancer survival: settling
    the controversies. BMC Cancer 16:933. https://doi.org/10.1186/s12885-016-2967-9

    Examples
    --------
    >>> from paraneo import rate_table
    >>> flat = rate_table({"age": [0], "rate": [0.1]}, rate="rate")
    >>> people = {"born": [1930.0, 1940.0], "from": [2000.0, 2001.0]}
    >>> found = expected_survival(people, birth="born", origin="from", rates=flat, times=[0, 5, 10])
    >>> found.summary()[["time", "n", "expected", "years"]].round(3)
       time  n  expected  years
    0   0.0  2     2.000  0.000
    1   5.0  2     1.213  3.935
    2  10.0  2     0.736  6.321
    """
    faults = Faults("the table of people")
    source = Columns(data, faults, recode=recode, date_format=date_format)
    asked = np.unique(np.atleast_1d(numbers(times, "times", NONNEGATIVE, faults)))
    points = read_points(source, (birth, origin))
    groups, group = read_groups(source, by)
    rate_group = rate_groups(source, rates)
    civil, at = faults.checked(points)
    born, zero = at[birth], at[origin]
    source.rows_where(zero < born, origin, f"it lies before '{birth}'", "Correct the two")
    faults.raise_any()
    lives = Lives(civil, born, zero, zero, zero)
    end = lives.moment(np.full(source.length, max(float(asked.max(initial=0.0)), 1e-6)))
    cut = cut_lives(source, lives, rates, rate_group, zero, end, origin)
    faults.raise_any()
    from ._net import expected_at

    alive, lived = expected_at(cut.first, cut.end, cut.rate, group, len(groups), asked)
    size = np.bincount(group, minlength=len(groups))
    place = np.repeat(np.arange(len(groups)), len(asked))
    n = size[place]
    table = groups.iloc[place].reset_index(drop=True).assign(
        time=np.tile(asked, len(groups)), n=n, expected=alive.ravel(),
        estimate=alive.ravel() / n, years=lived.ravel() / n,
    )  # fmt: skip
    return ExpectedSurvival(table, groups)
