"""Cox regression of a cause-specific hazard, its baseline left free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr

from paraneo.errors import Faults
from paraneo.gate.arguments import POSITIVE, check_option
from paraneo.gate.formulas import Design, design
from paraneo.gate.groups import read_groups
from paraneo.gate.tables import Columns, as_names
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.numerics.newton import Optimum, maximise
from paraneo.results.coefficients import coefficient_frame, covariance_frame
from paraneo.results.convergence import Convergence
from paraneo.results.result import Result
from paraneo.survival._group_curves import excluded_frame

from ._cox_likelihood import Setting, log_likelihood, residuals, setting
from .classical import read_followed_up

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TIES = ("efron", "breslow")
#: A log hazard ratio a standard deviation with a larger standard error has run to infinity.
LARGEST_ERROR = 50.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CoxRegression(Result):
    """Hazard ratios of a Cox model.

    Attributes
    ----------
    coefficients : DataFrame
        A row a term: term, estimate (log hazard ratio), std_error, lower, upper, p_value; ratio,
        ratio_lower, ratio_upper.
    covariance : DataFrame
        Of the estimates; robust where clusters were named.
    log_likelihood, null_log_likelihood : float
        Partial log-likelihood, and that without covariates.
    convergence : Convergence
    ties, level
        As asked for.
    n, events : int
        People, and events of the cause.
    """

    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    log_likelihood: float
    null_log_likelihood: float
    convergence: Convergence
    ties: str
    level: float
    n: int
    events: int
    _score: float

    def summary(self) -> pd.DataFrame:
        """Return the coefficients."""
        return self.coefficients.copy()

    def tests(self) -> pd.DataFrame:
        """Test that no covariate matters: likelihood ratio, Wald and score tests.

        Columns ``test statistic df p_value``. With clusters the Wald test alone is robust.
        """
        estimate = self.coefficients["estimate"].to_numpy(np.float64)
        found = {
            "likelihood ratio": 2.0 * (self.log_likelihood - self.null_log_likelihood),
            "wald": float(estimate @ np.linalg.solve(self.covariance.to_numpy(), estimate)),
            "score": self._score,
        }
        value, df = np.array(list(found.values())), len(estimate)
        columns = {"test": list(found), "statistic": value, "df": df}
        return pd.DataFrame(columns | {"p_value": chdtrc(df, value)})

    @property
    def excluded(self) -> pd.DataFrame:
        """What was read and left out: reason, rows, events, person_years."""
        return excluded_frame()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the hazard ratios with their confidence intervals on a log axis."""
        from paraneo.plotting.forest import forest

        frame = pd.DataFrame({"term": self.coefficients["term"]})
        for name in ("", "_lower", "_upper"):
            frame[name.strip("_") or "estimate"] = self.coefficients[f"ratio{name}"]
        label = f"Hazard ratio ({100 * self.level:g}% CI)"
        return forest(frame, label="term", xlabel=label, ax=ax)

    def _heading(self) -> str:
        return f"CoxRegression of {self.n} people, {self.events} events ({self.ties} ties)"


