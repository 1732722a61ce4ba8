"""The hazard of cancer given a positive or a negative marker, where only its accuracy is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import (
    NONNEGATIVE,
    POSITIVE,
    PROBABILITY,
    SEED,
    check_level,
    check_rng,
    numbers,
)
from paraneo.gate.kinds import Flat
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result

from ._absolute_risk import Grid
from ._engine import Engine, with_bands
from ._marker import Positives, hazard_of_group, share_of_group
from ._risk_arguments import check_accuracy, check_draws
from ._sources import Pieces, Source, as_source, banded, people
from ._study_accuracy import study_accuracy, window_of
from ._uncertainty import uncertainty_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MarkerHazards(Result):
    """Hazards per year by marker; at every time they mix back to the hazard of all.

    Attributes
    ----------
    frame : DataFrame
        Columns ``marker time estimate lower upper``; the marker is "positive",
        "negative", or "all", and rows "prevalence" hold the share of positives among
        those without cancer. Limits are NaN where a figure behind them came without any.
    positives : tuple
        The proportions of positives among people who get an excess cancer by the model's end,
        several where sensitivity varies with time, and among the others.
    level : float
    seed : int or None
        Of the stream of the draws, where no generator was given.
    """

    frame: pd.DataFrame
    positives: tuple[float | tuple[float, ...], float]
    level: float
    seed: int | None

    def summary(self) -> pd.DataFrame:
        """Return one row a marker and time."""
        return self.frame.copy()

    def _heading(self) -> str:
        stream = f" (stream of seed {self.seed})" if self.seed is not None else ""
        among, others = (
            ", ".join(f"{100 * one:.3g} %" for one in np.atleast_1d(part))
            for part in self.positives
        )
        return (
            f"Hazards per year by marker, {100 * self.level:g}% CI from draws{stream}\n"
            f"Positive: {among} of people with an excess cancer, {others} of the others"
        )

    def hazards(self) -> pd.DataFrame:
        """Return the estimates side by side: ``time positive negative all prevalence``."""
        wide = self.frame.pivot_table(index="time", columns="marker", values="estimate", sort=False)
        return wide.rename_axis(columns=None).reset_index()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the hazards given a positive and a negative marker, and of all, with their CI."""
        from paraneo.plotting.hazard_curve import hazard_curve

        names = ["positive", "negative", "all"]
        shown = self.frame[self.frame["marker"].isin(names)]
        shown = shown.assign(row=shown["marker"].map(names.index))
        limits = f"\n({100 * self.level:g}% CI)" if shown["upper"].notna().any() else ""
        ylabel = f"Hazard per year{limits}"
        return hazard_curve(shown, None, ylabel=ylabel, names=names, steps=False, ax=ax)


