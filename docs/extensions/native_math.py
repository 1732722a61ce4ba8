"""Formulas as MathML, which browsers show themselves: nothing is fetched, also offline."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.errors import ExtensionError


def _written(node: nodes.Element, block: bool) -> str:
    try:
        return str(tex2mathml(node.astext().strip(), block))
    except MathError as error:
        raise ExtensionError(
            f"{node.source}:{node.line}: formula not understood: {error}"
        ) from None


def inline(translator: Any, node: nodes.Element) -> None:
    """Write a formula within a line."""
    translator.body.append(_written(node, block=False))
    raise nodes.SkipNode


def block(translator: Any, node: nodes.Element) -> None:
    """Write a formula that stands by itself."""
    translator.body.append(f'<div class="math">{_written(node, block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Offer the renderer that `html_math_renderer` names."""
    app.add_html_math_renderer(
        "mathml", inline_renderers=(inline, None), block_renderers=(block, None)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
