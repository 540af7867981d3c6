# SPDX-License-Identifier: BSD-3-Clause
"""Sign-flip parallel analysis: noise of the size of the data, by flipping the sign of each entry.

Flips keep the size of each entry, so that unequal variances and heavy tails stay, and destroy what
the entries of a row have in common (D. Hong, Y. Sheng, E. Dobriban, "Selecting the number of
components in PCA via random signflips", 2020).
"""

import numpy as np
from scipy.sparse import issparse
from scipy.sparse.linalg import svds

from skrmt.theory import TracyWidom

# Up to this size of the smaller side its Gram matrix is decomposed; else a Lanczos method is used.
_SMALL = 200
# Relative accuracy of a norm, far below the scatter of the norms.
_NORM_TOLERANCE = 1e-3


def _flipped(R, rng):
    if issparse(R):
        flipped = R.copy()
        flipped.data = _flipped(R.data, rng)
        return flipped
    bits = np.frombuffer(rng.bytes(-(-R.size // 8)), dtype=np.uint8)
    signs = np.unpackbits(bits, count=R.size).astype(R.dtype).reshape(R.shape)
    signs *= 2
    signs -= 1
    signs *= R
    return signs


def _norm(F, start):
    if min(F.shape) <= _SMALL and not issparse(F):
        gram = F.T @ F if F.shape[1] <= F.shape[0] else F @ F.T
        return float(np.sqrt(np.linalg.eigvalsh(gram)[-1]))
    return float(svds(F, k=1, tol=_NORM_TOLERANCE, v0=start, return_singular_vectors=False)[0])


def flipped_norms(R, n_flips, rng):
    """Largest singular values of a matrix after random flips of the signs of its entries.

    Parameters
    ----------
    R : {ndarray, CSR or CSC} of shape (n_samples, n_features)
        The matrix; of a sparse one the stored entries are flipped.
    n_flips : int
        How often all signs are drawn.
    rng : RandomState
        Draws them.

    Returns
    -------
    norms : ndarray of shape (n_flips,)
        One for each draw.
    """
    # In units of the largest entry: squares neither over- nor underflow.
    scale = float(abs(R).max())
    if scale == 0:
        return np.zeros(n_flips)
    # Norms are compared at four digits or so.
    R = (R / scale).astype(np.float32)
    R = R if issparse(R) else np.ascontiguousarray(R)
    start = rng.uniform(-1, 1, min(R.shape)).astype(np.float32)
    return scale * np.array([_norm(_flipped(R, rng), start) for _ in range(n_flips)])


def law_of_flips(norms):
    """Law of the largest squared singular value, as flips have it.

    Parameters
    ----------
    norms : ndarray of shape (n_flips,)
        Largest singular values after flips.

    Returns
    -------
    law : TracyWidom
        With the mean and the variance of their squares: the norms by themselves tell no probability
        below one over their number.
    """
    # Flips of what has one entry only are all the same; a law has some width.
    squares, unit = norms**2, TracyWidom()
    mean = float(squares.mean())
    scale = max(float(squares.std(ddof=1)), 1e-12 * mean) / unit.std()
    return TracyWidom(mean - scale * unit.mean(), scale)
