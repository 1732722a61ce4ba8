"""From models of several distributions to one result: fits, weights, warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from scipy import special

from paraneo.errors import ConvergenceWarning, warn
from paraneo.gate.formulas import Design
from paraneo.numerics.arrays import Vector
from paraneo.results.coefficients import covariance_frame
from paraneo.results.convergence import Convergence
from paraneo.survival._spells import FollowUp

from ._average import (
    Component,
    Search,
    akaike_weights,
    belief,
    mixed_limits,
    share_limits,
    unconditional,
)
from ._occult_fit import CONFOUNDED, PERHAPS_NONE, fit_occult, profiled
from ._occult_likelihood import OccultModel
from ._units import back_from, in_standard_units, told, turned
from .occult_result import OccultCancer

#: Said of a distribution that is shown, but is no part of the average.
NEGLIGIBLE = "its weight is below 0.001: no limits were sought"


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What the caller asked for, besides the columns of times."""

    distribution: str
    interval: str
    level: float
    edges: Vector
    share: Design
    time: Design


def fitted(
    models: Sequence[OccultModel], people: FollowUp, excluded: pd.DataFrame, asked: Asked
) -> OccultCancer:
    """Fit each distribution, and average those with a weight."""
    rows = models[0].rows
    last = np.where(np.isnan(rows.upper), rows.exit, rows.upper)
    hit = rows.event | ~np.isnan(rows.upper)
    events = int(hit.sum())
    enough = [model for model in models if len(models) == 1 or model.size < events]
    enough = enough or [min(models, key=lambda model: model.size)]
    years = (np.quantile(last[hit], (0.25, 0.75)) if events else last[:1]).tolist()
    years.append(float(last.max()))
    shown = [_component(model, years, asked) for model in enough]
    weights = akaike_weights(
        [one.fit.log_likelihood for one in shown], [one.model.size for one in shown]
    )
    shown = [replace(one, weight=float(w)) for one, w in zip(shown, weights, strict=True)]
    if asked.interval == "profile":
        shown = [_with_limits(one, asked, alone=len(shown) == 1) for one in shown]
    used = [one for one in shown if one.weight > 0] or [replace(shown[0], weight=1.0)]
    limits = _share_limits(used, asked)
    how = _convergence(used, limits, asked)
    few = [model.distribution.word for model in models if model not in enough]
    fits = _fits(shown, few, models, asked)
    result = _result(used, fits, limits, how, people, excluded, asked, events, float(last.max()))
    _warn(result, few)
    return result


def _component(model: OccultModel, years: Sequence[float], asked: Asked) -> Component:
    names = (
        *("logit_share" if n == "Intercept" else f"logit_share:{n}" for n in asked.share.columns),
        *model.distribution.names,
        *(f"log_scale:{n}" for n in asked.time.columns if n != "Intercept"),
        *(("logit_before",) if model.before is not None else ()),
    )
    standard = in_standard_units(model)
    single = asked.share.spec is None
    found = fit_occult(standard, names, years, asked.level, single=single)
    back = back_from(model)
    own = told(found, back)
    return Component(names, model, own, 0.0, Search(standard, found, back))


def _with_limits(one: Component, asked: Asked, *, alone: bool) -> Component:
    """Return a distribution with profile limits; one without a weight has none, and says so."""
    if alone or one.weight > 0:
        return _profiled(one, asked)
    if not one.fit.convergence.reached:
        return one
    none = np.full(one.model.size, np.nan)
    how = replace(one.fit.convergence, note=NEGLIGIBLE)
    return replace(one, fit=replace(one.fit, lower=none, upper=none, convergence=how))


def _profiled(one: Component, asked: Asked) -> Component:
    model, fit, back = one.search.model, one.search.fit, one.search.back
    single = asked.share.spec is None
    found = profiled(model, fit, asked.level, single=single, turn=partial(turned, back))
    scale = np.diag(back)
    own = replace(
        one.fit,
        lower=scale * found.lower,
        upper=scale * found.upper,
        convergence=found.convergence,
    )
    return replace(one, fit=own)


def _share_limits(used: Sequence[Component], asked: Asked) -> tuple[float, float]:
    """Return limits of the logit of the one share; under a formula they are not asked for."""
    own = [(float(one.fit.lower[0]), float(one.fit.upper[0])) for one in used]
    if len(used) == 1 or asked.share.spec is not None:
        return own[0]
    weights = [one.weight for one in used]
    if asked.interval == "profile":
        profiles = [one.search.fit.share_profile(one.search.model) for one in used]
        return share_limits(profiles, weights, own, asked.level)
    beliefs = []
    for one, ends in zip(used, own, strict=True):
        logit, error = one.fit.theta[:1], np.sqrt(one.fit.covariance[0, :1])
        beliefs.append(belief(logit, error, asked.level, ends if np.isinf(logit[0]) else None))
    low, high = mixed_limits(beliefs, weights, asked.level)
    return float(low[0]), float(high[0])


