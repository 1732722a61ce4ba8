"""A smoke version of the simulation studies: they run, and their claims hold."""

from __future__ import annotations

import pandas as pd
import pytest
from benchmarks.__main__ import RESULTS, load, main, names


def test_every_study_opens_with_its_aims(capsys):
    main(["list"])
    told = capsys.readouterr().out
    for name in names():
        assert name in told
        for word in ("Aims", "Data", "Estimands", "Methods", "Measures"):
            assert word in load(name).__doc__, (name, word)


def test_every_study_has_its_kept_table():
    for name in names():
        table = pd.read_csv(RESULTS / f"{name}.csv")
        assert len(table)
        assert table["made_with"].str.startswith("paraneo").all()


@pytest.mark.parametrize("name", ["proportions", "counts", "predictive_value_limits"])
def test_enumerated_tables_are_those_kept(name):
    fresh = load(name).results()
    kept = pd.read_csv(RESULTS / f"{name}.csv").drop(columns=["seed", "made_with"])
    # kept with six digits
    pd.testing.assert_frame_equal(fresh, kept, rtol=2e-5, atol=1e-9, check_dtype=False)


def test_what_the_page_says_of_proportions_and_counts():
    shares = pd.read_csv(RESULTS / "proportions.csv").set_index("interval")
    assert (shares.loc["wilson", "mean_coverage"] - 0.95).abs().max() < 0.015
    for interval in ("exact", "wilson-cc"):
        assert (shares.loc[interval, "least_coverage"] >= 0.95 - 1e-6).all()
    small = shares[shares["n"] <= 20]
    assert small.loc[["wald", "logit"], "least_coverage"].max() < 0.34
    counts = pd.read_csv(RESULTS / "counts.csv").set_index("interval")
    assert (counts.loc["exact", "least_coverage"] >= 0.95 - 1e-6).all()
    assert (counts.loc["byar", "least_coverage"] >= 0.95 - 1e-6).all()
    for interval, least in (("vandenbroucke", 0.60), ("profile", 0.84), ("wald", 0.84)):
        assert abs(counts.loc[interval, "least_coverage"].min() - least) < 0.01


def test_late_entry_does_not_bias_a_ratio():
    table = load("ratio_limits_late_entry").results(replicates=40, seed=7)
    bias = table[table["measure"] == "bias"]
    assert (bias["estimate"].abs() <= 4 * bias["mcse"]).all()
    assert (table.loc[table["measure"] == "convergence", "estimate"] == 1).all()
    covered = table.loc[table["measure"] == "coverage", "estimate"]
    assert (covered >= 0.8).all()


def test_an_unknown_study_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["run", "proportion"])
    assert "there is no study 'proportion'" in capsys.readouterr().err


def test_what_the_page_says_of_predictive_values():
    table = pd.read_csv(RESULTS / "predictive_value_limits.csv").query("measure == 'ppv'")
    logit = table[table["interval"] == "logit"].set_index("specificity")["coverage"]
    assert logit.loc[[0.8, 0.9]].min() >= 0.94
    assert logit.loc[0.99].min() < 0.15
    bayes = table[(table["interval"] == "bayes") & (table["specificity"] == 0.99)]
    assert bayes["coverage"].min() >= 0.95
