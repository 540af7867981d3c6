# SPDX-License-Identifier: BSD-3-Clause
"""From rows to ternary features: which kernel serves, in which pieces, on which cores."""

import numpy as np
from joblib import effective_n_jobs
from scipy.sparse import csr_array, issparse
from sklearn.utils import gen_even_slices
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_limits

from skrmt import _kernels
from skrmt.sketching import GaussianProjection

# Bytes of projections, or of rows made dense, that a worker holds at a time.
BLOCK_BYTES = 1 << 20

# Sparse rows are made dense block by block, so that their features equal those of the dense rows
# bit for bit. Only the sparse projection has another way, which it takes beyond this many inputs:
# the product with its sparse weights.
WIDEST_DENSE_ROW = 1 << 16


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
    q, k = projection.block_size, projection.n_nonzero
    feature = np.arange(projection.n_components)
    block, row = feature // q, feature % q
    # The occupied slots of a block, and the entry of H_q there: the parity of the common bits.
    slots = np.argsort(projection.positions == projection.n_features, axis=1, kind="stable")[:, :k]
    columns = np.take_along_axis(projection.positions, slots, axis=1)
    negative = np.take_along_axis(projection.negative, slots, axis=1)[block]
    odd = (np.bitwise_count(row[:, np.newaxis] & slots[block]) & 1).astype(bool)
    values = np.where(negative ^ odd, dtype.type(-1), dtype.type(1))
    starts = np.arange(0, values.size + 1, k)
    shape = (projection.n_components, projection.n_features)
    return csr_array((values.ravel(), columns[block].ravel(), starts), shape=shape).T.tocsr()


def _blocks(rows, bytes_per_row, at_least=1):
    """Cut a slice of rows into blocks of about `BLOCK_BYTES`."""
    step = max(at_least, BLOCK_BYTES // bytes_per_row)
    for start in range(rows.start, rows.stop, step):
        yield slice(start, min(start + step, rows.stop))


def _write_products(X, rows, weights, rule, scale, out):
    """Features of rows whose projections are a matrix product."""
    n_components = weights.shape[1]
    parameters = rule.parameters(X.dtype, n_components)
    for block in _blocks(rows, X.dtype.itemsize * n_components):
        Y = X[block] @ weights
        Y = Y.toarray() if issparse(Y) else np.ascontiguousarray(Y)
        _kernels.quantize(Y, *parameters, rule.name, scale, out[block])


def _write_blocks(X, rows, projection, rule, scale, out):
    """Features of rows through the kernel of block projections."""
    n_features, n_components = projection.n_features, projection.n_components
    n_padded = -(-projection.positions.size // 8) * 8
    arguments = (
        projection.positions,
        *projection.signs(X.dtype),
        *rule.parameters(X.dtype, n_padded),
        rule.name,
        scale,
        n_components,
    )
    if not issparse(X) and X.flags.c_contiguous:
        _kernels.ternary_features(X[rows], *arguments, out[rows])
        return
    # Rows that are sparse, or not contiguous, are copied a block at a time.
    for block in _blocks(rows, X.dtype.itemsize * n_features, at_least=16):
        dense = X[block].toarray() if issparse(X) else np.ascontiguousarray(X[block])
        _kernels.ternary_features(dense, *arguments, out[block])


def ternary_transform(X, projection, rule, *, scale, dtype, n_jobs=None):
    """Ternary features of the rows of X.

    Parameters
    ----------
    X : {ndarray, CSR} of shape (n_samples, n_features)
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
        number of threads (where BLAS makes the projections: up to their rounding).

    Returns
    -------
    out : ndarray of shape (n_samples, n_components), or (n_samples, n_planes * n_words) if packed
        The features.
    """
    n_samples = X.shape[0]
    out = np.empty((n_samples, rule.n_columns(dtype)), np.uint64 if dtype == "packed" else dtype)

    def write(rows):
        if weights is None:
            _write_blocks(X, rows, projection, rule, scale, out)
        else:
            _write_products(X, rows, weights, rule, scale, out)

    weights = None
    if isinstance(projection, GaussianProjection):
        weights = projection.weights.T.astype(X.dtype, copy=False)
    elif issparse(X) and projection.second_negative is None and X.shape[1] > WIDEST_DENSE_ROW:
        weights = sparse_weights(projection, X.dtype)

    n_workers = min(effective_n_jobs(n_jobs), n_samples)
    if n_workers <= 1:
        write(slice(0, n_samples))
    else:
        with threadpool_limits(limits=1, user_api="blas"):
            Parallel(n_jobs=n_jobs, require="sharedmem")(
                delayed(write)(rows) for rows in gen_even_slices(n_samples, n_workers)
            )
    return out
