"""The likelihoods of the bivariate models beside plain sums, and their derivatives."""

import numpy as np
import pytest
from scipy import optimize
from tests.support import bivariate_by_grid
from tests.tolerances import EXACT, NUMERICAL, SUMMED

from paraneo.accuracy.pooled._bivariate_evidence import BINOMIAL, NORMAL, RESTRICTED, Evidence
from paraneo.accuracy.pooled._bivariate_search import evaluate, search

PLACE = np.array([1.3, 0.7, 1.1, -0.6, 0.4])
TABLES = np.array([(47, 56, 738, 839), (68, 68, 3, 20), (0, 5, 12, 12), (7, 9, 11, 15)], float)


def binomial(studies, study=None, x=None):
    """Return evidence of one meta-analysis, with means alone unless designs are given."""
    one = np.ones((1, len(studies), 1))
    x1, x2 = (one, one) if x is None else x
    label = None if study is None else np.array([study])
    return Evidence.of(BINOMIAL, np.asarray(studies, float)[None], x1, x2, study=label)


def slopes_by_steps(evidence, theta, nodes):
    return optimize.approx_fprime(theta, lambda t: evaluate(evidence, t[None], nodes)[0][0], 1e-7)


@pytest.mark.parametrize("nodes", [1, 3, 7])
@pytest.mark.parametrize("table", TABLES)
def test_slopes_are_those_of_the_quadrature(nodes, table):
    evidence = binomial([table])
    got = evaluate(evidence, PLACE[None], nodes)[1][0]
    np.testing.assert_allclose(got, slopes_by_steps(evidence, PLACE, nodes), **NUMERICAL)


def test_a_study_s_likelihood_is_a_double_integral():
    got = evaluate(binomial(TABLES[3:]), PLACE[None], 41)[0][0]
    np.testing.assert_allclose(got, bivariate_by_grid(PLACE, TABLES[3:, None]), **SUMMED)


def paired():
    """Two tests in two studies, the first in a third: designs with a mean a test."""
    tests = np.array([0, 1, 0, 1, 0])
    x = np.zeros((1, 5, 2))
    x[0, np.arange(5), tests] = 1.0
    tables = np.array([(7, 9, 11, 15), (5, 9, 14, 15), (20, 31, 30, 44), (28, 31, 25, 44),
                       (3, 3, 8, 9)], float)  # fmt: skip
    return tables, binomial(tables, [4, 4, 2, 2, 7], (x, x))


def test_tables_of_one_study_share_its_effects():
    tables, evidence = paired()
    theta = np.array([1.3, 0.4, 0.7, 1.2, 0.9, -0.5, 0.4])
    got = evaluate(evidence, theta[None], 41)[0][0]
    means = [theta[:2], theta[2:4]]
    both = bivariate_by_grid([*means, *theta[4:]], tables[:4].reshape(2, 2, 4))
    alone = bivariate_by_grid([theta[0], theta[2], *theta[4:]], tables[4:, None])
    np.testing.assert_allclose(got, both + alone, **SUMMED)


def test_slopes_of_shared_effects_are_those_of_the_quadrature():
    _, evidence = paired()
    theta = np.array([1.3, 0.4, 0.7, 1.2, 0.9, -0.5, 0.4])
    for nodes in (1, 5):
        got = evaluate(evidence, theta[None], nodes)[1][0]
        np.testing.assert_allclose(got, slopes_by_steps(evidence, theta, nodes), **NUMERICAL)


def test_second_derivatives_of_a_fine_quadrature_are_those_of_its_slopes():
    _, evidence = paired()
    theta = np.array([[1.3, 0.4, 0.7, 1.2, 0.9, -0.5, 0.4]])
    _, _, second = evaluate(evidence, theta, 41)
    _, _, exact = evaluate(evidence, theta, 41, exact=True)
    np.testing.assert_allclose(second, exact, **NUMERICAL)


def test_the_order_of_tables_is_irrelevant_to_shared_effects():
    tables, evidence = paired()
    turn = [4, 1, 3, 0, 2]
    label = np.array([[4, 4, 2, 2, 7]])[:, turn]
    x = evidence.x1[:, turn]
    other = Evidence.of(BINOMIAL, tables[None, turn], x, x, study=label)
    theta = np.array([[1.3, 0.4, 0.7, 1.2, 0.9, -0.5, 0.4]])
    for mine, theirs in zip(evaluate(evidence, theta, 9), evaluate(other, theta, 9), strict=True):
        np.testing.assert_allclose(mine, theirs, **EXACT)


def test_no_search_depends_on_those_beside_it():
    rng = np.random.default_rng(3)
    people = rng.integers(5, 60, (40, 8, 2)).astype(float)
    right = rng.binomial(people.astype(int), 0.8)
    studies = np.stack([right[..., 0], people[..., 0], right[..., 1], people[..., 1]], axis=2)
    one = np.ones((40, 8, 1))
    evidence = Evidence.of(BINOMIAL, studies.astype(float), one, one)
    start = np.tile([1.0, 1.0, 0.7, 0.1, 0.7], (40, 1))
    free = np.ones((40, 5), dtype=bool)
    together = search(evidence, start, free, 7)
    for row in (0, 17, 39):
        alone = search(evidence.at([row]), start[[row]], free[[row]], 7)
        np.testing.assert_allclose(together.theta[row], alone.theta[0], **SUMMED)
        assert together.iterations[row] == alone.iterations[0]


def normal_evidence(kind):
    rng = np.random.default_rng(8)
    studies = np.abs(rng.normal(1, 0.5, (1, 5, 4))) + 0.05
    x1 = np.stack([np.ones((1, 5)), rng.normal(size=(1, 5))], axis=2)
    used = np.array([[True, True, False, True, True]])
    return Evidence.of(kind, studies, x1, np.ones((1, 5, 1)), used=used)


@pytest.mark.parametrize("kind", [NORMAL, RESTRICTED])
def test_derivatives_of_the_normal_models_are_those_of_their_values(kind):
    evidence, theta = normal_evidence(kind), np.array([1.3, 0.2, 0.7, 0.9, -0.5, 0.7])
    _, slopes, second = evaluate(evidence, theta[None], 0)
    np.testing.assert_allclose(slopes[0], slopes_by_steps(evidence, theta, 0), **NUMERICAL)
    by_steps = optimize.approx_fprime(theta, lambda t: evaluate(evidence, t[None], 0)[1][0], 1e-7)
    np.testing.assert_allclose(second[0], by_steps, **NUMERICAL)


def test_the_restricted_penalty_is_a_log_determinant():
    theta = np.array([1.3, 0.2, 0.7, 0.9, -0.5, 0.7])
    full, restricted = normal_evidence(NORMAL), normal_evidence(RESTRICTED)
    lower = np.array([[0.9, 0], [-0.5, 0.7]])
    total = np.zeros((3, 3))
    for i in np.flatnonzero(full.used[0]):
        rows = np.zeros((2, 3))
        rows[0, :2], rows[1, 2:] = full.x1[0, i], full.x2[0, i]
        own = lower @ lower.T + np.diag(full.studies[0, i, [1, 3]])
        total += rows.T @ np.linalg.inv(own) @ rows
    got = evaluate(restricted, theta[None], 0)[0] - evaluate(full, theta[None], 0)[0]
    np.testing.assert_allclose(got[0], -0.5 * np.linalg.slogdet(total)[1], **EXACT)
