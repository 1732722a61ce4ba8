"""What a cohort's columns allow beside its ratios: risk with death competing, and an excess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from paraneo.errors import Faults, InputError, TableError, in_words_of
from paraneo.follow_up import PersonYears
from paraneo.gate.events import Events, read_events
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector
from paraneo.survival import cumulative_incidence, excess_hazard
from paraneo.survival.curves import CumulativeIncidence
from paraneo.survival.excess import ExcessHazard

from . import cohort_models
from .cohort_inputs import NAMES, CohortOptions, read_recode

#: Steps of the printed risk, so many years each, the first that gives no more than so many rows.
STEPS, MOST_STEPS = (1.0, 2.0, 5.0, 10.0, 20.0), 12


@dataclass(frozen=True, slots=True)
class Courses:
    """The cumulative incidence and the excess hazard, each None where the columns allow none."""

    risk: CumulativeIncidence | None
    excess: ExcessHazard | None

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables of what there is, by the name of its file."""
        found = {}
        if self.risk is not None:
            found["cumulative_incidence"] = _by_year(self.risk)
        if self.excess is not None:
            found["excess_hazard"] = _bands(self.excess)
        return found


def courses_of(
    people: pd.DataFrame, table: PersonYears, options: CohortOptions, notes: list[str]
) -> Courses:
    """Return what the columns allow, and note why something is missing."""
    if options.window:
        notes.append("No cumulative incidence and no excess hazard beside --window.")
        return Courses(None, None)
    return Courses(_risk(people, options, notes), _excess(table, notes))


def _risk(
    people: pd.DataFrame, options: CohortOptions, notes: list[str]
) -> CumulativeIncidence | None:
    """Return the cumulative incidence, other events competing."""
    try:
        with cohort_models.noted(notes, "cumulative incidence"):
            what = _events(people, options)
            if not (what > 1).any():
                notes.append(
                    f"No cumulative incidence: '{options.event}' holds no other event, such as a "
                    "death, that competes."
                )
                return None
            return _curve(people.assign(**{options.event: np.minimum(what, 2)}), options, notes)
    except InputError as error:
        notes.append(f"No cumulative incidence: {_first(error)}.")
        return None


def _events(people: pd.DataFrame, options: CohortOptions) -> Vector:
    """Return 1 for the event, more for others, 0 for none."""
    faults = Faults("the table of the cohort")
    source = Columns(people, faults, recode=read_recode(options.recode))
    meaning = Events(options.causes() or 1, options.competitors(), 0)
    what, _ = read_events(source, options.event, meaning)
    faults.raise_any()
    return np.asarray(what)


def _curve(people: pd.DataFrame, options: CohortOptions, notes: list[str]) -> CumulativeIncidence:
    origin = options.origin or options.entry
    late = origin != options.entry

    def curve(rows: pd.DataFrame) -> CumulativeIncidence:
        return cumulative_incidence(
            rows,
            exit=options.exit,
            event=options.event,
            entry=options.entry if late else None,
            origin=origin,
            id=options.id,
            by=options.names(),
            date_format=options.date_format or None,
        )

    try:
        return curve(people)
    except TableError as error:
        times = {options.entry, options.exit, None}
        rows = sorted({row for fault in error.faults for row in fault.rows})
        if not rows or any(not one.rows or one.column not in times for one in error.faults):
            raise
        notes.append(f"cumulative incidence: {len(rows)} rows without follow-up are left out.")
        return curve(people.drop(index=people.index[rows]).reset_index(drop=True))


def _excess(table: PersonYears, notes: list[str]) -> ExcessHazard | None:
    """Return the excess hazard in the bands of follow-up."""
    if "follow_up" not in table.bands:
        return None
    try:
        with cohort_models.noted(notes, "excess hazard"):
            found = excess_hazard(table)
    except InputError as error:
        notes.append(f"No excess hazard: {_first(error)}.")
        return None
    return found if found.convergence.reached else None


def _first(error: InputError) -> str:
    """Return the first fault of an error, in the words of the command line."""
    faults = getattr(error, "faults", ())
    said = f"{faults[0].column}: {faults[0].problem}" if faults else str(error).split("\n")[0]
    return in_words_of(NAMES, said).rstrip(".")


def _by_year(risk: CumulativeIncidence) -> pd.DataFrame:
    """Return the risk at even times."""
    last = float(risk.curves().index.max())
    step = next((one for one in STEPS if last / one <= MOST_STEPS), last / MOST_STEPS)
    times = np.arange(1, max(int(last / step), 1) + 1) * step
    frame = risk.at(times[times <= last] if (times <= last).any() else [last])
    return frame.drop(columns="cause")


def _bands(fit: ExcessHazard) -> pd.DataFrame:
    """Return the excess hazard of each band, as `paraneo risk --ratios` reads it."""
    edges = np.asarray(fit.edges, dtype=np.float64)
    upper = np.minimum(edges[1:], np.maximum(fit.follow_up, edges[:-1] + 1.0))
    frame = fit.hazard((edges[:-1] + upper) / 2)
    return pd.DataFrame(
        {
            "start": edges[:-1],
            "end": edges[1:],
            "excess": frame["estimate"],
            "lower": frame["lower"],
            "upper": frame["upper"],
        }
    )
