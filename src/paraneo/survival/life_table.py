"""Survival by interval of follow-up, as registries print it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo._arguments import NONNEGATIVE, check_level, check_option, numbers
from paraneo._estimate import Vector
from paraneo._result import Result
from paraneo._tables import Columns
from paraneo.errors import Faults

from . import _intervals
from ._curve_limits import SCALES, probability_limits
from ._records import Events, group_names, one_or_more, read_records

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMS = ("hazard", "actuarial")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LifeTable(Result):
    """Observed and cause-specific survival and cumulative incidence by interval.

    Attributes
    ----------
    table : DataFrame
        The ``by`` columns; quantity ("observed", "cause-specific" or "incidence"), start,
        end, at_risk, censored, events, person_time; estimate, lower, upper, std_error at
        the end of the interval.
    groups : DataFrame
        The ``by`` columns, one row a group.
    level : float
        Of the limits.
    """

    table: pd.DataFrame
    groups: pd.DataFrame
    level: float

    def summary(self) -> pd.DataFrame:
        """Return the table."""
        return self.table.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw observed survival at the ends of the intervals, with limits."""
        from paraneo.plotting.curves import curves

        frame = self.table[self.table["quantity"] == "observed"]
        names = np.array(group_names(self.groups), dtype=object)
        each = len(frame) // len(names)
        first = frame.iloc[::each].assign(end=frame["start"].min(), estimate=1.0)
        first = first.assign(lower=np.nan, upper=np.nan)
        both = pd.concat([first.assign(label=names), frame.assign(label=np.repeat(names, each))])
        both = both.assign(time=both["end"]).sort_values(["label", "time"], kind="stable")
        ylabel = f"Observed survival ({100 * self.level:g}% limits)"
        return curves(both, xlabel="Time", ylabel=ylabel, top=1.0, ax=ax)


def life_table(
    data: Any,
    *,
    exit: str,  # noqa: A002
    event: str,
    breaks: ArrayLike,
    entry: str | None = None,
    origin: str | None = None,
    cause: Any = 1,
    competing: Any = None,
    censored: Any = 0,
    by: str | Sequence[str] = (),
    form: Literal["hazard", "actuarial"] = "hazard",
    limits: Literal["log-log", "log", "plain"] = "log-log",
    level: float = 0.95,
) -> LifeTable:
    r"""Estimate survival from events and person-time between breaks.

    With d events in person-time Y in an interval of width w, survival falls by the factor
    :math:`e^{-w d / Y}` ("hazard"), or by :math:`1 - d / (n - c / 2)` for n at risk at its
    start and c censored within it ("actuarial").

    Parameters
    ----------
    data, exit, event, entry, origin, cause, competing, censored, by, level
        As in `cumulative_incidence`, which needs no intervals and is the better choice
        where times are known.
    breaks : array
        Ends of the intervals, from 0 on. An event at a break is in the interval before.
    form : {"hazard", "actuarial"}
        The actuarial method knows no late entry.
    limits : {"log-log", "log", "plain"}

    References
    ----------
    Seppä K, Dyba T, Hakulinen T. Cancer Survival. Reference Module in Biomedical Sciences.
    Elsevier 2015. https://doi.org/10.1016/B978-0-12-801238-3.02745-8

    Examples
    --------
    >>> people = {"years": [0.5, 1.5, 2.0, 2.0], "what": [1, 2, 0, 0]}
    >>> table = life_table(people, exit="years", event="what", breaks=[0, 1, 2]).summary()
    >>> table.loc[table["quantity"] == "observed", "estimate"].round(4).tolist()
    [0.7515, 0.5037]
    """
    faults = Faults("the table of follow-up")
    source = Columns(data, faults)
    check_option(form, FORMS, "form", faults)
    check_option(limits, SCALES, "limits", faults)
    check_level(level, faults)
    edges = _edges(breaks, faults)
    if form == "actuarial" and entry is not None:
        faults.add("entry", "the actuarial method knows no late entry", "Take form='hazard'")
    others = None if competing is None else one_or_more(competing)
    records = read_records(
        source,
        exit_column=exit,
        event_column=event,
        entry_column=entry,
        id_column=None,
        events=Events((cause,), others, censored),
        by=by,
        origin_column=origin,
    )
    faults.raise_any()
    assert records is not None
    frames = []
    for k, people in enumerate(records.people):
        start = np.zeros(len(people.exit)) if people.entry is None else people.entry
        at = _intervals.counts(start, people.exit, people.cause, edges)
        frame = _frame(at, edges, form, limits, level)
        labels = records.groups.iloc[[k] * len(frame)].reset_index(drop=True)
        frames.append(pd.concat([labels, frame], axis=1))
    return LifeTable(pd.concat(frames, ignore_index=True), records.groups, level)


def _edges(breaks: ArrayLike, faults: Faults) -> Vector:
    edges = np.atleast_1d(numbers(breaks, "breaks", NONNEGATIVE, faults))
    if len(edges) < 2 or np.any(np.diff(edges) <= 0) or edges[0] != 0:
        faults.add("breaks", "they do not rise from 0", "Write such as [0, 1, 2, 5]")
    return edges


def _frame(
    at: _intervals.Counts, edges: Vector, form: str, limits: str, level: float
) -> pd.DataFrame:
    """Return the three quantities, as far as anybody is under observation."""
    width = np.diff(edges)
    seen = int(np.sum(np.cumprod(at.time > 0)))
    some = _intervals.Counts(*(column[:seen] for column in at))
    parts = []
    for quantity, found in (
        ("observed", _intervals.survival(some.events, some, width[:seen], form)),
        ("cause-specific", _intervals.survival(some.cause, some, width[:seen], form)),
        ("incidence", _intervals.incidence(some, width[:seen])),
    ):
        lower, upper = probability_limits(found.value, found.error, limits, level)
        events = some.events if quantity == "observed" else some.cause
        parts.append(
            pd.DataFrame(
                {
                    "quantity": quantity,
                    "start": edges[:seen],
                    "end": edges[1 : seen + 1],
                    "at_risk": some.at_risk.astype(np.int64),
                    "censored": some.censored.astype(np.int64),
                    "events": events.astype(np.int64),
                    "person_time": some.time,
                    "estimate": found.value,
                    "lower": lower,
                    "upper": upper,
                    "std_error": found.error,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
