"""A page that draws holds its pictures, or the build fails; each has words in place of sight."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util import logging

LOG = logging.getLogger(__name__)
#: Cells of a page that are run, and what draws in them.
CELL = re.compile(r"^```\{code-cell\}.*?^```$", re.MULTILINE | re.DOTALL)
DRAWS = re.compile(r"\.plot\(|\.plot_\w+\(|lexis_diagram\(|plt\.subplots\(")
#: Addresses from which a page would take something over the network.
FETCHED = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']https?://[^"']+""")


def drawing_cells(source: str) -> int:
    """Return how many cells of a page draw."""
    return sum(bool(DRAWS.search(cell)) for cell in CELL.findall(source))


def _say_in_words(_app: Any, doctree: nodes.document, _page: str) -> None:
    """Name each picture by the heading it stands under and the code that drew it."""
    for image in doctree.findall(nodes.image):
        if image.get("alt"):
            continue
        section, cell = image.parent, image.parent
        while section is not None and not isinstance(section, nodes.section):
            section = section.parent
        while cell is not None and "cell" not in cell.get("classes", ()):
            cell = cell.parent
        code = next(cell.findall(nodes.literal_block), None) if cell is not None else None
        heading = section.next_node(nodes.title).astext() if section is not None else "Picture"
        last = code.astext().strip().splitlines()[-1].rstrip(";") if code is not None else ""
        image["alt"] = f"{heading}: drawn by {last}" if last else heading


def _count(app: Any, failure: Exception | None) -> None:
    if failure or app.builder.format != "html":
        return
    for page in sorted(app.env.found_docs):
        html = Path(app.builder.get_outfilename(page)).read_text(encoding="utf-8")
        wanted = drawing_cells(Path(app.env.doc2path(page)).read_text(encoding="utf-8"))
        shown = len(re.findall(r'<img [^>]*src="[^"]*_images/', html))
        if shown < wanted:
            LOG.warning("%s: %d cells draw, %d pictures are shown", page, wanted, shown)
        for address in FETCHED.findall(html):
            LOG.warning("%s: fetches from another host: %s", page, address)


def setup(app: Any) -> dict[str, bool]:
    """Count when all is written."""
    app.connect("doctree-resolved", _say_in_words)
    app.connect("build-finished", _count)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
