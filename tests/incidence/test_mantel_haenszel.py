"""Rates of two groups within strata, beside epiR, by hand and by laws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from tests.tolerances import CLOSED_FORM, ITERATED, SUMMED

from paraneo.errors import ParaneoError
from paraneo.incidence import mantel_haenszel

TABLE = pd.DataFrame(
    {
        "age": ["<60", "<60", "60+", "60+"],
        "group": ["DM", "none", "DM", "none"],
        "observed": [14, 5, 22, 31],
        "person_years": [1200.0, 2300, 800, 2100],
    }
)


def with_cases(*cases):
    return TABLE.assign(observed=cases)


def test_ratio_and_difference_are_those_of_epi_r():
    """R: epiR::epi.2by2(method = "cohort.time", units = 1)$massoc.detail, IRR.mh and ARate.mh."""
    found = mantel_haenszel(TABLE, reference="none", by="age", interval="log-wald")
    one, two = found.ratio, found.difference
    np.testing.assert_allclose(
        [one.value, one.lower, one.upper],
        [2.44798464491363, 1.52921156903896, 3.91877026244249],
        **CLOSED_FORM,
    )
    np.testing.assert_allclose(
        [two.value, two.lower, two.upper],
        [0.0108671852492077, 0.00437513834139745, 0.017359232157018],
        **CLOSED_FORM,
    )


def test_score_limits_are_where_the_score_test_has_the_level():
    found = mantel_haenszel(TABLE, reference="none", by="age").ratio

    def score(ratio):
        p = ratio * np.array([1200, 800]) / (ratio * np.array([1200, 800]) + [2300, 2100])
        cases = np.array([19, 53])
        return (36 - (cases * p).sum()) / np.sqrt((cases * p * (1 - p)).sum())

    z = 1.959963984540054
    wanted = [optimize.brentq(lambda r, e=e: score(r) - e, 0.1, 50) for e in (z, -z)]
    np.testing.assert_allclose([found.lower, found.upper], wanted, **SUMMED)
    tests = mantel_haenszel(TABLE, reference="none", by="age").tests()
    np.testing.assert_allclose(tests["statistic"][0], score(1.0) ** 2, **SUMMED)
    assert tests["df"].tolist() == [1, 1]


def test_homogeneity_is_that_of_two_poisson_models():
    import statsmodels.api as sm

    found = mantel_haenszel(TABLE, reference="none", by="age").tests()
    old, ill = np.array([0, 0, 1, 1]), np.array([1, 0, 1, 0])
    design = np.column_stack([np.ones(4), old, ill])
    fit = sm.GLM(
        TABLE["observed"], design, sm.families.Poisson(), offset=np.log(TABLE["person_years"])
    ).fit(tol=1e-14)
    np.testing.assert_allclose(found["statistic"][1], fit.deviance, **ITERATED)


def test_one_stratum_is_the_plain_ratio():
    found = mantel_haenszel(TABLE[:2], reference="none")
    np.testing.assert_allclose(found.ratio.value, (14 / 1200) / (5 / 2300), **CLOSED_FORM)
    np.testing.assert_allclose(found.difference.value, 14 / 1200 - 5 / 2300, **CLOSED_FORM)


def test_exchanging_the_groups_inverts_the_ratio():
    one, other = (mantel_haenszel(TABLE, reference=name, by="age") for name in ("none", "DM"))
    np.testing.assert_allclose(one.ratio.value, 1 / other.ratio.value, **CLOSED_FORM)
    np.testing.assert_allclose(one.ratio.lower, 1 / other.ratio.upper, **SUMMED)
    np.testing.assert_allclose(one.difference.lower, -other.difference.upper, **SUMMED)


@pytest.mark.parametrize("interval", ["score", "log-wald"])
@pytest.mark.parametrize(
    "cases", [(0, 5, 0, 31), (14, 0, 22, 0), (0, 0, 0, 0), (1, 0, 0, 0), (0, 0, 22, 31)]
)
def test_groups_without_cases_have_limits(cases, interval):
    found = mantel_haenszel(with_cases(*cases), reference="none", by="age", interval=interval)
    for row in found.summary().to_dict("records"):
        assert row["lower"] < row["upper"]
        assert np.isnan(row["estimate"]) or row["lower"] <= row["estimate"] <= row["upper"]
    found.tests()


def test_no_case_at_all_bounds_the_difference_by_both_exact_limits():
    found = mantel_haenszel(with_cases(0, 0, 0, 0), reference="none", by="age").difference
    upper = stats.chi2.isf(0.025, 2) / 2 / 2000
    np.testing.assert_allclose(found.upper, upper, **SUMMED)


def test_order_unit_and_parts_of_rows_change_nothing(as_frame):
    plain = mantel_haenszel(TABLE, reference="none", by="age")
    parts = pd.concat([TABLE, TABLE])[::-1].assign(person_years=lambda x: x["person_years"] / 2)
    parts["observed"] = [0, 0, 0, 0, *TABLE["observed"][::-1]]
    again = mantel_haenszel(as_frame(parts.to_dict("list")), reference="none", by="age", per=1000)
    np.testing.assert_allclose(again.ratio.value, plain.ratio.value, **SUMMED)
    np.testing.assert_allclose(again.difference.value, 1000 * plain.difference.value, **SUMMED)


def test_a_stratum_with_one_group_says_nothing():
    more = pd.concat([TABLE, TABLE[:1].assign(age="90+")])
    one, other = (mantel_haenszel(x, reference="none", by="age").summary() for x in (TABLE, more))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (TABLE, {"reference": "RA"}, "there is no group 'RA'"),
        (TABLE[TABLE["group"] == "DM"], {"reference": "DM"}, "has 1 groups"),
        (TABLE[[True, False, False, True]], {"reference": "none"}, "no stratum has both groups"),
        (TABLE.assign(person_years=[0, 1, 1, 1.0]), {"reference": "none"}, "above zero"),
        (TABLE, {"reference": "none", "interval": "exact"}, "no option 'exact'"),
        (TABLE, {"reference": "none", "per": 0}, "must be a number of person-years"),
    ],
)
def test_what_cannot_be_compared_is_said(table, options, words):
    with pytest.raises(ParaneoError, match=words):
        mantel_haenszel(table, by="age", **options)


def test_it_is_drawn_and_shown():
    found = mantel_haenszel(TABLE, reference="none", by="age")
    assert "DM against none in 2 strata" in repr(found)
    found.plot()
