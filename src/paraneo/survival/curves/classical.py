"""Kaplan-Meier and Nelson-Aalen: survival and cumulative hazard, other causes censored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import PROBABILITY, check_level, check_option, numbers
from paraneo.gate.events import Events
from paraneo.gate.kinds import Flat
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Limits, Vector
from paraneo.survival._group_curves import GroupCurves, labelled
from paraneo.survival.curve_limits import SCALES, ratio_limits, step_values
from paraneo.survival.left_out import ZeroTime
from paraneo.survival.records import Records, read_records
from paraneo.survival.risk_sets import (
    Index,
    People,
    RiskSets,
    number_at_risk,
    risk_sets,
    risk_without_events,
    spans,
)

from ._edges import happened, survival_limits

#: Quantiles of the time that are asked for where none are named.
MEDIAN = 0.5


class _Curve(NamedTuple):
    """The people of a group, and the curve just after each distinct time of an event."""

    people: People
    sets: RiskSets
    value: Vector
    variance: Vector

    @property
    def exit(self) -> Vector:
        """End of observation of each."""
        return self.people.exit


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SurvivalCurves(GroupCurves):
    """Kaplan-Meier or Nelson-Aalen curves, one a group.

    Attributes
    ----------
    quantity : {"survival", "cumulative hazard"}
    groups : DataFrame
        The ``by`` columns, one row a group.
    interval, level
        As asked for.
    """

    quantity: str
    groups: pd.DataFrame
    interval: str
    level: float
    _parts: tuple[_Curve, ...]
    _left_out: pd.DataFrame | None = None

    def quantiles(self, share: Flat = MEDIAN) -> pd.DataFrame:
        """Return the times by which shares of the people have had the event.

        The first time at which survival is 1 - ``share`` or less; its confidence limits are
        where those of survival are (Brookmeyer and Crowley 1982). NaN where survival stays above.

        Parameters
        ----------
        share : number or array, optional
            In (0, 1); left out, the median.
        """
        faults = Faults("the shares asked for")
        wanted = np.atleast_1d(numbers(share, "share", PROBABILITY, faults))
        if self.quantity != "survival":
            faults.add(None, "a cumulative hazard has no quantiles", "Ask kaplan_meier")
        faults.raise_any()
        frames = []
        for k, part in enumerate(self._parts):
            curve, time = self._asked(k, part.sets.time), np.append(part.sets.time, np.nan)
            columns: dict[str, Vector] = {"share": wanted}
            for name in ("estimate", "lower", "upper"):
                left = np.append(curve[name].to_numpy(np.float64), np.nan)
                reached = left <= 1.0 - wanted[:, None] + np.finfo(float).eps
                first = np.where(reached.any(axis=1), reached.argmax(axis=1), -1)
                columns[name] = time[first]
            frames.append(pd.DataFrame(columns))
        return labelled(self.groups, frames)

    def _observed(self) -> Sequence[_Curve]:
        return self._parts

    def _steps(self, group: int) -> Vector:
        return np.unique(np.concatenate(([0.0], self._parts[group].sets.time)))

    def _asked(self, group: int, times: Vector) -> pd.DataFrame:
        part = self._parts[group]
        known = times <= part.exit.max()
        first = 1.0 if self.quantity == "survival" else 0.0
        value = np.where(known, step_values(part.sets.time, part.value, times, first), np.nan)
        variance = step_values(part.sets.time, part.variance, times, 0.0)
        error = np.sqrt(np.where(known, variance, np.nan))
        limits = self._limits(part, (times, value, error))
        columns = {"time": times, "at_risk": number_at_risk(part.people, times), "estimate": value}
        columns |= {"lower": limits.lower, "upper": limits.upper, "std_error": error}
        return pd.DataFrame(columns)

    def _limits(self, part: _Curve, asked: tuple[Vector, Vector, Vector]) -> Limits:
        if self.quantity == "survival":
            curve = (part.value, part.variance)
            return survival_limits(part.people, part.sets, curve, asked, self.interval, self.level)
        times, value, error = asked
        lower, upper = ratio_limits(value, error, self.interval, self.level)
        none = (happened(part.sets.time, part.sets.events[:, 0], times) == 0) & np.isfinite(value)
        if none.any():
            with np.errstate(divide="ignore"):
                most = -np.log1p(-risk_without_events(part.people, times[none], self.level))
            lower[none], upper[none] = 0.0 * most, most
        return Limits(np.maximum(lower, 0.0), upper)

    def _quantity(self) -> str:
        return self.quantity.capitalize()

    def _top(self) -> float | None:
        return 1.0 if self.quantity == "survival" else None

    def _heading(self) -> str:
        return f"SurvivalCurves ({self.quantity}) of {self._size()} people"


@verb
def kaplan_meier(
    data: Any,
    *,
    exit: str,  # noqa: A002
    event: str,
    entry: str | None = None,
    origin: str | None = None,
    cause: Any = 1,
    competing: Any = None,
    censored: Any = 0,
    zero_time: ZeroTime = "exclude",
    by: str | Sequence[str] = (),
    weights: str | None = None,
    interval: Literal["log-log", "log", "plain"] = "log-log",
    level: float = 0.95,
) -> SurvivalCurves:
    r"""Estimate survival with other causes censored, by Kaplan and Meier.

    With :math:`d_j` events among :math:`Y_j` at risk at the j-th time,
    :math:`\hat S(t) = \prod_{t_j \le t} (1 - d_j / Y_j)`. One minus this curve is a *net*
    quantity, not the probability of the event in a world where people also die of other
    causes: for that see `cumulative_incidence`.

    Parameters
    ----------
    data, exit, event, entry, origin, cause, competing, censored, zero_time, by, interval, level
        As in `cumulative_incidence`. Everything but ``cause`` is censoring here.
    weights : str, optional
        Column of weights, above 0. Whole numbers count people; others, such as inverse
        probabilities, take the standard error from everybody's squared influence, and in exact
        limits people count as so many as would know as much, (sum of w)² / sum of w².

    Returns
    -------
    SurvivalCurves
        With Greenwood's standard error. Before the first event and where survival is 0 the
        interval is an exact one-sided one; ``.at(times)`` gives NaN beyond a group's follow-up.

    Raises
    ------
    TableError, ArgumentError
        As in `cumulative_incidence`.

    References
    ----------
    Kaplan EL, Meier P (1958). J Am Stat Assoc 53:457-481.
    https://doi.org/10.1080/01621459.1958.10501452
    Fay MP, Brittain EH, Proschan MA (2013). Biostatistics 14:723-736, for the exact limit
    before the first event. https://doi.org/10.1093/biostatistics/kxt016

    Examples
    --------
    >>> people = {"years": [1, 2, 3, 4], "what": [1, 0, 1, 0]}
    >>> kaplan_meier(people, exit="years", event="what").at([1, 3])["estimate"].round(6).tolist()
    [0.75, 0.375]
    """
    records = read_followed_up(
        data, exit=exit, event=event, entry=entry, origin=origin, cause=cause,
        competing=competing, censored=censored, by=by, interval=interval, level=level,
        weights=weights, zero_time=zero_time,
    )  # fmt: skip
    parts = tuple(_survival(part) for part in records.people)
    return SurvivalCurves("survival", records.groups, interval, level, parts, records.left_out)


@verb
def nelson_aalen(
    data: Any,
    *,
    exit: str,  # noqa: A002
    event: str,
    entry: str | None = None,
    origin: str | None = None,
    cause: Any = 1,
    competing: Any = None,
    censored: Any = 0,
    zero_time: ZeroTime = "exclude",
    by: str | Sequence[str] = (),
    weights: str | None = None,
    interval: Literal["log", "plain"] = "log",
    level: float = 0.95,
) -> SurvivalCurves:
    r"""Estimate the cumulative cause-specific hazard, by Nelson and Aalen.

    With :math:`d_j` events among :math:`Y_j` at risk at the j-th time, tied events taken
    together, :math:`\hat\Lambda(t) = \sum_{t_j \le t} d_j / Y_j`, with Aalen's variance
    :math:`\sum_{t_j \le t} d_j / Y_j^2`.

    Parameters
    ----------
    data, exit, event, entry, origin, cause, competing, censored, zero_time, by, level
        As in `cumulative_incidence`. Everything but ``cause`` is censoring here.
    weights : str, optional
        Column of weights, above 0. Whole numbers count people; others, such as inverse
        probabilities, take the standard error from everybody's squared influence, and in exact
        limits people count as so many as would know as much, (sum of w)² / sum of w².
    interval : {"log", "plain"}
        Scale on which the confidence interval is made.

    Returns
    -------
    SurvivalCurves
        Before the first event the estimate is 0, with an exact upper limit; ``.at(times)``
        gives NaN beyond a group's follow-up.

    Raises
    ------
    TableError, ArgumentError
        As in `cumulative_incidence`.

    References
    ----------
    Aalen O (1978). Ann Stat 6:701-726. https://doi.org/10.1214/aos/1176344247

    Examples
    --------
    >>> people = {"years": [1, 2, 3, 4], "what": [1, 0, 1, 0]}
    >>> nelson_aalen(people, exit="years", event="what").at([1, 3])["estimate"].round(6).tolist()
    [0.25, 0.75]
    """
    records = read_followed_up(
        data, exit=exit, event=event, entry=entry, origin=origin, cause=cause,
        competing=competing, censored=censored, by=by, interval=interval, level=level,
        weights=weights, scales=SCALES[1:], zero_time=zero_time,
    )  # fmt: skip
    parts = tuple(_hazard(part) for part in records.people)
    return SurvivalCurves(
        "cumulative hazard", records.groups, interval, level, parts, records.left_out
    )


def read_followed_up(
    data: Any,
    *,
    exit: str,  # noqa: A002
    event: str,
    entry: str | None,
    origin: str | None,
    cause: Any,
    competing: Any,
    censored: Any,
    by: str | Sequence[str] = (),
    interval: str = "plain",
    level: float = 0.95,
    scales: tuple[str, ...] = SCALES,
    faults: Faults | None = None,
    clusters: Sequence[str] = (),
    weights: str | None = None,
    zero_time: ZeroTime | None = None,
    source: Columns | None = None,
) -> Records:
    """Read a table of follow-up, raising every fault at once; other causes become censoring."""
    faults = Faults("the table of follow-up") if faults is None else faults
    check_option(interval, scales, "interval", faults)
    check_level(level, faults)
    records = read_records(
        Columns(data, faults) if source is None else source,
        exit_column=exit, event_column=event, entry_column=entry, id_column=None, by=by,
        origin_column=origin,
        events=Events(cause, competing, censored), clusters=clusters, weights_column=weights,
        zero_time=zero_time,
    )  # fmt: skip
    records = faults.checked(records)
    people = (part._replace(cause=(part.cause == 1).astype(np.intp)) for part in records.people)
    return Records(records.groups, tuple(people), 1, records.left_out)


def _survival(people: People) -> _Curve:
    sets = risk_sets(people, 1)
    events, left = sets.events[:, 0], sets.at_risk - sets.events[:, 0]
    value: Vector = np.cumprod(1.0 - events / sets.at_risk, dtype=np.float64)
    some = np.where(left > 0, left, 1.0)
    noise = np.where(left > 0, events / (sets.at_risk * some), 0.0)
    if people.counted:
        return _Curve(people, sets, value, value**2 * np.cumsum(noise))
    own = np.where(left > 0, 1.0 / some, 0.0)
    return _Curve(people, sets, value, value**2 * _squares(people, sets.time, own, noise))


def _hazard(people: People) -> _Curve:
    sets = risk_sets(people, 1)
    events = sets.events[:, 0]
    value: Vector = np.cumsum(events / sets.at_risk, dtype=np.float64)
    if people.counted:
        return _Curve(people, sets, value, np.cumsum(events / sets.at_risk**2))
    own, noise = 1.0 / sets.at_risk, events / sets.at_risk**2
    return _Curve(people, sets, value, _squares(people, sets.time, own, noise))


def _squares(people: People, time: Vector, own: Vector, noise: Vector) -> Vector:
    """Return the sum of squared influences of all people on a cumulative hazard at each time.

    The influence of somebody is ``own`` at their event, less the ``noise`` gathered at risk; who
    has left keeps what they had.
    """
    first, last = spans(people, time)
    gathered = np.concatenate(([0.0], np.cumsum(noise)))
    begin, square = gathered[first], people.squares
    hit = np.flatnonzero(people.cause == 1)
    final = begin - gathered[last]
    final[hit] += own[last[hit] - 1]
    m = len(time)

    def changes(values: Vector, at: Index) -> Vector:
        return np.bincount(at, values, m + 1)[:m].astype(np.float64)

    # those with an event have left just after it, the censored at the first time they miss
    gone = last.copy()
    gone[hit] -= 1
    here = [
        np.cumsum(changes(square * begin**k, first) - changes(square * begin**k, gone))
        for k in range(3)
    ]
    still = gathered[1:] ** 2 * here[0] - 2.0 * gathered[1:] * here[1] + here[2]
    return np.asarray(np.cumsum(changes(square * final**2, gone)) + np.maximum(still, 0.0))
