"""The table of a risk: one row a person and time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo.numerics.arrays import Vector

from ._engine import Engine
from ._uncertainty import limits_of


def risk_frame(
    engine: Engine, start: float, times: Vector, made: tuple[str, float], *, crude: bool
) -> pd.DataFrame:
    """Return the risk from a start to each time, and the population's.

    ``made`` says how limits are made and their level; ``crude`` whether death competes.
    """
    found = engine.curves(engine.rows, start, times)
    estimate, lower, upper = limits_of(found.risk, engine.rows, *made)
    plain = engine.background(start, times, natural=crude)
    people = len(engine.sign)
    frame = pd.DataFrame(
        {
            "time": np.tile(times, people),
            "estimate": estimate.ravel(),
            "lower": lower.ravel(),
            "upper": upper.ravel(),
            "population": plain.crude[:, 0].ravel(),
        }
    )
    if people > 1:
        frame.insert(0, "person", np.repeat(np.arange(people), len(times)))
    return frame
