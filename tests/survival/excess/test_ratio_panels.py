"""Expected events by panels against the pass over parts, in value and every derivative."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.survival.excess.test_excess_hazard import cohort, fitted, visited
from tests.tolerances import RATIO_QUADRATURE

from paraneo.survival.excess import _ratio_likelihood


@pytest.mark.parametrize(
    "way", [{}, {"by": "sex"}, {"formula": None}, {"formula": "x + sex"}, {"breaks": [0.5, 1, 6]}]
)
def test_panels_give_what_parts_give(way):
    table = visited(cohort(300), 0.5)
    asked = {"scale": "relative", "shape": "spline", "breaks": 1} | way
    model = fitted(table, **asked)._fitted.model
    curves = model.ratio_parts.curves
    theta = model.back @ model.start() + 0.05 * np.random.default_rng(2).normal(size=model.size)
    size, n = model.size, len(table)
    found, wanted = [], []
    for results, kernels in (
        (found, "panels"),
        (wanted, "parts"),
    ):
        gradient, hessian = np.zeros(size), np.zeros((size, size))
        scores, total = np.zeros((n, size)), np.zeros(n)
        if kernels == "panels":
            value = model._exposures(curves, theta, gradient, hessian, scores)
            model._add_expected(curves, theta, total)
        else:
            parts = model._exposed
            value = _ratio_likelihood.exposures(parts, curves, theta, gradient, hessian, scores)
            _ratio_likelihood.expected(parts, curves, theta, total)
        results += [value, gradient, np.tril(hessian), scores, total]
    for one, other in zip(found, wanted, strict=True):
        assert_allclose(one, other, **RATIO_QUADRATURE)


def test_a_person_s_parts_of_a_panel_are_one_row():
    model = fitted(cohort(200), scale="relative", shape="spline", breaks=1)._fitted.model
    panels = model._panels
    place = np.repeat(np.arange(len(panels.half)), np.diff(panels.first))
    assert len(np.unique(place * 200 + panels.owner)) == len(place)
    assert len(panels.rest.start) < len(place)
