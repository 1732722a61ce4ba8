"""The fitted Cox model: hazard ratios, tests, predictions and residuals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from paraneo.errors import Faults
from paraneo.gate.arguments import check_option
from paraneo.gate.formulas import Design, design_terms
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector
from paraneo.results.convergence import Convergence
from paraneo.results.result import Result
from paraneo.results.tests import frame_of_tests
from paraneo.survival._group_curves import asked_times
from paraneo.survival.left_out import excluded_frame

from . import _cox_after
from ._cox_likelihood import residuals, schoenfeld

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TRANSFORMS = ("km", "rank", "log", "identity")
RESIDUALS = ("martingale", "score", "schoenfeld")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CoxRegression(Result):
    """Hazard ratios of a Cox model.

    Attributes
    ----------
    coefficients : DataFrame
        A row a term: term, estimate (log hazard ratio), std_error, lower, upper, p_value; ratio,
        ratio_lower, ratio_upper.
    covariance : DataFrame
        Of the estimates; robust where clusters were named or weights are not whole numbers. NaN
        for an estimate that is infinite.
    log_likelihood, null_log_likelihood : float
        Partial log-likelihood, and that without covariates; with Firth's penalty, where it was
        asked for.
    convergence : Convergence
    ties, interval, level
        As asked for.
    n, events : int
        Rows, and events of the cause.
    """

    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    log_likelihood: float
    null_log_likelihood: float
    convergence: Convergence
    ties: str
    interval: str
    level: float
    n: int
    events: int
    _score: float
    _model: _cox_after.Model
    _design: Design
    _strata: pd.DataFrame
    _left_out: pd.DataFrame | None = None

    def summary(self) -> pd.DataFrame:
        """Return the coefficients."""
        return self.coefficients.copy()

    def tests(self) -> pd.DataFrame:
        """Test that no covariate matters: likelihood ratio, Wald and score tests.

        Columns ``test statistic df p_value``. With clusters the Wald test alone is robust; it is
        NaN where an estimate is infinite.
        """
        estimate = self.coefficients["estimate"].to_numpy(np.float64)
        wald = np.nan
        if np.isfinite(estimate).all():
            wald = float(estimate @ np.linalg.solve(self.covariance.to_numpy(), estimate))
        found = {
            "likelihood ratio": 2.0 * (self.log_likelihood - self.null_log_likelihood),
            "wald": wald,
            "score": self._score,
        }
        value, df = np.array(list(found.values())), len(estimate)
        p_value = np.where(np.isnan(value), np.nan, chdtrc(df, np.nan_to_num(value)))
        return frame_of_tests(list(found), value, df, p_value)

    def time_dependence_test(
        self, transform: Literal["km", "rank", "log", "identity"] = "km"
    ) -> pd.DataFrame:
        """Test that hazards are proportional: that no effect changes along a function of time.

        A score test of each term's products with the function, added to the model, and of all
        terms at once: term, test, statistic, df, p_value.

        Parameters
        ----------
        transform : {"km", "rank", "log", "identity"}
            The function: one minus the Kaplan-Meier curve of all, which does not let a few late
            events decide; the rank among all times; the logarithm; the time itself.

        References
        ----------
        Grambsch PM, Therneau TM (1994). Biometrika 81:515-526.
        https://doi.org/10.1093/biomet/81.3.515
        """
        faults = Faults("the arguments of the test")
        check_option(transform, TRANSFORMS, "transform", faults)
        self._need_estimates(faults)
        names = self.coefficients["term"].tolist()
        terms = [
            (term, [names.index(column) for column in own])
            for term, own in design_terms(self._design)
        ]
        terms.append(("all", list(range(len(names)))))
        found = _cox_after.time_dependence(self._model, transform, [own for _, own in terms])
        value, df = np.transpose(found)
        part = {"term": [term for term, _ in terms]}
        whole = df.astype(np.int64)
        return frame_of_tests("time dependence", value, whole, chdtrc(df, value), part)

    def cumulative_hazard(self, t: ArrayLike | None = None, at: Any = None) -> pd.DataFrame:
        """Return the cumulative hazard of people with some covariates, by stratum.

        The errors of the coefficients and of the baseline are in its limits, which are on the
        log scale; before the first event the upper one is exact.

        Parameters
        ----------
        t : array, optional
            In the unit of the data; left out, 0 and every time of an event of the stratum. NaN
            beyond its follow-up.
        at : mapping or frame, optional
            Covariates, a row a person; where it has the columns of the strata too, a person's
            stratum is that, else each is. Left out, all covariates are 0.

        Returns
        -------
        DataFrame
            Columns of the strata, ``row`` where ``at`` has several, ``time estimate lower
            upper std_error``.
        """
        return self._predicted(t, at, survival=False)

    def survival_function(self, t: ArrayLike | None = None, at: Any = None) -> pd.DataFrame:
        """Return exp(-cumulative hazard): the probability of no event of the cause, others apart.

        Arguments and frame are those of `cumulative_hazard`; limits on the log-log scale.
        """
        return self._predicted(t, at, survival=True)

    def residuals(
        self, kind: Literal["martingale", "score", "schoenfeld"] = "martingale"
    ) -> pd.DataFrame:
        """Return residuals: a row a person, or, of Schoenfeld's, a row an event in order of time.

        Parameters
        ----------
        kind : {"martingale", "score", "schoenfeld"}
            Events less those expected (``residual``); what each person adds to the slope of the
            log-likelihood (a column a term); and what the covariates of those with the event
            differ by from their mean among those at risk (``time``, and a column a term).
        """
        faults = Faults("the arguments of residuals")
        check_option(kind, RESIDUALS, "kind", faults)
        self._need_estimates(faults)
        m = self._model
        names = self.coefficients["term"].tolist()
        if kind == "martingale":
            expected = m.found().hazard / m.setting.weight
            return pd.DataFrame({"residual": (m.people.cause == 1) - expected})
        if kind == "score":
            found = residuals(m.x, m.setting, m.point) * m.spread / m.setting.weight[:, None]
            return pd.DataFrame(found, columns=names)
        found = schoenfeld(m.x, m.setting, m.found().means) * m.spread
        frame = pd.DataFrame(found, columns=names)
        frame.insert(0, "time", m.people.exit[m.setting.died])
        order = np.lexsort((frame["time"], m.stratum[m.setting.died]))
        return frame.iloc[order].reset_index(drop=True)

    @property
    def excluded(self) -> pd.DataFrame:
        """What was read and left out: reason, rows, events, person_years."""
        return excluded_frame() if self._left_out is None else self._left_out.copy()

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

    def _need_estimates(self, faults: Faults) -> None:
        if not np.isfinite(self._model.covariance).all():
            faults.add(None, "not every hazard ratio has an estimate", "Pass penalty='firth'")
        faults.raise_any()

    def _predicted(self, t: ArrayLike | None, at: Any, *, survival: bool) -> pd.DataFrame:
        asked = None if t is None else asked_times(t)
        z, strata = self._rows(at)
        frames = []
        for row, own in enumerate(strata):
            for k in own:
                times = asked
                if times is None:
                    events = self._model.setting.event_time[self._model.setting.stratum == k]
                    times = np.union1d([0.0], events)
                value, error, (lower, upper) = _cox_after.predicted(
                    self._model, k, z[row], times, self.level
                )
                if survival:
                    value = np.exp(-value)
                    error, lower, upper = error * value, np.exp(-upper), np.exp(-lower)
                columns = {"time": times, "estimate": value, "lower": lower, "upper": upper}
                frame = pd.DataFrame(columns | {"std_error": error})
                if len(z) > 1:
                    frame.insert(0, "row", row)
                for name in reversed(list(self._strata)):
                    frame.insert(0, name, [self._strata[name].iloc[k]] * len(frame))
                frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def _rows(self, at: Any) -> tuple[Vector, list[list[int]]]:
        """Return scaled covariates, a row each, and the strata that each is asked in."""
        m, every = self._model, list(range(len(self._strata)))
        if at is None:
            return -(m.centre / m.spread)[None, :], [every]
        if isinstance(at, Mapping):
            wide = max((np.size(value) for value in at.values()), default=1)
            at = {name: np.broadcast_to(value, wide) for name, value in at.items()}
        kept = [self._design.columns.index(name) for name in self.coefficients["term"]]
        z = (self._design.rows(at)[:, kept] - m.centre) / m.spread
        source = Columns(at, Faults("the covariates in at"))
        names = list(map(str, self._strata))
        if not names or not set(names) <= set(source.names):
            return z, [every] * len(z)
        known = {key: k for k, key in enumerate(self._strata.itertuples(index=False, name=None))}
        labels = pd.DataFrame({name: source.native(name) for name in names})
        code = np.array([known.get(key, -1) for key in labels.itertuples(index=False, name=None)])
        source.rows_where(code < 0, ", ".join(names), "there is no such stratum", "Name one fitted")
        source.faults.raise_any()
        return z, [[int(k)] for k in code]
