"""A pooled ratio, what it can be asked, and whether one study or small ones move it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import check_option
from paraneo.gate.formulas import Design
from paraneo.gate.frames import Table
from paraneo.numerics.arrays import Limits, Vector
from paraneo.numerics.random_effects import Between
from paraneo.results.convergence import Convergence
from paraneo.results.estimate import Estimate
from paraneo.results.result import Result

from . import _checks
from ._pooled_frames import ratios_at
from ._pooling import Heterogeneity, Pooled, wald

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PooledRatios(Result):
    """A pooled ratio, or a regression of ratios on covariates of the studies.

    Attributes
    ----------
    studies : DataFrame
        A row a study: ``study observed expected estimate lower upper weight assumption``.
        Confidence limits are exact Poisson ones in the Poisson model, log-Wald ones in the
        normal model. ``weight`` is 1 / (variance + τ²) as a proportion of the whole, the
        variance in the Poisson model being 1 / fitted count. ``assumption`` says where
        observed and expected come from.
    estimate : Estimate
        The pooled ratio. With covariates: the ratio where each column of the design is at
        its mean over studies.
    tau2 : Estimate
        Variance between studies of the log ratio, its confidence interval by profile
        likelihood in the Poisson model and by Q-profile in the normal one.
    prediction : Limits
        Within which the true ratio of a new study lies, at ``level``.
    heterogeneity : Heterogeneity
        ``statistic df p_value i2 h2``; i2 is a proportion, not a percentage. It is that of
        metafor, τ²/(τ² + s²) with s² the typical variance within studies, since (Q − df)/Q holds
        for DerSimonian and Laird's τ² alone; where a common ratio was asked for it is (Q − df)/Q.
    log_likelihood : float
        With all constants. Restricted where ``tau="reml"`` in the normal model.
    coefficients : DataFrame
        A row a column of the design: ``term estimate std_error lower upper p_value`` of the
        log ratio, and ``ratio ratio_lower ratio_upper``; for covariates a ratio of ratios.
    covariance : DataFrame
        Of the estimates.
    convergence : Convergence
        Where τ² ended on its bound 0, the model without it is what was fitted, and
        ``at_boundary`` says so.
    model, tau, test : str
        As fitted; τ² of the Poisson model is by maximum likelihood.
    level : float
    """

    studies: pd.DataFrame
    estimate: Estimate
    tau2: Estimate
    prediction: Limits
    heterogeneity: Heterogeneity
    log_likelihood: float
    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    convergence: Convergence
    model: str
    tau: Between
    test: str
    level: float
    _design: Design
    _pooled: Pooled
    _prediction_df: float

    def summary(self) -> pd.DataFrame:
        """Return one row a study, then what was pooled, then the prediction.

        ``kind`` is "study", "pooled" or "prediction". Where all covariates are categories
        there is a pooled row for each of their patterns, else one at the mean design.
        """
        studies = self.studies.drop(columns="assumption").assign(kind="study")
        rows, names = self._patterns()
        pooled = self._at(rows).assign(study=names)
        predicted = pooled.assign(
            lower=pooled["prediction_lower"], upper=pooled["prediction_upper"], kind="prediction"
        )
        parts = [studies, pooled.assign(kind="pooled"), predicted]
        order = ["study", "kind", "observed", "expected", "estimate", "lower", "upper", "weight"]
        return pd.concat(parts, ignore_index=True).reindex(columns=order)

    def ratios(self, *, at: Table) -> pd.DataFrame:
        """Return the pooled ratio for other values of the covariates.

        Parameters
        ----------
        at : frame or mapping
            The columns that the formula uses, a row a combination.

        Returns
        -------
        DataFrame
            ``estimate lower upper prediction_lower prediction_upper``, a row a row.
        """
        return self._at(self._design.rows(at))

    def tests(self) -> pd.DataFrame:
        """Return tests of heterogeneity and of the covariates.

        Columns ``hypothesis test statistic df p_value``. That studies share one ratio, given
        the covariates, is tested by Cochran's Q in the normal model and by likelihood ratio
        in the Poisson model; that no covariate matters by Wald's chi², or an F with residual
        degrees of freedom where ``test`` is not "z". Without an intercept all coefficients
        are tested.
        """
        spread = self.heterogeneity
        by = "likelihood ratio" if self.model == "poisson" else "Cochran's Q"
        rows = [("no heterogeneity", by, spread.statistic, spread.df, spread.p_value)]
        tested = np.array([term != "Intercept" for term in self._design.columns])
        if tested.any():
            df = self._pooled.df
            by = "wald" if np.isinf(df) else f"F, {df:g} residual df"
            found = wald(self._pooled.mean, self._pooled.covariance, tested, df)
            rows.append(("no effect of covariates", by, *found))
        return pd.DataFrame(rows, columns=["hypothesis", "test", "statistic", "df", "p_value"])

    def leave_one_out(self) -> pd.DataFrame:
        """Pool again without each study, with the same model and test.

        A row a study: ``without estimate lower upper tau2 i2 reached``, at the mean of covariates.
        """
        k = len(self.studies)
        return _checks.refitted(self, ~np.eye(k, dtype=np.bool_), "without")

    def cumulative(self, *, order: Sequence[Any] | None = None) -> pd.DataFrame:
        """Pool the studies added one by one: ``study estimate lower upper tau2 i2 reached``.

        Parameters
        ----------
        order : sequence, optional
            A number a study, such as its year, by which they are added; left out, the order of
            the table. The first row is the first study by itself, with its own limits.
        """
        return _checks.cumulative(self, order)

    def influence(self) -> pd.DataFrame:
        """Return what each study does to the pooled ratio.

        Both models: ``study cook covariance_ratio tau2 weight``, Cook's distance on the log scale,
        the ratio of the determinants of covariance without it and with it, and τ² without
        it. The normal model adds ``residual dffits hat``, its residual being studentised by
        the fit without the study (Viechtbauer & Cheung 2010, doi:10.1002/jrsm.11).
        """
        return _checks.influence_frame(self)

    def asymmetry(self, test: Literal["egger", "begg"] = "egger") -> pd.DataFrame:
        """Test whether small studies report other ratios: ``test statistic df p_value corrected``.

        ``egger`` regresses log ratios on their standard errors (1/√observed), the statistic being
        t of the slope; ``begg`` is Kendall's rank correlation of standardised log ratios
        with their variances. ``corrected`` counts the studies without a case, to which half a
        one was added.
        """
        return _checks.asymmetry_frame(self, test)

    def trim_and_fill(self, *, side: Literal["left", "right"] | None = None) -> pd.DataFrame:
        """Add as many mirrored studies as Duval and Tweedie's L0 says are missing.

        One row: ``side added estimate lower upper tau2``. The side is the one that Egger's
        regression with random effects points to, unless given. Normal model only.
        """
        return _checks.filled_frame(self, side)

    def baujat(self) -> pd.DataFrame:
        """Return ``study heterogeneity influence`` of the normal model.

        The squared Pearson residual of each study, and the squared shift of the pooled log ratio
        without it over its variance then (Baujat et al. 2002, doi:10.1002/sim.1221).
        """
        return _checks.baujat_frame(self)

    def gosh(self, *, most: int = 10_000, rng: np.random.Generator | None = None) -> pd.DataFrame:
        """Pool subsets of two studies or more: ``studies estimate tau2 i2``, a row a subset.

        All 2^k − k − 1 of them where they are no more than ``most``, else as many drawn at random,
        by a fixed stream unless ``rng`` is given
        (Olkin, Dahabreh & Trikalinos 2012, doi:10.1002/jrsm.1053).
        """
        return _checks.gosh_frame(self, most, rng)

    def clustered(
        self, cluster: Sequence[Any], *, method: Literal["robust", "nested"] = "robust"
    ) -> pd.DataFrame:
        """Allow for studies of one cohort, such as its sites: coefficients with other errors.

        Parameters
        ----------
        cluster : sequence
            The cohort of each study, in the order of the table.
        method : {"robust", "nested"}
            ``robust`` keeps the estimates and takes the scatter of whole cohorts for their errors,
            by t with cohorts − p degrees of freedom; ``nested`` fits one variance between cohorts
            and one between the studies of a cohort, by ``tau`` "ml" or else "reml".

        Returns
        -------
        DataFrame
            As ``.coefficients``, with ``df clusters between within log_likelihood``; the last
            three are NaN for ``robust``. Normal model only.
        """
        return _checks.clustered_frame(self, cluster, method)

    def plot(self, ax: Axes | None = None, *, kind: Literal["forest", "funnel"] = "forest") -> Axes:
        """Draw the studies and what was pooled from them.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
        kind : {"forest", "funnel"}
            ``forest``: studies, pooled ratio as a diamond, prediction as a bar; ``funnel``:
            ratios over the standard error of their logarithm, 1/√observed, within the limits
            that 95% of studies without heterogeneity keep. Studies without an event are left out.
        """
        from paraneo.plotting.pooled_forest import pooled_forest

        faults = Faults("the arguments of plot")
        check_option(kind, ("forest", "funnel"), "kind", faults)
        faults.raise_any()
        if kind == "funnel":
            return self._funnel(ax)
        label = f"Observed / expected cancers ({100 * self.level:g}% CI)"
        return pooled_forest(self.summary(), xlabel=label, ax=ax)

    def _funnel(self, ax: Axes | None) -> Axes:
        from paraneo.plotting.accuracy.study_funnel import study_funnel

        frame = self.studies[self.studies["observed"] > 0]
        spread = 1 / np.sqrt(frame["observed"].to_numpy(dtype=np.float64))
        return study_funnel(
            frame.assign(spread=spread),
            centre=float(self.estimate.value),
            xlabel="Observed / expected cancers (log scale)",
            ylabel="Standard error of the log ratio",
            limits=True,
            ax=ax,
        )

    def _heading(self) -> str:
        spread, tau2 = self.heterogeneity, self.tau2
        limits = f"{tau2.lower:.4g} to {tau2.upper:.4g}"
        between = "held at 0" if self.tau == "common" else f"{tau2.value:.4g} ({limits})"
        return (
            f"Pooled ratio of {len(self.studies)} studies: {self.estimate!r}\n"
            f"tau2 {between}, "
            f"I2 {100 * spread.i2:.1f}%, Q {spread.statistic:.4g} on {spread.df} df "
            f"(p {spread.p_value:.2g}); "
            f"{self.convergence}"
        )

    def _at(self, rows: Vector) -> pd.DataFrame:
        # the fit is to covariates centred and scaled, so that their origin costs no digits
        own = rows @ self._design.standardised()[1]
        return ratios_at(self._pooled, own, self._prediction_df, self.level)

    def _patterns(self) -> tuple[Vector, list[str]]:
        """Return the design rows shown as pooled, and their names."""
        matrix, used = self._design.matrix, self._design.variables
        if not used or self._design.numeric:
            name = "pooled" if not used else "pooled, at mean covariates"
            return matrix.mean(axis=0, keepdims=True), [name]
        shown = self.studies[list(used)].astype(str).agg(", ".join, axis=1)
        first = shown.drop_duplicates().sort_values()
        return matrix[first.index.to_numpy()], [f"pooled, {name}" for name in first]
