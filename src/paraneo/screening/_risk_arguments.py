"""The arguments of a risk: read and checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import (
    NONNEGATIVE,
    POSITIVE,
    SEED,
    check_fits,
    check_level,
    check_option,
    numbers,
)
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector, normal_quantile, t_quantile

from ._engine import Engine

#: The logit that stands for a certainty.
CERTAIN = 40.0
#: Standard errors within which an accuracy may yet fit a model.
REACH = 1.959964
#: Rounding by which a proportion may leave [0, 1].
SLACK = 1e-9
#: How results of a marker are coded.
SIGN = {"positive": 1, "negative": -1, None: 0}
#: Where fitted models keep the design of their covariates.
_DESIGNS = ("_design", "_share_design", "_time_design")


def check_options(options: tuple[Any, ...], faults: Faults) -> None:
    """Note option words and numbers that cannot be."""
    estimand, interval, draws, level = options
    check_option(estimand, ("crude", "net"), "estimand", faults)
    check_option(interval, ("delta", "draws"), "interval", faults)
    check_level(level, faults)
    check_draws(draws, faults, least=100 if interval == "draws" else 1)


def check_draws(draws: Any, faults: Faults, *, least: int = 1) -> None:
    """Note a number of draws that is too small."""
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < least:
        faults.add("draws", f"{draws!r} is too few for limits", "Give 1000 or more")
    else:
        check_fits(200.0 * draws, "draws", faults)


def read_mortality_ratio(ratio: Any, faults: Faults) -> tuple[Vector, Vector]:
    """Return from which years since diagnosis on mortality is multiplied by how much."""
    name, one = "mortality_ratio", (np.zeros(1), np.ones(1))
    if not isinstance(ratio, Mapping) and not hasattr(ratio, "columns"):
        value = numbers(ratio, name, NONNEGATIVE, faults)
        if value.ndim:
            cure = "For steps in time give {'start': [0, 1], 'estimate': [5.6, 2.6]}"
            faults.add(name, "must be one number, or steps with start and estimate", cure)
            return one
        return np.zeros(1), np.atleast_1d(value)
    inside = Faults(name)
    table = Columns(ratio, inside)
    start = table.numbers("start", NONNEGATIVE)
    estimate = table.numbers("estimate", NONNEGATIVE)
    for fault in inside.found:
        faults.add(name, f"{fault.column}: {fault.problem}", fault.remedy, rows=fault.rows)
    if inside.found:
        return one
    if len(start) == 0 or start[0] != 0 or (np.diff(start) <= 0).any():
        faults.add(name, "its steps do not begin at 0 and rise", "Give start such as [0, 1]")
        return one
    return start, estimate


def read_before(before: Any, faults: Faults) -> tuple[float, float]:
    """Return ratio and years before the diagnosis that the accuracy's study counted too."""
    if before is None:
        return 1.0, 0.0
    pair = numbers(before, "before", NONNEGATIVE, faults)
    if pair.shape != (2,):
        faults.add("before", "must be a ratio and a number of years", "Such as (3.0, 2.0)")
        return 1.0, 0.0
    return float(pair[0]), float(pair[1])


def check_accuracy(engine: Engine, faults: Faults) -> str:
    """Note an accuracy that contradicts the model; where its own limits would fit, say so.

    Returns what is said where the nearest that is possible is taken; empty if nothing is.
    """
    said = ""
    rows = engine.rows
    p, m = rows.theta.shape[1], rows.logits.shape[1]
    error = np.sqrt(np.nan_to_num(np.diag(rows.spread)[p:]))
    signs = np.array([np.zeros(m), *product((-1.0, 1.0), repeat=m)])
    tried = replace(
        rows,
        theta=np.repeat(rows.theta[:1], len(signs), axis=0),
        logits=rows.logits[:1] + signs * REACH * error,
    )
    found = engine.positives(tried)
    of = {"the people with an excess cancer": found.excess[..., 0]}
    if m > 2:
        ends = np.append(0.0, engine.bands)
        of = {
            f"the people with an excess cancer at {ends[j]:g} to {ends[j + 1]:g} years": part
            for j, part in enumerate(np.moveaxis(found.excess[..., : m - 1], -1, 0))
        }
    for name, value in (of | {"the people without one": found.others}).items():
        off = ~((value[:, 0] >= -SLACK) & (value[:, 0] <= 1 + SLACK))
        if not off.any():
            continue
        k = int(np.flatnonzero(off)[0])
        problem = (
            f"{_in_words(engine)} contradict the model: {100 * value[k, 0]:.0f} % of {name} would "
            "be positive, since the study's cancers are partly ordinary ones"
        )
        near = np.isfinite(value[k]) & (value[k] >= 0) & (value[k] <= 1)
        # a proportion of 100 % is never known exactly
        whole = value[k, 0] > 1 and np.abs(rows.logits[0]).max() >= CERTAIN
        if whole or near.any() or (value[k].min() <= 0 and value[k].max() >= 1):
            said = (
                f"Taken at its value, {problem}. Its confidence limits allow "
                f"{100 * (value[k, 0] > 1):.0f} %, which is taken"
            )
        else:
            cure = "Check the window, the ratios, and whether cancers before diagnosis count too"
            faults.add("accuracy", problem, cure, rows=[k] if len(value) > 1 else ())
            break
    return said


