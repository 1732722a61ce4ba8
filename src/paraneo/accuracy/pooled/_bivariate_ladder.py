"""The ladder of simpler models: which between-study covariance structure data support."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector

from ._bivariate import (
    ALL_OR_NONE,
    ALL_RIGHT,
    ALL_WRONG,
    FREE,
    OPEN,
    coefficient_covariance,
    covariance_of,
    deviations,
    fit,
    spread_of,
    starting_points,
    values,
)
from ._bivariate_evidence import BINOMIAL, Evidence, Index
from ._bivariate_search import Fits, Flags

#: A standard deviation between studies below this (logits) lies on its bound of 0, and a
#: correlation whose √(1 − ρ²) is below it on its bound of ±1.
ON_BOUND = 1e-3
#: Least eigenvalue of the scaled curvature of parameters that the data identify.
IDENTIFIED = 1e-8
#: Correlations from which the search starts: a likelihood can have two hills.
STARTS = (-0.5, 0.5)
#: Beyond this a standard deviation (logits) is on its way to infinity if no optimum is found.
FARTHEST = 10.0
#: A likelihood ratio above which a correlation on its bound is kept: 10 % of χ² with 1 df.
WORTH = 2.71
#: Studies from which on it is kept whatever the likelihood ratio.
MANY = 10
#: Nodes a dimension beyond which no quadrature is raised.
MOST_NODES = 255


class Climb(NamedTuple):
    """Fits after the descent to structures that the data support, and those it began with.

    ``spread`` says of each outcome whether it has finite estimates, shape (m, 2). ``other`` is
    the fit that was not kept, with and without a correlation on its bound, where ``rival``.
    """

    fits: Fits
    first: Fits
    spread: Index
    other: Fits
    rival: Flags


def regular(fits: Fits) -> Flags:
    """Return where an optimum was reached whose curvature identifies the free parameters."""
    held = ~fits.free
    curve = np.where(held[:, :, None] | held[:, None, :], 0.0, -fits.curvature)
    curve[:, np.arange(curve.shape[1]), np.arange(curve.shape[1])] += held
    diagonal = np.einsum("mii->mi", curve)
    scale = np.sqrt(np.maximum(diagonal, 1e-300))
    roots = np.linalg.eigvalsh(curve / scale[:, :, None] / scale[:, None, :])
    answer: Flags = fits.reached & np.all(diagonal > 0, axis=1) & (roots[:, 0] > IDENTIFIED)
    return answer


def inside(fits: Fits) -> Flags:
    """Return where no free variance and no free correlation lies on its bound."""
    first, second, apart = deviations(fits.theta)
    a, b, c = (fits.free[:, place] for place in (-3, -2, -1))
    answer: Flags = (~a | (first > ON_BOUND)) & (~(b | c) | (second > ON_BOUND))
    return answer & (~(b & c) | (apart > ON_BOUND))


def _from_starts(evidence: Evidence, start: Vector, free: Flags, nodes: int) -> Fits:
    """Fit from several correlations and keep the highest end of each."""
    best: Fits | None = None
    for rho in STARTS if free[:, -2].any() else STARTS[:1]:
        tilted = start.copy()
        tilted[:, -2] = rho * start[:, -1]
        tilted[:, -1] *= np.sqrt(1 - rho * rho)
        found = fit(evidence, np.where(free, tilted, 0.0), free, nodes, finish=False)
        if best is None:
            best = found
        else:
            better = found.reached & (~best.reached | (found.value > best.value + 1e-9))
            best.put(better, found.at(better))
    assert best is not None
    return best


def at_limit(evidence: Evidence, spread: Index) -> Evidence:
    """Return evidence that has at finite parameters the likelihood it has at infinite ones.

    An outcome without a finite mean is taken out: its likelihood is 1 there. Where only the
    between-study variance is infinite, every study has all or none right with certainty, and
    is one draw of that: one person takes the place of its people.
    """
    studies = evidence.studies.copy()
    for j in range(2):
        gone = np.isin(spread[:, j], (ALL_RIGHT, ALL_WRONG))
        studies[gone, :, 2 * j : 2 * j + 2] = 0.0
        drawn = spread[:, j] == ALL_OR_NONE
        right, people = studies[drawn, :, 2 * j], studies[drawn, :, 2 * j + 1]
        studies[drawn, :, 2 * j] = right > 0
        studies[drawn, :, 2 * j + 1] = people > 0
    return evidence._replace(studies=studies)


def climb_down(evidence: Evidence, nodes: int, structure: str = "ladder") -> Climb:
    """Fit every meta-analysis with the fullest structure that it supports, or with one given.

    The rungs: unstructured; with a correlation of ±1, where that is the maximum and the data
    speak for it; independent, where a variance or the correlation of the first is on its
    bound; then without each random effect whose variance is on its bound. One
    whose variance is on its other bound, infinity, since in every study all or none of the
    answers are right, is there from the start (see `at_limit`), unless the structure asked
    for has no such effect.
    """
    spread = spread_of(evidence)
    a, b, c = FREE["unstructured" if structure == "ladder" else structure]
    wanted = np.array([a, b or c])
    spread[(spread == ALL_OR_NONE) & ~wanted] = OPEN
    evidence = at_limit(evidence, spread)
    bare = spread != OPEN
    free = np.ones((len(spread), evidence.columns + 3), dtype=np.bool_)
    free[:, -3:] = FREE["unstructured" if structure == "ladder" else structure]
    free[:, -2] &= ~bare.any(axis=1)
    free[:, -3] &= ~bare[:, 0]
    free[:, -1] &= ~bare[:, 1]
    gone = np.isin(spread, (ALL_RIGHT, ALL_WRONG))
    columns = np.repeat([0, 1], [evidence.x1.shape[2], evidence.x2.shape[2]])
    free[:, :-3] &= ~gone[:, columns]
    start = starting_points(evidence)
    first = _from_starts(evidence, start, free, nodes)
    fits = first.at(slice(None))
    good = regular(fits) & inside(fits)
    if good.any():
        fits.put(good, fit(evidence.at(good), fits.theta[good], fits.free[good], nodes))
    rest = np.flatnonzero(~good)
    other, rival = fits.at(slice(None)), np.zeros(len(good), dtype=np.bool_)
    if structure == "ladder":
        _descend(evidence, start, fits, rest, nodes)
        rival = ~good & on_line(first)
        _keep_correlation(evidence, first, fits, other, np.flatnonzero(rival), nodes)
        rival &= (other.free != fits.free).any(axis=1)
    elif len(rest):
        held = _held_on_bound(first.at(rest))
        fits.put(rest, fit(evidence.at(rest), held.theta, held.free, nodes))
    return Climb(fits, first, spread, other, rival)


def on_line(fits: Fits) -> Flags:
    """Return where a free correlation lies on its bound, and neither variance on its own."""
    first, second, apart = deviations(fits.theta)
    answer: Flags = fits.free[:, -3:].all(axis=1) & (apart <= ON_BOUND)
    return answer & (first > ON_BOUND) & (second > ON_BOUND)


def _keep_correlation(
    evidence: Evidence, first: Fits, fits: Fits, other: Fits, rows: Index, nodes: int
) -> None:
    """Keep the maximum on the line of correlations of ±1 where the data speak for it.

    It does not go where it beats the fit without a correlation by a likelihood ratio above
    `WORTH`, or where there are as many studies as `MANY`. ``other`` is what was not kept.
    """
    if not len(rows):
        return
    held = _held_on_bound(first.at(rows))
    shared = fit(evidence.at(rows), held.theta, held.free, nodes)
    without = fits.at(rows)
    gain = 2 * (shared.value - without.value)
    many = (
        np.array([len(np.unique(evidence.study[k][evidence.used[k] != 0])) for k in rows]) >= MANY
    )
    keep = regular(shared) & ((gain > WORTH) | (many & (gain > 0)))
    fits.put(rows[keep], shared.at(keep))
    other.put(rows[keep], without.at(keep))
    other.put(rows[~keep], shared.at(~keep))


def _descend(evidence: Evidence, start: Vector, fits: Fits, rest: Index, nodes: int) -> None:
    """Take away correlations and random effects until every model has a plain optimum."""
    while len(rest):
        free = _fewer(fits.at(rest))
        changed = (free != fits.free[rest]).any(axis=1)
        rest, free = rest[changed], free[changed]
        if len(rest):
            found = fit(evidence.at(rest), np.where(free, start[rest], 0.0), free, nodes)
            fits.put(rest, found)
            rest = rest[~(regular(found) & inside(found))]


def _fewer(fits: Fits) -> Flags:
    """Return what stays free: first the correlation goes, then what is on its bound."""
    free = fits.free.copy()
    sizes = np.abs(fits.theta[:, [-3, -1]])
    wild = ~regular(fits)
    drop = (sizes <= ON_BOUND) | (wild[:, None] & (sizes > FARTHEST))
    drop |= (wild & ~(drop & free[:, [-3, -1]]).any(axis=1))[:, None]
    drop &= ~free[:, -2:-1]
    free[:, -3] &= ~drop[:, 0]
    free[:, -1] &= ~drop[:, 1]
    free[:, -2] = False
    return free


def _held_on_bound(fits: Fits) -> Fits:
    """Hold what lies on a bound there, so that the curvature of the rest is regular."""
    first, second, apart = deviations(fits.theta)
    no_first, no_second = first <= ON_BOUND, second <= ON_BOUND
    on_line = ~no_first & ~no_second & (apart <= ON_BOUND)
    theta, free = fits.theta, fits.free
    theta[no_first, -1] = second[no_first]
    theta[no_first, -3:-1] = 0.0
    free[no_first, -3:-1] = False
    theta[no_second, -2:] = 0.0
    free[no_second, -2:] = False
    theta[on_line, -1] = 0.0
    free[on_line, -1] = False
    return fits


def settled(
    evidence: Evidence, nodes: int, settle: float | None, structure: str = "ladder"
) -> tuple[Climb, int, float]:
    """Fit one meta-analysis, doubling the nodes until its log-likelihood no longer moves.

    Returns the fit, the nodes a dimension it rests on, and by how much the log-likelihood
    at the optimum moves with twice as many and one more. One node (Laplace) is never raised.
    """
    change = 0.0
    while True:
        climb = climb_down(evidence, nodes, structure)
        more = 2 * nodes + 1
        if evidence.kind != BINOMIAL or (nodes > 1 and more > MOST_NODES):
            return climb, nodes, change
        finer = values(at_limit(evidence, climb.spread), climb.fits.theta, more)
        change = float(np.abs(finer - climb.fits.value).max())
        if settle is None or nodes == 1 or change <= settle:
            return climb, nodes, change
        nodes = more


def between(climb: Climb) -> Vector:
    """Return the between-study covariances, infinite where no finite variance is best."""
    covariance = covariance_of(climb.fits.theta)
    for j in range(2):
        covariance[climb.spread[:, j] == ALL_OR_NONE, j, j] = np.inf
    return covariance


def means(climb: Climb, evidence: Evidence, at1: Vector, at2: Vector) -> tuple[Vector, Vector]:
    """Return (logit Se, logit Sp) at design rows ``at1`` and ``at2``, and their covariance.

    An outcome without a finite mean is infinite, and so is its variance.
    """
    theta, columns = climb.fits.theta, evidence.columns
    first = evidence.x1.shape[2]
    mean = np.stack([theta[:, :first] @ at1, theta[:, first:columns] @ at2], axis=1)
    rows = np.zeros((2, columns))
    rows[0, :first], rows[1, first:] = at1, at2
    covariance = rows @ coefficient_covariance(climb.fits, evidence) @ rows.T
    for code, value in ((ALL_RIGHT, np.inf), (ALL_WRONG, -np.inf)):
        mean[climb.spread == code] = value
    for j in range(2):
        covariance[np.isinf(mean[:, j]), j, j] = np.inf
    return mean, covariance
