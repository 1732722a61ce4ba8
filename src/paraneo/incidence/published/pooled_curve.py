"""Ratios over unequal windows since diagnosis, fitted together to one curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import ConvergenceWarning, Faults, warn
from paraneo.gate.arguments import check_level, check_option, numbers
from paraneo.gate.kinds import Flat
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, normal_quantile, two_sided_p
from paraneo.numerics.poisson_limits import exact
from paraneo.results.bands import band_labels
from paraneo.results.coefficients import coefficient_frame, covariance_frame
from paraneo.results.convergence import Convergence
from paraneo.results.estimate import Estimate
from paraneo.results.result import Result

from ._curve_models import Curve, Fitted, fitted_decay, fitted_steps
from ._curve_rows import Windows, checked_edges, read_windows
from ._ratio_curve import Rows, gone
from ._study_counts import PublishedInterval, StudyColumns, level_of, named, study_table
from ._tau2_profile import tau2_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Shape = Literal["piecewise", "decay"]

#: Where no τ² up to here is outlying, the upper limit is infinite.
_FURTHEST = 100.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PooledRatioCurve(Result):
    """One curve of the ratio over time since diagnosis, from studies' unequal windows.

    Attributes
    ----------
    shape : str
        "piecewise" or "decay".
    edges, values : arrays, shapes (bands + 1,) and (bands,)
        Bands in years, and the ratio in each; for a decay, the mean of the curve there.
    coefficients : DataFrame
        ``term estimate std_error lower upper p_value`` on the log scale, and ``ratio
        ratio_lower ratio_upper``: the bands, or plateau, excess (ratio at diagnosis less
        plateau) and half-life of the excess, whose ratio columns are years. The p-value is
        that of a ratio of 1; for excess and half-life there is none.
    covariance : DataFrame
        Of the estimates.
    tau2 : Estimate
        Variance between studies of the log ratio, its interval by profile likelihood, with
        smoothing and half-life held at their estimates.
    log_likelihood : float
        Of all rows, without the penalty.
    smoothing : float
        λ as given or chosen; NaN for a decay.
    studies : DataFrame
        A row a row of the table: ``study start end observed expected estimate lower upper
        fitted assumption``, fitted being the mean of the curve over the row's window.
    convergence : Convergence
    level : float
    """

    shape: str
    edges: Vector
    values: Vector
    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    tau2: Estimate
    log_likelihood: float
    smoothing: float
    studies: pd.DataFrame
    convergence: Convergence
    level: float
    _curve: Curve

    def ratio(self, t: ArrayLike) -> Vector:
        """Return the ratio at times in years since diagnosis, shape kept.

        A step curve takes the band that starts at an edge, and is NaN outside its edges; a
        decay is NaN before 0 only.
        """
        times = np.asarray(t, dtype=np.float64)
        flat = times.ravel()
        known = self._known(flat)
        value = np.full(flat.shape, np.nan)
        value[known] = self._curve.parts(flat[known], None)[0]
        return value.reshape(times.shape)

    def at(self, time: Flat) -> pd.DataFrame:
        """Return ``time estimate lower upper``, a row a time, confidence limits pointwise."""
        flat = np.atleast_1d(np.asarray(time, dtype=np.float64)).ravel()
        known = self._known(flat)
        log_value, error = np.full((2, len(flat)), np.nan)
        log_value[known], spread = self._curve.log_moments(flat[known])
        error[known] = np.sqrt(np.diag(spread))
        return _frame({"time": flat}, log_value, error, self.level)

    def log_covariance(self) -> pd.DataFrame:
        """Return the covariance of the logarithms of ``values``, with the windows as names."""
        _, spread = self._curve.log_moments(self.edges[:-1], self.edges[1:])
        pairs = zip(self.edges[:-1], self.edges[1:], strict=True)
        return covariance_frame([f"{a:g} to {b:g}" for a, b in pairs], spread)

    def summary(self) -> pd.DataFrame:
        """Return ``start end follow_up_band estimate lower upper``: the ratio in each band."""
        start, end = self.edges[:-1], self.edges[1:]
        log_values, spread = self._curve.log_moments(start, end)
        bands = {"start": start, "end": end, "follow_up_band": band_labels(self.edges)}
        return _frame(bands, log_values, np.sqrt(np.diag(spread)), self.level)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curve with its confidence limits, and every row over its window."""
        from paraneo.plotting.ratio_curve import ratio_curve

        if self.shape == "piecewise":
            bands = self.summary()
            low = bands.assign(time=bands["start"])
            high = bands.assign(time=bands["end"])
            frame = pd.concat([low, high]).sort_index(kind="stable")
        else:
            frame = self.at(np.linspace(self.edges[0], self.edges[-1], 200))
        return ratio_curve(frame, self.studies, level=self.level, ax=ax)

    def _known(self, times: Vector) -> Any:
        inside = times >= 0
        if self.shape == "piecewise":
            inside = (times >= self.edges[0]) & (times <= self.edges[-1])
        return inside

    def _heading(self) -> str:
        number = self.studies["study"].nunique()
        return (
            f"Ratio curve ({self.shape}) from {len(self.studies)} windows of {number} studies; "
            f"tau2 {self.tau2.value:.4g} ({self.tau2.lower:.4g} to {self.tau2.upper:.4g}); "
            f"{self.convergence}"
        )


