"""What becomes of cancers under a schedule of visits, by the natural history: arrays only.

A visit finds a cancer in its preclinical phase with the test's sensitivity, if the person is
alive and no earlier visit found it. The phase has no memory: of what is found, the part
exp(-x/m) would still be preclinical x years later. Shapes: r rows of parameters, q nodes of time,
v visits, s schedules.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector


class Phase(NamedTuple):
    """The preclinical phase of people alive without a diagnosis at the start.

    ``mean`` of its length; ``visits`` (v,), ``prevalence`` (r, v) there, ``diagnosed`` (r, v) by
    then without screening, and ``natural`` (r, v), the prevalence of ordinary cancers, all deaths
    apart. ``time`` (q,), ``weight`` (q,), ``density`` (r, q) and ``natural_density`` (r, q) of
    diagnoses on nodes up to the horizon; ``alive`` (q,) and ``alive_at`` (v,) the chance of not
    having died by then; ``lead`` (v,) the mean lead time of a cancer found at each visit, cut at
    death, and ``surfacing`` (v,) the chance that it would be diagnosed alive by the horizon.
    ``replaced`` says whether the density is
    the nearest that the mean allows.
    """

    mean: float
    visits: Vector
    prevalence: Vector
    natural: Vector
    diagnosed: Vector
    time: Vector
    weight: Vector
    density: Vector
    natural_density: Vector
    alive: Vector
    alive_at: Vector
    lead: Vector
    surfacing: Vector
    replaced: bool


class Outcomes(NamedTuple):
    """Per person, shape (r,), and by visit, (r, v)."""

    found: Vector
    found_excess: Vector
    before: Vector
    between: Vector
    after: Vector
    clinical_excess: Vector
    overdiagnosed: Vector
    lead_time: Vector
    examinations: Vector
    false_positives: Vector


def outcomes(phase: Phase, sensitivity: Vector, specificity: Vector, never_seen: float) -> Outcomes:
    """Return what becomes of the cancers when all visits of the phase are kept."""
    visible = 1.0 - never_seen
    found, removed = _found(phase, phase.prevalence, sensitivity, visible)
    natural, gone = _found(phase, phase.natural, sensitivity, visible)
    place = np.searchsorted(phase.visits, phase.time) - 1
    later = place >= 0
    faded = np.exp(-(phase.time - phase.visits[place]) / phase.mean) * later / phase.mean
    shown = phase.density - (removed + found)[:, place] * faded
    shown_natural = phase.natural_density - (gone + natural)[:, place] * faded
    part = phase.weight * phase.alive
    kinds = (~later, later & (place < len(phase.visits) - 1), place == len(phase.visits) - 1)
    before, between, after = (shown @ (part * kind) for kind in kinds)
    examined = phase.alive_at * (1.0 - phase.diagnosed - removed)
    ill = phase.alive_at * (phase.prevalence - removed)
    seen = phase.alive_at * found
    return Outcomes(
        found=seen,
        found_excess=seen - phase.alive_at * natural,
        before=before,
        between=between,
        after=after,
        clinical_excess=(shown - shown_natural) @ part,
        overdiagnosed=seen * (1.0 - phase.lead / phase.mean),
        lead_time=seen * phase.lead,
        examinations=examined,
        false_positives=np.maximum(examined - ill, 0.0) * (1.0 - specificity),
    )


def _found(
    phase: Phase, prevalence: Vector, sensitivity: Vector, visible: float
) -> tuple[Vector, Vector]:
    """Return what each visit finds, and what earlier ones found that would still be preclinical."""
    found, removed = np.zeros_like(prevalence), np.zeros_like(prevalence)
    left, last = np.zeros(len(prevalence)), 0.0
    for k, visit in enumerate(phase.visits):
        left = left * np.exp(-(visit - last) / phase.mean)
        removed[:, k] = left
        found[:, k] = sensitivity[k] * (visible * prevalence[:, k] - left)
        left, last = left + found[:, k], visit
    return found, removed


class Scores(NamedTuple):
    """Found, sum of lead times, examinations and all diagnoses of each schedule, (s,)."""

    found: Vector
    lead_time: Vector
    examinations: Vector
    diagnosed: Vector


def scores(
    phase: Phase, schedules: NDArray[np.intp], sensitivity: float, never_seen: float
) -> Scores:
    """Return the scores of many schedules at the first row of parameters.

    Parameters
    ----------
    schedules : array of int, shape (s, k)
        Places of the visits among those of the phase, rising.
    """
    prevalence, diagnosed = phase.prevalence[0], phase.diagnosed[0]
    found, lead, examined, surfaced, left = np.zeros((5, len(schedules)))
    last = np.zeros(len(schedules))
    for k in range(schedules.shape[1]):
        place = schedules[:, k]
        visit, alive = phase.visits[place], phase.alive_at[place]
        left = left * np.exp(-(visit - last) / phase.mean)
        caught = sensitivity * ((1.0 - never_seen) * prevalence[place] - left)
        examined += alive * (1.0 - diagnosed[place] - left)
        found += alive * caught
        lead += alive * caught * phase.lead[place]
        surfaced += alive * caught * phase.surfacing[place]
        left, last = left + caught, visit
    clinical = float(phase.density[0] @ (phase.weight * phase.alive)) - surfaced
    return Scores(found, lead, examined, found + clinical)


def faded_survival(edges: Vector, death: Vector, start: float, mean: float, end: float) -> float:
    """Return the integral of exp(-x/m) S(start + x)/S(start) over x from 0 to ``end`` - start.

    Parameters
    ----------
    edges : array, shape (j + 1,)
        Between which ``death``, (j,), is constant; the last hazard goes on.
    """
    last = float(death[np.flatnonzero(np.diff(edges) > 0)[-1]])
    cuts = np.append(np.clip(edges, start, end), end)
    rate = np.append(death, last) + 1.0 / mean
    inside = np.isfinite(np.diff(cuts)) & (np.diff(cuts) > 0)
    spent = np.where(inside, rate * np.where(inside, np.diff(cuts), 0.0), 0.0)
    before = np.concatenate([[0.0], np.cumsum(spent)[:-1]])
    whole = np.where(inside, -np.expm1(-spent), np.where(np.isinf(np.diff(cuts)), 1.0, 0.0))
    return float((np.exp(-before) * whole / rate).sum())
