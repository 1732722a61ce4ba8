"""The page of a report: what it shows, what it escapes, and what it refuses."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import paraneo as pn

RATIOS = pn.incidence_ratios(
    {"sex": ["f", "m"], "observed": [12, 20], "expected": [6.7, 18.3]}, by="sex"
)


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
        if tag not in ("meta", "img"):
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
    assert len(seen.of("table")) == 2
    assert len(seen.of("img")) == 1
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
    assert seen.words.count(bad) == 7  # title twice, introduction, heading, text, column, cell
    assert f">{bad}<" not in page.html


def test_long_tables_are_cut_and_the_page_says_so():
    frame = pd.DataFrame({"x": np.arange(100)})
    seen = Elements(pn.html_report({"Rows": frame}, title="t", most_rows=7).html)
    assert len(seen.of("td")) == 7
    assert "93 more rows are not shown" in seen.words


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
