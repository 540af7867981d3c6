# SPDX-License-Identifier: BSD-3-Clause
"""NumPy twins of the compiled kernels: the reference, and the fallback without a compiler.

The additions of a projection are grouped by BLAS here, by butterflies there: where no sum is
rounded (integer-valued data) the two agree exactly, elsewhere up to values that lie within
rounding of a threshold.
"""

import sys
from functools import partial

import numpy as np
from scipy.linalg import hadamard

# Bytes of projections held at a time; small enough to stay in the second-level cache together
# with what they are made from, large enough that Python's overhead per block does not show.
BLOCK_BYTES = 1 << 21

# Blocks up to this size are multiplied by their written-out matrix; larger ones are transformed as
# a product of two small matrices.
LARGEST_BLOCK_MATRIX = 64


def _levels(Y, first, second, rule, out):
    if rule == "phase":
        Y = Y * first
        Y += second
        Y -= np.rint(Y)
        np.abs(Y, out=Y)
        # the cuts in the type of Y, as the compiled kernel has them
        second, first = Y.dtype.type(1.0 / 6.0), Y.dtype.type(1.0 / 3.0)
        np.less(Y, second, out=out.view(np.bool_))
        out -= np.greater(Y, first).view(np.int8)
    else:
        np.greater(Y, second, out=out.view(np.bool_))
        below = np.less(Y, first).view(np.int8)
        if rule == "odd":
            out -= below
        else:
            out |= below


def quantize(Y, first, second, rule, scale, out):
    """Ternary levels of projections.

    Parameters
    ----------
    Y : ndarray of shape (n_samples, n_components), C-contiguous
        Projections, float32 or float64.
    first, second : ndarray of shape (n_components,) and the dtype of Y
        Lower and upper thresholds ("odd", "even"), or slope and offset ("phase").
    rule : {"odd", "even", "phase"}
        "odd": ``[y > second] - [y < first]``; "even": ``[y > second or y < first]``; "phase":
        with d the distance of ``first * y + second`` to the nearest integer,
        ``[d < 1/6] - [d > 1/3]``.
    scale : float
        Factor of the levels where `out` is of a float type.
    out : ndarray of dtype int8, float32, float64 (n_samples, n_components), or uint64 (bit planes)
        The output; "even" has one bit plane, the others two.
    """
    if out.dtype == np.int8:
        _levels(Y, first, second, rule, out)
        return
    levels = np.empty(Y.shape, np.int8)
    _levels(Y, first, second, rule, levels)
    if out.dtype == np.uint64:
        out[...] = pack(levels, 1 if rule == "even" else 2)
    else:
        np.multiply(levels, out.dtype.type(scale), out=out)


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


