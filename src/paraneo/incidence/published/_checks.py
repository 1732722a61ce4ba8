"""Refits of a pooled ratio, and what studies do to it, as tidy frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import check_option, check_rng
from paraneo.numerics.arrays import Vector, t_quantile, two_sided_p
from paraneo.numerics.random_effects import fit_normal, homogeneity
from paraneo.results.coefficients import coefficient_frame

from . import _clusters, _small_studies
from ._poisson_normal import as_data, fit_poisson_normal, without_effect

if TYPE_CHECKING:
    from .pooled_result import PooledRatios

#: Quadrature nodes of refits: enough for six digits where τ² is below 4.
NODES = 31
#: Subsets that are fitted at once.
CHUNK = 2000


class Refits(NamedTuple):
    """Fits of subsets: log ratio, its standard error, τ², I², degrees of freedom, reached."""

    mean: Vector
    covariance: Vector
    tau2: Vector
    i2: Vector
    df: Vector
    reached: NDArray[np.bool_]


def refits(found: PooledRatios, present: NDArray[np.bool_]) -> Refits:
    """Fit the model of a result to subsets of its studies, ``present`` (b, k)."""
    spare = present.sum(axis=1) - found._design.matrix.shape[1]
    df = np.full(len(spare), np.inf) if found.test == "z" else spare.astype(np.float64)
    return (_poisson if found.model == "poisson" else _normals)(found, present, df)


def _poisson(found: PooledRatios, present: NDArray[np.bool_], df: Vector) -> Refits:
    x = found._design.standardised()[0]
    here = present.astype(np.float64)
    counts, people = (np.tile(one, (len(present), 1)) for one in _counts(found))
    common = found.tau == "common"
    nodes = 1 if common else NODES
    fit = fit_poisson_normal(counts, people, x, present=here, nodes=nodes, common=common)
    flat = without_effect(as_data(counts, people, x, here))[0]
    variance = 1.0 / (people * np.exp((x @ flat[..., None])[..., 0]))
    variance = np.where(present, variance, np.inf)
    i2 = _share(fit.tau2, homogeneity(np.zeros(counts.shape), variance, x)[1])
    return Refits(fit.mean, fit.covariance, fit.tau2, i2, df, fit.reached)


def _normals(found: PooledRatios, present: NDArray[np.bool_], df: Vector) -> Refits:
    y, v, x = _normal(found)
    outcome, variance = np.tile(y, (len(present), 1)), np.where(present, v, np.inf)
    fit = fit_normal(outcome, variance, x, found.tau)
    factor = np.ones(len(present))
    if found.test.startswith("hk"):
        factor = fit.weighted_squares / df
        factor = np.maximum(factor, 1.0) if found.test == "hk-bounded" else factor
    covariance = fit.covariance * factor[:, None, None]
    i2 = _share(fit.tau2, homogeneity(outcome, variance, x)[1])
    return Refits(fit.mean, covariance, fit.tau2, i2, df, np.isfinite(fit.tau2))


def _share(tau2: Vector, typical: Vector) -> Vector:
    return np.asarray(tau2 / (tau2 + typical))


def refitted(found: PooledRatios, present: NDArray[np.bool_], label: str) -> pd.DataFrame:
    """Return a row a subset, labelled by the studies in the order of the table."""
    faults = Faults("the fits without one study")
    k, p = found._design.matrix.shape
    if k < p + 2:
        faults.add(None, f"there are {k} studies", f"Leaving one out needs {p + 2} or more")
    _check_subsets(found, present, faults)
    faults.raise_any()
    frame = _rows(found, refits(found, present))
    frame.insert(0, label, found.studies["study"].to_numpy())
    return frame


def _rows(found: PooledRatios, made: Refits) -> pd.DataFrame:
    at = found._design.standardised()[0].mean(axis=0)
    value = made.mean @ at
    error = np.sqrt(np.einsum("p,bpq,q->b", at, made.covariance, at))
    reach = np.array([t_quantile(found.level, df) for df in made.df]) * error
    return pd.DataFrame(
        {
            "estimate": np.exp(value),
            "lower": np.exp(value - reach),
            "upper": np.exp(value + reach),
            "tau2": made.tau2,
            "i2": made.i2,
            "reached": made.reached,
        }
    )


def _check_subsets(found: PooledRatios, present: NDArray[np.bool_], faults: Faults) -> None:
    """Note subsets without a case, and those whose covariates the rest cannot distinguish."""
    x, observed = found._design.standardised()[0], _counts(found)[0]
    if not ((present * observed).sum(axis=1) > 0).all():
        faults.add(None, "all cases are in one study", "The others have no ratio by themselves")
    elif any(np.linalg.matrix_rank(x[rows]) < x.shape[1] for rows in present):
        faults.add("formula", "one study alone has a category", "Merge levels or pool without")


def cumulative(found: PooledRatios, order: Sequence[Any] | None) -> pd.DataFrame:
    """Return a row a study, of it and those before it."""
    faults = Faults("the cumulative pooling")
    k = len(found.studies)
    _only_one_ratio(found, faults)
    rows = np.arange(k)
    if order is not None:
        by = pd.Series(list(order))
        if len(by) != k or by.isna().any():
            faults.add("order", f"has {int(by.notna().sum())} values", f"Give one for all {k}")
        else:
            rows = np.argsort(by.to_numpy(), kind="stable")
    faults.raise_any()
    inside = np.zeros((k, k), dtype=np.bool_)
    for step in range(k):
        inside[step, rows[: step + 1]] = True
    observed, expected = _counts(found)
    cases = inside @ observed
    fitted = (cases > 0) & (inside.sum(axis=1) > 1)
    frame = _rows(found, refits(found, inside[fitted])) if fitted.any() else pd.DataFrame()
    frame.index = np.flatnonzero(fitted)
    frame = frame.reindex(range(k)).assign(
        reached=~(frame["reached"] == 0).reindex(range(k), fill_value=False)
    )
    first = found.studies.iloc[rows[0]]
    frame.loc[0, ["estimate", "lower", "upper"]] = first[["estimate", "lower", "upper"]].to_list()
    frame.loc[0, ["tau2", "i2"]] = 0.0
    for step in np.flatnonzero(~fitted)[1:]:  # no case so far: the exact limits of all people
        upper = -np.log((1 - found.level) / 2) / float(inside[step] @ expected)
        frame.loc[step] = [0.0, 0.0, upper, 0.0, 0.0, True]
    frame.insert(0, "study", found.studies["study"].to_numpy()[rows])
    return frame


def influence_frame(found: PooledRatios) -> pd.DataFrame:
    """Return deletion diagnostics, a row a study."""
    faults = Faults("the influence of single studies")
    k, p = found._design.matrix.shape
    present = ~np.eye(k, dtype=np.bool_)
    if k < p + 2:
        faults.add(None, f"there are {k} studies", f"Leaving one out needs {p + 2} or more")
    _check_subsets(found, present, faults)
    faults.raise_any()
    made, pooled = refits(found, present), found._pooled
    moved = pooled.mean - made.mean
    whole = pooled.covariance
    frame = pd.DataFrame(
        {
            "study": found.studies["study"].to_numpy(),
            "cook": np.einsum("kp,pq,kq->k", moved, np.linalg.inv(whole), moved),
            "covariance_ratio": np.linalg.det(made.covariance) / np.linalg.det(whole),
            "tau2": made.tau2,
            "weight": pooled.weight,
        }
    )
    if found.model == "normal":
        y, v, x = _normal(found)
        full = fit_normal(y[None], v[None], x, found.tau)
        more = _small_studies.influence(
            y, v, x, full, _small_studies.without_each(y, v, x, found.tau)
        )
        frame["residual"], frame["dffits"], frame["hat"] = more.residual, more.dffits, more.hat
    return frame


def asymmetry_frame(found: PooledRatios, test: str) -> pd.DataFrame:
    """Return Egger's or Begg's test in one row."""
    faults = Faults("the test of asymmetry")
    known = check_option(test, ("egger", "begg"), "test", faults)
    _only_one_ratio(found, faults)
    observed, expected = _counts(found)
    none = observed == 0
    v = 1.0 / np.where(none, 0.5, observed)
    y = -np.log(v * expected)
    if len(y) < 3:
        faults.add(None, f"there are {len(y)} studies", "The test needs three or more")
    elif known and np.ptp(v) == 0:
        faults.add(None, "all studies are of one size", "The test needs several sizes")
    faults.raise_any()
    made = (_small_studies.egger if test == "egger" else _small_studies.begg)(y, v)
    row = {"test": test.capitalize(), **made._asdict(), "corrected": int(none.sum())}
    return pd.DataFrame([row])


def filled_frame(found: PooledRatios, side: str | None) -> pd.DataFrame:
    """Return the ratio pooled with the studies that trim and fill adds."""
    faults = Faults("trim and fill")
    _only_normal(found, faults)
    _only_one_ratio(found, faults)
    if side is not None:
        check_option(side, ("left", "right"), "side", faults)
    if len(found.studies) < 3:
        faults.add(None, "there are two studies", "Trim and fill needs three or more")
    faults.raise_any()
    from ._pooling import pool_normal

    y, v, _ = _normal(found)
    made = _small_studies.trim_and_fill(y, v, found.tau, side)
    one = np.ones((len(made.y), 1))
    pooled = pool_normal(made.y, made.v, one, tau=found.tau, test=found.test, level=found.level)
    reach = t_quantile(found.level, pooled.df) * float(np.sqrt(pooled.covariance[0, 0]))
    value, low, high = np.exp(pooled.mean[0] + np.array([0.0, -reach, reach]))
    row = {"side": made.side, "added": made.added, "estimate": value, "lower": low, "upper": high}
    return pd.DataFrame([{**row, "tau2": pooled.tau2}])


def baujat_frame(found: PooledRatios) -> pd.DataFrame:
    """Return each study's share of heterogeneity, and its influence."""
    faults = Faults("Baujat's plot")
    _only_normal(found, faults)
    _only_one_ratio(found, faults)
    if len(found.studies) < 3:
        faults.add(None, "there are two studies", "Leaving one out needs three or more")
    faults.raise_any()
    y, v, x = _normal(found)
    mean, tau2 = float(found._pooled.mean[0]), found._pooled.tau2
    each = _small_studies.without_each(y, v, x, found.tau)
    return pd.DataFrame(
        {
            "study": found.studies["study"].to_numpy(),
            "heterogeneity": (y - mean) ** 2 / (v + tau2),
            "influence": (mean - each.mean[:, 0]) ** 2 / each.covariance[:, 0, 0],
        }
    )


