# SPDX-License-Identifier: BSD-3-Clause
"""Denoise and solve: the initiator from the leading singular vectors of the adjacency matrix.

[1]_, Algorithm 1, without its relaxation for shuffled vertices. In a dense graph the centred
adjacency ``(A - mean A) / sqrt(N)`` is a matrix of low rank, linear in the perturbation X of the
initiator, plus noise: singular values beyond the edge ``2 sqrt(v)`` are kept and shrunk, and X is
the least squares solution of the linear model, in closed form.

Neither the N x N matrix nor the N^2 x m^2 coefficients are formed.

.. [1] Z. Liao, Y. Xia, C. Niu, Y. Xiao, "Analysis and Approximate Inference of Large Random
   Kronecker Graphs", arXiv:2306.08489.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from sklearn.exceptions import ConvergenceWarning

from skrmt.theory import shrink_singular_values
from skrmt.theory._kronecker_linearisation import linear_gram
from skrmt.utils._user_warning import warn_user

__all__ = ["DenoisedFit", "fit_denoised", "low_rank_counts", "solve_linear_model"]

# Below this side LAPACK takes the whole matrix: the iterative solvers want a few vectors of many.
_SMALL = 128
# Up to this side it also does where many are asked for: 128 MB.
_LARGEST_DENSE = 4096
# Values are compared with the edge of noise that itself scatters by N^(-2/3).
_RELATIVE_ERROR, _RESTARTS = 1e-6, 200


class DenoisedFit(NamedTuple):
    """What denoise-and-solve found.

    Parameters
    ----------
    initiator : ndarray of shape (m, m)
        The initiator.
    singular_values : ndarray of shape (n_components,)
        Leading singular values of the centred adjacency, descending.
    n_spikes : int
        How many of them are beyond the edge of the noise.
    """

    initiator: np.ndarray
    singular_values: np.ndarray
    n_spikes: int


def fit_denoised(adjacency, size, n_levels, directed, n_components, random_state):
    """Fit the linearised model to the denoised adjacency matrix.

    Parameters
    ----------
    adjacency : csr_array of shape (n, n)
        Pattern; vertex i has label i.
    size : int
        Side m of the initiator.
    n_levels : int
        Number of levels K; rows from n to ``m**K`` are zero.
    directed : bool
        Whether the pattern may be asymmetric.
    n_components : int or None
        Singular values to look at; None for the rank of the model, ``(m - 1) K + 1``.
    random_state : RandomState
        Draws the first vector of the iteration.

    Returns
    -------
    DenoisedFit
        The initiator and the spectrum.
    """
    n_vertices = size**n_levels
    mean = adjacency.nnz / n_vertices**2
    mean_level = mean ** (1 / n_levels)
    variance = mean * (1 - mean)
    rank = (size - 1) * n_levels + 1 if n_components is None else n_components
    left, values, right = _leading_triplets(
        adjacency, n_vertices, mean, directed, min(rank, n_vertices), random_state
    )
    shrunk = shrink_singular_values(np.abs(values), variance) if variance > 0 else np.abs(values)
    kept = shrunk > 0
    signal = left[:, kept]
    counts = low_rank_counts(
        signal,
        np.copysign(shrunk, values)[kept],
        signal if right is left else right[:, kept],
        size,
        n_levels,
    )
    perturbation = solve_linear_model(counts, mean_level, size, n_levels, n_vertices)
    initiator = np.clip(mean_level + perturbation / np.sqrt(n_vertices), 0, 1)
    return DenoisedFit(initiator, np.abs(values), int(np.count_nonzero(kept)))


def _leading_triplets(adjacency, n_vertices, mean, directed, rank, random_state):
    """Leading singular triplets of (A - mean) / sqrt(N); signed eigenvalues if symmetric."""
    n, scale = adjacency.shape[0], np.sqrt(n_vertices)
    matrix = adjacency.astype(np.float64)
    if n_vertices <= _SMALL or (rank > n_vertices // 4 and n_vertices <= _LARGEST_DENSE):
        dense = np.full((n_vertices, n_vertices), -mean)
        dense[:n, :n] += matrix.toarray()
        if directed:
            left, values, right = np.linalg.svd(dense / scale)
            return left[:, :rank], values[:rank], right[:rank].T
        values, vectors = np.linalg.eigh(dense / scale)
        order = np.argsort(-np.abs(values), kind="stable")[:rank]
        return vectors[:, order], values[order], vectors[:, order]

    def product(A):
        def apply(V):
            out = np.repeat(-mean * V.sum(axis=0, keepdims=True), n_vertices, axis=0)
            out[:n] += A @ V[:n]
            return out / scale

        return apply

    forward, backward = product(matrix), product(matrix.T.tocsr())
    operator = LinearOperator(
        (n_vertices, n_vertices),
        matvec=forward,
        rmatvec=backward,
        matmat=forward,
        rmatmat=backward,
        dtype=np.float64,
    )
    settings = {
        "k": min(rank, n_vertices - 2),
        "v0": random_state.standard_normal(n_vertices),
        "tol": _RELATIVE_ERROR,
        "maxiter": _RESTARTS,
    }
    if not directed:
        values, vectors = _converged(operator, settings)
        return vectors, values, vectors
    squares, right = _converged(operator.H @ operator, settings)
    values = np.sqrt(np.maximum(squares, 0))
    kept = values > 0
    return forward(right[:, kept]) / values[kept], values[kept], right[:, kept]


def _converged(operator, settings):
    """Leading eigenvalues that the iteration finds, by descending modulus."""
    try:
        values, vectors = eigsh(operator, which="LM", **settings)
    except ArpackNoConvergence as stopped:
        values, vectors = stopped.eigenvalues, stopped.eigenvectors
        warn_user(
            f"Of {settings['k']} singular values of the adjacency {len(values)} converged, as in "
            "graphs that have no few large ones; the others count as noise. A smaller n_components "
            "leaves them out.",
            ConvergenceWarning,
        )
    order = np.argsort(-np.abs(values), kind="stable")
    return values[order], vectors[:, order]


def low_rank_counts(left, values, right, size, n_levels):
    """Digit-pair sums of a matrix of low rank, without writing it out.

    Parameters
    ----------
    left : ndarray of shape (m**K, r)
        Left singular vectors.
    values : ndarray of shape (r,)
        Singular values.
    right : ndarray of shape (m**K, r)
        Right singular vectors.
    size : int
        Side m of the initiator.
    n_levels : int
        Number of levels K.

    Returns
    -------
    ndarray of shape (m, m), float64
        ``G_ab``, the sum over levels q of ``1_{q,a}^T (U S V^T) 1_{q,b}``. ``O(m^K r)``.
    """
    of_left = _digit_sums(left, size, n_levels)
    of_right = of_left if right is left else _digit_sums(right, size, n_levels)
    sums = np.zeros((size, size))
    for rows, columns in zip(of_left, of_right, strict=True):
        sums += rows * values @ columns.T
    return sums


def _digit_sums(vectors, size, n_levels):
    """Sum vectors over all labels with each digit, level by level; a level done is summed out."""
    sums = []
    for left in range(n_levels - 1, -1, -1):
        by_digit = vectors.reshape(size, size**left, vectors.shape[1])
        sums.append(by_digit.sum(axis=1))
        vectors = by_digit.sum(axis=0)
    return sums


def solve_linear_model(counts, mean_level, size, n_levels, n_vertices):
    """Least squares for the perturbation of the linearised model.

    The Gram matrix of the coefficients is ``alpha I + beta 1 1^T``, so that its inverse is a
    scaling and a shift.

    Parameters
    ----------
    counts : ndarray of shape (m, m)
        Digit-pair sums G of the (denoised) centred adjacency over ``sqrt(N)``.
    mean_level : float
        Mean p of the initiator.
    size : int
        Side m of the initiator.
    n_levels : int
        Number of levels K.
    n_vertices : int
        N, ``m**K``.

    Returns
    -------
    ndarray of shape (m, m), float64
        X, with ``theta = p + X / sqrt(N)``.
    """
    alpha, beta = linear_gram(mean_level, size, n_levels)
    projected = mean_level ** (n_levels - 1) / n_vertices * counts
    return (projected - beta * projected.sum() / (alpha + beta * size**2)) / alpha
