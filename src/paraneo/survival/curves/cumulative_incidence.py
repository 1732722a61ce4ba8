"""Cumulative incidence of one cause while others compete: Aalen-Johansen curves.

Which probability is this? The *crude* one: of having had the event by time t in a world
where people also die of other things. One minus Kaplan-Meier, with the other causes
censored, answers a different question and is never smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from paraneo.errors import Faults, ParaneoWarning, warn
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, check_level, check_option, numbers
from paraneo.gate.events import Events, one_or_more
from paraneo.gate.kinds import Flat
from paraneo.gate.tables import Columns, as_names
from paraneo.gate.verbs import verb
from paraneo.gate.written_dates import DateFormat
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.survival._group_curves import GroupCurves, asked_times, labelled
from paraneo.survival.curve_limits import COMPLEMENT, SCALES
from paraneo.survival.group_tests import placed
from paraneo.survival.left_out import ZeroTime, excluded_frame
from paraneo.survival.records import group_names, read_records
from paraneo.survival.risk_sets import observed_from

from ._edges import incidence_limits, survival_limits, time_lost_limits
from ._gray import gray_test
from ._step_curves import (
    Group,
    area_until,
    asked_of,
    events_at,
    make_curves,
    step_times,
    tidied,
    warn_of_empty_risk_sets,
)

#: Named estimators of the standard error.
STD_ERRORS = ("greenwood", "aalen", "jackknife")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CumulativeIncidence(GroupCurves):
    """Aalen-Johansen curves, one a group and cause: step functions that can be asked.

    Attributes
    ----------
    groups : DataFrame
        The ``by`` columns, one row a group.
    causes : tuple
        The causes of interest, as in the event column.
    interval, std_error, level
        As asked for.
    start : float
        What the curves are conditional on: being observed without an event at this time,
        from which their own time counts.
    """

    groups: pd.DataFrame
    causes: tuple[Any, ...]
    interval: str
    std_error: str
    level: float
    start: float
    _parts: tuple[Group, ...]
    _n_causes: int
    _left_out: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Return every step: a row a group, cause and time of an event of any cause.

        Columns: those of ``by``; cause, time; at_risk and events (of this cause) at that
        time; estimate, lower, upper, std_error just after it. Each curve opens with its
        value at time 0.
        """
        frame = GroupCurves.summary(self)
        causes = range(len(self.causes))
        events = [events_at(part.sets, k) for part in self._parts for k in causes]
        frame.insert(list(frame).index("at_risk") + 1, "events", np.concatenate(events))
        return frame

    def event_free(self, times: Flat | None = None) -> pd.DataFrame:
        """Return the probability of none of the causes so far, at each step or by times."""
        asked = None if times is None else asked_times(times)
        frames = []
        for part in self._parts:
            t = step_times(part) if asked is None else asked
            curve = part.curves[0].survival, part.curves[0].var_survival
            value, error = asked_of(part, t, *curve, first=1.0)
            limits = survival_limits(
                part.people, part.sets, curve, (t, value, error), self.interval, self.level
            )
            frames.append(tidied(part, t, value, limits, error))
        return labelled(self.groups, frames)

    @property
    def excluded(self) -> pd.DataFrame:
        """What was read and left out: reason, rows, events, person_years."""
        return self._left_out.copy()

    def given(self, event_free_for: float) -> CumulativeIncidence:
        """Return the curves of those without any event for so long; time starts there.

        With F the cumulative incidence and S the event-free probability, the risk over
        a further time w is [F(s + w) - F(s)] / S(s): of people alive and without the
        event at s, not of people who have merely not had this cause. Its interval comes
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
        rest = [observed_from(part.people, s) for part in self._parts]
        parts = make_curves(rest, len(self.causes), self._n_causes, self.std_error)
        gone = self._gone(self.start + s, s)
        return replace(self, start=self.start + s, _parts=parts, _left_out=gone)

    def mean_time_lost(self, until: float) -> pd.DataFrame:
        """Return the mean time lost to each cause before ``until``: the area under its curve.

        In the unit of time of the data, with a symmetric interval kept within [0, until]. Where
        the standard error is 0, nobody or everybody having had the event at once, it is from or
        up to the time that would be lost at the exact limit of the risk.
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
        wide = normal_quantile(self.level)
        frames = []
        for part in self._parts:
            areas = [area_until(part.sets.time, curve, tau) for curve in part.curves]
            value, error = np.array(areas).T
            edge = time_lost_limits(part.people, value, tau, self.level)
            lower = np.where(error > 0, np.maximum(value - wide * error, 0.0), edge.lower)
            upper = np.where(error > 0, np.minimum(value + wide * error, tau), edge.upper)
            columns = {"cause": list(self.causes), "until": tau, "estimate": value}
            columns |= {"lower": lower, "upper": upper, "std_error": error}
            frames.append(pd.DataFrame(columns))
        return labelled(self.groups, frames)

    def gray_test(self, strata: str | Sequence[str] = ()) -> pd.DataFrame:
        """Test that the groups share one cumulative incidence: cause, test, statistic, df, p_value.

        Where fewer than two groups were at risk together when an event of the cause happened,
        ``df`` is 0, ``p_value`` NaN, and a warning says so.

        Parameters
        ----------
        strata : str or sequence of str
            Those of the ``by`` columns that make strata: groups are compared within one, and
            the scores and their covariances are added up.

        References
        ----------
        Gray RJ (1988). Ann Stat 16:1141-1154. https://doi.org/10.1214/aos/1176350951
        """
        faults, apart = Faults("the result, for Gray's test,"), as_names(strata)
        for name in apart:
            if name not in self.groups:
                faults.add("strata", f"{name!r} is not in by", "Name it in by, then here")
        faults.raise_any()
        shown, place, stratum = placed(self.groups, apart)
        if len(shown) < 2:
            faults.add("by", "there is only one group", "Name the columns of groups in by")
        if any(part.people.entry is not None for part in self._parts):
            faults.add("entry", "Gray's test does not support delayed entry", "Omit entry")
        if any(part.people.weight is not None for part in self._parts):
            cure = "Repeat rows by their counts, or take fine_gray_regression"
            faults.add("weights", "Gray's test does not support weights", cure)
        faults.raise_any()
        people = [part.people for part in self._parts]
        tests = [
            gray_test(people, place, stratum, len(shown), k + 1) for k in range(len(self.causes))
        ]
        if not all(test.df for test in tests):
            warn("Gray's test compares nothing where no two groups saw events.", ParaneoWarning)
        columns = {"cause": list(self.causes), "test": "gray"}
        for name in ("statistic", "df", "p_value"):
            columns[name] = [getattr(test, name) for test in tests]
        return pd.DataFrame(columns)

    def curves(self) -> pd.DataFrame:
        """Return the step functions side by side: index time, a column a group and cause.

        ``frame.plot(drawstyle="steps-post")`` draws it; so do functions that take the
        frames of lifelines.
        """
        frame = self.summary()
        name = self._labels(frame)
        wide = frame.assign(label=name).set_index(["time", "label"])["estimate"].unstack()  # noqa: PD010
        return wide[list(dict.fromkeys(name))].rename_axis(columns=None).ffill().fillna(0.0)

    def _observed(self) -> Sequence[Group]:
        return self._parts

    def _steps(self, group: int) -> Vector:
        return step_times(self._parts[group])

    def _asked(self, group: int, times: Vector) -> pd.DataFrame:
        part, frames = self._parts[group], []
        free = part.curves[0].survival, part.curves[0].var_survival
        for k, (cause, curve) in enumerate(zip(self.causes, part.curves, strict=True)):
            value, error = asked_of(part, times, curve.incidence, curve.var_incidence, first=0.0)
            asked = (times, value, error)
            limits = incidence_limits(
                part.people, part.sets, k, free, asked, self.interval, self.level
            )
            frame = tidied(part, times, value, limits, error)
            frame.insert(0, "cause", [cause] * len(frame))
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def _quantity(self) -> str:
        since = f", given {self.start:g} without an event" if self.start else ""
        return f"Cumulative incidence{since}"

    def _heading(self) -> str:
        since = f" without an event at {self.start:g}" if self.start else ""
        of = f"CumulativeIncidence of {self._size()} people{since}"
        return f"{of} ({self.std_error} standard error, {self.interval} interval)"

    def _gone(self, start: float, since: float) -> pd.DataFrame:
        """Return who is left out since their observation ends before the time that is given."""
        rows, events, time = 0, 0, 0.0
        for part in self._parts:
            early = part.exit <= since
            begin = 0.0 if part.people.entry is None else part.people.entry[early]
            rows += int(early.sum())
            events += int((part.people.cause[early] > 0).sum())
            time += float(np.sum(part.exit[early] - begin))
        more = excluded_frame(f"observed no longer than {start:g}", rows, events, time)
        return pd.concat([self._left_out, more], ignore_index=True)


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
    zero_time: ZeroTime = "exclude",
    by: str | Sequence[str] = (),
    weights: str | None = None,
    interval: Literal["log-log", "log", "plain", "complementary-log-log"] = "log-log",
    std_error: Literal["greenwood", "aalen", "jackknife"] | None = None,
    date_format: DateFormat | None = None,
    level: float = 0.95,
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
        out, everybody is observed from the start.
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
    zero_time : {"exclude", "include", "half_day"}
        Rows whose exit is their entry, or time 0, as in `person_years`: leave them out with
        their events, which ``.excluded`` counts; count them and their events at time 0, which
        needs that nobody enters late; or give them half a day of a year.
    by : str or sequence of str
        Columns whose values make groups.
    weights : str, optional
        Column of weights, above 0. Whole numbers count people; others, such as inverse
        probabilities, need std_error="jackknife", which is taken where none is named.
    interval : {"log-log", "log", "plain", "complementary-log-log"}
        Scale on which the confidence interval is made from the estimate and its standard
        error: log(-log F), log F, F, or log(-log(1 - F)), which for one cause is the log-log
        interval of `kaplan_meier`. In simulated cohorts with delayed entry "log-log" covers 0.93
        to 0.97 from three events of the cause by then on, "plain" only from twelve. Before the
        first event of the cause, and where everybody has had it, the interval is an exact
        one-sided one instead:
        with n at risk and no other events its upper end is 1 - (alpha/2)^(1/n).
    std_error : {"greenwood", "aalen", "jackknife"}
        How the standard error is estimated; "greenwood" where it is left out. "greenwood":
        errors multinomial at each time, as etm and mstate in R; "aalen": errors of the causes
        independent, as cmprsk; "jackknife": the infinitesimal jackknife, as survival, which
        holds whatever made the entry times.
    date_format : str or mapping of str to str, optional
        How dates are written, as in `person_years`.
    level : float
        Of the interval, in (0, 1).

    Raises
    ------
    TableError
        Naming every fault of columns, rows and options at once.

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
    source = Columns(data, faults, date_format=date_format)
    check_option(interval, (*SCALES, COMPLEMENT), "interval", faults)
    if std_error is not None:
        check_option(std_error, STD_ERRORS, "std_error", faults)
    check_level(level, faults)
    causes = one_or_more(cause)
    meaning = Events(cause, competing, censored, separate=True)
    records = read_records(
        source, exit_column=exit, event_column=event, entry_column=entry, id_column=id,
        events=meaning, by=by, origin_column=origin, weights_column=weights, zero_time=zero_time,
    )  # fmt: skip
    records = faults.checked(records)
    counted = all(part.counted for part in records.people)
    if not counted and std_error in STD_ERRORS[:2]:
        faults.add("std_error", f"{std_error!r} counts people", "Take std_error='jackknife'")
        faults.raise_any()
    std_error = std_error or ("greenwood" if counted else "jackknife")
    parts = make_curves(records.people, len(causes), records.causes, std_error)
    warn_of_empty_risk_sets(group_names(records.groups), parts)
    return CumulativeIncidence(
        groups=records.groups,
        causes=causes,
        interval=interval,
        std_error=std_error,
        level=level,
        start=0.0,
        _parts=parts,
        _n_causes=records.causes,
        _left_out=excluded_frame() if records.left_out is None else records.left_out,
    )
