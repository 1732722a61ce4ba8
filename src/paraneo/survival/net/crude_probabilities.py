"""What people really die of, from the population's rates and not from death certificates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level
from paraneo.gate.events import Events
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.gate.written_codes import Recode
from paraneo.gate.written_dates import DateFormat
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.survival.curve_limits import largest_risk
from paraneo.survival.left_out import ZeroTime, with_time

from ._net_people import FollowedCurves, before_deaths, read_followed

if TYPE_CHECKING:
    from paraneo.rates import RateTable

    from ._net import Followed


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CrudeProbabilities(FollowedCurves):
    """Probabilities of death from the disease and from other causes, two curves a group.

    ``.summary()`` and ``.at(times)`` have the ``by`` columns, cause ("disease" or "population"),
    time in years since the origin, at_risk, estimate, lower, upper, std_error.

    Attributes
    ----------
    groups : DataFrame
        The ``by`` columns, one row a group.
    level : float
        Of the interval.
    """

    groups: pd.DataFrame
    level: float
    _people: tuple[Followed, ...]
    _left_out: pd.DataFrame | None = None
    _kept: dict[int, tuple[Vector, Vector]] = field(default_factory=dict, init=False)

    def _curves(self, people: Followed, sums: Vector, grid: Vector) -> list[dict[str, Any]]:
        from ._net import crude_probabilities

        found, z = crude_probabilities(sums), normal_quantile(self.level)
        curves = []
        for cause, curve, variance in (
            ("disease", found.disease, found.var_disease),
            ("population", found.population, found.var_population),
        ):
            value = np.concatenate(([0.0], curve))
            error = np.concatenate(([0.0], np.sqrt(np.maximum(variance, 0.0))))
            reach = np.where(error > 0, z * error, np.nan)
            lower, upper = value - reach, value + reach
            gone = np.isnan(reach)  # all at risk died at one time: they might have lived on
            lower[gone] = value[gone] - largest_risk(len(people.exit), self.level)
            upper[gone] = value[gone]
            none, risk = before_deaths(people, grid, self.level, first=cause == "population")
            lower[none] = upper[none] = value[none] + 0.0 * risk
            if cause == "disease":
                upper[none] += risk
            else:
                lower[none] *= 1.0 - risk
            columns: dict[str, Any] = {"cause": cause, "estimate": value}
            curves.append(columns | {"lower": lower, "upper": upper, "std_error": error})
        return curves

    def _quantity(self) -> str:
        return "Crude probability of death"

    def _heading(self) -> str:
        return f"CrudeProbabilities of death of {self._size()} people"


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
    cause: Any = 1,
    censored: Any = 0,
    zero_time: ZeroTime = "exclude",
    by: str | Sequence[str] = (),
    recode: Recode | None = None,
    date_format: DateFormat | None = None,
    level: float = 0.95,
) -> CrudeProbabilities:
    r"""Estimate crude probabilities of death from the disease and from other causes.

    What happens in the real world, where people die of other causes too; `net_survival` is
    of a world where they do not. The cause of death is not needed: the population's rates
    stand for all other causes. With S the observed survival and :math:`\Lambda^*` the mean
    cumulative population hazard of those at risk,

    .. math::
       F_D(t) = \int_0^t S(u-)\, \{d\hat\Lambda(u) - d\Lambda^*(u)\}, \qquad
       F_P(t) = \int_0^t S(u-)\, d\Lambda^*(u),

    which add to one minus observed survival.

    Parameters
    ----------
    data, birth, entry, exit, event, rates, origin, cause, censored, by, recode, date_format
        As in `net_survival`; so is ``zero_time``.
    level : float
        Of the interval, in (0, 1): symmetric, and exact one-sided ones before the first death.

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
    source = Columns(data, faults, recode=recode, date_format=date_format)
    check_level(level, faults)
    events = Events(cause, (), censored)
    source, left = with_time(
        source, zero_time, begin=entry, exit_column=exit, event=event, events=events
    )
    groups, people = read_followed(
        source, birth, entry, exit, event, events, rates, origin, by, "ederer2", None
    )
    return CrudeProbabilities(groups, level, people, left)
