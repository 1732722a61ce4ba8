"""Cox regression of a cause-specific hazard, its baseline left free."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from paraneo.errors import Faults
from paraneo.gate.arguments import POSITIVE, check_option
from paraneo.gate.events import Events
from paraneo.gate.formulas import Design, design
from paraneo.gate.groups import read_groups
from paraneo.gate.tables import Columns, as_names
from paraneo.gate.verbs import verb
from paraneo.results.coefficients import covariance_frame
from paraneo.survival.left_out import ZeroTime, with_time
from paraneo.survival.records import check_rows_of_people, read_ids
from paraneo.survival.risk_sets import Index, People

from ._cox_after import Model
from ._cox_fit import Estimates, Search, by_cluster, estimates
from ._cox_likelihood import Setting, log_likelihood, penalised, residuals, setting
from .classical import read_followed_up
from .cox_result import CoxRegression

TIES = ("efron", "breslow", "exact")
PENALTIES = ("firth",)
INTERVALS = ("wald", "profile")


@verb
def cox_regression(
    data: Any,
    *,
    exit: str,  # noqa: A002
    event: str,
    formula: str,
    entry: str | None = None,
    origin: str | None = None,
    id: str | None = None,  # noqa: A002
    cause: Any = 1,
    competing: Any = None,
    censored: Any = 0,
    zero_time: ZeroTime = "exclude",
    strata: str | Sequence[str] = (),
    weights: str | None = None,
    cluster: str | Sequence[str] = (),
    ties: Literal["efron", "breslow", "exact"] = "efron",
    penalty: Literal["firth"] | None = None,
    interval: Literal["wald", "profile"] = "wald",
    level: float = 0.95,
) -> CoxRegression:
    r"""Fit a Cox model of the cause-specific hazard.

    The hazard of a person is :math:`\lambda_0(t) \exp(x\beta)`, its baseline left free, with a
    baseline of its own in each stratum.

    Parameters
    ----------
    data, exit, event, entry, origin, cause, competing, censored, zero_time, level
        As in `cumulative_incidence`. Everything but ``cause`` is censoring here.
    id : str, optional
        Column that tells whose row it is where covariates change over time: the rows of a person,
        each from its ``entry`` to its ``exit``, must not overlap.
    formula : str
        Of the covariates, one-sided, such as ``"~ age + C(marker)"``.
    strata : str or sequence of str
        Columns whose values make strata.
    weights : str, optional
        Column of weights, above 0. Whole numbers count people; others, such as inverse
        probabilities, make the covariance robust.
    cluster : str or sequence of str
        Columns that tell which rows belong together: the covariance is then the robust one
        (Lin and Wei 1989).
    ties : {"efron", "breslow", "exact"}
        How events at one time are taken. "exact": that time is discrete, so that the odds of the
        event are proportional (Cox 1972); its work grows with the events tied at a time.
    penalty : {"firth"}, optional
        Half the log determinant of the information is added to the log-likelihood, which takes
        away the bias of first order, and gives a finite estimate where a covariate separates
        those with events from those without. Take interval="profile" with it. Log-likelihoods
        are those of covariates scaled to a standard deviation of 1.
    interval : {"wald", "profile"}
        How the limits are made. An estimate that is infinite always has its one limit by profile
        likelihood.

    Returns
    -------
    CoxRegression

    Raises
    ------
    TableError
        For faults of columns and rows.

    Warns
    -----
    ConvergenceWarning
        Where a covariate separates those with events from those without, so that its log hazard
        ratio is infinite, or where nothing can be estimated, as without events.

    References
    ----------
    Cox DR (1972). J R Stat Soc B 34:187-220.
    https://doi.org/10.1111/j.2517-6161.1972.tb00899.x
    Efron B (1977). J Am Stat Assoc 72:557-565. https://doi.org/10.1080/01621459.1977.10480613
    Lin DY, Wei LJ (1989). J Am Stat Assoc 84:1074-1078.
    https://doi.org/10.1080/01621459.1989.10478874
    Heinze G, Schemper M (2001). Biometrics 57:114-119, for Firth's penalty.
    https://doi.org/10.1111/j.0006-341X.2001.00114.x

    Examples
    --------
    >>> people = {"years": [1, 2, 3, 4, 5, 6], "what": [1, 1, 1, 0, 1, 0]}
    >>> people["marker"] = [1, 0, 1, 0, 1, 0]
    >>> fit = cox_regression(people, exit="years", event="what", formula="~ marker")
    >>> fit.coefficients[["term", "estimate", "ratio"]].round(2)
         term  estimate  ratio
    0  marker      1.21   3.35
    """
    faults = Faults("the table of follow-up")
    source, left = with_time(
        Columns(data, faults), zero_time, begin=entry or origin, exit_column=exit, event=event,
        events=Events(cause, competing, censored), at_zero=entry is None,
    )  # fmt: skip
    made = design(source, formula)
    check_option(ties, TIES, "ties", faults)
    check_option(interval, INTERVALS, "interval", faults)
    if penalty is not None:
        check_option(penalty, PENALTIES, "penalty", faults)
    if ties == "exact":
        _only_plain(weights, cluster, penalty, faults)
    groups, stratum = read_groups(source, strata)
    weight = np.ones(source.length) if weights is None else source.numbers(weights, POSITIVE)
    together = read_groups(source, cluster)[1] if len(cluster) else None
    who = None if id is None else read_ids(source, id)
    if together is None and (weight % 1.0).any():
        together = np.arange(source.length) if who is None else who
    records = read_followed_up(
        data, exit=exit, event=event, entry=entry, origin=origin, cause=cause,
        competing=competing, censored=censored, level=level, faults=faults,
        clusters=[*as_names(cluster), *as_names(id)], source=source,
    )  # fmt: skip
    made = faults.checked(made)
    people = records.people[0]
    if who is not None:
        begin = np.zeros(source.length) if people.entry is None else people.entry
        check_rows_of_people(source, who, begin, people.exit, people.cause)
    terms = terms_of(made, faults)
    faults.raise_any()
    x = made.matrix[:, [made.columns.index(term) for term in terms]]
    at = setting(people, stratum, weight, ties)
    search = Search(
        x, float(weight[at.died].sum()), lambda z, b: log_likelihood(z, at, b),
        (lambda z, b: penalised(z, at, b)) if penalty else None,
    )  # fmt: skip
    influence = None
    if together is not None:
        influence = by_cluster(lambda z, b: residuals(z, at, b), together)
    found = estimates(search, terms, influence, interval, level)
    return CoxRegression(
        found.table(terms), covariance_frame(terms, found.covariance), found.log_likelihood,
        found.null, found.convergence, ties, interval, level, source.length,
        int(people.cause.sum()), found.score,
        _model(search, found, at, people, stratum), made, groups, left,
    )  # fmt: skip


def _model(search: Search, found: Estimates, at: Setting, people: People, stratum: Index) -> Model:
    """Return what predictions and tests need; tied times by Breslow where they were exact."""
    if at.tied is not None:
        at = setting(people, stratum, at.weight, "breslow")
    scaled = found.covariance * np.outer(search.spread, search.spread)
    return Model(search.x, at, people, stratum, found.point, scaled, search.centre, search.spread)


def _only_plain(
    weights: str | None, cluster: str | Sequence[str], penalty: str | None, faults: Faults
) -> None:
    for name, given in (("weights", weights), ("cluster", cluster), ("penalty", penalty)):
        if given:
            faults.add(name, "exact ties do not support it", "Take ties='efron', or leave it out")


def terms_of(made: Design, faults: Faults) -> list[str]:
    """Return the columns of a design but its intercept, for which the baseline stands."""
    terms = [name for name in made.columns if name != "Intercept"]
    if not terms:
        faults.add("formula", "it has no covariate", "Write such as '~ age'")
    return terms
