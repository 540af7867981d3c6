# SPDX-License-Identifier: BSD-3-Clause
"""Configuration of Sphinx."""

from importlib import metadata

project = "skrmt"
author = "skrmt developers"
release = version = metadata.version("skrmt")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["_build"]
autosummary_generate = True
numpydoc_class_members_toctree = False
