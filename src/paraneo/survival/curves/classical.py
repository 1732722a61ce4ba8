"""Kaplan-Meier, Nelson-Aalen, log-rank and Cox as lifelines computes them.

Tables are read, and answers given, as everywhere in this package; the estimates are those
of lifelines, whose fitted objects are kept for all that it can do besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, check_level, numbers
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.results.result import Result
from paraneo.survival.curve_limits import step_values
from paraneo.survival.records import Events, Records, group_names, one_or_more, read_records
from paraneo.survival.risk_sets import People, number_at_risk

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SurvivalCurves(Result):
    """Kaplan-Meier or Nelson-Aalen curves, one a group.

    Attributes
    ----------
    quantity : str
        "survival" or "cumulative hazard".
    groups : DataFrame
        The ``by`` columns, one row a group.
    fitters : tuple
        The fitted objects of lifelines, one a group.
    level : float
        Of the limits.
    """

    quantity: str
    groups: pd.DataFrame
    fitters: tuple[Any, ...]
    level: float
    _people: tuple[People, ...]

    def summary(self) -> pd.DataFrame:
        """Return every step: the ``by`` columns, time, at_risk, estimate, lower, upper."""
        return self._tidy([_steps(fitter)[0] for fitter in self.fitters])

    def at(self, times: ArrayLike) -> pd.DataFrame:
        """Return the curves at some times; NaN beyond a group's follow-up."""
        faults = Faults("the times asked for")
        asked = np.atleast_1d(numbers(times, "times", NONNEGATIVE, faults))
        faults.raise_any()
        return self._tidy([asked] * len(self.fitters))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curves with their limits, and the numbers at risk below."""
        from paraneo.numerics.round_times import round_times
        from paraneo.plotting.curves import curves

        frame = self.summary()
        marks = round_times(float(frame["time"].max()))
        below = self.at(marks)
        names = group_names(self.groups)
        parts = [len(_steps(fitter)[0]) for fitter in self.fitters]
        survival = self.quantity == "survival"
        return curves(
            frame.assign(label=np.repeat(names, parts)),
            below.assign(label=np.repeat(names, len(marks))),
            xlabel="Time",
            ylabel=f"{self.quantity.capitalize()} ({100 * self.level:g}% limits)",
            top=1.0 if survival else None,
            ax=ax,
        )

    def _tidy(self, times: list[Any]) -> pd.DataFrame:
        frames = []
        for k, (fitter, people, t) in enumerate(
            zip(self.fitters, self._people, times, strict=True)
        ):
            step, curve, lower, upper = _steps(fitter)
            if self.quantity == "survival":
                first, edge = 1.0, (curve <= 0) | (curve >= 1)
            else:
                first, edge = 0.0, curve <= 0
                lower, upper = _hazard_limits(people, step, curve, self.level)
            curves = [curve, *(np.where(edge, np.nan, limit) for limit in (lower, upper))]
            known = t <= people.exit.max()
            columns = {"time": t, "at_risk": number_at_risk(people, t)}
            starts = (first, np.nan, np.nan)
            for name, part, start in zip(
                ("estimate", "lower", "upper"), curves, starts, strict=True
            ):
                columns[name] = np.where(known, step_values(step, part, t, start), np.nan)
            labels = self.groups.iloc[[k] * len(t)].reset_index(drop=True)
            frames.append(labels.assign(**columns))
        return pd.concat(frames, ignore_index=True)

    def _shown(self) -> pd.DataFrame:
        from paraneo.numerics.round_times import round_times

        return self.at(round_times(max(float(people.exit.max()) for people in self._people)))

    def _heading(self) -> str:
        people = sum(len(part.exit) for part in self._people)
        return f"SurvivalCurves ({self.quantity}) of {people} people"


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
    by: str | Sequence[str] = (),
    level: float = 0.95,
) -> SurvivalCurves:
    r"""Estimate survival with other causes censored, by lifelines.

    With :math:`d_j` events among :math:`Y_j` at risk at the j-th time,
    :math:`\hat S(t) = \prod_{t_j \le t} (1 - d_j / Y_j)`. One minus this curve is a *net*
    quantity, not the chance of having the event in a world where people also die of other
    things: for that see `cumulative_incidence`.

    Parameters
    ----------
    data, exit, event, entry, origin, cause, competing, censored, by, level
        As in `cumulative_incidence`. Everything but ``cause`` is censoring here.

    Returns
    -------
    SurvivalCurves
        With log-log limits, NaN where the estimate is 0 or 1; ``.at(times)`` gives NaN
        beyond a group's follow-up.

    Raises
    ------
    TableError, ArgumentError
        As in `cumulative_incidence`.

    References
    ----------
    Kaplan EL, Meier P (1958). J Am Stat Assoc 53:457-481.
    https://doi.org/10.1080/01621459.1958.10501452

    Examples
    --------
    >>> people = {"years": [1, 2, 3, 4], "what": [1, 0, 1, 0]}
    >>> kaplan_meier(people, exit="years", event="what").at([1, 3])["estimate"].round(6).tolist()
    [0.75, 0.375]
    """
    from lifelines import KaplanMeierFitter

    faults = Faults("the table of follow-up")
    records = read_followed_up(
        data, exit, event, entry, origin, cause, competing, censored, by, level, faults
    )
    fitters = [
        KaplanMeierFitter(alpha=1 - level).fit(**_durations(part)) for part in records.people
    ]
    return SurvivalCurves("survival", records.groups, tuple(fitters), level, records.people)


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
    by: str | Sequence[str] = (),
    level: float = 0.95,
) -> SurvivalCurves:
    r"""Estimate the cumulative cause-specific hazard, by lifelines.

    With :math:`d_j` events among :math:`Y_j` at risk at the j-th time, tied events taken
    together, :math:`\hat\Lambda(t) = \sum_{t_j \le t} d_j / Y_j`, with Aalen's variance
    :math:`\sum_{t_j \le t} d_j / Y_j^2`.

    Parameters
    ----------
    data, exit, event, entry, origin, cause, competing, censored, by, level
        As in `cumulative_incidence`. Everything but ``cause`` is censoring here.

    Returns
    -------
    SurvivalCurves
        With limits on the log scale, NaN where the estimate is 0; ``.at(times)`` gives NaN
        beyond a group's follow-up. The limits of the fitted object are narrower where few
        are at risk: its variance is binomial, and 0 for the last one.

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
    from lifelines import NelsonAalenFitter

    faults = Faults("the table of follow-up")
    records = read_followed_up(
        data, exit, event, entry, origin, cause, competing, censored, by, level, faults
    )
    fitters = [
        NelsonAalenFitter(alpha=1 - level, nelson_aalen_smoothing=False).fit(**_durations(part))
        for part in records.people
    ]
    return SurvivalCurves(
        "cumulative hazard", records.groups, tuple(fitters), level, records.people
    )