def gosh_frame(found: PooledRatios, most: int, rng: Any) -> pd.DataFrame:
    """Return a row a subset of the studies."""
    faults = Faults("the subsets of studies")
    _only_one_ratio(found, faults)
    if isinstance(most, bool) or most != int(most) or not 1 <= most <= 1_000_000:
        faults.add("most", f"{most!r} is no whole number of subsets", "Give 1 to 1000000")
    stream = check_rng(rng, faults, optional=True)
    faults.raise_any()
    observed = _counts(found)[0]
    inside = _small_studies.subsets(len(observed), int(most), stream) == 1
    inside = inside[(inside @ observed) > 0]
    parts = []
    for start in range(0, len(inside), CHUNK):
        part = inside[start : start + CHUNK]
        made = refits(found, part)
        columns = {"studies": part.sum(axis=1), "estimate": np.exp(made.mean[:, 0])}
        parts.append(pd.DataFrame({**columns, "tau2": made.tau2, "i2": made.i2}))
    return pd.concat(parts, ignore_index=True)


def clustered_frame(found: PooledRatios, cluster: Sequence[Any], method: str) -> pd.DataFrame:
    """Return coefficients with errors that allow for cohorts of several studies."""
    faults = Faults("the cohorts of the studies")
    check_option(method, ("robust", "nested"), "method", faults)
    _only_normal(found, faults)
    labels, k = pd.Series(list(cluster), dtype=object), len(found.studies)
    if len(labels) != k or labels.isna().any():
        known = int(labels.notna().sum())
        faults.add("cluster", f"names {known} cohorts for {k} studies", "Give one a study")
    codes = pd.factorize(labels)[0].astype(np.int64)
    count, columns = len(np.unique(codes)), found._design.columns
    if not faults.found and count <= len(columns):
        said = f"there are {count} cohorts for {len(columns)} coefficients"
        faults.add("cluster", said, "Give more cohorts, or fewer covariates")
    faults.raise_any()
    y, v, x = _normal(found)
    mean, beside = found._pooled.mean, {"between": np.nan, "within": np.nan}
    beside["log_likelihood"] = np.nan
    if method == "robust":
        covariance = _clusters.sandwich(y, 1.0 / (v + found._pooled.tau2), x, mean, codes)
    else:
        made = _clusters.nested(y, v, x, codes, restricted=found.tau != "ml")
        if not made.reached:
            faults.add("method", "the search found no optimum", "Take method='robust'")
            faults.raise_any()
        mean, covariance = made.mean, made.covariance
        beside = {"between": made.between, "within": made.within}
        beside["log_likelihood"] = made.log_likelihood
    normal = method == "nested" and found.test == "z"
    df = np.inf if normal else float(count - len(columns))
    back = found._design.standardised()[1]
    mean, covariance = back @ mean, back @ covariance @ back.T
    error = np.sqrt(np.diag(covariance))
    reach = t_quantile(found.level, df) * error
    frame = coefficient_frame(
        columns, estimate=mean, std_error=error, lower=mean - reach, upper=mean + reach,
        p_value=two_sided_p(mean / error, df),
    )  # fmt: skip
    return frame.assign(df=df, clusters=count, **beside)


def _counts(found: PooledRatios) -> tuple[Vector, Vector]:
    table = found.studies
    return table["observed"].to_numpy(np.float64), table["expected"].to_numpy(np.float64)


def _normal(found: PooledRatios) -> tuple[Vector, Vector, Vector]:
    observed, expected = _counts(found)
    return np.log(observed / expected), 1.0 / observed, found._design.standardised()[0]


def _only_normal(found: PooledRatios, faults: Faults) -> None:
    if found.model != "normal":
        faults.add("model", "this belongs to the normal model", "Pool with model='normal'")


def _only_one_ratio(found: PooledRatios, faults: Faults) -> None:
    if found._design.spec is not None:
        faults.add("formula", "the model has covariates", "Pool without a formula for this")
