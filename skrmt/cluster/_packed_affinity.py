# SPDX-License-Identifier: BSD-3-Clause
"""A quantised Gram matrix as planes of bits: n^2/8 bytes each.

An odd map with one threshold h and levels l0, l1 is a sum of two planes of signs (ours),

    f(t) = (l1 + l0)/2 sign(t) + (l1 - l0)/2 sign(t) sign(|t| - h),

and the second is again one bit, the parity of how many of ``h, 0, -h`` lie below t. The sign
kernel has the first plane alone. Eight rows of a plane share a byte; a product looks up, for each
byte, one of the 256 signed sums of eight entries of the vector. A tie at t = 0 counts as negative.
"""

import numpy as np

from skrmt._kernels import packed_sign_product
from skrmt.cluster._tiles import in_parallel, spans

# Columns that one look-up serves: its sums stay in the first cache.
_COLUMNS = 4096
# Bytes of the tables of signed sums that the NumPy kernel makes at once.
_TABLE_BYTES = 2**23


def _pack_rows(bits):
    """Do ``numpy.packbits(bits, axis=0)``, many times faster: eight rows at once."""
    missing = -len(bits) % 8
    if missing:
        bits = np.vstack([bits, np.zeros((missing, bits.shape[1]), bool)])
    eights = bits.view(np.uint8).reshape(-1, 8, bits.shape[1])
    packed = np.zeros((len(eights), bits.shape[1]), np.uint8)
    for place in range(8):
        packed += packed
        packed |= eights[:, place]
    return packed


class PackedAffinity:
    """Symmetric matrix ``scale * f(t_ij)`` with a zero diagonal, in planes of bits.

    Parameters
    ----------
    n_samples : int
        Side of the matrix.
    quantizer : OddQuantizer
        The map f, with one threshold or none.
    unit : float
        Similarity that is t = 1.
    silent : ndarray of bool, shape (n_samples,)
        Rows without direction: all their entries are zero.

    Attributes
    ----------
    shape : tuple of int
        ``(n_samples, n_samples)``.
    nbytes : int
        Bytes of the planes.
    density : float
        Fraction of the off-diagonal entries that are not zero.
    scale : float
        Factor of all entries; set when the unit of the eigenvalues is known.
    """

    def __init__(self, n_samples, quantizer, unit, silent):
        self.shape = (n_samples, n_samples)
        self.scale = 1.0
        self.density = float("nan")
        high, low = quantizer.levels[-1], quantizer.levels[0]
        if quantizer.thresholds:
            self._cut = np.float32(unit * quantizer.thresholds[0])
            self._weights = [(high + low) / 2, (high - low) / 2]
        else:
            self._cut, self._weights = None, [high]
        self._diagonal = sum(self._weights)
        self._live = (~silent).astype(np.float32) if silent.any() else None
        n_bytes = -(-n_samples // 8)
        self._planes = [np.zeros((n_bytes, n_samples), np.uint8) for _ in self._weights]

    @property
    def nbytes(self):
        """Bytes of the planes."""
        return sum(plane.nbytes for plane in self._planes)

    @property
    def dtype(self):
        """Type of a product."""
        return np.dtype(np.float32)

    def store(self, tile, rows, columns):
        """Store a tile and its mirror image.

        Parameters
        ----------
        tile : ndarray of shape (n_rows, n_columns), float32
            Similarities; infinite on the diagonal of the matrix.
        rows, columns : slice
            Where the tile lies; both start at a multiple of 8.
        """
        positive = tile > 0
        planes = [positive]
        if self._cut is not None:
            # A tie at the threshold takes the lower level on both sides.
            planes.append(positive == (np.abs(tile) > self._cut))
        for plane, bits in zip(self._planes, planes, strict=True):
            plane[rows.start // 8 : -(-rows.stop // 8), columns] = _pack_rows(bits)
            if rows != columns:
                mirror = np.packbits(bits, axis=1).T
                plane[columns.start // 8 : -(-columns.stop // 8), rows] = mirror

    def matmat(self, V, n_jobs=None):
        """Multiply with a few vectors.

        Parameters
        ----------
        V : ndarray of shape (n_samples, n_vectors) or (n_samples,)
            The vectors.
        n_jobs : int, default=None
            Number of threads; the result is the same for any.

        Returns
        -------
        ndarray of the shape of V, float32
            The products.
        """
        n = self.shape[0]
        V = np.asarray(V, dtype=np.float32)
        n_bytes, width = -(-n // 8), V.size // n
        padded = np.zeros((width, 8 * n_bytes), np.float32)
        vectors = padded[:, :n]
        vectors[:] = V.reshape(n, width).T
        if self._live is not None:
            vectors *= self._live
        product = np.zeros((width, n), np.float32)
        step = max(1, _TABLE_BYTES // (4 * 256))

        def add(columns):
            part = product[:, columns]
            total = np.empty_like(part)
            for rows in spans(n_bytes, side=step):
                entries = padded[:, 8 * rows.start : 8 * rows.stop]
                for plane, weight in zip(self._planes, self._weights, strict=True):
                    packed_sign_product(plane[rows, columns], entries, total)
                    total *= np.float32(weight)
                    part += total

        in_parallel(add, spans(n, side=_COLUMNS), n_jobs)
        product -= np.float32(self._diagonal) * vectors
        if self._live is not None:
            product *= self._live
        product *= np.float32(self.scale)
        return product.T.reshape(V.shape)

    def toarray(self):
        """Write the matrix out, n x n: for small matrices.

        Returns
        -------
        ndarray of shape (n_samples, n_samples), float32
            The entries.
        """
        n = self.shape[0]
        array = np.zeros((n, n), np.float32)
        for plane, weight in zip(self._planes, self._weights, strict=True):
            bits = np.unpackbits(plane, axis=0, count=n)
            array += np.float32(weight) * (2 * bits.astype(np.float32) - 1)
        np.fill_diagonal(array, 0.0)
        if self._live is not None:
            array *= self._live[:, None] * self._live
        return array * np.float32(self.scale)
