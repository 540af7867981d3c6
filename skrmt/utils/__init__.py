# SPDX-License-Identifier: BSD-3-Clause
"""Tools that estimators share: validation, warnings, versions.

Kept empty on purpose: `skrmt/__init__.py` imports from this package before it has
checked that the namesake project is absent.
"""
