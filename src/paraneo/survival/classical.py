"""Kaplan-Meier, Nelson-Aalen, log-rank and Cox as lifelines computes them.

Tables are read, and answers given, as everywhere in this package; the estimates are those
of lifelines, whose fitted objects are kept for all that it can do besides.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo._arguments import NONNEGATIVE, check_level, numbers
from paraneo._design import design
from paraneo._result import Result
from paraneo._tables import Columns
from paraneo.errors import Faults

from ._curve_limits import step_values
from ._records import Events, Records, group_names, one_or_more, read_records
from ._risk_sets import People, number_at_risk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Where the search for Cox coefficients stops: the size of its last step.
COX_PRECISION = 1e-12
#: A log hazard ratio a standard deviation with a larger standard error has run to infinity.
LARGEST_ERROR = 50.0


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
        from paraneo.plotting.curves import curves
        from paraneo.plotting.ticks import round_times

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
            step, *curves = _steps(fitter)
            first = 1.0 if self.quantity == "survival" else 0.0
            known = t <= people.exit.max()
            columns = {"time": t, "at_risk": number_at_risk(people, t)}
            for name, curve in zip(("estimate", "lower", "upper"), curves, strict=True):
                columns[name] = np.where(known, step_values(step, curve, t, first), np.nan)
            labels = self.groups.iloc[[k] * len(t)].reset_index(drop=True)
            frames.append(labels.assign(**columns))
        return pd.concat(frames, ignore_index=True)

    def _shown(self) -> pd.DataFrame:
        from paraneo.plotting.ticks import round_times

        return self.at(round_times(max(float(people.exit.max()) for people in self._people)))

    def _heading(self) -> str:
        people = sum(len(part.exit) for part in self._people)
        return f"SurvivalCurves ({self.quantity}) of {people} people"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CoxRegression(Result):
    """Hazard ratios of a Cox model with Efron's handling of ties.

    Attributes
    ----------
    coefficients : DataFrame
        A row a term: term, coefficient (log hazard ratio), std_error, estimate (hazard
        ratio), lower, upper, p_value.
    covariance : DataFrame
        Of the coefficients.
    log_likelihood : float
        Partial log-likelihood.
    fitter : object
        The fitted object of lifelines.
    """

    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    log_likelihood: float
    level: float
    fitter: Any

    def summary(self) -> pd.DataFrame:
        """Return the coefficients."""
        return self.coefficients.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the hazard ratios with their limits on a log axis."""
        from paraneo.plotting.forest import forest

        label = f"Hazard ratio ({100 * self.level:g}% limits)"
        return forest(self.coefficients, label="term", xlabel=label, ax=ax)


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
    """Estimate survival with other causes censored, by lifelines.

    One minus this curve is a *net* quantity, not the chance of having the event in a world
    where people also die of other things: for that see `cumulative_incidence`, whose
    parameters these are. Limits are on the log-log scale.

    Examples
    --------
    >>> people = {"years": [1, 2, 3, 4], "what": [1, 0, 1, 0]}
    >>> kaplan_meier(people, exit="years", event="what").at([1, 3])["estimate"].round(6).tolist()
    [0.75, 0.375]
    """
    from lifelines import KaplanMeierFitter

    faults = Faults("the table of follow-up")
    records = _read(data, exit, event, entry, origin, cause, competing, censored, by, level, faults)
    fitters = [
        KaplanMeierFitter(alpha=1 - level).fit(**_durations(part)) for part in records.people
    ]
    return SurvivalCurves("survival", records.groups, tuple(fitters), level, records.people)


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
    """Estimate the cumulative cause-specific hazard, by lifelines.

    Tied events are taken together (d / Y at each time). Parameters are those of
    `cumulative_incidence`.
    """
    from lifelines import NelsonAalenFitter

    faults = Faults("the table of follow-up")
    records = _read(data, exit, event, entry, origin, cause, competing, censored, by, level, faults)
    fitters = [
        NelsonAalenFitter(alpha=1 - level, nelson_aalen_smoothing=False).fit(**_durations(part))
        for part in records.people
    ]
    return SurvivalCurves(
        "cumulative hazard", records.groups, tuple(fitters), level, records.people
    )


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
    """Test that groups share one cause-specific hazard, by lifelines: chi2, df, p_value.

    Parameters are those of `cumulative_incidence`.
    """
    from lifelines.statistics import multivariate_logrank_test

    faults = Faults("the table of follow-up")
    records = _read(data, exit, event, None, origin, cause, competing, censored, by, 0.95, faults)
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


