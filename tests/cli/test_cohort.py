"""`paraneo cohort`: a real cohort from files, options as typed, faults readable."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support import HERE, reference
from tests.tolerances import CLOSED_FORM, ITERATED, SUMMED
from typer.testing import CliRunner

from paraneo.cli import app
from paraneo.cli.cohort_inputs import read_edges
from paraneo.errors import Faults

NICKEL = HERE / "reference" / "nickel"
TABLES = {"person_years.csv", "incidence_ratios.csv", "tests.csv", "excluded.csv"}
PICTURES = {"incidence_ratios.png", "lexis.png"}
PAGE = {"report.html"}

DATED = {
    "born": ["01/07/1950", "02/01/1940", "29/02/1948"],
    "diagnosed": ["01/01/2000", "01/01/1990", "13/05/1995"],
    "left": ["01/01/2002", "02/07/1999", "13/05/1995"],
    "cancer": [1, 0, 1],
    "sex": ["F", "M", "F"],
}
RATES = {"age": [0, 50, 0, 50], "sex": ["M", "M", "F", "F"], "rate": [100, 900, 80, 700.0]}


def run(*words):
    return CliRunner().invoke(app, ["cohort", *(str(word) for word in words)])


def said(result):
    """Return everything printed, without the line breaks of a narrow page."""
    return " ".join(result.output.split())


@pytest.fixture
def files(tmp_path):
    """A small cohort with dates as they are written in much of Europe."""

    def write(cohort=None, rates=None):
        paths = tmp_path / "cohort.csv", tmp_path / "rates.csv"
        for path, table in zip(paths, (cohort or DATED, rates or RATES), strict=True):
            pd.DataFrame(table).to_csv(path, index=False)
        return [paths[0], "--rates", paths[1]]

    return write


USUAL = "--per 1000 --date-format %d/%m/%Y"
COLUMNS = ("--birth", "born", "--entry", "diagnosed", "--exit", "left", "--event", "cancer")


@pytest.fixture(scope="module")
def nickel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nickel")
    people = pd.read_csv(NICKEL / "people.csv")
    people = people.assign(
        first=people["dob"] + people["age1st"],
        start=people["dob"] + people["agein"],
        stop=people["dob"] + people["ageout"],
        exposed=np.digitize(people["exposure"], [0.1, 4.1, 8.1, 12.1]),
    )
    people.to_parquet(folder / "people.parquet")
    words = ["--birth", "dob", "--entry", "start", "--exit", "stop", "--origin", "first"]
    words += ["--event", "icd", "--cause", "162,163", "--by", "exposed"]
    words += ["--rate", "lung", "--per", "1e6", "--period-width", "11"]
    words += ["--age", "0:80:20,inf", "--follow-up", "0,20,30,40,50,100"]
    out = folder / "new" / "results"
    files = [folder / "people.parquet", "--rates", NICKEL / "rates.csv"]
    return run(*files, *words, "--out", out), out


def test_the_nickel_refiners_from_files_are_those_of_epi(nickel):
    result, out = nickel
    assert result.exit_code == 0, result.output
    ratios = pd.read_csv(out / "incidence_ratios.csv", dtype={"stratum": str})
    wanted = reference("nickel")
    total = ratios.iloc[0]
    np.testing.assert_allclose(
        total[["observed", "expected", "person_years"]].astype(float),
        [wanted["total"][name] for name in ("observed_lung", "expected_lung", "person_years")],
        **SUMMED,
    )
    exposed = ratios[ratios["dimension"] == "exposed"]
    for ours, theirs in (("observed", "observed_lung"), ("expected", "expected_lung")):
        np.testing.assert_allclose(exposed[ours], wanted["by_exposure"][theirs], **SUMMED)
    ages = list(ratios.loc[ratios["dimension"] == "age", "stratum"])
    assert ages == ["20 to 40", "40 to 60", "60 to 80", "80+"]


def test_it_writes_tables_and_pictures_and_nothing_else(nickel):
    result, out = nickel
    bands = {"ratio_by_age.png", "ratio_by_follow_up.png"}
    bands |= {"cumulative_incidence.png", "excess_hazard.png"}
    tables = TABLES | {"cumulative_incidence.csv", "excess_hazard.csv"}
    assert {file.name for file in out.iterdir()} == tables | PICTURES | bands | PAGE
    for file in out.glob("*.png"):
        assert file.read_bytes().startswith(b"\x89PNG")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<img ") == len(PICTURES | bands)
    assert "4.98" in page
    tests = pd.read_csv(out / "tests.csv")
    assert list(tests["test"]) == ["homogeneity", "trend", "homogeneity", "trend", "homogeneity"]
    assert "follow_up: trend, chi2" in said(result)
    assert "27.54 │ 4.98 │ 4.18–5.88" in said(result)
    assert "Note. follow_up: the ages of 0 to 20 (" in said(result)
    assert "Compare standardised rates (--standard), or model age (--formula)" in said(result)


#: Cancers after 1 and 3 years, a death after 2, two alive without either after 4.
FIVE = {
    "birth": [1950.0] * 5,
    "entry": [2000.0] * 5,
    "exit": [2001.0, 2002.0, 2003.0, 2004.0, 2004.0],
    "event": [1, 2, 1, 0, 0],
}
ONE_RATE = {"age": [0], "rate": [0.02]}
EVERY_YEAR = ("--cause", 1, "--follow-up", "0,1,2,3,4")


def test_risk_with_death_competing_and_the_excess_by_hand(files, tmp_path):
    result = run(*files(FIVE, ONE_RATE), *EVERY_YEAR, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    risk = pd.read_csv(tmp_path / "out" / "cumulative_incidence.csv")
    assert risk["time"].tolist() == [1, 2, 3]  # as far as there are events
    np.testing.assert_allclose(risk["estimate"], [0.2, 0.2, 0.4], **CLOSED_FORM)
    excess = pd.read_csv(tmp_path / "out" / "excess_hazard.csv")
    # one cancer in 5 and in 3 person-years, none in the two other bands
    wanted = [1 / 5 - 0.02, 0, 1 / 3 - 0.02, 0]
    np.testing.assert_allclose(excess["excess"], wanted, **ITERATED)
    assert (excess["upper"] > excess["excess"]).all()
    assert "Excess hazard, per 1000 person-years" in said(result)


def test_without_deaths_in_the_column_there_is_no_risk_with_death_competing(files, tmp_path):
    cancers = FIVE | {"event": [1, 0, 1, 0, 0]}
    result = run(*files(cancers, ONE_RATE), "--cause", 1, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "'event' holds no other event, such as a death, that competes" in said(result)
    assert not (tmp_path / "out" / "cumulative_incidence.csv").exists()
    named = FIVE | {"event": ["C34", "died", "C34", "0", "0"]}
    words = ("--cause", "C34", "--competing", "died", "--out", tmp_path / "out")
    result = run(*files(named, ONE_RATE), *words)
    assert result.exit_code == 0, result.output
    risk = pd.read_csv(tmp_path / "out" / "cumulative_incidence.csv")
    np.testing.assert_allclose(risk["estimate"].iloc[-1], 0.4, **CLOSED_FORM)


@pytest.mark.parametrize("name", ["incidence_ratios.csv", "excess_hazard.csv"])
def test_its_files_are_what_risk_schedule_and_analyse_read(files, tmp_path, name):
    """Also where bands had no cancer: their ratio of 0 has an upper limit."""
    out = tmp_path / "out"
    result = run(*files(FIVE, ONE_RATE), *EVERY_YEAR, "--out", out)
    assert result.exit_code == 0, result.output
    words = ["--age", 60, "--horizon", 4, "--ratios", out / name, "--out", tmp_path / "next"]
    for command in ("risk", "schedule"):
        more = ["--mean-sojourn", 0.1] if command == "schedule" else []
        asked = [command, *(str(word) for word in (*words, *more))]
        result = CliRunner().invoke(app, asked)
        assert result.exit_code == 0, result.output
    risk = pd.read_csv(tmp_path / "next" / "risk.csv")
    assert (risk["lower"] < risk["estimate"]).all()
    assert risk["estimate"].iloc[1] < risk["upper"].iloc[1]
    if name == "incidence_ratios.csv":
        asked = ["analyse", "--ratios", str(out / name), "--out", str(tmp_path / "read")]
        result = CliRunner().invoke(app, asked)
        assert result.exit_code == 0, result.output


def test_dates_in_another_format_and_rates_by_sex(files, tmp_path):
    out = tmp_path / "out"
    words = ("--date-format", "%d/%m/%Y", "--per", "1000", "--by", "sex", "--out", out)
    result = run(*files(), *COLUMNS, *words)
    assert result.exit_code == 0, result.output
    assert "; by sex." in said(result)
    total = pd.read_csv(out / "incidence_ratios.csv").iloc[0]
    np.testing.assert_allclose(total["person_years"], (731 + 3469) / 365.25, **CLOSED_FORM)
    by_hand = (182 * 0.08 + 549 * 0.7 + 1 * 0.1 + 3468 * 0.9) / 365.25
    np.testing.assert_allclose(total["expected"], by_hand, **CLOSED_FORM)
    assert total["observed"] == 1
    assert "Excluded: " in said(result)
    assert "1 rows, 1 events, 0.0 person-years" in said(result)
    assert {file.name for file in out.iterdir()} == TABLES | PICTURES | PAGE


def test_day_of_entry_may_be_half_a_day(files, tmp_path):
    words = ("--date-format", "%d/%m/%Y", "--per", "1000", "--zero-time", "half_day")
    result = run(*files(), *COLUMNS, *words, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert pd.read_csv(tmp_path / "out" / "incidence_ratios.csv")["observed"][0] == 2


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("--per 1000", "text of the form '99/99/9999' is not a date written year-month-day"),
        (
            "--per 1000 --date-format %Y-%m-%d",
            "date written %Y-%m-%d. Correct it, or --date-f",
        ),
        (f"{USUAL} --age 0,fifty", "'fifty' is not an edge"),
        (f"{USUAL} --age 50,40", "the options cannot be used: - '--age': its edges"),
        (f"{USUAL} --age 0,1e9", "'--age': an edge is not a number of years. Write inf to open"),
        ("--per 1000 --date-format %Q", "'--date-format': '%Q' is not a form of dates"),
        (f"{USUAL} --recode sex:1", "'sex:1' does not say what codes stand for"),
        (f"{USUAL} --window 1", "needs two ends"),
        (f"{USUAL} --formula ~colour", "whose columns are the bands and those of --by, cannot"),
        (f"{USUAL} --standard segi", "'--standard': there are no bands of age. Give --age"),
        (f"{USUAL} --age 0,50,inf --standard sega", "Did you mean 'segi'"),
        (f"{USUAL} --rates-as seer", "Did you mean 'seerstat'"),
        (f"{USUAL} --rates-as hmd --cancers 1", "'--per': it has no meaning with --rates-as hmd"),
        (f"{USUAL} --rates-as hmd --cancers 1", "'--cancers': it has no meaning"),
        ("--rates-as ci5 --cancers lung", "'lung' are not codes"),
        (f"{USUAL} --population pop.csv", "'--population': it belongs to --rates-as ci5"),
        (f"{USUAL} --zero-time half", "'--zero-time': there is no option 'half'"),
        (f"{USUAL} --by sexe", "Did you mean 'sex'"),
        (f"{USUAL} --cause lung", "'cancer': there is no event of cause 'lung'"),
        (f"{USUAL} --rate incidence", "'incidence': there is no such column"),
        ("--date-format %d/%m/%Y", "rates.csv' cannot be used: - 'rate' at rows 0, 1, 2, 3"),
        ("--date-format %d/%m/%Y", "Give --per, such as --per 100000, or raise --highest-rate"),
    ],
)
def test_faults_are_told_and_nothing_is_written(files, tmp_path, words, problem):
    out = tmp_path / "out"
    result = run(*files(), *COLUMNS, *words.split(), "--out", out)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    assert problem in said(result)
    assert not out.exists()


PLAIN = {
    "birth": ["1950-07-01", "1940-01-02", "1948-02-29"],
    "entry": ["2000-01-01", "1990-01-01", "1995-05-13"],
    "exit": ["2002-01-01", "1999-07-02", "2003-03-01"],
    "event": [1, 0, 1],
    "sex": ["F", "M", "F"],
}
PLAIN_RATES = {**RATES, "rate": [0.1, 0.9, 0.08, 0.7]}


@pytest.mark.parametrize(
    ("column", "row", "value", "problem"),
    [
        ("exit", 0, "1999-01-01", "'exit' at row 0: it lies before 'entry'"),
        ("entry", 1, "1930-01-01", "'entry' at row 1: it lies before 'birth'"),
        ("exit", 2, "2999-01-01", "'exit' at row 2: it lies in the future"),
        ("entry", 2, "1995.5", "'entry' at row 2: text of the form '9999.9' is not a date"),
        ("birth", 2, "1949-02-29", "'birth' at row 2: there is no such day in the calendar"),
        ("birth", 1, "1870-01-02", "'exit' at row 1: the person is older than 120"),
        ("sex", 1, "1", "'sex' at row 1: the rate table has no group 1. It has F; M"),
        (
            "event",
            0,
            3,
            "'event' at row 0: event 3 is not 0 or 1. For codes give --cause, such as --cause 1",
        ),
        ("event", 1, "no", "'event' at row 1: event 'no' is not 0 or 1. For codes"),
        ("rate", 1, "?", "'rate' at row 1: '?' is not a number. Correct it"),
        ("exit", 0, None, "'exit' at row 0: date is missing"),
        ("rate", 1, -0.9, "'rate' at row 1: value is negative"),
        ("rate", 3, 700, "'rate' at row 3: more than 2 events per person-year"),
        ("age", 1, 0, "'age' at rows 0, 1: two rows hold the same cell"),
        ("age", 2, "none", "'age' at row 2: 'none' is not a band"),
    ],
)
def test_what_is_wrong_with_a_row_is_named_with_it(files, tmp_path, column, row, value, problem):
    tables = [
        {name: list(cells) for name, cells in table.items()} for table in (PLAIN, PLAIN_RATES)
    ]
    next(table for table in tables if column in table)[column][row] = value
    result = run(*files(*tables), "--out", tmp_path / "out")
    assert result.exit_code == 1, result.output
    assert problem in said(result)
    assert "(Rows are counted from 0, below the header.)" in said(result)
    assert not (tmp_path / "out").exists()
    assert run(*files(PLAIN, PLAIN_RATES), "--out", tmp_path / "out").exit_code == 0


def test_dates_that_were_read_as_numbers_are_those_that_were_written(files, tmp_path):
    people = {**PLAIN, "birth": ["01071950", "02011940", "29021948"]}
    people |= {"entry": ["01012000", "01011990", "13051995"]}
    people |= {"exit": ["01012002", "02071999", "01032003"]}
    for name, table in (("text", PLAIN), ("number", people)):
        form = ("--date-format", "%d%m%Y") if name == "number" else ()
        result = run(*files(table, PLAIN_RATES), *form, "--out", tmp_path / name)
        assert result.exit_code == 0, result.output
    tables = [pd.read_csv(tmp_path / name / "person_years.csv") for name in ("text", "number")]
    pd.testing.assert_frame_equal(*tables)
    people["exit"][1] = None
    result = run(*files(people, PLAIN_RATES), *form, "--out", tmp_path / "none")
    assert "- 'exit' at row 1: date is missing" in said(result)
    assert said(result).count("row") == 2
    result = run(*files({**PLAIN, "birth": [19500701, 19400102, 19480229]}, PLAIN_RATES))
    assert "'birth' at rows 0, 1, 2: value is not a number of years" in said(result)
    assert "Name the form of dates in --date-format, such as '%Y%m%d'" in said(result)
    assert said(result).count("'birth'") == 1


def test_codes_that_no_row_has_are_said(files, tmp_path):
    people = {**PLAIN, "event": ["alive", "ill", "dead"]}
    words = ("--cause", "cancer", "--out", tmp_path / "out")
    result = run(*files(people, PLAIN_RATES), *words)
    assert result.exit_code == 1, result.output
    assert "'event': there is no event of cause 'cancer'. It holds 'alive', 'ill', 'dead'" in said(
        result
    )
    told = said(run(*files(people, PLAIN_RATES), "--cause", "Ill"))
    assert "'event' at row 1: 'ill' is not the code 'Ill', but for its letters' case" in told


def test_rates_that_are_all_0_are_said(files, tmp_path):
    result = run(*files(PLAIN, {**RATES, "rate": [0.0] * 4}), "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "'--rates': no events are expected" in said(result)


def test_people_outside_the_rates_are_listed(files, tmp_path):
    rates = {"age": ["50-59"], "rate": [0.01]}
    words = ("--date-format", "%d/%m/%Y", "--out", tmp_path / "out")
    result = run(*files(rates=rates), *COLUMNS, *words)
    assert result.exit_code == 1
    assert "person-years" in said(result)
    result = run(*files(rates=rates), *COLUMNS, *words, "--missing-rates", "nearest")
    assert result.exit_code == 0, result.output
    assert "Assigned the nearest available rate: rates" in said(result)


def test_a_model_and_standardised_rates(nickel, tmp_path):
    people = pd.read_parquet(next(nickel[1].parents[1].glob("*.parquet")))
    people.to_csv(tmp_path / "people.csv", index=False, sep=";", decimal=",")
    words = ["--birth", "dob", "--entry", "start", "--exit", "stop", "--event", "icd"]
    words += ["--cause", "162,163", "--by", "exposed", "--age", "40:80:10"]
    words += ["--rate", "lung", "--per", "1e6", "--period-width", "11"]
    words += ["--formula", "~ C(exposed) + age", "--standard", "segi", "--out", tmp_path / "out"]
    files = [tmp_path / "people.csv", "--rates", NICKEL / "rates.csv"]
    result = run(*files, *words)
    assert result.exit_code == 0, result.output
    model = pd.read_csv(tmp_path / "out" / "regression.csv")
    assert list(model["term"])[-1] == "age"
    tests = pd.read_csv(tmp_path / "out" / "regression_tests.csv")
    assert list(tests["term"])[:3] == ["C(exposed)", "age", "overdispersion"]
    rates = pd.read_csv(tmp_path / "out" / "standardised_rates.csv")
    assert list(rates["exposed"]) == [0, 1, 2, 3, 4]
    assert (rates["lower"] < rates["estimate"]).all()
    assert "StandardisedRates per 100,000 person-years, ages 40 to 80" in said(result)


HMD = "Utopia, Death rates (period 1x1), \tLast modified: 01 Jan 2020;  Methods Protocol: v6\n\n"
YEARS = range(1990, 2003)


def rows(head, line, *, years):
    """Return a file's text: its head, and a line for each sex and year with a rate."""
    people = [(1, "male", 0.1), (2, "female", 0.08)]
    each = [(code, sex, rate, year) for code, sex, rate in people for year in years]
    lines = [line.format(code=c, sex=s, rate=r, year=y, kept=np.exp(-r)) for c, s, r, y in each]
    return "\n".join([head, *lines]) + "\n"


