"""Survival after the population's deaths are taken out, and what people really die of.

Which one to use when. *Net* survival (Pohar Perme) is survival if the disease were the only
cause of death, and may be compared between populations. *Relative* survival (Ederer I, II,
Hakulinen) is observed over expected survival; of the three Ederer II comes nearest to net
survival. *Crude* probabilities are of dying from the disease, and of all else, in the world
as it is: they, and not net survival, are what a patient may expect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo._arguments import NONNEGATIVE, check_level, check_option, numbers
from paraneo._estimate import Vector, normal_quantile
from paraneo._result import Result
from paraneo._tables import Columns
from paraneo.errors import Faults

from ._records import Events, group_names, one_or_more, read_events, read_groups
from ._risk_sets import merge_near_ties
from .background import Lives, cut_lives, rate_groups, read_lives

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from paraneo.incidence import RateTable

    from ._net import Followed

#: Named estimators; the last two follow the expected survival of people who have left.
METHODS = ("pohar-perme", "ederer2", "ederer1", "hakulinen")
FORMS = ("product", "exponential")
SCALES = ("log", "log-log", "plain")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NetSurvival(Result):
    """Net or relative survival, a curve a group. It may rise, and exceed 1.

    Attributes
    ----------
    groups : DataFrame
        The ``by`` columns, one row a group.
    method, form, limits, level
        As asked for.
    """

    groups: pd.DataFrame
    method: str
    form: str
    limits: str
    level: float
    _people: tuple[Followed, ...]

    def summary(self) -> pd.DataFrame:
        """Return every step: the ``by`` columns, time, at_risk, estimate, lower, upper, std_error.

        Times are years since the origin; std_error is that of the estimate.
        """
        return self._tidy([_steps(people) for people in self._people])

    def at(self, times: ArrayLike) -> pd.DataFrame:
        """Return net or relative survival at some times; NaN beyond a group's follow-up."""
        asked = _times(times)
        return self._tidy([asked] * len(self._people))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curves with their limits, and the numbers at risk below."""
        what = "Net" if self.method == "pohar-perme" else "Relative"
        return _draw(self, f"{what} survival ({100 * self.level:g}% limits)", ax)

    def _tidy(self, times: list[Vector]) -> pd.DataFrame:
        from ._net import AT_RISK, relative_survival, sums_at

        frames = []
        for people, asked in zip(self._people, times, strict=True):
            grid = np.union1d(_steps(people)[1:], asked[asked > 0])
            sums = sums_at(people, grid)
            found = relative_survival(sums, self.method, self.form, len(people.exit))
            value = np.concatenate(([1.0], found.survival))
            error = np.concatenate(([0.0], found.error))
            lower, upper = _limits(value, error, self.limits, self.level)
            count = np.concatenate(([float(len(people.exit))], sums[:, AT_RISK]))
            columns = {"estimate": value, "lower": lower, "upper": upper}
            columns["std_error"] = value * error
            frames.append(_picked(people, grid, asked, count, columns))
        return _labelled(self.groups, frames)

    def _shown(self) -> pd.DataFrame:
        return _at_round_times(self, self._people)

    def _heading(self) -> str:
        return f"NetSurvival ({self.method}) of {_size(self._people)} people"


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
        """Return every step: ``by`` columns, cause, time, at_risk, estimate, lower, upper, std_error.

        ``cause`` is "disease" or "population"; times are years since the origin.
        """
        return self._tidy([_steps(people) for people in self._people])

    def at(self, times: ArrayLike) -> pd.DataFrame:
        """Return the probabilities by some times; NaN beyond a group's follow-up."""
        asked = _times(times)
        return self._tidy([asked] * len(self._people))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curves with their limits, and the numbers at risk below."""
        return _draw(self, f"Crude probability of death ({100 * self.level:g}% limits)", ax)

    def _tidy(self, times: list[Vector]) -> pd.DataFrame:
        from ._net import AT_RISK, crude_probabilities, sums_at

        frames, z = [], normal_quantile(self.level)
        for people, asked in zip(self._people, times, strict=True):
            grid = np.union1d(_steps(people)[1:], asked[asked > 0])
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
                part = _picked(people, grid, asked, count, columns)
                part.insert(0, "cause", cause)
                both.append(part)
            frames.append(pd.concat(both, ignore_index=True))
        return _labelled(self.groups, frames)

    def _shown(self) -> pd.DataFrame:
        return _at_round_times(self, self._people)

    def _heading(self) -> str:
        return f"CrudeProbabilities of death of {_size(self._people)} people"


def net_survival(
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
    method: Literal["pohar-perme", "ederer2", "ederer1", "hakulinen"] = "pohar-perme",
    form: Literal["product", "exponential"] = "product",
    last_date: str | None = None,
    limits: Literal["log", "log-log", "plain"] = "log",
    level: float = 0.95,
) -> NetSurvival:
    r"""Estimate net or relative survival against the population's rates of death.

    With :math:`S^*_i` the expected survival of person i, Pohar Perme's estimator weights
    each by :math:`1/S^*_i`:

    .. math::
       d\hat\Lambda_E(t) = \frac{\sum_i dN_i / S^*_i}{\sum_i Y_i / S^*_i}
       - \frac{\sum_i Y_i\, d\Lambda^*_i / S^*_i}{\sum_i Y_i / S^*_i}.

    Parameters
    ----------
    data, birth, entry, exit, rates, origin
        As in `background_hazard`; the rates are of death from all causes.
    event : str
        Column that tells what happened at exit.
    death, alive : value, or list of values for deaths
        What stands there for death, of whatever cause, and for none.
    by : str or sequence of str
        Columns whose values make groups.
    method : {"pohar-perme", "ederer2", "ederer1", "hakulinen"}
        The last two need rates beyond each person's own follow-up.
    form : {"product", "exponential"}
        "product": one minus the hazard at each distinct time of exit, as relsurv does by
        default; "exponential": of minus the cumulative hazard, with the population's
        integrated exactly.
    last_date : str, optional
        Column of potential end of follow-up for Hakulinen's method; left out, those who
        died could have been followed up to the last exit in the table.
    limits : {"log", "log-log", "plain"}
    level : float
        Of the limits, in (0, 1).

    References
    ----------
    Pohar Perme M, Stare J, Estève J (2012). Biometrics 68:113-120.
    https://doi.org/10.1111/j.1541-0420.2011.01640.x
    Ederer F, Axtell LM, Cutler SJ (1961). Natl Cancer Inst Monogr 6:101-121.
    Hakulinen T (1982). Biometrics 38:933-942. https://doi.org/10.2307/2529873
    """
    faults = Faults("the table of follow-up")
    source = Columns(data, faults)
    check_option(method, METHODS, "method", faults)
    check_option(form, FORMS, "form", faults)
    check_option(limits, SCALES, "limits", faults)
    check_level(level, faults)
    groups, people = _read(
        source, birth, entry, exit, event, rates, origin, death, alive, by, method, last_date
    )
    return NetSurvival(groups, method, form, limits, level, people)


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
    """Estimate crude probabilities of death from the disease and from all else.

    The cause of death is not needed: the population's rates stand for all other causes
    (Cronin and Feuer). Parameters are those of `net_survival`. The two probabilities add to
    one minus observed survival.

    References
    ----------
    Cronin KA, Feuer EJ (2000). Stat Med 19:1729-1740.
    https://doi.org/10.1002/1097-0258(20000715)19:13<1729::AID-SIM484>3.0.CO;2-9
    """
    faults = Faults("the table of follow-up")
    source = Columns(data, faults)
    check_level(level, faults)
    groups, people = _read(
        source, birth, entry, exit, event, rates, origin, death, alive, by, "ederer2", None
    )
    return CrudeProbabilities(groups, level, people)


def _read(
    source: Columns,
    birth: str,
    entry: str,
    exit_column: str,
    event: str,
    rates: RateTable,
    origin: str | None,
    death: Any,
    alive: Any,
    by: str | Sequence[str],
    method: str,
    last_date: str | None,
) -> tuple[pd.DataFrame, tuple[Followed, ...]]:
    """Return the groups and their people, or raise one error for all faults."""
    from ._net import Followed

    faults = source.faults
    died = read_events(source, event, Events(one_or_more(death), (), alive))[0] > 0
    groups, group = read_groups(source, by)
    lives = read_lives(source, birth=birth, entry=entry, exit_column=exit_column, origin=origin)
    rate_group = rate_groups(source, rates)
    faults.raise_any()
    assert lives is not None
    begin, end, until = _times_of(source, lives, died, group, method, last_date)
    faults.raise_any()
    stop = np.maximum(lives.moment(until), lives.exit)
    cut = cut_lives(source, lives, rates, rate_group, lives.origin, stop, exit_column)
    faults.raise_any()
    parts = []
    for k in range(len(groups)):
        rows = np.flatnonzero(group == k)
        part = _taken(cut, rows)
        parts.append(Followed(begin[rows], end[rows], until[rows], died[rows], part))
    return groups, tuple(parts)


def _times_of(
    source: Columns,
    lives: Lives,
    died: Any,
    group: Any,
    method: str,
    last_date: str | None,
) -> tuple[Vector, Vector, Vector]:
    """Return entry, exit and the end of expected survival, in years since the origin."""
    from paraneo.incidence._moments import moments

    begin, end = lives.years(lives.entry), lives.years(lives.exit)
    if method in METHODS[2:]:
        source.rows_where(begin > 0, "entry", f"{method} knows no late entry", "Use ederer2")
    last = np.full(len(end), lives.exit.max())
    if last_date is not None:
        last = moments(source, last_date).at.astype(np.float64)
    potential = np.where(died & (method == "hakulinen"), lives.years(last), end)
    begin, end, potential = merge_near_ties(begin, end, np.maximum(potential, end))
    longest = np.array([end[group == k].max() for k in range(int(group.max()) + 1)])[group]
    if method == "ederer1":
        potential = longest
    return begin, end, np.minimum(potential, longest)


def _taken(cut: Any, rows: Any) -> Any:
    """Return the pieces of some people."""
    length = np.diff(cut.first)[rows]
    first = np.concatenate(([0], np.cumsum(length)))
    place = np.arange(first[-1]) - np.repeat(first[:-1], length) + np.repeat(cut.first[rows], length)
    return type(cut)(first, cut.start[rows], cut.end[place], cut.rate[place])


def _steps(people: Followed) -> Vector:
    return np.concatenate(([0.0], np.unique(people.exit)))


def _times(times: ArrayLike) -> Vector:
    faults = Faults("the times asked for")
    asked = np.atleast_1d(numbers(times, "times", NONNEGATIVE, faults))
    faults.raise_any()
    return asked


def _picked(
    people: Followed, grid: Vector, asked: Vector, count: Vector, columns: dict[str, Vector]
) -> pd.DataFrame:
    """Return what stands at the times asked for; the first value is that at time 0."""
    place = np.searchsorted(grid, asked, side="right")
    known = asked <= people.exit.max()
    frame = {"time": asked, "at_risk": np.where(known, count[place], 0).astype(np.int64)}
    return pd.DataFrame(
        frame | {name: np.where(known, x[place], np.nan) for name, x in columns.items()}
    )


def _labelled(groups: pd.DataFrame, frames: list[pd.DataFrame]) -> pd.DataFrame:
    whose = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
    labels = groups.iloc[whose].reset_index(drop=True)
    return pd.concat([labels, pd.concat(frames, ignore_index=True)], axis=1)


def _limits(value: Vector, error: Vector, scale: str, level: float) -> tuple[Vector, Vector]:
    wide = normal_quantile(level) * error
    if scale == "plain":
        return value - wide * value, value + wide * value
    if scale == "log":
        return value * np.exp(-wide), value * np.exp(wide)
    inside = (value > 0) & (value < 1)
    depth = np.log(np.where(inside, value, 0.5))
    lower, upper = (np.exp(depth * np.exp(sign * wide / -depth)) for sign in (1.0, -1.0))
    return np.where(inside, lower, np.nan), np.where(inside, upper, np.nan)


def _size(people: tuple[Followed, ...]) -> int:
    return sum(len(part.exit) for part in people)


def _at_round_times(result: Any, people: tuple[Followed, ...]) -> pd.DataFrame:
    from paraneo.plotting.ticks import round_times

    frame: pd.DataFrame = result.at(round_times(max(float(p.exit.max()) for p in people)))
    return frame


def _draw(result: NetSurvival | CrudeProbabilities, ylabel: str, ax: Axes | None) -> Axes:
    from paraneo.plotting.curves import curves
    from paraneo.plotting.ticks import round_times

    frame = result.summary()
    keys = [name for name in (*result.groups.columns, "cause") if name in frame]
    marks = round_times(float(frame["time"].max()))
    below = result.at(marks)
    if "cause" in below:
        below = below[below["cause"] == "disease"]
    below = below.assign(label=np.repeat(group_names(result.groups), len(marks)))
    label = frame[keys].astype(str).agg(", ".join, axis=1) if keys else "all"
    return curves(frame.assign(label=label), below, xlabel="Years", ylabel=ylabel, ax=ax)
