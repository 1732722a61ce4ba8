"""Cohorts with predicted risks: read, checked, and brought to known outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import Faults, ParaneoWarning, warn
from paraneo.gate.arguments import POSITIVE, PROBABILITY, Rule, numbers
from paraneo.gate.events import Events, read_events
from paraneo.gate.groups import read_groups
from paraneo.gate.tables import Columns, as_names
from paraneo.numerics.arrays import Vector
from paraneo.survival.records import group_names, read_times
from paraneo.survival.risk_sets import People, merge_near_ties

from ._known_outcomes import Outcomes, known_outcomes, reaches

#: Further columns that the results make, and that ``by`` may not name.
MADE = (
    *("risk", "reference", "measure", "group", "from", "to", "n", "predicted", "strategy"),
    *("threshold", "screened"),
)
_ZERO_ONE = Rule(
    lambda x: np.isfinite(x) & (x != 0) & (x != 1),
    "marker is neither 0 nor 1",
    "Write 1 or true for a positive result, 0 or false for a negative one",
)
_PRESENT = Rule(np.isnan, "marker is missing", "Supply it or leave the row out")


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """One group of people: outcomes by the horizon, (n,), and its predictions, (n, k)."""

    people: People
    outcomes: Outcomes
    risks: Vector
    markers: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Cohorts:
    """The ``by`` groups, a row and a cohort each."""

    groups: pd.DataFrame
    each: tuple[Cohort, ...]
    horizon: float

    def labelled(self, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
        """Return a frame a group below each other, with the labels of the groups first."""
        whole = pd.concat(frames, ignore_index=True)
        place = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
        labels = self.groups.iloc[place].reset_index(drop=True)
        return pd.concat([labels, whole], axis=1)


def read_cohorts(
    data: Any,
    *,
    risk: str | Sequence[str],
    marker: str | Sequence[str],
    columns: tuple[str, str, str | None],
    events: tuple[Any, Any, Any],
    by: str | Sequence[str],
    horizon: float,
    faults: Faults,
) -> Cohorts:
    """Return the groups of a table, or raise one error for all that is wrong with it."""
    end = numbers(horizon, "horizon", POSITIVE, faults)
    if end.ndim:
        faults.add("horizon", "must be one number", "The predicted risks are by one horizon")
    source = Columns(data, faults)
    risks = [source.numbers(name, PROBABILITY) for name in as_names(risk)]
    markers = [source.numbers(name, (_PRESENT, _ZERO_ONE)) for name in as_names(marker)]
    exit_column, event_column, entry_column = columns
    entry, out = read_times(source, exit_column, entry_column)
    cause, competing, censored = events
    meaning = Events(cause, competing, censored)
    code, _ = read_events(source, event_column, meaning)
    groups, group = read_groups(source, by, taken=MADE)
    faults.raise_any()
    given = [out, end[None]] if entry is None else [out, end[None], entry]
    merged = merge_near_ties(*given)
    out, limit = merged[0], float(merged[1][0])
    entry = merged[2] if entry is not None else None
    parts = []
    for k in range(len(groups)):
        rows = np.flatnonzero(group == k)
        who = People(None if entry is None else entry[rows], out[rows], code[rows])
        values = [
            np.stack([one[rows] for one in some], axis=1) if some else np.empty((len(rows), 0))
            for some in (risks, markers)
        ]
        parts.append(Cohort(who, known_outcomes(who, limit), *values))
    names = group_names(groups)
    for name, part in zip(names, parts, strict=True):
        _check_reach(name if len(names) > 1 else "", part, exit_column, limit, faults)
    faults.raise_any()
    _warn_of_late_start(parts, limit)
    return Cohorts(groups, tuple(parts), limit)


def _check_reach(name: str, part: Cohort, column: str, horizon: float, faults: Faults) -> None:
    if reaches(part.outcomes):
        return
    of = f" of group '{name}'" if name else ""
    last = float(part.people.exit.max())
    if last < horizon:
        problem = f"follow-up{of} ends at {last:g}, before the horizon of {horizon:g}"
        faults.add(column, problem, f"Predict and check the risk by {last:g} at most")
        return
    faults.add(
        column,
        f"nobody{of} is left under observation at some time before the horizon of {horizon:g}",
        "Check an earlier horizon, or count time from when more people are observed",
    )


def _warn_of_late_start(parts: Sequence[Cohort], horizon: float) -> None:
    late = max(0.0 if part.people.entry is None else part.people.entry.min() for part in parts)
    if late > 0:
        warn(
            f"In a group nobody is observed before {late:g}: events up to then are not seen, and "
            f"the observed risk by {horizon:g} is that of people without one at {late:g}.",
            ParaneoWarning,
        )
