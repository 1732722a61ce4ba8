"""What may be a slip in a table of cases is a warning of every verb that adds it up."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

from paraneo import ParaneoWarning, incidence_ratios, ratio_regression, standardised_rates

AGES = list(range(0, 90, 5))
CASES = [2, 1, 1, 2, 3, 4, 6, 9, 14, 22, 35, 52, 70, 88, 95, 90, 70, 60]
PEOPLE = [52, 51, 50, 49, 48, 47, 46, 45, 43, 41, 38, 34, 29, 24, 18, 12, 7, 5]
MEN = pd.DataFrame(
    {"sex": "m", "age": AGES, "cases": CASES, "py": [1000 * n for n in PEOPLE]}
).assign(exp=lambda t: 0.8 * t["cases"])
WOMEN = MEN.assign(sex="f", py=MEN["py"] + 300)
CALLS = {
    "incidence_ratios": lambda table, **more: incidence_ratios(
        table, observed="cases", expected="exp", person_years="py", **more
    ),
    "standardised_rates": lambda table, **more: standardised_rates(
        table, cases="cases", person_years="py", **more
    ),
    "ratio_regression": lambda table: ratio_regression(
        table, observed="cases", expected="exp", formula="~ age"
    ),
}


def both(label):
    return pd.concat([MEN, WOMEN, MEN.assign(sex=label, py=MEN["py"] + WOMEN["py"])])


@pytest.mark.parametrize("label", ["both", "Both sexes", "Total", "all", "Persons"])
@pytest.mark.parametrize("verb", CALLS)
def test_a_total_among_its_parts(verb, label):
    said = rf"'sex': rows of '{label}' stand beside those of its parts"
    with pytest.warns(ParaneoWarning, match=said):
        CALLS[verb](both(label))


@pytest.mark.parametrize("verb", ["incidence_ratios", "standardised_rates"])
def test_a_total_with_a_group_of_its_own_is_no_doubt(verb):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = CALLS[verb](both("both"), by="sex").summary()
    assert found["sex"].tolist() == ["both", "f", "m"]


@pytest.mark.parametrize("verb", CALLS)
def test_a_repeated_row(verb):
    with pytest.warns(ParaneoWarning, match=r"1 row is a copy of an earlier one \(18"):
        CALLS[verb](pd.concat([MEN, MEN.iloc[[3]]], ignore_index=True))


@pytest.mark.parametrize("verb", ["incidence_ratios", "standardised_rates"])
@pytest.mark.parametrize("unit", [1e3, 1e5])
def test_person_years_in_thousands(verb, unit):
    with pytest.warns(ParaneoWarning, match=r"more than 0\.5 a person-year, .* not in thousands"):
        CALLS[verb](MEN.assign(py=MEN["py"] / unit))


@pytest.mark.parametrize("age", [99, 999, -1, None, "", "NA", "85+ unknown"])
def test_cases_of_an_age_that_nobody_has(age):
    row = pd.DataFrame({"sex": "m", "age": [age], "cases": 7, "py": 0, "exp": 0.0})
    table = pd.concat([MEN.astype({"age": object}), row], ignore_index=True)
    with pytest.warns(ParaneoWarning, match="7 cases stand in rows without expected ones"):
        CALLS["incidence_ratios"](table)


@pytest.mark.parametrize("label", ["0-99", "0+", "All ages", "0-84"])
def test_a_row_of_all_ages_is_not_added_to_those_by_age(label):
    total = MEN.drop(columns=["sex", "age"]).sum().to_frame().T.assign(age=label, sex="m")
    table = pd.concat([MEN.astype({"age": object}), total], ignore_index=True)
    with pytest.warns(ParaneoWarning, match="1 row of unknown age, or of all ages"):
        found = CALLS["incidence_ratios"](table).summary()
    assert found["observed"].tolist() == [sum(CASES)]


def test_cases_without_person_years():
    with pytest.warns(ParaneoWarning, match="2 cases stand in rows without person-years"):
        CALLS["incidence_ratios"](MEN.assign(py=[0, *MEN["py"][1:]]))
