"""Cumulative incidence of one cause while others compete: Aalen-Johansen curves.

Which probability is this? The *crude* one: of having had the event by time t in a world
where people also die of other things. One minus Kaplan-Meier, with the other causes
censored, answers a different question and is never smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, check_level, check_option, numbers
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.results.result import Result
from paraneo.survival.curve_limits import SCALES, probability_limits
from paraneo.survival.records import Events, group_names, one_or_more, read_records
from paraneo.survival.risk_sets import number_at_risk, observed_from

from ._gray import gray_test
from ._step_curves import (
    Group,
    area_until,
    asked_of,
    events_at,
    make_curves,
    step_times,
    warn_of_empty_risk_sets,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Named estimators of the variance.
VARIANCES = ("greenwood", "aalen", "jackknife")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CumulativeIncidence(Result):
    """Aalen-Johansen curves, one a group and cause: step functions that can be asked.

    Attributes
    ----------
    groups : DataFrame
        The ``by`` columns, one row a group.
    causes : tuple
        The causes of interest, as in the event column.
    level, variance, limits
        As asked for.
    start : float
        What the curves are conditional on: being observed without an event at this time,
        from which their own time counts.
    """

    groups: pd.DataFrame
    causes: tuple[Any, ...]
    level: float
    variance: str
    limits: str
    start: float
    _parts: tuple[Group, ...]
    _n_causes: int

    def summary(self) -> pd.DataFrame:
        """Return every step: a row a group, cause and time of an event of any cause.

        Columns: those of ``by``; cause, time; at_risk and events (of this cause) at that
        time; estimate, lower, upper, std_error just after it. Each curve opens with its
        value at time 0.
        """
        return self._tidy(step_times, self._incidence, steps=True)

    def at(self, times: ArrayLike) -> pd.DataFrame:
        """Return the cumulative incidence by each of some times.

        Beyond the end of a group's follow-up it is NaN, unless nobody was left without
        an event. Columns are those of ``summary`` without the events.
        """
        asked = _times(times, "times")
        return self._tidy(lambda _: asked, self._incidence)

    def event_free(self, times: ArrayLike | None = None) -> pd.DataFrame:
        """Return the probability of none of the causes so far, at each step or by times."""
        asked = None if times is None else _times(times, "times")
        where = step_times if asked is None else lambda _: asked
        frame = self._tidy(where, self._survival, causes=self.causes[:1])
        return frame.drop(columns="cause")

    def given(self, event_free_for: float) -> CumulativeIncidence:
        """Return the curves of those without any event for so long; time starts there.

        With F the cumulative incidence and S the event-free probability, the risk over
        a further time w is [F(s + w) - F(s)] / S(s): of people alive and without the
        event at s, not of people who have merely not had this cause. Its limits come
        from those at risk after s alone.
        """
        faults = Faults("the condition")
        s = float(numbers(event_free_for, "event_free_for", NONNEGATIVE, faults))
        for name, part in zip(group_names(self.groups), self._parts, strict=True):
            if part.people.exit.max() <= s:
                faults.add(
                    "event_free_for",
                    f"nobody in group '{name}' is observed beyond {s:g}",
                    f"Its follow-up ends at {part.people.exit.max():g}",
                )
        faults.raise_any()
        rest = (observed_from(part.people, s) for part in self._parts)
        parts = make_curves(rest, len(self.causes), self._n_causes, self.variance)
        return replace(self, start=self.start + s, _parts=parts)

    def mean_time_lost(self, until: float) -> pd.DataFrame:
        """Return the mean time lost to each cause before ``until``: the area under its curve.

        In the unit of time of the data, with symmetric limits kept within [0, until].
        The mean time without any event is ``until`` less the sum over all causes.
        """
        faults = Faults("the horizon")
        tau = float(numbers(until, "until", POSITIVE, faults))
        for name, part in zip(group_names(self.groups), self._parts, strict=True):
            if tau > part.last:
                faults.add(
                    "until",
                    f"follow-up of group '{name}' ends at {part.last:g}",
                    "Ask for no more than that",
                )
        faults.raise_any()
        rows = [
            area_until(part.sets.time, curve, tau) for part in self._parts for curve in part.curves
        ]
        value, error = np.array(rows).T
        wide = normal_quantile(self.level) * error
        frame = self._keys([1] * len(self._parts), self.causes).assign(until=tau, estimate=value)
        return frame.assign(
            lower=np.maximum(value - wide, 0.0),
            upper=np.minimum(value + wide, tau),
            std_error=error,
        )

    def gray_test(self) -> pd.DataFrame:
        """Test that the groups share one cumulative incidence: a row a cause.

        References
        ----------
        Gray RJ (1988). Ann Stat 16:1141-1154. https://doi.org/10.1214/aos/1176350951
        """
        faults = Faults("the result, for Gray's test,")
        if len(self._parts) < 2:
            faults.add("by", "there is only one group", "Name the columns of groups in by")
        if any(part.people.entry is not None for part in self._parts):
            faults.add("entry", "the test knows no late entry", "Leave out entry")
        names = group_names(self.groups)
        for k, cause in enumerate(self.causes):
            with_events = [bool(part.sets.events[:, k].any()) for part in self._parts]
            if len(names) > 1 and sum(with_events) < 2:
                faults.add(
                    "by",
                    f"there are events of cause {cause!r} in fewer than two groups",
                    "Merge groups, or compare their limits instead",
                )
        faults.raise_any()
        people = [part.people for part in self._parts]
        tests = [gray_test(people, k + 1) for k in range(len(self.causes))]
        return pd.DataFrame(
            {
                "cause": list(self.causes),
                "chi2": [test.chi2 for test in tests],
                "df": len(people) - 1,
                "p_value": [test.p_value for test in tests],
            }
        )

    def curves(self) -> pd.DataFrame:
        """Return the step functions side by side: index time, a column a group and cause.

        ``frame.plot(drawstyle="steps-post")`` draws it; so do functions that take the
        frames of lifelines.
        """
        frame = self.summary()
        name = self._labels(frame)
        wide = frame.assign(label=name).set_index(["time", "label"])["estimate"].unstack()  # noqa: PD010
        return wide[list(dict.fromkeys(name))].rename_axis(columns=None).ffill().fillna(0.0)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curves with their limits, and the numbers at risk below."""
        from paraneo.numerics.round_times import round_times
        from paraneo.plotting.curves import curves

        frame = self.summary()
        marks = round_times(float(frame["time"].max()))
        below = self.at(marks)
        below = below[below["cause"].map(lambda cause: cause == self.causes[0])]
        names = dict(zip(range(len(self.groups)), group_names(self.groups), strict=True))
        below = below.assign(label=np.repeat(list(names.values()), len(marks)))
        since = f", given {self.start:g} without an event" if self.start else ""
        return curves(
            frame.assign(label=self._labels(frame)),
            below,
            xlabel="Time",
            ylabel=f"Cumulative incidence{since}\n({100 * self.level:g}% limits)",
            legend=", ".join(map(str, self.groups.columns)),
            ax=ax,
        )

    def _shown(self) -> pd.DataFrame:
        from paraneo.numerics.round_times import round_times

        return self.at(round_times(max(float(part.people.exit.max()) for part in self._parts)))

    def _heading(self) -> str:
        people = sum(len(part.people.exit) for part in self._parts)
        since = f" without an event at {self.start:g}" if self.start else ""
        return f"CumulativeIncidence of {people} people{since} ({self.variance} variance)"

    def _labels(self, frame: pd.DataFrame) -> pd.Series[str]:
        name = pd.Series("", index=frame.index)
        if self.groups.shape[1]:
            name = frame[list(self.groups)].astype(str).agg(" / ".join, axis=1)
        if len(self.causes) > 1 or not self.groups.shape[1]:
            lead = ", " if self.groups.shape[1] else ""
            name = name + lead + "cause " + frame["cause"].astype(str)
        return name

    def _keys(self, lengths: Sequence[int], causes: tuple[Any, ...]) -> pd.DataFrame:
        """Return the columns that say whose row it is: group by group, cause by cause."""
        repeats = np.repeat(np.arange(len(lengths)), np.array(lengths) * len(causes))
        frame = self.groups.iloc[repeats].reset_index(drop=True)
        cause = [c for n in lengths for c in causes for _ in range(n)]
        return frame.assign(cause=cause)

    def _tidy(
        self,
        where: Callable[[Group], Vector],
        values: Callable[[Group, int, Vector], tuple[Vector, Vector]],
        *,
        causes: tuple[Any, ...] | None = None,
        steps: bool = False,
    ) -> pd.DataFrame:
        """Return a tidy frame of a curve asked at some times of each group."""
        causes = self.causes if causes is None else causes
        times = [where(part) for part in self._parts]
        columns: dict[str, list[NDArray[Any]]] = {}
        for part, t in zip(self._parts, times, strict=True):
            at_risk = number_at_risk(part.people, t)
            for k in range(len(causes)):
                estimate, error = values(part, k, t)
                lower, upper = probability_limits(estimate, error, self.limits, self.level)
                made: dict[str, NDArray[Any]] = {"time": t, "at_risk": at_risk}
                if steps:
                    made["events"] = events_at(part.sets, k, t)
                made |= {"estimate": estimate, "lower": lower, "upper": upper, "std_error": error}
                for name, column in made.items():
                    columns.setdefault(name, []).append(column)
        frame = self._keys([len(t) for t in times], causes)
        return frame.assign(**{name: np.concatenate(parts) for name, parts in columns.items()})

    @staticmethod
    def _incidence(part: Group, k: int, t: Vector) -> tuple[Vector, Vector]:
        curve = part.curves[k]
        return asked_of(part, t, curve.incidence, curve.var_incidence, first=0.0)

    @staticmethod
    def _survival(part: Group, _: int, t: Vector) -> tuple[Vector, Vector]:
        curve = part.curves[0]
        return asked_of(part, t, curve.survival, curve.var_survival, first=1.0)


