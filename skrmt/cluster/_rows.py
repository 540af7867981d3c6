# SPDX-License-Identifier: BSD-3-Clause
"""Rows whose similarities are taken tile by tile, never as one n x n array.

Every kind of rows answers one question: `tile(i, other, j)`, the similarities of the rows `i` of
this with the rows `j` of the other, in float32 between training rows,

    s_ij = u_i u_j (z_i . z_j - o_i - o_j),

where `u` are inverse norms (cosines) or 1 and `o` offsets: half squared norms make `s` the
Euclidean ``-|z_i - z_j|^2 / 2``, and the products with the mean centre sparse rows, which are never
made dense: ``(x - m).(y - m) = x.y - (x.m - m.m/2) - (y.m - m.m/2)``.

Beside, rows know which of them are `silent` (zero: without direction), the mean and the squared
coefficient of variation of the square norms of the others (`mean_square_norm`, `norm_variation`),
and a bound of the `rounding` errors of their similarities.
"""

import copy

import numpy as np
import scipy.sparse as sp
from sklearn.utils import gen_batches

# Rounding errors of a similarity, in units of the last digit of the largest square norm.
_ROUNDING = 8
# Entries of a block in passes over the data that need no tile.
_BLOCK_ENTRIES = 2**21


class DenseRows:
    """Rows in memory, or rows that are read and prepared when a tile asks for them.

    Parameters
    ----------
    X : ndarray or memmap of shape (n_samples, n_features)
        The rows as given.
    prepare : callable
        Turns a block of `X` into one that is centred, scaled, perhaps of unit norm, in its `dtype`.
    euclidean : bool
        Similarity ``-|x - y|^2 / 2`` instead of the inner product.
    keep : bool
        Prepare all rows once instead of when they are asked for.
    """

    def __init__(self, X, prepare, *, euclidean, keep):
        self.n_rows = X.shape[0]
        kept = np.empty(X.shape, prepare.dtype) if keep else None
        halves = np.zeros(self.n_rows, prepare.dtype)
        for rows in _blocks(*X.shape):
            block = prepare(X[rows])
            halves[rows] = np.einsum("ij,ij->i", block, block) / 2
            if keep:
                kept[rows] = block
        self.silent = halves == 0
        self.mean_square_norm, self.norm_variation = _of_square_norms(2 * halves[~self.silent])
        self.rounding = float(_ROUNDING * np.finfo(prepare.dtype).eps * halves.max())
        self.dtype = prepare.dtype
        self._offsets = halves if euclidean else None
        self._kept = kept
        self._source, self._prepare = (None, None) if keep else (X, prepare)

    def block(self, rows):
        """Return prepared rows.

        Parameters
        ----------
        rows : slice or ndarray of int
            Which.

        Returns
        -------
        ndarray of shape (n_rows, n_features)
            Centred, scaled, of unit norm where that is asked for.
        """
        if self._kept is not None:
            return self._kept[rows]
        return self._prepare(self._source[rows])

    def tile(self, rows, other, columns):
        """Return the similarities of some rows with some rows of another.

        Parameters
        ----------
        rows : slice or ndarray of int
            Rows of this.
        other : DenseRows
            The other; may be the same.
        columns : slice or ndarray of int
            Rows of the other.

        Returns
        -------
        ndarray of shape (n_rows, n_columns)
            The similarities.
        """
        tile = self.block(rows) @ other.block(columns).T
        if self._offsets is not None:
            tile -= self._offsets[rows][:, None]
            tile -= other._offsets[columns]
        return tile