@verb
def cox_regression(
    data: Any,
    *,
    exit: str,  # noqa: A002
    event: str,
    formula: str,
    entry: str | None = None,
    origin: str | None = None,
    cause: Any = 1,
    competing: Any = None,
    censored: Any = 0,
    strata: str | Sequence[str] = (),
    weights: str | None = None,
    cluster: str | Sequence[str] = (),
    ties: Literal["efron", "breslow"] = "efron",
    level: float = 0.95,
) -> CoxRegression:
    r"""Fit a Cox model of the cause-specific hazard.

    The hazard of a person is :math:`\lambda_0(t) \exp(x\beta)`, its baseline left free, with a
    baseline of its own in each stratum; intervals by Wald.

    Parameters
    ----------
    data, exit, event, entry, origin, cause, competing, censored, level
        As in `cumulative_incidence`. Everything but ``cause`` is censoring here. Several rows of
        a person, with covariates that change over time, are rows with ``entry``.
    formula : str
        Of the covariates, one-sided, such as ``"~ age + C(marker)"``.
    strata : str or sequence of str
        Columns whose values make strata.
    weights : str, optional
        Column of weights, above 0.
    cluster : str or sequence of str
        Columns that tell which rows belong together: the covariance is then the robust one
        (Lin and Wei 1989), as it should be with weights that are not counts of people.
    ties : {"efron", "breslow"}
        How events at one time are taken.

    Returns
    -------
    CoxRegression

    Raises
    ------
    TableError
        For faults of columns and rows, and where no finite estimate exists, as when a
        covariate separates those with events from those without.

    References
    ----------
    Cox DR (1972). J R Stat Soc B 34:187-220.
    https://doi.org/10.1111/j.2517-6161.1972.tb00899.x
    Efron B (1977). J Am Stat Assoc 72:557-565. https://doi.org/10.1080/01621459.1977.10480613
    Lin DY, Wei LJ (1989). J Am Stat Assoc 84:1074-1078.
    https://doi.org/10.1080/01621459.1989.10478874

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
    source = Columns(data, faults)
    made = design(source, formula)
    check_option(ties, TIES, "ties", faults)
    stratum = read_groups(source, strata)[1]
    together = read_groups(source, cluster)[1] if len(cluster) else None
    weight = np.ones(source.length) if weights is None else source.numbers(weights, POSITIVE)
    records = read_followed_up(
        data, exit=exit, event=event, entry=entry, origin=origin, cause=cause,
        competing=competing, censored=censored, level=level, faults=faults,
        clusters=as_names(cluster),
    )  # fmt: skip
    made = faults.checked(made)
    people = records.people[0]
    terms = _terms(made, faults)
    faults.raise_any()
    events = int(people.cause.sum())
    if not events:
        faults.add("event", "there are no events", "A hazard ratio needs some")
        faults.raise_any()
    at = setting(people, stratum, weight, ties)
    fit = _Fit(made.matrix[:, [made.columns.index(term) for term in terms]], at)
    fit.check(faults)
    faults.raise_any()
    estimate, covariance = fit.estimates(together)
    error = np.sqrt(np.diag(covariance))
    wide = normal_quantile(level) * error
    table = coefficient_frame(
        terms, estimate=estimate, std_error=error, lower=estimate - wide, upper=estimate + wide,
        p_value=2.0 * ndtr(-np.abs(estimate / error)),
    )  # fmt: skip
    end = fit.optimum
    convergence = Convergence(end.reached, end.iterations, end.gradient, note=end.message)
    return CoxRegression(
        table, covariance_frame(terms, covariance), end.at.value, fit.null.value, convergence,
        ties, level, source.length, events, fit.score,
    )  # fmt: skip


def _terms(made: Design, faults: Faults) -> list[str]:
    terms = [name for name in made.columns if name != "Intercept"]
    if not terms:
        faults.add("formula", "it has no covariate", "Write such as '~ age'")
    return terms


class _Fit:
    """A search in covariates centred and scaled, so that their units change nothing."""

    def __init__(self, x: Vector, at: Setting) -> None:
        spread = x.std(axis=0)
        self.spread = np.where(spread > 0, spread, 1.0)
        self.x, self.at = (x - x.mean(axis=0)) / self.spread, at
        start = np.zeros(x.shape[1])
        self.null = log_likelihood(self.x, at, start)
        self.optimum: Optimum = maximise(lambda b: log_likelihood(self.x, at, b), start)

    @property
    def score(self) -> float:
        """The score statistic."""
        up = self.null.gradient
        return float(up @ np.linalg.lstsq(-self.null.hessian, up, rcond=None)[0])

    def check(self, faults: Faults) -> None:
        """Note where there is no finite estimate."""
        with np.errstate(invalid="ignore"):
            try:
                error = np.sqrt(np.diag(np.linalg.inv(-self.optimum.at.hessian)))
            except np.linalg.LinAlgError:
                error = np.full(len(self.spread), np.inf)
        if not self.optimum.reached or not (error < LARGEST_ERROR).all():
            faults.add(
                "formula",
                "no finite estimate was found (a hazard ratio runs to 0 or infinity)",
                "A term may separate people with events from those without: merge levels "
                "or drop it",
            )

    def estimates(self, cluster: Any) -> tuple[Vector, Vector]:
        """Return the coefficients and their covariance in the covariates' own units."""
        point = self.optimum.point
        covariance = np.linalg.inv(-self.optimum.at.hessian)
        if cluster is not None:
            each = residuals(self.x, self.at, point)
            sums = np.zeros((int(cluster.max()) + 1, len(point)))
            np.add.at(sums, cluster, each)
            influence = sums @ covariance
            covariance = influence.T @ influence
        scale = self.spread
        return point / scale, covariance / np.outer(scale, scale)
