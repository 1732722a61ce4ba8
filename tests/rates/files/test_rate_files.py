"""Readers of rates: small simulated files in the forms that people hold."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.tolerances import EXACT

from paraneo import ArgumentError, FileError, TableError
from paraneo.rates import (
    read_ci5,
    read_globocan,
    read_hmd,
    read_popmort,
    read_r_ratetable,
    read_rate_table,
    read_seerstat,
)

HERE = Path(__file__).parents[2]
INF = float("inf")


@pytest.fixture
def write(tmp_path):
    def writer(text, name="rates.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return writer


@pytest.fixture
def minnesota():
    path = HERE / "reference" / "mgus2" / "rates.csv"
    return path, pd.read_csv(path)


# Plain files


def test_plain_csv_and_parquet_hold_the_same_table(tmp_path):
    frame = pd.DataFrame({"band": ["0-39", "40+"], "n": [3, 40], "at_risk": [1e4, 2e4]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    names = {"age": "band", "cases": "n", "person_years": "at_risk"}
    tables = [
        read_rate_table(tmp_path / f"a.{kind}", provenance={"region": "Utopia"}, **names)
        for kind in ("csv", "parquet")
    ]
    assert_array_equal(tables[0].rates, tables[1].rates)
    assert_array_equal(tables[0].rates.ravel(), [3e-4, 2e-3])
    assert tables[0].provenance == {"file": "a.csv", "region": "Utopia"}


def test_a_plain_file_that_is_absent_or_faulty_says_so(write, tmp_path):
    with pytest.raises(FileError, match="There is no file"):
        read_rate_table(tmp_path / "no.csv", rate="rate")
    with pytest.raises(TableError, match="two rows hold the same cell"):
        read_rate_table(write("age,rate\n0,0.1\n0,0.2\n"), rate="rate")


# Human Mortality Database

HMD = """Utopia, Death rates (period 1x1), \tLast modified: 01 Jan 2020;  Methods Protocol: v6

  Year          Age             Female            Male           Total
  2000           0            0.004000        0.005000        0.004500
  2000           1            0.000300        0.000400        0.000350
  2000         110+                  .        0.900000        0.900000
  2001           0            0.003000        0.004000        0.003500
  2001           1            0.000200        0.000300        0.000250
  2001         110+           0.800000               .        0.800000