@verb
def cumulative_incidence(
    data: Any,
    *,
    exit: str,  # noqa: A002
    event: str,
    entry: str | None = None,
    origin: str | None = None,
    id: str | None = None,  # noqa: A002
    cause: Any = 1,
    competing: Any = None,
    censored: Any = 0,
    by: str | Sequence[str] = (),
    level: float = 0.95,
    variance: Literal["greenwood", "aalen", "jackknife"] = "greenwood",
    limits: Literal["log-log", "log", "plain"] = "log-log",
) -> CumulativeIncidence:
    r"""Estimate the cumulative incidence of a cause while others compete.

    With :math:`d_k(t)` events of cause k among :math:`Y(t)` at risk and S the probability
    of no event yet,

    .. math:: F_k(t) = \sum_{s \le t} S(s-)\, d_k(s) / Y(s).

    Parameters
    ----------
    data : frame or mapping
        One row a person; or several that follow on each other in time, with ``id``.
    exit, entry : str
        Columns of the times, of 0 or more and in any one unit, at which observation
        ends and begins. Somebody is at risk after entry up to and including exit. Left
        out, everybody is observed from the start, and events at time 0 count.
    origin : str, optional
        Column of time zero, where the others hold dates or calendar years; time is then in
        years, days divided by 365.25.
    id : str, optional
        Column that tells whose row it is, where people may have several: rows that follow
        on each other are joined, rows that overlap are a fault.
    event : str
        Column that tells what happened at exit.
    cause : value, or list of values
        The event, or events, of interest in that column.
    competing : value, or list of values, optional
        The other events. Left out, every other whole number above 0 is one; events with
        other labels have to be named.
    censored : value
        What stands there for no event.
    by : str or sequence of str
        Columns whose values make groups.
    level : float
        Of the limits, in (0, 1).
    variance : {"greenwood", "aalen", "jackknife"}
        "greenwood": errors multinomial at each time, as etm and mstate in R; "aalen":
        errors of the causes independent, as cmprsk; "jackknife": the infinitesimal
        jackknife, as survival, which holds whatever made the entry times.
    limits : {"log-log", "log", "plain"}
        Scale of the limits. On the first two they are NaN where the estimate is 0 or 1.
        In invented cohorts with late entry "log-log" limits cover 0.93 to 0.97 from three
        events of the cause by then on, "plain" ones only from twelve.

    Raises
    ------
    TableError
        Telling every fault of columns, rows and options at once.

    Notes
    -----
    Times closer than a billionth of the longest are taken as equal. All events at one time
    are taken together: nothing is drawn at random to break ties.

    References
    ----------
    Aalen OO, Johansen S (1978). Scand J Stat 5:141-150.
    Andersen PK, Borgan O, Gill RD, Keiding N (1993). Statistical Models Based on Counting
    Processes. Springer, section IV.4. https://doi.org/10.1007/978-1-4612-4348-9

    Examples
    --------
    Five people: cancer at 1 and 3 years, a death at 2, two alive without cancer at 4.

    >>> people = {"years": [1, 2, 3, 4, 4], "what": [1, 2, 1, 0, 0]}
    >>> risk = cumulative_incidence(people, exit="years", event="what")
    >>> risk.at([1, 3])[["time", "at_risk", "estimate"]]
       time  at_risk  estimate
    0   1.0        5       0.2
    1   3.0        3       0.4

    Of the three still alive and without cancer after 2 years, one got it in the third:

    >>> round(float(risk.given(2).at(1)["estimate"].iloc[0]), 4)
    0.3333
    """
    faults = Faults("the table of follow-up")
    source = Columns(data, faults)
    check_option(variance, VARIANCES, "variance", faults)
    check_option(limits, SCALES, "limits", faults)
    check_level(level, faults)
    causes = one_or_more(cause)
    meaning = Events(cause, competing, censored, separate=True)
    records = read_records(
        source, exit_column=exit, event_column=event, entry_column=entry, id_column=id,
        events=meaning, by=by, origin_column=origin,
    )  # fmt: skip
    faults.raise_any()
    assert records is not None
    parts = make_curves(records.people, len(causes), records.causes, variance)
    warn_of_empty_risk_sets(group_names(records.groups), parts)
    return CumulativeIncidence(
        groups=records.groups,
        causes=causes,
        level=level,
        variance=variance,
        limits=limits,
        start=0.0,
        _parts=parts,
        _n_causes=records.causes,
    )


def _times(times: ArrayLike, name: str) -> Vector:
    faults = Faults("the times asked for")
    asked = np.atleast_1d(numbers(times, name, NONNEGATIVE, faults))
    faults.raise_any()
    return asked
