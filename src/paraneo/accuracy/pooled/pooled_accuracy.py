"""Pooling the accuracy of a test over studies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level, check_option
from paraneo.gate.frames import Table
from paraneo.gate.verbs import verb

from ._pooling import Fitted, Method, Model, Problem, Structure, fit_problem
from ._pooling_input import OUTCOMES, Correction, corrected, read_studies
from .pooled_result import PooledAccuracy, made_of

Test = Literal["z", "t"]
#: A linear predictor (logits) beyond which no finite estimate is believed, and its error.
TOO_FAR, TOO_VAGUE = 25.0, 100.0
MOST_NODES = 255


@verb
def pooled_accuracy(
    studies: Table,
    *,
    model: Model = "binomial",
    method: Method = "ml",
    formula: str | Mapping[str, str] | None = None,
    nodes: int = 15,
    settle: float | None = 1e-5,
    structure: Structure = "ladder",
    correction: Correction | None = None,
    test: Test = "t",
    level: float = 0.95,
    tp: str = "tp",
    fp: str = "fp",
    fn: str = "fn",
    tn: str = "tn",
    study: str = "study",
) -> PooledAccuracy:
    r"""Pool the accuracy of a test over studies by a bivariate random-effects model.

    The true (logit Se, logit Sp) of study i is normal about a mean μ (or Xᵢβ, with
    covariates) with covariance Σ. In the binomial model tp and tn are binomial given
    these; the integral over them is taken by two-dimensional adaptive Gauss–Hermite
    quadrature. In the normal model the empirical logits are normal about them with
    known variances 1/tp + 1/fn and 1/tn + 1/fp.

    Parameters
    ----------
    studies : frame or mapping
        One row a study; or one a study and test, where the formula holds the column of tests. In
        the binomial model rows of one study share its random effects (Takwoingi et al. 2017,
        Cochrane handbook of accuracy reviews 10.5), and a study with people of one side alone
        counts for that side.
    model : {"binomial", "normal"}, default "binomial"
        The binomial one is exact and needs no correction of zero cells. In simulation the normal
        one draws logits toward one half, by 0.14 to 0.28 at 40 people a study, so that with 40
        studies its 95% CI of specificity covers 51%; that of the binomial one covers 95%.
    method : {"ml", "reml"}, default "ml"
        Maximum likelihood; or restricted, for the normal model.
    formula : str or mapping, optional
        Covariates of both outcomes, ``"assay + year"``, or of each,
        ``{"sensitivity": "assay", "specificity": "1"}``.
    nodes : int
        Quadrature nodes a dimension, from 1 (Laplace's approximation, left as it is)
        to 255, doubled until the log-likelihood no longer moves.
    settle : float or None
        By how little, in units of the log-likelihood; None takes ``nodes`` as given.
    structure : {"ladder", "unstructured", "independent", "sensitivity", "specificity", "fixed"}
        Of Σ. ``ladder`` begins unstructured. Where the correlation lies on its bound of ±1 it is
        kept (``shared``) if there are ten studies or more or the likelihood ratio against
        independent effects is above 2.71, and dropped if not; the other fit is printed too.
        Each random effect whose variance is 0 is dropped. ``.structure`` and
        ``.convergence`` say which was taken. The others are taken as named.
    correction : {"none", "single", "all"}, optional
        For zero cells in the normal model, which has no logit for them: 0.5 added to the
        four cells of the studies with a zero, or of all studies if one has a zero.
    test : {"t", "z"}, default "t"
        Limits from t with as many degrees of freedom as there are studies, less the columns of
        an outcome's design (one less for prediction), as the study ``accuracy_meta_analysis`` in
        docs/explanation/coverage.md chose: with 5 studies that differ, normal limits (``"z"``,
        those of other programs) cover 84 to 92% in simulation and those of t 93 to 97%.
        Predictive values made of the result use the same distribution, and its ``.df``.
    level : float
        Of the two-sided confidence intervals, in (0, 1).
    tp, fp, fn, tn, study : str
        Names of the columns. Without a column ``study`` the rows are numbered from 1.

    Returns
    -------
    PooledAccuracy

    Raises
    ------
    TableError
        Naming every fault at once: fewer than two studies with, or without, the condition,
        doubled labels that no category of the formula distinguishes, counts that are negative or
        not whole, zero cells in the normal model without a correction, covariates that are
        constant, collinear or too many, and models whose likelihood has no finite optimum.

    Notes
    -----
    An outcome in which every study has only right answers is estimated as 1 with the
    exact limit of all people taken as one sample. Where every study has all or none right,
    the likelihood is greatest as the between-study variance goes to infinity: a study's own
    proportion is then 0 or 1, and each study is one draw of that, whatever its size. What is
    pooled is the proportion of studies with all right, with an interval as wide as that number
    of studies warrants, and ``.convergence`` says so. Standard errors are those
    at the between-study covariance found (normal) or from the curvature of the full
    log-likelihood (binomial). Variances between studies that differ by test are those of a fit of
    each test by itself, whose log-likelihoods add up. The restricted log-likelihood includes
    ½ log|X'X|.

    References
    ----------
    Chu & Cole 2006, doi:10.1016/j.jclinepi.2006.06.011 (binomial); Reitsma et al. 2005,
    doi:10.1016/j.jclinepi.2005.02.022 (normal); Harbord et al. 2007,
    doi:10.1093/biostatistics/kxl004 (HSROC); Takwoingi et al. 2017,
    doi:10.1177/0962280215592269 (few studies); Higgins et al. 2009,
    doi:10.1111/j.1467-985X.2008.00552.x (prediction).

    Examples
    --------
    >>> studies = {"tp": [18, 31, 9, 44], "fp": [4, 9, 0, 12],
    ...            "fn": [6, 5, 1, 21], "tn": [70, 88, 35, 140]}
    >>> pooled = pooled_accuracy(studies)
    >>> pooled.specificity
    0.930 (95% CI 0.873 to 0.963, binomial model, logit scale, t)
    >>> pooled.structure
    'sensitivity'
    """
    faults = Faults("the table of studies")
    cells = {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
    read = read_studies(studies, cells, study, formula, faults, normal=model == "normal")
    _check_options(model, method, nodes, settle, structure, correction, faults)
    check_option(test, get_args(Test), "test", faults)
    check_level(level, faults)
    faults.raise_any()
    counts = read.counts
    notes: tuple[str, ...] = read.said()
    if model == "normal":
        counts, changed = corrected(counts, correction, cells, faults)
        faults.raise_any()
        if changed:
            notes = (f"0.5 was added to each cell of {changed} of {len(counts)} studies.", *notes)
    problem = Problem(read, counts, model, method, structure, int(nodes), settle)
    fitted = fit_problem(problem)
    _refuse(problem, fitted, faults)
    if read.covariates.shape[1]:
        notes = (*notes, "at the mean of the covariates over studies")
    return made_of(problem, fitted, test, level, notes)


def _check_options(
    model: str,
    method: str,
    nodes: Any,
    settle: Any,
    structure: str,
    correction: Any,
    faults: Faults,
) -> None:
    known = check_option(model, get_args(Model), "model", faults)
    check_option(structure, get_args(Structure), "structure", faults)
    known &= check_option(method, get_args(Method), "method", faults)
    if known and model == "binomial" and method == "reml":
        faults.add(
            "method",
            "the binomial model has no restricted likelihood",
            "Choose method='ml', or model='normal'",
        )
    if correction is not None:
        check_option(correction, get_args(Correction), "correction", faults)
        if model == "binomial" and correction != "none":
            faults.add("correction", "the binomial model needs none", "Leave it out")
    whole = isinstance(nodes, int | np.integer) and not isinstance(nodes, bool)
    if not whole or not 1 <= nodes <= MOST_NODES:
        faults.add("nodes", f"{nodes!r} must be a whole number of nodes", f"Give 1 to {MOST_NODES}")
    if settle is not None and not (isinstance(settle, float | int) and settle > 0):
        faults.add(
            "settle", f"{settle!r} must be a positive tolerance", "Give one such as 1e-5, or None"
        )


def _refuse(problem: Problem, fitted: Fitted, faults: Faults) -> None:
    """Raise where the likelihood has no finite optimum, naming the studies at fault."""
    designs = problem.studies.designs
    split = len(designs[0].columns)
    for outcome, design, part, mean in zip(
        OUTCOMES, designs, (slice(split), slice(split, None)), fitted.mean, strict=True
    ):
        if np.isinf(mean):
            if len(design.columns) > 1:
                faults.add(
                    "formula",
                    f"every answer of {outcome} is the same, which no covariate can explain",
                    f"Take the covariates of {outcome} out",
                )
            continue
        matrix = design.standardised()[0]
        place = matrix @ fitted.inner[part]
        own = fitted.inner_covariance[part, part]
        spread = np.einsum("ni,ij,nj->n", matrix, own, matrix)
        wild = (np.abs(place) > TOO_FAR) | ~(spread < TOO_VAGUE**2)
        if wild.any():
            faults.add(
                "formula" if len(design.columns) > 1 else None,
                f"the {outcome} has no finite estimate in some studies: with these covariates "
                "all their answers are alike",
                "Merge levels or leave the covariate out",
                rows=list(np.flatnonzero(wild)),
            )
    if not faults.found and not fitted.convergence.reached:
        faults.add(
            "structure",
            f"the search {fitted.convergence}",
            "Choose structure='ladder' or a simpler one",
        )
    faults.raise_any()
