"""The cancer risk a person still runs, given a marker and time without cancer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, SEED, check_option, check_rng, numbers
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.rates import RateTable
from paraneo.results.result import Result

from ._engine import Engine
from ._people import before_diagnosis, grid_of, read_people
from ._risk_arguments import (
    SIGN,
    check_covariates,
    check_horizon,
    check_marker,
    check_options,
    notes_of,
    read_accuracy,
    read_before,
    read_marker,
    read_mortality_ratio,
    settled,
)
from ._risk_frame import risk_frame
from ._sources import as_source, people
from ._uncertainty import uncertainty_of

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
        other causes.
    level : float
        Of the confidence intervals.
    interval : str
        How they are made: ``"delta"`` or ``"draws"``.
    size : int
        How many people.
    engine : Engine
        What makes the curves; windows and schedules ask it, users seldom.
    notes : tuple of str
        What was assumed and should be said with the numbers.
    """

    horizon: float
    cancer_free_for: float
    estimand: str
    level: float
    interval: str
    size: int
    engine: Engine = field(repr=False)
    notes: tuple[str, ...] = ()

    def summary(self) -> pd.DataFrame:
        """Return the risk by every whole year (or a tenth of the horizon, if short)."""
        left = self.horizon - self.cancer_free_for
        step = 1.0 if left >= 2 else left / 10
        return self.at(
            np.arange(1, int(np.floor(left / step + 1e-9)) + 1) * step + self.cancer_free_for
        )

    def at(self, time: ArrayLike) -> pd.DataFrame:
        """Return the risk from now until a time in years after diagnosis.

        "Now" is ``cancer_free_for``: diagnosis itself, unless `given` moved it.

        Returns
        -------
        pandas.DataFrame
            ``time estimate lower upper population``, and ``person`` first where there are
            several. ``population`` is the risk of people of that age, sex and year without
            the disease, over the same time.

        Raises
        ------
        ArgumentError
            Where a time lies before now or beyond the horizon.
        """
        faults = Faults("the times of the risk")
        t = np.atleast_1d(numbers(time, "time", NONNEGATIVE, faults))
        slack = 1e-9 * self.horizon
        if not faults.found and (t < self.cancer_free_for - slack).any():
            faults.add("time", "lies before the cancer-free time that is given", "Ask for later")
        if not faults.found and (t > self.horizon + slack).any():
            faults.add("time", f"lies beyond the horizon of {self.horizon:g} years", "Ask for less")
        faults.raise_any()
        return self._frame(self.cancer_free_for, np.clip(t, 0.0, self.horizon))

    def within(self, width: ArrayLike) -> pd.DataFrame:
        """Return the risk within the next ``width`` years from now; columns as in `at`.

        ``time`` is then the width.
        """
        faults = Faults("the width of the risk")
        w = np.atleast_1d(numbers(width, "width", POSITIVE, faults))
        left = self.horizon - self.cancer_free_for
        if not faults.found and (w > left + 1e-9 * self.horizon).any():
            problem = f"goes beyond the horizon of {self.horizon:g} years"
            faults.add("width", problem, f"Ask for {left:g} years at most")
        faults.raise_any()
        frame = self.at(self.cancer_free_for + w)
        frame["time"] = np.tile(w, self.size)
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
        elif not faults.found and marker is None and s < self.engine.marker_time:
            problem = f"lies before the marker was obtained, {self.engine.marker_time:g} years"
            faults.add("cancer_free_for", problem, "Ask for a later time, or drop the marker")
        if marker is not None and check_option(marker, ("positive", "negative"), "marker", faults):
            check_marker(self.engine.rows.logits, self.engine.sign, faults)
        faults.raise_any()
        changed = replace(self, cancer_free_for=float(s))
        if marker is None:
            return changed
        sign = np.full(self.size, SIGN[marker])
        tested = replace(self.engine, sign=sign, marker_time=float(s))
        stream = np.random.default_rng(SEED)
        tested, made, said = settled(tested, self.interval, 2000, stream, faults)
        return replace(changed, engine=tested, interval=made, notes=(*self.notes, *said))

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
        if np.isnan(self.engine.rows.logits).any():
            faults.add("accuracy", "the risk was made without one", "Pass accuracy= to cancer_risk")
        faults.raise_any()
        stream = np.random.default_rng(SEED)
        engine, made, _ = settled(self.engine, self.interval, 2000, stream, faults)
        frames = []
        for measure, marker in (("ppv", 1), ("npv", -1)):
            tested = replace(engine, sign=np.full(self.size, marker))
            own = replace(self, engine=tested, interval=made)
            frame = own.within(width).drop(columns=["population", "time"])
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
        """Draw the risk over time since diagnosis with its CI, and the population's."""
        from paraneo.plotting.risk import risk_curve

        start = self.cancer_free_for
        left = np.linspace(start, self.horizon, 81)[1:]
        return risk_curve(
            self.at(left), start=start, level=self.level, estimand=self.estimand, ax=ax
        )

    def _heading(self) -> str:
        marked = {1: "marker-positive", -1: "marker-negative", 0: ""}
        signs = sorted({marked[int(s)] for s in self.engine.sign} - {""})
        unknown = self.engine.rows.unknown
        made = f"{100 * self.level:g}% CI ({self.interval})"
        parts = [
            f"{self.estimand.capitalize()} cancer risk",
            f"from {self.cancer_free_for:g} years after diagnosis",
            *signs,
            f"no CI, as {' and '.join(unknown)} came without one" if unknown else made,
            f"from a {self.engine.source.name}",
        ]
        notes = "".join(f"\n{note}" for note in self.notes) if signs else ""
        return ", ".join(parts) + f"{notes}\n{CAUTION}"

    def _frame(self, start: float, times: Vector) -> pd.DataFrame:
        made = (self.interval, self.level)
        return risk_frame(self.engine, start, times, made, crude=self.estimand == "crude")


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
    before: tuple[float, float] | None = None,
    mortality_ratio: Any = 1.0,
    estimand: Literal["crude", "net"] = "crude",
    interval: Literal["delta", "draws"] = "delta",
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
        limits at any level, will do, its last band taken as open. A column ``excess``, an
        excess hazard per year, may stand in place of ``estimate``.
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
        Years after the marker over which the studies behind ``accuracy`` counted cancers;
        left out, the horizon.
    before : pair of float, optional
        Where those studies also counted cancers before the diagnosis: the ratio to the
        population's rate then, and over how many years, such as ``(3.0, 2.0)``. Left out,
        cancers after the diagnosis alone are taken to stand behind the accuracy.
    mortality_ratio : float or table
        By how much the disease multiplies the population's mortality; steps in time are a table
        of ``start`` (years since diagnosis, from 0 on) and ``estimate``.
    estimand : {"crude", "net"}, default "crude"
        With death competing, or without.
    interval : {"delta", "draws"}, default "delta"
        ``delta``: on the complementary log-log scale; ``draws``: quantiles over
        parameters drawn from their normal approximation.
    draws : int
        How many, for ``draws``.
    rng : numpy.random.Generator, optional
        For ``draws``; left out, always the same stream (seed 0).
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
    The marker belongs to the excess. Of those who will get an excess cancer (one beyond the
    population's hazard, up to the model's end: the horizon, the accuracy's window if that is
    longer, or all that an occult-cancer model holds) a proportion s is positive, of the others f;
    ordinary cancers know nothing of it. Both are solved from sensitivity and specificity, which
    are of all first cancers within the window. So a negative result takes nobody below the
    population's hazard, nothing jumps where a study ended, and the groups mix back to the whole.
    An accuracy that no s and f in [0, 1] give is an error, unless its own limits allow some.

    Confidence intervals carry the uncertainty of the model's parameters and of the accuracy;
    population rates and mortality are taken as known. Where ratios or accuracy came without
    limits the risk has none. Where one of two limits is missing the other serves.

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
       time   estimate   lower   upper  population
    0    1.0    0.0673  0.0485  0.0929      0.0099
    1    5.0    0.1369  0.1112  0.1679      0.0476
    """
    faults = Faults("the cancer risk")
    check_options((estimand, interval, draws, level), faults)
    stream, earlier = check_rng(rng, faults, optional=True), read_before(before, faults)
    dying = read_mortality_ratio(mortality_ratio, faults)
    end = check_horizon(horizon, accuracy_window, faults)
    source = as_source(model, max(end), faults) if not faults.found else None
    if source is not None and max(end) > source.known_to * (1 + 1e-12):
        name = "horizon" if end[0] > source.known_to * (1 + 1e-12) else "accuracy_window"
        problem = f"the model supports predictions up to {source.known_to:g} years"
        faults.add(name, problem, f"Ask for {source.known_to:g} years at most")
    who = read_people(age, sex, year, dict(groups or {}), faults)
    sign = read_marker(marker, len(who[0]), faults)
    logits, spread = read_accuracy(accuracy, level if not faults.found else 0.95, faults)
    if sign.any() and accuracy is None:
        faults.add("marker", "requires an accuracy", "Pass accuracy=")
    grid, at = None, people(covariates)
    check_covariates(at, model, source, len(who[0]), faults)
    if source is not None:
        grid = grid_of(who, rates, mortality, source, dying, faults)
    source, grid = faults.checked(source), faults.checked(grid)
    engine = Engine(
        grid=grid if estimand == "crude" else grid._replace(death=np.zeros_like(grid.death)),
        source=source,
        at=at,
        sign=sign,
        marker_time=0.0,
        window=end[1],
        before=before_diagnosis(who, rates, earlier, faults),
        rows=uncertainty_of(source, logits, spread, interval, draws, stream),
    )
    faults.raise_any()
    made, said = str(interval), tuple[str, ...]()
    if sign.any():
        engine, made, said = settled(engine, interval, draws, stream, faults)
    return CancerRisk(
        horizon=end[0],
        cancer_free_for=0.0,
        estimand=estimand,
        level=float(level),
        interval=made,
        size=len(who[0]),
        engine=engine,
        notes=(*notes_of(accuracy, end[1], earlier, made, rng), *said),
    )