@verb
def log_rank(
    data: Any,
    *,
    exit: str,  # noqa: A002
    event: str,
    by: str | Sequence[str],
    origin: str | None = None,
    cause: Any = 1,
    competing: Any = None,
    censored: Any = 0,
) -> pd.DataFrame:
    """Test that groups share one cause-specific hazard, by lifelines.

    Of hazards, not of risks: where the groups also differ in other causes of exit,
    ``.gray_test()`` of `cumulative_incidence` compares the risks themselves.

    Parameters
    ----------
    data, exit, event, origin, cause, competing, censored
        As in `cumulative_incidence`; late entry is not known to the test.
    by : str or sequence of str
        Columns whose values make the groups, two or more.

    Returns
    -------
    pandas.DataFrame
        One row: ``chi2 df p_value``.

    Raises
    ------
    TableError, ArgumentError
        As in `cumulative_incidence`; and where fewer than two groups have events.

    References
    ----------
    Mantel N (1966). Cancer Chemother Rep 50:163-170.

    Examples
    --------
    >>> people = {"years": [1, 2, 3, 4], "what": [1, 0, 1, 1], "arm": ["a", "a", "b", "b"]}
    >>> log_rank(people, exit="years", event="what", by="arm")["df"].tolist()
    [1]
    """
    from lifelines.statistics import multivariate_logrank_test

    faults = Faults("the table of follow-up")
    records = read_followed_up(
        data, exit, event, None, origin, cause, competing, censored, by, 0.95, faults
    )
    counts = [int((part.cause == 1).sum()) for part in records.people]
    if len(counts) < 2:
        faults.add("by", "there is only one group", "Name the columns of groups in by")
    elif sum(n > 0 for n in counts) < 2:
        faults.add("by", "there are events in fewer than two groups", "Merge groups")
    faults.raise_any()
    group = np.repeat(np.arange(len(counts)), [len(part.exit) for part in records.people])
    test = multivariate_logrank_test(
        np.concatenate([part.exit for part in records.people]),
        group,
        np.concatenate([part.cause == 1 for part in records.people]),
    )
    return pd.DataFrame(
        {"chi2": [test.test_statistic], "df": len(counts) - 1, "p_value": [test.p_value]}
    )


def read_followed_up(
    data: Any,
    exit_column: str,
    event_column: str,
    entry_column: str | None,
    origin_column: str | None,
    cause: Any,
    competing: Any,
    censored: Any,
    by: str | Sequence[str],
    level: float,
    faults: Faults,
) -> Records:
    """Read a table of follow-up, raising every fault at once."""
    check_level(level, faults)
    others = None if competing is None else one_or_more(competing)
    records = read_records(
        Columns(data, faults),
        exit_column=exit_column,
        event_column=event_column,
        entry_column=entry_column,
        id_column=None,
        events=Events((cause,), others, censored),
        by=by,
        origin_column=origin_column,
    )
    faults.raise_any()
    assert records is not None
    return records


def _durations(people: People) -> dict[str, Any]:
    """Return the arguments of a fitter; who enters at an event's time is not at risk then."""
    entry = None if people.entry is None else np.nextafter(people.entry, np.inf)
    return {
        "durations": people.exit,
        "event_observed": people.cause == 1,
        "entry": entry,
    }


def _hazard_limits(
    people: People, step: Vector, curve: Vector, level: float
) -> tuple[Vector, Vector]:
    """Return limits of a cumulative hazard on the log scale, with Aalen's variance."""
    times = np.sort(people.exit[people.cause == 1])
    events = np.searchsorted(times, step, side="right") - np.searchsorted(times, step)
    variance = np.cumsum(events / np.maximum(number_at_risk(people, step), 1) ** 2)
    factor = np.exp(normal_quantile(level) * np.sqrt(variance) / np.where(curve > 0, curve, 1.0))
    return curve / factor, curve * factor


def _steps(fitter: Any) -> tuple[Any, Any, Any, Any]:
    curve = getattr(fitter, fitter._estimate_name)
    limits = fitter.confidence_interval_.to_numpy()
    return curve.index.to_numpy(np.float64), curve.iloc[:, 0].to_numpy(), limits[:, 0], limits[:, 1]
