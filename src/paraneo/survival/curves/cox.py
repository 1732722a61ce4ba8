"""Cox regression as lifelines computes it, from our tables and in our frames."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.formulas import design
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.results.result import Result

from .classical import read_followed_up

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Where the search for Cox coefficients stops: the size of its last step.
COX_PRECISION = 1e-12
#: A log hazard ratio a standard deviation with a larger standard error has run to infinity.
LARGEST_ERROR = 50.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CoxRegression(Result):
    """Hazard ratios of a Cox model with Efron's handling of ties.

    Attributes
    ----------
    coefficients : DataFrame
        A row a term: term, coefficient (log hazard ratio), std_error, estimate (hazard
        ratio), lower, upper, p_value.
    covariance : DataFrame
        Of the coefficients.
    log_likelihood : float
        Partial log-likelihood.
    fitter : object
        The fitted object of lifelines.
    """

    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    log_likelihood: float
    level: float
    fitter: Any

    def summary(self) -> pd.DataFrame:
        """Return the coefficients."""
        return self.coefficients.copy()

    def _heading(self) -> str:
        return f"Cox model, hazard ratios with {100 * self.level:g}% limits"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the hazard ratios with their limits on a log axis."""
        from paraneo.plotting.forest import forest

        label = f"Hazard ratio ({100 * self.level:g}% limits)"
        return forest(self.coefficients, label="term", xlabel=label, ax=ax)


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
    level: float = 0.95,
) -> CoxRegression:
    r"""Fit a Cox model of the cause-specific hazard, by lifelines.

    The hazard of a person is :math:`\lambda_0(t) \exp(x\beta)`, its baseline left free; ties
    by Efron's method, limits by Wald.

    Parameters
    ----------
    data, exit, event, entry, origin, cause, competing, censored, level
        As in `cumulative_incidence`. Everything but ``cause`` is censoring here.
    formula : str
        Of the covariates, one-sided, such as ``"~ age + C(marker)"``.

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

    Examples
    --------
    >>> people = {"years": [1, 2, 3, 4, 5, 6], "what": [1, 1, 1, 0, 1, 0]}
    >>> people["marker"] = [1, 0, 1, 0, 1, 0]
    >>> fit = cox_regression(people, exit="years", event="what", formula="~ marker")
    >>> fit.coefficients[["term", "estimate"]].round(2)
         term  estimate
    0  marker      3.35
    """
    from lifelines import CoxPHFitter

    faults = Faults("the table of follow-up")
    source = Columns(data, faults)
    made = design(source, formula)
    records = read_followed_up(
        data, exit, event, entry, origin, cause, competing, censored, (), level, faults
    )
    assert made is not None
    people, terms = records.people[0], [c for c in made.columns if c != "Intercept"]
    frame = pd.DataFrame(made.matrix, columns=list(made.columns))[terms]
    names = {f"x{k}": term for k, term in enumerate(terms)}
    frame.columns = pd.Index(list(names))
    frame = frame.assign(_exit=people.exit, _event=people.cause == 1)
    if people.entry is not None:
        frame["_entry"] = people.entry
    fitter = CoxPHFitter(alpha=1 - level)
    said = _fit_cox(fitter, frame, "_entry" if people.entry is not None else None)
    if said is not None:
        faults.add(
            "formula",
            f"no finite estimate was found ({said})",
            "A term may separate people with events from those without: merge levels or drop it",
        )
    faults.raise_any()
    return _labelled(fitter, names, level)


def _fit_cox(fitter: Any, frame: pd.DataFrame, entry: str | None) -> str | None:
    """Fit in place; return what is wrong, if there is no finite estimate."""
    from lifelines.exceptions import ConvergenceError

    search = {"precision": COX_PRECISION}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # judged below by where the search ended
            fitter.fit(frame, "_exit", "_event", entry_col=entry, fit_options=search)
    except ConvergenceError as error:
        return str(error).strip().splitlines()[0]
    spread = frame[list(fitter.params_.index)].std().to_numpy()
    if not (fitter.standard_errors_.to_numpy() * spread < LARGEST_ERROR).all():
        return "a hazard ratio runs to 0 or infinity"
    return None


def _labelled(fitter: Any, names: dict[str, str], level: float) -> CoxRegression:
    coefficient, error = fitter.params_, fitter.standard_errors_
    limits = np.exp(fitter.confidence_intervals_.to_numpy())
    table = pd.DataFrame(
        {
            "term": [names[name] for name in coefficient.index],
            "coefficient": coefficient.to_numpy(),
            "std_error": error.to_numpy(),
            "estimate": np.exp(coefficient.to_numpy()),
            "lower": limits[:, 0],
            "upper": limits[:, 1],
            "p_value": fitter.summary["p"].to_numpy(),
        }
    )
    covariance = fitter.variance_matrix_.rename(index=names, columns=names)
    return CoxRegression(table, covariance, float(fitter.log_likelihood_), level, fitter)
