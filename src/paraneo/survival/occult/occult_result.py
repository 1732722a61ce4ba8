"""A fitted model of hidden cancers: shares, hazards, and what is still hidden, with limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, check_option, numbers
from paraneo.gate.formulas import Design
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.results.convergence import Convergence
from paraneo.results.estimate import Estimate
from paraneo.results.result import Result
from paraneo.survival.records import row_names

from ._latency_laws import Law

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from paraneo.survival._spells import FollowUp

    from ._occult_fit import OccultFit
    from ._occult_likelihood import OccultModel

#: Points of a drawn curve.
POINTS = 200
#: Step of the differences that carry the covariance to curves.
STEP = 1e-5


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OccultCancer(Result):
    """The share with a hidden cancer at diagnosis, and the law of its time to detection.

    Attributes
    ----------
    names : tuple of str, length p
        ``logit_share`` and the effects on it, the law's parameters (``log_scale`` is the
        log of years), the effects on the law, ``logit_before`` in the two-sided model.
    parameters : array, shape (p,)
        Estimates; infinite for a share on its bound, NaN where there is none.
    covariance : DataFrame, shape (p, p)
        Inverse of the observed information; NaN where a parameter is on a bound.
    log_likelihood : float
        Without what holds no parameter.
    convergence : Convergence
        ``.note`` says where the data cannot tell the share.
    law : str
    edges : array
        Of the law's bands; empty for other laws.
    level : float
    interval : str
        How the limits of coefficients and share were made.
    n, events : int
        Rows followed from diagnosis, and their events, the background's among them.
    follow_up : float
        The longest, in years.
    """

    names: tuple[str, ...]
    parameters: Vector
    covariance: pd.DataFrame
    log_likelihood: float
    convergence: Convergence
    law: str
    edges: Vector
    level: float
    interval: str
    n: int
    events: int
    follow_up: float
    _fit: OccultFit
    _model: OccultModel
    _people: FollowUp
    _share_design: Design
    _law_design: Design

    @property
    def coefficients(self) -> pd.DataFrame:
        """One row a parameter, index ``term``: ``estimate std_error lower upper``."""
        columns = {
            "estimate": self.parameters,
            "std_error": np.sqrt(np.diag(self.covariance)),
            "lower": self._fit.lower,
            "upper": self._fit.upper,
        }
        return pd.DataFrame(columns, index=pd.Index(self.names, name="term"))

    @property
    def aic(self) -> float:
        """Akaike's criterion, -2 log-likelihood + 2 parameters."""
        return 2.0 * (len(self.names) - self.log_likelihood)

    def summary(self) -> pd.DataFrame:
        """Return the coefficients with their names in the column ``term``."""
        return self.coefficients.reset_index()

    @property
    def share(self) -> Estimate | pd.DataFrame:
        """The share with a hidden cancer at diagnosis.

        An `Estimate`; under a formula a frame of each combination of covariates among the
        people, with Wald limits of the logit.
        """
        if self._share_design.spec is None:
            logits = self.parameters[0], self._fit.lower[0], self._fit.upper[0]
            value, lower, upper = special.expit(np.array(logits))
            error = float(np.sqrt(self.covariance.to_numpy()[0, 0]))
            return Estimate(value, lower, upper, error, level=self.level, method=self.interval)
        matrix = np.unique(self._share_design.matrix, axis=0)
        return self._shares(matrix, pd.DataFrame(matrix[:, 1:], columns=self._covariates()))

    def share_at(self, at: Any) -> pd.DataFrame:
        """Return the share of each row of covariates, with Wald limits of its logit."""
        matrix = self._share_design.rows(at)
        return self._shares(matrix, pd.DataFrame(index=range(len(matrix))))

    def hazard(self, t: ArrayLike, at: Any = None, *, extrapolate: bool = False) -> pd.DataFrame:
        """Return the excess hazard per year at times t, with pointwise limits.

        Parameters
        ----------
        t : array
            Years since diagnosis, above 0.
        at : mapping or frame, optional
            Covariates, a row a person; left out, all columns of covariates are 0.
        extrapolate : bool
            Allow times beyond the longest follow-up.

        Returns
        -------
        DataFrame
            Index ``time``, columns ``estimate lower upper``, and ``row`` first where ``at``
            has several rows. Limits are the delta method's on the log scale.
        """

        def log_hazard(time: Vector, parameters: Vector) -> Vector:
            pi, rest, law = self._at(time, at, parameters)
            with np.errstate(divide="ignore"):
                return np.log(pi) + law.log_density - np.log(rest + pi * law.hidden)

        return self._frame(t, "time", log_hazard, np.exp, extrapolate)

    def cumulative_hazard(
        self, t: ArrayLike, at: Any = None, *, extrapolate: bool = False
    ) -> pd.DataFrame:
        """Return the cumulative excess hazard -log(1 - pi G(t)) up to times t, with limits.

        Arguments and frame are those of `hazard`.
        """

        def log_cumulative(time: Vector, parameters: Vector) -> Vector:
            pi, rest, law = self._at(time, at, parameters)
            found = pi * law.detected
            with np.errstate(divide="ignore"):
                left = np.where(found < 0.5, np.log1p(-found), np.log(rest + pi * law.hidden))
                return np.log(-left)

        frame = self._frame(t, "time", log_cumulative, np.exp, extrapolate)
        frame.loc[frame.index == 0, ["estimate", "lower", "upper"]] = 0.0
        return frame

    def survival_function(
        self, t: ArrayLike, at: Any = None, *, extrapolate: bool = False
    ) -> pd.DataFrame:
        """Return 1 - pi G(t): free of a cancer that was hidden, with limits.

        Arguments and frame are those of `hazard`.
        """
        frame = self.cumulative_hazard(t, at, extrapolate=extrapolate)
        sides = frame[["estimate", "upper", "lower"]].to_numpy()
        frame[["estimate", "lower", "upper"]] = np.exp(-sides)
        return frame

    def residual(
        self, cancer_free_for: ArrayLike, at: Any = None, *, extrapolate: bool = False
    ) -> pd.DataFrame:
        """Return the share with a cancer still hidden, among those without one for so long.

        Parameters
        ----------
        cancer_free_for : array
            Years s since diagnosis; the share is pi (1 - G(s)) / (1 - pi G(s)).
        at, extrapolate
            As in `hazard`.

        Returns
        -------
        DataFrame
            Index ``cancer_free_for``; limits are the delta method's on the logit scale.
            With the share on its bound the upper one is that of the share itself.
        """

        def logit(time: Vector, parameters: Vector) -> Vector:
            pi, rest, law = self._at(time, at, parameters)
            with np.errstate(divide="ignore"):
                return np.log(pi) + np.log(law.hidden) - np.log(rest)

        return self._frame(cancer_free_for, "cancer_free_for", logit, special.expit, extrapolate)

    def cumulative_at(
        self, t: ArrayLike, at: Any = None, parameters: Vector | None = None
    ) -> Vector:
        """Return the cumulative excess hazard -log(1 - pi G(t)), shape (rows of at, times).

        ``parameters`` may be a row of `draws`, or several, which make the second of then three
        dimensions; nothing is checked, and times beyond follow-up are extrapolated.
        """

        def cumulative(pi: Vector, rest: Vector, law: Law) -> Vector:
            return np.where(pi > 0, -np.log(rest + pi * law.hidden), 0.0)

        return self._each(t, at, parameters, cumulative)

    def residual_at(self, t: ArrayLike, at: Any = None, parameters: Vector | None = None) -> Vector:
        """Return the share still hidden after t years; shapes are those of `cumulative_at`."""

        def left(pi: Vector, rest: Vector, law: Law) -> Vector:
            still = pi * law.hidden
            with np.errstate(invalid="ignore"):
                return np.where(pi > 0, still / (rest + still), 0.0)

        return self._each(t, at, parameters, left)

    def log_likelihood_at(self, parameters: Vector) -> tuple[float, Vector]:
        """Return the log-likelihood at other parameters, and its gradient."""
        return self._model.slope(np.asarray(parameters, dtype=np.float64))

    def draws(self, size: int, *, rng: np.random.Generator) -> Vector:
        """Return parameters drawn from their normal approximation, shape (size, p).

        Parameters on a bound stay there.
        """
        found = np.tile(self.parameters, (size, 1))
        covariance = self.covariance.to_numpy()
        free = np.isfinite(np.diag(covariance))
        part = covariance[np.ix_(free, free)]
        found[:, free] = rng.multivariate_normal(self.parameters[free], part, size, method="eigh")
        return found

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: Literal["hazard", "residual"] = "residual",
        at: Any = None,
    ) -> Axes:
        """Draw the excess hazard, or the share still hidden, with limits and numbers at risk."""
        from paraneo.numerics.round_times import round_times
        from paraneo.plotting.hazard_curve import hazard_curve

        faults = Faults("the arguments of plot")
        check_option(kind, ("hazard", "residual"), "kind", faults)
        faults.raise_any()
        time = np.linspace(self.follow_up / POINTS, self.follow_up, POINTS)
        if kind == "residual":
            time = np.append(0.0, time)
        labels = {"hazard": "Excess hazard per year", "residual": "Share with a hidden cancer"}
        frame = self.hazard(time, at) if kind == "hazard" else self.residual(time, at)
        people, marks = self._people, round_times(self.follow_up)
        counts = [int(((people.entry <= t) & (people.exit >= t)).sum()) for t in marks]
        return hazard_curve(
            frame.rename_axis("time").reset_index(),
            pd.DataFrame({"label": "all", "time": marks, "at_risk": counts}),
            ylabel=f"{labels[kind]}\n({100 * self.level:g}% limits)",
            names=row_names(at, pd.DataFrame(index=range(1))),
            steps=self.law == "piecewise" and kind == "hazard",
            ax=ax,
        )

    def _heading(self) -> str:
        return (
            f"OccultCancer, {self.law}: {self.n} rows, {self.events} events, "
            f"log-likelihood {self.log_likelihood:.4f}; {self.convergence}"
        )

    def _covariates(self) -> list[str]:
        return list(self._share_design.columns[1:])

    def _shares(self, matrix: Vector, labels: pd.DataFrame) -> pd.DataFrame:
        p = matrix.shape[1]
        logit = matrix @ self.parameters[:p]
        part = self.covariance.to_numpy()[:p, :p]
        half = normal_quantile(self.level) * np.sqrt(np.einsum("ij,jk,ik->i", matrix, part, matrix))
        found = {"estimate": logit, "lower": logit - half, "upper": logit + half}
        return labels.assign(**{name: special.expit(value) for name, value in found.items()})

    def _at(self, time: Vector, at: Any, parameters: Vector | None) -> tuple[Vector, Vector, Law]:
        """Return pi and 1 - pi, shape (rows, 1), and the law, shape (rows, times)."""
        theta = self.parameters if parameters is None else np.asarray(parameters, dtype=np.float64)
        return self._law_at(time, *self._covariate_rows(at), theta)

    def _each(
        self,
        t: ArrayLike,
        at: Any,
        parameters: Vector | None,
        curve: Callable[[Vector, Vector, Law], Vector],
    ) -> Vector:
        """Return a curve of one row of parameters, or of each of several."""
        theta = self.parameters if parameters is None else np.asarray(parameters, dtype=np.float64)
        time, rows = np.atleast_1d(np.asarray(t, dtype=np.float64)), self._covariate_rows(at)
        if theta.ndim == 1:
            return np.asarray(curve(*self._law_at(time, *rows, theta)))
        return np.stack([curve(*self._law_at(time, *rows, one)) for one in theta], axis=1)

    def _covariate_rows(self, at: Any) -> tuple[Vector, Vector]:
        """Return the covariates of the share and of the law, a row each."""
        share, _, effects = self._model.split(self.parameters)
        if at is None:
            return np.eye(1, len(share)), np.zeros((1, len(effects)))
        frame = (
            pd.DataFrame({k: np.atleast_1d(v) for k, v in at.items()})
            if isinstance(at, dict)
            else at
        )
        return self._share_design.rows(frame), self._law_design.rows(frame)[:, 1:]

    def _law_at(
        self, time: Vector, x: Vector, z: Vector, theta: Vector
    ) -> tuple[Vector, Vector, Law]:
        model = self._model
        share, law, effects = model.split(theta)
        logit = x @ share
        shape = (len(x), len(time))
        shift = np.repeat(z @ effects, len(time))
        with np.errstate(all="ignore"):
            found = model.family.at(law, shift, np.tile(time, len(x)))
        shaped = found._replace(
            detected=found.detected.reshape(shape),
            hidden=found.hidden.reshape(shape),
            log_density=found.log_density.reshape(shape),
        )
        return special.expit(logit)[:, None], special.expit(-logit)[:, None], shaped

    def _frame(
        self,
        t: ArrayLike,
        index: str,
        scaled: Callable[[Vector, Vector], Vector],
        back: Callable[[Vector], Vector],
        extrapolate: bool,
    ) -> pd.DataFrame:
        """Return a curve with delta-method limits made on the scale of ``scaled``."""
        faults = Faults("the times of the curve")
        time = np.atleast_1d(numbers(t, index, NONNEGATIVE, faults))
        if not extrapolate and (time > self.follow_up * (1.0 + 1e-9)).any():
            faults.add(
                index,
                f"there is no follow-up beyond {self.follow_up:g} years",
                "Ask earlier times, or say extrapolate=True",
            )
        faults.raise_any()
        theta = self.parameters
        middle = scaled(time, theta)
        low, high = self._limits(middle, lambda point: scaled(time, point))
        if np.isneginf(theta[0]) or (np.isinf(theta[0]) and back is not np.exp):
            middle, low = np.full_like(middle, theta[0]), np.full_like(low, -np.inf)
            high = np.full_like(high, np.nan if back is np.exp else self._fit.upper[0])
        frames = [
            pd.DataFrame(
                {
                    "row": row,
                    index: time,
                    "estimate": back(middle[row]),
                    "lower": back(low[row]),
                    "upper": back(high[row]),
                }
            )
            for row in range(len(middle))
        ]
        frame = pd.concat(frames).set_index(index)
        return frame if len(frames) > 1 else frame.drop(columns="row")

    def _limits(self, middle: Vector, scaled: Callable[[Vector], Vector]) -> tuple[Vector, Vector]:
        covariance = self.covariance.to_numpy()
        free = np.flatnonzero(np.isfinite(np.diag(covariance)))
        slopes = np.zeros((*middle.shape, len(self.parameters)))
        for k in free:
            move = np.zeros(len(self.parameters))
            move[k] = STEP
            up, down = scaled(self.parameters + move), scaled(self.parameters - move)
            with np.errstate(invalid="ignore"):
                slopes[..., k] = (up - down) / (2.0 * STEP)
        variance = np.einsum("rti,ij,rtj->rt", slopes, np.nan_to_num(covariance), slopes)
        half = normal_quantile(self.level) * np.sqrt(np.maximum(variance, 0.0))
        return middle - half, middle + half
