"""A small study whose functions can be sent to other processes."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pandas as pd

GRID = [{"key": 1, "mean": 0.0, "n": 10}, {"key": 2, "mean": 1.0, "n": 25}]


def sample(rng, mean, n):
    return rng.normal(mean, size=n)


def slow_sample(rng, mean, n):
    time.sleep(0.002)
    return sample(rng, mean, n)


def by_mean(data):
    error = data.std(ddof=1) / np.sqrt(len(data))
    return {"estimate": data.mean(), "std_error": error}


def by_median(data):
    if data.max() > 2.2:
        warnings.warn("a large value", stacklevel=1)
    error = 1.2533 * data.std(ddof=1) / np.sqrt(len(data))
    return {"estimate": float(np.median(data)), "std_error": error, "converged": True}


def fails_at_times(data):
    if data[0] < -0.5:
        raise ValueError("the first value is low")
    return by_mean(data)


def not_a_number(data):
    return {"estimate": np.nan}


def wrong_columns(data):
    return {"estimate": 1.0, "se": 2.0}


def nothing(data):
    return None


def never_ends(data):
    while True:
        pass


def never_gives_up(data):
    while True:
        try:
            while True:
                pass
        except Exception:
            continue


METHODS = {"mean": by_mean, "median": by_median, "partial": fails_at_times}


def samples(streams, mean, n):
    made = [{"replicate": k, "value": sample(one, mean, n)} for k, one in enumerate(streams)]
    return pd.concat([pd.DataFrame(one) for one in made], ignore_index=True)


def means(data):
    groups = data.groupby("replicate")["value"]
    error = groups.std() / np.sqrt(groups.size())
    return pd.DataFrame({"estimate": groups.mean(), "std_error": error}).reset_index()


def means_with_trouble(data):
    first = data.groupby("replicate")["value"].first()
    if (first < -1.5).any():
        raise ValueError(f"{int((first < -1.5).sum())} low")
    if (data["value"] > 2.8).any():
        warnings.warn("a large value", stacklevel=1)
    return means(data).assign(estimand="mean")


def means_without_end(data):
    while (data.groupby("replicate")["value"].first() < -1.0).any():
        pass
    return means(data)


TOGETHER = {"means": means, "trouble": means_with_trouble}
