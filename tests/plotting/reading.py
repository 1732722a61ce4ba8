"""What a reader of a picture sees: where its texts are, by the renderer."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from matplotlib.text import Text

#: Pixels by which boxes of letters may touch: the box is larger than what is inked.
TOUCH = 1.5


def texts_of(figure: Any) -> list[tuple[str, Any]]:
    """Return every text that is drawn, with its box in pixels."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    hidden = {
        id(label)
        for ax in figure.axes
        for axis in (ax.xaxis, ax.yaxis)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        for label in (tick.label1, tick.label2)
        if not (ax.axison and _within(axis, tick))
    }
    return [
        (text.get_text(), Text.get_window_extent(text, renderer))  # without arrows
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden
    ]


def _within(axis: Any, tick: Any) -> bool:
    low, high = sorted(axis.get_view_interval())
    room = 1e-9 * (abs(low) + abs(high))
    return bool(low - room <= tick.get_loc() <= high + room)


def out_of_place(figure: Any) -> list[str]:
    """Return what is wrong: texts that leave the figure, and pairs that overlap."""
    texts = [(words, box) for words, box in texts_of(figure) if box.width and box.height]
    frame = figure.bbox
    said = [
        f"{words!r} leaves the figure"
        for words, box in texts
        if box.x0 < frame.x0 - TOUCH
        or box.y0 < frame.y0 - TOUCH
        or box.x1 > frame.x1 + TOUCH
        or box.y1 > frame.y1 + TOUCH
    ]
    for (one, a), (other, b) in combinations(texts, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        if min(wide, high) > TOUCH:
            said.append(f"{one!r} lies on {other!r}")
    return said
