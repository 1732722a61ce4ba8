"""Tables that could be misread: each is read right, or refused with its cause and cure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.tolerances import EXACT, PRINTED

from paraneo import ParaneoWarning, TableError, rate_table, standardised_rates
from paraneo.rates import read_cdc_wonder, read_globocan, read_hmd, read_popmort, read_rate_table

INF = float("inf")
CASES = [2, 1, 1, 2, 3, 4, 6, 9, 14, 22, 35, 52, 70, 88, 95, 90, 70, 60]
PEOPLE = [52, 51, 50, 49, 48, 47, 46, 45, 43, 41, 38, 34, 29, 24, 18, 12, 7, 5]


def registry(ages, **more):
    return pd.DataFrame({"age": ages, "cases": CASES, "py": 1000 * np.array(PEOPLE)} | more)


def counted(data, **options):
    return rate_table(data, cases="cases", person_years="py", **options)


@pytest.fixture
def write(tmp_path):
    def writer(text, name="rates.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return writer


# Codes, middles and ages that do not exist


@pytest.mark.parametrize("form", [int, str, "{:02d}".format])
def test_codes_of_age_groups_are_refused_or_read(form, write):
    data = registry([form(code) for code in range(1, 19)])
    with pytest.raises(TableError, match=r"look like codes .* Pass age_codes='5-year'"):
        counted(data)
    with pytest.raises(TableError, match="look like codes"):
        read_globocan(write(data.to_csv(index=False)))
    with pytest.raises(TableError, match="look like codes"):
        standardised_rates(data, cases="cases", person_years="py")
    table = counted(data, age_codes="5-year")
    assert_array_equal(table.age_edges, [*range(0, 90, 5), INF])
    assert table.rates_at(62.0) == 70 / 29000
    again = read_globocan(write(data.to_csv(index=False)), age_codes="5-year")
    assert_array_equal(again.rates, table.rates)
    labels = {
        code: f"{5 * code - 5}+" if code == 18 else f"{5 * code - 5}-{5 * code - 1}"
        for code in range(1, 19)
    }
    assert_array_equal(counted(data, age_codes=labels).rates, table.rates)
    rates = [
        standardised_rates(x, cases="cases", person_years="py", **more).summary()["estimate"]
        for x, more in ((data, {"age_codes": "5-year"}), (registry(list(range(0, 90, 5))), {}))
    ]
    assert rates[0][0] == rates[1][0]


def test_a_code_beyond_the_scale_needs_a_mapping():
    data = pd.DataFrame({"age": [1, 2, 9], "cases": [1, 2, 3], "py": [10.0, 10.0, 0.0]})
    with pytest.raises(TableError, match=r"row 2: 9\.5 is no code of an age group"):
        counted(data.assign(age=[1, 2, 9.5]), age_codes={1: "0-14", 2: "15+"})
    table = counted(data, age_codes={1: "0-14", 2: "15+", 9: "unknown"})
    assert_array_equal(table.age_edges, [0, 15, INF])
    assert table.provenance["left_out"] == "3 cases of unknown age"
    with pytest.raises(TableError, match="there are no codes 'ten-year'"):
        counted(data, age_codes="ten-year")


@pytest.mark.parametrize(
    "ages",
    [
        [2.5 + 5 * k for k in range(18)],
        [2 + 5 * k for k in range(18)],
        [0.5, 3, *(2.5 + 5 * k for k in range(1, 17))],
        [0.5 + k for k in range(18)],
        [42.5 + 5 * k for k in range(18)],
        [*(2.5 + 5 * k for k in range(17)), 90],
        [0, 3, *(7 + 5 * k for k in range(16))],
        [12 + 5 * k for k in range(18)],
    ],
)
def test_middles_of_bands_are_refused(ages):
    with pytest.raises(TableError, match="look like the middles of age groups"):
        counted(registry(ages))


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        ([0, 1, 2], None),
        ([45, 55, 65, 75], None),
        ([1, 2, 3], "look like codes"),
        (range(18), "look like codes"),
        (range(1, 22), "look like codes"),
        (range(9), "would be open from 8 years on"),
        ([0, 1, 5, 10], "would be open from 10 years on"),
        ([4 + 5 * k for k in range(18)], "look like the last years of age groups"),
        ([9 + 10 * k for k in range(9)], "look like the last years of age groups"),
        (range(10, 190, 10), "nobody is 180 years old"),
    ],
)
@pytest.mark.parametrize("read", ["rate_table", "globocan", "wonder", "plain"])
def test_numbers_that_are_not_the_first_ages_of_groups(ages, said, read, write):
    ages = list(ages)
    columns = ["Age", "Count", "Population"]
    data = pd.DataFrame(dict(zip(columns, (ages, 2, 50_000), strict=True)), index=range(len(ages)))
    path = write(data.to_csv(index=False))
    names = {"cases": "Count", "person_years": "Population", "age": "Age"}
    calls = {
        "rate_table": lambda: rate_table(data, **names),
        "globocan": lambda: read_globocan(write(path.read_text().replace("Count", "Cases"))),
        "wonder": lambda: read_cdc_wonder(path),
        "plain": lambda: read_rate_table(path, **names),
    }
    if said is None:
        assert_array_equal(calls[read]().age_edges, [*ages, INF])
        return
    with pytest.raises(TableError, match=said):
        calls[read]()


def test_middles_of_bands_may_be_edges_that_say_so():
    edges = [2.5, 7.5, 12.5]
    data = {"age": edges, "age_end": [*edges[1:], 17.5], "rate": [1e-4] * 3}
    assert_array_equal(rate_table(data, rate="rate").age_edges, [2.5, 7.5, 12.5, 17.5])


def test_an_open_last_age_of_the_young_and_a_code_of_unknown_age_are_refused():
    data = {"age": [0, 5, 10, 18], "rate": [1e-4] * 4}
    with pytest.raises(TableError, match="the last age would be open from 18 years on"):
        rate_table(data, rate="rate")
    assert rate_table(data | {"age": [0, 5, 10, "18+"]}, rate="rate").age_edges[-1] == INF
    with pytest.raises(TableError, match="99 looks like a code of unknown age"):
        counted(
            pd.concat([registry(range(0, 90, 5)), pd.DataFrame({"age": [99], "cases": 7, "py": 0})])
        )


# Holes, ends and steps


def test_a_hole_between_single_years_stays_a_hole(write):
    lines = ["Utopia, Death rates (period 1x1)", "", "Year Age Female Male Total"]
    for year in (1995, 1996, 1999, 2000):
        lines += [f"{year} 0 0.001 0.002 0.003", f"{year} 1+ 0.001 0.002 0.003"]
    table = read_hmd(write("\n".join(lines), "Mx_1x1.txt"))
    assert_array_equal(table.period_edges, [1995, 1996, 1997, 1999, 2000, 2001])
    assert np.isnan(table.rates_at(50.0, [1997.5, 1998.5], 0)).all()
    assert_array_equal(table.rates_at(50.0, [1996.5, 1999.5], 0), [0.001, 0.001])
    two = read_hmd(write("\n".join([*lines[:5], *lines[9:]]), "Mx_1x1.txt"))
    assert_array_equal(two.period_edges, [1995, 1996, 2000, 2001])
    with pytest.raises(TableError, match="nothing covers 3 to 5"):
        rate_table({"age": [0, 1, 2, 5, 6, 7], "rate": [0.01] * 6}, rate="rate")
    frame = pd.DataFrame({"sex": 1, "_age": [60, 61, 63], "_year": 2000, "prob": [0.9, 0.9, 0.9]})
    table = read_popmort(write(frame.to_csv(index=False), "popmort.csv"))
    assert_array_equal(table.age_edges, [60, 61, 62, 63, INF])
    assert np.isnan(table.rates_at(62.5, 2000))


@pytest.mark.parametrize("ends", [[5, 10, 20, INF], [4, 9, 19, INF], [4, 9, 19, None]])
def test_a_hole_against_a_column_of_ends_stays_a_hole(ends):
    data = {"age": [0, 5, 15, 20], "age_end": ends, "rate": [1e-4, 2e-4, 4e-4, 5e-4]}
    with pytest.raises(TableError, match=r"'age' at row 1: .* nothing covers 10 to 15"):
        rate_table(data, rate="rate")
    table = rate_table(data, rate="rate", holes="missing")
    assert_array_equal(table.rates_at([7, 12, 16, 90]), [2e-4, np.nan, 4e-4, 5e-4])
    again = rate_table(table.summary(), rate="rate")
    assert_array_equal(again.rates, table.rates)


def test_ends_that_contradict_labels_and_steps_that_are_uneven_are_refused():
    data = {"age": ["0-4", "5-9"], "age_end": [5, 20], "rate": [1e-4, 1e-4]}
    with pytest.raises(TableError, match="'age_end' at row 1: it contradicts the label in 'age'"):
        rate_table(data, rate="rate")
    years = {"age": [0] * 3, "year": [2000, 2005, 2015], "rate": [1e-4] * 3}
    with pytest.raises(TableError, match="the steps between periods are uneven"):
        rate_table(years, rate="rate", period="year")
    table = rate_table(years, rate="rate", period="year", period_width=3)
    assert_array_equal(table.period_edges, [2000, 2005, 2015, 2018])
    ages = {"age": [0, 5, 10, 15, 25, 30, 35], "rate": [1e-4] * 7}
    with pytest.raises(TableError, match="a row seems to be missing between 15 and 25"):
        rate_table(ages, rate="rate")


@pytest.mark.parametrize("ages", [[0, 1, 5, 10, 15, 20, 85], [0, 15, 45, 55, 65, 75], [0, 50, 70]])
def test_usual_scales_are_believed(ages):
    table = rate_table({"age": ages, "rate": [1e-4] * len(ages)}, rate="rate")
    assert_array_equal(table.age_edges, [*ages, INF])


# Probabilities


def test_a_life_table_that_ends_in_one_has_no_rate_there():
    data = {"age": ["97-98", "98-99", "99-100", "100 and over"], "qx": [0.271, 0.293, 0.316, 1.0]}
    table = rate_table(data, rate="qx", kind="probability")
    assert_allclose(table.rates[0, :3, 0], -np.log1p(-np.array(data["qx"][:3])), **EXACT)
    assert np.isnan(table.rates[0, 3, 0])


def test_a_probability_in_a_wide_open_band_has_no_rate():
    data = {"age": [40, 50, 60], "q": [0.02, 0.3, 0.5]}
    with pytest.raises(TableError, match=r"'q' at row 2: .* open age has no width"):
        rate_table(data, rate="q", kind="probability")
    single = rate_table(data | {"age": [107, 108, 109]}, rate="q", kind="probability")
    assert_allclose(single.rates.ravel(), -np.log1p(-np.array(data["q"])), **EXACT)


# People, units, unknown ages


def test_unknown_ages_are_left_out_and_counted():
    data = registry(list(range(0, 90, 5)), age_name="")
    unknown = pd.DataFrame({"age": ["Unknown"], "cases": [7], "py": [np.nan]})
    whole = pd.DataFrame({"age": ["All ages"], "cases": [631], "py": [639000]})
    more = pd.concat([data, unknown, whole], ignore_index=True)
    table = counted(more)
    assert_array_equal(table.rates, counted(data).rates)
    assert table.provenance["left_out"] == "7 cases of unknown age"
    with pytest.warns(ParaneoWarning, match="7 cases of unknown age are left out"):
        result = standardised_rates(more, cases="cases", person_years="py")
    assert_allclose(result.summary()["estimate"], 69.97506, **PRINTED[5])


def test_a_population_repeated_for_each_site_is_refused():
    ages = list(range(0, 90, 5))
    sites = pd.concat([registry(ages, site=site) for site in ("lung", "breast")], ignore_index=True)
    for verb in (counted, standardised_rates):
        with pytest.raises(TableError, match=r"by="):
            verb(sites) if verb is counted else verb(sites, cases="cases", person_years="py")
    apart = standardised_rates(sites, cases="cases", person_years="py", by="site")
    assert len(apart.summary()) == 2


def test_units_are_judged_by_age_and_on_the_whole():
    old = {"age": [50, 98, 99], "rate": [0.004, 0.5, 3.95]}
    assert rate_table(old, rate="rate").rates.max() == 3.95
    with pytest.raises(TableError, match="the unit must be another"):
        rate_table(old | {"age": [50, 60, 99]} | {"rate": [0.004, 3.95, 0.5]}, rate="rate")
    rare = {"age": [20, 40, 60], "rate": [0.6, 1.2, 1.9]}
    with pytest.raises(TableError, match="half the rates of ages below 80 are above"):
        rate_table(rare, rate="rate")
    assert rate_table(rare, rate="rate", per=100_000).rates.max() == 1.9 / 100_000
    thousands = registry(list(range(0, 90, 5))).assign(py=np.array(PEOPLE, dtype=float))
    with pytest.raises(TableError, match="not in thousands"):
        counted(thousands)
    nobody = registry(list(range(0, 90, 5))).replace({"py": {5000: 0}})
    with pytest.raises(TableError, match="cases without person-years"):
        counted(nobody)


# Files as they come


def test_a_comma_that_may_be_either_is_refused_until_it_is_named(write):
    rates = write(
        "Country;Cancer;Sex;Age;Rate\nU;O;2;0-39;1,512\nU;O;2;40-59;14,125\nU;O;2;60+;31,250\n"
    )
    with pytest.raises(TableError, match=r"'1,512' can be read in two ways, as 1512 or as 1\.512"):
        read_globocan(rates)
    table = read_globocan(rates, decimal=",")
    assert_allclose(table.rates.ravel(), [1.512e-5, 14.125e-5, 31.25e-5], **EXACT)
    text = "age\tcases\tn\n0-39\t6\t412,350\n40+\t31\t198,204\n"
    for name, mark in (("a.txt", "\t"), ("a.csv", ";"), ("a.psv", "|")):
        path = write(text.replace("\t", mark), name)
        with pytest.raises(TableError, match="name decimal="):
            read_rate_table(path, cases="cases", person_years="n")
        table = read_rate_table(path, cases="cases", person_years="n", decimal=".")
        assert_array_equal(table.person_years.ravel(), [412350, 198204])
    points = write(text.replace("\t", ";").replace(",", "."))
    with pytest.raises(TableError, match="name decimal="):
        read_rate_table(points, cases="cases", person_years="n")
    quoted = 'age,cases,n\n0-39,6,"412,350"\n40+,31,"198,204"\n'
    table = read_rate_table(write(quoted), cases="cases", person_years="n")
    assert_array_equal(table.person_years.ravel(), [412350, 198204])


WONDER = """"Notes"\t"Year"\t"Year Code"\t"Five-Year Age Groups"\tDeaths\tPopulation\tCrude Rate
\t"2018"\t"2018"\t"< 1 year"\t450\t101000\t445.5
\t"2018"\t"2018"\t"1-4 years"\t80\t416000\t19.2
\t"2018"\t"2018"\t"5-9 years"\tSuppressed\t525000\tSuppressed
\t"2018"\t"2018"\t"10-84 years"\t5015\t3027000\t165.7
\t"2018"\t"2018"\t"85+ years"\t2237\tNot Applicable\tNot Applicable
\t"2018"\t"2018"\t"Not Stated"\t12\tNot Applicable\tNot Applicable
"Total"\t"2018"\t"2018"\t\t7794\t4069000\t191.5
"---"
"Dataset: Mortality of Utopia, 2018"
"---"
Messages:
"1. Totals are not available."
"""


def test_an_export_of_cdc_wonder_is_read_without_its_footer(write):
    names = {"cases": "Deaths", "person_years": "Population", "age": "Five-Year Age Groups"}
    table = read_rate_table(write(WONDER, "wonder.txt"), period="Year", **names)
    assert_array_equal(table.age_edges, [0, 1, 5, 10, 85, INF])
    rates = [450 / 101000, 80 / 416000, np.nan, 5015 / 3027000, np.nan]
    assert_allclose(table.rates.ravel(), rates, **EXACT)
    assert table.provenance["left_out"] == "12 cases of unknown age"


def test_life_tables_of_the_hmd_give_their_mx(write):
    head = "Utopia, Life tables (period 1x1), {}\n\n Year Age mx qx ax lx dx Lx Tx ex\n"
    rows = "2000 0 0.004 0.00399 0.1 100000 399 99641 8000000 80\n2000 1+ 0.7 1 1 9 9 9 9 1\n"
    women = write(head.format("Females") + rows, "fltper_1x1.txt")
    men = write(head.format("Males") + rows, "mltper_1x1.txt")
    table = read_hmd(women)
    assert list(table.groups["sex"]) == ["female"]
    assert_array_equal(table.rates.ravel(), [0.004, 0.7])
    assert list(read_hmd([women, men]).groups["sex"]) == ["female", "male"]


@pytest.mark.parametrize("name", ["rates.tsv", "rates.tab", "rates.txt"])
def test_tabs_are_read_whatever_the_ending(write, name):
    path = write("age\tcases\tpy\n0-39\t12\t81234\n40+\t120\t61234\n", name)
    table = read_rate_table(path, cases="cases", person_years="py")
    assert_array_equal(table.rates.ravel(), [12 / 81234, 120 / 61234])


def test_the_european_standard_goes_on_to_the_oldest_in_the_data():
    ages = [*(f"{age}-{age + 4}" for age in range(0, 90, 5)), "90+"]
    deaths = [2, 1, 1, 2, 3, 4, 6, 9, 14, 22, 35, 52, 70, 120, 200, 350, 500, 420, 330]
    people = [*(1000 * np.array(PEOPLE[:16])), 9000, 4000, 1500]
    data = {"age": ages, "deaths": deaths, "n": people}
    result = standardised_rates(data, cases="deaths", person_years="n", standard="esp-2013")
    assert_allclose(result.summary()["estimate"], 756.78569, **PRINTED[5])
