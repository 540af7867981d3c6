# SPDX-License-Identifier: BSD-3-Clause
"""Mixtures of known strength, exact similarities and parameters, for tests of clusterings."""

import numpy as np
from sklearn.utils import Bunch

from skrmt.cluster import SparseQuantizedSpectralClustering
from skrmt.cluster._rows import RowMap
from skrmt.datasets import make_gaussian_mixture


def signal_mixture(n, p, snr, seed):
    """Draw two balanced classes with means of squared norm `snr`, opposite, and unit covariance.

    Returns X of shape (n, p), float64, and y of shape (n,), 0 or 1, in random order.
    """
    mean = np.full(p, (snr / p) ** 0.5)
    return make_gaussian_mixture(n, means=[mean, -mean], exact_proportions=True, random_state=seed)


def class_coordinates(proportions, angle=0.0):
    """Return b of shape (k, k - 1): columns of mean 0, orthonormal under the proportions.

    The first two columns are turned by the angle (in radians).
    """
    roots = np.sqrt(proportions)
    basis = np.linalg.qr(np.column_stack([roots, np.eye(len(roots))[:, 1:]]))[0]
    coordinates = basis[:, 1:] / roots[:, None]
    cos, sin = np.cos(angle), np.sin(angle)
    coordinates[:, :2] @= np.array([[cos, -sin], [sin, cos]])[: len(roots) - 1, : len(roots) - 1]
    return coordinates


def class_mixture(n, p, strengths, seed, proportions=None, angle=0.0):
    """Draw k classes with unit covariance whose means have the k - 1 spikes `strengths`.

    Returns X of shape (n, p), float64, and y of shape (n,), from 0 to k - 1, in random order; the
    classes have their proportions (equal ones by default) exactly, and the coordinates turned by
    the angle. Each spike has features of its
    own, in equal shares.
    """
    n_classes = len(strengths) + 1
    if proportions is None:
        proportions = np.full(n_classes, 1 / n_classes)
    coordinates = class_coordinates(np.asarray(proportions, dtype=float), angle)
    means = np.zeros((n_classes, p))
    for r, strength in enumerate(strengths):
        features = np.arange(r, p, len(strengths))
        means[:, features] = coordinates[:, [r]] * (strength / len(features)) ** 0.5
    return make_gaussian_mixture(
        n, means=means, weights=proportions, exact_proportions=True, random_state=seed
    )


def exact_similarities(X, kind, *, center=True, Y=None):
    """Return cosines, inner products or ``-|x - y|^2 / 2`` of centred rows in float64.

    With Y, those of the rows of X with the rows of Y; X gives the mean.
    """
    X = np.asarray(X, dtype=np.float64)
    mean = X.mean(axis=0) if center else np.zeros(X.shape[1])
    A = X - mean
    B = A if Y is None else Y - mean
    if kind == "euclidean":
        return -((A[:, None] - B) ** 2).sum(axis=2) / 2
    if kind == "cosine":
        A, B = (C / np.linalg.norm(C, axis=1, keepdims=True) for C in (A, B))
    return A @ B.T


def rows_of(X, *, unit=True, euclidean=False, center=True, keep=True):
    """Prepare rows as a fit does."""
    return RowMap(X, center).rows(X, unit=unit, euclidean=euclidean, keep=keep)


def parameters_with(**changes):
    """Return the parameters of the estimator, the defaults but for the changes."""
    return Bunch(**SparseQuantizedSpectralClustering(**changes).get_params(deep=False))