@verb
def pooled_ratio_curve(
    studies: Any,
    *,
    start: str = "window_start_years",
    end: str = "window_end_years",
    open_end: float | None = None,
    shape: Shape = "piecewise",
    smoothing: float | Literal["auto"] = "auto",
    breaks: Sequence[float] | None = None,
    study: str = "study",
    observed: str | None = "observed",
    expected: str | None = "expected",
    ratio: str | None = "sir",
    lower: str | None = "ci_low",
    upper: str | None = "ci_high",
    published_interval: PublishedInterval = "closest",
    published_level: float | None = None,
    level: float = 0.95,
) -> PooledRatioCurve:
    r"""Fit ratios over unequal spans since diagnosis together to one curve ρ(t).

    Row :math:`r` of study :math:`i`, with a window from :math:`a` to :math:`b`, has

    .. math:: O_r \sim \mathrm{Poisson}\Bigl(E_r e^{u_i}
        \frac{1}{b - a}\int_a^b \rho(t)\,dt\Bigr), \quad u_i \sim N(0, \tau^2),

    so that a ratio for 0 to 2 years, say, informs the years 0 to 1 and 1 to 2 together.
    The expected cases are taken as spread evenly over each window.

    Parameters
    ----------
    studies : frame, mapping or result
        A row a window. A study may have several; they share its random effect.
    start, end : str
        Columns of the windows in years since diagnosis; inf ends an open window. Where those
        named so do not exist, "start" and "end" are read.
    open_end : float, optional
        The time at which open windows are taken to end, such as the longest follow-up.
        Needed where there are any.
    shape : {"piecewise", "decay"}
        Steps between all starts and ends; or
        :math:`\rho(t) = p + c\,e^{-\kappa t}` with plateau p and excess c above 0.
    smoothing : "auto" or float
        For steps, λ in the penalty ½λΣ(log ρ_j+1 - log ρ_j)²/d_j, d_j the distance of
        mid-bands in log time: a random walk with variance 1/λ. "auto" takes the λ with
        the highest marginal likelihood (Laplace); 0 does not smooth; inf is a constant.
    breaks : sequence of float, optional
        Other edges of the steps, from the first start to the last end.
    study, observed, expected, ratio, lower, upper, published_interval, published_level
        As in `pooled_ratios`; confidence limits are there to recover counts.
    level : float
        Of the confidence intervals returned.

    Returns
    -------
    PooledRatioCurve

    Raises
    ------
    TableError
        Naming every fault at once: those of `pooled_ratios`; windows that start before
        diagnosis, do not end after they start, or overlap within a study without being
        the same; an open window without ``open_end``; where nothing is smoothed, bands
        that the windows cannot tell apart or whose ratio would be 0; fewer than three
        different windows for a decay.

    Warns
    -----
    ConvergenceWarning
        When no optimum was found.

    Notes
    -----
    Confidence limits are pointwise, on the log scale, from the information of the penalised
    likelihood with λ taken as known. Where a decay's excess vanishes a constant ratio is
    what was fitted, where its plateau does a fall to 0; ``convergence`` says so.

    References
    ----------
    Stijnen T, Hamza TH, Özdemir P. Stat Med 2010;29:3046-3067. doi:10.1002/sim.4040.
    Wood SN. J R Stat Soc B 2011;73:3-36 (smoothing by marginal likelihood).
    doi:10.1111/j.1467-9868.2010.00749.x.

    Examples
    --------
    >>> table = {"study": ["A", "A", "B", "C", "C"], "observed": [25, 8, 30, 16, 24],
    ...          "expected": [4.2, 3.2, 7.0, 3.7, 11.1],
    ...          "window_start_years": [0, 1, 0, 0, 1], "window_end_years": [1, 2, 2, 1, 5]}
    >>> pooled_ratio_curve(table).summary().round(2)
       start  end follow_up_band  estimate  lower  upper
    0    0.0  1.0         0 to 1      5.15   3.95   6.73
    1    1.0  2.0         1 to 2      2.81   1.82   4.33
    2    2.0  5.0         2 to 5      2.12   1.30   3.46
    """
    faults = Faults("the table of windows")
    source = Columns(study_table(studies), faults)
    check_option(shape, get_args(Shape), "shape", faults)
    check_level(level, faults)
    wanted = _smoothing(smoothing, faults)
    names = StudyColumns(study, observed, expected, ratio, lower, upper)
    windows = read_windows(
        source,
        names,
        (named(source, start), named(source, end)),
        open_end=open_end,
        rule=published_interval,
        published_level=level_of(studies, published_level),
        decay=shape == "decay",
    )
    edges = checked_edges(source, windows, breaks, flat=wanted == 0 and shape == "piecewise")
    faults.raise_any()
    rows = Rows(windows.observed, np.log(windows.expected), windows.number)
    if shape == "decay":
        fitted = fitted_decay(rows, windows)
    else:
        fitted = fitted_steps(rows, windows, edges, wanted)
        _note_gone(fitted, faults)
        faults.raise_any()
    return _labelled(windows, edges, shape, fitted, level)


