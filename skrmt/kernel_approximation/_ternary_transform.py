# SPDX-License-Identifier: BSD-3-Clause
"""From rows to ternary features: which kernel serves, in which pieces, on which cores."""

import numpy as np
from joblib import effective_n_jobs
from scipy.linalg import hadamard
from scipy.sparse import csr_array, issparse
from sklearn.utils import gen_even_slices
from sklearn.utils.parallel import Parallel, delayed

from skrmt import _kernels
from skrmt.sketching import GaussianProjection

# Bytes of projections, or of rows made dense, that a worker holds at a time.
BLOCK_BYTES = 1 << 20

# Sparse rows are made dense block by block up to this many features (then their features equal
# those of the dense rows bit for bit); wider ones are multiplied by the sparse weights.
WIDEST_DENSE_ROW = 1 << 16


def n_words(n_components):
    """Count the 64-bit words of a bit plane.

    Parameters
    ----------
    n_components : int
        Number of features.

    Returns
    -------
    n_words : int
        ``ceil(n_components / 64)``.
    """
    return -(-n_components // 64)


def sparse_weights(projection, dtype):
    """Weights of a one-round block projection as a sparse matrix.

    Parameters
    ----------
    projection : BlockHadamardProjection
        Without a second round.
    dtype : dtype
        Type of the weights.

    Returns
    -------
    weights : csr_array of shape (n_features, n_components)
        Entries -1, 0 and 1.
    """
    n_blocks, k = projection.positions.shape
    q = projection.block_size
    signs = np.where(projection.negative, -1, 1).astype(dtype)
    values = hadamard(q, dtype=dtype)[np.newaxis, :, :k] * signs[:, np.newaxis]
    columns = np.broadcast_to(projection.positions[:, np.newaxis], values.shape)
    starts = np.arange(0, n_blocks * q * k + 1, k)
    rows = csr_array(
        (values.ravel(), columns.ravel(), starts), shape=(n_blocks * q, projection.n_features)
    )
    return rows[: projection.n_components].T.tocsr()


def _write(X, project, rule, scale, out):
    """Features of rows whose projections come from a matrix product."""
    n_components = len(rule.first)
    first, second = rule.parameters(X.dtype, n_components)
    step = max(1, BLOCK_BYTES // (X.dtype.itemsize * n_components))
    for start in range(0, X.shape[0], step):
        block = slice(start, start + step)
        levels = _kernels.quantize(project(X[block]), first, second, rule.name)
        _kernels.write_levels(levels, rule.name, scale, out[block])


def _write_blocks(X, projection, rule, scale, out):
    """Features of rows through the kernel of block projections."""
    n_features, n_components = projection.n_features, projection.n_components
    n_padded = -(-projection.negative.shape[0] * projection.block_size // 8) * 8
    arguments = (
        projection.positions,
        *projection.signs(X.dtype),
        *rule.parameters(X.dtype, n_padded),
        rule.name,
        scale,
        n_components,
    )
    if not issparse(X):
        _kernels.ternary_features(X, *arguments, out)
        return
    step = max(16, BLOCK_BYTES // (X.dtype.itemsize * n_features))
    for start in range(0, X.shape[0], step):
        block = slice(start, start + step)
        _kernels.ternary_features(X[block].toarray(), *arguments, out[block])


def ternary_transform(X, projection, rule, *, scale, dtype, n_jobs=None):
    """Ternary features of the rows of X.

    Parameters
    ----------
    X : {ndarray (C-contiguous), CSR} of shape (n_samples, n_features)
        Rows, float32 or float64; the arithmetic is in this type.
    projection : BlockHadamardProjection or GaussianProjection
        What the rows are projected on.
    rule : TernaryRule
        How projections become levels.
    scale : float
        Factor of the levels for float output.
    dtype : {"int8", "packed"} or float dtype
        Form of the output.
    n_jobs : int, default=None
        Threads over rows. A feature of a row does not depend on the other rows, hence not on the
        number of threads.

    Returns
    -------
    out : ndarray of shape (n_samples, n_components), or (n_samples, n_planes * n_words) if packed
        The features.
    """
    n_samples, n_components = X.shape[0], projection.n_components
    if dtype == "packed":
        out = np.empty((n_samples, rule.n_planes * n_words(n_components)), np.uint64)
    else:
        out = np.empty((n_samples, n_components), dtype)

    if isinstance(projection, GaussianProjection):
        weights = projection.weights.T.astype(X.dtype)

        def write(rows):
            _write(X[rows], lambda block: block @ weights, rule, scale, out[rows])

    elif issparse(X) and projection.second_negative is None and X.shape[1] > WIDEST_DENSE_ROW:
        weights = sparse_weights(projection, X.dtype)

        def write(rows):
            _write(X[rows], lambda block: (block @ weights).toarray(), rule, scale, out[rows])

    else:

        def write(rows):
            _write_blocks(X[rows], projection, rule, scale, out[rows])

    n_workers = min(effective_n_jobs(n_jobs), n_samples)
    if n_workers <= 1:
        write(slice(0, n_samples))
    else:
        Parallel(n_jobs=n_jobs, require="sharedmem")(
            delayed(write)(rows) for rows in gen_even_slices(n_samples, n_workers)
        )
    return out
