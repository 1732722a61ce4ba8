"""Meta-analysis of the ratios of several studies."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from paraneo.errors import ConvergenceWarning, Faults, warn
from paraneo.gate.arguments import check_level, check_option
from paraneo.gate.formulas import Design, design
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Limits
from paraneo.numerics.random_effects import Between
from paraneo.results.coefficients import covariance_frame
from paraneo.results.estimate import Estimate

from ._pooled_frames import coefficients, ratios_at, study_frame
from ._pooling import Pooled, pool_normal, pool_poisson
from ._study_counts import (
    PublishedInterval,
    Studies,
    StudyColumns,
    level_of,
    read_studies,
    study_table,
)
from ._study_notes import note_cases, note_labels, note_too_few
from .pooled_result import PooledRatios

Model = Literal["poisson", "normal"]
Test = Literal["z", "t", "hk", "hk-bounded"]
Prediction = Literal["test", "higgins"]
_TESTS = {"z": "z", "t": "t", "hk": "Hartung-Knapp", "hk-bounded": "Hartung-Knapp, bounded"}


@verb
def pooled_ratios(
    studies: Any,
    *,
    model: Model = "poisson",
    tau: Between = "reml",
    test: Test | None = None,
    formula: str | None = None,
    prediction: Prediction = "test",
    study: str = "study",
    observed: str | None = "observed",
    expected: str | None = "expected",
    ratio: str | None = "sir",
    lower: str | None = "ci_low",
    upper: str | None = "ci_high",
    published_interval: PublishedInterval = "closest",
    published_level: float | None = None,
    nodes: int | None = None,
    level: float = 0.95,
) -> PooledRatios:
    r"""Pool standardised incidence ratios, or rates, of several studies.

    The studies' log ratios lie around their mean :math:`x\beta` with variance
    :math:`\tau^2`. Either the counts are Poisson given the study's own ratio,

    .. math:: O_i \sim \mathrm{Poisson}(E_i \exp(x_i\beta + u_i)), \quad
        u_i \sim N(0, \tau^2),

    or the observed log ratios are normal,
    :math:`\log(O_i/E_i) \sim N(x_i\beta, \tau^2 + 1/O_i)`. The first is right for small
    counts and includes zero-event studies without correction; the second is what most published
    meta-analyses did.

    Parameters
    ----------
    studies : frame, mapping, or a result such as `IncidenceRatios`
        A row a study. Of what a row holds, the first that suffices is used: observed and
        expected; observed and ratio; expected and ratio; ratio and confidence limits.
    model : {"poisson", "normal"}
        The Poisson model is fitted by maximum likelihood, its integrals by adaptive
        Gauss-Hermite quadrature. In simulation its confidence intervals cover 92 % and more
        everywhere; at one expected case a study the normal model's ratio is too high by 15 to 40 %.
    tau : {"reml", "ml", "pm", "dl", "he", "sj", "eb", "common"}
        How the normal model estimates τ²: restricted or full maximum likelihood,
        Paule-Mandel, DerSimonian-Laird, Hedges, Sidik-Jonkman, empirical Bayes (which
        equals Paule-Mandel). The Poisson model does not use these. ``"common"`` holds τ² at 0 in
        both models: one ratio for all studies, with normal limits unless ``test`` is given.
    test : {"z", "t", "hk", "hk-bounded"}, optional
        Left out, ``"t"`` in the Poisson model and ``"hk-bounded"`` in the normal one, as the
        study ``pooled_ratios`` in docs/explanation/coverage.md chose: with 3 to 5 studies that
        differ (τ of 0.5), normal intervals (``"z"``) cover 76 to 89 % in simulation and those
        of t, with k - p degrees of freedom, 92 to 98 %. Hartung and Knapp's ``"hk"`` takes that
        t and a standard error whose square is scaled by Σw(y - xβ)²/(k - p), which
        ``"hk-bounded"`` never lets fall below 1; both belong to the normal model.
    formula : str, optional
        Covariates of studies, as in ``"~ population"`` for subgroups that share one τ².
    prediction : {"test", "higgins"}
        Quantile of the prediction interval: that of the test, or t with k - p - 1 degrees
        of freedom, which is infinitely wide where they are 0. With 3 to 5 studies that
        differ, 95 % intervals by the normal distribution hold 67 to 90 % of further studies in
        simulation, those of ``"higgins"`` 85 to 100 %.
    study, observed, expected, ratio, lower, upper : str
        Columns: label, cases, expected cases (or person-years; the ratio is then a rate),
        ratio and its confidence limits. Those left at their names need not exist; where
        "sir", "ci_low" or "ci_high" does not, "estimate", "lower" or "upper" is read, as our
        own results have them. None ignores a column.
    published_interval : {"closest", "exact", "log-wald"}
        How published intervals were made, where the count has to be recovered from them.
        "closest" takes for each row the one of the two that gives the printed limits best.
    published_level : float, optional
        Of the published intervals; left out, that of a result, and 0.95 for a table.
    level : float
        Of the intervals returned.
    nodes : int, optional
        Quadrature nodes; left out, as many as leave the log-likelihood unchanged to 1e-8.

    Returns
    -------
    PooledRatios

    Raises
    ------
    TableError
        Naming every fault at once: fewer studies than the model needs, a study named twice,
        counts not whole, limits in the wrong order, rows with too little information, covariates
        that are constant or collinear, no case at all, or none where a covariate sets
        studies apart; in the normal model any study without a case.

    Warns
    -----
    ConvergenceWarning
        When no optimum was found; estimates are then NaN.

    Notes
    -----
    Counts recovered from log-Wald intervals are fractional; for the Poisson model they are
    rounded, to 1 at least. Where studies agree more closely than chance would have it,
    Hartung and Knapp's intervals can be narrower than those of a common ratio, which
    ``"hk-bounded"`` prevents (Röver, Knapp and Friede 2015). Changing the unit of
    ``expected`` scales the ratio and nothing else.

    References
    ----------
    Stijnen T, Hamza TH, Özdemir P. Stat Med 2010;29:3046-3067. doi:10.1002/sim.4040.
    DerSimonian R, Laird N. Control Clin Trials 1986;7:177-188.
    doi:10.1016/0197-2456(86)90046-2.
    Viechtbauer W. J Educ Behav Stat 2005;30:261-293. doi:10.3102/10769986030003261.
    Viechtbauer W. Stat Med 2007;26:37-52 (Q-profile). doi:10.1002/sim.2514.
    Hartung J, Knapp G. Stat Med 2001;20:3875-3889. doi:10.1002/sim.1009.
    Röver C, Knapp G, Friede T. BMC Med Res Methodol 2015;15:99.
    doi:10.1186/s12874-015-0091-1.
    Higgins JPT, Thompson SG, Spiegelhalter DJ. J R Stat Soc A 2009;172:137-159.
    doi:10.1111/j.1467-985X.2008.00552.x.

    Examples
    --------
    >>> table = {"study": ["A", "B", "C", "D"], "observed": [12, 20, 7, 33],
    ...          "expected": [6.7, 18.3, 2.1, 20.5]}
    >>> pooled_ratios(table).estimate
    1.53 (95% CI 0.964 to 2.42, Poisson-normal, t)

    The normal model gives small studies with many cases more weight than they deserve:

    >>> pooled_ratios(table, model="normal", test="hk").estimate
    1.67 (95% CI 0.858 to 3.25, normal, REML, Hartung-Knapp)
    """
    faults = Faults("the table of studies")
    source = Columns(study_table(studies), faults)
    names = StudyColumns(study, observed, expected, ratio, lower, upper)
    if test is None:
        test = "z" if tau == "common" else "hk-bounded" if model == "normal" else "t"
    _check_options(faults, model=model, tau=tau, test=test, prediction=prediction)
    check_level(level, faults)
    if nodes is not None and (isinstance(nodes, bool) or nodes != int(nodes) or nodes < 1):
        faults.add("nodes", f"{nodes!r} is not a whole number of 1 or more", "Give one such as 15")
    read = read_studies(
        source,
        names,
        rule=published_interval,
        published_level=level_of(studies, published_level),
        whole=model == "poisson",
    )
    columns = design(source, formula)
    note_labels(source, study, read)
    if columns is not None:
        note_too_few(source, columns)
    if not faults.found and columns is not None:
        note_cases(source, names, read, columns, model)
    columns = faults.checked(columns)
    if model == "poisson":
        given = read.observed, read.expected, columns.standardised()[0]
        pooled = pool_poisson(*given, nodes, level, test=test, common=tau == "common")
    else:
        y, v = np.log(read.observed / read.expected), 1.0 / read.observed
        pooled = pool_normal(y, v, columns.standardised()[0], tau=tau, test=test, level=level)
    asked = _Asked(model, tau, test, prediction, level)
    return _labelled(source, read, columns, pooled, asked)


class _Asked(NamedTuple):
    model: str
    tau: Between
    test: str
    prediction: str
    level: float


def _check_options(faults: Faults, *, model: str, tau: str, test: str, prediction: str) -> None:
    check_option(model, get_args(Model), "model", faults)
    check_option(tau, get_args(Between), "tau", faults)
    check_option(prediction, get_args(Prediction), "prediction", faults)
    known = check_option(test, get_args(Test), "test", faults)
    if known and test.startswith("hk") and model == "poisson":
        faults.add(
            "test",
            "Hartung and Knapp's test belongs to the normal model",
            "Write model='normal', or test='t'",
        )


def _labelled(
    source: Columns, read: Studies, columns: Design, pooled: Pooled, asked: _Asked
) -> PooledRatios:
    if not pooled.convergence.reached:
        lost = np.full_like(pooled.mean, np.nan)
        pooled = pooled._replace(mean=lost, tau2=float("nan"))
        warn(str(pooled.convergence), ConvergenceWarning)
    poisson, level = asked.model == "poisson", asked.level
    spare = len(read.label) - len(columns.columns)
    df = spare - 1.0 if asked.prediction == "higgins" else pooled.df
    matrix, back = columns.standardised()
    own = pooled._replace(
        mean=back @ pooled.mean, covariance=back @ pooled.covariance @ back.T
    )  # of the covariates as they are
    centre = matrix.mean(axis=0, keepdims=True)
    at = ratios_at(pooled, centre, df, level).iloc[0]
    error = float(np.sqrt(centre[0] @ pooled.covariance @ centre[0]))
    method = f"{_model_words(asked.model, asked.tau)}, {_TESTS[asked.test]}"
    return PooledRatios(
        studies=study_frame(source, read, columns, pooled, poisson=poisson, level=level),
        estimate=Estimate(at["estimate"], at["lower"], at["upper"], error, level, method),
        tau2=Estimate(
            pooled.tau2,
            *pooled.tau2_limits,
            level=level,
            method="held at 0"
            if asked.tau == "common"
            else ("profile likelihood" if poisson else "Q-profile"),
        ),
        prediction=Limits(at["prediction_lower"], at["prediction_upper"]),
        heterogeneity=pooled.heterogeneity,
        log_likelihood=pooled.log_likelihood,
        coefficients=coefficients(columns, own, level),
        covariance=covariance_frame(columns.columns, own.covariance),
        convergence=pooled.convergence,
        model=asked.model,
        tau="ml" if poisson and asked.tau != "common" else asked.tau,
        test=asked.test,
        level=level,
        _design=columns,
        _pooled=pooled,
        _prediction_df=df,
    )


def _model_words(model: str, tau: str) -> str:
    if tau == "common":
        return "Poisson, common ratio" if model == "poisson" else "normal, common ratio"
    return "Poisson-normal" if model == "poisson" else f"normal, {tau.upper()}"
