# SPDX-License-Identifier: BSD-3-Clause
"""Configuration of Sphinx."""

from importlib import metadata

project = "skrmt"
author = "skrmt developers"
copyright = author
release = version = metadata.version("skrmt")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["_build"]
templates_path = ["_templates"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

# One page for each public object; the template lists its methods.
autosummary_generate = True
numpydoc_show_class_members = False
autodoc_typehints = "none"  # the docstrings say types, with shapes

html_static_path = ["_static"]
html_theme_options = {
    "description": "Scikit-learn estimators built on random matrix theory",
    "fixed_sidebar": True,
    "page_width": "1160px",
    "show_powered_by": False,
}
html_show_copyright = False
html_show_sphinx = False
html_show_sourcelink = False


def setup(app):
    """Take off the blank line with which a doctest ends before the fence of its block."""

    def without_last_line(app, docname, source):
        source[0] = source[0].replace("\n\n```\n", "\n```\n")

    app.connect("source-read", without_last_line)