class SparseRows:
    """Sparse rows: centred and normalised in the tile, never made dense.

    Parameters
    ----------
    X : csr_array of shape (n_samples, n_features), float64
        The scaled rows, not centred.
    mean : ndarray of shape (n_features,)
        What is subtracted from each row, in the scaled unit.
    unit : bool
        Divide each row by its norm after centring.
    euclidean : bool
        Similarity ``-|x - y|^2 / 2`` instead of the inner product.
    dtype : dtype, default=numpy.float32
        Type of the similarities.
    """

    def __init__(self, X, mean, *, unit, euclidean, dtype=np.float32):
        self.n_rows = X.shape[0]
        squares = np.asarray(X.multiply(X).sum(axis=1), dtype=np.float64).ravel()
        overlaps = np.asarray(X @ mean, dtype=np.float64).ravel()
        centre = float(mean @ mean)
        centred = squares - 2 * overlaps + centre
        # The three terms cancel for a row that equals the mean, up to their rounding.
        self.silent = centred <= 16 * np.finfo(np.float64).eps * (squares + centre)
        live = np.ones(self.n_rows) if unit else centred
        self.mean_square_norm, self.norm_variation = _of_square_norms(live[~self.silent])
        self.rounding = float(_ROUNDING * np.finfo(np.float64).eps * squares.max())
        # Differences of rows do not see the mean.
        offsets = squares / 2 if euclidean else overlaps - centre / 2
        self._offsets = offsets
        self._inverse_norms = None
        if unit:
            self._inverse_norms = np.zeros(self.n_rows)
            self._inverse_norms[~self.silent] = centred[~self.silent] ** -0.5
        # In float64 until the mean is off: its share of a product may be almost all.
        self._X, self.dtype = X, np.dtype(dtype)

    def tile(self, rows, other, columns):
        """Return the similarities of some rows with some rows of another.

        Parameters
        ----------
        rows : slice or ndarray of int
            Rows of this.
        other : SparseRows
            The other; may be the same.
        columns : slice or ndarray of int
            Rows of the other.

        Returns
        -------
        ndarray of shape (n_rows, n_columns)
            The similarities.
        """
        tile = (self._X[rows] @ other._X[columns].T).toarray()
        tile -= self._offsets[rows][:, None]
        tile -= other._offsets[columns]
        if self._inverse_norms is not None:
            tile *= self._inverse_norms[rows][:, None]
            tile *= other._inverse_norms[columns]
        return tile.astype(self.dtype, copy=False)


class GivenSimilarities:
    """Similarities with the training rows that the user computed, dense or memory-mapped.

    Parameters
    ----------
    similarities : ndarray of shape (n_rows, n_samples)
        Similarity of each row with each training row.
    scale : float, default=1.0
        What they are divided by.
    dtype : dtype, default=numpy.float32
        Type in which they are used.
    """

    def __init__(self, similarities, scale=1.0, dtype=np.float32):
        self._similarities, self._scale, self._dtype = similarities, scale, dtype
        self.n_rows = similarities.shape[0]
        self.silent = np.zeros(self.n_rows, bool)
        diagonal = np.diagonal(similarities) / scale
        # A diagonal with gaps says nothing of norms.
        known = len(diagonal) > 0 and diagonal.min() > 0
        self.mean_square_norm, self.norm_variation = (
            _of_square_norms(diagonal) if known else (0.0, 0.0)
        )
        self.rounding = 0.0

    def without_data(self):
        """Return what new rows need of the training rows: their number.

        Returns
        -------
        GivenSimilarities
            Without similarities.
        """
        light = copy.copy(self)
        light._similarities = None
        return light

    def tile(self, rows, other, columns):
        """Return the similarities of some rows with some training rows.

        Parameters
        ----------
        rows : slice or ndarray of int
            Rows of this.
        other : GivenSimilarities
            Unused: the similarities with the training rows are what this holds.
        columns : slice or ndarray of int
            Training rows.

        Returns
        -------
        ndarray of shape (n_rows, n_columns)
            A copy.
        """
        return (self._similarities[rows][:, columns] / self._scale).astype(self._dtype)


class SomeRows:
    """Some of the rows, compared with each other.

    Parameters
    ----------
    rows : DenseRows, SparseRows or GivenSimilarities
        All rows.
    index : ndarray of int
        Which.
    """

    def __init__(self, rows, index):
        self._rows, self._index = rows, index
        self.n_rows = len(index)
        self.silent = rows.silent[index]
        self.mean_square_norm = rows.mean_square_norm
        self.norm_variation = rows.norm_variation

    def tile(self, rows, other, columns):
        """Return the similarities of some of these rows with others of them.

        Parameters
        ----------
        rows : slice or ndarray of int
            Which of these.
        other : SomeRows
            The other; may be the same.
        columns : slice or ndarray of int
            Which of the other.

        Returns
        -------
        ndarray of shape (n_rows, n_columns)
            The similarities.
        """
        return self._rows.tile(self._index[rows], other._rows, other._index[columns])


