"""Many meta-analyses at once are the same as one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from tests.tolerances import ITERATED, SUMMED

from paraneo.accuracy.pooled.pooled_accuracy import pooled_accuracy
from paraneo.accuracy.pooled.pooled_batch import pooled_accuracy_batch
from paraneo.errors import ArgumentError

CELLS = ("tp", "fp", "fn", "tn")


@pytest.mark.parametrize(
    "options",
    [
        {"nodes": 9},
        {"model": "normal", "correction": "single"},
        {"model": "normal", "method": "reml", "correction": "all"},
    ],
)
def test_a_stack_gives_what_single_fits_give(options):
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 30, (4, 6, 7)) + np.array([9, 0, 1, 40]).reshape(4, 1, 1)
    counts[:, 2, 5:] = 0
    batch = pooled_accuracy_batch(*counts, **options)
    assert batch.reached.all()
    for m in range(6):
        kept = counts[:, m].sum(axis=0) > 0
        table = dict(zip(CELLS, counts[:, m, kept], strict=True))
        one = pooled_accuracy(table, settle=None, **options)
        np.testing.assert_allclose(batch.mean[m], one.mean, **ITERATED)
        np.testing.assert_allclose(batch.covariance[m], one.mean_covariance, **ITERATED)
        np.testing.assert_allclose(batch.log_likelihood[m], one.log_likelihood, **SUMMED)
        assert batch.structure[m] == one.structure


def test_faults_name_the_meta_analyses():
    with pytest.raises(ArgumentError, match="fewer than two studies"):
        pooled_accuracy_batch([[5, 0]], [[1, 0]], [[1, 0]], [[9, 0]])
    with pytest.raises(ArgumentError, match="there are zero cells"):
        pooled_accuracy_batch([[5, 6]], [[0, 1]], [[1, 2]], [[9, 9]], model="normal")
