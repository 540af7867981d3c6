# SPDX-License-Identifier: BSD-3-Clause
"""Linear models for many samples and many features."""

from skrmt.linear_model._sketched_ridge_classifier import SketchedRidgeClassifier
from skrmt.linear_model._sketched_ridge_cv import SketchedRidgeCV
from skrmt.linear_model._sketched_ridge_ensemble import SketchedRidgeEnsemble
from skrmt.linear_model._sketched_ridge_path import sketched_ridge_path

__all__ = [
    "SketchedRidgeCV",
    "SketchedRidgeClassifier",
    "SketchedRidgeEnsemble",
    "sketched_ridge_path",
]
