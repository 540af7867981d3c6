# SPDX-License-Identifier: BSD-3-Clause
r"""Ridge residuals for all penalties at once, from a small matrix.

Block Golub-Kahan bidiagonalisation of A (n x p) from a block of vectors U_1, in turns

    R V_k = A'U_k,    U_{k+1} R = A V_k,    each made orthogonal to all before it,

gives orthonormal bases U, V of block Krylov spaces, with ``A V = U T`` for a small matrix T. The
targets Y are in the span of U_1, ``Y = U c``. With ``T = P S Q'`` the ridge regression restricted
to span V has, for every penalty at once,

    coefficients  V Q (S / (S^2 + alpha)) P'c
    residuals     U (c - P (S^2 / (S^2 + alpha)) P'c)

Beside the targets, U_1 has random vectors: products of A with a few vectors take little more time
than with one, and conjugate gradients, which work in the same spaces, are slow where a few singular
values stand out, which random vectors find. After G. H. Golub, F. T. Luk, M. L. Overton, "A block
Lanczos method for computing the singular values and corresponding singular vectors of a matrix",
ACM TOMS 7 (1981).
"""

import numpy as np
from scipy.linalg import qr, svd

BLOCK = 16


class Bidiagonalization:
    """Block Krylov spaces of ridge problems with the same rows.

    Parameters
    ----------
    rows : RowSweeps
        A.
    targets : ndarray of shape (n_samples, n_targets)
        Y in the unit of A: centred, times sqrt(w).
    seed : int
        For the random vectors.
    block : int, default=16
        Vectors of a step; the number of targets where that is more.

    Attributes
    ----------
    n_steps : int
        Number of steps.
    """

    def __init__(self, rows, targets, seed, block=BLOCK):
        self._rows, dtype = rows, rows.dtype
        self.n_steps = 0
        extra = min(max(0, block - targets.shape[1]), rows.shape[0])
        # The unit of the targets goes, so that float32 holds them.
        size = np.linalg.norm(targets, axis=0)
        self._size = np.where(size > 0, size, 1.0)
        random = np.random.default_rng(seed).standard_normal((rows.shape[0], extra))
        start = np.hstack([targets / self._size, random]).astype(dtype)
        self._U, self._V = np.zeros((0, rows.shape[0]), dtype), np.zeros((0, rows.shape[1]), dtype)
        self._T = np.zeros((0, 0))
        self._largest = 0.0
        basis, coefficients = self._orthonormal(start, self._U)
        self._U = basis
        self._start = coefficients[:, : targets.shape[1]].astype(np.float64)
        self._back = rows.transposed_dot(basis.T)

    @property
    def dimension(self):
        """Dimension of the space of coefficients."""
        return len(self._V)

    @property
    def exhausted(self):
        """Whether a further step adds nothing: results are exact up to rounding."""
        return self._back.shape[1] == 0

    def _orthonormal(self, vectors, basis):
        """Orthonormal rows for what columns add to a basis, and their coefficients in both."""
        size = np.linalg.norm(vectors, axis=0).max(initial=0.0)
        self._largest = max(self._largest, float(size))
        overlap = basis @ vectors
        Q, R, order = qr(
            vectors - basis.T @ overlap, mode="economic", pivoting=True, check_finite=False
        )
        rounding = 10 * np.finfo(vectors.dtype).eps * self._largest
        rank = int(np.sum(np.abs(np.diag(R)) > rounding))
        added = np.zeros((rank, vectors.shape[1]), vectors.dtype)
        added[:, order] = R[:rank]
        # Columns that were nearly in the span of the basis lean on it: once more, for Q itself.
        leaning = basis @ Q[:, :rank]
        Q, R = np.linalg.qr(Q[:, :rank] - basis.T @ leaning)
        coefficients = np.vstack([overlap + leaning @ added, R @ added])
        return np.ascontiguousarray(Q.T), coefficients

    def advance(self, n_steps=1):
        """Add blocks to the bases, as far as there are directions left.

        Parameters
        ----------
        n_steps : int, default=1
            How many.
        """
        for _ in range(n_steps):
            if self.exhausted:
                return
            V, R = self._orthonormal(self._back, self._V)
            if not len(V):
                self._back = self._back[:, :0]
                return
            last = len(self._U) - self._back.shape[1]
            # What A V has of the last block of U is known beforehand: U'A V = (A'U)'V.
            known = R[len(self._V) :].T
            W, back = self._rows.sweep(V.T, self._U[last:].T @ known)
            U, coefficients = self._orthonormal(W, self._U)
            coefficients[last : len(self._U)] += known
            T = np.zeros((len(self._U) + len(U), len(self._V) + len(V)))
            T[: self._T.shape[0], : self._T.shape[1]] = self._T
            T[:, self._T.shape[1] :] = coefficients
            # A'U from A'W: the rest of W is in span U, and A'U before is in span V, where the next
            # step will not look.
            inverse = np.linalg.pinv(coefficients[len(self._U) :])
            self._back = back @ inverse.astype(back.dtype)
            self._T = T
            self._U, self._V = np.vstack([self._U, U]), np.vstack([self._V, V])
            self.n_steps += 1

    def solve(self, alphas):
        """Solve the small ridge problems.

        Parameters
        ----------
        alphas : ndarray of shape (L,)
            Penalties in the unit of A'A, positive.

        Returns
        -------
        inner : ndarray of shape (dimension, n_targets, L)
            Coefficients in the basis V.
        outer : ndarray of shape (n, n_targets, L)
            Residuals in the basis U.
        """
        c = np.zeros((len(self._U), self._start.shape[1]))
        c[: len(self._start)] = self._start * self._size
        P, S, Qt = svd(self._T, full_matrices=False, check_finite=False)
        b, shifted = (P.T @ c)[:, :, None], (S * S)[:, None, None] + alphas
        inner = np.tensordot(Qt.T, S[:, None, None] * b / shifted, 1)
        outer = c[:, :, None] - np.tensordot(P, (S * S)[:, None, None] * b / shifted, 1)
        return inner, outer

    def residuals(self, outer):
        """Residuals from their coefficients.

        Parameters
        ----------
        outer : ndarray of shape (n, n_targets, L)
            From :meth:`solve`.

        Returns
        -------
        residuals : ndarray of shape (n_samples, n_targets, L)
            In the dtype of the products.
        """
        k, q, L = outer.shape
        flat = outer.reshape(k, q * L).astype(self._U.dtype)
        return (self._U.T @ flat).reshape(-1, q, L)

    def coefs(self, inner):
        """Coefficients from those in the basis.

        Parameters
        ----------
        inner : ndarray of shape (dimension, n_targets)
            From :meth:`solve`, at one penalty for each target.

        Returns
        -------
        coefs : ndarray of shape (n_features, n_targets) and dtype float64
            In the unit of A.
        """
        return (self._V.T @ inner.astype(self._V.dtype)).astype(np.float64)

    def inverse(self, alphas):
        """Approximate inverses of A'A + alpha, exact in span V but for what leads out of it.

        Parameters
        ----------
        alphas : ndarray of shape (n_targets,)
            Penalty of each target.

        Returns
        -------
        apply : callable
            Multiplies an array of shape (n_features, n_targets), a column with each.
        """
        _, S, Qt = svd(self._T, full_matrices=False, check_finite=False)
        n, p = self._rows.shape
        # Beyond the span the mean of the eigenvalues that are left stands for each of them.
        left = max(self._rows.squares - float(S @ S), 0.0) / max(min(n, p) - len(S), 1)
        inside, outside = 1 / ((S * S)[:, None] + alphas), 1 / (left + alphas)
        basis = (Qt @ self._V.astype(np.float64)).astype(self._V.dtype)

        def apply(gradient):
            overlap = basis @ gradient.astype(basis.dtype)
            change = basis.T @ ((inside - outside) * overlap).astype(basis.dtype)
            return outside * gradient + change

        return apply
