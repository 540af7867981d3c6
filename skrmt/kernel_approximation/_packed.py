# SPDX-License-Identifier: BSD-3-Clause
"""Ternary features in two bits each: packing, unpacking, inner products."""

import numpy as np

from skrmt import _kernels

__all__ = ["pack_ternary", "ternary_gram", "unpack_ternary"]


def _check_n_components(n_components):
    if isinstance(n_components, bool) or not isinstance(n_components, (int, np.integer)):
        raise TypeError(f"n_components={n_components!r} must be an integer.")
    if n_components < 1:
        raise ValueError(f"n_components={n_components!r} must be at least 1.")
    return int(n_components)


def _check_levels(Z, name="Z"):
    Z = np.asarray(Z)
    if Z.ndim != 2 or Z.dtype != np.int8:
        raise ValueError(
            f"{name} must be a 2-dimensional array of dtype int8, got {Z.ndim} dimension(s) of "
            f"dtype {Z.dtype}."
        )
    if Z.size and (Z.min() < -1 or Z.max() > 1):
        raise ValueError(f"{name} must hold -1, 0 and 1 only, got {Z.min()} to {Z.max()}.")
    return Z


def _check_packed(packed, n_components, name="packed"):
    packed = np.asarray(packed)
    words = _kernels.n_words(_check_n_components(n_components))
    if packed.ndim != 2 or packed.dtype != np.uint64 or packed.shape[1] not in (words, 2 * words):
        raise ValueError(
            f"{name} must be an array of dtype uint64 with {words} or {2 * words} columns for "
            f"n_components={n_components}, got shape {packed.shape} and dtype {packed.dtype}."
        )
    packed, planes = np.ascontiguousarray(packed), packed.shape[1] // words
    tail = np.uint64(2**64 - 1) << np.uint64(n_components % 64) if n_components % 64 else 0
    stray = np.any(packed[:, words - 1 :: words] & np.uint64(tail))
    if stray or (planes == 2 and np.any(packed[:, words:] & ~packed[:, :words])):
        raise ValueError(
            f"{name} is no output of pack_ternary for n_components={n_components}: it has bits "
            "behind the last feature, or negative features that are zero."
        )
    return packed, planes


def pack_ternary(Z):
    """Pack ternary features into bit planes.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_components) and dtype int8
        Entries in {-1, 0, 1}.

    Returns
    -------
    packed : ndarray of shape (n_samples, 2 * ceil(n_components / 64)) and dtype uint64
        The plane "not zero", then the plane "negative"; feature j is bit ``j % 64`` of word
        ``j // 64``, counted from the least significant bit.

    Raises
    ------
    ValueError
        If `Z` is not a 2-dimensional int8 array of -1, 0 and 1.

    See Also
    --------
    unpack_ternary : The inverse.
    ternary_gram : Inner products of packed rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.kernel_approximation import pack_ternary
    >>> pack_ternary(np.array([[1, 0, -1]], dtype=np.int8))
    array([[5, 4]], dtype=uint64)
    """
    return _kernels.pack(_check_levels(Z), 2)


def unpack_ternary(packed, n_components):
    """Unpack ternary features from bit planes.

    Parameters
    ----------
    packed : ndarray of shape (n_samples, n_planes * ceil(n_components / 64)) and dtype uint64
        Output of :func:`pack_ternary` or of
        :class:`~skrmt.kernel_approximation.TernaryRandomFeatures` with ``dtype="packed"``; one
        plane (levels 0 and 1) or two.
    n_components : int
        Number of features.

    Returns
    -------
    Z : ndarray of shape (n_samples, n_components) and dtype int8
        Entries in {-1, 0, 1}.

    Raises
    ------
    ValueError
        If the number of words does not fit `n_components`.
    TypeError
        If `n_components` is not an integer.

    See Also
    --------
    pack_ternary : The inverse.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.kernel_approximation import unpack_ternary
    >>> unpack_ternary(np.array([[5, 4]], dtype=np.uint64), 3)
    array([[ 1,  0, -1]], dtype=int8)
    """
    packed, _ = _check_packed(packed, n_components)
    return _kernels.unpack(packed, n_components)


def ternary_gram(Z, Z2=None, *, n_components=None):
    r"""Inner products of ternary rows.

    With N features and the factor `scale_` of
    :class:`~skrmt.kernel_approximation.TernaryRandomFeatures`, the kernel matrix is
    ``scale_**2 / N * ternary_gram(Z)``.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_columns), dtype uint64 (packed) or int8
        Rows.
    Z2 : ndarray of shape (n_samples_2, n_columns) and the same dtype, default=None
        Other rows; None means `Z`, at half of the work for packed rows.
    n_components : int, default=None
        Number of features, needed for packed rows.

    Returns
    -------
    gram : ndarray of shape (n_samples, n_samples_2)
        Exact integers: int32 for packed rows, which are compared bit by bit
        (``popcount(m & m') - 2 popcount(m & m' & (s ^ s'))``); float32 for int8 rows, which go
        through BLAS in blocks (exact while n_components < 2^24).

    Raises
    ------
    ValueError
        If dtypes, shapes or entries are not as above.
    TypeError
        If `n_components` is missing for packed rows, or not an integer.

    Notes
    -----
    O(n_samples n_samples_2 n_components / 64) word operations for packed rows. Packed rows take 2
    bits a feature, 32 times less than float64.

    Examples
    --------
    >>> import numpy as np
    >>> from skrmt.kernel_approximation import pack_ternary, ternary_gram
    >>> Z = np.array([[1, 0, -1], [1, 1, 1]], dtype=np.int8)
    >>> ternary_gram(pack_ternary(Z), n_components=3)
    array([[2, 0],
           [0, 3]], dtype=int32)
    """
    if np.asarray(Z).dtype != np.uint64:
        if n_components is not None and n_components != np.shape(Z)[-1]:
            raise ValueError(
                f"n_components={n_components!r} must be the columns of Z, {np.shape(Z)}."
            )
        return _gram_of_levels(_check_levels(Z), None if Z2 is None else _check_levels(Z2, "Z2"))
    if n_components is None:
        raise TypeError("n_components=None must be the number of features, for packed rows.")
    A, planes = _check_packed(Z, n_components, "Z")
    B, planes_2 = (A, planes) if Z2 is None else _check_packed(Z2, n_components, "Z2")
    if planes != planes_2:
        raise ValueError(f"Z has {planes} bit plane(s) and Z2 has {planes_2}; both need the same.")
    gram = np.empty((len(A), len(B)), np.int32)
    _kernels.packed_gram(A, B, planes, Z2 is None, gram)
    return gram


def _gram_of_levels(Z, Z2):
    n_components = Z.shape[1]
    if Z2 is not None and Z2.shape[1] != n_components:
        raise ValueError(f"Z has {n_components} columns and Z2 has {Z2.shape[1]}.")
    gram = np.zeros((len(Z), len(Z if Z2 is None else Z2)), np.float32)
    # 512 features at a time: the float32 copies stay small beside the int8 rows
    for start in range(0, n_components, 512):
        left = Z[:, start : start + 512].astype(np.float32)
        right = left if Z2 is None else Z2[:, start : start + 512].astype(np.float32)
        gram += left @ right.T
    return gram
