"""The log-rank test that groups share one cause-specific hazard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from paraneo.errors import Faults, ParaneoWarning, warn
from paraneo.gate.arguments import NUMBER, check_option, numbers
from paraneo.gate.tables import as_names
from paraneo.gate.verbs import verb
from paraneo.results.result import Result
from paraneo.survival.group_tests import placed, quadratic
from paraneo.survival.left_out import ZeroTime, excluded_frame

from ._group_tests import TESTS, Compared, compared
from .classical import read_followed_up


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LogRank(Result):
    """A log-rank test, or one of its weighted kin.

    Attributes
    ----------
    groups : DataFrame
        The ``by`` columns, people, and events observed and expected were all hazards one.
    statistic : float
        Chi-squared.
    df : int
    p_value : float
        NaN where no event happened while groups were at risk together.
    test : str
        As asked for.
    """

    groups: pd.DataFrame
    statistic: float
    df: int
    p_value: float
    test: str = "log-rank"
    _left_out: pd.DataFrame | None = None

    def summary(self) -> pd.DataFrame:
        """Return one row: test, statistic, df, p_value."""
        row = {"test": self.test, "statistic": self.statistic, "df": self.df}
        return pd.DataFrame([row | {"p_value": self.p_value}])

    @property
    def excluded(self) -> pd.DataFrame:
        """What was read and left out: reason, rows, events, person_years."""
        return excluded_frame() if self._left_out is None else self._left_out.copy()

    def _heading(self) -> str:
        people = int(self.groups["people"].sum())
        return f"LogRank test of {len(self.groups)} groups, {people} people"


@verb
def log_rank(
    data: Any,
    *,
    exit: str,  # noqa: A002
    event: str,
    by: str | Sequence[str],
    entry: str | None = None,
    origin: str | None = None,
    cause: Any = 1,
    competing: Any = None,
    censored: Any = 0,
    zero_time: ZeroTime = "exclude",
    strata: str | Sequence[str] = (),
    weights: str | None = None,
    test: Literal["log-rank", "gehan", "tarone-ware", "g-rho"] = "log-rank",
    rho: float = 1.0,
) -> LogRank:
    r"""Test that groups share one cause-specific hazard.

    Of hazards, not of risks: where the groups also differ in other causes of exit,
    ``.gray_test()`` of `cumulative_incidence` compares the risks themselves.

    Parameters
    ----------
    data, exit, event, entry, origin, cause, competing, censored, zero_time
        As in `cumulative_incidence`.
    by : str or sequence of str
        Columns whose values make the groups, two or more.
    strata : str or sequence of str
        Columns whose values make strata: people are compared within one, and the gaps and their
        covariances are added up.
    weights : str, optional
        Column of weights of people, above 0. Whole numbers count people; others, such as inverse
        probabilities, take the covariance from everybody's squared influence.
    test : {"log-rank", "gehan", "tarone-ware", "g-rho"}
        What the gap at each time, of events less those expected, counts by: 1; the number Y at
        risk, which looks at early times (Gehan's generalised Wilcoxon test); its square root; or
        :math:`S(t-)^\rho` with S the Kaplan-Meier curve of all (Harrington and Fleming). The test
        has to be chosen before the data are seen.
    rho : float
        The power in "g-rho"; with 1 it is Peto and Peto's form of the Wilcoxon test, with 0 the
        log-rank test, below 0 it looks at late times.

    Returns
    -------
    LogRank
        Where no event happened while two groups or more were at risk, ``df`` is 0, ``p_value``
        NaN, and a warning says so.

    Raises
    ------
    TableError, ArgumentError
        As in `cumulative_incidence`.

    References
    ----------
    Mantel N (1966). Cancer Chemother Rep 50:163-170.
    Gehan EA (1965). Biometrika 52:203-223. https://doi.org/10.1093/biomet/52.1-2.203
    Tarone RE, Ware J (1977). Biometrika 64:156-160. https://doi.org/10.1093/biomet/64.1.156
    Harrington DP, Fleming TR (1982). Biometrika 69:553-566.
    https://doi.org/10.1093/biomet/69.3.553

    Examples
    --------
    >>> people = {"years": [1, 2, 3, 4], "what": [1, 0, 1, 1], "arm": ["a", "a", "b", "b"]}
    >>> log_rank(people, exit="years", event="what", by="arm").summary().round(3)
           test  statistic  df  p_value
    0  log-rank        1.0   1    0.317
    """
    faults = Faults("the table of follow-up")
    check_option(test, TESTS, "test", faults)
    power = float(numbers(rho, "rho", NUMBER, faults))
    apart = as_names(strata)
    records = read_followed_up(
        data, exit=exit, event=event, entry=entry, origin=origin, cause=cause,
        competing=competing, censored=censored, by=[*as_names(by), *apart], faults=faults,
        weights=weights, zero_time=zero_time,
    )  # fmt: skip
    shown, place, stratum = placed(records.groups, apart)
    if len(shown) < 2:
        faults.add("by", "there is only one group", "Name the columns of groups in by")
        faults.raise_any()
    parts = []
    for k in range(int(stratum.max()) + 1):
        here = np.flatnonzero(stratum == k)
        people = [records.people[i] for i in here]
        parts.append(compared(people, place[here].tolist(), len(shown), test, power))
    whole = Compared(*(sum(part[1:], part[0]) for part in zip(*parts, strict=True)))
    found = quadratic(whole.gap, whole.covariance)
    if not found.df:
        warn(
            "No event happened while two groups or more were at risk together, so that the test "
            "compares nothing.",
            ParaneoWarning,
        )
    sizes = [len(part.exit) for part in records.people]
    people_by_group = np.bincount(place, sizes, len(shown)).astype(np.int64)
    table = shown.assign(
        people=people_by_group,
        observed=whole.observed
        if (whole.observed % 1.0).any()
        else whole.observed.astype(np.int64),
        expected=whole.expected,
    )
    return LogRank(table, found.statistic, found.df, found.p_value, test, records.left_out)
