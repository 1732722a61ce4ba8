"""Do intervals and tests of twenty cancer sites at once keep their promises?

Aims
    Coverage and error of ratios drawn towards their mean, and error rates of adjusted
    p-values and intervals.
Data
    Twenty sites with 0.5 to 50 expected cancers. Their true ratios are drawn in each
    replicate from a gamma or a log-normal distribution of mean 1.5 and of a coefficient of
    variation of 0.1, 0.3 or 0.7, or are 1 but for none or five sites, whose ratio is 2.5.
Estimands
    The ratio of each site.

Methods
-------
    Exact limits of each site by itself; `shrunken` with the gamma prior, integrated over
    ("bayes"), by maximum likelihood and by moments, and with the log-normal prior,
    integrated over; `adjusted` by Holm and by Benjamini and Hochberg.
Measures
    Coverage over the sites, least coverage among the fourth of sites with fewest expected
    cancers, root mean squared error of the log ratio (a half added to counts of sites by
    themselves), width on the log scale; the probability of any false finding and the mean
    share of false ones among the findings. Monte Carlo errors of coverage.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo import incidence_ratios
from paraneo.numerics.rng import stream

RANDOM = True
EXPECTED = np.geomspace(0.5, 50.0, 20)
MEAN = 1.5
SCENARIOS = [
    *((prior, spread) for prior in ("gamma", "log-normal") for spread in (0.1, 0.3, 0.7)),
    ("none", 0.0),
    ("five at 2.5", 0.0),
]
WAYS = (("gamma", "bayes"), ("gamma", "ml"), ("gamma", "moments"), ("log-normal", "bayes"))


def truth(rng, prior, spread):
    """Return the true ratios of the sites of one replicate."""
    count = len(EXPECTED)
    if prior == "gamma":
        return rng.gamma(1 / spread**2, MEAN * spread**2, count)
    if prior == "log-normal":
        log_sd = np.sqrt(np.log1p(spread**2))
        return MEAN * np.exp(rng.normal(-(log_sd**2) / 2, log_sd, count))
    true = np.ones(count)
    if prior == "five at 2.5":
        true[3::4] = 2.5
    return true


def scored(true, name, estimate, lower, upper):
    """Return how near the estimates of one replicate came."""
    covered = (lower <= true) & (true <= upper)
    with np.errstate(divide="ignore"):
        width = np.log(upper) - np.log(np.maximum(lower, 1e-3))
    return {
        "method": name,
        "coverage": covered.mean(),
        "coverage_few": covered[:5].mean(),
        "squared": np.mean((np.log(estimate) - np.log(true)) ** 2),
        "width": width.mean(),
    }


def false(true, name, found, missed):
    """Return how many of the findings of one replicate were false."""
    wrong = found & (true == 1.0)
    return {
        "method": name,
        "any_false": float(wrong.any()),
        "share_false": wrong.sum() / max(int(found.sum()), 1),
        "found": (found & (true > 1.0)).sum() / max(int((true > 1.0).sum()), 1),
        "intervals_miss": missed,
    }


def replicate(rng, prior, spread):
    """Return the scores of all methods in one replicate."""
    true = truth(rng, prior, spread)
    observed = rng.poisson(true * EXPECTED)
    frame = {"site": np.arange(len(true)), "observed": observed, "expected": EXPECTED}
    ratios = incidence_ratios(frame, by="site")
    own = ratios.summary()
    if spread == 0.0:
        rows = [false(true, "not adjusted", (own["p_value"] <= 0.05).to_numpy(), np.nan)]
        for method in ("holm", "bh"):
            done = ratios.adjusted(method)
            table = done.summary()
            outside = (table["adjusted_lower"] > true) | (table["adjusted_upper"] < true)
            share = outside.any() if method == "holm" else outside.sum() / max(len(done.found), 1)
            rows.append(false(true, method, done.p_adjusted <= 0.05, float(share)))
        return rows
    half = (observed + 0.5) / EXPECTED
    limits = (own[side].to_numpy() for side in ("lower", "upper"))
    rows = [scored(true, "each by itself", half, *limits)]
    for kind, method in WAYS:
        done = ratios.shrunken(prior=kind, method=method)
        rows.append(scored(true, f"{kind}, {method}", done.estimate, done.lower, done.upper))
    return rows


def results(*, replicates=None, seed=2026, **_options) -> pd.DataFrame:
    """Return the table of the study."""
    times = replicates or 120
    parts = []
    for key, (prior, spread) in enumerate(SCENARIOS):
        rows = [row for k in range(times) for row in replicate(stream(seed, key, k), prior, spread)]
        frame = pd.DataFrame(rows)
        means = frame.groupby("method", sort=False).mean()
        if spread > 0:
            spreads = frame.groupby("method", sort=False)["coverage"].std() / np.sqrt(times)
            means.insert(1, "coverage_mc", spreads)
            means["rmse_log"] = np.sqrt(means.pop("squared"))
        means.insert(0, "ratios", prior)
        means.insert(1, "variation", spread)
        parts.append(means.reset_index())
    return pd.concat(parts, ignore_index=True).round(4)
