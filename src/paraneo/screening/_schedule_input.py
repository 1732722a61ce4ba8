"""Visits, tests and sojourns: read, checked, and the preclinical phase they meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, PROBABILITY, numbers
from paraneo.numerics.arrays import Vector

from ._absolute_risk import since
from ._onset import falls_too_fast, fits, longest_sojourn, nearest, two_points
from ._yield import Phase, faded_survival
from .risk import CancerRisk

#: Gauss-Legendre nodes in a cell of time, and the widest cell in years.
NODES, WIDEST = 6, 0.25
#: The same where the density has to be replaced, and the bands of a smooth one.
CELLS, BAND = 96, 1.0
#: A smaller part of all cancers than this is none.
NONE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """An examination, and the mean time for which it can find a cancer before its diagnosis."""

    sensitivity: Vector
    specificity: Vector
    mean_sojourn: float
    never_seen: float
    per: float


class Cells(NamedTuple):
    """Cells of time between cuts, with nodes and weights in each."""

    cuts: Vector
    time: Vector
    weight: Vector


def read_visits(visits: Any, risk: CancerRisk, faults: Faults) -> Vector:
    """Return the visits as years since diagnosis, noting what is wrong with them."""
    at = np.atleast_1d(numbers(visits, "visits", NONNEGATIVE, faults))
    if at.size == 0:
        faults.add("visits", "at least one is required", "Such as [0]")
    elif np.isfinite(at).all():
        if (np.diff(at) <= 0).any():
            faults.add("visits", "do not rise", "Sort them, and name each once")
        if (at >= risk.horizon).any():
            faults.add("visits", f"reach the horizon, {risk.horizon:g} years", "Drop the late ones")
        if (at < risk.cancer_free_for).any():
            faults.add("visits", "lie before the cancer-free time given", "Drop the early ones")
    return at


def read_test(
    sensitivity: Any, specificity: Any, mean: Any, never_seen: Any, per: Any,
    visits: Vector, faults: Faults,
) -> Examination:  # fmt: skip
    """Return the examination, with a sensitivity and specificity of each visit."""
    each = {}
    for name, value in (("sensitivity", sensitivity), ("specificity", specificity)):
        read = numbers(value, name, PROBABILITY, faults)
        if read.ndim and read.shape != visits.shape:
            cure = "Give one number, or one a visit"
            faults.add(name, f"has {read.size} values for {visits.size} visits", cure)
            read = np.full((), np.nan)
        each[name] = np.array(np.broadcast_to(read, visits.shape))
    alone = {}
    for name, value, rules in (
        ("mean_sojourn", mean, POSITIVE),
        ("never_seen", never_seen, PROBABILITY),
        ("per", per, POSITIVE),
    ):
        read = numbers(value, name, rules, faults)
        if read.ndim:
            faults.add(name, "must be one number", "Score one after the other")
        alone[name] = float(read) if not read.ndim else np.nan
    return Examination(
        each["sensitivity"],
        each["specificity"],
        alone["mean_sojourn"],
        alone["never_seen"],
        alone["per"],
    )


def check_count(visits: Any, faults: Faults) -> None:
    """Note what cannot be a number of visits."""
    if isinstance(visits, bool) or not isinstance(visits, int | np.integer) or visits < 1:
        faults.add("visits", f"{visits!r} is not a number of visits", "Give 1 or more")


def check_one_person(risk: CancerRisk, faults: Faults) -> None:
    """Note a risk of several people."""
    if risk.size > 1:
        faults.add("risk", f"is that of {risk.size} people", "Ask for one person at a time")


def phase_of(risk: CancerRisk, visits: Vector, mean: float, faults: Faults) -> Phase:
    """Return the preclinical phase of one person, with its prevalence at the visits."""
    engine, start, end = risk.engine, risk.cancer_free_for, risk.horizon
    rows = engine.rows
    cells = _cells(risk, visits, min(WIDEST, mean / 2))
    right = engine.density(rows, start, cells.cuts[:-1])
    left = engine.density(rows, start, cells.cuts[1:], left=True)
    replaced = falls_too_fast(cells.cuts, right.whole[0], left.whole[0], mean)
    if replaced:
        cells = _cells(risk, visits, (end - start) / CELLS)
        found = _replaced(risk, cells, visits, mean, faults)
    else:
        found = (
            mean * engine.density(rows, start, visits).whole,
            engine.density(rows, start, cells.time).whole,
        )
    natural = engine.density(rows, start, visits).natural
    alone = engine.density(rows, start, cells.time).natural
    by = engine.curves(rows, start, np.concatenate([visits, cells.time]))
    alive = np.exp(-engine.background(start, np.concatenate([visits, cells.time])).death[0, 0])
    grid, v = since(engine.grid, start), len(visits)
    edges, death = grid.edges[0], grid.death[0]
    return Phase(
        mean=mean,
        visits=visits,
        prevalence=found[0],
        natural=mean * natural,
        diagnosed=-np.expm1(-by.cumulative[0, :, :v]),
        time=cells.time,
        weight=cells.weight,
        density=found[1],
        natural_density=alone,
        alive=alive[v:],
        alive_at=alive[:v],
        lead=np.array([faded_survival(edges, death, at, mean, np.inf) for at in visits]),
        surfacing=np.array([faded_survival(edges, death, at, mean, end) / mean for at in visits]),
        replaced=replaced,
    )


def _cells(risk: CancerRisk, visits: Vector, widest: float) -> Cells:
    start, end = risk.cancer_free_for, risk.horizon
    even = np.linspace(start, end, int(np.ceil((end - start) / widest)) + 1)
    own = np.concatenate([risk.engine.grid.edges[0] if risk.engine.source.bands else [], visits])
    own = own[(own > start) & (own < end)]
    far = np.abs(even[:, None] - own).min(axis=1, initial=np.inf) > 1e-9
    cuts = np.unique(np.concatenate([even[far], own, [start, end]]))
    x, w = np.polynomial.legendre.leggauss(NODES)
    width = np.diff(cuts)[:, None]
    time = (cuts[:-1, None] + width * (x + 1) / 2).ravel()
    return Cells(cuts, time, (width * w / 2).ravel())


def _seen(band: NDArray[np.intp], mass: Vector) -> NDArray[np.intp]:
    """Return bands, those without any cancer one with the band before them.

    No phase that has begun can be over at the edge of a band, however few were seen after it.
    """
    own = np.bincount(band, mass)
    some = own > NONE * own.sum()
    some[0] = True
    return np.asarray((np.cumsum(some) - 1)[band], dtype=np.intp)


def _replaced(
    risk: CancerRisk, cells: Cells, visits: Vector, mean: float, faults: Faults
) -> tuple[Vector, Vector]:
    """Return prevalence at visits and density at nodes of the nearest density that m allows.

    It is found without regard to the visits, so that one history is behind all schedules.
    """
    engine, start = risk.engine, risk.cancer_free_for
    cuts = _cells(risk, visits[:0], (risk.horizon - start) / CELLS).cuts
    free = np.exp(-engine.curves(engine.rows, start, cuts).cumulative[0])
    mass = -np.diff(free, axis=1)
    edges = engine.source.edges if engine.source.bands else np.arange(0.0, cuts[-1], BAND) + start
    band = np.searchsorted(edges, (cuts[1:] + cuts[:-1]) / 2)
    band = _seen(np.unique(band, return_inverse=True)[1], mass[0])
    if not fits(cuts, mass[0], band, mean):
        longest = longest_sojourn(cuts, mass[0], band, mean)
        faults.add(
            "mean_sojourn",
            f"{mean:g} years are too long: the hazard of cancer falls faster than preclinical "
            f"cancers of that length can be diagnosed",
            f"The longest that fits this model is {longest:.3g} years",
        )
        faults.raise_any()
    given = engine.density(engine.rows, start, two_points(cuts).ravel()).whole
    given = given.reshape(len(mass), -1, 2)
    found = [nearest(cuts, *own, band, mean) for own in zip(given, mass, strict=True)]
    begin, end = (np.stack(part) for part in zip(*found, strict=True))

    def density(time: Vector) -> Vector:
        cell = np.searchsorted(cuts, time + 1e-12, side="right") - 1
        past = (time - cuts[cell]) / (cuts[cell + 1] - cuts[cell])
        level = begin[:, cell] * (1.0 - past) + end[:, cell] * past
        return np.asarray(level * np.exp(-(time - start) / mean))

    return mean * density(visits), density(cells.time)
