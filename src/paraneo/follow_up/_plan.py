"""What a table of person-years is to hold, made ready for the compiled pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.ticks import tick_years

from ._exact import EXPECTED_LIMBS, RATE_LIMBS, rate_limbs
from ._lexis_inputs import Axes, Bands, Rates, axes_of
from ._sums import BORROWED, EVENTS, KNOWN, MISSING, OUTSIDE, OUTSIDE_WINDOW

if TYPE_CHECKING:
    from paraneo.rates import RateTable

Vector = NDArray[np.float64]
Whole = NDArray[np.int64]
_ALL = np.array([-np.inf, np.inf])


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the compiled pass needs beside the people.

    Attributes
    ----------
    civil : bool
        Times are dates.
    cuts : tuple of three arrays
        All edges of age, period and follow-up, those of the rate tables among them.
    axes, bands, rates
        As `_lexis.tally` takes them.
    groups : tuple of int
        How many groups each rate table has.
    types : int
        How many types of events are counted.
    drop : bool
        Whether person-time without a rate is left out.
    """

    civil: bool
    cuts: tuple[Vector, Vector, Vector]
    axes: Axes
    bands: Bands
    rates: Rates
    groups: tuple[int, ...]
    types: int
    drop: bool

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many bands of age, period and follow-up the table has."""
        return self.bands.ages, self.bands.periods, self.bands.follow_ups

    @property
    def tick(self) -> float:
        """Years in a tick."""
        return tick_years(civil=self.civil)

    @property
    def missing_cells(self) -> int:
        """How long the list of person-time without a rate is."""
        return int(self.rates.first_missing[-1])

    @property
    def columns(self) -> int:
        """How many columns a row of sums has."""
        return EVENTS + self.types + EXPECTED_LIMBS * len(self.groups)


def plan(
    *,
    civil: bool,
    age: Vector | None,
    period: Vector | None,
    follow_up: Vector | None,
    window: tuple[float, float],
    tables: Mapping[str, RateTable],
    every: Mapping[str, RateTable],
    missing_rates: str,
    types: int,
) -> Plan:
    """Lay out bands and rates over the cuts of each time scale.

    ``every`` holds all tables whose edges are cuts, ``tables`` those that are used.
    """
    asked = [_ALL if edges is None else edges for edges in (age, period, follow_up)]
    cuts = (
        all_cuts(asked[0], *(table.age_edges for table in every.values())),
        all_cuts(asked[1], *(table.period_edges for table in every.values())),
        all_cuts(asked[2], np.array(window)),
    )
    maps = [_band_of(edges, within, OUTSIDE) for edges, within in zip(asked, cuts, strict=True)]
    maps[2][_band_of(np.array(window), cuts[2], OUTSIDE) == OUTSIDE] = OUTSIDE_WINDOW
    sizes = [len(edges) - 1 for edges in asked]
    return Plan(
        civil=civil,
        cuts=cuts,
        axes=axes_of(*cuts, civil=civil),
        bands=Bands(maps[0], maps[1], maps[2], sizes[0], sizes[1], sizes[2]),
        rates=rates_over(
            list(tables.values()), cuts[0], cuts[1], nearest=missing_rates == "nearest"
        ),
        groups=tuple(table.rates.shape[0] for table in tables.values()),
        types=types,
        drop=missing_rates == "drop",
    )


def rates_over(
    tables: Sequence[RateTable], ages: Vector, periods: Vector, *, nearest: bool = False
) -> Rates:
    """Lay rate tables over common finite cuts of age and period.

    Each table gets a band of no rate below and above its ages and periods, and a last group
    of no rate. With ``nearest`` a missing rate becomes that of the nearest cell of its group
    that has one: the same age in the nearest period (the earlier of two), or else the
    nearest age (the younger of two).
    """
    age = np.empty((len(tables), len(ages) + 1), dtype=np.int64)
    period = np.empty((len(tables), len(periods) + 1), dtype=np.int64)
    limbs, states = [np.empty((0, RATE_LIMBS), dtype=np.int64)], [np.empty(0, dtype=np.uint8)]
    shapes, first, first_missing = [], [0], [0]
    for k, table in enumerate(tables):
        age[k] = np.searchsorted(table.age_edges, _lower(ages), side="right")
        period[k] = np.searchsorted(table.period_edges, _lower(periods), side="right")
        padded = _padded(table.rates)
        unknown = np.isnan(padded)
        state = np.where(unknown, np.uint8(MISSING), np.uint8(KNOWN))
        if nearest:
            padded = _nearest(table.rates, padded)
            state[unknown & ~np.isnan(padded)] = BORROWED
        limbs.append(rate_limbs(padded).reshape(-1, RATE_LIMBS))
        states.append(state.ravel())
        shapes.append(padded.shape)
        first.append(first[-1] + padded.size)
        first_missing.append(first_missing[-1] + padded.shape[0] * age.shape[1] * period.shape[1])
    sizes = np.array(shapes, dtype=np.int64).reshape(-1, 3)
    return Rates(
        age,
        period,
        np.array(first, dtype=np.int64),
        sizes[:, 1].copy(),
        sizes[:, 2].copy(),
        np.concatenate(limbs),
        np.concatenate(states),
        np.array(first_missing, dtype=np.int64),
    )


def _nearest(rates: Vector, padded: Vector) -> Vector:
    """Return the padded rates with each missing one replaced by the nearest of its group."""
    if np.isnan(rates).any():
        return _filled(_filled(padded, 2), 1)
    # a table without holes borrows at its edges alone, which is seen without a search
    known = padded[:-1]
    known[:, 0], known[:, -1] = known[:, 1], known[:, -2]
    known[:, :, 0], known[:, :, -1] = known[:, :, 1], known[:, :, -2]
    return padded


def _padded(rates: Vector) -> Vector:
    """Return rates with a last group and a first and last age and period of no rate."""
    groups, ages, periods = rates.shape
    padded = np.full((groups + 1, ages + 2, periods + 2), np.nan)
    padded[:-1, 1:-1, 1:-1] = rates
    return padded


def _filled(values: Vector, along: int) -> Vector:
    """Return the values with each NaN replaced by the nearest other, the earlier of two."""
    moved = np.moveaxis(values, along, -1)
    place = np.arange(moved.shape[-1])
    known = ~np.isnan(moved)
    before = np.maximum.accumulate(np.where(known, place, -1), axis=-1)
    after = np.where(known, place, len(place))[..., ::-1]
    after = np.minimum.accumulate(after, axis=-1)[..., ::-1]
    none = (before < 0) & (after == len(place))
    take_before = (before >= 0) & ((after == len(place)) | (place - before <= after - place))
    source = np.where(none, 0, np.where(take_before, before, after))
    filled = np.where(none, np.nan, np.take_along_axis(moved, source, axis=-1))
    return np.moveaxis(filled, -1, along)


def all_cuts(*edges: Vector) -> Vector:
    """Return all finite edges of several runs of bands, ascending."""
    every = np.unique(np.concatenate(edges))
    return np.asarray(every[np.isfinite(every)])


def _band_of(edges: Vector, cuts: Vector, otherwise: int) -> Whole:
    """Return the band between ``edges`` that each gap between ``cuts`` lies in."""
    band = np.searchsorted(edges, _lower(cuts), side="right") - 1
    band[(band < 0) | (band >= len(edges) - 1)] = otherwise
    return band.astype(np.int64)


def _lower(cuts: Vector) -> Vector:
    """Return where each gap between cuts begins, the first at minus infinity."""
    return np.concatenate(([-np.inf], cuts))
