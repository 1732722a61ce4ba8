"""What makes the curves of a risk: people on a grid, a model, a marker and what is uncertain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

from . import _marker
from ._absolute_risk import Curves, Grid, curves, cut_at, ended, part_of, since
from ._marker import Positives

if TYPE_CHECKING:
    import pandas as pd

    from ._sources import Source
    from ._uncertainty import Uncertainty


class GroupCurves(NamedTuple):
    """At each time, for those alive without cancer at the start, (people, rows, times).

    ``risk`` is that of the estimand and ``excess`` the part of it beyond the population's hazard;
    ``cumulative`` is the cumulative cancer hazard, ``alive`` the proportion alive without cancer.
    ``background``, (people, 1, times), is the population's cumulative hazard.
    """

    risk: Vector
    cumulative: Vector
    alive: Vector
    excess: Vector
    background: Vector


class Density(NamedTuple):
    """Diagnoses of cancer a year at times, deaths apart, (rows, times), and the population's."""

    whole: Vector
    natural: Vector


class Later(NamedTuple):
    """A grid and a model, for the years after those of which a risk is asked."""

    grid: Grid
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """Everything from which the curves of a risk are made.

    Attributes
    ----------
    grid : Grid
        Pieces of follow-up of each person; without death where the risk is a net one.
    source : Source
        The model.
    at : DataFrame or None
        Covariates of the people.
    sign : array, shape (people,)
        1 positive, -1 negative, 0 not known.
    marker_time : float
        When the marker was obtained.
    bands : array, shape (bands,)
        Ends, in years after that, of the bands of time for which its study has a sensitivity;
        the last is the end of the time over which it counted cancers.
    before : array, shape (people, 2)
        Cumulative ordinary and excess hazards in the years before the diagnosis that the study
        counted too.
    rows : Uncertainty
    marked_until : float
        Years since diagnosis up to which the excess is that of the marker; what comes later is
        the same for both groups.
    later : Later or None
        The years after the grid that the marker's excess still has.
    """

    grid: Grid
    source: Source
    at: pd.DataFrame | None
    sign: NDArray[np.int64]
    marker_time: float
    bands: Vector
    before: Vector
    rows: Uncertainty
    marked_until: float = np.inf
    later: Later | None = None

    @property
    def end(self) -> float:
        """The last time of the grid."""
        return float(self.grid.edges[0, -1])

    def of(self, who: slice) -> Engine:
        """Return the engine of some of the people."""
        later = self.later and self.later._replace(grid=part_of(self.later.grid, who))
        return replace(
            self,
            grid=part_of(self.grid, who),
            at=None if self.at is None else self.at.iloc[who],
            sign=self.sign[who],
            before=self.before[who],
            later=later,
        )

    def positives(self, rows: Uncertainty) -> Positives:
        """Return who is positive, (people, rows), as the accuracy of the study says it."""
        start = self.marker_time
        times = np.minimum(start + self.bands, self.end)
        whole, ordinary = self._pair(rows, start, times)
        excess = np.maximum(whole.cancer - ordinary.cancer, 0.0)
        accuracy = 1.0 / (1.0 + np.exp(-rows.logits))
        found = _marker.solved(
            accuracy[None, :, :-1],
            accuracy[None, :, -1],
            ordinary.cancer + self.before[:, :1, None],
            excess + self.before[:, 1:, None],
            self._left(rows, float(times[-1])),
        )
        if self.marked_until >= self.end:
            return found
        return found._replace(excess=np.append(found.excess, found.others[..., None], axis=-1))

    def ahead(self, rows: Uncertainty, time: float) -> Vector:
        """Return the cumulative excess hazard from a time to each band's end, and the model's.

        Shape (people, rows, bands). The last but one of the bands goes on to the end of what is
        the marker's where the grid is longer, else the last.
        """
        ends = np.clip(self._ends()[1:-1], time, self.end)
        left = self._left(rows, time) if self.marked_until >= self.end else 0.0
        if not len(ends):
            return np.asarray(left)[..., None]
        whole, ordinary = self._pair(rows, time, np.append(ends, self.end))
        inside = np.maximum(whole.cancer - ordinary.cancer, 0.0)
        inside[..., -1] = np.maximum(inside[..., -1], left)
        return np.minimum(inside, inside[..., -1:])

    def _left(self, rows: Uncertainty, time: float) -> Vector:
        """Return the cumulative excess hazard from a time to the marker's last, (people, rows)."""
        if self.source.residual is not None:
            left = self.source.residual(rows.theta, self.at, np.array([time]))[..., 0]
            return np.broadcast_to(-np.log1p(-left), (len(self.sign), left.shape[1]))
        last = max(min(self.marked_until, self.end), time)
        whole, ordinary = self._pair(rows, time, np.array([last]))
        found = whole.cancer[..., 0] - ordinary.cancer[..., 0]
        if self.later is not None:
            grid, source = self.later
            pieces = source.rows(rows.theta, self.at)
            until = np.array([[grid.edges[0, -1]]])
            more = (curves(grid, *pieces, until, until=end).cancer for end in (np.inf, -np.inf))
            found = found + np.subtract(*more)[..., 0]
        return np.maximum(found, 0.0)

    def curves(self, rows: Uncertainty, start: float, times: Vector) -> GroupCurves:
        """Return the curves of each person from a start on."""
        stages = self._stages(rows, start, times)
        parts = [
            np.stack([one.crude, one.excess, np.exp(-one.cancer), np.exp(-one.cancer - one.death)])
            for one in stages
        ]
        risk, excess, free, alive = self._grouped(rows, start, parts)
        with np.errstate(divide="ignore"):
            cumulative = np.where(self.sign[:, None, None] == 0, stages[-1].cancer, -np.log(free))
        natural = self.background(start, times)
        return GroupCurves(risk, cumulative, alive, excess, natural.cancer)

    def density(
        self, rows: Uncertainty, start: float, times: Vector, *, left: bool = False
    ) -> Density:
        """Return the density of diagnoses of the one person, and that of ordinary cancers.

        At a jump of the hazards the value after it, or with ``left`` that before it.
        """
        stages = self._stages(rows, start, times)
        edges = self.grid.edges[0]
        lasting = np.flatnonzero(np.diff(edges) > 0)
        place = np.searchsorted(edges[lasting], times, side="left" if left else "right")
        piece = lasting[np.clip(place - 1, 0, len(lasting) - 1)]
        natural = self.grid.population[0, piece]
        ratio, excess = self.source.instant(rows.theta, self.at, times, self.grid.piece[0, piece])
        rate = (natural * ratio + excess)[0]
        hazards = [ended(rate, natural, edges[piece] >= until) for until in self._ends()]
        parts = [
            np.stack([hazard, np.broadcast_to(natural, hazard.shape)]) * np.exp(-one.cancer[0])
            for hazard, one in zip(hazards, stages, strict=True)
        ]
        found = self._grouped(rows, start, [part[:, None] for part in parts])
        return Density(found[0, 0], found[1, 0])

    def background(self, start: float, times: Vector, *, natural: bool = False) -> Curves:
        """Return the curves of the population; ``natural``: with its own mortality."""
        grid = since(self.grid, start)._replace(piece=np.zeros_like(self.grid.piece))
        if natural:
            grid = grid._replace(death=grid.natural_death)
        return curves(grid, np.ones((1, 1, 1)), np.zeros((1, 1, 1)), times[None, :])

    def _ends(self) -> Vector:
        """Return the times at which the excess ends in each stage: at once, later, never."""
        if not self.sign.any():
            return np.array([np.inf])
        last = [self.marked_until] if self.marked_until < self.end else []
        return np.concatenate([[-np.inf], self.marker_time + self.bands[:-1], last, [np.inf]])

    def _stages(self, rows: Uncertainty, start: float, times: Vector) -> list[Curves]:
        """Return curves with the excess until each of its ends."""
        ratio, excess = self.source.rows(rows.theta, self.at)
        grid, asked = since(self.grid, start), times[None, :]
        return [curves(grid, ratio, excess, asked, until=end) for end in self._ends()]

    def _pair(self, rows: Uncertainty, start: float, times: Vector) -> tuple[Curves, Curves]:
        """Return curves with all cancers, and with the ordinary ones alone."""
        ratio, excess = self.source.rows(rows.theta, self.at)
        grid, asked = since(self.grid, start), times[None, :]
        whole = curves(grid, ratio, excess, asked)
        return whole, curves(grid, ratio, excess, asked, until=-np.inf)

    def _grouped(self, rows: Uncertainty, start: float, stages: list[Vector]) -> Vector:
        """Return quantities of the marker groups, (k, people, rows, times), from each stage."""
        found = np.array(stages[-1])
        if not self.sign.any():
            return found
        positives = self.positives(rows).possible()
        ahead = self.ahead(rows, start)[:, :, None]
        for sign in {1, -1} & {int(one) for one in self.sign}:
            who = self.sign == sign
            group = Positives(*(part[who, :, None] for part in positives)).of(sign)
            own = np.stack([stage[:, who] for stage in stages])
            with np.errstate(divide="ignore", invalid="ignore"):
                found[:, who] = _marker.mixed(own, group, ahead[who])
        return found


def with_bands(engine: Engine, marker_time: float) -> Engine:
    """Return the engine of a marker obtained at a time, its grid cut at the bands of its study."""
    cuts = np.append(marker_time + engine.bands[:-1], engine.marked_until)
    return replace(engine, marker_time=marker_time, grid=cut_at(engine.grid, cuts))
