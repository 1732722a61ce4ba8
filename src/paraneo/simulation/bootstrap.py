"""The spread of any estimate over data drawn again, by rows, by cluster or from a model."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level, check_option, check_rng
from paraneo.gate.frames import as_table
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.results.result import Result

from ._estimates import NoEstimateError, rows_of
from .study import simulation_study

Interval = Literal["percentile", "basic", "normal"]
#: Below this share of replicates with an answer, limits are said to be in doubt.
ENOUGH = 0.95


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bootstrap(Result):
    """Estimates with the spread that they have over data drawn again.

    Attributes
    ----------
    table : pandas.DataFrame
        As `summary` gives it.
    replicates : pandas.DataFrame
        ``replicate estimand estimate status message``, failures among them.
    interval : str
    level : float
    seed : int
        Of the draws.
    notes : tuple of str
    """

    table: pd.DataFrame
    replicates: pd.DataFrame
    interval: str
    level: float
    seed: int
    notes: tuple[str, ...]

    def summary(self) -> pd.DataFrame:
        """Return ``estimand estimate std_error lower upper bias replicates``, a row an estimate.

        ``bias`` is the mean over replicates less the estimate; ``replicates`` are those with an
        answer.
        """
        return self.table.copy()

    def _heading(self) -> str:
        first = f"Bootstrap, seed {self.seed}, {self.interval} {100 * self.level:g}% CI"
        return "\n".join([first, *self.notes])


@verb
def bootstrap(
    data: Any,
    estimator: Callable[[Any], Any],
    *,
    replicates: int = 1000,
    cluster: str | None = None,
    generate: Callable[[np.random.Generator], Any] | None = None,
    interval: Interval = "percentile",
    rng: np.random.Generator | None = None,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    level: float = 0.95,
) -> Bootstrap:
    """Estimate again on data drawn again, and take limits from the spread.

    Parameters
    ----------
    data : frame or mapping
        The table that the estimate is of.
    estimator : callable
        ``estimator(data)`` returns what a verb returns: a result with ``.coefficients``, or
        else with a summary, an `Estimate`, or a mapping or frame with ``estimate`` and
        ``estimand``.
    replicates : int
        How often data are drawn; limits want a thousand or more.
    cluster : str, optional
        Column of people, families or centres with several rows, which are drawn as a whole; each
        drawn one gets a number of its own there. Left out, rows are drawn.
    generate : callable, optional
        ``generate(rng)`` draws data from a fitted model: the parametric bootstrap. Left out, the
        rows of ``data`` are drawn with replacement.
    interval : {"percentile", "basic", "normal"}, default "percentile"
        Quantiles of the replicates; twice the estimate less them; or the estimate with their
        standard deviation.
    rng : numpy.random.Generator, optional
        Gives the seed of the draws; left out, a fixed one. The result says which.
    executor, checkpoint
        As in `paraneo.simulation.simulation_study`: where the work is spread, with the same digits
        on any number of workers, and a folder from which a stopped run goes on.
    level : float
        Of the limits, in (0, 1).

    Returns
    -------
    Bootstrap

    Raises
    ------
    ArgumentError, TableError
        Naming every fault at once: no rows, one cluster, an estimator without estimates, fewer
        than two replicates with any answer.

    Notes
    -----
    A replicate in which the estimator fails, or has no such estimate, is kept with its message
    and left out of the limits, and is counted in the notes: people who all lack an event drawn
    together may have no estimate, and limits without them are then too narrow.

    References
    ----------
    Davison & Hinkley 1997, Bootstrap Methods and their Application, ch. 2, 3 and 5.

    Examples
    --------
    >>> people = {"days": [3.0, 5.0, 6.0, 9.0, 12.0, 20.0]}
    >>> found = bootstrap(people, lambda d: {"estimate": d["days"].mean()}, replicates=200)
    >>> found.summary()[["estimate", "replicates"]].iloc[0].round(2).tolist()
    [9.17, 200.0]
    """
    faults = Faults("the bootstrap")
    source = Columns(as_table(data), faults)
    known = {name: source.native(name) for name in source.names}
    frame = pd.DataFrame({name: one for name, one in known.items() if one is not None})
    check_level(level, faults)
    check_option(interval, get_args(Interval), "interval", faults)
    stream = check_rng(rng, faults, optional=True)
    codes = None
    if cluster is not None:
        labels = pd.Series(source.labels(cluster), dtype=object)
        codes = pd.factorize(labels)[0]
        if not faults.found and len(np.unique(codes)) < 2:
            faults.add(cluster, "there is one cluster", "Drawing clusters needs several")
    if source.length < 2 and generate is None:
        faults.add(None, f"there are {source.length} rows", "Drawing rows needs several")
    faults.raise_any()
    try:
        own = rows_of(estimator(frame))
    except NoEstimateError as error:
        faults.add("estimator", str(error), "Return a result, or a mapping with 'estimate'")
        faults.raise_any()
        raise
    seed = int(stream.integers(2**31))
    drawn = simulation_study(
        [{"key": 0}],
        generate or partial(resampled, data=frame, codes=codes, cluster=cluster),
        {"estimate": partial(estimated, estimator=estimator)},
        replicates=replicates,
        seed=seed,
        executor=executor,
        checkpoint=checkpoint,
        progress=False,
    ).replicates
    kept = drawn[["replicate", "estimand", "estimate", "status", "message"]]
    rows, notes = [], []
    for _, one in own.iterrows():
        values = kept.loc[
            (kept["estimand"] == one["estimand"]) & (kept["status"] == "ok"), "estimate"
        ]
        rows.append(
            _row(one["estimand"], float(one["estimate"]), values.to_numpy(), interval, level)
        )
        if len(values) < replicates:
            gone = replicates - len(values)
            doubt = "; the limits may be too narrow" if len(values) < ENOUGH * replicates else ""
            name = one["estimand"] or "the estimate"
            notes.append(f"{name}: no answer in {gone} of {replicates} replicates{doubt}.")
    if all(row["replicates"] < 2 for row in rows):
        said = kept.loc[kept["status"] != "ok", "message"]
        why = f" ({said.iloc[0]})" if len(said) else ""
        faults.add("estimator", f"has an answer in fewer than two replicates{why}", "Correct it")
    faults.raise_any()
    return Bootstrap(pd.DataFrame(rows), kept, interval, float(level), seed, tuple(notes))


def resampled(
    rng: np.random.Generator, *, data: pd.DataFrame, codes: Any, cluster: str | None
) -> pd.DataFrame:
    """Return as many rows, or clusters with all their rows, drawn with replacement."""
    if codes is None:
        return data.iloc[rng.integers(len(data), size=len(data))].reset_index(drop=True)
    count = int(codes.max()) + 1
    order = np.argsort(codes, kind="stable")
    first = np.searchsorted(codes[order], np.arange(count + 1))
    picked = rng.integers(count, size=count)
    sizes = first[picked + 1] - first[picked]
    starts = np.repeat(first[picked] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    rows = order[starts + np.arange(int(sizes.sum()))]
    answer = data.iloc[rows].reset_index(drop=True)
    return answer.assign(**{str(cluster): np.repeat(np.arange(count), sizes)})


def estimated(data: Any, *, estimator: Callable[[Any], Any]) -> list[dict[str, Any]]:
    """Return the finite estimates of one replicate."""
    found = rows_of(estimator(data))[["estimand", "estimate"]]
    rows: list[dict[str, Any]] = found[np.isfinite(found["estimate"])].to_dict("records")
    return rows


def _row(name: str, value: float, drawn: Vector, interval: str, level: float) -> dict[str, Any]:
    spread = float(np.std(drawn, ddof=1)) if len(drawn) > 1 else np.nan
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]) if len(drawn) else (np.nan, np.nan)
    if interval == "basic":
        low, high = 2 * value - high, 2 * value - low
    elif interval == "normal":
        low, high = (value + sign * normal_quantile(level) * spread for sign in (-1, 1))
    bias = float(drawn.mean() - value) if len(drawn) else np.nan
    return {
        "estimand": name, "estimate": value, "std_error": spread, "lower": float(low),
        "upper": float(high), "bias": bias, "replicates": len(drawn),
    }  # fmt: skip