class RowMap:
    """What turns rows of data into rows whose products are similarities.

    The mean of the training rows is subtracted and all is divided by one number, so that float32
    holds data of any unit.

    Parameters
    ----------
    X : ndarray, memmap or sparse array of shape (n_samples, n_features)
        Training rows.
    center : bool
        Subtract the mean.

    Attributes
    ----------
    mean : ndarray of shape (n_features,), float64
        What is subtracted: the mean, or zeros.
    scale : float
        Largest absolute deviation from it; of sparse data, largest absolute entry.

    Raises
    ------
    ValueError
        If a difference from the mean overflows, or no row differs from it.
    """

    def __init__(self, X, center):
        self.mean = np.zeros(X.shape[1])
        with np.errstate(over="ignore"):
            if center:
                self.mean = np.asarray(X.mean(axis=0, dtype=np.float64)).ravel()
            if sp.issparse(X):
                self.scale = largest = float(abs(X).max())
                # A feature is constant if its largest and smallest values agree.
                if center and (X.max(axis=0) - X.min(axis=0)).nnz == 0:
                    self.scale = 0.0
            else:
                largest = max(abs(float(X.max())), abs(float(X.min())))
                blocks = _blocks(*X.shape)
                self.scale = max(float(np.abs(X[rows] - self.mean).max()) for rows in blocks)
        if not np.isfinite(self.scale):
            raise ValueError("X minus its mean overflows float64; divide X by a large number.")
        # Deviations up to here are the rounding of the mean.
        self._rounding = 8 * np.finfo(np.float64).eps * largest
        if self.scale <= self._rounding:
            raise ValueError(
                "X has no variation after centring: every feature is constant."
                if center
                else "X has no variation: every entry is zero."
            )

    def rows(self, X, *, unit, euclidean=False, keep=True, dtype=np.float32):
        """Prepare rows.

        Parameters
        ----------
        X : ndarray, memmap or sparse array of shape (n_rows, n_features)
            Rows, of the training data or new.
        unit : bool
            Divide each row by its norm; a row that equals the mean becomes zero.
        euclidean : bool, default=False
            Similarity ``-|x - y|^2 / 2`` instead of the inner product.
        keep : bool, default=True
            Hold dense rows prepared; otherwise prepare them per tile.
        dtype : dtype, default=numpy.float32
            Type of the rows and of their similarities.

        Returns
        -------
        DenseRows or SparseRows
            The rows.
        """
        if sp.issparse(X):
            scaled = sp.csr_array(X, dtype=np.float64) / self.scale
            mean = self.mean / self.scale
            return SparseRows(scaled, mean, unit=unit, euclidean=euclidean, dtype=dtype)
        return DenseRows(X, _Prepare(self, unit, dtype), euclidean=euclidean, keep=keep)


class _Prepare:
    """A block of dense rows, centred, scaled and perhaps of unit norm: a function to pickle."""

    def __init__(self, row_map, unit, dtype):
        self.dtype = np.dtype(dtype)
        self._mean, self._scale = row_map.mean, row_map.scale
        self._unit = unit
        self._rounding = row_map._rounding / row_map.scale * len(row_map.mean) ** 0.5

    def __call__(self, block):
        block = (block - self._mean) / self._scale
        if self._unit:
            norms = np.sqrt(np.einsum("ij,ij->i", block, block))
            inverse = np.zeros_like(norms)
            np.divide(1.0, norms, out=inverse, where=norms > self._rounding)
            block *= inverse[:, None]
        return block.astype(self.dtype, copy=False)


def _of_square_norms(square_norms):
    """Return their mean and the square of their coefficient of variation."""
    if len(square_norms) == 0:
        return 0.0, 0.0
    mean = float(np.mean(square_norms, dtype=np.float64))
    return mean, float(np.var(square_norms, dtype=np.float64)) / mean**2


def _blocks(n_rows, n_features):
    return gen_batches(n_rows, max(1, _BLOCK_ENTRIES // n_features))
