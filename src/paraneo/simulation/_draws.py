"""What the generators of studies share: checks, predictive values, counts without empty ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, NUMBER, Rule, numbers
from paraneo.numerics.arrays import Vector

Counts = NDArray[np.int64]

#: A number of people or studies, of which there has to be one.
WHOLE = (*COUNT, Rule(lambda x: x == 0, "is zero", "Give 1 or more"))
#: A quantity that has to be above zero.
ABOVE = (*NUMBER, Rule(lambda x: x <= 0, "is not above zero", "Give a larger number"))


def single(value: Any, name: str, rules: Iterable[Rule], faults: Faults) -> float:
    """Return one number, noting what is wrong with it; then NaN."""
    known = len(faults.found)
    read = numbers(value, name, rules, faults)
    if read.ndim:
        faults.add(name, "takes one number", "Give a single one")
    return float(read) if len(faults.found) == known else float("nan")


def repeats(value: Any, faults: Faults, name: str = "replicates") -> int:
    """Return a single number of 1 or more, noting what is not; then 1."""
    read = single(value, name, WHOLE, faults)
    return 1 if np.isnan(read) else int(read)


def predictive_pair(
    sensitivity: ArrayLike, specificity: ArrayLike, prevalence: ArrayLike
) -> tuple[Vector, Vector]:
    """Return PPV and NPV; NaN where no such result is possible."""
    given = (sensitivity, specificity, prevalence)
    se, sp, share = (np.asarray(x, dtype=np.float64) for x in given)
    tp, fp, fn, tn = share * se, (1 - share) * (1 - sp), share * (1 - se), (1 - share) * sp
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(tp / (tp + fp)), np.asarray(tn / (tn + fn))


def some_of(people: Counts, share: Vector, rng: Generator) -> Counts:
    """Draw binomial numbers given that they are neither 0 nor all; ``people`` are 2 or more."""
    none, nearly = stats.binom.cdf(0, people, share), stats.binom.cdf(people - 1, people, share)
    drawn = stats.binom.ppf(none + rng.random(people.shape) * (nearly - none), people, share)
    return np.clip(drawn, 1, people - 1).astype(np.int64)
