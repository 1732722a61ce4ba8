"""Do pooled sensitivity and specificity cover as they promise, by model and number of studies?

Aims
    Bias of pooled logit Se and Sp, coverage of their limits, of prediction limits and of limits
    of the between-study variances; how often a model with fewer random effects is taken.
Data
    Meta-analyses of 5, 10, 20 and 40 studies. Between studies logit Se has standard deviation
    0.6, logit Sp 0.8, correlation -0.4; the average study has a sensitivity of 0.75. People in a
    study are log-normal (deviation of the logarithm 0.5), three in ten have the condition.
    ``rich``: median 250 people, specificity 0.90. ``sparse``: 40 people, specificity 0.90.
    ``high specificity``: 100 people, specificity 0.99, so that most studies see no or one
    false positive. ``alike``: 100 people, specificity 0.90, and studies do not differ.
Estimands
    Sensitivity and specificity of the average study; the values of a further study; both
    between-study variances.

Methods
-------
    `pooled_accuracy`: ``binomial``; the normal model by REML with 0.5 added in every study where
    one has a zero cell (``normal, all``), only in studies with a zero cell (``normal, single``), or
    nowhere, so that a zero cell means no answer (``normal, none``); and by ML (``normal ML,
    single``). Its limits are from the normal distribution. Beside them stand those which t with
    k - 1 degrees of freedom gives to the same standard errors, with k - 2 for a further study.
Measures
    Share with an answer, share with a simpler model, bias of the logits where they are finite,
    coverage of limits, mean share of further studies within the prediction limits (no further
    study is drawn: the share is known in closed form), coverage of variance limits for 5
    and 10 studies in a fifth of the replicates; each with its Monte Carlo error.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from paraneo import pooled_accuracy
from paraneo.simulation import (
    BivariateAccuracy,
    design_grid,
    simulated_accuracy_studies,
    simulation_study,
)

from ._figures import figures, flat, row

RANDOM = True
STUDIES = (5, 10, 20, 40)
#: Numbers of studies for which limits of the variances are worked out, which takes longer.
LIMITS_FOR = (5, 10)
SPREAD = {"between": (0.6, 0.8), "correlation": -0.4}
SETTINGS = {
    "rich": (BivariateAccuracy(0.75, 0.90, **SPREAD), 250.0),
    "sparse": (BivariateAccuracy(0.75, 0.90, **SPREAD), 40.0),
    "high specificity": (BivariateAccuracy(0.75, 0.99, **SPREAD), 100.0),
    "alike": (BivariateAccuracy(0.75, 0.90), 100.0),
}
METHODS = {
    "binomial": {"model": "binomial"},
    "normal, single": {"model": "normal", "method": "reml", "correction": "single"},
    "normal, all": {"model": "normal", "method": "reml", "correction": "all"},
    "normal, none": {"model": "normal", "method": "reml"},
    "normal ML, single": {"model": "normal", "method": "ml", "correction": "single"},
}
WITH_LIMITS = ("binomial", "normal, single")
SHORT = {"se": "sensitivity", "sp": "specificity"}
OUTCOMES = tuple(SHORT.values())


def meta_analysis(rng, setting, studies):
    """Return the tables of one meta-analysis and their distribution."""
    distribution, people = SETTINGS[setting]
    made = simulated_accuracy_studies(
        studies, rng=rng, distribution=distribution, people=(people, 0.5), prevalence=(0.3, 0.5)
    )
    return made.summary(), distribution


def pooled(data, **options):
    """Return pooled proportions, their logits and their prediction limits."""
    studies, distribution = data
    found = pooled_accuracy(studies, **options)
    table = found.summary().set_index("measure").loc[list(OUTCOMES)]
    within = distribution.share_within(table["prediction_lower"], table["prediction_upper"])
    rows = [row("simpler model", found.structure != "unstructured")]
    for i, name in enumerate(OUTCOMES):
        one = getattr(found, name)
        wider, ahead = t_limits(found, i)
        rows += [
            row(name, one.value, (one.lower, one.upper), distribution.median[i]),
            row(f"{name}, t", one.value, wider, distribution.median[i]),
            row(f"logit {name}", found.mean[i], truth=distribution.mean[i]),
            row(f"new {name}", within[i]),
            row(f"new {name}, t", distribution.share_within(*ahead)[i]),
        ]
    return [one for one in rows if np.isfinite(one["estimate"])]


def t_limits(found, i):
    """Return limits of a proportion and of a further study's by t; the verb's own at 0 and 1."""
    one, k = getattr(found, OUTCOMES[i]), len(found.studies)
    if not np.isfinite(found.mean[i]):
        return (one.lower, one.upper), (one.lower, one.upper)
    own = found.mean_covariance.iloc[i, i]
    variance = own, own + found.between_study[i, i]
    return tuple(
        expit(found.mean[i] + stats.t.isf(0.025, df) * np.sqrt(v) * np.array([-1, 1]))
        for v, df in zip(variance, (k - 1, k - 2), strict=True)
    )


def variance_limits(data, **options):
    """Return the between-study variances with their profile limits."""
    studies, distribution = data
    table = pooled_accuracy(studies, **options).between_study_limits()
    return [
        row(
            one["measure"],
            one["estimate"],
            (one["lower"], one["upper"]),
            distribution.between_study[i, i],
        )
        for i, one in table.iterrows()
    ]


def results(*, replicates=None, seed=2026, executor=None, checkpoint=None) -> pd.DataFrame:
    """Return the table of the study."""
    count = replicates or 1000
    by = ["setting", "studies"]
    where = {"seed": seed, "executor": executor}
    done = simulation_study(
        design_grid(setting=list(SETTINGS), studies=STUDIES), meta_analysis,
        {name: partial(pooled, test="z", **options) for name, options in METHODS.items()},
        replicates=count, checkpoint=checkpoint and Path(checkpoint) / "pooled", **where,
    )  # fmt: skip
    wanted = {"finished": ("simpler model", "finished"), "simpler": ("simpler model", "mean")}
    for short, name in SHORT.items():
        wanted |= {
            f"bias_{short}": (f"logit {name}", "bias"),
            f"coverage_{short}": (name, "coverage"),
            f"coverage_{short}_t": (f"{name}, t", "coverage"),
            f"new_{short}": (f"new {name}", "mean"),
            f"new_{short}_t": (f"new {name}, t", "mean"),
        }
    table = flat(figures(done, by, count), wanted)
    fewer = max(count // 5, 2)
    limits = simulation_study(
        design_grid(setting=list(SETTINGS), studies=LIMITS_FOR), meta_analysis,
        {name: partial(variance_limits, **METHODS[name]) for name in WITH_LIMITS},
        replicates=fewer, checkpoint=checkpoint and Path(checkpoint) / "limits", **where,
    )  # fmt: skip
    variances = {f"tau2_{short}": (name, "coverage") for short, name in SHORT.items()}
    more = flat(figures(limits, by, fewer), variances)
    return ordered(table.join(more)).reset_index()


def ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Return settings, numbers and methods in their own order."""
    order = pd.MultiIndex.from_product(
        [list(SETTINGS), STUDIES, list(METHODS)], names=table.index.names
    )
    return table.reindex(order[order.isin(table.index)])
