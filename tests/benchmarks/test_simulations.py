"""A smoke version of the simulation studies: they run, and their claims hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmarks.__main__ import RESULTS, load, main, names
from benchmarks.simulations._verdicts import holds_from
from scipy import integrate, stats
from tests.tolerances import NUMERICAL, SUMMED, WINDOW_GRID

from paraneo import pooled_accuracy, pooled_ratios


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
    pd.testing.assert_frame_equal(
        fresh, kept, rtol=NUMERICAL["rtol"], atol=SUMMED["rtol"], check_dtype=False
    )


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


def test_what_the_page_says_of_many_sites():
    kept = pd.read_csv(RESULTS / "many_sites.csv")
    drawn = kept[kept["variation"] > 0].set_index("method")
    bayes = drawn.loc[["gamma, bayes", "log-normal, bayes"]]
    assert bayes["coverage"].between(0.93, 0.98).all()
    assert bayes["coverage_mc"].max() <= 0.006
    known = drawn.loc[["gamma, ml", "gamma, moments"]]
    assert known["coverage"].between(0.77, 0.93).all()
    alone = drawn.loc["each by itself", "rmse_log"].to_numpy()
    nearer = drawn.loc["gamma, bayes", "rmse_log"].to_numpy() / alone
    assert 0.2 < nearer.min() < 0.3
    assert nearer.max() < 0.9
    tests = kept[kept["variation"] == 0].set_index("method")
    assert (tests.loc[["holm", "bh"], "share_false"] <= 0.05).all()
    assert (tests.loc["holm", "any_false"] <= 0.05).all()
    assert (tests.loc["not adjusted", "any_false"] > 0.3).all()


def test_a_replicate_of_many_sites_scores_every_method():
    rows = load("many_sites").results(replicates=1)
    assert len(rows) == 6 * 5 + 2 * 3


def test_late_entry_does_not_bias_a_ratio():
    table = load("ratio_limits_late_entry").results(replicates=40, seed=7)
    bias = table[table["measure"] == "bias"]
    assert (bias["estimate"].abs() <= 4 * bias["mcse"]).all()
    assert (table.loc[table["measure"] == "convergence", "estimate"] == 1).all()
    covered = table.loc[table["measure"] == "coverage", "estimate"]
    assert (covered >= 0.8).all()


def test_pooled_accuracy_of_rich_studies_has_little_bias(monkeypatch):
    study = load("accuracy_meta_analysis")
    monkeypatch.setattr(study, "SETTINGS", {"rich": study.SETTINGS["rich"]})
    monkeypatch.setattr(study, "STUDIES", (8,))
    monkeypatch.setattr(study, "LIMITS_FOR", (8,))
    table = study.results(replicates=30, seed=7).set_index("method")
    assert len(table) == len(study.METHODS)
    binomial = table.loc["binomial"]
    assert binomial["finished"] == 1
    for part in ("se", "sp"):
        assert abs(binomial[f"bias_{part}"]) <= 4 * binomial[f"bias_{part}_mcse"]
        assert binomial[f"coverage_{part}"] >= 0.75
        assert binomial[f"new_{part}"] >= 0.75
        assert binomial[f"tau2_{part}"] >= 0.5


def test_limits_by_t_are_those_of_the_verb():
    study = load("accuracy_meta_analysis")
    data = study.meta_analysis(np.random.default_rng(2), "rich", 6)
    rows, found = by_study_of(study.pooled(data, test="z")), pooled_accuracy(data[0], test="t")
    table = found.summary().set_index("measure")
    for i, name in enumerate(study.OUTCOMES):
        one, truth = rows[f"{name}, t"], data[1].median[i]
        ends = [one["lower"] + truth, one["upper"] + truth]
        np.testing.assert_allclose(ends, table.loc[name, ["lower", "upper"]].astype(float))
    within = data[1].share_within(
        *(table.loc[list(study.OUTCOMES), f"prediction_{end}"] for end in ("lower", "upper"))
    )
    ours = [rows[f"new {name}, t"]["estimate"] for name in study.OUTCOMES]
    np.testing.assert_allclose(ours, within)


def by_study_of(rows):
    return {row["estimand"]: row for row in rows}


def test_pooled_ratios_are_those_of_the_verb_and_cover(monkeypatch):
    study = load("pooled_ratios")
    monkeypatch.setattr(study, "STUDIES", (8,))
    monkeypatch.setattr(study, "EXPECTED", (5.0,))
    monkeypatch.setattr(study, "TAU", (0.2,))
    table = study.results(replicates=40, seed=7).set_index("method")
    assert (table["bias"].abs() <= 4 * table["bias_mcse"] + 0.05).all()
    assert (table["coverage"] >= 0.75).all()
    assert table.loc["poisson", "finished"] == 1
    data = study.studies_of(np.random.default_rng(4), 8, 5.0, 0.2)
    frame = {"study": list("abcdefgh"), "observed": data[0], "expected": data[1]}
    for options, asked in (
        ({}, {"test": "z"}),
        ({"tau": "pm", "test": "hk"}, {"model": "normal", "tau": "pm", "test": "hk"}),
    ):
        by_study = by_study_of(study.pooled(data, **options))
        by_verb = pooled_ratios(frame, **asked)
        ratio, tau2 = by_study["ratio"], by_study["tau2"]
        ends = [2 * np.exp(ratio[name]) for name in ("estimate", "lower", "upper")]
        found = by_verb.estimate
        np.testing.assert_allclose(ends, [found.value, found.lower, found.upper], **SUMMED)
        limits = [by_verb.tau2.lower - 0.04, by_verb.tau2.upper - 0.04]
        np.testing.assert_allclose([tau2["lower"], tau2["upper"]], limits, **SUMMED)
        within = data[2].share_within(*by_verb.prediction)
        assert by_study["new, test"]["estimate"] == pytest.approx(float(within), rel=SUMMED["rtol"])
    by_t, verb = by_study_of(study.pooled(data)), pooled_ratios(frame, test="t")
    ends = [2 * np.exp(by_t["ratio, t"][name]) for name in ("lower", "upper")]
    np.testing.assert_allclose(ends, [verb.estimate.lower, verb.estimate.upper], **SUMMED)
    within = float(data[2].share_within(*verb.prediction))
    assert by_t["new, t"]["estimate"] == pytest.approx(within, rel=SUMMED["rtol"])


def test_what_the_page_says_of_pooled_accuracy():
    table = pd.read_csv(RESULTS / "accuracy_meta_analysis.csv").set_index("method")
    differ = table[table["setting"] != "alike"]
    binomial = differ.loc["binomial"]
    assert binomial[["coverage_se_t", "coverage_sp_t"]].min(axis=None) >= 0.92
    five = binomial[binomial["studies"] == 5]
    assert five[["coverage_se", "coverage_sp"]].max(axis=None) < 0.93
    assert five[["new_se", "new_sp"]].max(axis=None) < 0.85
    often = binomial[(binomial["studies"] > 5) | (binomial["setting"] != "high specificity")]
    assert often[["bias_se", "bias_sp"]].abs().max(axis=None) < 0.06
    normal = differ.loc["normal, single"].set_index(["setting", "studies"])
    assert normal.loc[("high specificity", 40), "coverage_sp"] < 0.05
    assert normal.loc[("sparse", 40), "coverage_sp"] < 0.6


def test_what_the_page_says_of_pooled_ratios():
    table = pd.read_csv(RESULTS / "pooled_ratios.csv").set_index("method")
    poisson = table.loc["poisson"]
    assert poisson["coverage_t"].min() >= 0.91
    few = poisson[(poisson["studies"] == 3) & (poisson["tau"] == 0.5)]
    assert few["coverage"].between(0.75, 0.9).all()
    assert few["new_test"].max() < 0.82
    one = table.loc["reml z"].query("expected == 1")
    assert one["bias"].min() > np.log(1.12)
    assert one.query("studies == 20")["finished"].max() < 0.05
    many = table.loc["reml hk-bounded"].query("expected == 25")
    assert many["coverage"].min() >= 0.91


def test_an_unknown_study_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["run", "proportion"])
    assert "there is no study 'proportion'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--replicates", "0"], "'0' is no whole number from 1 on"),
        (["--workers", "two"], "'two' is no whole number from 1 on"),
    ],
)
def test_numbers_that_cannot_be_are_named(words, said, capsys):
    with pytest.raises(SystemExit):
        main(["run", "counts", *words])
    assert said in capsys.readouterr().err


def test_a_run_without_a_name_makes_every_table_anew(tmp_path, monkeypatch, capsys):
    import benchmarks.__main__ as command

    chosen = ["counts", "proportions"]
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    monkeypatch.setattr(command, "names", lambda: chosen)
    main(["run"])
    assert sorted(file.stem for file in tmp_path.iterdir()) == chosen
    assert capsys.readouterr().out.count("Kept in") == 2
    for name in chosen:
        made, kept = (pd.read_csv(where / f"{name}.csv") for where in (tmp_path, RESULTS))
        assert list(made) == list(kept)
        assert len(made) == len(kept)


def test_results_that_cannot_be_kept_are_told_before_the_work(tmp_path, monkeypatch, capsys):
    import benchmarks.__main__ as command

    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(command, "RESULTS", tmp_path / "file" / "results")
    monkeypatch.setattr(command, "run", lambda *_: pytest.fail("the work was done"))
    with pytest.raises(SystemExit) as ended:
        main(["run", "counts"])
    assert ended.value.code == 1
    assert "No results can be kept in" in capsys.readouterr().err


def test_a_checkpoint_that_cannot_be_gone_on_with_is_a_word(tmp_path, monkeypatch, capsys):
    import benchmarks.__main__ as command

    monkeypatch.setattr(command, "RESULTS", tmp_path / "kept")
    words = ["run", "ratio_limits_late_entry", "--replicates", "2", "--resume", str(tmp_path)]
    words += ["--people", "40", "--out", str(tmp_path / "results")]
    main(words)
    first = (tmp_path / "results" / "ratio_limits_late_entry.csv").read_bytes()
    main(words)
    assert (tmp_path / "results" / "ratio_limits_late_entry.csv").read_bytes() == first
    with pytest.raises(SystemExit):
        main([*words, "--seed", "5"])
    assert "seed: was 2026, is 5" in capsys.readouterr().err
    assert set(pd.read_csv(tmp_path / "results" / "ratio_limits_late_entry.csv")["n"]) == {40}


@pytest.mark.parametrize(
    "words", [["--replicates", "2"], ["--people", "40", "--replicates", "2"], ["--seed", "5"]]
)
def test_another_study_than_the_kept_one_is_shown_and_not_kept(words, monkeypatch, capsys):
    import benchmarks.__main__ as command

    name = "ratio_limits_late_entry" if "--replicates" in words else "counts"
    monkeypatch.setattr(command, "keep", lambda *_: pytest.fail("a kept table was overwritten"))
    main(["run", name, *words])
    assert "Not kept, as this is not the study as it stands" in capsys.readouterr().out


def test_people_of_a_study_without_cohorts_cannot_be_changed(capsys):
    with pytest.raises(SystemExit):
        main(["run", "counts", "--people", "40"])
    assert "counts has no number of people of its own to change" in capsys.readouterr().err


def test_a_scheduler_that_is_not_there_is_a_word(monkeypatch, capsys):
    pytest.importorskip("distributed", reason="dask is an extra")
    import benchmarks.__main__ as command

    monkeypatch.setattr(command, "PATIENCE", 1)
    monkeypatch.setattr(command, "check_results", lambda _: None)
    with pytest.raises(SystemExit):
        main(["run", "counts", "--dask", "tcp://127.0.0.1:1"])
    assert "There is no Dask scheduler at" in capsys.readouterr().err


def test_what_the_page_says_of_predictive_values():
    table = pd.read_csv(RESULTS / "predictive_value_limits.csv")
    logit = table[table["interval"] == "logit"].groupby("measure")["coverage"].min()
    assert logit["ppv"] > 0.935
    assert logit["npv"] > 0.925
    table = table.query("measure == 'ppv'")
    bayes = table[(table["interval"] == "bayes") & (table["specificity"] == 0.99)]
    assert bayes["coverage"].min() >= 0.95


def small(name, monkeypatch, **settings):
    """Return the table of a study with few replicates of fewer settings."""
    study = load(name)
    replicates = settings.pop("replicates")
    for setting, value in settings.items():
        monkeypatch.setattr(study, setting, value)
    table = study.results(replicates=replicates, seed=11)
    assert (table["finished"] == 1).all()
    return table


def test_excess_hazards_are_found_again(monkeypatch):
    table = small("excess_hazard", monkeypatch, replicates=6, POORER=(1,))
    assert len(table) == 9 + 7 + 6 + 4
    assert (table["bias"].abs() < 0.2).all()
    assert table["coverage"].mean() >= 0.85


def test_risks_of_people_entering_late_are_found_again(monkeypatch):
    kinds = {"greenwood, log-log": ("greenwood", "log-log")}
    table = small("cumulative_incidence", monkeypatch, replicates=12, KINDS=kinds, PEOPLE=(2000,))
    assert (table["bias"].abs() <= 4 * table["bias_mcse"]).all()
    assert (table["coverage"] >= 0.75).all()


def test_hidden_cancers_are_found_again_from_one_side_and_from_two(monkeypatch):
    rich = [one for one in load("occult_cancer").SCENARIOS if one["key"] in (0, 8, 10)]
    table = small("occult_cancer", monkeypatch, replicates=2, SCENARIOS=rich)
    share = table[table["estimand"] == "share"]
    assert (share["bias"].abs() < 0.2).all()
    assert table["coverage"].mean() >= 0.7


def test_hidden_cancers_of_the_generator_follow_their_distribution():
    study, rng = load("occult_cancer"), np.random.default_rng(3)
    for distribution in study.TRUTH:
        spent = study.cumulative(distribution, study.hidden_time(rng, distribution, 20_000))
        assert stats.kstest(spent, "expon").pvalue > 1e-3
    age = np.full(40_000, 65.0)
    years = study.years_before(rng, "weibull", 0.1, age)
    grid = np.linspace(1e-6, study.WINDOW, 3001)
    middle, width = (grid[1:] + grid[:-1]) / 2, np.diff(grid)
    seen = np.diff(-np.exp(-study.cumulative("weibull", grid))) * np.exp(-study.DEATH * middle)
    kept = np.cumsum(seen) / seen.sum()
    natural = np.where(middle < 5, 0.012, 0.006) * np.exp(-study.DEATH * middle)
    none = (1 - 0.1 * kept) * np.exp(-np.cumsum(natural * width))
    for at in (0.5, 1.5, 3.0):
        expected = 1 - none[np.searchsorted(middle, at) - 1]
        spread = np.sqrt(expected * (1 - expected) / len(age))
        assert abs((years <= at).mean() - expected) < 4 * spread


def test_what_the_page_says_of_excess_hazards():
    table = pd.read_csv(RESULTS / "excess_hazard.csv")
    rich = table[table["events"] > 90]
    assert rich["coverage_fine"].all()
    assert rich["bias_fine"].all()
    assert rich["finished"].min() > 0.995
    natural = table["estimand"].str.contains(" at ") & (table["events"] > 25)
    assert table.loc[natural, "bias_fine"].all()
    assert table.loc[natural, "coverage_fine"].all()


def test_what_the_page_says_of_cumulative_incidence():
    table = pd.read_csv(RESULTS / "cumulative_incidence.csv")
    logs = table[table["method"].str.endswith("log-log")]
    assert table["bias_fine"].all()
    assert logs.loc[logs["events_then"] >= 3, "coverage_fine"].all()
    assert logs.loc[logs["events_then"] < 2.5, "coverage"].min() < 0.5
    plain = table[table["method"] == "greenwood, plain"]
    assert plain.loc[plain["events_then"] >= 12, "coverage_fine"].all()
    assert not plain.loc[plain["events_then"].between(5, 6), "coverage_fine"].any()


def test_from_how_many_events_on_a_method_holds():
    world = pd.DataFrame(
        {
            "distribution": "a", "estimand": "x", "events": [10.0, 40.0, 160.0],
            "bias_fine": [True, False, True], "coverage_fine": [True, True, True],
            "finished": [0.9, 1.0, 1.0],
        }
    )  # fmt: skip
    found = holds_from(world, "distribution").iloc[0]
    assert found[["bias from", "coverage from", "estimate from"]].tolist() == [160, 10, 40]


def test_windows_and_risks_are_found_again(monkeypatch):
    rich = [one for one in load("screening_windows").SCENARIOS if one["key"] == 1]
    table = small("screening_windows", monkeypatch, replicates=2, SCENARIOS=rich)
    ends = table["estimand"].str.startswith("end")
    assert (table.loc[ends, "bias"].abs() < 2.0).all()
    assert (table.loc[~ends, "bias"].abs() < 0.3).all()
    assert table["coverage"].mean() >= 0.6


def test_true_windows_are_where_the_rules_are_met():
    study = load("screening_windows")
    ends, risks = study.truth("hidden", 1)
    true = study.true_excess("hidden", 1)
    assert true.residual(ends["residual"]) == pytest.approx(0.01, **WINDOW_GRID)
    assert true.hazard(ends["ratio"]) == pytest.approx(0.012, **WINDOW_GRID)

    def alive(t):
        return np.exp(-true.cumulative(t) - (0.012 + study.DEATH) * t)

    def excess(a, b):
        # by parts, since the hazard has no bound at 0
        part = integrate.quad(lambda t: true.cumulative(t) * alive(t) * _total(t), a, b)[0]
        return true.cumulative(b) * alive(b) - true.cumulative(a) * alive(a) + part

    def _total(t):
        return true.hazard(max(t, 1e-12)) + 0.012 + study.DEATH

    end = ends["excess"]
    assert 1000 * excess(end, end + 1) / alive(end) == pytest.approx(5.0, **WINDOW_GRID)
    natural = integrate.quad(lambda t: 0.012 * alive(t), 1, 5)[0]
    assert risks[1.0][1] == pytest.approx(
        (excess(1, 5) + natural) / alive(1), rel=NUMERICAL["rtol"]
    )
    assert excess(0, ends["share"]) / excess(0, 8) == pytest.approx(0.9, **WINDOW_GRID)


def test_what_the_page_says_of_hidden_cancers():
    table = pd.read_csv(RESULTS / "occult_cancer.csv")
    rich = table[table["hidden"] > 150]
    assert rich["bias_fine"].all()
    assert rich["coverage_fine"].all()
    assert (rich["finished"] > 0.99).all()
    share = table[(table["estimand"] == "share")]
    smooth = (share["hidden"] > 150) & (share["distribution"] != "piecewise")
    assert (share.loc[smooth, "bias"].abs() < 0.01).all()
    assert share["coverage_fine"].all()


def test_what_the_page_says_of_windows():
    table = pd.read_csv(RESULTS / "screening_windows.csv")
    ends = table[table["estimand"].str.startswith("end")]
    poor, drawn = ends["events"] < 100, ends["estimand"].str.endswith("draws")
    assert ends.loc[~(poor & drawn), "coverage_fine"].all()
    assert ends.loc[~drawn, "coverage"].between(0.92, 0.96).all()
    assert ends.loc[~drawn, "truth_above"].between(0.02, 0.05).all()
    assert ends.loc[poor & drawn, "coverage"].between(0.89, 0.915).all()
    assert (ends.loc[poor & drawn, "truth_above"] > 0.08).all()
    assert (ends["median"].abs() < 0.15).all()
    assert table.loc[~table["estimand"].isin(ends["estimand"]), "bias_fine"].all()


def test_what_the_page_says_of_standardised_rates():
    kept = pd.read_csv(RESULTS / "standardised_rates.csv").set_index("interval")
    assert kept.loc["fay-feuer", "coverage"].min() >= 0.95
    assert kept.loc["tiwari", "coverage"].min() >= 0.95
    assert kept.loc["mid-p", "coverage"].min() >= 0.92
    poor = kept[(kept["population"] == "old") & (kept["events"] <= 20)]["coverage"]
    assert poor.loc[["dobson", "normal", "log-normal"]].between(0.70, 0.87).all()


def test_standardised_rates_are_found_again():
    found = load("standardised_rates").results(replicates=400, seed=3)
    assert (found["bias"].abs() <= 4 * found["bias_mcse"]).all()
    safe = found[found["interval"].isin(["fay-feuer", "tiwari"])]
    assert (safe["coverage"] >= 0.92).all()


def test_what_the_page_says_of_net_survival():
    kept = pd.read_csv(RESULTS / "net_survival.csv")
    assert (kept["bias"].abs() <= 4 * kept["bias_mcse"]).all()
    covered = kept.set_index(["limits", "people"])["coverage"].sort_index()
    assert covered.loc["log-log"].min() >= 0.935
    for limits in ("log", "plain"):
        assert covered.loc[limits].loc[[100, 500]].between(0.885, 0.945).all()


def test_net_survival_is_found_again():
    found = load("net_survival").results(replicates=12, seed=3)
    assert (found["bias"].abs() <= 4 * found["bias_mcse"]).all()
    assert (found["convergence"] == 1).all()
