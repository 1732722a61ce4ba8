"""Sources that name a DOI or a PMID lead to it."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

#: The end of a DOI is not part of the sentence around it.
_DOI = re.compile(r"\bdoi:\s?(10\.\d{4,9}/[^\s,;]*[^\s,;.)\]])|\bPMID:?\s(\d{5,9})\b")


def _linked(_app: Any, doctree: nodes.document) -> None:
    for text in list(doctree.findall(nodes.Text)):
        within = text.parent
        if isinstance(within, nodes.reference | nodes.literal | nodes.literal_block):
            continue
        parts, at = [], 0
        for found in _DOI.finditer(text.astext()):
            parts.append(nodes.Text(text.astext()[at : found.start()]))
            host = "https://doi.org/" if found[1] else "https://pubmed.ncbi.nlm.nih.gov/"
            link = host + (found[1] or found[2])
            parts.append(nodes.reference("", found[0], refuri=link, internal=False))
            at = found.end()
        if parts:
            within.replace(text, [*parts, nodes.Text(text.astext()[at:])])


def setup(app: Any) -> dict[str, bool]:
    """Link them once a page is read."""
    app.connect("doctree-read", _linked)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
