# SPDX-License-Identifier: BSD-3-Clause
"""From rows to ternary features in another library than NumPy, on the device of the rows.

A block of q projections is a product with a Walsh-Hadamard matrix, of which a Kronecker factor at a
time is written out: matrix products of about sqrt(q) columns, in which every library is fast.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import hadamard

from skrmt.kernel_approximation._device_rows import row_blocks
from skrmt.sketching import GaussianProjection
from skrmt.utils._arrays import beside, float_dtype
from skrmt.utils._validation import get_namespace, get_namespace_and_device, supported_float_dtypes

# Blocks up to this size are multiplied by their written-out matrix.
LARGEST_BLOCK_MATRIX = 64


def refuse_packed(dtype, like):
    """Refuse bit planes in a library that has no words to hold them.

    Parameters
    ----------
    dtype : {"packed", "int8"} or float dtype
        Form of the output.
    like : array
        Tells the library.

    Raises
    ------
    ValueError
        If the output is to be packed.
    """
    if dtype == "packed":
        raise ValueError(
            f"dtype='packed' is for NumPy only, and X is a {type(like).__name__}; set "
            "dtype='int8', or convert X to NumPy."
        )


@dataclass(frozen=True, eq=False)
class DeviceProjection:
    """Weights of a projection in another library.

    Attributes
    ----------
    n_components : int
        Number of projections.
    weights : array of shape (n_features, n_components), or None
        Of a Gaussian projection.
    columns : array of shape (n_blocks * q,), or None
        Coordinate in each slot of the blocks; None where every block holds all, in order.
    signs, second_signs : array of shape (n_blocks, q), or None
        -1 and 1.
    """

    n_components: int
    weights: Any = None
    columns: Any = None
    signs: Any = None
    second_signs: Any = None

    @classmethod
    def of(cls, projection, like):
        """Move the weights of a projection.

        Parameters
        ----------
        projection : BlockHadamardProjection or GaussianProjection
            On the host.
        like : array
            Library and device.

        Returns
        -------
        moved : DeviceProjection
            In that library.
        """
        if isinstance(projection, GaussianProjection):
            weights = beside(np.array(projection.weights.T, order="C"), like)
            return cls(projection.n_components, weights=weights)
        positions, p = projection.positions, projection.n_features
        in_order = (positions == np.minimum(np.arange(positions.shape[1]), p)).all()
        signs = [
            None if negative is None else beside(np.where(negative, np.int8(-1), np.int8(1)), like)
            for negative in (projection.negative, projection.second_negative)
        ]
        columns = None if in_order else beside(positions.astype(np.int64).ravel(), like)
        return cls(projection.n_components, None, columns, *signs)

    @property
    def n_computed(self):
        """Number of projections that are computed, of whole blocks."""
        if self.weights is not None:
            return self.n_components
        n_blocks, q = self.signs.shape
        return n_blocks * q

    def is_beside(self, like):
        """Whether the weights are in the library and on the device of an array.

        Parameters
        ----------
        like : array
            The array.

        Returns
        -------
        beside : bool
            Otherwise they have to be moved.
        """
        mine = get_namespace_and_device(self.signs if self.weights is None else self.weights)
        return mine == get_namespace_and_device(like)

    def projector(self, like):
        """Prepare the projection of many blocks of rows.

        Parameters
        ----------
        like : array
            Rows; what is computed has their type.

        Returns
        -------
        project : callable
            From rows (n_samples, n_features) to projections (n_samples, n_components), without
            normalisation.
        """
        xp = get_namespace(like)[0]
        if self.weights is not None:
            weights = xp.astype(self.weights, like.dtype, copy=False)
            return lambda X: X @ weights
        n_blocks, q = self.signs.shape
        signs, second = (
            None if s is None else xp.astype(s, like.dtype) for s in (self.signs, self.second_signs)
        )
        transform = _walsh_hadamard(q, like)

        def project(X):
            n_samples, p = X.shape
            shape = (n_samples, q - p if self.columns is None else 1)
            zeros = xp.zeros(shape, dtype=X.dtype, device=get_namespace_and_device(X)[2])
            X = xp.concat([X, zeros], axis=1)
            if self.columns is None:
                X = xp.reshape(X, (n_samples, 1, q))
            else:
                X = xp.reshape(xp.take(X, self.columns, axis=1), (n_samples, n_blocks, q))
            Y = transform(X * signs)
            if second is not None:
                Y = transform(Y * second)
            return xp.reshape(Y, (n_samples, n_blocks * q))[:, : self.n_components]

        return project


def _walsh_hadamard(size, like):
    """Walsh-Hadamard transform of the last axis, of the given size."""
    xp, dtype = get_namespace(like)[0], float_dtype(like)
    log = size.bit_length() - 1
    a = 1 if size <= LARGEST_BLOCK_MATRIX else 1 << (log // 2)
    b = size // a
    left, right = (beside(hadamard(n, dtype=dtype), like) for n in (a, b))

    def transform(Y):
        grid = xp.reshape(Y, (-1, b)) @ right
        if a > 1:
            grid = left @ xp.reshape(grid, (-1, a, b))
        return xp.reshape(grid, Y.shape)

    return transform


def _levels(xp, Y, first, second, rule):
    """Where the level is 1, and where it is -1 (None: nowhere); see `skrmt._kernels.quantize`."""
    if rule == "phase":
        Y = Y * first + second
        distance = xp.abs(Y - xp.round(Y))
        cuts = [xp.full_like(distance[:1, :1], cut) for cut in (1.0 / 6.0, 1.0 / 3.0)]
        return distance < cuts[0], distance > cuts[1]
    if rule == "even":
        return (Y > second) | (Y < first), None
    return Y > second, Y < first


def device_transform(X, projection, rule, *, scale, dtype):
    """Ternary features of rows on a device.

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
        Rows, float32 or float64; the arithmetic is in this type.
    projection : DeviceProjection
        Weights beside X.
    rule : TernaryRule
        How projections become levels.
    scale : float
        Factor of the levels for float output.
    dtype : {"auto", "int8", "float32", "float64"}
        Form of the output.

    Returns
    -------
    out : array of shape (n_samples, n_components)
        The features, on the device of X.

    Raises
    ------
    ValueError
        If the library has no such output, or its device no such type.
    """
    refuse_packed(dtype, X)
    xp, _, device = get_namespace_and_device(X)
    out_type = X.dtype if dtype == "auto" else getattr(xp, dtype)
    if dtype != "int8" and out_type not in supported_float_dtypes(xp, device):
        raise ValueError(f"dtype={dtype!r} is no type of the device of X; set dtype='auto'.")
    n_samples, n_components = X.shape[0], projection.n_components
    parameters = rule.parameters(float_dtype(X), n_components)
    first, second = (beside(row[np.newaxis], X) for row in parameters)
    project = projection.projector(X)
    out = xp.empty((n_samples, n_components), dtype=out_type, device=device)
    for rows in row_blocks(X, projection.n_computed):
        up, down = _levels(xp, project(X[rows, :]), first, second, rule.name)
        levels = xp.astype(up, xp.int8)
        if down is not None:
            levels = levels - xp.astype(down, xp.int8)
        out[rows, :] = levels if dtype == "int8" else xp.astype(levels, out_type) * scale
    return out
