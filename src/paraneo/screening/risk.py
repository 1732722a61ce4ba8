"""The cancer risk a person still runs, given a marker and time without cancer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, check_option, numbers
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.rates import RateTable
from paraneo.results.result import Result

from ._absolute_risk import Grid, curves
from ._people import grid_of, read_people
from ._risk_arguments import (
    SIGN,
    check_covariates,
    check_horizon,
    check_marker,
    check_options,
    read_accuracy,
    read_marker,
)
from ._risk_groups import of_group, of_population
from ._sources import Source, as_source, people
from ._uncertainty import Uncertainty, limits_of, uncertainty_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Marker = Literal["positive", "negative"]
#: Printed under every result that could be read as advice.
CAUTION = "For research, not for the care of a person."


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CancerRisk(Result):
    """The absolute risk of cancer of one or many people.

    Attributes
    ----------
    horizon : float
        Years since diagnosis up to which the risk is known.
    cancer_free_for : float
        Years without cancer that are given; 0 at diagnosis.
    estimand : str
        ``"crude"``, with death competing, or ``"net"``, as though nobody died of
        anything else.
    level : float
        Of all limits.
    limits : str
        How they are made: ``"delta"`` or ``"draws"``.
    size : int
        How many people.
    """

    horizon: float
    cancer_free_for: float
    estimand: str
    level: float
    limits: str
    size: int
    _grid: Grid = field(repr=False)
    _source: Source = field(repr=False)
    _at: pd.DataFrame | None = field(repr=False)
    _sign: NDArray[np.int64] = field(repr=False)
    _marker_time: float = field(repr=False)
    _window: float = field(repr=False)
    _rows: Uncertainty = field(repr=False)

    def summary(self) -> pd.DataFrame:
        """Return the risk by every whole year (or a tenth of the horizon, if short)."""
        left = self.horizon - self.cancer_free_for
        step = 1.0 if left >= 2 else left / 10
        return self.at(
            np.arange(1, int(np.floor(left / step + 1e-9)) + 1) * step + self.cancer_free_for
        )

    def at(self, years: ArrayLike) -> pd.DataFrame:
        """Return the risk from now until so many years after diagnosis.

        "Now" is ``cancer_free_for``: diagnosis itself, unless `given` moved it.

        Returns
        -------
        pandas.DataFrame
            ``years estimate lower upper population``, and ``person`` first where there are
            several. ``population`` is the risk of people of that age, sex and year without
            the disease, over the same time.

        Raises
        ------
        ArgumentError
            Where a time lies before now or beyond the horizon.
        """
        faults = Faults("the times of the risk")
        t = np.atleast_1d(numbers(years, "years", NONNEGATIVE, faults))
        slack = 1e-9 * self.horizon
        if not faults.found and (t < self.cancer_free_for - slack).any():
            faults.add("years", "lies before the cancer-free time that is given", "Ask for later")
        if not faults.found and (t > self.horizon + slack).any():
            faults.add(
                "years", f"lies beyond the horizon of {self.horizon:g} years", "Ask for less"
            )
        faults.raise_any()
        return self._frame(self.cancer_free_for, np.clip(t, 0.0, self.horizon))

    def within(self, width: ArrayLike) -> pd.DataFrame:
        """Return the risk within the next ``width`` years from now; columns as in `at`.

        ``years`` is then the width.
        """
        faults = Faults("the width of the risk")
        w = np.atleast_1d(numbers(width, "width", POSITIVE, faults))
        left = self.horizon - self.cancer_free_for
        if not faults.found and (w > left + 1e-9 * self.horizon).any():
            problem = f"goes beyond the horizon of {self.horizon:g} years"
            faults.add("width", problem, f"Ask for {left:g} years at most")
        faults.raise_any()
        frame = self.at(self.cancer_free_for + w)
        frame["years"] = np.tile(w, self.size)
        return frame

    def given(self, cancer_free_for: float, *, marker: Marker | None = None) -> CancerRisk:
        """Return the risk of those alive without cancer so many years after diagnosis.

        Parameters
        ----------
        cancer_free_for : float
            Years since diagnosis, from 0 to below the horizon.
        marker : {"positive", "negative"}, optional
            A result that is obtained only then. A result known from diagnosis on stays
            what it was and needs no repeating.

        Raises
        ------
        ArgumentError
            Where the time is outside the horizon, or a result is given where the risk
            was made without an accuracy or already has one.
        """
        faults = Faults("the condition of the risk")
        s = numbers(cancer_free_for, "cancer_free_for", NONNEGATIVE, faults)
        if not faults.found and not (s.ndim == 0 and s < self.horizon):
            faults.add("cancer_free_for", "is not below the horizon", "Ask for an earlier time")
        elif not faults.found and marker is None and s < self._marker_time:
            problem = f"lies before the marker was obtained, {self._marker_time:g} years"
            faults.add("cancer_free_for", problem, "Ask for a later time, or drop the marker")
        if marker is not None and check_option(marker, ("positive", "negative"), "marker", faults):
            check_marker(self._rows.logits, self._sign, faults)
        faults.raise_any()
        changed = replace(self, cancer_free_for=float(s))
        if marker is None:
            return changed
        sign = np.full(self.size, SIGN[marker])
        return replace(changed, _sign=sign, _marker_time=float(s))

    def with_marker(self, marker: Marker) -> CancerRisk:
        """Return the risk given a result obtained at diagnosis."""
        return replace(self.given(0.0, marker=marker), cancer_free_for=self.cancer_free_for)

    def predictive_values(self, width: float) -> pd.DataFrame:
        """Return PPV and NPV for "a cancer within so many years from now".

        The positive predictive value is the risk of the marker-positive, the negative
        one is 1 less the risk of the marker-negative, both among those alive without
        cancer now. With death competing a person who dies first has no cancer.

        Returns
        -------
        pandas.DataFrame
            ``measure window cancer_free_for estimate lower upper``, ``person`` first where
            there are several.
        """
        faults = Faults("the predictive values")
        if np.isnan(self._rows.logits).any():
            faults.add("accuracy", "the risk was made without one", "Pass accuracy= to cancer_risk")
        faults.raise_any()
        frames = []
        for measure, marker in (("ppv", 1), ("npv", -1)):
            own = replace(self, _sign=np.full(self.size, marker))
            frame = own.within(width).drop(columns=["population", "years"])
            if measure == "npv":
                sides = 1 - frame[["estimate", "upper", "lower"]].to_numpy()
                frame[["estimate", "lower", "upper"]] = sides
            frame["measure"], frame["window"] = measure, float(width)
            frame["cancer_free_for"] = self.cancer_free_for
            first = ["person"] if "person" in frame else []
            order = ["measure", "window", "cancer_free_for", "estimate", "lower", "upper"]
            frame = frame[first + order]
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the risk over time since diagnosis, with limits, and the population's."""
        from paraneo.plotting.risk import risk_curve

        left = np.linspace(self.cancer_free_for, self.horizon, 81)[1:]
        return risk_curve(
            self.at(left),
            start=self.cancer_free_for,
            level=self.level,
            estimand=self.estimand,
            ax=ax,
        )

    def _heading(self) -> str:
        marked = {1: "marker-positive", -1: "marker-negative", 0: ""}
        signs = sorted({marked[int(s)] for s in self._sign} - {""})
        parts = [
            f"{self.estimand.capitalize()} cancer risk",
            f"from {self.cancer_free_for:g} years after diagnosis",
            *signs,
            f"{100 * self.level:g}% limits ({self.limits})",
            f"from a {self._source.name}",
        ]
        return ", ".join(parts) + f"\n{CAUTION}"

    def _frame(self, start: float, times: Vector) -> pd.DataFrame:
        value = self._risks(start, times)
        estimate, lower, upper = limits_of(value, self._rows, self.limits, self.level)
        population = of_population(self._grid, self.estimand, start, times)
        frame = pd.DataFrame(
            {
                "years": np.tile(times, self.size),
                "estimate": estimate.ravel(),
                "lower": lower.ravel(),
                "upper": upper.ravel(),
                "population": population.ravel(),
            }
        )
        if self.size > 1:
            frame.insert(0, "person", np.repeat(np.arange(self.size), len(times)))
        return frame

    def _risks(self, start: float, times: Vector) -> Vector:
        """Return the risk from ``start`` to each time, (people, rows, times)."""
        ratio, excess = self._source.rows(self._rows.theta, self._at)
        end = min(self._marker_time + self._window, float(self._grid.edges[0, -1]))
        asked = np.concatenate([times, [start, self._marker_time, end]])
        grid = (
            self._grid
            if self.estimand == "crude"
            else self._grid._replace(death=np.zeros_like(self._grid.death))
        )
        found = curves(grid, ratio, excess, asked[None, :])
        answer = np.empty((*found.crude.shape[:2], len(times)))
        for sign in np.unique(self._sign):
            who = self._sign == sign
            part = type(found)(*(piece[who] for piece in found))
            answer[who] = of_group(part, asked, self._rows.logits, int(sign))
        return answer


