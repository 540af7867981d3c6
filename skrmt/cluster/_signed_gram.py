# SPDX-License-Identifier: BSD-3-Clause
"""One pass over the tiles of the Gram matrix: stored quantised, with its exact moments.

Only tiles on and right of the diagonal are computed, n^2 p operations, and mirrored, so that the
matrix is symmetric bit for bit.
"""

import numpy as np

from skrmt.cluster._gram_moments import moments_of_sums, tile_sums
from skrmt.cluster._packed_affinity import PackedAffinity
from skrmt.cluster._sparse_affinity import SparseAffinity, strip_of_entries
from skrmt.cluster._tiles import in_parallel, spans, without_diagonal
from skrmt.theory import HardThreshold


def signed_gram(rows, entrywise, unit, *, packed, n_jobs=None):
    """Store ``f(s_ij / unit)`` for all pairs of rows.

    Parameters
    ----------
    rows : DenseRows, SparseRows or GivenSimilarities
        The training rows.
    entrywise : OddQuantizer or HardThreshold
        The map f: a quantizer with one threshold or none, or a threshold that keeps the values. A
        list has room for one size only: a map with two levels that are not zero has to be packed.
    unit : float
        Similarity that is t = 1.
    packed : bool
        Planes of bits instead of a list of the entries that are not zero.
    n_jobs : int, default=None
        Number of threads.

    Returns
    -------
    affinity : PackedAffinity or SparseAffinity
        The matrix, its scale 1.
    moments : GramMoments
        Over all pairs.
    """
    n = rows.n_rows
    keeps_values = isinstance(entrywise, HardThreshold)
    cut = unit * threshold_of(entrywise)
    if packed and cut == 0:
        cut = None  # all entries have one level, and none is listed
    planes = PackedAffinity(n, entrywise, unit, rows.silent) if packed else None

    def strip(i):
        sums = np.zeros(6)
        found = [], [], []
        for j in spans(n, start=i.start):
            tile = without_diagonal(rows.tile(i, rows, j), i, j)
            part, strong = tile_sums(tile, cut, listed=not packed)
            sums += part / 2 if i == j else part
            if packed:
                planes.store(without_diagonal(tile, i, j, np.inf), i, j)
                continue
            row, column = np.divmod(strong.astype(np.int32), np.int32(tile.shape[1]))
            keep = column > row if i == j else slice(None)
            row, column, strong = row[keep], column[keep], strong[keep]
            entries = (row, column + np.int32(j.start), tile.ravel()[strong] / np.float32(unit))
            for kind, values in zip(found, entries, strict=True):
                kind.append(values)
        if packed:
            return sums, None
        entries = map(np.concatenate, found)
        return sums, strip_of_entries(i, n, *entries, ternary=not keeps_values)

    sums, strips = zip(*in_parallel(strip, spans(n), n_jobs), strict=True)
    if packed:
        affinity = planes
        strong_pairs = sum(part[2] for part in sums)
        dense = entrywise.levels[0] != 0
        affinity.density = 1.0 if dense else 2 * strong_pairs / (n * (n - 1))
    else:
        affinity = SparseAffinity(n, list(strips), ternary=not keeps_values)
    n_live = n - int(rows.silent.sum())
    return affinity, moments_of_sums(sum(sums), n_live * (n_live - 1) / 2, unit, entrywise)


def entries_of(tile, entrywise, unit):
    """Apply the map to similarities, with the rule of the stored matrix for ties at zero.

    Parameters
    ----------
    tile : ndarray of shape (n_rows, n_columns)
        Similarities; overwritten.
    entrywise : OddQuantizer or HardThreshold
        The map f: a quantizer with one threshold or none, or a threshold that keeps the values.
    unit : float
        Similarity that is t = 1.

    Returns
    -------
    ndarray of shape (n_rows, n_columns), dtype of the tile
        ``f(s / unit)``; at 0 what the limit from below is.
    """
    kind = tile.dtype.type
    strong = np.abs(tile) > kind(unit * threshold_of(entrywise))
    if isinstance(entrywise, HardThreshold):
        tile *= strong
        tile /= kind(unit)
        return tile
    low, high = entrywise.levels[0], entrywise.levels[-1]
    # Leaves all but a zero as it is.
    tile -= np.finfo(tile.dtype).tiny
    size = strong.astype(tile.dtype)
    if high != low:
        size *= kind(high - low)
        size += kind(low)
    else:
        size.fill(kind(high))
    return np.copysign(size, tile, out=tile)


def threshold_of(entrywise):
    """Return the threshold of a map.

    Parameters
    ----------
    entrywise : OddQuantizer or HardThreshold
        The map, a quantizer with one threshold or none.

    Returns
    -------
    float
        The threshold, 0 for none.
    """
    if isinstance(entrywise, HardThreshold):
        return entrywise.threshold
    return entrywise.thresholds[0] if entrywise.thresholds else 0.0