@verb
def marker_hazards(
    hazard: Any,
    times: Flat,
    *,
    accuracy: Any = None,
    window: float | None = None,
    positives: tuple[float, float] | None = None,
    sensitivity_by_time: Any = None,
    at: Any = None,
    background: ArrayLike | None = None,
    draws: int = 1000,
    rng: np.random.Generator | None = None,
    level: float = 0.95,
) -> MarkerHazards:
    r"""Split a hazard of cancer into those given a positive and a negative marker.

    The marker belongs to the excess :math:`\varepsilon` over the population's hazard
    :math:`\lambda^*`. With s the proportion of positives among those who get an excess cancer, f
    among the others, and :math:`F_e` the distribution of the time to it,

    .. math::
        \lambda(t \mid +) = \lambda^*(t) + \varepsilon(t)\,
        \frac{s}{P(+ \mid \text{none by } t)}, \qquad
        P(+ \mid \text{none by } t) = \frac{s\,[F_e(\infty) - F_e(t)] + f\,[1 - F_e(\infty)]}
        {1 - F_e(t)},

    and likewise for a negative marker with 1 - s and 1 - f. Neither is ever below the
    population's hazard, and at every time the two mix back to the hazard of all.

    Parameters
    ----------
    hazard : model, or pair of arrays
        What `cancer_risk` takes as its model; or edges of bands from 0 on and the whole hazard
        per year of each.
    times : array
        Years since the index disease.
    accuracy : DiagnosticAccuracy, PooledAccuracy or alike, optional
        Of all first cancers within ``window`` years, ordinary ones included; s and f are solved
        from it.
    window : float, optional
        The years over which the studies behind ``accuracy`` counted cancers.
    positives : pair of float, optional
        Instead of ``accuracy`` and ``window``: s and f themselves.
    sensitivity_by_time : table, optional
        As in `cancer_risk`: s then differs between its bands of time.
    at : mapping or frame, optional
        Covariates of the person, where the model has some.
    background : number or array, optional
        The population's hazard per year; with bands one for all or one a band. Left out, 0: the
        whole hazard is excess.
    draws : int
        From whose quantiles confidence intervals are made.
    rng : numpy.random.Generator, optional
        Left out, always the same stream (seed 0).
    level : float
        In (0, 1).

    Returns
    -------
    MarkerHazards

    Raises
    ------
    ArgumentError
        Also where no s and f in [0, 1] give the accuracy over its window.

    Notes
    -----
    The marker's excess ends with the model, as in `cancer_risk`: at the last edge, at the end of
    the follow-up, or, where a model has no end, after 10 years, at its last edge or with the
    window if they are later. An occult-cancer model holds all of its cancers.

    Examples
    --------
    A marker that 60 % of those with cancer within 5 years have, and 10 % of the others:

    >>> from paraneo import published_accuracy
    >>> accuracy = published_accuracy(sensitivity=0.6, specificity=0.9)
    >>> split = marker_hazards(
    ...     ([0, 5, 10], [0.03, 0.01]), [1, 8], accuracy=accuracy, window=5, background=0.005
    ... )
    >>> split.hazards().round(4)
       time  positive  negative   all  prevalence
    0   1.0    0.1157    0.0141  0.03      0.1564
    1   8.0    0.0430    0.0067  0.01      0.0910
    """
    faults = Faults("the arguments of marker_hazards")
    check_level(level, faults)
    check_draws(draws, faults)
    stream = check_rng(rng, faults, optional=True)
    time = np.atleast_1d(numbers(times, "times", NONNEGATIVE, faults))
    if not time.size:
        faults.add("times", "it is empty", "Ask for one time or several")
    window = window_of(sensitivity_by_time, window)
    _check_choice(accuracy, window, positives, faults)
    faults.raise_any()
    latest = max(float(time.max()), window or 0.0)
    source, natural = _source(hazard, latest, window or 0.0, background, faults)
    study = study_accuracy(accuracy, sensitivity_by_time, window or latest, level, faults)
    covariates = people(at, "at")
    if covariates is not None and len(covariates) > 1:
        faults.add("at", "it has several rows", "Ask for one person at a time")
    faults.raise_any()
    edges = np.broadcast_to(source.edges, (3, len(source.edges)))
    piece = np.broadcast_to(np.arange(edges.shape[1] - 1), (3, edges.shape[1] - 1))
    alive = np.zeros(piece.shape)
    engine = Engine(
        grid=Grid(edges, np.broadcast_to(natural, piece.shape), alive, alive, piece),
        source=source,
        at=covariates,
        sign=np.array([1, -1, 0]),
        marker_time=0.0,
        bands=study.bands,
        before=np.zeros((3, 2)),
        marked_until=source.marked_until(window or 0.0),
        rows=uncertainty_of(source, study.logits, study.spread, "draws", draws, stream),
    )
    engine = with_bands(engine, 0.0)
    if accuracy is not None:
        check_accuracy(engine, faults)
    faults.raise_any()
    found, share = _curves(engine, time, positives)
    among = tuple(share.excess[0].tolist())
    return MarkerHazards(
        _tidy(time, found, level, known=not engine.rows.unknown),
        (among if len(among) > 1 else among[0], float(share.others[0])),
        float(level),
        SEED if rng is None else None,
    )


def _check_choice(accuracy: Any, window: Any, positives: Any, faults: Faults) -> None:
    if (accuracy is None) == (positives is None):
        faults.add("accuracy", "give either it or positives", "Pass one of the two")
    elif accuracy is not None and window is None:
        faults.add("window", "an accuracy needs the years within which cancers count", "Give it")
    elif positives is not None and numbers(positives, "positives", PROBABILITY, faults).shape != (
        2,
    ):
        faults.add("positives", "must be two proportions", "Such as (0.78, 0.11)")
    if accuracy is not None and np.ndim(getattr(getattr(accuracy, "sensitivity", 0), "value", 0)):
        faults.add("accuracy", "it holds several tables", "Pass one")
    if window is not None:
        numbers(window, "window", POSITIVE, faults)


def _model(hazard: Any, latest: float, window: float, faults: Faults) -> Source | None:
    """Return a model to its own end, or to where the marker's excess of an open one ends."""
    source = as_source(hazard, latest, faults)
    if source is None or latest > source.known_to:
        return source
    until = source.known_to if source.residual is not None else source.marked_until(window)
    return as_source(hazard, max(until, latest), faults) if np.isfinite(until) else source


