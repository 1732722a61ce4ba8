"""Random streams that depend on what they are for, never on what ran before."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator, SeedSequence


def stream(seed: int, scenario: int, replicate: int) -> Generator:
    """Return the generator of one replicate of one scenario.

    Its numbers depend on the three arguments alone: not on the order in which
    replicates run, nor on how many, nor on how many workers share them.

    Parameters
    ----------
    seed : int
        Of the whole study; 0 or more.
    scenario : int
        The scenario's lasting key; 0 or more.
    replicate : int
        Which replicate; 0 or more.

    Examples
    --------
    >>> a = stream(2026, 3, 731).random()
    >>> a == stream(2026, 3, 731).random()
    True
    """
    return np.random.default_rng(SeedSequence(seed, spawn_key=(scenario, replicate)))
