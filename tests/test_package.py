"""The public face of the package, and what importing it costs."""

from __future__ import annotations

import doctest
import inspect
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import paraneo

HEAVY = (
    "lifelines",
    "matplotlib",
    "numba",
    "numpy",
    "pandas",
    "rich.console",
    "scipy",
    "statsmodels",
)


@pytest.mark.parametrize(
    "code", ["import paraneo", "import paraneo.cli", "from paraneo.cli import main; main()"]
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code):
    code = f"""
import sys, atexit
sys.argv = ["paraneo", "--version"]
atexit.register(lambda: print(*(m for m in {HEAVY} if m in sys.modules)))
{code}
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == ""


def test_a_verb_loads_no_library_that_it_does_not_need():
    code = "import sys, paraneo; paraneo.poisson_limits(3); print(sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {f"'{m}'" for m in ("lifelines", "matplotlib", "numba", "statsmodels")} & set(
        done.stdout.replace(",", " ").split()
    )


def test_rooms_are_there_without_being_imported():
    assert paraneo.survival.kaplan_meier is paraneo.kaplan_meier
    assert set(paraneo.__all__) <= set(dir(paraneo))


#: Every name that users may build on. A name comes or goes by a change of this list.
FACE = {
    "paraneo": """
        ArgumentError ComparabilityWarning ConvergenceWarning Estimate FileError ParaneoError
        ParaneoWarning Prevalence RateTable TableError __version__ audited_accuracy audited_ratios
        background_hazard best_schedule cancer_risk captioned compare_schedules compare_tests
        cox_regression criteria crude_probabilities cumulative_incidence decision_curve
        diagnostic_accuracy evidence excess_hazard expected_survival
        fine_gray_regression follow_up_walk html_report implied_count
        incidence_ratios index_cohort kaplan_meier lexis_diagram life_table
        load_result log_rank
        mantel_haenszel marker_hazards
        nelson_aalen net_survival occult_cancer panel_accuracy people_tested person_years
        poisson_limits
        pooled_accuracy pooled_ratio_curve pooled_ratios predictive_values published_accuracy query
        rate_table rates ratio_regression reconciled_risk recovered_tables rogan_gladen_prevalence
        save_result
        schedule_frontier screening_window screening_yield simulation stacked_ratios
        standardised_rates
        validated_risk verified_accuracy
    """,
    "paraneo.rates": """
        RateTable StandardPopulation rate_table read_cdc_wonder read_ci5 read_eurostat
        read_globocan read_hmd read_popmort read_r_ratetable read_rate_table read_seerstat
        read_who_mortality read_wpp standard_population
    """,
    "paraneo.simulation": """
        BivariateAccuracy Bootstrap CheckpointError CohortTruth DiagnosticTruth ExactCoverage
        HiddenCancer Performance PiecewiseExcess PiecewiseRatio PooledImputations RatioTruth
        SimulatedAccuracyStudies SimulatedCohort SimulatedDiagnosticStudy SimulatedMarker
        SimulatedPublishedRatios SimulationStudy SplineExcess StudySize ThresholdAccuracy
        bootstrap design_grid exact_coverage expected_needed people_needed performance
        pooled_imputations predictive_people_needed ratio_power replicates_needed
        simulated_accuracy_studies simulated_cohort simulated_diagnostic_study
        simulated_published_ratios simulation_study window_patients_needed
    """,
    "paraneo.criteria": """
        BohanPeter1975 ClassificationScore EularAcr2017 Imacs2023 Pns2004 bohan_peter_1975
        eular_acr_2017 imacs_2023 pns_2004
    """,
    "paraneo.evidence": """
        NOT_ESTABLISHED SimulatedRegistry describe load names simulated_registry site_groups sources
    """,
}


@pytest.mark.parametrize("space", FACE)
def test_the_public_face_is_the_one_that_was_promised(space):
    assert sorted(import_module(space).__all__) == FACE[space].split()


@pytest.mark.parametrize(
    ("looked_for", "here"),
    [
        ("sir", "paraneo.incidence_ratios"),
        ("smr", "paraneo.incidence_ratios"),
        ("ppv", "paraneo.predictive_values"),
        ("read_hmd", "paraneo.rates.read_hmd"),
        ("PersonYears", "paraneo.follow_up.PersonYears"),
        ("incidence_ratio", "paraneo.incidence_ratios"),
    ],
)
def test_a_name_that_is_not_here_is_answered_by_what_it_is_called(looked_for, here):
    with pytest.raises(AttributeError, match=re.escape(here)):
        getattr(paraneo, looked_for)


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(paraneo, "zzz")


def test_an_argument_that_a_verb_does_not_have_is_answered_by_its_name_here():
    with pytest.raises(paraneo.ArgumentError, match=r"'limits': .* It is called 'interval' here"):
        paraneo.incidence_ratios({"observed": [3], "expected": [2.0]}, limits="exact")
    with pytest.raises(paraneo.ArgumentError, match="'rates': it is missing"):
        paraneo.net_survival({"exit": [1.0]})


def _folders(root):
    return {
        path.parent.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if path.name != "__init__.py" or root.name == "paraneo"
    }


def test_tests_stand_in_the_folders_of_the_rooms():
    root = Path(__file__).parents[1]
    rooms = _folders(root / "src" / "paraneo")
    tests = _folders(root / "tests")
    beside = {"benchmarks", "reference"} | {t for t in tests if t.startswith("reference/")}
    assert rooms == tests - beside


def test_every_public_name_is_there_and_explained():
    assert dir(paraneo) == sorted(set(paraneo.__all__))
    for name in paraneo.__all__:
        thing = getattr(paraneo, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__, name


def test_the_readme_has_the_command_that_is_run_before_a_change_is_taken():
    root = Path(__file__).parents[1]
    commands = [
        line
        for line in (root / ".ci" / "run").read_text().splitlines()
        if line.startswith("python3 -m venv")
    ]
    assert len(commands) == 1
    assert commands[0] in (root / "README.md").read_text().splitlines()


def test_what_the_readme_shows_is_what_is_printed():
    root = Path(__file__).parents[1]
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    found = doctest.testfile(str(root / "README.md"), module_relative=False, optionflags=flags)
    assert found.attempted > 5
    assert not found.failed
    for picture in re.findall(r"!\[[^\]]{20,}\]\(([^)]*)\)", (root / "README.md").read_text()):
        assert (root / picture).is_file()


def test_the_conda_recipe_needs_what_the_package_needs():
    root = Path(__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    recipe = (root / "conda" / "meta.yaml").read_text()
    run = re.search(r"  run:\n((?:    - .*\n)+)", recipe)[1]
    there = {line[6:].replace("matplotlib-base", "matplotlib") for line in run.splitlines()}
    here = {f"python {project['requires-python']}"}
    here |= {
        one.replace(">=", " >=").replace("lazy-loader", "lazy_loader")
        for one in project["dependencies"]
    }
    assert {re.sub(r" +", " ", one) for one in there} == {re.sub(r" +", " ", one) for one in here}
