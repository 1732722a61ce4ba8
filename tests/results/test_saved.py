"""Results kept in a file and made again: the same numbers, and nothing of the file is run."""

from __future__ import annotations

import gzip
import json
import os

import numpy as np
import pandas as pd
import pytest
from tests.plotting.test_every_plot import PLOTS, RATES

import paraneo as pn
from paraneo.results.result import Result

#: One picture of each kind of result: what is drawn there is kept here.
DRAWN = [
    *("ratios, long labels", "ratios over bands", "trend", "person-years, open band"),
    *("standardised rates", "accuracy", "predictive values, many"),
    *("pooled accuracy", "people tested", "verified", "compared tests", "pooled ratios"),
    *("pooled curve", "audited", "rates by group", "background", "kaplan-meier, groups"),
    *("cumulative incidence", "nelson-aalen", "net survival", "crude probabilities"),
    *("life table", "excess additive, hazard", "occult, hazard", "marker hazards"),
    *("window by ratio, 2.0", "visits", "schedules", "frontier", "validated risk", "decisions"),
    *("coverage", "simulated diagnostic", "simulated accuracy", "simulated ratios"),
]
RATIOS = pn.incidence_ratios(
    {"sex": ["f", "m"], "observed": [12, 0], "expected": [6.7, 18.3]}, by="sex"
)


def drawn(name, monkeypatch):
    """Return the result whose picture that is."""
    found = []

    def subclasses(kind):
        return [kind, *(one for part in kind.__subclasses__() for one in subclasses(part))]

    for kind in subclasses(Result):
        if "plot" in vars(kind):
            monkeypatch.setattr(kind, "plot", lambda self, *_, **__: found.append(self))
    PLOTS[name]()
    return found[-1]


@pytest.mark.parametrize("name", DRAWN)
def test_every_kind_of_result_comes_back_whole(name, monkeypatch, tmp_path):
    result = drawn(name, monkeypatch)
    path = pn.save_result(result, tmp_path / "result.paraneo")
    again = pn.load_result(path)
    first = path.read_bytes()  # before anything is asked, which some results remember
    assert pn.save_result(again, path).read_bytes() == first
    assert type(again) is type(result)
    pd.testing.assert_frame_equal(again.summary(), result.summary(), check_exact=True)
    assert repr(again) == repr(result)


@pytest.mark.parametrize("name", ["regression", "pooled ratios by group", "cox", "risk"])
def test_what_cannot_be_kept_is_said_and_nothing_is_written(name, monkeypatch, tmp_path):
    with pytest.raises(pn.FileError, match=r"cannot be kept in a file. Keep .summary\(\) of it"):
        pn.save_result(drawn(name, monkeypatch), tmp_path / "result.paraneo")
    assert not list(tmp_path.iterdir())


def test_what_a_result_can_do_it_can_do_again(tmp_path):
    again = pn.load_result(pn.save_result(RATIOS, tmp_path / "ratios.paraneo"))
    pd.testing.assert_frame_equal(again.compare("m"), RATIOS.compare("m"))
    rates = pn.load_result(pn.save_result(RATES, tmp_path / "rates.paraneo"))
    np.testing.assert_array_equal(rates.rates, RATES.rates)
    page = pn.html_report({"a": again}, title="t").html
    assert page == pn.html_report({"a": RATIOS}, title="t").html


def test_what_is_no_result_or_no_file_is_refused(tmp_path):
    with pytest.raises(pn.ArgumentError, match="it is of type DataFrame"):
        pn.save_result(RATIOS.summary(), tmp_path / "a")
    with pytest.raises(pn.FileError, match="Cannot read"):
        pn.load_result(tmp_path / "nowhere")
    (tmp_path / "text").write_text("estimate,lower\n")
    with pytest.raises(pn.FileError, match="it is not a saved result"):
        pn.load_result(tmp_path / "text")
    assert not list(tmp_path.glob(".*"))


def changed(path, change):
    content = json.loads(gzip.decompress(path.read_bytes()))
    change(content)
    path.write_bytes(gzip.compress(json.dumps(content).encode()))
    return path


def test_a_newer_form_and_other_parts_are_named(tmp_path):
    path = pn.save_result(RATIOS, tmp_path / "ratios.paraneo")
    with pytest.raises(pn.FileError, match="which is newer"):
        pn.load_result(changed(path, lambda one: one.update(form=99)))
    path = pn.save_result(RATIOS, tmp_path / "ratios.paraneo")
    with pytest.raises(pn.FileError, match="has other parts"):
        pn.load_result(changed(path, lambda one: one["result"][3].pop("level")))


@pytest.mark.parametrize(
    "told",
    [
        ["class", "os", "system", {}],
        ["function", "os", "system"],
        ["type", "subprocess", "Popen"],
        ["named", "paraneo.results.saved", "load_result", []],
        ["class", "paraneo.results.saved", "os.system", {}],
        ["nothing"],
    ],
)
def test_nothing_in_a_file_is_run(told, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "system", lambda *_: pytest.fail("the file was run"))
    path = pn.save_result(RATIOS, tmp_path / "ratios.paraneo")
    with pytest.raises(pn.FileError, match="does not fit this version"):
        pn.load_result(changed(path, lambda one: one.update(result=told)))


def test_headings_of_results_are_text_in_a_notebook():
    bad = "<script>alert(1)</script>"
    table = pn.predictive_values(
        pn.diagnostic_accuracy(31, 12, 9, 148), pn.Prevalence(17, 100, window=bad)
    )
    assert bad not in table._repr_html_()
    assert "&lt;script&gt;" in table._repr_html_()
