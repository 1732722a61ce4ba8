"""The page as a browser shows it."""

from __future__ import annotations

import base64
import io
import time

import pandas as pd
from tests.report.browser import browser

import paraneo as pn

ACCURACY = pn.diagnostic_accuracy(tp=31, fp=12, fn=9, tn=148)
TESTED = pn.people_tested(ACCURACY, 0.17)
RATIOS = pn.incidence_ratios(
    {"group": ["a group with a long name " * 3, "b"], "observed": [12, 0], "expected": [6.7, 18]},
    by="group",
)
FIELD = "return document.querySelector('[data-field=' + arguments[0] + ']').textContent"
MOVE = """
var slide = document.querySelector("input[type=range]");
slide.value = arguments[0]; slide.dispatchEvent(new Event("input"));
"""
COUNT = "return document.querySelectorAll('.people > svg circle.' + arguments[0]).length"
#: What a screen reader needs: names of all that has a part in the page.
NAMELESS = """
var bad = [];
document.querySelectorAll("img").forEach(i => i.alt || bad.push(i.outerHTML.slice(0, 60)));
document.querySelectorAll("input").forEach(i => i.labels.length || bad.push("input"));
document.querySelectorAll("table").forEach(t => t.caption || bad.push("table"));
document.querySelectorAll("th").forEach(t => t.scope || bad.push("th " + t.textContent));
document.querySelectorAll("[role=region]").forEach(r => r.ariaLabel || bad.push("region"));
if (document.querySelectorAll("main").length !== 1) bad.push("main");
if (document.querySelectorAll("h1").length !== 1) bad.push("h1");
if (!document.documentElement.lang) bad.push("lang");
var ids = [...document.querySelectorAll("[id]")].map(e => e.id);
if (new Set(ids).size !== ids.length) bad.push("an id stands twice");
return bad;
"""
WIDER = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


def made(path):
    parts = {
        "What a result means": [pn.predictive_values(ACCURACY, 0.17), TESTED],
        "Ratios": RATIOS,
        "Long": pd.DataFrame({"words " * 9: ["a very long sentence " * 20], "x" * 90: [1.5]}),
    }
    return pn.html_report(parts, title="A title " * 9, command="paraneo " * 40).save(path)


def test_the_slider_shows_what_python_computes_and_nothing_is_refused(tmp_path):
    page = made(tmp_path / "report.html")
    with browser() as one:
        start = time.perf_counter()
        one.open(page)
        assert time.perf_counter() - start < 2
        frame = TESTED.summary()
        assert one.run("return document.querySelector('.moving').hidden") is False
        for place in (0, TESTED._place(), len(frame) - 1):
            one.run(MOVE, place)
            row = frame.iloc[place]
            values = pn.predictive_values(ACCURACY, row["prevalence"])
            assert one.run(FIELD, "prevalence") == f"{100 * row['prevalence']:.3g}%"
            assert one.run(FIELD, "ppv") == f"{100 * values.ppv.value:.1f}%"
            assert one.run(FIELD, "npv") == f"{100 * values.npv.value:.1f}%"
            for kind in ("true_positives", "false_negatives", "true_negatives"):
                assert one.run(COUNT, kind) == int(one.run(FIELD, kind)) == row[kind]
        link = one.run("return [...document.querySelectorAll('a[download]')].map(a => a.href)")
        tables = [pd.read_csv(io.BytesIO(base64.b64decode(a.partition(",")[2]))) for a in link]
        pd.testing.assert_frame_equal(tables[1], RATIOS.summary())
        assert one.run(NAMELESS) == []
        assert one.said() == []
    assert page.stat().st_size < 5_000_000


def test_a_phone_has_no_sideways_scroll(tmp_path):
    page = made(tmp_path / "report.html")
    with browser(360, 740) as one:
        one.open(page)
        assert one.run("return window.innerWidth") == 360
        assert one.run(WIDER) <= 0
