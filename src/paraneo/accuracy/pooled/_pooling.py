"""One accuracy meta-analysis as a problem to fit, and refits of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import block_diag
from scipy.special import chdtrc, expit, gammaln

from paraneo.gate.formulas import Design, design_terms
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.numerics.profile import profile_limit
from paraneo.results.convergence import Convergence

from . import _bivariate as kernel
from . import _bivariate_ladder as ladder
from ._bivariate_evidence import BINOMIAL, NORMAL, RESTRICTED, Evidence
from ._pooling_input import OUTCOMES, Studies, answers, logits

Model = Literal["binomial", "normal"]
Method = Literal["ml", "reml"]
#: Of the covariance between studies, as a caller may ask for it.
Structure = Literal["ladder", "unstructured", "independent", "sensitivity", "specificity", "fixed"]
#: How near the signed root of twice the fall is to the normal deviate at a profile limit.
CLOSE = 1e-7
#: Standard deviations (logits) beyond which an upper profile limit counts as infinite.
WIDEST = 30.0
NO_VARIANCE = (
    "in every study all or none of the answers of {} are right: its between-study variance is "
    "infinite, and each study is one draw of all or none"
)


class Quadrature(NamedTuple):
    """How finely the likelihood of the binomial model was integrated.

    Attributes
    ----------
    nodes : int
        A dimension; 1 is Laplace's approximation, 0 the normal model, which needs none.
    change : float
        By how much the log-likelihood moves when the nodes are doubled.
    settled : bool
        Whether that is within what was asked for (True where nothing was asked).
    """

    nodes: int
    change: float
    settled: bool

    def __str__(self) -> str:
        known = {0: "", 1: "Laplace approximation"}
        text = known.get(self.nodes, f"{self.nodes} quadrature nodes a dimension")
        if not self.settled:
            text += f", not settled: the log-likelihood still moves by {self.change:.1g}"
        return text


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What is to be fitted.

    Attributes
    ----------
    studies : Studies
    counts : array, shape (studies, 4)
        As they enter the model, corrected where the caller chose so.
    model, method, structure : str
    nodes : int
    settle : float or None
    """

    studies: Studies
    counts: Vector
    model: str
    method: str
    structure: str
    nodes: int
    settle: float | None

    def evidence(self, rows: Any = slice(None)) -> Evidence:
        """Return the arrays of the kernel for some studies (all by default).

        ``rows`` of shape (m, n) makes a stack of m meta-analyses.
        """
        first, second = (design.standardised()[0] for design in self.studies.designs)
        table = logits(self.counts) if self.model == "normal" else answers(self.counts)
        parts = [table[rows], first[rows], second[rows]]
        own = self.studies.own[rows]
        if parts[0].ndim == 2:
            parts, own = [part[None] for part in parts], own[None]
        studies, x1, x2 = (np.ascontiguousarray(part) for part in parts)
        return Evidence.of(kind_of(self.model, self.method), studies, x1, x2, study=own)


class Fitted(NamedTuple):
    """The fit of a problem: coefficients of both outcomes in one row, and the rest.

    ``inner`` and its covariance are the coefficients of covariates centred and scaled, whose
    origin costs no digits; ``back`` turns them into those of the covariates as they are.
    """

    coefficients: Vector
    covariance: Vector
    inner: Vector
    inner_covariance: Vector
    back: Vector
    mean: Vector
    mean_covariance: Vector
    between: Vector
    log_likelihood: float
    fullest_log_likelihood: float
    spread: NDArray[np.int64]
    structure: str
    quadrature: Quadrature
    convergence: Convergence


def kind_of(model: str, method: str) -> int:
    """Return the kernel's number of a likelihood."""
    if model == "binomial":
        return BINOMIAL
    return RESTRICTED if method == "reml" else NORMAL


def constant_of(evidence: Evidence) -> Vector:
    """Return what the kernels leave out of the log-likelihoods, shape (m,)."""
    if evidence.kind == BINOMIAL:
        total = np.zeros(evidence.studies.shape[:2])
        for j in (0, 2):
            right, people = evidence.studies[..., j], evidence.studies[..., j + 1]
            total = total + gammaln(people + 1) - gammaln(right + 1) - gammaln(people - right + 1)
        return np.asarray(np.sum(total, axis=1))
    if evidence.kind == NORMAL:
        return np.zeros(len(evidence.studies))
    used = evidence.used[..., None] != 0
    squares = [
        np.linalg.slogdet(np.swapaxes(x * used, 1, 2) @ x)[1] for x in (evidence.x1, evidence.x2)
    ]
    return np.asarray(0.5 * (squares[0] + squares[1] + evidence.columns * np.log(2 * np.pi)))


