"""The accuracy of the studies behind a risk, with a sensitivity by time where there is one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from paraneo.accuracy import published_accuracy
from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, PROBABILITY, optional
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector

from ._risk_arguments import CERTAIN, read_accuracy

NAME = "sensitivity_by_time"


class StudyAccuracy(NamedTuple):
    """Logits of the sensitivity in each band and, last, of specificity, with their covariance.

    ``bands`` are the ends of the bands, in years after the marker.
    """

    logits: Vector
    spread: Vector
    bands: Vector


def study_accuracy(
    accuracy: Any, by_time: Any, window: float, level: float, faults: Faults
) -> StudyAccuracy:
    """Read an accuracy over a window, and in place of its sensitivity one by time."""
    logits, spread = read_accuracy(accuracy, level, faults)
    plain = StudyAccuracy(logits, spread, np.array([window]))
    if by_time is None:
        return plain
    if accuracy is None:
        faults.add(NAME, "it needs an accuracy", "Pass accuracy= for its specificity")
        return plain
    found = _read_bands(by_time, level, faults)
    if found is None:
        return plain
    mean, variance, ends = found
    if not np.isclose(ends[-1], window):
        problem = f"its last band ends at {ends[-1]:g} years, the accuracy's window at {window:g}"
        faults.add(NAME, problem, "Let both end together")
    covariance = np.diag(np.append(variance, spread[1, 1]))
    return StudyAccuracy(np.append(mean, logits[1]), covariance, ends)


def window_of(by_time: Any, given: float | None) -> float | None:
    """Return the window that is given, or the end of the bands of a sensitivity."""
    if by_time is None or given is not None:
        return given
    source = Columns(by_time, Faults(NAME))
    ends = source.numbers("end", POSITIVE) if source.has("end") else np.empty(0)
    return float(ends.max()) if len(ends) and np.isfinite(ends).all() else None


def _read_bands(by_time: Any, level: float, faults: Faults) -> tuple[Vector, Vector, Vector] | None:
    """Return logits, their variances and the ends of the bands; None where they are at fault."""
    inside = Faults(NAME)
    source = Columns(by_time, inside)
    start, end = source.numbers("start", NONNEGATIVE), source.numbers("end", POSITIVE)
    estimate = source.numbers("estimate", PROBABILITY)
    limits = [
        source.numbers(side, optional(PROBABILITY))
        if source.has(side)
        else np.full(source.length, np.nan)
        for side in ("lower", "upper")
    ]
    if not inside.found:
        order = np.argsort(start, kind="stable")
        joined = np.append(0.0, end[order][:-1]) if len(order) else np.ones(1)
        if len(joined) != len(order) or (start[order] != joined).any() or (end <= start).any():
            cure = "Give start and end such as 0 and 1, then 1 and 3"
            inside.add("start", "the bands do not follow each other from 0 on", cure)
    for fault in inside.found:
        faults.add(NAME, f"{fault.column}: {fault.problem}", fault.remedy, rows=fault.rows)
    if inside.found:
        return None
    bands = []
    for value, low, high in zip(estimate[order], *(side[order] for side in limits), strict=True):
        missing = np.isnan(low) and np.isnan(high)
        low, high = (0.0 if np.isnan(low) else low), (1.0 if np.isnan(high) else high)
        known = value if missing else (value, low, high)
        one = published_accuracy(sensitivity=known, specificity=0.5, level=level)
        bands.append((one.mean[0], one.covariance.to_numpy()[0, 0]))
    mean, variance = np.array(bands).T
    variance = np.where(np.isinf(mean), np.nan, variance)  # of 100 % nothing is known there
    return np.clip(mean, -CERTAIN, CERTAIN), variance, end[order]