def cox_regression(
    data: Any,
    *,
    exit: str,  # noqa: A002
    event: str,
    formula: str,
    entry: str | None = None,
    origin: str | None = None,
    cause: Any = 1,
    competing: Any = None,
    censored: Any = 0,
    level: float = 0.95,
) -> CoxRegression:
    """Fit a Cox model of the cause-specific hazard, by lifelines.

    Parameters are those of `cumulative_incidence`; ``formula`` is one-sided, such as
    ``"~ age + C(marker)"``.

    Raises
    ------
    TableError
        For faults of columns and rows, and where no finite estimate exists, as when a
        covariate separates those with events from those without.
    """
    from lifelines import CoxPHFitter

    faults = Faults("the table of follow-up")
    source = Columns(data, faults)
    made = design(source, formula)
    records = _read(data, exit, event, entry, origin, cause, competing, censored, (), level, faults)
    assert made is not None
    people, terms = records.people[0], [c for c in made.columns if c != "Intercept"]
    frame = pd.DataFrame(made.matrix, columns=list(made.columns))[terms]
    names = {f"x{k}": term for k, term in enumerate(terms)}
    frame.columns = pd.Index(list(names))
    frame = frame.assign(_exit=people.exit, _event=people.cause == 1)
    if people.entry is not None:
        frame["_entry"] = people.entry
    fitter = CoxPHFitter(alpha=1 - level)
    said = _fit_cox(fitter, frame, "_entry" if people.entry is not None else None)
    if said is not None:
        faults.add(
            "formula",
            f"no finite estimate was found ({said})",
            "A term may separate people with events from those without: merge levels or drop it",
        )
    faults.raise_any()
    return _labelled(fitter, names, level)


def _fit_cox(fitter: Any, frame: pd.DataFrame, entry: str | None) -> str | None:
    """Fit in place; return what is wrong, if there is no finite estimate."""
    from lifelines.exceptions import ConvergenceError

    search = {"precision": COX_PRECISION}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # judged below by where the search ended
            fitter.fit(frame, "_exit", "_event", entry_col=entry, fit_options=search)
    except ConvergenceError as error:
        return str(error).strip().splitlines()[0]
    spread = frame[list(fitter.params_.index)].std().to_numpy()
    if not (fitter.standard_errors_.to_numpy() * spread < LARGEST_ERROR).all():
        return "a hazard ratio runs to 0 or infinity"
    return None


def _labelled(fitter: Any, names: dict[str, str], level: float) -> CoxRegression:
    coefficient, error = fitter.params_, fitter.standard_errors_
    limits = np.exp(fitter.confidence_intervals_.to_numpy())
    table = pd.DataFrame(
        {
            "term": [names[name] for name in coefficient.index],
            "coefficient": coefficient.to_numpy(),
            "std_error": error.to_numpy(),
            "estimate": np.exp(coefficient.to_numpy()),
            "lower": limits[:, 0],
            "upper": limits[:, 1],
            "p_value": fitter.summary["p"].to_numpy(),
        }
    )
    covariance = fitter.variance_matrix_.rename(index=names, columns=names)
    return CoxRegression(table, covariance, float(fitter.log_likelihood_), level, fitter)


def _read(
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


def _steps(fitter: Any) -> tuple[Any, Any, Any, Any]:
    curve = getattr(fitter, fitter._estimate_name)
    limits = fitter.confidence_interval_.to_numpy()
    return curve.index.to_numpy(np.float64), curve.iloc[:, 0].to_numpy(), limits[:, 0], limits[:, 1]
