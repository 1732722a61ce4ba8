"""A fitted model of occult cancer: shares, hazards, and what is still occult, with limits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy import special

from paraneo.errors import Faults
from paraneo.gate.arguments import check_option
from paraneo.gate.formulas import Design
from paraneo.gate.kinds import Flat
from paraneo.numerics.arrays import Vector
from paraneo.results.estimate import Estimate
from paraneo.survival._fitted_hazard import (
    POINTS,
    FittedHazard,
    curve_frame,
    normal_draws,
    numbers_at_risk,
    times_within,
)
from paraneo.survival.records import row_names

from . import _curves
from ._average import Component, belief, mixed_limits
from ._sufficiency import excess_events, sufficiency

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from paraneo.survival._spells import FollowUp

#: Follow-up is long enough with a p-value below this, or with no larger a part of the occult
#: cancers still undetected at its end.
ENOUGH = 0.05


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OccultCancer(FittedHazard):
    """The proportion with occult cancer at diagnosis, and the distribution of time to detection.

    Attributes
    ----------
    names : tuple of str, length p
        ``logit_share`` and the effects on it, the distribution's parameters (``log_scale`` is
        the log of years), the effects on its scale, ``logit_before`` in the two-sided model.
        Of an average first the weights, then each distribution's parameters after its name.
    parameters : array, shape (p,)
        Estimates; infinite for a share on its bound, NaN where there is none.
    covariance : DataFrame, shape (p, p)
        Inverse of the observed information; NaN where a parameter is on a bound. Of an
        average one from which the delta method makes variances that hold the choice too.
    log_likelihood : float
        Without what holds no parameter; of an average that of the best distribution.
    convergence : Convergence
        ``.note`` says where the data cannot tell the share.
    distribution : str
        As asked for, such as ``"average"`` or ``"weibull"``.
    fits : DataFrame
        One row a distribution that was fitted, with its share, likelihood, AIC and weight.
    edges : array
        Of the bands of the piecewise distribution; empty without one.
    level, interval
        Of the limits, and how those of coefficients and share were made.
    n, events : int
        Rows followed from diagnosis, and their events, the background's among them.
    excluded : DataFrame
        People who had a cancer before diagnosis: ``reason rows events person_years``.
    follow_up : float
        The longest, in years.
    """

    distribution: str
    fits: pd.DataFrame
    edges: Vector
    follow_up: float
    _components: tuple[Component, ...]
    _share_limits: tuple[float, float]
    _people: FollowUp
    _share_design: Design
    _time_design: Design

    @property
    def averaged(self) -> bool:
        """Whether several distributions were averaged."""
        return len(self._components) > 1

    @property
    def none_found(self) -> bool:
        """Whether the share is estimated as 0 under every distribution."""
        return all(np.isneginf(one.fit.theta[0]) for one in self._components)

    @property
    def coefficients(self) -> pd.DataFrame:
        """One row a parameter: ``distribution term estimate std_error lower upper p_value``.

        Ratios stand beside them: odds ratios for effects on the share, ratios of times for
        those on the scale. The p-value is Wald's of an effect of 0.
        """
        frame = self._coefficients()
        if not self.averaged:
            frame.insert(0, "distribution", self._components[0].distribution.word)
            return frame
        frame = frame.iloc[len(self._components) :].reset_index(drop=True)
        words = [one.distribution.word for one in self._components for _ in one.fit.theta]
        frame["term"] = [name for one in self._components for name in one.names]
        frame.insert(0, "distribution", words)
        frame["std_error"] = np.concatenate(
            [np.sqrt(np.diag(one.fit.covariance)) for one in self._components]
        )
        return frame

    @property
    def aic(self) -> float:
        """Akaike's criterion, of an average that of the best distribution."""
        return float(self.fits["aic"].min())

    @property
    def share(self) -> Estimate | pd.DataFrame:
        """The proportion with an occult cancer at diagnosis.

        An `Estimate`; under a formula a frame of each combination of covariates among the
        people, with limits made on the logit scale.
        """
        if self._share_design.spec is None:
            logits = np.array([one.fit.theta[0] for one in self._components])
            each = special.expit(logits)
            value = float(self._weights @ each)
            with np.errstate(invalid="ignore", divide="ignore"):
                off = logits - special.logit(value)
                error = [np.sqrt(one.fit.covariance[0, 0]) for one in self._components]
                spread = float(np.sqrt(self._weights @ (np.square(error) + np.square(off))))
            lower, upper = special.expit(np.array(self._share_limits))
            how = f"model-averaged {self.interval}" if self.averaged else self.interval
            return Estimate(value, lower, upper, spread, level=self.level, method=how)
        matrix = np.unique(self._share_design.matrix, axis=0)
        values, beliefs = [], []
        for one in self._components:
            p = matrix.shape[1]
            logit, part = matrix @ one.fit.theta[:p], one.fit.covariance[:p, :p]
            error = np.sqrt(np.einsum("ij,jk,ik->i", matrix, part, matrix))
            values.append(special.expit(logit))
            beliefs.append(belief(logit, error, self.level, None))
        low, high = mixed_limits(beliefs, list(self._weights), self.level)
        labels = pd.DataFrame(matrix[:, 1:], columns=list(self._share_design.columns[1:]))
        limits = {"lower": special.expit(low), "upper": special.expit(high)}
        return labels.assign(estimate=self._weights @ np.array(values), **limits)

    def hazard(self, t: Flat, at: Any = None, *, extrapolate: bool = False) -> pd.DataFrame:
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
            Columns ``time estimate lower upper``, and ``row`` first where ``at`` has several
            rows. Limits are the delta method's on the log scale; of an average where the
            weighted confidence of the distributions is that of the level.
        """
        return self._frame(t, at, _curves.log_hazard, _curves.log_hazard, np.exp, extrapolate)

    def cumulative_hazard(
        self, t: Flat, at: Any = None, *, extrapolate: bool = False
    ) -> pd.DataFrame:
        """Return the cumulative excess hazard -log(1 - pi G(t)) up to times t, with limits.

        Arguments and frame are those of `hazard`.
        """
        log = _curves.log_cumulative
        frame = self._frame(t, at, log, log, np.exp, extrapolate)
        frame.loc[frame["time"] == 0, ["estimate", "lower", "upper"]] = 0.0
        return frame

    def residual(
        self, cancer_free_for: Flat, at: Any = None, *, extrapolate: bool = False
    ) -> pd.DataFrame:
        """Return the share that still has an occult cancer, among those without one for so long.

        Parameters
        ----------
        cancer_free_for : array
            Years s since diagnosis; the share is pi (1 - G(s)) / (1 - pi G(s)).
        at, extrapolate
            As in `hazard`.

        Returns
        -------
        DataFrame
            As in `hazard`; limits are made on the logit scale. With the share on its bound
            the upper one is that of the share itself.
        """
        value, scale = _curves.residual, _curves.logit_residual
        return self._frame(cancer_free_for, at, value, scale, special.expit, extrapolate)

    def tests(self) -> pd.DataFrame:
        """Test whether follow-up was too short, and effects: ``test statistic df p_value``.

        The tests of Maller and Zhou and of Shen have the null hypothesis that excess cancers
        go on after follow-up: a p-value below 0.05 says that they have ceased. With a
        background an event counts by its probability, under the model, of being an excess one.
        Both have little power where the last event lies near the end, so that the part of the
        occult cancers that the model has undetected then stands below. Effects are tested
        by Wald.
        """
        p_value = self._coefficients()["p_value"]
        rows = [
            (f"no effect, {name}, Wald", z**2, 1, p)
            for name, z, p in zip(
                self.names,
                self.parameters / np.sqrt(np.diag(self.covariance)),
                p_value,
                strict=True,
            )
            if np.isfinite(p)
        ]
        found = self._sufficiency()
        if not rows:
            return found
        return pd.concat([found, pd.DataFrame(rows, columns=list(found))], ignore_index=True)

    @property
    def follow_up_suffices(self) -> bool:
        """Whether follow-up was long enough to tell the share.

        It was where Maller and Zhou's test has a p-value below 0.05, or where the model says
        that at most 5% of the occult cancers were undetected at its end.
        """
        found = self._sufficiency()
        tested = found["p_value"].iloc[0] < ENOUGH
        return bool(tested or not found["statistic"].iloc[-1] > ENOUGH)

    def cumulative_at(self, t: Flat, at: Any = None, parameters: Vector | None = None) -> Vector:
        """Return the cumulative excess hazard -log(1 - pi G(t)), shape (rows of at, times).

        ``parameters`` may be a row of `draws`, or several, which make the second of then three
        dimensions; nothing is checked, and times beyond follow-up are extrapolated.
        """
        return self._each(t, at, parameters, _curves.cumulative)

    def residual_at(self, t: Flat, at: Any = None, parameters: Vector | None = None) -> Vector:
        """Return the share still occult after t years; shapes are those of `cumulative_at`."""
        return self._each(t, at, parameters, _curves.residual)

    def log_likelihood_at(self, parameters: Vector) -> tuple[float, Vector]:
        """Return the log-likelihood of one distribution at other parameters, and its gradient."""
        faults = Faults("the model of occult cancer")
        if self.averaged:
            faults.add("distribution", "an average has no one likelihood", "Name a distribution")
        faults.raise_any()
        return self._components[0].model.slope(np.asarray(parameters, dtype=np.float64))

    def draws(self, size: int, *, rng: np.random.Generator) -> Vector:
        """Return parameters drawn from their normal approximation, shape (size, p).

        Parameters on a bound stay there. Of an average each row draws a distribution by its
        weight, whose own weight is then 1, and its parameters.
        """
        if not self.averaged:
            return normal_draws(self.parameters, self.covariance.to_numpy(), size, rng)
        which = rng.choice(len(self._components), size=size, p=self._weights)
        parts = [normal_draws(c.fit.theta, c.fit.covariance, size, rng) for c in self._components]
        return np.hstack([np.eye(len(self._components))[which], *parts])

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: Literal["hazard", "residual"] = "residual",
        at: Any = None,
    ) -> Axes:
        """Draw the excess hazard, or the share still occult, with limits and numbers at risk."""
        from paraneo.plotting.hazard_curve import hazard_curve

        faults = Faults("the arguments of plot")
        check_option(kind, ("hazard", "residual"), "kind", faults)
        faults.raise_any()
        time = np.linspace(self.follow_up / POINTS, self.follow_up, POINTS)
        labels = {"hazard": "Excess hazard per year", "residual": "Proportion with occult cancer"}
        frame = (
            self.hazard(time, at) if kind == "hazard" else self.residual(np.append(0.0, time), at)
        )
        return hazard_curve(
            frame,
            numbers_at_risk(self._people, self.follow_up, ["all"]),
            ylabel=f"{labels[kind]}\n({100 * self.level:g}% CI)",
            names=row_names(at, pd.DataFrame(index=range(1))),
            steps=self.distribution == "piecewise" and kind == "hazard",
            ax=ax,
        )

    def _heading(self) -> str:
        return (
            f"OccultCancer, {self.distribution}: {self.n} rows, {self.events} events, "
            f"log-likelihood {self.log_likelihood:.4f}; {self.convergence}"
        )

    def _shown(self) -> pd.DataFrame:
        return self.fits if self.averaged else self.summary()

    @property
    def _weights(self) -> Vector:
        return np.array([one.weight for one in self._components])

    def _sufficiency(self) -> pd.DataFrame:
        """Return the tests of follow-up, last the proportion still undetected at its end.

        Each event is weighted by the probability that it is an excess cancer.
        """
        time, weight = excess_events(self._components)
        return sufficiency(time, weight, self.n, self.follow_up, self._undetected())

    def _undetected(self) -> float:
        """Return the part of the people's occult cancers that is undetected after follow-up."""
        rows, end = self._components[0].model.rows, np.array([self.follow_up])
        with np.errstate(all="ignore"):
            state = self._state(end, (rows.share, rows.timing), self.parameters)
            left = state.occult.sum()
            return float(left / (left + state.detected.sum()))

    def _split(self, theta: Vector) -> tuple[Vector, list[Vector]]:
        """Return the weights, and each distribution's parameters."""
        if not self.averaged:
            return np.ones(1), [theta]
        sizes = np.cumsum([len(self._components), *(len(c.fit.theta) for c in self._components)])
        weights = np.maximum(theta[: sizes[0]], 0.0)
        parts = [theta[a:b] for a, b in pairwise(sizes)]
        return weights / weights.sum(), parts

    def _state(self, time: Vector, rows: tuple[Vector, Vector], theta: Vector) -> _curves.State:
        """Return the averaged state under one row of parameters."""
        weights, parts = self._split(theta)
        some = [k for k in range(len(weights)) if weights[k] > 0]
        models = [one.model for one in self._components]
        states = [_curves.state_of(models[k], parts[k], time, *rows) for k in some]
        return _curves.mixed(states, [float(weights[k]) for k in some])

    def _each(self, t: Flat, at: Any, parameters: Vector | None, curve: _curves.Quantity) -> Vector:
        """Return a curve of one row of parameters, or of each of several."""
        theta = self._rows_of(parameters)
        time, rows = np.atleast_1d(np.asarray(t, dtype=np.float64)), self._covariate_rows(at)
        with np.errstate(all="ignore"):
            found = [curve(self._state(time, rows, one)) for one in np.atleast_2d(theta)]
        return found[0] if theta.ndim == 1 else np.stack(found, axis=1)

    def _covariate_rows(self, at: Any) -> tuple[Vector, Vector]:
        """Return the covariates of the share and of the scale of time, a row each."""
        model = self._components[0].model
        share, _, effects = model.split(self._components[0].fit.theta)
        if at is None:
            return np.eye(1, len(share)), np.zeros((1, len(effects)))
        if isinstance(at, dict):
            at = pd.DataFrame({name: np.atleast_1d(value) for name, value in at.items()})
        return self._share_design.rows(at), self._time_design.rows(at)[:, 1:]

    def _frame(
        self,
        t: Flat,
        at: Any,
        value: _curves.Quantity,
        scaled: _curves.Quantity,
        back: Callable[[Vector], Vector],
        extrapolate: bool,
    ) -> pd.DataFrame:
        """Return a curve with limits made on the scale of ``scaled``."""
        faults = Faults("the times of the curve")
        time = times_within(t, np.inf if extrapolate else self.follow_up, faults)
        faults.raise_any()
        rows = self._covariate_rows(at)
        with np.errstate(all="ignore"):
            middle = value(self._state(time, rows, self.parameters))
            beliefs = [
                _curves.believed(one, time, rows, scaled, self.level) for one in self._components
            ]
            low, high = mixed_limits(beliefs, list(self._weights), self.level)
            middle = middle if value is _curves.residual else back(middle)
        return curve_frame(time, zip(middle, back(low), back(high), strict=True))
