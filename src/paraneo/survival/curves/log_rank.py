"""The log-rank test that groups share one cause-specific hazard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from paraneo.errors import Faults
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result
from paraneo.survival._group_curves import excluded_frame
from paraneo.survival.risk_sets import People, number_at_risk

from .classical import read_followed_up

#: What the covariance of all groups, whose gaps sum to 0, leaves of its last eigenvalue.
RANK = 1e-10


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LogRank(Result):
    """A log-rank test.

    Attributes
    ----------
    groups : DataFrame
        The ``by`` columns, people, and events observed and expected were all hazards one.
    statistic : float
        Chi-squared.
    df : int
    p_value : float
    """

    groups: pd.DataFrame
    statistic: float
    df: int
    p_value: float

    def summary(self) -> pd.DataFrame:
        """Return one row: test, statistic, df, p_value."""
        row = {"test": "log-rank", "statistic": self.statistic, "df": self.df}
        return pd.DataFrame([row | {"p_value": self.p_value}])

    @property
    def excluded(self) -> pd.DataFrame:
        """What was read and left out: reason, rows, events, person_years."""
        return excluded_frame()

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
) -> LogRank:
    """Test that groups share one cause-specific hazard.

    Of hazards, not of risks: where the groups also differ in other causes of exit,
    ``.gray_test()`` of `cumulative_incidence` compares the risks themselves.

    Parameters
    ----------
    data, exit, event, entry, origin, cause, competing, censored
        As in `cumulative_incidence`.
    by : str or sequence of str
        Columns whose values make the groups, two or more.

    Returns
    -------
    LogRank

    Raises
    ------
    TableError, ArgumentError
        As in `cumulative_incidence`; and where there are no events, or no two groups are at risk
        together.

    References
    ----------
    Mantel N (1966). Cancer Chemother Rep 50:163-170.

    Examples
    --------
    >>> people = {"years": [1, 2, 3, 4], "what": [1, 0, 1, 1], "arm": ["a", "a", "b", "b"]}
    >>> log_rank(people, exit="years", event="what", by="arm").summary().round(3)
           test  statistic  df  p_value
    0  log-rank        1.0   1    0.317
    """
    faults = Faults("the table of follow-up")
    records = read_followed_up(
        data, exit=exit, event=event, entry=entry, origin=origin, cause=cause,
        competing=competing, censored=censored, by=by, faults=faults,
    )  # fmt: skip
    if len(records.people) < 2:
        faults.add("by", "there is only one group", "Name the columns of groups in by")
        faults.raise_any()
    observed, expected, covariance = compared(records.people)
    if not np.any(np.diag(covariance) > 0):
        cure = "Compare their curves' intervals instead"
        faults.add("by", "no event happened while two groups or more were at risk", cure)
        faults.raise_any()
    gap = observed - expected
    # one less than the groups, or than those ever at risk together with others
    df = int(np.linalg.matrix_rank(covariance, rtol=RANK, hermitian=True))
    statistic = float(gap @ np.linalg.pinv(covariance, rtol=RANK, hermitian=True) @ gap)
    groups = records.groups.assign(
        people=[len(part.exit) for part in records.people],
        observed=observed.astype(np.int64),
        expected=expected,
    )
    return LogRank(groups, statistic, df, float(chdtrc(df, statistic)))


def compared(groups: Sequence[People]) -> tuple[Vector, Vector, Vector]:
    """Return events observed and expected in each group, and their hypergeometric covariance."""
    time = np.unique(np.concatenate([part.exit[part.cause == 1] for part in groups]))
    at_risk = np.column_stack([number_at_risk(part, time) for part in groups]).astype(np.float64)
    events = np.column_stack(
        [
            np.bincount(np.searchsorted(time, part.exit[part.cause == 1]), minlength=len(time))
            for part in groups
        ]
    )
    total, died = at_risk.sum(axis=1), events.sum(axis=1).astype(np.float64)
    share = at_risk / total[:, None]
    spread = died * (total - died) / np.maximum(total - 1.0, 1.0)
    covariance = np.diag(spread @ share) - share.T @ (share * spread[:, None])
    return events.sum(axis=0).astype(np.float64), died @ share, covariance
