"""The hazard of cancer given a positive or a negative marker, where only its accuracy is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, PROBABILITY, check_level, numbers
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result
from paraneo.survival import ExcessHazard

from ._marker import marker_curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from paraneo.accuracy import DiagnosticAccuracy

#: Steps into which time is cut where the hazard is a curve.
STEPS = 400
#: Rounding that a share of people may be off by.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MarkerHazards(Result):
    """Hazards per year by marker; at every time they mix back to the hazard of all.

    Attributes
    ----------
    frame : DataFrame
        Columns ``marker time estimate lower upper``; the marker is "positive",
        "negative", or "all", and rows "prevalence" hold the share of positives among
        those at risk. Limits are NaN where no draws were made.
    level : float
    """

    frame: pd.DataFrame
    level: float

    def summary(self) -> pd.DataFrame:
        """Return one row a marker and time."""
        return self.frame.copy()

    def _heading(self) -> str:
        return f"Hazards per year by marker, {100 * self.level:g}% limits"

    def hazards(self) -> pd.DataFrame:
        """Return the estimates with time in the index: positive, negative, all, prevalence."""
        wide = self.frame.pivot_table(index="time", columns="marker", values="estimate", sort=False)
        return wide.rename_axis(columns=None)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the hazards given a positive and a negative marker, and of all, with limits."""
        from paraneo.plotting.hazard_curve import hazard_curve

        names = ["positive", "negative", "all"]
        shown = self.frame[self.frame["marker"].isin(names)]
        shown = shown.assign(row=shown["marker"].map(names.index))
        limits = f"\n({100 * self.level:g}% limits)" if shown["upper"].notna().any() else ""
        ylabel = f"Hazard per year{limits}"
        return hazard_curve(shown, None, ylabel=ylabel, names=names, steps=False, ax=ax)


@verb
def marker_hazards(
    hazard: ExcessHazard | tuple[ArrayLike, ArrayLike],
    times: ArrayLike,
    *,
    accuracy: DiagnosticAccuracy | None = None,
    sensitivity: ArrayLike | None = None,
    window: float | None = None,
    prevalence: float | None = None,
    at: Any = None,
    background: ArrayLike | None = None,
    draws: int = 1000,
    rng: np.random.Generator | None = None,
    level: float = 0.95,
) -> MarkerHazards:
    r"""Split a hazard of cancer into those given a positive and a negative marker.

    .. math::
        \lambda(t \mid +) = \lambda(t)\,
        \frac{P(+ \mid \text{cancer at } t)}{P(+ \mid \text{at risk at } t)}, \qquad
        P(+ \mid \text{at risk at } t)
        = \frac{P(+) - \int_0^t P(+ \mid \text{cancer at } u)\, dF(u)}{S(t)},

    and likewise for a negative marker. The share of positives at risk falls as they get
    their cancers, so that the two hazards mix back to :math:`\lambda(t)` at every time.

    Parameters
    ----------
    hazard : ExcessHazard, or pair of arrays
        A fitted model, whose whole hazard (background included where there is one) is
        taken; or edges of bands from 0 on and a hazard per year for each.
    times : array
        Years since the index disease.
    accuracy : DiagnosticAccuracy, optional
        Its sensitivity is the share of positives among cancers within ``window`` years,
        its specificity that of negatives among people without one. Later cancers are
        among the latter, so that the marker tells nothing of them.
    sensitivity : number or array, optional
        Instead of ``accuracy``: the share of positives among cancers, one for all times
        or one a band of ``hazard``; then ``prevalence`` is the share of positives at
        time 0.
    window, prevalence : float, optional
        As said above.
    at, background
        As in `ExcessHazard.hazard`, where a model is given.
    draws, rng : int, Generator, optional
        With ``rng``, limits are quantiles over draws of the model's parameters and of the
        accuracy's logits; without it there are none.
    level : float

    Raises
    ------
    ArgumentError
        Also where there would be more positive cancers than positive people.

    Examples
    --------
    A marker that 60 % of those with cancer within 5 years have, and 10 % of the others:

    >>> from paraneo import published_accuracy
    >>> accuracy = published_accuracy(sensitivity=0.6, specificity=0.9)
    >>> split = marker_hazards(([0, 5, 10], [0.03, 0.01]), [1, 8], accuracy=accuracy, window=5)
    >>> split.hazards().round(4)
          positive  negative   all  prevalence
    time
    1.0      0.115    0.0142  0.03      0.1565
    8.0      0.010    0.0100  0.01      0.1000
    """
    faults = Faults("the arguments of marker_hazards")
    check_level(level, faults)
    time = np.atleast_1d(numbers(times, "times", NONNEGATIVE, faults))
    _check_choice(accuracy, sensitivity, window, prevalence, faults)
    faults.raise_any()
    end = max(float(time.max()), window or 0.0)
    edges, rates, own = _bands(hazard, end, at, background, faults)
    faults.raise_any()
    grid = np.unique(np.concatenate([edges, time, [0.0] if window is None else [0.0, window]]))
    grid = grid[grid <= max(end, edges[1])]
    band = np.clip(np.searchsorted(edges, grid[1:]) - 1, 0, len(edges) - 2)
    size = draws if rng is not None else 0
    hazards = [rates, *own(rng, size)] if rng is not None else [rates]
    every = np.array(hazards)[:, band]
    if accuracy is not None and window is not None:
        shares, start = _from_accuracy(accuracy, window, grid, every, rng, size)
    else:
        among = numbers(sensitivity if sensitivity is not None else 0, "sensitivity",
                        PROBABILITY, faults)  # fmt: skip
        if among.ndim and among.shape != (len(edges) - 1,):
            faults.add("sensitivity", f"shape {among.shape} does not fit the bands", "One a band")
            faults.raise_any()
        shares = np.broadcast_to(among[band] if among.ndim else among, every.shape)
        start = np.full(len(every), float(prevalence or 0.0))
    faults.raise_any()
    found = marker_curves(grid, every, shares, start, time)
    _check_share(found.prevalence[0], faults)
    faults.raise_any()
    return MarkerHazards(_tidy(time, found._asdict(), level), level)


