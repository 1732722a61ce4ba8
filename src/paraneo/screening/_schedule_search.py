"""Every schedule of so many visits, tried one by one."""

from __future__ import annotations

from itertools import chain, combinations
from math import comb

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults
from paraneo.numerics.arrays import Vector

from ._schedule_input import read_visits
from ._yield import Phase, scores
from .risk import CancerRisk

#: More schedules than this are not tried; where the times are ours, they are coarser before.
MOST_SCHEDULES, MOST_OF_OURS = 1_000_000, 60_000
#: Schedules worked on at a time.
CHUNK = 4000


def candidate_times(
    risk: CancerRisk, given: ArrayLike | None, many: int, aim: str, faults: Faults
) -> Vector:
    """Return the times among which visits are chosen; note where they are too many or few."""

    def count(times: Vector) -> int:
        sizes = range(1, many + 1) if aim == "examinations" else [many]
        return sum(comb(len(times), size) for size in sizes)

    if given is not None:
        times = read_visits(given, risk, faults)
    else:
        for step in (0.5, 1.0, 2.0):
            times = np.arange(risk.cancer_free_for, risk.horizon - 1e-9, step)
            if count(times) <= MOST_OF_OURS:
                break
    if len(times) < many and aim != "examinations":
        faults.add("visits", f"there are only {len(times)} times to choose from", "Ask for fewer")
    elif count(times) > MOST_SCHEDULES:
        faults.add(
            "candidates",
            f"give {count(times)} schedules, more than the {MOST_SCHEDULES} that are tried",
            "Offer fewer times or ask for fewer visits",
        )
    return times


def tried_schedules(phase: Phase, size: int, sensitivity: float, never_seen: float) -> pd.DataFrame:
    """Return every schedule of a size among the visits of the phase, with its scores."""
    times = phase.visits
    every = chain.from_iterable(combinations(range(len(times)), size))
    places: NDArray[np.intp] = np.fromiter(every, dtype=np.intp).reshape(-1, size)
    parts = [
        scores(phase, places[k : k + CHUNK], sensitivity, never_seen)
        for k in range(0, len(places), CHUNK)
    ]
    found, lead, examined, diagnosed = (np.concatenate(part) for part in zip(*parts, strict=True))
    return pd.DataFrame(
        {
            "visits": list(times[places]),
            "screen_detected": found,
            "lead_time": lead,
            "examinations": examined,
            "share_found": found / diagnosed,
        }
    )
