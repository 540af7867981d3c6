# SPDX-License-Identifier: BSD-3-Clause
r"""Exact ridge residuals for all penalties at once, from a small bidiagonal problem.

Golub-Kahan bidiagonalisation of A (n x p), started from a target y, builds orthonormal bases with

    A V_k = U_{k+1} B_k,    u_1 = y / ||y||,    B_k lower bidiagonal, (k + 1) x k,

of the Krylov spaces in which conjugate gradients search. With ``B_k = P S Q'`` the ridge regression
restricted to span V_k has, for every penalty at once,

    coefficients  V_k Q (S / (S^2 + alpha)) P_1' ||y||
    residuals     U_{k+1} P (alpha / (S^2 + alpha)) P_1' ||y||

(P_1 is the first row of P, S has a zero appended in the second line). What the space misses shows in
the gradient ``A'r - alpha beta``, whose norm is the product of the last two entries of B with the
last coefficient. Several targets have a space each; they go in lock step, so that the products
with A are products of matrices. After C. C. Paige, M. A. Saunders, "LSQR: an algorithm for sparse
linear equations and sparse least squares", ACM TOMS 8 (1982), with full reorthogonalisation.
"""

import numpy as np
from scipy.linalg import svd


def _longer(array, length):
    """The array with room for `length` vectors in its second axis."""
    if array.shape[1] >= length:
        return array
    longer = np.zeros((array.shape[0], length, array.shape[2]), array.dtype)
    longer[:, : array.shape[1]] = array
    return longer


class Bidiagonalization:
    """Krylov spaces of ridge problems with the same rows, a target each.

    Parameters
    ----------
    rows : RowSweeps
        A.
    targets : ndarray of shape (n_samples, n_targets)
        Targets in the unit of A: centred, times sqrt(w).

    Attributes
    ----------
    n_steps : int
        Dimension k of the spaces.
    exhausted : bool
        Whether a further step adds nothing: results are exact.
    """

    def __init__(self, rows, targets):
        self._rows = rows
        n, p = rows.shape
        q = targets.shape[1]
        self.n_steps = 0
        self._norms = np.linalg.norm(targets, axis=0)
        self._U, self._V = np.zeros((q, 8, n), rows.dtype), np.zeros((q, 8, p), rows.dtype)
        # diagonal and subdiagonal of B, the former one entry ahead
        self._diagonal, self._below = np.zeros((q, 0)), np.zeros((q, 0))
        safe = np.where(self._norms > 0, self._norms, 1.0)
        self._U[:, 0] = (targets / safe).T
        back = rows.transposed_dot(np.ascontiguousarray(self._U[:, 0].T)).T
        self._scale = np.linalg.norm(back, axis=1)
        self._append(self._V, 0, back, "_diagonal")

    @property
    def exhausted(self):
        """Whether no target has a further direction."""
        return not self._diagonal[:, self.n_steps].any()

    def _append(self, bases, k, vectors, name):
        """Normalise vectors into place k of the bases; store norms, 0.0 where nothing is left."""
        norms = np.linalg.norm(vectors, axis=1).astype(np.float64)
        # Rounding of a product of length n or p, beside the largest entry of B so far.
        rounding = 10 * np.finfo(bases.dtype).eps * np.sqrt(vectors.shape[1])
        norms[norms <= rounding * self._scale] = 0.0
        self._scale = np.maximum(self._scale, norms)
        safe = np.where(norms > 0, norms, 1.0)
        bases[:, k] = np.where(norms[:, None] > 0, vectors / safe[:, None].astype(bases.dtype), 0)
        setattr(self, name, np.column_stack([getattr(self, name), norms]))
        return norms

    @staticmethod
    def _orthogonal_to(bases, vectors):
        """Vectors less their parts in the spans of the bases."""
        overlaps = bases @ vectors[:, :, None]
        return vectors - np.matmul(overlaps.transpose(0, 2, 1), bases)[:, 0]

    def advance(self, n_steps):
        """Add dimensions to the spaces, as far as there are any.

        Parameters
        ----------
        n_steps : int
            How many.
        """
        for _ in range(n_steps):
            if self.exhausted:
                return
            k = self.n_steps
            if k + 2 > self._U.shape[1]:
                # by half more each time: few copies, little waste
                room = (k + 2) * 3 // 2
                self._U, self._V = _longer(self._U, room), _longer(self._V, room)
            U, V = self._U, self._V
            minus = (self._diagonal[:, k, None] * U[:, k]).T.astype(U.dtype)
            W, back = self._rows.sweep(np.ascontiguousarray(V[:, k].T), np.ascontiguousarray(minus))
            w = self._orthogonal_to(U[:, : k + 1], W.T)
            below = self._append(U, k + 1, w, "_below")
            # A'w but for rounding in span V: what reorthogonalisation took from w stays in there.
            g = back.T / np.where(below > 0, below, 1.0)[:, None].astype(V.dtype)
            g -= (below[:, None] * V[:, k]).astype(V.dtype)
            g = self._orthogonal_to(V[:, : k + 1], g)
            g[below == 0] = 0
            self._append(V, k + 1, g, "_diagonal")
            self.n_steps = k + 1

    def solve(self, alphas):
        """Solve the bidiagonal problems.

        Parameters
        ----------
        alphas : ndarray of shape (L,)
            Penalties, positive.

        Returns
        -------
        solution : PathInBases
            Coefficients and residuals at these, in the bases.
        """
        k, q = self.n_steps, len(self._norms)
        inner = np.zeros((q, k, len(alphas)))
        outer = np.zeros((q, k + 1, len(alphas)))
        for t in range(q):
            if k == 0:
                outer[t, 0] = self._norms[t]
                continue
            B = np.zeros((k + 1, k))
            step = np.arange(k)
            B[step, step], B[step + 1, step] = self._diagonal[t, :k], self._below[t, :k]
            P, S, Qt = svd(B, lapack_driver="gesdd", check_finite=False)
            S2 = np.append(S * S, 0.0)[:, None] + alphas
            start = self._norms[t] * P[0]
            inner[t] = Qt.T @ ((S * start[:-1])[:, None] / S2[:-1])
            outer[t] = P @ (start[:, None] * alphas / S2)
        return PathInBases(self, inner, outer)


class PathInBases:
    """Ridge paths as combinations of Krylov bases.

    Parameters
    ----------
    bidiagonalization : Bidiagonalization
        Where the bases are.
    inner : ndarray of shape (n_targets, k, L)
        Coefficients, in the basis V.
    outer : ndarray of shape (n_targets, k + 1, L)
        Residuals, in the basis U.
    """

    def __init__(self, bidiagonalization, inner, outer):
        self._krylov, self.inner, self._outer = bidiagonalization, inner, outer

    def residuals(self):
        """Residuals, of shape (n_samples, n_targets, L), in the unit of A."""
        U = self._krylov._U[:, : self._outer.shape[1]]
        return np.stack(
            [basis.T @ part.astype(basis.dtype) for basis, part in zip(U, self._outer, strict=True)],
            axis=1,
        )

    def coefs(self, index):
        """Coefficients at one penalty for each target.

        Parameters
        ----------
        index : ndarray of shape (n_targets,)
            Which penalty.

        Returns
        -------
        coefs : ndarray of shape (n_features, n_targets)
            In the dtype of X.
        """
        parts = self.inner[np.arange(len(index)), :, index]
        V = self._krylov._V[:, : parts.shape[1]]
        return np.stack([part.astype(V.dtype) @ basis for basis, part in zip(V, parts, strict=True)], 1)