"""


def test_hmd_rates_have_an_open_age_and_missing_cells(write):
    table = read_hmd(write(HMD.replace("  110+", "  2+"), "Mx_1x1.txt"))
    assert list(table.groups["sex"]) == ["female", "male"]
    assert_array_equal(table.age_edges, [0, 1, 2, INF])
    assert_array_equal(table.period_edges, [2000, 2001, 2002])
    assert_array_equal(table.rates[:, 2, :], [[np.nan, 0.8], [0.9, np.nan]])
    assert table.rates[1, 0, 1] == 0.004
    assert table.provenance["source"] == "Human Mortality Database"
    assert table.provenance["data"].startswith("Utopia, Death rates (period 1x1)")
    assert table.rates_at(112, 2000.5, 1) == 0.9


def test_hmd_labels_of_wider_bands_and_the_total(write):
    text = HMD.replace("2000  ", "1990-1999  ").replace("2001  ", "2000-2009  ")
    text = text.replace("   1   ", "   1-4 ").replace("110+", "5+")
    table = read_hmd(write(text, "Mx_5x10.txt"), sexes=["total"])
    assert_array_equal(table.age_edges, [0, 1, 5, INF])
    assert_array_equal(table.period_edges, [1990, 2000, 2010])
    assert list(table.groups["sex"]) == ["total"]


def test_hmd_deaths_and_exposures_make_counts(write):
    head = "Utopia, {} (period 1x1), \tLast modified: 01 Jan 2020\n\n Year Age Female Male Total\n"
    deaths = write(head.format("Deaths") + "2000 0 4 5 9\n2000 1+ 2.5 0 2.5\n", "Deaths_1x1.txt")
    lived = write(
        head.format("Exposures") + "2000 0 1000 1000 2000\n2000 1+ 500 0.00 500\n", "Exposures.txt"
    )
    table = read_hmd(deaths=deaths, exposures=lived)
    assert_array_equal(table.rates[..., 0], [[0.004, 0.005], [0.005, np.nan]])
    assert_allclose(table.coarser(age=[0, INF]).rates[0, 0, 0], 6.5 / 1500, **EXACT)


def test_hmd_cohorts_and_other_files_are_refused(write):
    with pytest.raises(FileError, match="whose year is that of birth"):
        read_hmd(write(HMD.replace("period", "cohort"), "cMx_1x1.txt"))
    with pytest.raises(FileError, match="begins with Year and Age"):
        read_hmd(write("a,b\n1,2\n"))
    with pytest.raises(ArgumentError, match="neither one file of rates nor two of counts"):
        read_hmd(deaths=write(HMD))
    with pytest.raises(ArgumentError, match="no sex 'men'"):
        read_hmd(write(HMD), sexes=["men"])


# Cancer Incidence in Five Continents


def ci5(header="", registry="", last=18, unknown=2):
    """Two sexes, two cancers, age groups to 18 and one of unknown age."""
    rows = [header] if header else []
    for sex in (1, 2):
        for cancer in (7, 8):
            for age in range(1, 20):
                lived = 0 if age > last else 1000 * age
                cases = unknown if age == 19 else (cancer * sex if age <= last else 0)
                rows.append(f"{registry}{sex},{cancer},{age},{cases},{lived}")
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("header", ["", "SEX,CANCER,AGE,CASES,PY"])
def test_ci5_codes_become_bands_and_words(write, header):
    table = read_ci5(write(ci5(header)), cancers=[7, 8])
    assert list(table.groups["sex"]) == ["female", "male"]
    assert_array_equal(table.age_edges, [*range(0, 90, 5), INF])
    assert table.cases[1, 0, 0] == 15
    assert_allclose(table.rates[0, 17, 0], 30 / 18000, **EXACT)
    assert table.provenance["left_out"] == "8 cases of unknown age"
    assert table.provenance["sites"] == "cancer codes 7, 8"
    assert "left_out" not in read_ci5(write(ci5(unknown=0)), cancers=7).provenance


def test_ci5_last_age_group_with_people_is_open(write):
    table = read_ci5(write(ci5(last=15)), cancers=7)
    assert_array_equal(table.age_edges[-2:], [70, INF])
    assert not np.isnan(table.rates_at(90, group=[0, 1])).any()


def test_ci5_years_make_periods_and_registries_are_chosen(write):
    rows = ["ID_CODE,YEAR,SEX,CANCER,AGE,CASES,PY"]
    rows += [
        f"{registry},{year},{sex},1,{age},{age},{1000 + registry}"
        for registry in (11, 12)
        for year in (1998, 1999)
        for sex in (1, 2)
        for age in (1, 2)
    ]
    path = write("\n".join(rows))
    table = read_ci5(path, cancers=1, registry=12)
    assert_array_equal(table.period_edges, [1998, 1999, 2000])
    assert_array_equal(table.person_years, np.full((2, 2, 2), 1012.0))
    with pytest.raises(FileError, match="holds 2 registries"):
        read_ci5(path, cancers=1)


def test_ci5_years_that_end_at_different_ages_end_at_the_same_open_one(write):
    rows = ["id_code,year,sex,cancer_code,age,cases,py"]
    for year, last in ((1990, 16), (1991, 18)):
        for sex in (1, 2):
            counts = [(age, age, 100 * age) if age <= last else (age, 0, 0) for age in range(1, 19)]
            rows += [f"1,{year},{sex},7,{age},{cases},{lived}" for age, cases, lived in counts]
    table = read_ci5(write("\n".join(rows)), cancers=7)
    assert_array_equal(table.age_edges[-3:], [70, 75, INF])
    assert_array_equal(table.cases[0, -1], [16, 16 + 17 + 18])
    assert_array_equal(table.person_years[0, -1], [1600, 5100])
    assert not np.isnan(table.rates).any()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (ci5().replace("1,7,1,7,1000", "1,7,1,7,999"), "different person-years"),
        (ci5().replace("1,7,1,7,1000", "1,7,0,7,1000"), "age groups outside 1 to 19"),
        (ci5().replace("1,7,2,7,2000", "1,7,2,seven,2000"), "other than numbers"),
        (ci5().replace("1,7,2,7,2000", "1,7,1,7,1000"), "two rows for one cell"),
        ("sex,cancer,age\n1,1,1\n", "no column of cases"),
        ("1,1,1\n", "3 columns and no header"),
    ],
)
def test_ci5_files_that_are_not_of_the_form_are_refused(write, text, problem):
    with pytest.raises(FileError, match=problem):
        read_ci5(write(text), cancers=[7, 8])


AGE_GROUPS = [f"{age}_{age + 4}" for age in range(0, 85, 5)] + ["85", "_unk"]


def ci5_summary(write, last=18):
    """Two registries as the summary databases hold them: cases and people, a column an age."""
    head = "REGISTRY,SEX,CANCER,TOTAL," + ",".join(f"N{group}" for group in AGE_GROUPS)
    ages = [str(age if age <= last else 0) for age in range(1, 19)]
    rows = [
        f"{registry},{sex},{cancer},{9 * cancer},{','.join(ages)},{cancer}"
        for registry in (250090099, 840000099)
        for sex in (1, 2)
        for cancer in (1, 2)
    ]
    cases = write("\n".join([head, *rows]), "cases.csv")
    head = "REGISTRY,SEX,AGE_GROUP," + ",".join(f"P{group}" for group in AGE_GROUPS)
    rows = [
        f"{registry},{sex},{last},"
        + ",".join(str(1000 * sex + registry % 7 if age <= last else 0) for age in range(1, 19))
        + ",0"
        for registry in (250090099, 840000099)
        for sex in (1, 2)
    ]
    return cases, write("\n".join([head, *rows]), "pop.csv")


def test_ci5_summary_joins_cases_and_people(write):
    cases, people = ci5_summary(write, last=16)
    table = read_ci5(cases, population=people, cancers=[1, 2], registry=840000099)
    assert_array_equal(table.age_edges, [*range(0, 80, 5), INF])
    lived = 1000 + 840000099 % 7
    assert_array_equal(table.person_years[:, :, 0], [[lived + 1000] * 16, [lived] * 16])
    assert_array_equal(table.cases[0, :, 0], 2 * np.arange(1, 17))
    assert table.provenance["left_out"] == "6 cases of unknown age"


def test_ci5_summary_without_people_or_with_other_columns_is_refused(write):
    cases, people = ci5_summary(write)
    with pytest.raises(FileError, match="holds cases without people"):
        read_ci5(cases, cancers=1, registry=840000099)
    with pytest.raises(FileError, match="no column of people by age"):
        read_ci5(cases, population=cases, cancers=1, registry=840000099)
    cases.write_text(cases.read_text().replace(",N85", ",M85"))
    with pytest.raises(FileError, match="18 columns of age groups, and 19 are expected"):
        read_ci5(cases, population=people, cancers=1, registry=840000099)


def test_ci5plus_may_not_know_the_people_of_unknown_age(write):
    text = ci5("id_code,sex,cancer_code,age,cases,py", registry="11,")
    unknown = [f"{line[:-1]}" if ",19," in line else line for line in text.splitlines()]
    assert read_ci5(write("\n".join(unknown)), cancers=7).cases[1, 0, 0] == 7


def test_ci5_codes_that_are_absent_are_named(write):
    with pytest.raises(FileError, match=r"no cancer code \[99\]"):
        read_ci5(write(ci5()), cancers=[7, 99])


# GLOBOCAN

GLOBOCAN = """Country;Cancer;Sex;Age;Cases;Population
Utopia;All cancers;1;0-4;10;100,000
Utopia;All cancers;1;5+;400;200,000
Utopia;All cancers;2;0-4;9;90,000
Utopia;All cancers;2;5+;500;250,000
Utopia;Lung;1;0-4;0;100,000
Utopia;Lung;1;5+;40;200,000
Utopia;Lung;2;0-4;0;90,000
Utopia;Lung;2;5+;20;250,000
"""


def test_globocan_counts_of_one_cancer(write):
    table = read_globocan(write(GLOBOCAN), site="Lung")
    assert list(table.groups["sex"]) == ["female", "male"]
    assert_array_equal(table.rates[..., 0], [[0, 8e-5], [0, 2e-4]])
    assert table.provenance["region"] == "Utopia"
    assert table.provenance["sites"] == "Lung"
    with pytest.raises(FileError, match="Choose site= from: All cancers; Lung"):
        read_globocan(write(GLOBOCAN))


def test_a_decimal_comma_is_not_taken_for_thousands(write):
    text = "Sex;Age;Rate\n1;0-4;12,5\n1;5+;1,250\n"
    assert_allclose(read_globocan(write(text)).rates.ravel(), [1.25e-4, 1.25e-5], **EXACT)


def test_globocan_rates_in_a_column_per_age(write):
    text = "Country,Sex,0-4,5-9,10+\nUtopia,Males,10,20.5,300\nUtopia,Both sexes,8,-,250\n"
    table = read_globocan(write(text))
    assert list(table.groups["sex"]) == ["both", "male"]
    assert_allclose(table.rates[1, :, 0], [1e-4, 2.05e-4, 3e-3], **EXACT)
    assert np.isnan(table.rates[0, 1, 0])
    assert table.cases is None


def test_globocan_rates_in_one_column_and_tables_without_rates(write):
    text = "site,sex,age_low,rate_per_100k\nall,female,0,17\nall,female,5,12\n"
    assert_allclose(read_globocan(write(text)).rates.ravel(), [1.7e-4, 1.2e-4], **EXACT)
    with pytest.raises(FileError, match="neither cases and population nor rates"):
        read_globocan(write("sex,age,asr\n1,0,3\n"))
    with pytest.raises(FileError, match="no column of ages"):
        read_globocan(write("sex,asr\n1,3\n"))
    with pytest.raises(FileError, match="line 2 has 1 fields"):
        read_globocan(write("sex,age,rate\nSource: IARC\n"))


def test_globocan_years_make_periods_and_one_year_is_told(write):
    text = "Country,Year,Sex,0,5,85\nUtopia,2001,Female,10,20,300\nUtopia,2002,Female,11,21,310\n"
    table = read_globocan(write(text))
    assert_array_equal(table.age_edges, [0, 5, 85, INF])
    assert_array_equal(table.period_edges, [2001, 2002, 2003])
    assert_allclose(table.rates[0, 2], [3e-3, 3.1e-3], **EXACT)
    one = read_globocan(write(text.rsplit("Utopia", 1)[0]))
    assert not one.has_periods
    assert one.provenance["year"] == "2001"


def test_globocan_populations_may_be_names(write):
    text = "Population,Sex,Age,Number,Rate\nUtopia,1,0+,3,10\nDystopia,1,0+,4,20\n"
    with pytest.raises(FileError, match="Choose area= from: Utopia; Dystopia"):
        read_globocan(write(text))
    table = read_globocan(write(text), area="Dystopia")
    assert_allclose(table.rates.ravel(), [2e-4], **EXACT)
    assert table.provenance["region"] == "Dystopia"


def test_globocan_tables_of_all_ages_are_refused(write):
    head = '"Alpha-3 code","Population","Cancer","Sex","ASR (World) per 100 000","Number"\n'
    with pytest.raises(FileError, match="as a table of all ages has not"):
        read_globocan(write(head + '"UTO","Utopia","Lung","1","30.2","412"\n'))
    with pytest.raises(FileError, match="neither cases and population nor rates"):
        read_globocan(write("Population,Age,Number\nUtopia,0-4,3\nUtopia,5+,9\n"))


# SEER*Stat

SEER = """"Age recode"\t"Sex"\t"Year of diagnosis"\t"Crude Rate"\t"Count"\t"Population"
"All ages"\t"Male"\t"2010"\t"50.0"\t"15"\t"30,000"
"00 years"\t"Male"\t"2010"\t"20.0"\t"2"\t"10,000"
"01-04 years"\t"Male"\t"2010"\t"^"\t"^"\t"9,000"
"05+ years"\t"Male"\t"2010"\t"100.0"\t"11"\t"11,000"
"Unknown"\t"Male"\t"2010"\t"~"\t"3"\t"0"
"00 years"\t"Male"\t"2011"\t"10.0"\t"1"\t"10,000"
"01-04 years"\t"Male"\t"2011"\t"0.0"\t"0"\t"9,100"
"05+ years"\t"Male"\t"2011"\t"90.9"\t"10"\t"11,000"
"00 years"\t"Male"\t"2010-2011"\t"15.0"\t"3"\t"20,000"
"01-04 years"\t"Male"\t"2010-2011"\t"~"\t"~"\t"18,100"
"05+ years"\t"Male"\t"2010-2011"\t"95.5"\t"21"\t"22,000"
"""


def test_seerstat_labels_totals_and_suppressed_cells(write):
    table = read_seerstat(write(SEER, "export.txt"))
    assert table.by == ()
    assert_array_equal(table.age_edges, [0, 1, 5, INF])
    assert_array_equal(table.period_edges, [2010, 2011, 2012])
    assert_array_equal(table.cases[0], [[2, 1], [np.nan, 0], [11, 10]])
    assert np.isnan(table.rates[0, 1, 0])
    assert table.provenance["left_out"] == "3 cases of unknown age"


def test_seerstat_groups_are_the_columns_with_more_than_one_label(write):
    more = SEER + "\n".join(SEER.splitlines()[1:]).replace('"Male"', '"Female"')
    table = read_seerstat(write(more))
    assert table.by == ("Sex",)
    assert_array_equal(table.group_codes({"Sex": ["f", "male"]}), [0, 1])
    assert read_seerstat(write(SEER), by="Sex").by == ("Sex",)


def test_seerstat_rates_alone_are_per_100_000(write):
    rows = [line.rsplit("\t", 2)[0] for line in SEER.splitlines()]
    table = read_seerstat(write("\n".join(rows)))
    assert_allclose(table.rates[0, 0], [2e-4, 1e-4], **EXACT)
    by_million = read_seerstat(write("\n".join(rows)), per=1e6)
    assert_allclose(by_million.rates[0, 0], [2e-5, 1e-5], **EXACT)


def test_seerstat_codes_are_not_taken_for_ages(write):
    with pytest.raises(FileError, match="Export labels, not numbers"):
        read_seerstat(write('"Age recode","Count","Population"\n0,1,1000\n1,2,1000\n'))
    with pytest.raises(FileError, match="write variable names before the data"):
        read_seerstat(write('"Sex","Count","Population"\nMale,1,1000\n'))
    with pytest.raises(FileError, match="neither Count and Population nor Crude Rate"):
        read_seerstat(write('"Age","Age-Adjusted Rate"\n00 years,1\n'))


# popmort of Stata


def popmort(**changed):
    frame = pd.DataFrame({"sex": [1, 1, 2, 2], "_year": 2000, "_age": [0, 1, 0, 1]})
    return frame.assign(**{"prob": [0.99, 0.999, 0.995, 0.9995]} | changed)


@pytest.mark.parametrize("labelled", [True, False])
def test_popmort_survival_becomes_a_hazard(tmp_path, labelled):
    path = tmp_path / "popmort.dta"
    labels = {"sex": {1: "male", 2: "female"}} if labelled else None
    popmort().to_stata(path, write_index=False, value_labels=labels)
    table = read_popmort(path)
    men = table.group_codes({"sex": ["male" if labelled else 1]})
    assert_allclose(table.rates[men[0], :, 0], -np.log([0.99, 0.999]), **EXACT)
    assert_array_equal(table.period_edges, [2000, 2001])
    assert table.age_edges[-1] == INF
    unmatched = table.group_codes({"sex": [1 if labelled else "male"]})
    assert unmatched[0] == -1


def test_popmort_of_deaths_or_without_survivors_is_refused(tmp_path):
    path = tmp_path / "popmort.csv"
    popmort(prob=[0.01, 0.001, 0.005, 0.0005]).to_csv(path, index=False)
    with pytest.raises(FileError, match="they seem to be of death"):
        read_popmort(path)
    popmort(prob=[0.99, 0.9, 0.9, 0.0]).to_csv(path, index=False)
    with pytest.raises(TableError, match="no finite hazard"):
        read_popmort(path)
    popmort().drop(columns="_age").to_csv(path, index=False)
    with pytest.raises(FileError, match="no column of _age"):
        read_popmort(path)
    (tmp_path / "bad.dta").write_text("no Stata file")
    with pytest.raises(FileError, match="cannot be read as a Stata file"):
        read_popmort(tmp_path / "bad.dta")


# Rate tables of R


def test_r_ratetable_hazards_are_per_day(write):
    text = (
        '"age","sex","year","Freq"\n"0","male","2013",1.8e-05\n"1","male","2013",1.3e-06\n'
        '"0","male","2014",1.7e-05\n"1","male","2014",1.2e-06\n'
    )
    table = read_r_ratetable(write(text))
    assert_allclose(table.rates[0, 0], [1.8e-5 * 365.25, 1.7e-5 * 365.25], **EXACT)
    assert_array_equal(table.period_edges, [2013, 2014, 2015])


def test_r_ratetable_as_r_writes_one(minnesota):
    path, rows = minnesota
    table = read_r_ratetable(path, rate="per_day")
    assert table.rates.shape == (2, 110, 44)
    assert_array_equal(table.age_edges, [*range(110), INF])
    ages, years = rows["age"] + 0.5, rows["year"] + 0.5
    found = table.rates_at(ages, years, table.group_codes(rows))
    assert_allclose(found, rows["per_day"] * 365.25, **EXACT)


def test_r_ratetable_ages_in_days_and_years_as_dates(write):
    ages = [0, 365.241, 730.482, 36524.1]
    rows = [f"{age},1930-01-01,male,{1e-5}" for age in ages]
    text = "age,year,sex,hazard\n" + "\n".join(rows)
    table = read_r_ratetable(write(text), days_per_year=365.241)
    assert_array_equal(table.age_edges, [0, 1, 2, 100, INF])
    assert_array_equal(table.period_edges, [1930, 1931])


def test_r_ratetable_of_the_first_year_of_life(write):
    rows = [f"{age},male,0.0001" for age in ("0-1d", "1-7d", "7-28d", "28-365d", "1", "2")]
    table = read_r_ratetable(write("age,sex,rate\n" + "\n".join(rows)), year=None)
    days = np.array([1, 7, 28]) / 365.25
    assert_allclose(table.age_edges, [0, *days, 1, 2, INF], **EXACT)


def test_r_ratetable_of_the_last_survivors_is_taken(write):
    rows = [f"{age},male,{hazard}" for age, hazard in ((101, 0.002), (102, 0.006), (103, 0.0108))]
    table = read_r_ratetable(write("age,sex,hazard\n" + "\n".join(rows)), year=None)
    assert_allclose(table.rates.max(), 0.0108 * 365.25, **EXACT)


def test_r_ratetable_per_year_is_refused_and_hazards_are_found(write):
    rows = "\n".join(f"{age},male,{0.01 * age}" for age in (0, 50, 90))
    with pytest.raises(TableError, match="the unit must be another"):
        read_r_ratetable(write("age,sex,rate\n" + rows), year=None)
    with pytest.raises(FileError, match="no column of hazards"):
        read_r_ratetable(write("age,sex,q\n" + rows), year=None)


# All of them


def test_a_file_in_the_western_encoding_is_read(write):
    text = GLOBOCAN.replace("Utopia", "Île d'Utopie")
    table = read_globocan(write(text, encoding="latin-1"), site="Lung")
    assert table.provenance["region"] == "Île d'Utopie"


@pytest.mark.parametrize(
    "reader", [read_globocan, read_hmd, read_popmort, read_r_ratetable, read_seerstat]
)
def test_an_absent_file_is_named(reader, tmp_path):
    with pytest.raises(FileError, match="There is no file"):
        reader(tmp_path / ("no.dta" if reader is read_popmort else "no.csv"))


def test_a_packed_file_is_read(write, tmp_path):
    packed = tmp_path / "export.txt.gz"
    packed.write_bytes(gzip.compress(SEER.encode()))
    table = read_seerstat(packed)
    assert_array_equal(table.rates, read_seerstat(write(SEER)).rates)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "age;rate;site\n0;0,5;lung\n1;1,25e-3;lung\n"),
        ("a.csv", "age;rate;site\n0;0.5;lung\n1;0.00125;lung\n"),
        ("a.txt", "age\trate\tsite\n0\t0,5\tlung\n1\t0,00125\tlung\n"),
        ("a.csv", '"age","rate","of; which"\n0,0.5,"1,5"\n1,0.00125,"2,5"\n'),
    ],
)
def test_semicolons_tabs_and_decimal_commas_are_known(write, name, text):
    table = read_rate_table(write(text, name), rate="rate", highest_rate=INF)
    assert_array_equal(table.rates.ravel(), [0.5, 0.00125])


def test_an_empty_file_says_so(write):
    with pytest.raises(FileError, match="is empty"):
        read_seerstat(write(""))


# Files that are no such files

READERS = {
    "plain": lambda path: read_rate_table(path, rate="rate"),
    "hmd": read_hmd,
    "ci5": lambda path: read_ci5(path, cancers=1),
    "globocan": read_globocan,
    "seerstat": read_seerstat,
    "popmort": read_popmort,
    "r": read_r_ratetable,
}
BROKEN = {
    "empty.csv": b"",
    "header.csv": b"age,rate\n",
    "page.csv": b"<html><body>Log in</body></html>\n",
    "bytes.csv": bytes(range(256)) * 4,
    "zeros.csv": b"\0\0\0\0",
    "packed.csv.gz": b"\x1f\x8b\x08\x00junk",
    "packed.csv": b"\x1f\x8b\x08\x00junk",
    "broken.parquet": b"PAR1junk",
    "empty.dta": b"",
    "broken.dta": b"junk",
    "quoted.csv": b'age,rate\n"0,0.1\n',
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", BROKEN)
def test_a_file_of_another_kind_is_refused_in_words(tmp_path, reader, name):
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    with pytest.raises((FileError, TableError)) as caught:
        READERS[reader](path)
    assert "\n" not in str(caught.value) or isinstance(caught.value, TableError)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("path", [3, pd.DataFrame({"age": [0]}), b"rates.csv"])
def test_what_is_no_path_is_refused(reader, path):
    with pytest.raises(FileError, match="A path to a file is needed, and this is of type"):
        READERS[reader](path)


def test_text_as_a_spreadsheet_calls_unicode_is_read(write):
    text = "age\tsex\trate\n0-49\tFemmes âgées\t1,5\n50+\tFemmes âgées\t2,5\n"
    table = read_rate_table(write(text, encoding="utf-16"), rate="rate", per=1e5, by="sex")
    assert_allclose(table.rates.ravel(), [1.5e-5, 2.5e-5], **EXACT)
    assert list(table.groups["sex"]) == ["Femmes âgées"]
    text = HMD.replace("110+", "  2+")
    assert read_hmd(write(text, "Mx_1x1.txt", "utf-16")).rates.shape == (2, 3, 2)