def fit_problem(problem: Problem) -> Fitted:
    """Fit; the mean is that at the mean rows of the two designs."""
    evidence = problem.evidence()
    climb, nodes, change = ladder.settled(
        evidence, problem.nodes, problem.settle, problem.structure
    )
    at1, at2 = evidence.x1[0].mean(axis=0), evidence.x2[0].mean(axis=0)
    mean, covariance = ladder.means(climb, evidence, at1, at2)
    back = block_diag(*(design.standardised()[1] for design in problem.studies.designs))
    fits, constant = climb.fits, float(constant_of(evidence)[0])
    value = float(fits.value[0])
    structure = str(kernel.structures_of(fits.free)[0])
    settled = problem.settle is None or nodes <= 1 or change <= problem.settle
    quadrature = Quadrature(nodes, change, settled)
    bounds, reasons = _simplified(climb)
    if climb.rival[0]:
        reasons.append(_rival(climb, evidence, constant, at1, at2))
    inner = kernel.coefficient_covariance(fits, evidence)[0]
    story = [f"structure: {structure}", *reasons, str(quadrature)]
    return Fitted(
        coefficients=back @ fits.theta[0, :-3],
        covariance=back @ inner @ back.T,
        inner=fits.theta[0, :-3],
        inner_covariance=inner,
        back=back,
        mean=mean[0],
        mean_covariance=covariance[0],
        between=ladder.between(climb)[0],
        log_likelihood=value + constant,
        fullest_log_likelihood=max(float(climb.first.value[0]), value) + constant,
        spread=climb.spread[0],
        structure=structure,
        quadrature=quadrature,
        convergence=Convergence(
            reached=bool(ladder.regular(fits)[0]),
            iterations=int(climb.first.iterations[0] + fits.iterations[0]),
            largest_gradient=float(np.abs(fits.slopes[0]).max()),
            at_boundary=bounds,
            note="; ".join(filter(None, story)),
        ),
    )


def moved_to(fitted: Fitted, at1: Vector, at2: Vector) -> Fitted:
    """Return the fit with its mean at other rows of the two designs."""
    rows = np.zeros((2, len(fitted.coefficients)))
    rows[0, : len(at1)], rows[1, len(at1) :] = at1, at2
    rows = rows @ fitted.back
    covariance = rows @ fitted.inner_covariance @ rows.T
    return fitted._replace(mean=rows @ fitted.inner, mean_covariance=covariance)


def _rival(climb: Any, evidence: Evidence, constant: float, at1: Vector, at2: Vector) -> str:
    """Return in words the fit that was not kept, with or without a correlation on its bound."""
    other, kept = climb.other, climb.fits
    name = str(kernel.structures_of(other.free)[0])
    mean = ladder.means(climb._replace(fits=other), evidence, at1, at2)[0][0]
    shares = ", ".join(
        f"{outcome} {expit(value):.3f}" for outcome, value in zip(OUTCOMES, mean, strict=True)
    )
    ratio = 2 * abs(float(kept.value[0] - other.value[0]))
    return (
        f"log-likelihood {float(kept.value[0]) + constant:.2f}, against "
        f"{float(other.value[0]) + constant:.2f} of the structure {name} ({shares}): "
        f"likelihood ratio {ratio:.2f}"
    )


def _simplified(climb: Any) -> tuple[tuple[str, ...], list[str]]:
    """Return what ended on a bound, and in words why else a simpler structure was taken."""
    words = {
        kernel.ALL_RIGHT: "every answer of {} is right: its estimate is 1",
        kernel.ALL_WRONG: "every answer of {} is wrong: its estimate is 0",
        kernel.ALL_OR_NONE: NO_VARIANCE,
    }
    spread = climb.spread[0].tolist()
    reasons = [words[c].format(o) for o, c in zip(OUTCOMES, spread, strict=True) if c in words]
    bounds = []
    # The rungs below tell more than the first: one of them may have lost a variance too.
    first, second, apart = (float(x[0]) for x in kernel.deviations(climb.first.theta))
    free = climb.first.free[0]
    small = first <= ladder.ON_BOUND or second <= ladder.ON_BOUND
    if free[-2] and free[-1] and not small and apart <= ladder.ON_BOUND:
        bounds.append(f"correlation of {'+1' if climb.first.theta[0, -2] > 0 else '−1'}")
    sizes = kernel.deviations(climb.fits.theta)[:2]
    for j, place in ((0, -3), (1, -1)):
        if free[place] and spread[j] == kernel.OPEN and not sizes[j][0] > 0:
            bounds.append(f"between-study variance of {OUTCOMES[j]} of 0")
    if free[-2] and not climb.fits.free[0, -2] and not bounds and not reasons:
        reasons.append("the data do not determine the correlation")
    return tuple(bounds), reasons


