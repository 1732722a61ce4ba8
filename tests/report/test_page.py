"""The page of a report: what it shows, what it escapes, and what it refuses."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import paraneo as pn

KINDS = ("true_positives", "false_positives", "false_negatives", "true_negatives")
ACCURACY = pn.diagnostic_accuracy(tp=31, fp=12, fn=9, tn=148)
RATIOS = pn.incidence_ratios(
    {"sex": ["f", "m"], "observed": [12, 20], "expected": [6.7, 18.3]}, by="sex"
)


def saved(link):
    """Return the table that a link of the page saves."""
    kind, _, content = link["href"].partition(";base64,")
    assert kind == "data:text/csv;charset=utf-8"
    return pd.read_csv(io.BytesIO(base64.b64decode(content)))


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_a_page_shows_what_each_kind_of_thing_is_made_of():
    frame = pd.DataFrame({"site_of_cancer": ["lung", "breast"], "cases": [3, 4], "none": np.nan})
    page = pn.html_report(
        {"Ratios": [RATIOS, "One.\n\nTwo."], "Sites": frame}, title="A title", introduction="Why."
    )
    seen = Elements(page.html)
    assert not seen.open, "every element is closed"
    assert page.headings == ("Ratios", "Sites")
    for words in ("A title", "Why.", "One.", "Two.", "Incidence ratios, 95% CI, exact", "lung"):
        assert words in seen.words
    for shown in ("1.791", "0.9255", "3.129", "site of cancer"):
        assert shown in seen.words
    assert "none" not in [th.strip() for th in re.findall(r"<th[^>]*>(.*?)</th>", page.html)]
    assert len(seen.of("table")) == len(seen.of("caption")) == 2
    assert len(seen.of("img")) == len(seen.of("figure")) == 1
    assert "Observed / expected cancers (95% CI), a row each for f, m" in seen.of("img")[0]["alt"]
    assert all(image["alt"] for image in seen.of("img"))


def test_nothing_is_fetched_and_nothing_runs():
    page = pn.html_report({"Ratios": RATIOS}, title="A title")
    seen = Elements(page.html)
    assert not seen.of("script")
    assert not seen.of("link")
    assert all(image["src"].startswith("data:image/") for image in seen.of("img"))
    svg = base64.b64decode(seen.of("img")[0]["src"].partition(",")[2])
    assert svg.startswith(b"<?xml")


def test_the_same_results_make_the_same_bytes():
    one, two = (pn.html_report({"Ratios": RATIOS}, title="A title").html for _ in range(2))
    assert one == two


def test_what_looks_like_html_is_shown_as_it_is():
    bad = "<script>alert(1)</script> & <b>"
    frame = pd.DataFrame({bad: [bad]})
    page = pn.html_report({bad: [bad, frame]}, title=bad, introduction=bad)
    seen = Elements(page.html)
    assert not seen.of("script")
    assert not seen.of("b")
    # title twice, introduction, contents, heading, text, caption, column, cell
    assert seen.words.count(bad) == 8
    assert f">{bad}<" not in page.html


def test_long_tables_are_cut_and_the_page_says_so():
    frame = pd.DataFrame({"x": np.arange(100)})
    seen = Elements(pn.html_report({"Rows": frame}, title="t", most_rows=7).html)
    assert len(seen.of("td")) == 7
    assert "93 more rows are in the file" in seen.words
    (link,) = [one for one in seen.of("a") if "download" in one]
    pd.testing.assert_frame_equal(saved(link), frame)


def test_figures_and_files_are_pictures(tmp_path):
    figure, ax = plt.subplots()
    ax.plot([0, 1])
    figure.savefig(tmp_path / "drawn.png")
    page = pn.html_report({"Mine": [figure, tmp_path / "drawn.png"]}, title="t", pictures=False)
    kinds = [image["src"].partition(";")[0] for image in Elements(page.html).of("img")]
    assert kinds == ["data:image/svg+xml", "data:image/png"]
    plt.close(figure)


def test_terms_of_a_model_are_called_by_their_names():
    model = pd.DataFrame({"term": ["C(age)[T.50.0]", "sex[T.m]:x"], "ratio": [1.5, 2.5]})
    seen = Elements(pn.html_report({"Model": model}, title="t").html)
    assert "age: 50" in seen.words
    assert "sex: m × x" in seen.words
    assert "[T." not in seen.words


def test_no_figure_is_left_open():
    before = plt.get_fignums()
    pn.html_report({"Ratios": RATIOS}, title="t")
    assert plt.get_fignums() == before


def test_a_result_that_cannot_be_drawn_says_why():
    table = pn.person_years(
        {"born": [1950.0], "from": [2000.0], "to": [2002.0]}, birth="born", entry="from", exit="to"
    )
    seen = Elements(pn.html_report({"Years": table}, title="t").html)
    assert not seen.of("img")
    assert "Not drawn: " in seen.words


def test_every_fault_is_told():
    with pytest.raises(pn.ArgumentError) as caught:
        pn.html_report({"a": 3, "b": [Path("x.pdf"), {}]}, title="t", most_rows=0)
    for words in ("'a': int cannot", "'b': 'x.pdf' cannot", "'b': dict cannot", "'most_rows': 0"):
        assert words in str(caught.value)
    with pytest.raises(pn.ArgumentError, match="Map headings"):
        pn.html_report(RATIOS, title="t")
    with pytest.raises(pn.FileError, match="none\\.png"):
        pn.html_report({"a": Path("none.png")}, title="t")


def test_it_is_saved_whole(tmp_path):
    page = pn.html_report({"Ratios": RATIOS}, title="A title", pictures=False)
    path = page.save(tmp_path / "new" / "report.html")
    assert path.read_text(encoding="utf-8") == page.html
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
    assert repr(page).startswith("Report 'A title' (")
    assert Elements(page._repr_html_()).of("iframe")[0]["srcdoc"] == page.html


def test_every_table_is_saved_with_all_its_digits():
    seen = Elements(pn.html_report({"Ratios": pn.captioned(RATIOS, "By sex")}, title="t").html)
    (link,) = [one for one in seen.of("a") if "download" in one]
    assert link["download"] == "by_sex.csv"
    pd.testing.assert_frame_equal(saved(link), RATIOS.summary())
    assert [head["scope"] for head in seen.of("th")].count("row") == 2


def test_the_policy_names_the_style_and_lets_nothing_else_in():
    page = pn.html_report({"Ratios": RATIOS}, title="t").html
    (policy,) = [m["content"] for m in Elements(page).of("meta") if "http-equiv" in m]
    style = re.search("<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; img-src data:; ")
    assert f"style-src 'sha256-{digest}'; script-src 'none'" in policy
    assert not re.search(r"<[^>]* style=", page)
    moving = pn.html_report({"a": pn.people_tested(ACCURACY, 0.17)}, title="t").html
    script = re.search("<script>(.*?)</script>", moving, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in moving


def test_a_page_says_how_it_was_made():
    page = pn.html_report(
        {"Ratios": [RATIOS, "See Garwood (doi:10.1093/biomet/28.3-4.437)."]},
        title="t",
        sources=["Chow 1995, doi:10.1007/BF00051675"],
        command="paraneo cohort 'my people.csv'",
        date="1 December 2026",
    )
    seen = Elements(page.html)
    assert page.headings == ("Ratios",)
    for words in (
        "Standardised incidence ratios are observed over expected numbers of events, with exact",
        "Made on 1 December 2026.",
        f"Versions: paraneo {pn.__version__}, Python ",
        "paraneo cohort 'my people.csv'",
    ):
        assert words in seen.words
    links = {one["href"] for one in seen.of("a")}
    assert "https://doi.org/10.1007/BF00051675" in links
    assert "https://doi.org/10.1093/biomet/28.3-4.437" in links
    assert "Methods" not in pn.html_report({"Ratios": RATIOS}, title="t", methods="").html


def test_the_slider_holds_what_python_computes():
    tested = pn.people_tested(ACCURACY, 0.17)
    (part,) = [
        one
        for one in Elements(pn.html_report({"a": tested}, title="t").html).of("div")
        if "data-figures" in one
    ]
    figures = json.loads(part["data-figures"])
    frame = tested.summary()
    assert len(figures) == len(frame)
    for shown, (_, row) in zip(figures, frame.iterrows(), strict=True):
        values = pn.predictive_values(ACCURACY, row["prevalence"])
        assert shown["ppv"] == f"{100 * values.ppv.value:.1f}%"
        assert shown["npv_interval"] == (
            f"{100 * values.npv.lower:.1f}% to {100 * values.npv.upper:.1f}%"
        )
        assert sum(int(shown[kind]) for kind in KINDS) == 1000
        exact = values.natural_frequencies().iloc[0]
        for kind in KINDS:
            assert abs(int(shown[kind]) - exact[kind]) < 1


def test_light_and_dark_can_be_read():
    """Text stands out from its ground by 4.5 to 1 (WCAG 2.2, 1.4.3), marks by 3 to 1."""
    style = re.search("<style>(.*?)</style>", pn.html_report({}, title="t").html, re.DOTALL)[1]
    for block in re.findall(r":root \{([^}]*)\}", style)[:2]:
        colours = dict(re.findall(r"--(\w+): (#\w+)", block))
        for ground in ("paper", "soft"):
            for name in ("ink", "quiet", "link"):
                assert contrast(colours[name], colours[ground]) > 4.5, (name, ground)
            for name in ("with", "other", "none"):
                assert contrast(colours[name], colours[ground]) > 3, (name, ground)


def contrast(one, other):
    def light(colour):
        digits = colour[1:] if len(colour) == 7 else "".join(2 * d for d in colour[1:])
        parts = np.array([int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05

    low, high = sorted([light(one), light(other)])
    return high / low