def _in_words(engine: Engine) -> str:
    """Say the accuracy and the years for which it is meant."""
    *se, sp = (f"{100 / (1 + np.exp(-one)):.3g} %" for one in engine.rows.logits[0])
    window = min(float(engine.bands[-1]), engine.end - engine.marker_time)
    by_time = " by time" if len(se) > 1 else ""
    return (
        f"a sensitivity of {', '.join(se)}{by_time} and a specificity of {sp} over {window:g} years"
    )


def check_horizon(horizon: float, window: float | None, faults: Faults) -> tuple[float, float]:
    """Return horizon and the accuracy's window; each is NaN where it is at fault."""
    end = numbers(horizon, "horizon", POSITIVE, faults)
    if end.ndim:
        faults.add("horizon", "must be one number", "Ask for the longest; .at() takes several")
        return np.nan, np.nan
    if window is None:
        return float(end), float(end)
    own = numbers(window, "accuracy_window", POSITIVE, faults)
    return float(end), float(own) if own.ndim == 0 else np.nan


def read_marker(marker: Any, size: int, faults: Faults) -> NDArray[np.int64]:
    """Return 1, -1 or 0 for each person: positive, negative, not known."""
    several = isinstance(marker, Collection) and not isinstance(marker, str)
    given = list(marker) if several and np.ndim(marker) == 1 else [marker] * size
    known = [one is None or (isinstance(one, str) and one in SIGN) for one in given]
    wrong = [k for k, right in enumerate(known) if not right]
    if wrong:
        faults.add(
            "marker",
            f"{given[wrong[0]]!r} is not a marker result",
            "Write 'positive', 'negative' or None",
            rows=wrong if len(given) > 1 else (),
        )
    elif len(given) != size:
        faults.add("marker", f"{len(given)} results for {size} people", "Give one a person")
    if wrong or len(given) != size:
        return np.zeros(size, dtype=np.int64)
    return np.array([SIGN[one] for one in given], dtype=np.int64)


def check_covariates(at: Any, model: Any, source: Any, size: int, faults: Faults) -> None:
    """Note covariates that the model cannot take, that it lacks, or not one row a person."""
    if source is None:
        return
    if at is None:
        designs = (getattr(model, name, None) for name in _DESIGNS)
        wanted = {name for one in designs if one is not None for name in one.variables}
        if wanted:
            names = ", ".join(sorted(wanted))
            faults.add("covariates", f"the model depends on {names}", "Give them for each person")
        return
    if not hasattr(model, "cumulative_at"):
        faults.add("covariates", f"a {source.name} has no covariates", "Drop them")
    elif len(at) not in (1, size):
        problem = f"{len(at)} rows for {size} {'person' if size == 1 else 'people'}"
        faults.add("covariates", problem, "Give one row a person, or one for all")


def read_accuracy(accuracy: Any, level: float, faults: Faults) -> tuple[Vector, Vector]:
    """Return mean and covariance of the logits; NaN and zero without an accuracy.

    A covariance that nobody gave is NaN. Where few studies stand behind it, it is widened so that
    normal limits at the level are those of t.
    """
    if accuracy is None:
        return np.full(2, np.nan), np.zeros((2, 2))
    given = getattr(accuracy, "mean", None)
    mean = np.asarray(np.nan if given is None or callable(given) else given, dtype=np.float64)
    if mean.shape != (2,) or np.isnan(mean).any():
        faults.add(
            "accuracy",
            "has no sensitivity and specificity of one test",
            "Pass the accuracy of one test",
        )
        return np.full(2, np.nan), np.zeros((2, 2))
    own = getattr(accuracy, "mean_covariance", None)  # a regression's is of its coefficients
    covariance = np.array(accuracy.covariance if own is None else own, dtype=np.float64)
    covariance[~np.isfinite(covariance)] = np.nan
    wide = t_quantile(level, float(getattr(accuracy, "df", np.inf)))
    # with no degree of freedom left nothing is known of the uncertainty
    covariance *= np.square(wide / normal_quantile(level)) if np.isfinite(wide) else np.nan
    covariance[np.isinf(mean)] = np.nan  # of 100 % nothing is known on this scale
    return np.clip(mean, -CERTAIN, CERTAIN), covariance


def check_marker(logits: Vector, sign: NDArray[np.int64], faults: Faults) -> None:
    """Note a result that cannot be given to a risk."""
    if np.isnan(logits).any():
        faults.add("marker", "the risk was made without an accuracy", "Pass it to cancer_risk")
    elif sign.any():
        faults.add("marker", "a result is already given", "Start from the risk without one")


def settled(
    engine: Engine, interval: str, draws: int, rng: np.random.Generator, faults: Faults
) -> tuple[Engine, str, tuple[str, ...]]:
    """Return the engine, how limits are made, and what is to be said of the accuracy.

    On a bound differences see nothing of what lies behind it, so that draws make the limits.
    """
    said = check_accuracy(engine, faults)
    faults.raise_any()
    if not said or interval == "draws":
        return engine, interval, (said,) if said else ()
    return replace(engine, rows=engine.rows.drawn(draws, rng)), "draws", (said,)


def notes_of(
    accuracy: Any, window: float, before: tuple[float, float], interval: str, rng: Any
) -> tuple[str, ...]:
    """Return what is assumed of the accuracy and of chance."""
    said = []
    if accuracy is not None:
        counted = (
            f"and a ratio of {before[0]:g} over the {before[1]:g} years before it"
            if before[1]
            else "those before it left out"
        )
        said.append(
            f"Accuracy taken as that for cancers within {window:g} years after diagnosis, {counted}"
        )
    if interval == "draws" and rng is None:
        said.append(f"Draws from the stream of seed {SEED}")
    return tuple(said)
