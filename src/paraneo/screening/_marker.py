"""Hazards of those with and without a marker, from the hazard of all and an accuracy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector


class MarkerCurves(NamedTuple):
    """Hazards at times, shape (..., times); ``prevalence`` is the share of positives at risk."""

    all: Vector
    positive: Vector
    negative: Vector
    prevalence: Vector


def marker_curves(
    edges: Vector,
    rates: Vector,
    among_cases: Vector,
    at_start: Vector,
    times: Vector,
) -> MarkerCurves:
    """Return the hazards by marker of those still free of cancer.

    With S the share free of cancer and p the share of positives among new cancers, the
    positive people still free are A = at_start - (integral of p dF). Then the hazard
    given positive is h p S / A, and given negative h (1 - p) S / (S - A).

    Parameters
    ----------
    edges : (b + 1,) float
        From 0, and the times among them.
    rates, among_cases : (..., b) float
        Hazard, and share of positives among the cancers, of each band.
    at_start : (...,) float
        Share of positives at time 0.
    times : (t,) float
        The hazard at an edge is that of the band that ends there; at 0 of the first.
    """
    fall = np.exp(-np.cumsum(rates * np.diff(edges), axis=-1))
    free = np.concatenate([np.ones_like(fall[..., :1]), fall], axis=-1)
    found = np.cumsum(among_cases * -np.diff(free, axis=-1), axis=-1)
    left = at_start[..., None] - np.concatenate([np.zeros_like(found[..., :1]), found], axis=-1)
    edge = np.searchsorted(edges, times)
    band = np.maximum(edge - 1, 0)
    hazard, share = rates[..., band], np.broadcast_to(among_cases, rates.shape)[..., band]
    free, left = free[..., edge], left[..., edge]
    with np.errstate(divide="ignore", invalid="ignore"):
        positive = hazard * share * free / left
        negative = hazard * (1.0 - share) * free / (free - left)
        return MarkerCurves(hazard, positive, negative, left / free)