def _smoothing(smoothing: float | str, faults: Faults) -> float | None:
    """Return λ, or None where it is to be chosen."""
    if smoothing == "auto":
        return None
    value = numbers(smoothing, "smoothing", (), faults)
    if value.ndim or not value >= 0:
        faults.add("smoothing", f"{smoothing!r} is not 0 or more", "Give a number or 'auto'")
        return None
    return float(value)


def _note_gone(fitted: Fitted, faults: Faults) -> None:
    """Note bands whose ratio has run down to 0, which only happens unsmoothed."""
    edges = fitted.curve.edges
    lost = np.flatnonzero(gone(fitted.fit.gamma))
    if len(lost):
        where = " and ".join(f"{edges[j]:g} to {edges[j + 1]:g}" for j in lost)
        faults.add(
            "smoothing",
            f"windows disagree so far that a ratio of 0 fits best in years {where}",
            "Write smoothing='auto', or give fewer breaks",
        )


def _labelled(
    windows: Windows, edges: Vector, shape: str, fitted: Fitted, level: float
) -> PooledRatioCurve:
    fit, curve = fitted.fit, fitted.curve
    bounds = (*fitted.bounds, *(("tau2",) if fit.tau2 == 0 else ()))
    ended = Convergence(fit.reached, fit.iterations, fit.gradient, bounds, fitted.note)
    if not ended.reached:
        curve = curve._replace(gamma=np.full_like(curve.gamma, np.nan))
        warn(str(ended), ConvergenceWarning)
    top = fitted.height(fit.tau2)
    limits = tau2_limits(lambda v: top - fitted.height(v), fit.tau2, level, furthest=_FURTHEST)
    used = curve.edges if len(curve.edges) else edges
    log_values, _ = curve.log_moments(used[:-1], used[1:])
    frame, covariance = _coefficients(curve, level)
    return PooledRatioCurve(
        shape=shape,
        edges=used,
        values=np.exp(log_values),
        coefficients=frame,
        covariance=covariance,
        tau2=Estimate(fit.tau2, *limits, level=level, method="profile likelihood"),
        log_likelihood=fit.log_likelihood,
        smoothing=fitted.smoothing,
        studies=_study_frame(windows, curve, level),
        convergence=ended,
        level=level,
        _curve=curve,
    )


def _coefficients(curve: Curve, level: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the frame of coefficients and their covariance."""
    value, spread = curve.gamma, curve.covariance
    if len(curve.edges):
        pairs = zip(curve.edges[:-1], curve.edges[1:], strict=True)
        names = [f"{a:g} to {b:g}" for a, b in pairs]
    else:
        both = zip(("plateau", "excess"), curve.kept, strict=True)
        names = [name for name, kept in both if kept]
        if curve.kept[1]:  # the half-life falls as the rate rises
            names.append("half_life")
            value = np.append(value, np.log(np.log(2.0)) - curve.log_rate)
            turn = np.append(np.ones(len(value) - 1), -1.0)
            spread = spread * np.outer(turn, turn)
    error = np.sqrt(np.diag(spread))
    reach = normal_quantile(level) * error
    ratio = [name not in ("excess", "half_life") for name in names]
    frame = coefficient_frame(
        names,
        estimate=value,
        std_error=error,
        lower=value - reach,
        upper=value + reach,
        p_value=np.where(ratio, two_sided_p(value / error, np.inf), np.nan),
    )
    return frame, covariance_frame(names, spread)


def _study_frame(windows: Windows, curve: Curve, level: float) -> pd.DataFrame:
    low, high = exact(windows.observed, level)
    return pd.DataFrame(
        {
            "study": windows.label,
            "start": windows.start,
            "end": windows.end,
            "observed": windows.observed,
            "expected": windows.expected,
            "estimate": windows.observed / windows.expected,
            "lower": low / windows.expected,
            "upper": high / windows.expected,
            "fitted": curve.parts(windows.start, windows.end)[0],
            "assumption": windows.assumption,
        }
    )


def _frame(first: dict[str, Any], value: Vector, error: Vector, level: float) -> pd.DataFrame:
    reach = normal_quantile(level) * error
    numbers = {"estimate": value, "lower": value - reach, "upper": value + reach}
    with np.errstate(over="ignore"):
        return pd.DataFrame(first | {name: np.exp(part) for name, part in numbers.items()})