def _source(
    hazard: Any, latest: float, window: float, background: Any, faults: Faults
) -> tuple[Source, Vector]:
    """Return the model and the population's hazard in its pieces."""
    natural = numbers(0.0 if background is None else background, "background", NONNEGATIVE, faults)
    source: Source | None
    if isinstance(hazard, tuple | list):
        edges = np.atleast_1d(numbers(hazard[0], "hazard", (), faults))
        rates = np.atleast_1d(numbers(hazard[1], "hazard", NONNEGATIVE, faults))
        if len(edges) != len(rates) + 1 or edges[0] != 0 or not (np.diff(edges) > 0).all():
            cure = "Give edges from 0 on, a rate a band"
            faults.add("hazard", "edges and rates do not fit", cure)
        elif latest > edges[-1]:
            problem = f"the hazard is known up to {edges[-1]:g} years"
            faults.add("times", problem, "Ask for earlier times or a shorter window")
        elif natural.ndim and natural.shape != rates.shape:
            problem = f"shape {natural.shape} does not fit the bands"
            faults.add("background", problem, "Give one for all, or one a band")
        faults.raise_any()
        source = banded("table of hazards", edges, Pieces(np.ones(len(rates)), rates - natural))
        if np.isinf(edges[-1]):
            until = max(source.marked_until(window), latest)
            source = replace(source, edges=np.append(edges[:-1], until))
    else:
        source = _model(hazard, latest, window, faults)
        if natural.ndim:
            faults.add("background", "must be one number for a model", "Pass its mean")
        elif (
            background is None
            and getattr(hazard, "scale", "relative") == "relative"
            and (not hasattr(hazard, "residual_at"))
        ):
            faults.add("background", "ratios need the population's hazard", "Give it per year")
        if source is not None and latest > source.known_to * (1 + 1e-12):
            problem = f"the model supports predictions up to {source.known_to:g} years"
            faults.add("times", problem, "Ask for earlier times or a shorter window")
    faults.raise_any()
    if source is None:  # a fault was raised
        raise AssertionError
    return source, natural


def _curves(
    engine: Engine, time: Vector, given: tuple[float, float] | None
) -> tuple[dict[str, Vector], Positives]:
    """Return hazards and prevalence, (rows, times), and who is positive."""
    rows = engine.rows
    edges = engine.grid.edges[0]
    # at an edge the hazard is that of the band that ends there
    piece = np.clip(np.searchsorted(edges, time) - 1, 0, len(edges) - 2)
    ratio, excess = engine.source.instant(rows.theta, engine.at, time, engine.grid.piece[0, piece])
    natural = engine.grid.population[0, piece]
    whole = (natural * ratio + excess)[0]
    if given is None:
        solved = engine.positives(rows).possible()
        share = Positives(solved.excess[0, :, : len(engine.bands)], solved.others[0])
    else:
        many = len(rows.theta)
        share = Positives(np.full((many, 1), given[0]), np.full(many, given[1]))
    ahead = np.stack([engine.ahead(rows, float(t))[0] for t in time], axis=1)
    wide = Positives(share.excess[:, None], share.others[:, None])
    if engine.marked_until < engine.end:
        wide = wide._replace(excess=np.append(wide.excess, wide.others[..., None], axis=-1))
    # likewise an excess cancer at an edge is one of the band that ends there
    band = np.searchsorted(engine.bands[:-1], time)
    own = np.where(time > engine.marked_until, share.others[:, None], share.excess[:, band])
    ordinary = np.minimum(whole, natural)
    parts = (ordinary, whole - ordinary)
    return {
        "positive": hazard_of_group(*parts, own, wide, ahead),
        "negative": hazard_of_group(*parts, 1.0 - own, wide.of(-1), ahead),
        "all": whole,
        "prevalence": share_of_group(wide, ahead),
    }, share


def _tidy(time: Vector, curves: dict[str, Vector], level: float, *, known: bool) -> pd.DataFrame:
    frames = []
    for name, values in curves.items():
        tails = np.full((2, len(time)), np.nan)
        if known:
            drawn = values[1:] if len(values) > 1 else values
            tails = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
        columns = {"time": time, "estimate": values[0], "lower": tails[0], "upper": tails[1]}
        frames.append(pd.DataFrame({"marker": name, **columns}))
    return pd.concat(frames, ignore_index=True)
