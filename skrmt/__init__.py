# SPDX-License-Identifier: BSD-3-Clause
"""Scikit-learn compatible estimators built on random matrix theory.

Every estimator does a job cheaply and knows, from the training data alone, how well
it did it. The estimators live in sub-packages that carry scikit-learn's words
(`skrmt.kernel_approximation`, ...); the laws they rest on are plain functions in
`skrmt.theory`.
"""

from skrmt.utils._distribution import package_version, refuse_namesake

# Before any other import: files of the two projects may be mixed.
refuse_namesake()

from skrmt.utils._show_versions import show_versions  # noqa: E402

__version__ = package_version()

__all__ = ["__version__", "show_versions"]
