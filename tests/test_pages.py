"""The pages name every function beside its peer, or as one without, and hold what they draw."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import paraneo

DOCS = Path(__file__).parents[1] / "docs"


def test_every_function_stands_beside_its_peer_or_among_those_without():
    pages = [DOCS / "how_to" / f"{name}.md" for name in ("coming_from_r", "side_by_side")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    functions = [n for n in paraneo.__all__ if inspect.isfunction(getattr(paraneo, n))]
    assert [
        name for name in functions if f"`{name}" not in text and f"pn.{name}(" not in text
    ] == []


def test_every_page_is_reached_from_the_first():
    tree = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^(gallery|\w+/\w+)$", tree, re.MULTILINE))
    pages = {
        str(page.relative_to(DOCS).with_suffix(""))
        for folder in ("tutorials", "how_to", "explanation", "reference")
        for page in (DOCS / folder).glob("*.md")
    }
    assert pages | {"gallery"} == listed


def test_links_between_pages_lead_somewhere():
    for page in DOCS.rglob("*.md"):
        if {"_build", "jupyter_execute"} & set(page.parts):
            continue
        for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), (page, link)


def test_kernels_draw_into_the_pages():
    """The backend of scripts would leave all pictures out; the build counts them, too."""
    conf = (DOCS / "conf.py").read_text(encoding="utf-8")
    assert 'os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"' in conf
    assert '"counted_pictures"' in conf
