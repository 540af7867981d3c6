# SPDX-License-Identifier: BSD-3-Clause
"""Random Kronecker graphs near a constant initiator: a constant, a low-rank signal, and noise.

Write ``theta = p + X / sqrt(N)`` with ``sum X = 0``. To first order in X ::

    P_K ~ p^K 1 1^T + sqrt(N) S,    S_ij = (p^(K-1) / N) sum_ab X_ab c_ab(i, j)

where ``c_ab(i, j)`` counts the digit positions in which the labels i and j read a and b, and
``(A - mean A) / sqrt(N)`` is S plus noise of the variance ``v = p^K (1 - p^K)`` an entry over N
(Z. Liao, Y. Xia, C. Niu, Y. Xiao, "Analysis and Approximate Inference of Large Random Kronecker
Graphs", arXiv:2306.08489). With ``u = 1 / sqrt(m)`` a unit vector ::

    S = p^(K-1) sum_q u u^T (x) ... (x) X / m (x) ... (x) u u^T,    X / m at the position q

so that, V an orthonormal basis of what is orthogonal to u, ``g = V^T X^T u / m``,
``r = V^T X u / m`` and ``T = V^T X V / m``, the singular values of ``S / p^(K-1)`` are those of ::

    [ 0          sqrt(K) g^T ]
    [ sqrt(K) r  T           ]

and K - 1 times those of T [ours for m > 2]. A singular value s of the signal is seen at
``s + v / s`` if it is above ``sqrt(v)``, and else not at all.

All of this is about dense graphs, where the entries of X stay of order 1.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skrmt.theory._kronecker_initiator import check_initiator, check_levels
from skrmt.theory._parameter_checks import as_number


def kronecker_perturbation(
    initiator: ArrayLike, n_levels: int
) -> tuple[float, NDArray[np.float64]]:
    """Split an initiator into its mean and a perturbation, ``theta = p + X / sqrt(N)``.

    The split is unique: with ``sum X = 0``, p is the mean of theta, and ``p^K`` that of P_K.

    Parameters
    ----------
    initiator : array-like of shape (m, m)
        Initiator theta.
    n_levels : int
        Kronecker power K; the graph has ``N = m^K`` vertices.

    Returns
    -------
    mean_level : float
        Mean p of theta.
    perturbation : ndarray of float64, shape (m, m)
        Perturbation X.

    Raises
    ------
    TypeError
        If `initiator` is sparse or complex.
    ValueError
        If `initiator` is not a square matrix of probabilities, `n_levels` is not an integer of at
        least 1, or the graph has more than 2^62 vertices.

    Examples
    --------
    >>> from skrmt.theory import kronecker_perturbation
    >>> p, X = kronecker_perturbation([[0.9, 0.8], [0.7, 0.6]], 10)
    >>> round(p, 12), X.round(12).tolist()
    (0.75, [[4.8, 1.6], [-1.6, -4.8]])
    """
    theta = check_initiator(initiator)
    n_vertices = theta.shape[0] ** check_levels(n_levels, theta.shape[0])
    mean = float(theta.mean())
    return mean, math.sqrt(n_vertices) * (theta - mean)


@dataclass(frozen=True, eq=False)
class KroneckerSpectrum:
    """Limiting spectrum of the centred adjacency matrix of a dense random Kronecker graph.

    The matrix is ``(A - mean A) / sqrt(N)``, of noise and of the signal S of rank at most
    ``(m - 1) K + 1``.

    Parameters
    ----------
    variance : float
        Variance ``v = p^K (1 - p^K)`` of the noise.
    bulk_edge : float
        Largest singular value of the noise, ``2 sqrt(v)``.
    signal : ndarray of float64, shape ((m - 1) K + 1,)
        Singular values of S, descending, each as often as it occurs.
    spikes : ndarray of float64, shape ((m - 1) K + 1,)
        Where these are seen, the edge of the bulk for those that are not.
    alignment : ndarray of float64, shape ((m - 1) K + 1,)
        Squared length of the projection of the singular vector that is seen on the space of the
        signal's; 0 for those that are not seen.

    See Also
    --------
    kronecker_spectrum : Computes it.

    Examples
    --------
    >>> from skrmt.theory import kronecker_spectrum
    >>> spectrum = kronecker_spectrum([[0.9, 0.85], [0.85, 0.6]], 8)
    >>> bool(spectrum.spikes[0] > spectrum.bulk_edge)
    True
    """

    variance: float
    bulk_edge: float
    signal: NDArray[np.float64]
    spikes: NDArray[np.float64]
    alignment: NDArray[np.float64]


def kronecker_spectrum(initiator: ArrayLike, n_levels: int) -> KroneckerSpectrum:
    """Predict the singular values of the centred adjacency matrix of a Kronecker graph.

    Valid where the graph is dense and theta is within ``1 / sqrt(N)`` or so of constant; in a
    sparse graph the linearisation behind it is void. The law is the same for a directed graph and,
    with the moduli of the eigenvalues, for an undirected one.

    Parameters
    ----------
    initiator : array-like of shape (m, m)
        Initiator theta.
    n_levels : int
        Kronecker power K; the graph has ``N = m^K`` vertices.

    Returns
    -------
    KroneckerSpectrum
        The noise, the signal, and what is seen of it.

    Raises
    ------
    TypeError
        If `initiator` is sparse or complex.
    ValueError
        If `initiator` is not a square matrix of probabilities, `n_levels` is not an integer of at
        least 1, or the graph has more than 2^62 vertices.

    See Also
    --------
    shrink_singular_values : Estimates the signal from what is seen.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.theory import kronecker_spectrum
    >>> X = np.array([[-3.25, -1.25], [2.75, 1.75]])
    >>> spectrum = kronecker_spectrum(0.8 + X / 32, 10)
    >>> (spectrum.spikes[:3] / np.sqrt(spectrum.variance)).round(3)
    array([3.424, 2.   , 2.   ])
    """
    mean, X = kronecker_perturbation(initiator, n_levels)
    k = int(n_levels)
    signal = _signal(mean, X, k)
    # 1 - p^K keeps its digits near p = 1.
    variance = mean**k * -math.expm1(k * math.log(mean)) if mean > 0 else 0.0
    root = math.sqrt(variance)
    seen = signal > root
    # A ratio below 1 where it is used, so that it cannot overflow.
    ratio = np.divide(root, signal, out=np.ones_like(signal), where=seen)
    spikes = np.where(seen, signal + root * ratio, 2 * root)
    alignment = np.where(seen, 1 - ratio**2, 0.0)
    return KroneckerSpectrum(variance, 2 * root, signal, spikes, alignment)


def _signal(mean, X, k):
    """Compute the singular values of S, descending."""
    size = X.shape[0]
    # The first column of Q is u up to its sign, which changes no singular value.
    basis = np.linalg.qr(np.column_stack([np.ones(size), np.eye(size)[:, 1:]]))[0]
    Y = basis.T @ X @ basis / size
    Y[0, 0] = 0  # sum X = 0
    free = np.linalg.svd(Y[1:, 1:], compute_uv=False)
    Y[0, 1:] *= math.sqrt(k)
    Y[1:, 0] *= math.sqrt(k)
    coupled = np.linalg.svd(Y, compute_uv=False)
    return mean ** (k - 1) * np.sort(np.concatenate([coupled, np.repeat(free, k - 1)]))[::-1]


def linear_gram(mean_level, size, n_levels):
    """Gram matrix of the linear map from X to the entries of S, ``alpha I + beta 1 1^T``.

    The digit-pair counts of a uniformly drawn cell are multinomial, K trials on m^2 outcomes, and
    the Gram matrix holds their second moments times ``p^(2(K-1))``.

    Parameters
    ----------
    mean_level : float
        Mean p of theta.
    size : int
        Side m of theta.
    n_levels : int
        Kronecker power K.

    Returns
    -------
    alpha, beta : float
        ``p^(2(K-1)) K / m^2`` and ``p^(2(K-1)) K (K-1) / m^4``.
    """
    scale = mean_level ** (2 * (n_levels - 1)) * n_levels / size**2
    return scale, scale * (n_levels - 1) / size**2


def attenuated_initiator(initiator: ArrayLike, shuffled: float) -> NDArray[np.float64]:
    """Mean of the initiator that least squares on labels finds when some labels are wrong [ours].

    Of the row and column effects of theta about its mean, a share 1 - f is left when the labels of
    a fraction f of the vertices, drawn at random, are shuffled among them; of the interactions,
    ``(1 - f)^2``, for they need two right labels. At a given number of edges, which no label
    changes, the estimate is linear in the adjacency matrix, so that this holds for any theta, in
    the mean over graphs and shuffles, up to terms of order 1/N and of the share
    ``(tr theta / sum theta)^K`` of loops, which stay on the diagonal however labels are shuffled.

    The fraction cannot be found from the estimate: it is the exact answer to another initiator.

    Parameters
    ----------
    initiator : array-like of shape (m, m)
        Initiator theta.
    shuffled : float
        Fraction f of the vertices with shuffled labels, in [0, 1].

    Returns
    -------
    ndarray of float64, shape (m, m)
        The mean estimate; the mean of theta everywhere at f = 1.

    Raises
    ------
    TypeError
        If `initiator` is sparse or complex.
    ValueError
        If `initiator` is not a square matrix of probabilities, or `shuffled` is not in [0, 1].

    Examples
    --------
    >>> from skrmt.theory import attenuated_initiator
    >>> attenuated_initiator([[0.9, 0.5], [0.5, 0.3]], 0.5).round(3).tolist()
    [[0.712, 0.538], [0.538, 0.412]]
    """
    theta = check_initiator(initiator)
    f = as_number(shuffled)
    if not 0 <= f <= 1:
        raise ValueError(f"shuffled must be a fraction in [0, 1], got {shuffled!r}.")
    rows, columns = theta.mean(axis=1, keepdims=True), theta.mean(axis=0, keepdims=True)
    # The average over a right or a random label of the row, and of the column.
    return (1 - f) * ((1 - f) * theta + f * rows) + f * ((1 - f) * columns + f * theta.mean())
