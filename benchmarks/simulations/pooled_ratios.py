"""Do pooled incidence ratios cover as they promise, by model, estimator and test?

Aims
    Coverage of the pooled ratio, of the prediction limits and of the limits of τ², in
    meta-analyses of few and small studies, some of them without a case.
Data
    Sets of 3, 5, 10 and 20 studies whose expected cancers are log-normal with median 1, 5 or 25 and
    deviation of the logarithm 0.8. The average study's ratio is 2; log ratios are normal between
    studies with standard deviation 0, 0.2 or 0.5.
Estimands
    The log of the average study's ratio; the ratio of a further study; τ².

Methods
-------
    `pooled_ratios`: ``poisson``, the Poisson-normal model; and the normal model with τ² by
    DerSimonian-Laird (``dl``), REML (``reml``) or Paule-Mandel (``pm``) and limits from the normal
    distribution (``z``), after Hartung and Knapp (``hk``), or bounded (``hk-bounded``). The normal
    model has no answer where a study has no case; ``+0.5`` adds 0.5 case to such studies, as many
    published meta-analyses did. Beside their limits stand those which t with k - 1 degrees of
    freedom gives to the same standard errors.
Measures
    Share with an answer, bias of the log ratio, coverage of the pooled ratio, mean share of
    further studies within the prediction limits (with the quantile of the test, with t, and
    after Higgins with t of k - 2 degrees of freedom), coverage of the limits of τ² (profile
    likelihood, Q-profile); each with its Monte Carlo error.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from paraneo.incidence.published._pooling import pool_normal, pool_poisson
from paraneo.numerics.arrays import t_quantile
from paraneo.simulation import design_grid, simulated_published_ratios, simulation_study

from ._figures import figures, flat, row

RANDOM = True
RATIO, LEVEL = 2.0, 0.95
STUDIES = (3, 5, 10, 20)
EXPECTED = (1.0, 5.0, 25.0)
TAU = (0.0, 0.2, 0.5)
NORMAL = [(tau, test) for tau in ("dl", "reml", "pm") for test in ("z", "hk", "hk-bounded")]
ADDED = [("reml", "z"), ("reml", "hk-bounded")]


def studies_of(rng, studies, expected, tau):
    """Return observed and expected cancers of one set of studies, and the truth."""
    made = simulated_published_ratios(
        studies, rng=rng, ratio=RATIO, tau=tau, expected=(expected, 0.8)
    )
    return made.data["observed"].to_numpy(float), made.data["expected"].to_numpy(), made.truth


def pooled(data, *, tau=None, test="z", add=0.0):
    """Return the answer of one method.

    The kernels are those that `pooled_ratios` calls. The verb itself refuses half a case, and one
    fit of a kernel serves three kinds of limits for which the verb would be called three times.
    """
    observed, expected, truth = data
    design = np.ones((len(observed), 1))
    if tau is None:
        found = pool_poisson(observed, expected, design, None, LEVEL)
    else:
        counts = np.where(observed == 0, observed + add, observed)
        if (counts == 0).any():
            raise ValueError("a study has no case")
        y, v = np.log(counts / expected), 1 / counts
        found = pool_normal(y, v, design, tau=tau, test=test, level=LEVEL)
    if not found.convergence.reached:
        raise ValueError("no optimum")
    mean, error = found.mean[0], np.sqrt(found.covariance[0, 0])
    reach = t_quantile(LEVEL, found.df) * error
    k = float(len(observed))
    wider = t_quantile(LEVEL, k - 1) * error
    rows = [
        row("ratio", mean, (mean - reach, mean + reach), np.log(RATIO)),
        row("ratio, t", mean, (mean - wider, mean + wider), np.log(RATIO)),
        row("tau2", found.tau2, found.tau2_limits, truth.tau2),
    ]
    for name, df in (("test", found.df), ("t", k - 1), ("higgins", k - 2)):
        further = t_quantile(LEVEL, df) * np.sqrt(found.tau2 + error**2)
        ends = np.exp([mean - further, mean + further])
        rows.append(row(f"new, {name}", truth.share_within(*ends)))
    return rows


METHODS = {
    "poisson": pooled,
    **{f"{t} {x}": partial(pooled, tau=t, test=x) for t, x in NORMAL},
    **{f"{t} {x} +0.5": partial(pooled, tau=t, test=x, add=0.5) for t, x in ADDED},
}


def results(*, replicates=None, seed=2026, executor=None, checkpoint=None) -> pd.DataFrame:
    """Return the table of the study."""
    count = replicates or 800
    done = simulation_study(
        design_grid(studies=STUDIES, expected=EXPECTED, tau=TAU), studies_of, METHODS,
        replicates=count, seed=seed, executor=executor, checkpoint=checkpoint,
    )  # fmt: skip
    wanted = {
        "finished": ("ratio", "finished"),
        "bias": ("ratio", "bias"),
        "coverage": ("ratio", "coverage"),
        "coverage_t": ("ratio, t", "coverage"),
        "new_test": ("new, test", "mean"),
        "new_t": ("new, t", "mean"),
        "new_higgins": ("new, higgins", "mean"),
        "tau2": ("tau2", "coverage"),
    }
    table = flat(figures(done, ["studies", "expected", "tau"], count), wanted)
    order = pd.MultiIndex.from_product(
        [STUDIES, EXPECTED, TAU, list(METHODS)], names=table.index.names
    )
    return table.reindex(order[order.isin(table.index)]).reset_index()
