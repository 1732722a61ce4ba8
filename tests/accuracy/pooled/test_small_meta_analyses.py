"""Many small meta-analyses of accuracy: zero cells, perfect tests, two studies, three models."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import expit
from tests.support import bivariate_by_grid
from tests.tolerances import ITERATED

from paraneo.accuracy import pooled_accuracy_batch
from paraneo.accuracy.pooled import _bivariate_ladder
from paraneo.accuracy.pooled._bivariate_evidence import Evidence

NAMES = {"unstructured", "shared", "independent", "sensitivity", "specificity", "fixed"}
BINOMIAL, NORMAL, RESTRICTED = 0, 1, 2


def small_worlds(count, rng):
    """Invent meta-analyses of 2 to 10 studies, many with zero cells or perfect tests."""
    most = 10
    used = np.arange(most) < rng.integers(2, most + 1, count)[:, None]
    spread = rng.choice([0, 0.5, 1.0, 2.0], (2, count, 1))
    mean = rng.uniform(-1, 5, (2, count, 1))
    rho = rng.uniform(-1, 1, (count, 1))
    z = rng.normal(size=(2, count, most))
    z[1] = rho * z[0] + np.sqrt(1 - rho**2) * z[1]
    people = np.stack([rng.integers(1, 60, used.shape), rng.integers(1, 120, used.shape)])
    right = rng.binomial(people, expit(mean + spread * z))
    return np.stack([right[0], people[0], right[1], people[1]], axis=-1) * used[..., None], used


def evidence_of(studies, used, kind=0):
    one = np.ones((*used.shape, 1))
    return Evidence.of(kind, studies.astype(float), one, one, used=used)


def cells_of(studies):
    tp, diseased, tn, healthy = np.moveaxis(studies, -1, 0)
    return tp, healthy - tn, diseased - tp, tn


@pytest.mark.parametrize(
    "options",
    [
        {"model": "binomial", "nodes": 15},
        {"model": "normal", "method": "ml", "correction": "single"},
        {"model": "normal", "method": "reml", "correction": "single"},
        {"model": "normal", "method": "reml", "correction": "all"},
    ],
)
def test_two_thousand_end_in_an_optimum_or_a_simpler_model_that_is_said(options):
    studies, _ = small_worlds(2000, np.random.default_rng(20))
    batch = pooled_accuracy_batch(*cells_of(studies), **options)
    assert batch.reached.all()
    assert batch.largest_gradient.max() < 1e-5
    for numbers in (batch.mean, batch.covariance, batch.between_study, batch.log_likelihood):
        assert not np.isnan(numbers).any()
    assert set(batch.structure) == NAMES
    if options["model"] == "normal":
        assert np.isfinite(batch.mean).all()


def test_the_rungs_are_regular_inside_and_infinite_for_perfect_tests_alone():
    evidence = evidence_of(*small_worlds(400, np.random.default_rng(21)))
    climb = _bivariate_ladder.climb_down(evidence, 9)
    assert _bivariate_ladder.regular(climb.fits).all()
    assert _bivariate_ladder.inside(climb.fits).all()
    assert (climb.fits.value <= climb.first.value + 1e-9).all()
    mean, covariance = _bivariate_ladder.means(climb, evidence, np.ones(1), np.ones(1))
    perfect = np.isin(climb.spread, (1, 2))
    assert (np.isinf(mean) == perfect).all()
    assert (np.isinf(np.einsum("mii->mi", covariance)) == perfect).all()


def test_no_other_point_is_higher_by_brute_force():
    studies, used = small_worlds(60, np.random.default_rng(4))
    evidence = evidence_of(studies, used)
    climb = _bivariate_ladder.climb_down(evidence, 31)
    tame = (climb.spread == 0).all(axis=1) & (np.abs(climb.first.theta).max(axis=1) < 4)
    checked = np.flatnonzero(tame)[:6]
    assert len(checked) == 6
    for m in checked:
        table = studies[m][used[m]].astype(float)
        best = max(
            -optimize.minimize(
                lambda theta, table=table[:, None]: -bivariate_by_grid(theta, table),
                start, method="L-BFGS-B",
                bounds=[(-8, 8)] * 2 + [(-4, 4)] * 3,
            ).fun
            for start in ([1, 1, 0.5, 0.3, 0.5], [2, 2, 1, -1, 0.2])
        )  # fmt: skip
        assert climb.first.value[m] > best - 2e-5
        assert climb.first.value[m] < best + 1e-3


def by_matrices(theta, table, restricted):
    """Return the normal model's log-likelihood, written with whole matrices."""
    lower = np.array([[theta[2], 0.0], [theta[3], theta[4]]])
    total, value = np.zeros((2, 2)), 0.0
    for y1, v1, y2, v2 in table:
        covariance = lower @ lower.T + np.diag([v1, v2])
        value += stats.multivariate_normal(theta[:2], covariance).logpdf([y1, y2])
        total += np.linalg.inv(covariance)
    return value - 0.5 * np.linalg.slogdet(total)[1] * restricted


@pytest.mark.parametrize("kind", [NORMAL, RESTRICTED])
def test_no_other_point_of_the_normal_model_is_higher_by_brute_force(kind):
    rng = np.random.default_rng(6)
    count, most = 5, 7
    used = np.arange(most) < rng.integers(3, most + 1, count)[:, None]
    logits = rng.normal(1.5, rng.choice([0.1, 0.8], (count, 1, 1)), (count, most, 2))
    own = rng.uniform(0.05, 0.8, (count, most, 2))
    studies = np.stack([logits[..., 0], own[..., 0], logits[..., 1], own[..., 1]], axis=-1)
    climb = _bivariate_ladder.climb_down(evidence_of(studies, used, kind), 1)
    assert _bivariate_ladder.regular(climb.fits).all()
    for m in range(count):
        best = max(
            -optimize.minimize(
                lambda theta, table=studies[m][used[m]]: (
                    -by_matrices(theta, table, kind == RESTRICTED)
                ),
                start,
                method="L-BFGS-B",
            ).fun
            for start in ([1, 1, 0.5, 0.3, 0.5], [2, 2, 1, -0.8, 0.2], [1.5, 1.5, 0.1, 0, 0.1])
        )
        np.testing.assert_allclose(climb.first.value[m], best, **ITERATED)
        assert climb.first.value[m] > best - 1e-7
