"""What people really die of, told from the population's rates and not from certificates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.results.result import Result

from ._net_people import (
    asked_times,
    at_round_times,
    draw,
    grid_with,
    labelled,
    picked,
    read_followed,
    size,
    steps,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from paraneo.rates import RateTable

    from ._net import Followed


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CrudeProbabilities(Result):
    """Probabilities of death from the disease and from all else, curves a group.

    Attributes
    ----------
    groups : DataFrame
        The ``by`` columns, one row a group.
    level : float
        Of the limits.
    """

    groups: pd.DataFrame
    level: float
    _people: tuple[Followed, ...]

    def summary(self) -> pd.DataFrame:
        """Return every step.

        Columns: those of ``by``; cause, time, at_risk, estimate, lower, upper, std_error.
        ``cause`` is "disease" or "population"; times are years since the origin.
        """
        return self._tidy([steps(people) for people in self._people])

    def at(self, times: ArrayLike) -> pd.DataFrame:
        """Return the probabilities by some times; NaN beyond a group's follow-up."""
        asked = asked_times(times)
        return self._tidy([asked] * len(self._people))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curves with their limits, and the numbers at risk below."""
        return draw(self, f"Crude probability of death ({100 * self.level:g}% limits)", ax)

    def _tidy(self, times: list[Vector]) -> pd.DataFrame:
        from ._net import AT_RISK, crude_probabilities, sums_at

        frames, z = [], normal_quantile(self.level)
        for people, wanted in zip(self._people, times, strict=True):
            grid, asked = grid_with(people, wanted)
            sums = sums_at(people, grid)
            found = crude_probabilities(sums)
            count = np.concatenate(([float(len(people.exit))], sums[:, AT_RISK]))
            both = []
            for cause, curve, variance in (
                ("disease", found.disease, found.var_disease),
                ("population", found.population, found.var_population),
            ):
                value = np.concatenate(([0.0], curve))
                error = np.concatenate(([0.0], np.sqrt(np.maximum(variance, 0.0))))
                columns = {"estimate": value, "lower": value - z * error}
                columns |= {"upper": value + z * error, "std_error": error}
                part = picked(people, grid, asked, count, columns)
                part.insert(0, "cause", cause)
                both.append(part)
            frames.append(pd.concat(both, ignore_index=True))
        return labelled(self.groups, frames)

    def _shown(self) -> pd.DataFrame:
        return at_round_times(self, self._people)

    def _heading(self) -> str:
        return f"CrudeProbabilities of death of {size(self._people)} people"


@verb
def crude_probabilities(
    data: Any,
    *,
    birth: str,
    entry: str,
    exit: str,  # noqa: A002
    event: str,
    rates: RateTable,
    origin: str | None = None,
    death: Any = 1,
    alive: Any = 0,
    by: str | Sequence[str] = (),
    level: float = 0.95,
) -> CrudeProbabilities:
    r"""Estimate crude probabilities of death from the disease and from all else.

    What happens in the real world, where people die of other things too; `net_survival` is
    of a world where they do not. The cause of death is not needed: the population's rates
    stand for all other causes. With S the observed survival and :math:`\Lambda^*` the mean
    cumulative population hazard of those at risk,

    .. math::
       F_D(t) = \int_0^t S(u-)\, \{d\hat\Lambda(u) - d\Lambda^*(u)\}, \qquad
       F_P(t) = \int_0^t S(u-)\, d\Lambda^*(u),

    which add to one minus observed survival.

    Parameters
    ----------
    data, birth, entry, exit, event, rates, origin, death, alive, by
        As in `net_survival`.
    level : float
        Of the limits, in (0, 1); they are symmetric.

    Returns
    -------
    CrudeProbabilities
        The disease's may fall where fewer die than the population's rates expect.

    Raises
    ------
    TableError, ArgumentError
        As in `net_survival`.

    References
    ----------
    Cronin KA, Feuer EJ (2000). Stat Med 19:1729-1740.
    https://doi.org/10.1002/1097-0258(20000715)19:13<1729::AID-SIM484>3.0.CO;2-9

    Examples
    --------
    >>> from paraneo import rate_table
    >>> flat = rate_table({"age": [0], "rate": [0.02]}, rate="rate")
    >>> people = {"born": [1930.0] * 4, "start": [2000.0] * 4, "dead": [1, 0, 1, 0]}
    >>> people["stop"] = [2001.0, 2002.0, 2003.0, 2004.0]
    >>> columns = {"birth": "born", "entry": "start", "exit": "stop", "event": "dead"}
    >>> found = crude_probabilities(people, **columns, rates=flat).at([3])
    >>> found[["cause", "estimate"]].round(3)
            cause  estimate
    0     disease     0.575
    1  population     0.050
    """
    faults = Faults("the table of follow-up")
    source = Columns(data, faults)
    check_level(level, faults)
    groups, people = read_followed(
        source, birth, entry, exit, event, rates, origin, death, alive, by, "ederer2", None
    )
    return CrudeProbabilities(groups, level, people)
