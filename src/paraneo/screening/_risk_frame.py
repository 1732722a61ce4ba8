"""The table of a risk: one row a person and time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo.numerics.arrays import Vector

from ._engine import Engine
from ._uncertainty import limits_of

#: Risks of people, rows of parameters and times that are held at a time.
AT_ONCE = 500_000


def risk_frame(
    engine: Engine, start: float, times: Vector, made: tuple[str, float], *, crude: bool
) -> pd.DataFrame:
    """Return the risk from a start to each time, and the population's.

    ``made`` says how limits are made and their level; ``crude`` whether death competes.
    """
    people, rows = len(engine.sign), engine.rows
    step = max(1, AT_ONCE // (len(rows.theta) * len(times)))
    parts = []
    for first in range(0, people, step):
        some = engine.of(slice(first, first + step))
        limits = limits_of(some.curves(rows, start, times).risk, rows, *made)
        parts.append((*limits, some.background(start, times, natural=crude).crude[:, 0]))
    estimate, lower, upper, plain = (np.concatenate(part) for part in zip(*parts, strict=True))
    frame = pd.DataFrame(
        {
            "time": np.tile(times, people),
            "estimate": estimate.ravel(),
            "lower": lower.ravel(),
            "upper": upper.ravel(),
            "population": plain.ravel(),
        }
    )
    if people > 1:
        frame.insert(0, "person", np.repeat(np.arange(people), len(times)))
    return frame