def pack(levels, planes):
    """Ternary levels as bit planes.

    Parameters
    ----------
    levels : ndarray of shape (n_samples, n_components) and dtype int8
        Entries in {-1, 0, 1}.
    planes : {1, 2}
        1 leaves out the plane of the signs (for levels in {0, 1}).

    Returns
    -------
    packed : ndarray of shape (n_samples, planes * ceil(n_components / 64)) and dtype uint64
        First the plane "not zero", then the plane "negative". Feature j is bit ``j % 64`` of word
        ``j // 64``; bits behind the last feature are 0.
    """
    n_samples, n_components = levels.shape
    words = n_words(n_components)
    packed = np.zeros((n_samples, planes, 8 * words), np.uint8)
    n_bytes = -(-n_components // 8)
    packed[:, 0, :n_bytes] = np.packbits(levels != 0, axis=1, bitorder="little")
    if planes == 2:
        packed[:, 1, :n_bytes] = np.packbits(levels < 0, axis=1, bitorder="little")
    packed = packed.reshape(n_samples, -1).view(np.uint64)
    return packed if sys.byteorder == "little" else packed.byteswap()


def unpack(packed, n_components):
    """Inverse of `pack`.

    Parameters
    ----------
    packed : ndarray of shape (n_samples, planes * ceil(n_components / 64)) and dtype uint64
        What `pack` returned; the number of planes follows from the shape.
    n_components : int
        Number of features.

    Returns
    -------
    levels : ndarray of shape (n_samples, n_components) and dtype int8
        Entries in {-1, 0, 1}.
    """
    words = n_words(n_components)
    planes = packed.shape[1] // words
    little = packed if sys.byteorder == "little" else packed.byteswap()
    bits = np.unpackbits(
        np.ascontiguousarray(little).view(np.uint8).reshape(len(packed), planes, 8 * words),
        axis=2,
        count=n_components,
        bitorder="little",
    ).view(np.int8)
    levels = bits[:, 0].copy()
    if planes == 2:
        levels -= 2 * bits[:, 1]
    return levels


def block_matrices(signs, second_signs):
    """Weights of the blocks, written out.

    Parameters
    ----------
    signs, second_signs : ndarray of shape (n_blocks, q), or None for the latter
        As in `ternary_features`.

    Returns
    -------
    matrices : ndarray of shape (n_blocks, q, q)
        ``D H`` or ``D H D' H``, integers in the dtype of `signs`.
    """
    transform = hadamard(signs.shape[1], dtype=signs.dtype)
    one = signs.dtype.type(1)
    matrices = np.copysign(one, signs)[:, :, np.newaxis] * transform
    if second_signs is not None:
        matrices = (matrices * np.copysign(one, second_signs)[:, np.newaxis]) @ transform
    return matrices


def walsh_hadamard(Y):
    """Walsh-Hadamard transform of the last axis as a product with two small matrices.

    Parameters
    ----------
    Y : ndarray of shape (..., q)
        Values, q a power of two.

    Returns
    -------
    transform : ndarray of shape (..., q)
        ``Y @ H_q``: with ``q = a b``, ``H_q`` is the Kronecker product of ``H_a`` and ``H_b``.
    """
    size = Y.shape[-1]
    log = size.bit_length() - 1
    a, b = 1 << (log // 2), 1 << (log - log // 2)
    grid = (Y.reshape(-1, b) @ hadamard(b, dtype=Y.dtype)).reshape(-1, a, b)
    return (hadamard(a, dtype=Y.dtype) @ grid).reshape(Y.shape)


def make_projector(positions, signs, second_signs):
    """Prepare the signed block projection (see `ternary_features`) for many blocks of rows.

    Parameters
    ----------
    positions, signs, second_signs : ndarray
        As in `ternary_features`.

    Returns
    -------
    project : callable
        From rows (n_samples, n_features) to projections (n_samples, n_blocks * q) in the dtype of
        `signs`, without normalisation.
    """
    n_blocks, size = positions.shape
    if size > LARGEST_BLOCK_MATRIX:
        one = signs.dtype.type(1)
        factors = np.copysign(one, signs)
        second = None if second_signs is None else np.copysign(one, second_signs)
        return partial(_transform_blocks, positions=positions, first=factors, second=second)

    matrices = block_matrices(signs, second_signs)
    if (positions == positions[0]).all():  # every block reads the same coordinates
        matrix = matrices.swapaxes(0, 1).reshape(size, -1)
        return lambda X: _with_none(X)[:, positions[0]] @ matrix

    def multiply_blocks(X):
        # rows of the transposed data are gathered as whole lines, and BLAS reads them transposed
        lines = np.ascontiguousarray(_with_none(X).T)[positions]
        Y = np.empty((len(X), n_blocks, size), X.dtype)
        np.matmul(lines.transpose(0, 2, 1), matrices, out=Y.swapaxes(0, 1))
        return Y.reshape(len(X), -1)

    return multiply_blocks


def _with_none(X):
    """X with a column of zeros, which stands for "no coordinate"."""
    return np.concatenate([X, np.zeros((len(X), 1), X.dtype)], axis=1)


def _transform_blocks(X, positions, first, second):
    n_blocks, size = positions.shape
    X = _with_none(X)
    Y = np.empty((len(X), n_blocks, size), X.dtype)
    for b in range(n_blocks):
        block = walsh_hadamard(X[:, positions[b]] * first[b])
        if second is not None:
            block *= second[b]
            block = walsh_hadamard(block)
        Y[:, b] = block
    return Y.reshape(len(X), -1)


def project(X, positions, signs, second_signs):
    """Signed block projection (see `ternary_features`).

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Data, float32 or float64.
    positions, signs, second_signs : ndarray
        As in `ternary_features`.

    Returns
    -------
    Y : ndarray of shape (n_samples, n_blocks * q)
        Projections, without normalisation.
    """
    return make_projector(positions, signs, second_signs)(X)


def ternary_features(
    X, positions, signs, second_signs, first, second, rule, scale, n_components, out
):
    """Ternary levels of a signed block projection.

    Block b of q features reads the coordinates ``positions[b]`` of a sample, negates those whose
    sign is -0.0 and takes the Walsh-Hadamard transform of the q values. With `second_signs` the
    result is negated and transformed once more. Feature j is number ``j % q`` of block ``j // q``.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), C-contiguous
        Data, float32 or float64.
    positions : ndarray of shape (n_blocks, q) and dtype int32
        Coordinates of each block, q a power of two; n_features stands for none, that is 0.
    signs : ndarray of shape (n_blocks, q) and the dtype of X
        +0.0 or -0.0; -0.0 negates (so that a kernel flips a bit instead of multiplying).
    second_signs : ndarray of shape (n_blocks, q) and the dtype of X, or None
        Signs of the second round.
    first, second : ndarray of shape (at least n_blocks * q, a multiple of 8), dtype of X
        Parameters of `rule`, see `quantize`.
    rule : {"odd", "even", "phase"}
        How a projection becomes a level, see `quantize`.
    scale : float
        Factor of the levels where `out` is of a float type.
    n_components : int
        Number of features; the last block may be cut.
    out : ndarray of dtype int8, float32, float64 (n_samples, n_components), or uint64 (bit planes)
        The output, see `quantize`.
    """
    rows = max(1, BLOCK_BYTES // (X.itemsize * positions.size))
    first, second = first[:n_components], second[:n_components]
    projector = make_projector(positions, signs, second_signs)
    for start in range(0, len(X), rows):
        block = slice(start, start + rows)
        Y = projector(X[block])[:, :n_components]
        quantize(Y, first, second, rule, scale, out[block])


def packed_gram(A, B, planes, symmetric, out):
    """Inner products of ternary rows held as bit planes.

    With m the plane "not zero" and s the plane "negative",
    ``z . z' = |m & m'| - 2 |m & m' & (s ^ s')|``.

    Parameters
    ----------
    A, B : ndarray of shape (n_a, planes * words) and (n_b, planes * words), dtype uint64
        What `pack` returns.
    planes : {1, 2}
        Number of bit planes.
    symmetric : bool
        Whether `B` is `A`: half of the work is then left out by the compiled kernel.
    out : ndarray of shape (n_a, n_b) and dtype int32
        The inner products.
    """
    words = A.shape[1] // planes
    # BLAS on 512 unpacked features at a time beats NumPy's bit counts; exact while the number of
    # features is below 2^24.
    dots = np.zeros(out.shape, np.float32)
    for start in range(0, words, 8):
        chosen = np.arange(start, min(start + 8, words))
        columns = np.concatenate([chosen + plane * words for plane in range(planes)])
        left, right = (
            unpack(packed[:, columns], 64 * len(chosen)).astype(np.float32) for packed in (A, B)
        )
        dots += left @ right.T
    out[...] = dots


# Signs that the bits of half a byte stand for, highest bit first, for two entries at a time.
_SIGNS = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], np.float32)
# Rows of bytes that are summed before they are added to the output.
_BYTE_ROWS = 8


def signed_sums(vector):
    """All signed sums of each eight entries of a vector.

    Parameters
    ----------
    vector : ndarray of shape (8 * n_bytes,) and dtype float32
        The vector.

    Returns
    -------
    sums : ndarray of shape (n_bytes, 256) and dtype float32
        In row r, entry b is the sum of ``vector[8 r : 8 r + 8]`` with the signs of the bits of b,
        the highest first, 1 for +.
    """
    twos = vector.reshape(-1, 2, 2, 2)
    # products with +-1 are exact; the one addition of each pair is that of the compiled kernel
    pairs = twos[..., :1] * _SIGNS[:, 0] + twos[..., 1:] * _SIGNS[:, 1]
    halves = (pairs[:, :, 0, :, None] + pairs[:, :, 1, None, :]).reshape(-1, 2, 16)
    return (halves[:, 0, :, None] + halves[:, 1, None, :]).reshape(-1, 256)


def packed_sign_product(plane, vectors, out):
    """Product of vectors with a matrix of signs held as bits.

    The rows of the matrix are packed: row r is bit ``7 - r % 8`` of ``plane[r // 8]``, 1 for +1 and
    0 for -1, as `numpy.packbits` writes them. Each column has its order of additions, which
    neither the columns nor the vectors beside it change, and no other implementation.

    Parameters
    ----------
    plane : ndarray of shape (n_bytes, n_columns) and dtype uint8
        The signs; rows contiguous (some columns of a larger plane will do).
    vectors : ndarray of shape (n_vectors, 8 * n_bytes) and dtype float32
        The vectors, rows contiguous; 0 where the matrix has no row.
    out : ndarray of shape (n_vectors, n_columns) and dtype float32
        The products, overwritten; rows contiguous.
    """
    out[...] = 0
    looked_up, total = np.empty((2, plane.shape[1]), np.float32)
    for vector, product in zip(vectors, out, strict=True):
        tables = signed_sums(vector)
        for start in range(0, len(plane), _BYTE_ROWS):
            # "clip" looks up without a copy, and no index is outside
            np.take(tables[start], plane[start], out=total, mode="clip")
            for row in range(start + 1, min(start + _BYTE_ROWS, len(plane))):
                np.take(tables[row], plane[row], out=looked_up, mode="clip")
                total += looked_up
            product += total