def likelihood_ratio_tests(problem: Problem) -> pd.DataFrame:
    """Drop each term from each outcome, and from both, and compare by maximum likelihood."""
    problem = replace(problem, method="ml")
    full = fit_problem(problem)
    problem = replace(problem, structure=full.structure, nodes=max(full.quadrature.nodes, 1))
    counts = problem.counts.copy()
    for j, cells in enumerate(([0, 2], [1, 3])):
        if (
            full.spread[j] == kernel.ALL_OR_NONE
        ):  # each study one draw of all or none, as in the full fit
            counts[:, cells] = np.minimum(counts[:, cells], 1.0)
    problem = replace(problem, settle=None, counts=counts)
    designs = problem.studies.designs
    rows = []
    terms = [dict(design_terms(made)) for made in designs]
    for term in dict.fromkeys([*terms[0], *terms[1]]):
        held = [j for j in range(2) if term in terms[j]]
        for dropped in [[j] for j in held] + ([held] if len(held) == 2 else []):
            smaller = [d.without({term}) if j in dropped else d for j, d in enumerate(designs)]
            outcome = OUTCOMES[dropped[0]] if len(dropped) == 1 else "both"
            rows.append((term, outcome, "likelihood ratio", *_compared(problem, full, smaller)))
    columns = ["term", "outcome", "test", "statistic", "df", "p_value"]
    return pd.DataFrame(rows, columns=columns)


def _compared(problem: Problem, full: Fitted, designs: list[Design]) -> tuple[float, int, float]:
    studies = replace(problem.studies, designs=(designs[0], designs[1]))
    less = fit_problem(replace(problem, studies=studies))
    df = len(full.coefficients) - len(less.coefficients)
    chi2 = max(2 * (full.log_likelihood - less.log_likelihood), 0.0)
    return chi2, df, float(chdtrc(df, chi2))


class Omitted(NamedTuple):
    """Fits without each study in turn: means (m, 2), their covariances, structures."""

    mean: Vector
    covariance: Vector
    between: Vector
    structure: list[str]
    reached: NDArray[np.bool_]


def leave_one_out(problem: Problem, nodes: int, at1: Vector, at2: Vector) -> Omitted:
    """Fit without each study in turn, all in one stack."""
    count = len(problem.counts)
    rows = np.array([[i for i in range(count) if i != out] for out in range(count)])
    evidence = problem.evidence(rows)
    climb = ladder.climb_down(evidence, max(nodes, 1), problem.structure)
    mean, covariance = ladder.means(climb, evidence, at1, at2)
    between = ladder.between(climb)
    names = [str(name) for name in kernel.structures_of(climb.fits.free)]
    return Omitted(mean, covariance, between, names, ladder.regular(climb.fits))


def variance_limits(problem: Problem, fitted: Fitted, level: float) -> Vector:
    """Return profile-likelihood limits of both between-study variances, shape (2, 2).

    Rows are sensitivity and specificity. The other parameters are refitted at each value;
    a correlation is free where the fit has one.
    """
    nodes = max(fitted.quadrature.nodes, 1)
    whole = problem.evidence()
    whole = ladder.at_limit(whole, fitted.spread[None])
    limits = np.tile([0.0, np.inf], (2, 1))
    for j in range(2):
        if fitted.spread[j] == kernel.OPEN:
            turned = whole
            if j == 1:
                order = [2, 3, 0, 1]
                studies = np.ascontiguousarray(whole.studies[..., order])
                turned = whole._replace(studies=studies, x1=whole.x2, x2=whole.x1)
            limits[j] = _profile_limits(turned, fitted, j, nodes, level)
    return limits


def _profile_limits(
    evidence: Evidence, fitted: Fitted, outcome: int, nodes: int, level: float
) -> Vector:
    """Return the limits of the variance of the first outcome of ``evidence``."""
    correlated = fitted.structure in ("unstructured", "shared")
    other = fitted.spread[1 - outcome] == kernel.OPEN
    size = evidence.columns + 3
    free = np.ones((1, size), dtype=np.bool_)
    free[0, -3:] = (False, correlated and other, other)
    first = evidence.x1.shape[2]
    if fitted.spread[1 - outcome] in (kernel.ALL_RIGHT, kernel.ALL_WRONG):
        free[0, first:-3] = False
    start = np.where(free, kernel.starting_points(evidence), 0.0)
    best = float(np.sqrt(fitted.between[outcome, outcome]))
    cache = {"start": start}

    def height(deviation: float) -> float:
        tops = []
        for tilt in (0.0, -0.5, 0.5):
            point = cache["start"].copy()
            point[0, -3] = deviation
            if tilt:
                point[0, :-3] = start[0, :-3]
                point[0, -2:] = start[0, -1] * np.array([tilt, np.sqrt(1 - tilt * tilt)])
            point = np.where(free, point, 0.0)
            point[0, -3] = deviation
            found = kernel.fit(evidence, point, free, nodes, finish=False)
            tops.append((float(found.value[0]), found.theta))
            if not (correlated and other):
                break
        value, theta = max(tops, key=lambda one: one[0])
        cache["start"] = theta
        return value

    top = height(best)
    deviate = normal_quantile(level)

    def fall(deviation: float) -> float:
        return top - height(deviation)

    low = profile_limit(fall, best, -best, deviate, end=0.0, close=CLOSE) if best > 0 else 0.0
    step = max(best, 0.2)
    high = profile_limit(fall, best, step, deviate, grow=1.5, end=WIDEST, close=CLOSE)
    return np.array([low**2, high**2 if high < WIDEST else np.inf])
