"""A report: parts under headings, put together into one HTML file that stands alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from paraneo._version import __version__
from paraneo.errors import Faults
from paraneo.gate.verbs import Checked, verb
from paraneo.gate.writing import written_whole
from paraneo.results.result import Result

from ._pieces import PICTURES, Captioned, Lines, Paragraph, Piece, paragraphs, pieces_of
from .methods import methods_of, versions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    Item = str | Result | pd.DataFrame | Figure | Path | Captioned

#: Headings of what the page says of itself.
METHODS, SOURCES, MADE = "Methods, to paste", "Sources", "How this page was made"
#: A DOI in text that is escaped already; its end is not part of the sentence around it.
_LINK = re.compile(r"doi:\s?(10\.\d{4,9}/(?:&amp;|&lt;|&gt;|[^\s,;&<>])*(?:[^\s,;.)&<>]))")
_CURE = "Give text, results, tables, figures, or paths of PNG or SVG files"


@dataclass(frozen=True, slots=True, repr=False)
class HtmlReport(Checked):
    """A page that holds all it shows.

    Attributes
    ----------
    title : str
    headings : tuple of str
        Those of its parts.
    html : str
        The whole file. Nothing is fetched from elsewhere, which its Content-Security-Policy
        holds; the only script is that of the slider of `people_tested`, where there is one.
    """

    title: str
    headings: tuple[str, ...]
    html: str

    def save(self, path: str | Path) -> Path:
        """Write the page, whole or not at all, and return where it is.

        Raises
        ------
        FileError
            When nothing can be written there.
        """
        with written_whole(path) as part:
            part.write_text(self.html, encoding="utf-8")
        return Path(path)

    def _repr_html_(self) -> str:
        """Show the page in a notebook, in a frame of its own."""
        style = "width: 100%; height: 36rem; border: 1px solid #ccc"
        inside, title = escape(self.html), escape(self.title)
        return f'<iframe srcdoc="{inside}" title="{title}" style="{style}"></iframe>'

    def __repr__(self) -> str:
        parts = ", ".join(self.headings) or "nothing"
        size = len(self.html) / 1024
        return f"Report '{self.title}' ({size:,.0f} kB) of: {parts}; .save(path) writes it"


@verb
def html_report(
    parts: Mapping[str, Item | Iterable[Item]],
    *,
    title: str,
    introduction: str = "",
    pictures: bool = True,
    most_rows: int = 60,
    methods: str | None = None,
    sources: Iterable[str] = (),
    command: str = "",
    date: str = "",
) -> HtmlReport:
    """Put results together on one page that can be sent, printed and opened anywhere.

    Parameters
    ----------
    parts : mapping
        From the heading of a part to what stands under it: one of these, or several in turn.

        - text, a paragraph (an empty line begins the next);
        - a result of paraneo: what it says of itself, its table and its picture; of
          `people_tested` a slider over the prevalence;
        - a pandas frame: a table;
        - a matplotlib figure, or the path of a PNG or SVG file: a picture;
        - any of them within `captioned`.
    title : str
    introduction : str
        Paragraphs that stand before the parts: question, data, who and when. The page
        itself names no date, so that the same results make the same bytes.
    pictures : bool
        Whether results are drawn, too; figures and files always are shown.
    most_rows : int
        Of longer tables only so many rows are shown, and the page says how many are not; the
        file that is saved from the page has them.
    methods : str, optional
        A paragraph for the methods section of a paper. Left out, it is made from the results
        that are shown; "" leaves it out.
    sources : iterable of str
        Where figures come from, beside the sources of the methods; what is written as
        ``doi:10.…`` becomes a link.
    command : str
        What was typed to make the page, so that it can be made again.
    date : str
        Shown as it is given.

    Returns
    -------
    HtmlReport

    Raises
    ------
    ArgumentError
        Naming each part that cannot be shown, and why.
    FileError
        When a picture's file cannot be read.

    Notes
    -----
    Text, labels and column names are shown as they are: what looks like HTML in them is
    escaped. Numbers are shown to four significant digits; ``.summary()`` has all of them.

    Examples
    --------
    >>> import paraneo as pn
    >>> table = pn.diagnostic_accuracy(tp=31, fp=12, fn=9, tn=148)
    >>> page = pn.html_report(
    ...     {
    ...         "The antibody": [table, "Counts of one cohort."],
    ...         "What a result means": pn.predictive_values(table, 0.17),
    ...     },
    ...     title="Anti-TIF1-gamma",
    ...     pictures=False,
    ... )
    >>> page.headings
    ('The antibody', 'What a result means')
    >>> page.html.startswith("<!DOCTYPE html>")
    True
    """
    faults = Faults("the arguments of html_report")
    if isinstance(most_rows, bool) or not isinstance(most_rows, int) or most_rows < 1:
        faults.add("most_rows", f"{most_rows!r} is not a positive integer", "Give 1 or more")
    given: Any = parts
    if not isinstance(given, Mapping):
        faults.add("parts", f"it is of type {type(given).__name__}", "Map headings to their parts")
        given = {}
    items = {str(heading): _several(under) for heading, under in given.items()}
    for heading, under in items.items():
        for item in under:
            if not _can_be_shown(item):
                what = repr(str(item)) if isinstance(item, Path) else type(item).__name__
                faults.add(heading, f"{what} cannot be shown", _CURE)
    faults.raise_any()
    made = [
        (heading, [piece for item in under for piece in pieces_of(item, pictures, most_rows)])
        for heading, under in items.items()
    ]
    shown = [_bare(item) for under in items.values() for item in under]
    words, theirs = methods_of(item for item in shown if isinstance(item, Result))
    how = words if methods is None else methods
    last = _of_itself(how, [*sources, *(theirs if how else ())], command, date)
    return HtmlReport(title, tuple(items), _page(title, introduction, [*made, *last]))


def captioned(item: Item, words: str) -> Captioned:
    """Return a table or picture of a report with words of its own.

    They stand over a table, and under a picture, where they are also what a reader who does not
    see it hears.
    """
    return Captioned(item, words)


def _of_itself(
    methods: str, sources: list[str], command: str, date: str
) -> list[tuple[str, list[Piece]]]:
    """Return the last parts: methods, sources, and how the page was made."""
    parts: list[tuple[str, list[Piece]]] = []
    if methods:
        parts.append((METHODS, [*paragraphs(methods)]))
    if sources:
        parts.append((SOURCES, [Lines(tuple(dict.fromkeys(sources)))]))
    if methods or sources or command or date:
        made: list[Piece] = [Paragraph(f"Made on {date}.")] if date else []
        made.append(Paragraph(f"Versions: {versions()}."))
        if command:
            made += [Paragraph("The command:"), Paragraph(command, kind="code")]
        parts.append((MADE, made))
    return parts


def _bare(item: Any) -> Any:
    return item.item if isinstance(item, Captioned) else item


def _several(under: Any) -> list[Any]:
    """Return what stands under a heading as a list."""
    one = isinstance(under, str | Path | Result | pd.DataFrame | Captioned) or hasattr(
        under, "savefig"
    )
    return [under] if one or not isinstance(under, Iterable) else list(under)


def _can_be_shown(item: Any) -> bool:
    item = _bare(item)
    if isinstance(item, Path):
        return item.suffix.lower() in PICTURES
    return isinstance(item, str | Result | pd.DataFrame) or hasattr(item, "savefig")


def _page(title: str, introduction: str, parts: list[tuple[str, list[Piece]]]) -> str:
    """Return the file; whatever looks like HTML in what is shown is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    pages = Environment(
        loader=PackageLoader("paraneo.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["linked"] = lambda text: Markup(_LINK.sub(_link, escape(text, quote=False)))
    files = {
        name: (Path(__file__).parent / f"page.{name}").read_text(encoding="utf-8")
        for name in ("css", "js")
    }
    return pages.get_template("page.html.jinja").render(
        title=title,
        introduction=paragraphs(introduction),
        headings=[heading for heading, _ in parts],
        parts=parts,
        version=__version__,
        style=Markup(files["css"]),
        style_hash=_hash(files["css"]),
        script=Markup(files["js"]) if _moves(parts) else "",
        script_hash=_hash(files["js"]),
    )


def _moves(parts: list[tuple[str, list[Piece]]]) -> bool:
    return any(piece.kind == "slider" for _, pieces in parts for piece in pieces)


def _hash(content: str) -> str:
    """Return what a Content-Security-Policy calls a style or script by."""
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _link(found: re.Match[str]) -> str:
    return f'<a href="https://doi.org/{found[1]}">{found[0]}</a>'
