# SPDX-License-Identifier: BSD-3-Clause
r"""Spectra and inverses of covariance matrices whose columns have very unequal units.

An eigensolver is right up to rounding of the largest eigenvalue, and columns of much smaller
variance drown in that. With the standard deviations D and correlations ``R = W M W'``, ``S = B B'``
for ``B = D W M^(1/2)``, whose rows are exact in their own units; Jacobi's method with row pivoting
finds the singular values of such a matrix to their own rounding, times what R itself loses (J. W.
Demmel, K. Veselic, "Jacobi's method is more accurate than QR", SIAM J. Matrix Anal. Appl. 13, 1992;
Z. Drmac, K. Veselic, "New fast and accurate Jacobi SVD algorithm", same journal 29, 2008).
"""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.lapack import dgejsv

# Of LAPACK's options: rows and columns of any scales, all vectors, nothing cut off.
_ROWS_OF_ANY_SCALE, _LEFT, _NO_RIGHT, _FULL_RANGE = 2, 0, 3, 0


def spectrum_in_units(
    eigenvalues: np.ndarray, vectors: np.ndarray, deviations: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors of the covariance, from those of the correlation matrix.

    Parameters
    ----------
    eigenvalues : ndarray of shape (rank,)
        Positive eigenvalues of the correlation matrix.
    vectors : ndarray of shape (n_features, rank)
        Its eigenvectors.
    deviations : ndarray of shape (n_features,)
        Standard deviations.

    Returns
    -------
    eigenvalues : ndarray of shape (rank,)
        Of the covariance matrix, ascending, each to its own rounding.
    vectors : ndarray of shape (n_features, rank)
        Its eigenvectors.
    """
    B = deviations[:, np.newaxis] * (vectors * np.sqrt(eigenvalues))
    singular, U, _, work, _, failed = dgejsv(
        B, joba=_ROWS_OF_ANY_SCALE, jobu=_LEFT, jobv=_NO_RIGHT, jobr=_FULL_RANGE, jobp=0
    )
    if failed:
        raise LinAlgError("Jacobi's method did not converge; set scale=True, or rescale X.")
    return (singular[::-1] * (work[0] / work[1])) ** 2, U[:, ::-1]


def inverse_in_units(covariance: np.ndarray) -> np.ndarray | None:
    """Invert a covariance matrix through its correlations.

    Parameters
    ----------
    covariance : ndarray of shape (n_features, n_features)
        Symmetric; rows and columns of variance 0 are zero, and so they are in the inverse.

    Returns
    -------
    ndarray of shape (n_features, n_features) and dtype float64, or None
        The inverse; None where other rows are linearly dependent, up to rounding.
    """
    C = np.asarray(covariance, dtype=np.float64)
    varying = C.diagonal() > 0
    unit = 1 / np.sqrt(C.diagonal()[varying])
    R = C[np.ix_(varying, varying)] * unit[:, np.newaxis] * unit
    try:
        factor = cho_factor(R, lower=True)
    except LinAlgError:
        return None
    # Where pivots should be 0, this is what rounding makes of them.
    least = 64 * np.finfo(np.float64).eps * len(R)
    if len(R) and factor[0].diagonal().min() ** 2 <= least:
        return None
    part = cho_solve(factor, np.eye(len(R))) * unit[:, np.newaxis] * unit
    inverse = np.zeros_like(C)
    inverse[np.ix_(varying, varying)] = (part + part.T) / 2
    return inverse
