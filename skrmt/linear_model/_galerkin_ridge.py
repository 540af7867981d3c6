# SPDX-License-Identifier: BSD-3-Clause
r"""Ridge residuals for all penalties at once, from a space of coefficients that grows.

Restricted to coefficients ``V c`` with orthonormal columns V, ridge regression on A is that on
``W = A V``; one decomposition ``W'W = E h E'`` serves all penalties:

    c = E (h + alpha)^-1 E' W'y,    residuals  y - W c.

V grows by approximate solutions ``M g`` of what is left, where g is the gradient
``A'(y - W c) - alpha V c`` at some penalty and M an approximate inverse of ``A'A + alpha``: at that
penalty the result is never worse than that of as many conjugate gradients with M, and the
neighbours profit. ``g'M g`` tells the error, ``e'(A'A + alpha) e``.
"""

import numpy as np

from skrmt.linear_model._polished_ridge import risk_errors

# Directions that are new by less than so many roundings are rounding.
ROUNDINGS = 100


class GalerkinRidge:
    """Ridge problems with the same rows, restricted to a space.

    Parameters
    ----------
    rows : RowSweeps
        A.
    targets : ndarray of shape (n_samples, n_targets)
        Y in the unit of A: centred, times sqrt(w); of order 1.
    image : ndarray of shape (n_features, n_targets)
        A'Y.
    """

    def __init__(self, rows, targets, image):
        (n, p), dtype = rows.shape, rows.dtype
        self._rows, self._targets, self._image = rows, targets, image
        # In rows, so that what is new is appended.
        self._V, self._W = np.empty((0, p), dtype), np.empty((0, n), dtype)
        self._back = np.empty((0, p), dtype)  # A'A V
        self._gram, self._projected = np.empty((0, 0)), np.empty((0, targets.shape[1]))

    @property
    def dimension(self):
        """Dimension of the space."""
        return len(self._V)

    def add(self, directions):
        """Add directions to the space.

        Parameters
        ----------
        directions : ndarray of shape (n_features, k)
            In the dtype of the products.

        Returns
        -------
        added : int
            How many of them were new.
        """
        rounding = ROUNDINGS * np.finfo(directions.dtype).eps
        size = np.linalg.norm(directions, axis=0)
        directions = directions[:, size > 0] / size[size > 0]
        for _ in range(2):
            directions = directions - self._V.T @ (self._V @ directions)
        Q, size, _ = np.linalg.svd(directions, full_matrices=False)
        Q = Q[:, size > rounding]
        if not Q.shape[1]:
            return 0
        # What was nearly in the space leans on it: once more.
        V = np.linalg.qr(Q - self._V.T @ (self._V @ Q))[0]
        W, back = self._rows.sweep(V)
        # Rounding of float32 sums would show in the small eigenvalues.
        new = W.T.astype(np.float64)
        cross = new @ self._W.T.astype(np.float64)
        self._gram = np.block([[self._gram, cross.T], [cross, new @ new.T]])
        self._projected = np.vstack([self._projected, new @ self._targets])
        self._V, self._W = np.vstack([self._V, V.T]), np.vstack([self._W, W.T])
        self._back = np.vstack([self._back, back.T])
        return V.shape[1]

    def solve(self, alphas):
        """Coefficients in the space.

        Parameters
        ----------
        alphas : ndarray of shape (L,)
            Penalties in the unit of A'A, positive.

        Returns
        -------
        inner : ndarray of shape (dimension, n_targets, L)
            Coefficients c.
        """
        h, E = np.linalg.eigh(self._gram)
        b = (E.T @ self._projected)[:, :, None] / (np.maximum(h, 0)[:, None, None] + alphas)
        return np.tensordot(E, b, 1)

    def residuals(self, inner):
        """Residuals of coefficients in the space.

        Parameters
        ----------
        inner : ndarray of shape (dimension, n_targets, L)
            Coefficients c.

        Returns
        -------
        residuals : ndarray of shape (n_samples, n_targets, L)
            In the dtype of the products.
        """
        k, q, L = inner.shape
        fitted = self._W.T @ inner.reshape(k, q * L).astype(self._W.dtype)
        return self._targets[:, :, None].astype(self._W.dtype) - fitted.reshape(-1, q, L)

    def coefs(self, inner):
        """Coefficients of the features.

        Parameters
        ----------
        inner : ndarray of shape (dimension, n_targets)
            Coefficients c.

        Returns
        -------
        coefs : ndarray of shape (n_features, n_targets) and dtype float64
            In the unit of A.
        """
        return (self._V.T @ inner.astype(self._V.dtype)).astype(np.float64)

    def gradients(self, inner, alphas, targets=slice(None)):
        """Gradients, each of a target at a penalty.

        Parameters
        ----------
        inner : ndarray of shape (dimension, k)
            Coefficients c.
        alphas : ndarray of shape (k,)
            Penalties.
        targets : ndarray of shape (k,), default=slice(None)
            Index of the target; all once by default.

        Returns
        -------
        gradients : ndarray of shape (n_features, k)
            In the dtype of the products.
        """
        c = inner.astype(self._V.dtype)
        shrunk = (alphas * inner).astype(self._V.dtype)
        return self._image[:, targets] - self._back.T @ c - self._V.T @ shrunk

    def risk_errors(self, inner, alphas, errors, targets=slice(None)):
        """Bounds of the relative errors of squared residuals.

        Parameters
        ----------
        inner : ndarray of shape (dimension, k)
            Coefficients c.
        alphas : ndarray of shape (k,)
            Penalties.
        errors : ndarray of shape (k,)
            Squared errors of the coefficients, in the norm of the problem.
        targets : ndarray of shape (k,), default=slice(None)
            Index of the target; all once by default.

        Returns
        -------
        bounds : ndarray of shape (k,)
            See :func:`risk_errors`.
        """
        fitted = np.sum(inner * (2 * self._projected[:, targets] - self._gram @ inner), axis=0)
        squares = np.sum(self._targets[:, targets] ** 2, axis=0) - fitted
        return risk_errors(alphas, np.sum(inner**2, axis=0), squares, errors)