@verb
def cancer_risk(
    model: Any,
    *,
    age: ArrayLike,
    year: ArrayLike,
    rates: RateTable,
    mortality: RateTable,
    horizon: float,
    sex: Any = None,
    groups: Mapping[str, Any] | None = None,
    covariates: Any = None,
    accuracy: Any = None,
    marker: Any = None,
    accuracy_window: float | None = None,
    mortality_ratio: float = 1.0,
    estimand: Literal["crude", "net"] = "crude",
    limits: Literal["delta", "draws"] = "delta",
    draws: int = 2000,
    rng: np.random.Generator | None = None,
    level: float = 0.95,
) -> CancerRisk:
    r"""Return the absolute cancer risk of people after the diagnosis of an index disease.

    The cancer hazard is the population's at the attained age and year, times a ratio or
    plus an excess that depends on the time since diagnosis; death competes:

    .. math:: F(t) = \int_0^t \lambda(u)\, e^{-\int_0^u (\lambda + \mu)}\, du.

    Parameters
    ----------
    model : ExcessHazard, OccultCancer, PooledRatioCurve, IncidenceRatios or table
        What says how the hazard differs from the population's. A table has ``start``,
        ``end`` (years since diagnosis), ``estimate`` (ratio) and, where they are
        uncertain, ``lower`` and ``upper`` at 95 %; ``IncidenceRatios`` by follow_up, with
        limits at any level, will do, its last band taken as open.
    age, year : number or array
        Exact age and calendar year at diagnosis, such as 43.0 and 2014.5; one or one a
        person.
    rates, mortality : RateTable
        Cancer rates and mortality of the population.
    horizon : float
        Years since diagnosis, above 0.
    sex : label or array, optional
        Needed where a table differs by ``sex``.
    groups : mapping, optional
        Labels for other columns by which the tables differ.
    covariates : mapping or frame, optional
        For a model with covariates, a row a person or one for all.
    accuracy : DiagnosticAccuracy, PooledAccuracy or alike, optional
        With ``.mean`` and ``.covariance`` of logit sensitivity and specificity.
    marker : {"positive", "negative", None} or sequence, optional
        A result obtained at diagnosis; needs ``accuracy``.
    accuracy_window : float, optional
        Years after the marker within which a cancer counts as one that the marker
        should show, in the studies behind ``accuracy``; left out, the horizon.
    mortality_ratio : float
        By how much the disease multiplies the population's mortality.
    estimand : {"crude", "net"}
        With death competing, or without.
    limits : {"delta", "draws"}
        ``delta``: on the complementary log-log scale; ``draws``: quantiles over
        parameters drawn from their normal approximation.
    draws : int
        How many, for ``draws``.
    rng : numpy.random.Generator, optional
        For ``draws``; needed then.
    level : float
        In (0, 1).

    Returns
    -------
    CancerRisk

    Raises
    ------
    ArgumentError, TableError
        Naming every fault at once: ages or years that the tables do not cover, unknown
        sex or marker, horizon 0 or beyond the model's data, a marker without accuracy.

    Notes
    -----
    Within the merged grid of birthdays, calendar years and the model's own cuts every
    hazard is constant and the integrals are closed. Given a marker, a cancer within the
    window counts with weight Se, a later one with 1 − Sp (positive result), over the share
    with that result, so that both groups mix back to the whole. Limits carry the
    uncertainty of the model's parameters and of the accuracy; population rates and
    mortality are taken as known.

    References
    ----------
    Gail et al. 1989, doi:10.1093/jnci/81.24.1879 (absolute risk with death competing).

    Examples
    --------
    >>> from paraneo import rate_table
    >>> rates = rate_table({"age": [0, 50], "rate": [0.002, 0.01]}, rate="rate")
    >>> deaths = rate_table({"age": [0, 50], "rate": [0.001, 0.01]}, rate="rate")
    >>> ratios = {"start": [0, 1], "end": [1, 10], "estimate": [7.0, 2.0],
    ...           "lower": [5.0, 1.5], "upper": [9.8, 2.7]}
    >>> risk = cancer_risk(ratios, age=60, year=2020, rates=rates, mortality=deaths, horizon=5)
    >>> risk.at([1, 5]).round(4)
       years  estimate   lower   upper  population
    0    1.0    0.0673  0.0485  0.0929      0.0099
    1    5.0    0.1369  0.1112  0.1679      0.0476
    """
    faults = Faults("the cancer risk")
    options = (estimand, limits, draws, rng, level, mortality_ratio)
    check_options(options, faults)
    end = check_horizon(horizon, accuracy_window, faults)
    source = as_source(model, max(end), faults) if not faults.found else None
    if source is not None and end[0] > source.known_to * (1 + 1e-12):
        cure = f"Ask for {source.known_to:g} years at most"
        faults.add("horizon", f"the model knows {source.known_to:g} years", cure)
    who = read_people(age, sex, year, dict(groups or {}), faults)
    sign = read_marker(marker, len(who[0]), faults)
    logits, spread = read_accuracy(accuracy, faults)
    if sign.any() and accuracy is None:
        faults.add("marker", "a result means nothing without an accuracy", "Pass accuracy")
    grid, at = None, people(covariates)
    check_covariates(at, model, source, len(who[0]), faults)
    if source is not None:
        grid = grid_of(who, rates, mortality, source, mortality_ratio, faults)
    source, grid = faults.checked(source), faults.checked(grid)
    return CancerRisk(
        horizon=end[0],
        cancer_free_for=0.0,
        estimand=estimand,
        level=float(level),
        limits=limits,
        size=len(who[0]),
        _grid=grid,
        _source=source,
        _at=at,
        _sign=sign,
        _marker_time=0.0,
        _window=end[1],
        _rows=uncertainty_of(source, logits, spread, limits, draws, rng),
    )
