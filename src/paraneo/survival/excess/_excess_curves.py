"""Curves of a fitted excess hazard: hazards, ratios and survival with their limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, check_option, numbers, together
from paraneo.gate.kinds import Flat
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector
from paraneo.survival._fitted_hazard import FittedHazard, curve_frame, times_within
from paraneo.survival._spells import FollowUp, Integers

from ._predictions import Curve, mean_background

if TYPE_CHECKING:
    from paraneo.gate.formulas import Design

    from ._fit import Fit
    from ._predictions import Fitted
    from ._problem import Problem

#: Bands over which the background of those under observation is averaged for a spline.
AVERAGED = 20

Make = Callable[[Vector, Vector, int, Vector], Curve]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExcessCurves(FittedHazard):
    """What a fitted excess hazard holds, and its curves; users meet `ExcessHazard`."""

    shape: str
    scale: str
    _fit: Fit
    _problem: Problem
    _fitted: Fitted
    _turn: Vector
    _design: Design
    _groups: pd.DataFrame

    @property
    def edges(self) -> Vector:
        """Edges of the bands, or knots of the spline, in years."""
        grid = self._problem.grid
        return np.exp(grid) if self.shape == "spline" else grid

    @property
    def follow_up(self) -> float:
        """The longest follow-up in years."""
        rows = self._problem.rows
        if isinstance(rows, FollowUp):
            return float(max(rows.exit.max(), np.nanmax(rows.upper, initial=0.0)))
        return float(self._problem.grid[-1])

    def hazard(
        self,
        t: Flat,
        at: Any = None,
        *,
        background: ArrayLike | None = None,
        kind: Literal["excess", "total"] = "excess",
        extrapolate: bool = False,
    ) -> pd.DataFrame:
        """Return the hazard per year at times t, with pointwise limits.

        Parameters
        ----------
        t : array
            Years since the origin.
        at : mapping or frame, optional
            Covariates and ``by`` columns, a row a person; left out, all columns of
            covariates are 0.
        background : array, optional
            The background hazard per year at the times; left out, its mean over those
            under observation. Only the total and the relative scale need it.
        kind : {"excess", "total"}
            With or without the background.
        extrapolate : bool
            Allow times beyond the longest follow-up.

        Returns
        -------
        DataFrame
            Columns ``time estimate lower upper``, and ``row`` first where ``at`` has
            several rows.
        """
        faults = Faults("the arguments of hazard")
        check_option(kind, ("excess", "total"), "kind", faults)
        faults.raise_any()
        add = (kind == "total") - (self.scale == "relative")

        def curve(time: Vector, x: Vector, stratum: int, rate: Vector) -> Curve:
            found = self._fitted.baseline(time, x, stratum)
            times = rate if self.scale == "relative" else 1.0
            plus = (kind == "total") * rate if self.scale == "additive" else (add * rate)
            return Curve(*(part * times + plus for part in found))

        return self._frames(t, at, background, extrapolate, curve)

    def ratio(
        self,
        t: Flat,
        at: Any = None,
        *,
        background: ArrayLike | None = None,
        extrapolate: bool = False,
    ) -> pd.DataFrame:
        """Return the ratio of the whole hazard to the background's at times t, with limits.

        The arguments are those of `hazard`; on the additive scale it is
        1 + excess / background.
        """

        def curve(time: Vector, x: Vector, stratum: int, rate: Vector) -> Curve:
            found = self._fitted.baseline(time, x, stratum)
            if self.scale == "relative":
                return found
            with np.errstate(divide="ignore"):
                return Curve(*(1.0 + part / rate for part in found))

        return self._frames(t, at, background, extrapolate, curve)

    def cumulative_hazard(
        self, t: Flat, at: Any = None, *, extrapolate: bool = False
    ) -> pd.DataFrame:
        """Return the cumulative excess hazard up to times t, with limits.

        On the relative scale it is that over the mean background of those under
        observation. Arguments and frame are those of `hazard`.
        """

        def curve(time: Vector, x: Vector, stratum: int, rate: Vector) -> Curve:  # noqa: ARG001
            if self.scale == "additive":
                return self._fitted.cumulative(time, x, stratum)
            edges = self._bands()
            mean = mean_background(self._problem.rows, edges)
            found = self._fitted.cumulative(time, x, stratum, mean)
            width = np.diff(np.minimum(edges, time[:, None]), axis=1)
            known = np.where(width > 0, width * mean, 0.0).sum(axis=1)
            return Curve(*(part - known for part in found))

        return self._frames(t, at, None, extrapolate, curve, need=False)

    def rates_at(self, t: Flat, at: Any = None, parameters: Vector | None = None) -> Vector:
        """Return exp(x b) times the baseline as an array, shape (rows of at, times).

        An excess hazard per year, or a ratio on the relative scale. ``parameters`` may be
        a row of `draws`; nothing is checked, and times beyond follow-up are extrapolated.
        """
        theta = self._inner(self._rows_of(parameters))
        time = np.atleast_1d(np.asarray(t, dtype=np.float64))
        model = self._fitted.model
        rows = zip(*self._rows(at), strict=True)
        return np.exp([model.log_hazard(theta, time, x, int(s))[0] for x, s in rows])

    def cumulative_at(self, t: Flat, at: Any = None, parameters: Vector | None = None) -> Vector:
        """Return the integral of `rates_at` from 0 as an array, shape (rows of at, times).

        ``parameters`` may be several rows of `draws`, the second of then three dimensions.
        """
        theta = self._rows_of(parameters)
        time = np.atleast_1d(np.asarray(t, dtype=np.float64))
        model, rows = self._fitted.model, list(zip(*self._rows(at), strict=True))
        found = [
            np.array([model.cumulative(self._inner(one), time, x, int(s))[0] for x, s in rows])
            for one in np.atleast_2d(theta)
        ]
        return found[0] if theta.ndim == 1 else np.stack(found, axis=1)

    def _inner(self, parameters: Vector) -> Vector:
        """Return parameters for covariates counted from the problem's own origin."""
        if not self._problem.shift.any():
            return parameters
        known = np.isfinite(parameters)
        back = np.linalg.inv(self._turn)
        found = np.where(known, back @ np.where(known, parameters, 0.0), parameters)
        return np.where(known, found, self._fit.theta)

    def _bands(self) -> Vector:
        """Return the bands over which follow-up is summed up: the model's, or equal ones."""
        if self.shape == "piecewise":
            return self._problem.grid
        return np.linspace(0.0, self.follow_up, AVERAGED + 1)

    def _background(self, time: Vector) -> Vector:
        """Return the mean background at the times, of those under observation then."""
        edges = self._bands()
        mean = mean_background(self._problem.rows, edges)
        place = np.searchsorted(edges, time, side="left") - 1
        return np.asarray(mean[np.clip(place, 0, len(mean) - 1)])

    def _rows(self, at: Any) -> tuple[Vector, Integers]:
        """Return the covariates and the stratum of each row of ``at``."""
        groups, by = self._groups, list(map(str, self._groups))
        shift = self._problem.shift
        if at is None:
            return np.tile(-shift, (len(groups), 1)), np.arange(len(groups))
        if isinstance(at, dict):
            wide = max((np.size(value) for value in at.values()), default=1)
            at = {name: np.broadcast_to(value, wide) for name, value in at.items()}
        faults = Faults("the covariates in at")
        source = Columns(at, faults)
        source.require(by)
        faults.raise_any()
        x = np.zeros((source.length, 0))
        if self._design.spec is not None:
            columns = [name != "Intercept" for name in self._design.columns]
            x = self._design.rows(at)[:, columns] - shift
        if not by:
            return x, np.zeros(len(x), dtype=np.int64)
        labels = pd.DataFrame({name: source.native(name) for name in by})
        known = {key: k for k, key in enumerate(groups.itertuples(index=False, name=None))}
        code = np.array([known.get(k, -1) for k in labels.itertuples(index=False, name=None)])
        source.rows_where(
            code < 0, ", ".join(by), "there is no such baseline", "Choose from those fitted"
        )
        faults.raise_any()
        return x, code

    def _frames(
        self,
        t: Flat,
        at: Any,
        background: ArrayLike | None,
        extrapolate: bool,
        curve: Make,
        *,
        need: bool = True,
    ) -> pd.DataFrame:
        """Return the frame of a curve for each row of ``at``."""
        faults = Faults("the times of the curve")
        last = self.edges[-1] if self.shape == "piecewise" else np.inf
        time = times_within(t, np.inf if extrapolate else self.follow_up, faults, longest=last)
        rate = np.ones_like(time)
        if background is not None:
            own = numbers(background, "background", NONNEGATIVE, faults)
            rate = together({"background": own, "t": time}, faults)["background"]
        faults.raise_any()
        if background is None and need:
            rate = self._background(time)
        rows = zip(*self._rows(at), strict=True)
        return curve_frame(time, (curve(time, own, int(s), rate) for own, s in rows))
