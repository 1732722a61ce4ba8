"""Whether groups whose ratios are compared have their expected cancers at the same ages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import ComparabilityWarning, warn
from paraneo.numerics.arrays import Vector

#: Groups are said to differ where less than half of their expected cancers are at ages
#: that they have in common.
LEAST_OVERLAP = 0.5
_NAMED = 4


def expected_by_age(group: Any, age: pd.Series[Any], expected: Vector) -> Vector:
    """Return expected cancers, shape (groups, ages), for codes 0, 1, … of the groups."""
    band = pd.factorize(age, use_na_sentinel=False)[0]
    sums = np.zeros((int(np.max(group)) + 1, int(band.max()) + 1))
    np.add.at(sums, (group, band), expected)
    return sums


def overlap(by_age: Vector, reference: int) -> Vector:
    """Return the share of expected cancers that each group has at the reference's ages."""
    total = by_age.sum(axis=1, keepdims=True)
    share = by_age / np.where(total > 0, total, 1.0)
    common = np.minimum(share, share[reference]).sum(axis=1)
    return np.asarray(np.where(total[:, 0] > 0, common, 1.0))


def warn_of_ages(by_age: Vector, reference: int, labels: Sequence[str], cure: str) -> None:
    """Warn once of all groups whose ages differ much from those of the reference."""
    common = overlap(by_age, reference)
    far = np.flatnonzero(common < LEAST_OVERLAP)
    if not len(far):
        return
    shown = ", ".join(f"{labels[k]} ({100 * common[k]:.0f}%)" for k in far[:_NAMED])
    more = f" and {len(far) - _NAMED} more" if len(far) > _NAMED else ""
    warn(
        f"the ages of {shown}{more} are hardly those of {labels[reference]} (in brackets: "
        "expected cancers at ages in common). Their ratios weigh different ages and are not "
        f"strictly comparable. {cure}",
        ComparabilityWarning,
    )
