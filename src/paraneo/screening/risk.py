"""The cancer risk a person still runs, given a marker and time without cancer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, SEED, check_option, numbers
from paraneo.gate.kinds import Flat
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result

from ._engine import Engine, with_bands
from ._risk_arguments import (
    SIGN,
    check_marker,
    settled,
)
from ._risk_frame import risk_frame

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

    def at(self, time: Flat) -> pd.DataFrame:
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

    def within(self, width: Flat) -> pd.DataFrame:
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
        tested = replace(with_bands(self.engine, float(s)), sign=sign)
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
