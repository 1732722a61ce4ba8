"""Risk given a marker, from the risk of all and the marker's accuracy: arrays only.

Of those who get a cancer within the window that the accuracy is for, a share Se is
marker-positive, of all others a share 1 - Sp. Given the time of a cancer the marker says
nothing more, and nothing about death. So the cancers of the marker-positive are those of all,
weighted, and the two groups mix back to the whole.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from paraneo.numerics.arrays import Vector


class Weights(NamedTuple):
    """How cancers before and after the window count in a marker group, and its share."""

    early: Vector
    late: Vector
    share: Vector


def marker_weights(logits: Vector, in_window: Vector, *, positive: bool) -> Weights:
    """Return the weights of one group.

    Parameters
    ----------
    logits : array, shape (r, 2)
        Of sensitivity and specificity.
    in_window : array, shape (n, r)
        Share of all with a cancer within the window, deaths apart.
    """
    se, sp = expit(logits[:, 0]), expit(logits[:, 1])
    early, late = (se, 1 - sp) if positive else (1 - se, sp)
    share = early * in_window + late * (1 - in_window)
    return Weights(early, late, np.asarray(share))


def of_the_marked(values: Vector, at_window: Vector, within: Vector, weights: Weights) -> Vector:
    """Return a cumulative risk of all as that of a marker group.

    Parameters
    ----------
    values : array, shape (n, r)
        The risk of all by some time.
    at_window, within : array, shape (n, r)
        The same by the window's end, and by the earlier of the two.
    """
    later = np.maximum(values - at_window, 0.0)
    return np.asarray((weights.early * within + weights.late * later) / weights.share)
