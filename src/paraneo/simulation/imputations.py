"""Estimates of several imputed data sets pooled by Rubin's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level, check_option
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, normal_quantile, t_quantile, two_sided_p
from paraneo.results.result import Result

from ._estimates import SCALES, NoEstimateError, on_scale, rows_of, symmetric_scale

Scale = Literal["identity", "log", "logit"]
#: A share of variance between imputations below this is taken as this, as mice does.
LEAST_SHARE = 1e-4


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PooledImputations(Result):
    """Estimates over all imputations.

    Attributes
    ----------
    table : pandas.DataFrame
        As `summary` gives it.
    imputations : int
    scale : {"identity", "log", "logit"}
        On which estimates were averaged; ``std_error``, ``within`` and ``between`` are on it.
    level : float
    """

    table: pd.DataFrame
    imputations: int
    scale: str
    level: float

    def summary(self) -> pd.DataFrame:
        """Return a row an estimate.

        ``estimand estimate std_error lower upper p_value df within between fraction_missing``:
        the variance within and between imputations, and the fraction of information that is
        missing. The p-value is of 0 on the scale.
        """
        return self.table.copy()

    def _heading(self) -> str:
        return (
            f"{self.imputations} imputations pooled by Rubin's rules on the {self.scale} scale, "
            f"{100 * self.level:g}% CI"
        )


@verb
def pooled_imputations(
    results: Sequence[Any],
    *,
    scale: Scale | None = None,
    df: float = float("inf"),
    level: float = 0.95,
) -> PooledImputations:
    r"""Pool the estimates of several imputed data sets by Rubin's rules.

    With :math:`\bar q` the mean of m estimates, :math:`\bar u` the mean of their variances and b
    the variance among them, the variance is :math:`t = \bar u + (1 + 1/m) b`, and limits are by
    Student's t with Barnard and Rubin's degrees of freedom.

    Parameters
    ----------
    results : sequence
        What the same verb returned for each imputed data set: results with ``.coefficients``, or
        else with a summary; `Estimate`; or frames with ``estimate`` and ``std_error`` or limits.
    scale : {"identity", "log", "logit"}, optional
        On which they are averaged. Left out, the one on which all limits lie evenly about their
        estimates. Where there is no standard error it is that of normal limits on the scale.
    df : float
        Degrees of freedom that the complete data would have; infinite for large samples.
    level : float
        Of the limits, in (0, 1), and of those of the results where errors come from them.

    Returns
    -------
    PooledImputations

    Raises
    ------
    ArgumentError
        Naming every fault at once: fewer than two imputations, other estimates in one than in
        another, estimates without an error, limits that are even on no scale.

    References
    ----------
    Rubin 1987, Multiple Imputation for Nonresponse in Surveys; Barnard & Rubin 1999,
    doi:10.1093/biomet/86.4.948.

    Examples
    --------
    >>> found = [{"estimate": x, "std_error": 0.2} for x in (0.9, 1.0, 1.1)]
    >>> shown = ["estimate", "std_error", "lower", "upper"]
    >>> pooled_imputations(found, scale="identity").summary()[shown].round(3).values.tolist()
    [[1.0, 0.231, 0.53, 1.47]]
    """
    faults = Faults("the imputations")
    check_level(level, faults)
    if scale is not None:
        check_option(scale, tuple(SCALES), "scale", faults)
    if np.isnan(df) or df <= 0:
        faults.add("df", f"{df!r} is not above 0", "Give those of the complete data, or infinity")
    frames = _read(results, faults)
    faults.raise_any()
    chosen = scale or _even(frames, faults)
    faults.raise_any()
    parts = [on_scale(frame, chosen, normal_quantile(level)) for frame in frames]
    value, error = (np.stack(part) for part in zip(*parts, strict=True))
    bad = ~(np.isfinite(value) & np.isfinite(error)).all(axis=0)
    if bad.any():
        names = ", ".join(frames[0]["estimand"][bad].map(repr))
        faults.add("results", f"{names} has no finite estimate or error", "Leave it out of all")
    faults.raise_any()
    table = _pooled(value, error, df, level, chosen)
    table.insert(0, "estimand", frames[0]["estimand"].to_numpy())
    return PooledImputations(table, len(frames), chosen, float(level))


def _read(results: Sequence[Any], faults: Faults) -> list[pd.DataFrame]:
    frames = []
    for place, one in enumerate(results):
        try:
            frames.append(rows_of(one))
        except NoEstimateError as error:
            cure = "Pass what a verb returned for each imputed data set"
            faults.add("results", f"imputation {place}: {error}", cure)
    if len(frames) < 2 and not faults.found:
        said = f"{len(frames)} given: the variance between imputations needs two"
        faults.add("results", said, "Impute at least twice; five to twenty are usual")
    first = frames[0]["estimand"].tolist() if frames else []
    for place, frame in enumerate(frames):
        other = frame["estimand"].tolist()
        if other != first:
            said = f"imputation {place} has {len(other)} estimates ({', '.join(other)}), "
            said += f"the first has {len(first)} ({', '.join(first)})"
            faults.add("results", said, "Fit the same model to every imputed data set")
    return frames


def _even(frames: list[pd.DataFrame], faults: Faults) -> str:
    found = symmetric_scale(frames)
    if found is None:
        faults.add(
            "scale",
            "the limits lie evenly about their estimates on no scale, or there are none",
            "Write scale='log' for ratios, 'logit' for probabilities, else 'identity'",
        )
    return found or "identity"


def _pooled(value: Vector, error: Vector, df: float, level: float, scale: str) -> pd.DataFrame:
    m = len(value)
    mean, within = value.mean(axis=0), (error**2).mean(axis=0)
    between = value.var(axis=0, ddof=1)
    more = (1 + 1 / m) * between
    total = within + more
    share = np.maximum(
        np.divide(more, total, out=np.zeros(total.shape), where=total > 0), LEAST_SHARE
    )
    old = (m - 1) / share**2
    observed = np.inf if np.isinf(df) else (df + 1) / (df + 3) * df * (1 - share)
    own = old if np.isinf(df) else old * observed / (old + observed)
    spread = np.sqrt(total)
    reach = np.array([t_quantile(level, float(one)) for one in own]) * spread
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = more / within
        missing = (rise + 2 / (own + 3)) / (1 + rise)
        p_value = [
            float(two_sided_p(np.asarray(t), d)) for t, d in zip(mean / spread, own, strict=True)
        ]
    back = SCALES[scale][1]
    return pd.DataFrame(
        {
            "estimate": back(mean),
            "std_error": spread,
            "lower": back(mean - reach),
            "upper": back(mean + reach),
            "p_value": p_value,
            "df": own,
            "within": within,
            "between": between,
            "fraction_missing": missing,
        }
    )
