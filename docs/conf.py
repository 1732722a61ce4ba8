"""How the pages are built: `sphinx-build -W docs docs/_build/html`."""

from __future__ import annotations

import paraneo

project = "paraneo"
author = "The paraneo developers"
copyright = "2026, the paraneo developers"  # noqa: A001
release = paraneo.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
]
exclude_patterns = ["_build", "jupyter_execute"]
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
