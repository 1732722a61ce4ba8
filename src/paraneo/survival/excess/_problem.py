"""What is to be fitted: the rows, the covariates and the shape of the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.survival._spells import Flags, FollowUp, Integers

from ._cells import Cells

if TYPE_CHECKING:
    from ._flexible import Flexible
    from ._piecewise import Piecewise


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Rows of follow-up, or cells of a table, and the model that they are to meet.

    Attributes
    ----------
    rows : FollowUp or Cells
    covariates : tuple of str
        Names of the columns of covariates.
    shape, scale : str
    grid : (b + 1,) float
        Edges of the bands in years; for a spline its knots in log years.
    changing : mapping
        For each column whose effect changes with time the edges of its pieces, or the
        knots of its spline.
    strata : tuple of str
        What each baseline is called; one empty name where there is one.
    cluster : (n,) int or None
        Rows that belong together.
    shift : (q,) float
        What was taken off each covariate, so that 0 is among its values.
    """

    rows: FollowUp | Cells
    covariates: tuple[str, ...]
    shape: str
    scale: str
    grid: Vector
    changing: Mapping[int, Vector]
    strata: tuple[str, ...]
    cluster: Integers | None
    shift: Vector

    @property
    def relative(self) -> bool:
        """Whether the baseline is a ratio."""
        return self.scale == "relative"

    def model(self) -> Piecewise | Flexible:
        """Return the model with its likelihood."""
        from . import _flexible, _piecewise
        from ._ratio_spline import ratio_from_follow_up

        strata = len(self.strata)
        if self.shape == "spline":
            assert isinstance(self.rows, FollowUp)
            knots = tuple(self.changing.get(k) for k in range(len(self.covariates)))
            if self.relative:
                return ratio_from_follow_up(self.rows, self.grid, knots, strata=strata)
            return _flexible.from_follow_up(self.rows, self.grid, knots, strata=strata)
        blocks = tuple(self._blocks(k) for k in range(len(self.covariates)))
        if isinstance(self.rows, Cells):
            return self.rows.model(self.grid, blocks, relative=self.relative, strata=strata)
        return _piecewise.from_follow_up(
            self.rows, self.grid, blocks, relative=self.relative, strata=strata
        )

    def names(self) -> tuple[str, ...]:
        """Return the names of the parameters, the baseline's first."""
        tails = [f" {label}" if label else "" for label in self.strata]
        names = [f"{name}{tail}" for tail in tails for name in self._baseline()]
        for k, name in enumerate(self.covariates):
            own = self.changing.get(k)
            if own is None:
                names.append(name)
            elif self.shape == "spline":
                ends = ["", ":log(t)", *(f":v{j + 1}(t)" for j in range(len(own) - 2))]
                names += [name + end for end in ends]
            else:
                names += [f"{name}{band(a, b)}" for a, b in pairwise(own)]
        return tuple(names)

    def columns_of(self, names: Iterable[str]) -> list[int]:
        """Return the columns that names of columns or of terms of the formula mean."""
        found = []
        for name in names:
            found += [k for k, own in enumerate(self.covariates) if _is_of(own, name)]
        return sorted(set(found))

    def without(self, columns: Iterable[int]) -> Problem:
        """Return the problem with columns left out."""
        kept = [k for k in range(len(self.covariates)) if k not in set(columns)]
        return replace(
            self,
            rows=replace(self.rows, covariates=self.rows.covariates[:, kept]),
            covariates=tuple(self.covariates[k] for k in kept),
            shift=self.shift[kept],
            changing={kept.index(k): v for k, v in self.changing.items() if k in kept},
        )

    def near_zero(self) -> Problem:
        """Return the problem with 0 within the range of each covariate.

        It is counted from its mean, and of two values from the one that is nearer to 0.
        So exponentials can be computed whatever the origin of a covariate, such as a calendar
        year. An effect with a spline of its own knots is left: another origin of its
        covariate would be another model.
        """
        x = self.rows.covariates
        if not len(x) or not x.shape[1]:
            return self
        low, high = x.min(axis=0), x.max(axis=0)
        two = ((x == low) | (x == high)).all(axis=0)
        near = np.where(two, np.clip(0.0, low, high), x.mean(axis=0))
        shift = np.where((low > 0) | (high < 0), near, 0.0)
        if self.shape == "spline":
            from ._flexible import in_span

            for column, own in self.changing.items():
                shift[column] *= in_span(own, self.grid)
        if not shift.any():
            return self
        return replace(self, rows=replace(self.rows, covariates=x - shift), shift=shift)

    def with_changing(self, columns: Iterable[int], grid: Vector) -> Problem:
        """Return the problem with effects of columns that change with time."""
        return replace(self, changing={**self.changing, **dict.fromkeys(columns, grid)})

    def proportional(self, columns: Iterable[int]) -> Problem:
        """Return the problem with effects of columns that do not change with time."""
        kept = {k: v for k, v in self.changing.items() if k not in set(columns)}
        return replace(self, changing=kept)

    def _baseline(self) -> list[str]:
        if self.shape == "spline":
            return [f"gamma{j}" for j in range(len(self.grid))]
        kind = "log_ratio" if self.relative else "log_excess"
        return [f"{kind}{band(a, b)}" for a, b in pairwise(self.grid)]

    def _blocks(self, column: int) -> tuple[int, ...]:
        own = self.changing.get(column)
        if own is None:
            return (0,)
        return tuple(int(j) for j in np.searchsorted(self.grid, own[:-1]))


def band(low: float, high: float) -> str:
    """Return the name of a band.

    >>> band(0, 0.5)
    '[0, 0.5)'
    """
    return f"[{low:g}, {high:g})"


def trimmed(people: FollowUp, low: float, high: float) -> tuple[FollowUp, Flags, Flags]:
    """Return the follow-up within (low, high], which rows are left, and which events are lost.

    An interval that reaches across ``high`` says only that nothing had been found at its
    start; one that reaches across ``low`` says nothing of those free at ``low``.
    """
    inside = people.interval
    seen = people.event | inside
    last = np.where(inside, people.upper, people.exit)
    kept = (last > low) & (people.entry < high) & ~(inside & (people.exit < low))
    beyond = last > high
    upper = np.where(beyond, np.nan, people.upper)
    entry = np.maximum(people.entry, low)
    end = np.maximum(np.minimum(people.exit, high), entry)
    event = people.event & ~beyond
    kept &= (end > entry) | (inside & ~beyond)
    lost = seen & ~(kept & (event | ~np.isnan(upper)))
    return (
        replace(
            people,
            entry=entry[kept],
            exit=end[kept],
            upper=upper[kept],
            event=event[kept],
            covariates=people.covariates[kept],
            stratum=people.stratum[kept],
            background=people.background.of(kept),
        ),
        kept,
        lost,
    )


def _is_of(column: str, name: str) -> bool:
    """Return whether a design column belongs to a term: 'sex' has 'sex[T.male]'."""
    return column == name or column.startswith((f"{name}[", f"C({name})"))
