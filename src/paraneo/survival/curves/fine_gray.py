"""Regression of the cumulative incidence of a cause, by Fine and Gray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from paraneo.errors import Faults
from paraneo.gate.arguments import POSITIVE, check_level
from paraneo.gate.events import Events
from paraneo.gate.formulas import design
from paraneo.gate.groups import read_groups
from paraneo.gate.tables import Columns, as_names
from paraneo.gate.verbs import verb
from paraneo.results.coefficients import covariance_frame
from paraneo.results.convergence import Convergence
from paraneo.results.result import Result
from paraneo.results.tests import frame_of_tests
from paraneo.survival.left_out import ZeroTime, excluded_frame, with_time
from paraneo.survival.records import read_records

from ._cox_fit import Search, by_cluster, estimates
from ._fine_gray import influences, log_likelihood, setting
from .cox import terms_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FineGrayRegression(Result):
    """Ratios of subdistribution hazards.

    Attributes
    ----------
    coefficients : DataFrame
        A row a term: term, estimate (log ratio), std_error, lower, upper, p_value; ratio,
        ratio_lower, ratio_upper.
    covariance : DataFrame
        Of the estimates, robust; NaN for one that is infinite.
    log_likelihood, null_log_likelihood : float
        Of the weighted people: no likelihood, so that their difference is not chi-squared.
    convergence : Convergence
    level : float
        Of the intervals.
    n, events, competing : int
        Rows, events of the cause, and competing ones.
    """

    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    log_likelihood: float
    null_log_likelihood: float
    convergence: Convergence
    level: float
    n: int
    events: int
    competing: int
    _left_out: pd.DataFrame | None = None

    def summary(self) -> pd.DataFrame:
        """Return the coefficients."""
        return self.coefficients.copy()

    def tests(self) -> pd.DataFrame:
        """Test that no covariate matters, by Wald: test, statistic, df, p_value."""
        estimate, df = self.coefficients["estimate"].to_numpy(np.float64), len(self.coefficients)
        if not np.isfinite(estimate).all():
            return frame_of_tests(["wald"], [np.nan], [df], [np.nan])
        value = float(estimate @ np.linalg.solve(self.covariance.to_numpy(), estimate))
        return frame_of_tests(["wald"], [value], [df], [chdtrc(df, value)])

    @property
    def excluded(self) -> pd.DataFrame:
        """What was read and left out: reason, rows, events, person_years."""
        return excluded_frame() if self._left_out is None else self._left_out.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the ratios with their confidence intervals on a log axis."""
        from paraneo.plotting.forest import forest

        frame = pd.DataFrame({"term": self.coefficients["term"]})
        for name in ("", "_lower", "_upper"):
            frame[name.strip("_") or "estimate"] = self.coefficients[f"ratio{name}"]
        label = f"Subdistribution hazard ratio ({100 * self.level:g}% CI)"
        return forest(frame, label="term", xlabel=label, ax=ax)

    def _heading(self) -> str:
        return (
            f"FineGrayRegression of {self.n} people, {self.events} events, "
            f"{self.competing} competing"
        )


@verb
def fine_gray_regression(
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
    zero_time: ZeroTime = "exclude",
    weights: str | None = None,
    cluster: str | Sequence[str] = (),
    level: float = 0.95,
) -> FineGrayRegression:
    r"""Fit Fine and Gray's model of the cumulative incidence of a cause while others compete.

    With F the cumulative incidence, :math:`1 - F(t) = [1 - F_0(t)]^{\exp(x\beta)}`: a ratio
    above 1 says that more people will have had the event by any time, by whatever way, deaths from
    other causes among them. How fast it comes to those still free of it is what `cox_regression`
    estimates; report the two together.

    Who had a competing event stays at risk, with the weight :math:`W(t-) / W(T-)` at times t after
    it at T; W is the Kaplan-Meier estimate of the chance not to be censored, with ``entry`` times
    that of having entered (Geskus 2011). Ties by Breslow.

    Parameters
    ----------
    data, exit, event, entry, origin, cause, competing, censored, zero_time, level
        As in `cumulative_incidence`; several causes of interest are taken together.
    formula : str
        Of the covariates, one-sided, such as ``"~ age + C(marker)"``.
    weights : str, optional
        Column of weights, above 0. Whole numbers count people; others, such as inverse
        probabilities, count each row once in the robust covariance.
    cluster : str or sequence of str
        Columns that tell which rows belong together.

    Returns
    -------
    FineGrayRegression
        With the robust covariance, that W is estimated taken into account; with ``entry`` W is
        taken as known, as Geskus does.

    Raises
    ------
    TableError
        For faults of columns and rows.

    Warns
    -----
    ConvergenceWarning
        As in `cox_regression`.

    References
    ----------
    Fine JP, Gray RJ (1999). J Am Stat Assoc 94:496-509.
    https://doi.org/10.1080/01621459.1999.10474144
    Geskus RB (2011). Biometrics 67:39-49. https://doi.org/10.1111/j.1541-0420.2010.01420.x

    Examples
    --------
    >>> people = {"years": [1, 2, 3, 4, 5, 6], "what": [1, 2, 1, 0, 1, 2]}
    >>> people["marker"] = [1, 0, 1, 0, 0, 1]
    >>> fit = fine_gray_regression(people, exit="years", event="what", formula="~ marker")
    >>> fit.coefficients[["term", "estimate", "ratio"]].round(2)
         term  estimate  ratio
    0  marker      1.01   2.74
    """
    faults = Faults("the table of follow-up")
    meaning = Events(cause, competing, censored)
    source, left = with_time(
        Columns(data, faults), zero_time, begin=entry or origin, exit_column=exit, event=event,
        events=meaning, at_zero=entry is None,
    )  # fmt: skip
    made = design(source, formula)
    check_level(level, faults)
    weight = np.ones(source.length) if weights is None else source.numbers(weights, POSITIVE)
    together = read_groups(source, cluster)[1] if len(cluster) else None
    records = read_records(
        source, exit_column=exit, event_column=event, entry_column=entry, id_column=None, by=(),
        origin_column=origin, events=meaning, clusters=as_names(cluster),
    )  # fmt: skip
    made, records = faults.checked(made), faults.checked(records)
    people, terms = records.people[0], terms_of(made, faults)
    faults.raise_any()
    at = setting(people, weight)
    if not np.isfinite(at.after).all():
        faults.add(
            entry,
            "all those at risk at some time had just entered, so that nothing is known of the "
            "chance to have entered before it",
            "Leave out the time before, or people who had their event then",
        )
        faults.raise_any()
    whole = not (weight % 1.0).any()
    counted = np.sqrt(weight) if whole and together is None else weight

    def influence(x: np.ndarray, point: np.ndarray) -> np.ndarray:
        found = influences(x, at, people, point, estimated=entry is None)
        return np.asarray(found * counted[:, None])

    x = made.matrix[:, [made.columns.index(term) for term in terms]]
    search = Search(x, float(at.number.sum()), lambda z, b: log_likelihood(z, at, b))
    robust = influence if together is None else by_cluster(influence, together)
    found = estimates(search, terms, robust, "wald", level)
    return FineGrayRegression(
        found.table(terms), covariance_frame(terms, found.covariance), found.log_likelihood,
        found.null, found.convergence, level, source.length, len(at.died), len(at.left), left,
    )  # fmt: skip
