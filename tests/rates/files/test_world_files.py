"""Files of Eurostat, the United Nations and WHO, invented in the layout that they have."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.tolerances import EXACT

from paraneo import FileError, ParaneoError, TableError
from paraneo.rates import read_eurostat, read_who_mortality, read_wpp

INF = float("inf")
EUROSTAT = """freq,indic_de,sex,age,geo\\TIME_PERIOD\t2019 \t2020 \t2021
A,DEATHRATE,F,Y_LT1,SE\t0.00210 b\t0.00200 \t:
A,DEATHRATE,F,Y1,SE\t0.00020 \t0.00021 p\t0.00019 ep
A,DEATHRATE,F,Y2,SE\t0.00010 \t0.00011 \t0.00012
A,DEATHRATE,F,Y_GE3,SE\t0.01 \t0.012 \t: z
A,DEATHRATE,M,Y_LT1,SE\t0.00310 \t0.00300 \t0.003
A,DEATHRATE,M,Y1,SE\t0.00030 \t0.00031 \t0.00029
A,DEATHRATE,M,Y2,SE\t0.00020 \t0.00021 \t0.00022
A,DEATHRATE,M,Y_GE3,SE\t0.02 \t0.022 \t0.021
A,DEATHRATE,F,Y_LT1,NO\t0.5 \t0.5 \t0.5
A,PROBDEATH,F,Y_LT1,SE\t0.9 \t0.9 \t0.9
""".replace("\n", " \n")


@pytest.fixture
def eurostat(tmp_path):
    def write(text=EUROSTAT):
        path = tmp_path / "demo_mlifetable.tsv.gz"
        path.write_bytes(gzip.compress(text.encode()))
        return path

    return write


def test_rates_of_eurostat(eurostat):
    table = read_eurostat(eurostat(), geo="SE")
    assert_array_equal(table.age_edges, [0, 1, 2, 3, INF])
    assert_array_equal(table.period_edges, [2019, 2020, 2021, 2022])
    assert table.groups["sex"].tolist() == ["female", "male"]
    assert_array_equal(table.rates[0, 0], [0.0021, 0.002, np.nan])
    assert_array_equal(table.rates[0, 1], [0.0002, 0.00021, 0.00019])
    assert np.isnan(table.rates[0, 3, 2])
    assert_array_equal(table.rates[1, 3], [0.02, 0.022, 0.021])
    assert table.provenance["region"] == "SE"


def test_an_open_age_of_eurostat_begins_where_the_last_single_year_ends(eurostat):
    table = read_eurostat(eurostat(EUROSTAT.replace("Y_GE3", "Y_OPEN")), geo="SE")
    assert_array_equal(table.age_edges, [0, 1, 2, 3, INF])


def test_a_year_of_age_without_a_row_is_no_rate(eurostat):
    lines = [line for line in EUROSTAT.splitlines() if ",Y1," not in line]
    table = read_eurostat(eurostat("\n".join(lines)), geo="SE")
    assert np.isnan(table.rates_at(1.5, 2019.5, 0))


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        (("", ""), {}, r"several of geo. Choose geo= from: NO, SE"),
        (("", ""), {"geo": "DK"}, "no geo DK"),
        (("", ""), {"geo": "SE", "indicator": "LIFEXP"}, "no indic_de LIFEXP. Choose indicator="),
        (("", ""), {"geo": "NO"}, "has no row of sex M"),
        (("", ""), {"geo": "SE", "sexes": ["X"]}, "There is no sex 'X'"),
        (("\\TIME_PERIOD", ""), {"geo": "SE"}, "is not a table of Eurostat"),
        (("\t0.00021 p", ""), {"geo": "SE"}, "Line 3 .* 5 codes and 2 years"),
        (("0.00021 p", "some"), {"geo": "SE"}, "'some' is not a number"),
    ],
)
def test_what_eurostat_cannot_mean(eurostat, change, options, said):
    with pytest.raises(ParaneoError, match=said):
        read_eurostat(eurostat(EUROSTAT.replace(*change)), **options)


LIFE_TABLE = """LocID,ISO3_code,ISO2_code,Location,Time,Sex,AgeGrp,AgeGrpStart,AgeGrpSpan,mx,qx
999,UTO,UT,Utopia,2020,Female,0,0,1,0.003,0.0029
999,UTO,UT,Utopia,2020,Female,1-4,1,4,0.0002,0.0008
999,UTO,UT,Utopia,2020,Female,5+,5,-1,0.01,1
999,UTO,UT,Utopia,2020,Male,0,0,1,0.004,0.0039
999,UTO,UT,Utopia,2020,Male,1-4,1,4,0.0003,0.0012
999,UTO,UT,Utopia,2020,Male,5+,5,-1,0.012,1
998,DYS,DY,Dystopia,2020,Female,0,0,1,0.9,0.9
"""


@pytest.mark.parametrize("location", ["Utopia", "UTO", "ut", 999])
def test_a_life_table_of_the_united_nations(tmp_path, location):
    path = tmp_path / "WPP.csv"
    path.write_text(LIFE_TABLE)
    table = read_wpp(path, location=location)
    assert_array_equal(table.age_edges, [0, 1, 5, INF])
    assert_array_equal(table.rates[:, :, 0], [[0.003, 0.0002, 0.01], [0.004, 0.0003, 0.012]])
    assert table.provenance["region"] == "Utopia"


def test_deaths_and_exposures_of_the_united_nations_are_in_thousands(tmp_path):
    head = "LocID,Location,Time,AgeGrp,AgeGrpStart,AgeGrpSpan"
    paths = [tmp_path / "deaths.csv", tmp_path / "population.csv"]
    rows = [["0,0,1", "100+,100,-1"], ["0.25,0.5", "0.01,0.02"], ["100,200", "0.05,0.05"]]
    for path, what, cells in zip(paths, ("Death", "Pop"), rows[1:], strict=True):
        lines = [f"{head},{what}Female,{what}Male"]
        lines += [f"999,Utopia,2020,{age},{cell}" for age, cell in zip(rows[0], cells, strict=True)]
        path.write_text("\n".join(lines))
    table = read_wpp(deaths=paths[0], population=paths[1])
    assert_array_equal(table.age_edges, [0, 1, 100, INF])
    assert_allclose(table.cases[0, :, 0], [250, np.nan, 10], **EXACT)
    assert_allclose(table.rates[1, [0, 2], 0], [0.5 / 200, 0.4], **EXACT)


def test_what_the_united_nations_cannot_mean(tmp_path):
    path = tmp_path / "WPP.csv"
    path.write_text(LIFE_TABLE)
    with pytest.raises(FileError, match=r"several locations\. Choose location= from: Utopia, Dyst"):
        read_wpp(path)
    with pytest.raises(FileError, match="no location 'Atlantis'"):
        read_wpp(path, location="Atlantis")
    with pytest.raises(FileError, match="has no row of sex total"):
        read_wpp(path, location="UTO", sexes=["total"])
    with pytest.raises(ParaneoError, match="neither one file of rates nor two of counts"):
        read_wpp(path, deaths=path)
    path.write_text(LIFE_TABLE.replace("mx", "m"))
    with pytest.raises(FileError, match="no column of mx"):
        read_wpp(path, location="UTO")


def who(tmp_path, deaths, people):
    paths = []
    for what, rows in (("Deaths", deaths), ("Pop", people)):
        cause = "Cause," if what == "Deaths" else ""
        lines = [f"Country,Admin1,SubDiv,Year,{cause}Sex,Frmat,"]
        lines[0] += ",".join(f"{what}{k}" for k in range(1, 27))
        lines += [",".join(map(str, row)) for row in rows]
        paths.append(tmp_path / f"{what}.csv")
        paths[-1].write_text("\n".join(lines))
    return paths


def ages(form, first, step):
    """Return the 26 cells of a format; what is not in it is empty."""
    used = {"00": range(2, 26), "01": range(2, 24), "02": [2, 3, *range(7, 24)]}[form]
    return ["", *(first + step * k if k in used else "" for k in range(2, 26)), 3]


@pytest.mark.parametrize(
    ("form", "edges"),
    [
        ("00", [*range(6), *range(10, 100, 5), INF]),
        ("01", [*range(6), *range(10, 90, 5), INF]),
        ("02", [0, 1, *range(5, 90, 5), INF]),
    ],
)
def test_ages_of_who_by_their_format(tmp_path, form, edges):
    deaths = [
        [4290, "", "", 2015, code, sex, form, *ages(form, sex, 1)]
        for code in ("C341", "C349", "C509")
        for sex in (1, 2)
    ]
    people = [[4290, "", "", 2015, sex, form, *ages(form, 10_000, 100)] for sex in (1, 2, 9)]
    paths = who(tmp_path, deaths, people)
    table = read_who_mortality(*paths, country=4290, cause="C34*")
    assert_array_equal(table.age_edges, edges)
    assert table.groups["sex"].tolist() == ["female", "male"]
    assert_allclose(table.rates[1, 0], 2 * (1 + 2) / 10_200, **EXACT)
    last = 25 if form == "00" else 23
    assert_allclose(table.rates[0, -1], 2 * (2 + last) / (10_000 + 100 * last), **EXACT)
    at = table.rates_at(62.0, 2015.5, 1)
    assert_allclose(at, 2 * (1 + 18) / (10_000 + 1800), **EXACT)
    assert table.provenance["left_out"] == "12 cases of unknown age"


def test_a_year_of_who_without_a_death_of_the_cause_has_none(tmp_path):
    deaths = [[1, "", "", 2015, "C34", 1, "01", *ages("01", 1, 1)]]
    people = [[1, "", "", 2015, sex, "01", *ages("01", 1000, 0)] for sex in (1, 2)]
    table = read_who_mortality(*who(tmp_path, deaths, people), country=1, cause="C34")
    assert_array_equal(table.cases[0, :, 0], 0)


def test_what_who_cannot_mean(tmp_path):
    deaths = [[1, "", "", 2015, "C341", 1, "01", *ages("01", 1, 1)]]
    people = [[1, "", "", 2015, 1, "01", *ages("01", 1000, 0)]]
    paths = who(tmp_path, deaths, people)
    with pytest.raises(FileError, match="no country 2"):
        read_who_mortality(*paths, country=2, cause="C34*")
    with pytest.raises(FileError, match=r"no cause 'C34' here. It has: C341"):
        read_who_mortality(*paths, country=1, cause="C34")
    with pytest.raises(FileError, match="both have are: 2015"):
        read_who_mortality(*paths, country=1, cause="C341", years=[2016])
    with pytest.raises(FileError, match="several populations of 2015"):
        read_who_mortality(*who(tmp_path, deaths, people * 2), country=1, cause="C341")
    with pytest.raises(FileError, match="no column of Cause"):
        read_who_mortality(paths[1], paths[1], country=1, cause="C341")
    odd = [[*deaths[0][:6], "07", *deaths[0][7:]]]
    with pytest.raises(FileError, match="ages in format 07"):
        read_who_mortality(*who(tmp_path, odd, people), country=1, cause="C341")
    other = [[*people[0][:5], "00", *ages("00", 1000, 0)]]
    with pytest.raises(TableError, match="overlaps"):
        read_who_mortality(*who(tmp_path, deaths, other), country=1, cause="C341")
