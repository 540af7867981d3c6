# SPDX-License-Identifier: BSD-3-Clause
"""Moments of the Gram matrix and of its quantised form, exact over all pairs of rows.

Edges of the bulk are tested at the scale n^(-2/3): at n = 100 000 moments from a sample of the
pairs would be too coarse, so they are summed while the tiles pass by.
"""

from dataclasses import dataclass

import numpy as np

from skrmt.theory import HardThreshold


@dataclass(frozen=True)
class GramMoments:
    """Moments over the pairs of different rows, with t in its unit.

    Attributes
    ----------
    square : float
        Mean of t^2, close to 1.
    linear : float
        ``E[t f(t)] / E[t^2]``, the empirical a1.
    variance, fourth : float
        Means of f^2 (the empirical nu) and of f^4.
    """

    square: float
    linear: float
    variance: float
    fourth: float


def tile_sums(tile, cut, *, listed):
    """Sum what the moments need over the entries of a tile.

    Parameters
    ----------
    tile : ndarray of shape (n_rows, n_columns), float32
        Similarities, zero on the diagonal of the matrix.
    cut : float or None
        Entries above it in size are strong; None for none.
    listed : bool
        Few are strong, and their places are asked for; otherwise the moments of a quantizer need no
        more than their number and size.

    Returns
    -------
    sums : ndarray of shape (6,), float64
        Sum of s^2 and of |s| over all entries; of 1, |s|, s^2 and s^4 over the strong ones, the
        last two where they are listed.
    strong : ndarray of int or None
        Flat places of the strong entries.
    """
    size = np.abs(tile)
    sums = np.zeros(6)
    sums[0] = np.einsum("ij,ij->i", size, size).sum(dtype=np.float64)
    sums[1] = size.sum(axis=1).sum(dtype=np.float64)
    if cut is None:
        return sums, None
    if not listed:
        strong = size > cut
        size *= strong
        sums[2:4] = np.count_nonzero(strong), size.sum(axis=1).sum(dtype=np.float64)
        return sums, None
    strong = np.flatnonzero(size > cut)
    large = size.ravel()[strong].astype(np.float64)
    squares = large * large
    sums[2:] = len(large), large.sum(), squares.sum(), squares @ squares
    return sums, strong


def moments_of_sums(sums, n_pairs, unit, entrywise):
    """Turn sums over pairs into moments.

    Parameters
    ----------
    sums : ndarray of shape (6,)
        Sums of :func:`tile_sums` over all pairs.
    n_pairs : int
        Number of pairs of rows that have a direction.
    unit : float
        Similarity that is t = 1.
    entrywise : OddQuantizer or HardThreshold
        The map f; a quantizer with one threshold or none, the cut of the sums.

    Returns
    -------
    GramMoments
        The moments.
    """
    means = sums / n_pairs / unit ** np.array([2.0, 1.0, 0.0, 1.0, 2.0, 4.0])
    square, size, strong, strong_size, strong_square, strong_fourth = means
    if isinstance(entrywise, HardThreshold):
        product, variance, fourth = strong_square, strong_square, strong_fourth
    else:
        low, high = entrywise.levels[0], entrywise.levels[-1]
        product = low * size + (high - low) * strong_size
        variance = low**2 + (high**2 - low**2) * strong
        fourth = low**4 + (high**4 - low**4) * strong
    return GramMoments(*map(float, (square, product / square, variance, fourth)))
