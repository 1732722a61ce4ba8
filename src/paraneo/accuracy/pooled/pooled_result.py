"""A pooled accuracy, what it can be asked, and how it is made of a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level, check_option, numbers
from paraneo.numerics.arrays import Vector
from paraneo.results.coefficients import covariance_frame
from paraneo.results.convergence import Convergence
from paraneo.results.estimate import Estimate
from paraneo.results.result import Result

from . import _checks, _heterogeneity, _pooling
from . import sroc as _sroc
from ._pooled_measures import MEASURES, coefficient_covariance, coefficients, measures
from ._pooling import Fitted, Problem, Quadrature, moved_to
from ._pooling_input import OUTCOMES
from .sroc import HSROC

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Region = Literal["confidence", "prediction"]
RegionQuantile = Literal["chi2", "f"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PooledAccuracy(Result):
    """How well a test tells people with a condition from people without it, over studies.

    Attributes
    ----------
    sensitivity, specificity : Estimate
        Of the average study, on the logit scale, in [0, 1].
    positive_likelihood_ratio, negative_likelihood_ratio, diagnostic_odds_ratio : Estimate
        Of that sensitivity and specificity; ``std_error`` is on the log scale.
    mean : array, shape (2,)
        Of (logit Se, logit Sp). Infinite where every answer of all studies is right, or wrong.
    mean_covariance : DataFrame, shape (2, 2)
        Of that mean, labelled; a variance is infinite where the mean is.
    between_study : array, shape (2, 2)
        Covariance of the true logits over studies. A variance is infinite where in every
        study all or none of the answers are right.
    log_likelihood, fullest_log_likelihood : float
        With all constants; restricted for ``method="reml"``. The second is that of the
        fullest structure tried, on its bound: no lower than the first.
    coefficients : DataFrame
        ``outcome term estimate std_error lower upper p_value``, on the logit scale, and
        odds ratios ``ratio ratio_lower ratio_upper``.
    covariance : DataFrame
        Of all coefficients, labelled ``outcome: term``.
    structure : str
        ``unstructured``, ``shared`` (one random effect moves both), ``independent``,
        ``sensitivity`` or ``specificity`` (the only one with an effect), or ``fixed``.
    quadrature : Quadrature
        ``nodes change settled`` of the integral over the random effects.
    convergence : Convergence
        How the search ended, and why a simpler structure was taken.
    studies : DataFrame
        ``study tp fp fn tn sensitivity specificity``, as counted.
    model, method, test, level
    notes : tuple of str
        What was done that the caller may not expect; the printed result shows them.
    """

    sensitivity: Estimate
    specificity: Estimate
    positive_likelihood_ratio: Estimate
    negative_likelihood_ratio: Estimate
    diagnostic_odds_ratio: Estimate
    mean: Vector
    mean_covariance: pd.DataFrame
    between_study: Vector
    log_likelihood: float
    fullest_log_likelihood: float
    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    structure: str
    quadrature: Quadrature
    convergence: Convergence
    studies: pd.DataFrame
    model: str
    method: str
    test: str
    level: float
    notes: tuple[str, ...]
    _problem: Problem
    _fitted: Fitted

    @property
    def df(self) -> float:
        """Degrees of freedom of t behind its confidence limits; infinite where they are normal."""
        return _df(self._problem, self.test)

    @property
    def hsroc(self) -> HSROC | None:
        """Parameters of the HSROC model; None where a mean is infinite.

        Λ = (σ₂/σ₁)^½ μ₁ + (σ₁/σ₂)^½ μ₂, Θ = ½{(σ₂/σ₁)^½ μ₁ − (σ₁/σ₂)^½ μ₂}, β = log(σ₂/σ₁),
        with 1 for sensitivity and 2 for specificity (Harbord et al. 2007).
        """
        return _sroc.hsroc(self.mean, self.between_study)

    @property
    def auc(self) -> float:
        """Area under the whole SROC curve, most of which may lie beyond the data.

        1 (or 0) where the pooled sensitivity or specificity is 1 (or 0).
        """
        parameters = self.hsroc
        if parameters is None:
            return float(np.sum(self.mean[np.isinf(self.mean)] > 0) > 0)
        return _sroc.area(parameters)

    def sroc(self, false_positive_rate: ArrayLike | None = None) -> pd.DataFrame:
        """Return the summary ROC curve (Rutter–Gatsonis): ``false_positive_rate sensitivity``.

        Parameters
        ----------
        false_positive_rate : array, optional
            Values in (0, 1). Left out: 101 between the least and the greatest among the
            studies (and the pooled one), since the curve says nothing beyond.
        """
        faults = Faults("the summary ROC curve")
        parameters = self._finite("curve", faults)
        if false_positive_rate is None:
            observed = 1 - self.studies["specificity"].to_numpy()
            ends = [*observed, 1 - float(self.specificity.value)]
            rate = np.linspace(max(min(ends), 1e-3), min(max(ends), 1 - 1e-3), 101)
        else:
            rate = np.atleast_1d(numbers(false_positive_rate, "false_positive_rate", (), faults))
            if not ((rate > 0) & (rate < 1)).all():
                faults.add("false_positive_rate", "leaves (0, 1)", "Give values between 0 and 1")
        faults.raise_any()
        assert parameters is not None
        height = _sroc.curve(parameters, rate)
        return pd.DataFrame({"false_positive_rate": rate, "sensitivity": height})

    def region(
        self,
        kind: Region = "confidence",
        *,
        level: float | None = None,
        quantile: RegionQuantile | None = None,
        points: int = 181,
    ) -> pd.DataFrame:
        """Return the border of a region: ``false_positive_rate sensitivity``.

        Parameters
        ----------
        kind : {"confidence", "prediction"}, default "confidence"
            Of the pooled point, or of the true point of a further study.
        level : float, optional
            That of the result if left out.
        quantile : {"chi2", "f"}, optional
            χ² with 2 degrees of freedom, or 2·F(2, studies − 2), which is wider. Left out, the
            second where the limits are by t and there are three studies or more.
        points : int
            Along the border.
        """
        faults = Faults("the region")
        check_option(kind, get_args(Region), "kind", faults)
        if quantile is None:
            quantile = "f" if self.test == "t" and len(self.studies) > 2 else "chi2"
        check_option(quantile, get_args(RegionQuantile), "quantile", faults)
        level = self.level if level is None else level
        check_level(level, faults)
        self._finite("region", faults, bounded=kind == "prediction")
        if not points >= 3:
            faults.add("points", f"{points!r} make no border", "Give 100 or more")
        count = len(self.studies) if quantile == "f" else None
        if count is not None and count < 3:
            faults.add("quantile", "'f' needs three studies", "Choose 'chi2'")
        faults.raise_any()
        total = self.mean_covariance.to_numpy() + (
            self.between_study if kind == "prediction" else 0.0
        )
        rate, height = _sroc.region(self.mean, total, level, count, points)
        return pd.DataFrame({"false_positive_rate": rate, "sensitivity": height})

    def at(self, values: Mapping[str, Any]) -> PooledAccuracy:
        """Return the accuracy at given values of all covariates of the formula.

        Without it, a model with covariates speaks of their mean over the studies.
        """
        faults = Faults("the values of the covariates")
        known = self._problem.studies.covariates
        for name in known.columns:
            if name not in values:
                faults.add(str(name), "no value was given", "Give one for every covariate")
            elif known[name].dtype.kind not in "iufb" and values[name] not in set(known[name]):
                levels = ", ".join(map(str, pd.unique(known[name])))
                faults.add(str(name), f"{values[name]!r} is in no study", f"Choose from: {levels}")
        if not len(known.columns):
            faults.add(None, "the model has no covariates", "Give a formula when pooling")
        faults.raise_any()
        row = pd.DataFrame({name: [values[name]] for name in known.columns})
        places = [design.rows(row)[0] for design in self._problem.studies.designs]
        fitted = moved_to(self._fitted, *places)
        shown = ", ".join(f"{name} = {values[name]}" for name in known.columns)
        return made_of(self._problem, fitted, self.test, self.level, (*self.notes, f"at {shown}"))

    def between_study_limits(self, *, level: float | None = None) -> pd.DataFrame:
        """Return both between-study variances with profile-likelihood limits.

        ``measure estimate lower upper``; an upper limit that the data do not set is
        infinite. A variance left out of the model has a lower limit of 0.
        """
        faults = Faults("the between-study variances")
        level = self.level if level is None else level
        check_level(level, faults)
        faults.raise_any()
        limits = _pooling.variance_limits(self._problem, self._fitted, level)
        return pd.DataFrame(
            {
                "measure": list(OUTCOMES),
                "estimate": np.diag(self.between_study),
                "lower": limits[:, 0],
                "upper": limits[:, 1],
            }
        )

    def inconsistency(self) -> pd.DataFrame:
        """Return I² of sensitivity, specificity and both (Zhou & Dendukuri 2014), in [0, 1].

        The share of between-study in total variance, the within-study variance being the
        mean of 1/n times E[1/(p(1 − p))] over the studies' true proportions; for both,
        square roots of generalised variances (determinants).
        """
        faults = Faults("the inconsistency")
        self._finite("I²", faults, bounded=True)
        faults.raise_any()
        people = np.where(self._people() > 0, self._people(), np.nan)
        values = _heterogeneity.inconsistency(self.mean, self.between_study, people)
        return pd.DataFrame({"measure": [*OUTCOMES, "both"], "estimate": values})

    def asymmetry(self) -> pd.DataFrame:
        """Test whether small studies report other odds ratios (Deeks et al. 2005).

        log DOR is regressed on 1/√ESS with weights ESS = 4 n₁n₂/(n₁ + n₂). One row:
        ``test statistic df p_value``, the statistic being t, and ``slope std_error intercept
        corrected``; the last counts the studies with a zero cell, to which 0.5 was added. A
        p-value below 0.10 is usually taken to show asymmetry.
        """
        return _checks.asymmetry_frame(self.studies)

    def influence(self) -> pd.DataFrame:
        """Leave out each study in turn: a row a study.

        ``study sensitivity specificity distance structure reached``; ``distance`` is Cook's:
        (change of the mean)' covariance⁻¹ (change)/2 on the logit scale, infinite where one
        of the two means is.
        """
        return _checks.influence_frame(self._problem, self._fitted)

    def leave_one_out(self) -> pd.DataFrame:
        """Pool again without each study: a row a study and outcome.

        ``without measure estimate lower upper between_study_variance structure reached``, limits by
        the same distribution with one study fewer, exact where all answers left are right or wrong.
        """
        df = self.df - 1.0
        return _checks.leave_one_out_frame(self._problem, self._fitted, df, self.level)

    def tests(self) -> pd.DataFrame:
        """Test every term of the formula: ``term outcome test statistic df p_value``.

        Each term is dropped from sensitivity, from specificity, and from both. The fits
        compared are by maximum likelihood, whatever ``method`` says, with the between-study
        structure of the full one.
        """
        faults = Faults("the likelihood-ratio tests")
        if not self._problem.studies.covariates.shape[1]:
            faults.add("formula", "there are no covariates to test", "Give a formula")
        faults.raise_any()
        frame: pd.DataFrame = _pooling.likelihood_ratio_tests(self._problem)
        return frame

    def summary(self) -> pd.DataFrame:
        """Return a row a measure.

        ``measure estimate lower upper prediction_lower prediction_upper method``; the
        prediction limits are those of the true value in a further study.
        """
        ahead = measures(
            self.mean,
            self.mean_covariance.to_numpy() + self.between_study,
            self._problem.studies.counts,
            self.level,
            "",
            self.df - 1.0,  # Higgins: a further study takes one more
        )
        parts = [getattr(self, name).summary() for name in MEASURES]
        frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
        frame.insert(0, "measure", list(MEASURES))
        frame["prediction_lower"] = np.array([ahead[name].lower for name in MEASURES])
        frame["prediction_upper"] = np.array([ahead[name].upper for name in MEASURES])
        frame["method"] = [getattr(self, name).method for name in MEASURES]
        return frame

    def plot(
        self, ax: Axes | None = None, *, kind: Literal["roc", "forest", "funnel"] = "roc"
    ) -> Axes:
        """Draw the studies and what was pooled from them.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
        kind : {"roc", "forest", "funnel"}
            ``roc``: pooled point, both regions and the curve in the ROC plane; ``forest``:
            sensitivity and specificity of each study side by side, with Wilson limits;
            ``funnel``: diagnostic odds ratios over 1/√(effective sample size), after Deeks,
            Macaskill and Irwig (2005, doi:10.1016/j.jclinepi.2005.01.016), 0.5 being added to
            all cells of a study that has a 0.
        """
        faults = Faults("the arguments of plot")
        check_option(kind, ("roc", "forest", "funnel"), "kind", faults)
        faults.raise_any()
        from ._pictures import drawn

        return drawn(self, kind, ax)

    def _people(self) -> Vector:
        tp, fp, fn, tn = self._problem.studies.counts.T
        return np.stack([tp + fn, tn + fp], axis=1)

    def _finite(self, what: str, faults: Faults, *, bounded: bool = False) -> HSROC | None:
        if (parameters := self.hsroc) is None:
            note, cure = "a pooled proportion is 0 or 1", "Read .sensitivity and .specificity"
            faults.add(None, f"{note}, so that there is no {what}", cure)
        elif bounded and not np.isfinite(self.between_study).all():
            note = f"a between-study variance is infinite, so that there is no such {what}"
            faults.add(None, note, "Read .convergence, and look at the studies one by one")
        return parameters

    def _heading(self) -> str:
        fit = f"({self.model} model, {self.method.upper()}), {100 * self.level:g}% CI"
        first = f"Pooled accuracy of {self._problem.studies.count} studies {fit}"
        return "\n".join([first, str(self.convergence), *self.notes])


def made_of(
    problem: Problem, fitted: Fitted, test: str, level: float, notes: tuple[str, ...]
) -> PooledAccuracy:
    """Label a fit; ``test`` is "z" or "t"."""
    what = f"{problem.model} model, logit scale" + (", t" if test == "t" else "")
    studies, df = problem.studies, _df(problem, test)
    found = measures(fitted.mean, fitted.mean_covariance, studies.counts, level, what, df)
    return PooledAccuracy(
        **found,
        mean=fitted.mean,
        mean_covariance=covariance_frame(OUTCOMES, fitted.mean_covariance),
        between_study=fitted.between,
        log_likelihood=fitted.log_likelihood,
        fullest_log_likelihood=fitted.fullest_log_likelihood,
        coefficients=coefficients(problem, fitted, level, df),
        covariance=coefficient_covariance(problem, fitted),
        structure=fitted.structure,
        quadrature=fitted.quadrature,
        convergence=fitted.convergence,
        studies=studies.frame(),
        model=problem.model,
        method=problem.method,
        test=test,
        level=float(level),
        notes=notes,
        _problem=problem,
        _fitted=fitted,
    )


def _df(problem: Problem, test: str) -> float:
    """Return the degrees of freedom of the limits: studies less the columns of a design."""
    columns = max(len(design.columns) for design in problem.studies.designs)
    return float(problem.studies.count - columns) if test == "t" else float("inf")
