"""How the pages are built: `sphinx-build -W docs docs/_build/html`."""

from __future__ import annotations

import inspect
import os
import re
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import paraneo

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

from gallery import picture_of

project = "paraneo"
author = "The paraneo developers"
copyright = "2026, the paraneo developers"  # noqa: A001
release = paraneo.__version__

# Kernels take this over; a backend for scripts would leave all pictures out of the pages.
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "counted_pictures",
    "gallery",
    "linked_sources",
    "native_math",
]
html_math_renderer = "mathml"
exclude_patterns = ["_build", "jupyter_execute", "extensions"]
html_theme = "furo"
html_title = "paraneo"
html_static_path = ["_static"]
html_css_files = ["paraneo.css"]

# A page that fails, fails the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True
myst_heading_anchors = 2
myst_enable_extensions = ["dollarmath", "colon_fence"]

autodoc_typehints = "none"  # the docstrings name the types in words
autodoc_member_order = "bysource"
autosummary_generate = False
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

#: On a reference page, `{{ room: paraneo.rates }}` stands for all public names of that room.
_ROOM = re.compile(r"^\{\{ room: (\S+) \}\}$", re.MULTILINE)


def _public(room: str) -> list[str]:
    """Return a room's public names, without those of the rooms within it."""
    module = import_module(room)
    inner = [
        import_module(f"{room}.{part.name}")
        for part in iter_modules(module.__path__)
        if part.ispkg and not part.name.startswith("_")
    ]
    within = {name for part in inner for name in getattr(part, "__all__", ())}
    return [name for name in module.__all__ if name not in within]


def _entry(room: str, name: str) -> str:
    """Return the directive of one name, functions as they are called by users."""
    thing = getattr(import_module(room), name)
    place = "paraneo" if name in paraneo.__all__ else ".".join(room.split(".")[:2])
    if inspect.isclass(thing):
        return f".. autoclass:: {place}.{name}\n   :members:\n   :inherited-members: Exception\n"
    kind = "autofunction" if inspect.isfunction(thing) else "autodata"
    return f".. {kind}:: {place}.{name}\n"


def _in_order(room: str) -> list[str]:
    """Return a room's names, each class after the first function that returns it."""
    module, names = import_module(room), _public(room)
    classes = [name for name in names if inspect.isclass(getattr(module, name))]
    ordered: list[str] = []
    for name in (name for name in names if name not in classes):
        returned = getattr(getattr(module, name), "__annotations__", {}).get("return", "")
        made = [one for one in classes if one == returned and one not in ordered]
        ordered += [name, *made]
    return ordered + [name for name in classes if name not in ordered]


def _pages(room: str) -> tuple[dict[str, list[str]], list[str]]:
    """Return a page a function, with the classes that it returns, and the names left over."""
    module = import_module(room)
    pages: dict[str, list[str]] = {}
    left: list[str] = []
    for name in _in_order(room):
        thing = getattr(module, name)
        if inspect.isfunction(thing):
            pages[name] = [name]
        elif (
            pages
            and getattr(getattr(module, list(pages)[-1]), "__annotations__", {}).get("return", "")
            == name
        ):
            pages[list(pages)[-1]].append(name)
        else:
            left.append(name)
    return pages, left


def _place(room: str, name: str) -> str:
    return name if name in paraneo.__all__ else f"{room.split('.')[1]}.{name}"


def _reference(found: re.Match[str]) -> str:
    room = found[1]
    pages, left = _pages(room)
    places = [_place(room, name) for name in pages]
    table = "\n".join(f"   {place}" for place in places)
    summary = f".. currentmodule:: paraneo\n\n.. autosummary::\n   :nosignatures:\n\n{table}\n"
    entries = "\n".join(_entry(room, name) for name in left)
    files = "\n".join(f"   api/{place}" for place in places)
    tree = f"\n.. toctree::\n   :hidden:\n\n{files}\n"
    return f"```{{eval-rst}}\n{summary + tree if places else ''}\n{entries}\n```"


def _write_pages(_app: Any) -> None:
    """Write a page a function: what it is, its picture, and what it returns."""
    folder = Path(__file__).parent / "reference" / "api"
    folder.mkdir(exist_ok=True)
    wanted = {}
    for page in sorted(folder.parent.glob("*.md")):
        for room in _ROOM.findall(page.read_text(encoding="utf-8")):
            for name, shown in _pages(room)[0].items():
                place = _place(room, name)
                first, *others = (_entry(room, one) for one in shown)
                parts = "\n".join(
                    [".. currentmodule:: paraneo\n", first, picture_of(place), *others]
                )
                wanted[f"{place}.md"] = f"# {place}\n\n```{{eval-rst}}\n{parts}\n```\n"
    for file in folder.glob("*.md"):
        if file.name not in wanted:
            file.unlink()
    for name, text in wanted.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def _fill_reference(_app: Any, _page: str, source: list[str]) -> None:
    source[0] = _ROOM.sub(_reference, source[0])


def setup(app: Any) -> None:
    """Fill reference pages from the rooms' own lists of names, so that none is forgotten."""
    app.connect("builder-inited", _write_pages)
    app.connect("source-read", _fill_reference)
