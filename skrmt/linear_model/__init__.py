# SPDX-License-Identifier: BSD-3-Clause
"""Linear models for many samples and many features."""

from skrmt.linear_model._sketched_ridge_ensemble import SketchedRidgeEnsemble

__all__ = ["SketchedRidgeEnsemble"]