def _check_choice(
    accuracy: DiagnosticAccuracy | None,
    sensitivity: ArrayLike | None,
    window: float | None,
    prevalence: float | None,
    faults: Faults,
) -> None:
    if (accuracy is None) == (sensitivity is None):
        faults.add("accuracy", "give either it or sensitivity", "Pass one of the two")
    elif accuracy is not None and window is None:
        faults.add("window", "an accuracy needs the years within which cancers count", "Give it")
    elif accuracy is None and prevalence is None:
        faults.add("prevalence", "a sensitivity needs the share of positives", "Give it")
    if accuracy is not None and np.ndim(accuracy.sensitivity.value):
        faults.add("accuracy", "it holds several tables", "Pass one")
    if window is not None:
        numbers(window, "window", POSITIVE, faults)
    if prevalence is not None:
        numbers(prevalence, "prevalence", PROBABILITY, faults)


def _bands(hazard: Any, end: float, at: Any, background: Any, faults: Faults) -> Any:
    """Return edges, hazards of the bands, and how to draw more of them."""
    if isinstance(hazard, ExcessHazard):
        edges = np.linspace(0.0, end, STEPS + 1)
        edges = np.unique(np.concatenate([edges, hazard.edges[hazard.edges < end], [0.0]]))
        middle = 0.5 * (edges[1:] + edges[:-1])
        rate = hazard.hazard(middle, at, background=background, kind="total")
        if "row" in rate:
            faults.add("at", "it has several rows", "Ask for one person at a time")
            return edges, np.zeros(len(middle)), None
        total = rate["estimate"].to_numpy()
        base = hazard.rates_at(middle, at)[0]
        known = total / base if hazard.scale == "relative" else total - base

        def draw(rng: np.random.Generator, size: int) -> list[Vector]:
            drawn = [hazard.rates_at(middle, at, p)[0] for p in hazard.draws(size, rng=rng)]
            relative = hazard.scale == "relative"
            return [part * known if relative else part + known for part in drawn]

        return edges, total, draw
    edges = np.atleast_1d(numbers(hazard[0], "hazard", (), faults))
    rates = np.atleast_1d(numbers(hazard[1], "hazard", NONNEGATIVE, faults))
    if len(edges) != len(rates) + 1 or edges[0] != 0 or not (np.diff(edges) > 0).all():
        faults.add("hazard", "edges and rates do not fit", "Give edges from 0 on, a rate a band")
    elif end > edges[-1]:
        faults.add("times", f"the hazard is known up to {edges[-1]:g} years", "Ask earlier times")
    return edges, rates, lambda rng, size: [rates] * size  # noqa: ARG005


def _from_accuracy(
    accuracy: DiagnosticAccuracy,
    window: float,
    grid: Vector,
    every: Vector,
    rng: np.random.Generator | None,
    size: int,
) -> tuple[Vector, Vector]:
    """Return the share of positives among the cancers of each band, and among all at 0."""
    values = [accuracy.sensitivity.value, accuracy.specificity.value]
    pairs = np.array([values], dtype=np.float64)
    if rng is not None:
        covariance = np.nan_to_num(accuracy.covariance, posinf=0.0)
        drawn = rng.multivariate_normal(np.zeros(2), covariance, size, method="eigh")
        pairs = np.vstack([pairs, special.expit(special.logit(pairs) + drawn)])
    inside = grid[1:] <= window
    shares = np.where(inside, pairs[:, :1], 1.0 - pairs[:, 1:])
    risk = -np.expm1(-(every * np.diff(grid) * inside).sum(axis=1))
    return shares, risk * pairs[:, 0] + (1.0 - risk) * (1.0 - pairs[:, 1])


def _check_share(share: Vector, faults: Faults) -> None:
    if (share < -ROUNDING).any() or (share > 1.0 + ROUNDING).any():
        kind = "positive" if (share < 0).any() else "negative"
        faults.add(
            "prevalence",
            f"there would be more {kind} cancers than {kind} people",
            "Check it against the sensitivity and the hazard",
        )


def _tidy(time: Vector, curves: dict[str, Vector], level: float) -> pd.DataFrame:
    frames = []
    for name in ("positive", "negative", "all", "prevalence"):
        values = curves[name]
        tails = np.full((2, len(time)), np.nan)
        if len(values) > 1:
            tails = np.quantile(values[1:], [(1 - level) / 2, (1 + level) / 2], axis=0)
        columns = {"time": time, "estimate": values[0], "lower": tails[0], "upper": tails[1]}
        frames.append(pd.DataFrame({"marker": name, **columns}))
    return pd.concat(frames, ignore_index=True)
