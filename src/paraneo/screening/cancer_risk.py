"""Absolute risk of cancer after an index disease, from a model and the population's rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import check_rng
from paraneo.gate.verbs import verb
from paraneo.rates import RateTable

from ._engine import Engine, Later, with_bands
from ._people import before_diagnosis, grid_of, read_people
from ._risk_arguments import (
    check_covariates,
    check_horizon,
    check_options,
    notes_of,
    read_before,
    read_marker,
    read_mortality_ratio,
    settled,
)
from ._sources import as_source, people
from ._study_accuracy import study_accuracy, window_of
from ._uncertainty import uncertainty_of
from .risk import CancerRisk

#: Width in years of the pieces of a smooth model beyond what is asked of it.
LATER = 0.25


@verb
def cancer_risk(
    model: Any,
    *,
    age: ArrayLike,
    year: ArrayLike,
    rates: RateTable,
    mortality: RateTable,
    horizon: float,
    cancer_mortality: RateTable | None = None,
    sex: Any = None,
    groups: Mapping[str, Any] | None = None,
    covariates: Any = None,
    accuracy: Any = None,
    marker: Any = None,
    accuracy_window: float | None = None,
    sensitivity_by_time: Any = None,
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
        excess hazard per year, may stand in place of ``estimate``. A band without a cancer, 0
        with an upper limit, makes the limits come from draws.
    age, year : number or array
        Exact age and calendar year at diagnosis, such as 43.0 and 2014.5; one or one a
        person.
    rates, mortality : RateTable
        Cancer rates and mortality of the population.
    horizon : float
        Years since diagnosis, above 0.
    cancer_mortality : RateTable, optional
        That part of ``mortality`` which is death from the cancer. Whoever dies of it was
        diagnosed first, so that it does not compete; left out, all of ``mortality`` does, which
        counts these deaths twice.
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
    sensitivity_by_time : table, optional
        Of those studies, where it varies with time: ``start``, ``end`` (years after the marker,
        from 0 to the end of the window), ``estimate`` and, where they are known, ``lower`` and
        ``upper`` at ``level``. It takes the place of the accuracy's sensitivity.
    before : pair of float, optional
        Where those studies also counted cancers before the diagnosis: the ratio to the
        population's rate then, and over how many years, such as ``(3.0, 2.0)``. Left out,
        cancers after the diagnosis alone are taken to stand behind the accuracy.
    mortality_ratio : float or table
        By how much the disease multiplies the population's mortality from other causes; steps in
        time are a table of ``start`` (years since diagnosis, from 0 on) and ``estimate``.
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
    population's hazard, up to the model's end, whatever the horizon) a proportion s is positive,
    of the others f; ordinary cancers know nothing of it. An occult-cancer model holds all of its
    cancers; a table or fit ends with its data; one that is open ends after 10 years, at its last
    edge or with the accuracy's window if they are later, and its excess after that is the same for
    both. Where a table of rates ends before the model does, its last rate stands in for what
    is still to come. Both are solved from sensitivity and specificity, which
    are of all first cancers within the window. So a negative result takes nobody below the
    population's hazard, nothing jumps where a study ended, and the groups mix back to the whole.
    With ``sensitivity_by_time`` there is an s for each band, the last of which goes on after it;
    the hazards then step where a band ends, and mix back all the same.
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
    end = check_horizon(horizon, window_of(sensitivity_by_time, accuracy_window), faults)
    source = as_source(model, max(end), faults) if not faults.found else None
    if source is not None and max(end) > source.known_to * (1 + 1e-12):
        name = "horizon" if end[0] > source.known_to * (1 + 1e-12) else "accuracy_window"
        problem = f"the model supports predictions up to {source.known_to:g} years"
        faults.add(name, problem, f"Ask for {source.known_to:g} years at most")
    who = read_people(age, sex, year, dict(groups or {}), faults)
    sign = read_marker(marker, len(who[0]), faults)
    sure = level if not faults.found else 0.95
    study = study_accuracy(accuracy, sensitivity_by_time, end[1], sure, faults)
    if sign.any() and accuracy is None:
        faults.add("marker", "requires an accuracy", "Pass accuracy=")
    grid, at = None, people(covariates, "covariates")
    check_covariates(at, model, source, len(who[0]), faults)
    if source is not None:
        grid = grid_of(who, rates, mortality, source, dying, faults, cancer_deaths=cancer_mortality)
    source, grid = faults.checked(source), faults.checked(grid)
    until = source.marked_until(end[1])
    later = None
    if accuracy is not None and max(end) < until < np.inf:
        more = faults.checked(as_source(model, until, faults, step=LATER))
        span = grid_of(who, rates, mortality, more, dying, faults, start=max(end))
        later = Later(faults.checked(span), more)
    engine = Engine(
        grid=grid if estimand == "crude" else grid._replace(death=np.zeros_like(grid.death)),
        source=source,
        at=at,
        sign=sign,
        marker_time=0.0,
        bands=study.bands,
        before=before_diagnosis(who, rates, earlier, faults),
        marked_until=until,
        later=later,
        rows=uncertainty_of(source, study.logits, study.spread, interval, draws, stream),
    )
    engine = with_bands(engine, 0.0)
    faults.raise_any()
    made, said = str(interval), tuple[str, ...]()
    if source.none_seen and interval == "delta" and not engine.rows.unknown:
        # a band without a cancer can only have more: differences around 0 see nothing of it
        engine, made = replace(engine, rows=engine.rows.drawn(draws, stream)), "draws"
    if sign.any():
        engine, made, said = settled(engine, made, draws, stream, faults)
    return CancerRisk(
        horizon=end[0],
        cancer_free_for=0.0,
        estimand=estimand,
        level=float(level),
        interval=made,
        size=len(who[0]),
        engine=engine,
        notes=(
            *notes_of(accuracy, end[1], earlier, made, rng),
            *((_of_end(who, rates, until),) if accuracy is not None else ()),
            *said,
        ),
    )


def _of_end(who: tuple[Any, ...], rates: RateTable, until: float) -> str:
    """Say up to when the excess is the marker's, and what is taken for rates until then."""
    if np.isinf(until):
        return "The marker's excess is all that the model holds"
    age, year, _ = who
    ends = ((age, rates.age_edges), (year, rates.period_edges))
    beyond = any(len(edges) and (at + until > edges[-1]).any() for at, edges in ends)
    last = ", with the last rates of the table beyond its end" if beyond else ""
    return f"The marker's excess taken to end {until:g} years after diagnosis{last}"