SOURCES = {
    "hmd": HMD + rows(" Year Age Female Male Total", " {year} 0+ 0.08 0.1 0.09", years=YEARS),
    "globocan": rows("Sex,Age,Cases,Population", "{code},0+,{rate},1", years=[2022]),
    "seerstat": rows('"Age","sex","Count","Population"', '"00+ years","{sex}",{rate},1', years=[0]),
    "r-ratetable": rows("age,sex,year,Freq", "0,{sex},{year},{rate}", years=YEARS),
    "popmort": rows("sex,_year,_age,prob", "{sex},{year},0,{kept}", years=YEARS),
    "ci5": rows("sex,cancer,age,cases,py", "{code},1,1,{rate},1", years=[2015]),
}
SOURCES["hmd"] = "\n".join(dict.fromkeys(SOURCES["hmd"].split("\n")))
SOURCES["r-ratetable"] = SOURCES["r-ratetable"].replace(",0.", ",0.000")


@pytest.mark.parametrize(
    ("form", "text", "problem"),
    [
        ("globocan", "Cancer,Sex,Age,Rate\na,1,0+,1\nb,1,0+,1\n", "Choose --cancers from: a; b."),
        ("globocan", "Area,Sex,Age,Rate\na,1,0+,1\nb,1,0+,1\n", "Choose --area from: a; b."),
        ("ci5", "registry,sex,cancer,age,cases,py\n1,1,1,1,1,9\n2,1,1,1,1,9\n", "by --area: 1, 2"),
        ("ci5", "REGISTRY,SEX,CANCER,N0_4\n1,1,1,3\n", "that comes with it by --population."),
    ],
)
def test_what_a_database_holds_beside_is_chosen_by_options(files, tmp_path, form, text, problem):
    path = tmp_path / "database.csv"
    path.write_text(text)
    words = ["--rates-as", form] + (["--cancers", "1"] if form == "ci5" else [])
    result = run(*files(PLAIN)[:1], "--rates", path, *words, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert problem in said(result)


@pytest.mark.parametrize("form", sorted(SOURCES))
def test_rates_as_databases_give_them(files, tmp_path, form):
    path = tmp_path / ("rates.txt" if form in ("hmd", "seerstat") else "database.csv")
    path.write_text(SOURCES[form])
    words = ["--date-format", "%d/%m/%Y", "--rates-as", form, "--out", tmp_path / "out"]
    words += ["--cancers", "1"] if form == "ci5" else []
    result = run(*files()[:1], "--rates", path, *COLUMNS, *words)
    assert result.exit_code == 0, result.output
    total = pd.read_csv(tmp_path / "out" / "incidence_ratios.csv").iloc[0]
    per = 365.25 / 1000 if form == "r-ratetable" else 1.0
    by_hand = (731 * 0.08 + 3469 * 0.1) / 365.25 * per
    np.testing.assert_allclose(total["expected"], by_hand, **CLOSED_FORM)
    assert "; by sex." in said(result)


def test_strata_without_expected_events_and_an_empty_window_are_named(files, tmp_path):
    rates = {**PLAIN_RATES, "age": [0, 53, 0, 53], "rate": [0.0, 0.9, 0.0, 0.7]}
    words = ("--out", tmp_path / "out", "--age", "0,51,53,inf")
    result = run(*files(PLAIN, rates), *words)
    assert result.exit_code == 1
    assert "'--age': no events are expected in age 0 to 51, 51 to 53" in said(result)
    result = run(*files(PLAIN, PLAIN_RATES), *words, "--window", "50,60")
    assert result.exit_code == 1
    assert "nobody was followed" in said(result)
    assert not (tmp_path / "out").exists()


def test_files_that_are_not_there(tmp_path):
    result = run(tmp_path / "none.csv", "--rates", tmp_path / "none.csv")
    assert result.exit_code == 1
    assert "There is no file" in said(result)
    result = run(tmp_path / "none.csv")
    assert result.exit_code == 2
    assert "Missing option '--rates'" in said(result)


def test_a_folder_that_cannot_be_written(files, tmp_path):
    (tmp_path / "out").write_text("a file")
    words = ("--date-format", "%d/%m/%Y", "--per", "1000", "--out", tmp_path / "out")
    result = run(*files(), *COLUMNS, *words)
    assert result.exit_code == 1
    assert "Cannot write into" in said(result)
    assert (tmp_path / "out").read_text() == "a file"


def test_edges_as_typed():
    faults = Faults("edges")
    assert read_edges("0:20:5,inf", "--age", faults) == [0, 5, 10, 15, 20, np.inf]
    np.testing.assert_allclose(read_edges("0:0.3:0.1", "--age", faults), [0, 0.1, 0.2, 0.3])
    assert not faults.found
    read_edges("1:2,0:5:0,", "--age", faults)
    assert len(faults.found) == 3
