"""Simulated populations and ratios for the tests of risks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo import rate_table

AGES = np.array([0.0, 40.0, 50.0, 60.0, 70.0, 85.0])
CANCER = np.array([0.001, 0.003, 0.007, 0.012, 0.02, 0.02])
DEATH = np.array([0.001, 0.002, 0.005, 0.012, 0.03, 0.12])


def tables(periods=(2000, 2010, 2020)):
    """Return cancer rates and mortality by age, period and sex."""
    rows = [
        {"age": age, "period": period, "sex": sex, "cancer": c * drift * own, "death": d / drift}
        for k, period in enumerate(periods)
        for sex, own in (("female", 1.0), ("male", 1.2))
        for age, c, d in zip(AGES, CANCER, DEATH, strict=True)
        for drift in [1.02**k]
    ]
    frame = pd.DataFrame(rows)
    by = {"period": "period", "by": "sex"}
    return rate_table(frame, rate="cancer", **by), rate_table(frame, rate="death", **by)


RATIOS = pd.DataFrame(
    {
        "start": [0.0, 0.5, 1.0, 3.0],
        "end": [0.5, 1.0, 3.0, np.inf],
        "estimate": [12.0, 6.0, 3.0, 1.3],
        "lower": [8.0, 4.0, 2.0, 1.0],
        "upper": [18.0, 9.0, 4.5, 1.69],
    }
)