def _convergence(
    used: Sequence[Component], limits: tuple[float, float], asked: Asked
) -> Convergence:
    """Return how the searches ended, with what the averaged limits say."""
    if len(used) == 1:
        return used[0].fit.convergence
    each = [one.fit.convergence for one in used]
    held = [
        f"{name} ({one.distribution.word})"
        for one in used
        for name in one.fit.convergence.at_boundary
    ]
    notes = []
    if asked.share.spec is None and asked.interval == "profile":
        ends = (PERHAPS_NONE, np.isneginf(limits[0])), (CONFOUNDED, np.isposinf(limits[1]))
        notes = [text for text, true in ends if true]
    return Convergence(
        True,
        max(one.iterations for one in each),
        max(one.largest_gradient for one in each),
        tuple(held),
        "; ".join(notes),
    )


def _fits(
    shown: Sequence[Component], few: Sequence[str], models: Sequence[OccultModel], asked: Asked
) -> pd.DataFrame:
    """Return one row a distribution, also of those that were not fitted."""
    rows = []
    for one in shown:
        fit, size = one.fit, one.model.size
        shares = special.expit([fit.theta[0], fit.lower[0], fit.upper[0]])
        known = shares if asked.share.spec is None else np.full(3, np.nan)
        height = fit.log_likelihood
        note = fit.convergence.note
        word = one.distribution.word
        rows.append((word, *known, height, size, 2 * (size - height), one.weight, note))
    sizes = {model.distribution.word: model.size for model in models}
    why = "as many parameters as events, or more"
    rows += [(word, *np.full(4, np.nan), sizes[word], np.nan, 0.0, why) for word in few]
    columns = [
        "distribution", "estimate", "lower", "upper", "log_likelihood", "parameters", "aic",
        "weight", "note",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _result(
    used: Sequence[Component],
    fits: pd.DataFrame,
    limits: tuple[float, float],
    how: Convergence,
    people: FollowUp,
    excluded: pd.DataFrame,
    asked: Asked,
    events: int,
    follow_up: float,
) -> OccultCancer:
    first = used[0]
    names, weights = first.names, np.empty(0)
    parts = [one.fit for one in used]
    covariance = first.fit.covariance
    if len(used) > 1:
        words = [one.distribution.word for one in used]
        names = (
            *(f"weight of {word}" for word in words),
            *(f"{w}: {n}" for w, one in zip(words, used, strict=True) for n in one.names),
        )
        weights = np.array([one.weight for one in used])
        covariance = unconditional(used)
    none = np.full(len(weights), np.nan)
    return OccultCancer(
        names=names,
        parameters=np.concatenate([weights, *(fit.theta for fit in parts)]),
        covariance=covariance_frame(names, covariance),
        log_likelihood=max(fit.log_likelihood for fit in parts),
        convergence=how,
        level=asked.level,
        interval=asked.interval,
        n=len(first.model.rows.exit),
        events=events,
        excluded=excluded,
        _lower=np.concatenate([none, *(fit.lower for fit in parts)]),
        _upper=np.concatenate([none, *(fit.upper for fit in parts)]),
        _effects=np.array([":" in n for n in [*("" for _ in weights), *_own_names(used)]]),
        distribution=asked.distribution,
        fits=fits,
        edges=asked.edges,
        follow_up=follow_up,
        _components=tuple(used),
        _share_limits=limits,
        _people=people,
        _share_design=asked.share,
        _time_design=asked.time,
    )


def _own_names(used: Sequence[Component]) -> list[str]:
    return [name for one in used for name in one.names]


def _warn(result: OccultCancer, few: Sequence[str]) -> None:
    """Warn where there is no optimum, where the share is on a bound, or follow-up too short."""
    how, said = result.convergence, []
    if not how.reached or how.at_boundary:
        said.append(f"the fit {how}")
    if few:
        events = (
            f"{result.events} event is" if result.events == 1 else f"{result.events} events are"
        )
        said.append(f"{events} too few for the distributions {', '.join(few)}")
    if how.reached and not result.follow_up_suffices:
        found = result.tests()
        said.append(
            f"follow-up of {result.follow_up:.3g} years may be too short to tell a share: the "
            f"model has {100 * found['statistic'][3]:.0f}% of the occult cancers undetected then "
            f"(Maller and Zhou's test that it is too short: p = {found['p_value'][0]:.2g})"
        )
    if said:
        warn("; ".join(said), ConvergenceWarning)
